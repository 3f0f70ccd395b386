"""The one page on which an officer enters a referral that came on paper or by email."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from practices.finder import find
from practices.models import Practice
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.forms import (
    PHONE,
    FilesField,
    add_support_fields,
    categories,
    check_years,
    support_answers,
    supports,
    words,
)
from resilience.referrals.models import Referral
from resilience.referrals.openings import covered_practices, late_sentence
from resilience.referrals.uploads import KINDS


def the_practice(text: str, among: Any) -> Practice:
    """The one practice a line means. Raises ValidationError that names what was found instead."""
    found = list(find(text, among)[:4])
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(f"No practice here has the name or code “{text}”. Check it", code="practice")
    names = "; ".join(str(each) for each in found[:3])
    more = " and others" if len(found) > 3 else ""
    raise ValidationError(
        f"“{text}” fits {names}{more}. Give the code of the one that is meant", code="practice"
    )


class EntryForm(Form):
    """All of the form, with when and how it came. Its ticks are asked for only when something calls for them."""

    submit = "Enter the referral"
    received_on = DateField(label="When did it arrive?", help_text="The clock starts on this day.")
    channel = forms.ChoiceField(
        label="How did it arrive?",
        choices=[each for each in Referral.Channel.choices if each[0] != Referral.Channel.ONLINE],
        widget=forms.RadioSelect,
    )
    original = FilesField(
        label="The original",
        many=False,
        help_text=f"The form as it came, scanned or saved: {KINDS}, 10 MB at most.",
        error_messages={"required": "Choose a file: the original, as it came"},
    )
    practice = forms.CharField(label="Practice", max_length=100, help_text="Its code, or its name.")
    others = forms.CharField(
        label="Other practices of the group",
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Codes or names, one a line. Leave it empty for a single practice.",
    )
    contact_name = forms.CharField(label="Name of the practice lead", max_length=120)
    contact_email = forms.EmailField(
        label="Email address",
        required=False,
        max_length=254,
        help_text="Without one, no confirmation and no acknowledgement can be emailed.",
    )
    contact_phone = forms.CharField(
        label="Telephone number",
        required=False,
        max_length=30,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    commissioner_supports = supports()
    categories = categories()
    issues = words("What are the issues now?", help_text="As the form says.")
    support_wanted = words("What support do they want?", help_text="As the form says.")
    known_late = forms.BooleanField(label="Enter it although it arrived after closing", required=False)
    known_open = forms.BooleanField(label="Enter it beside the open referral", required=False)

    def __init__(self, *args: Any, year: ProgrammeYear, **options: Any) -> None:
        super().__init__(*args, **options)
        self.year = year
        add_support_fields(self, year, "the commissioner")
        if not year.allows_groups:
            del self.fields["others"]
        self.order_fields(
            [
                *list(self.fields)[: list(self.fields).index("issues")],
                *self._past(),
                "issues",
                "support_wanted",
            ]
        )

    def _past(self) -> list[str]:
        return [name for name in self.fields if name.startswith(("past_", "years_"))]

    def clean_received_on(self) -> Any:
        on = self.cleaned_data["received_on"]
        if on and on > today():
            raise ValidationError("The date of receipt cannot be in the future", code="future")
        return on

    def clean_practice(self) -> Practice:
        return the_practice(self.cleaned_data["practice"], covered_practices(self.year))

    def clean_others(self) -> list[Practice]:
        found, wrong = [], []
        lines = [line.strip() for line in self.cleaned_data["others"].splitlines() if line.strip()]
        among = covered_practices(self.year)
        for line in lines:
            try:
                practice = the_practice(line, among)
            except ValidationError as error:
                wrong.append(error)
            else:
                if practice not in found:
                    found.append(practice)
        if wrong:
            raise ValidationError(wrong)
        return found

    def clean(self) -> dict[str, Any] | None:
        check_years(self)
        on = self.cleaned_data.get("received_on")
        if on and (late := late_sentence(self.year, on)) and not self.cleaned_data.get("known_late"):
            self.add_error("known_late", f"{late} Tick the box to enter it all the same")
        return super().clean()

    def answers(self) -> dict[str, dict[str, Any]]:
        """By part, as the action takes them."""
        data = self.cleaned_data
        return {
            "contact": {name: data[name] for name in ("contact_name", "contact_email", "contact_phone")},
            "support": support_answers(self),
            "case": {name: data[name] for name in ("issues", "support_wanted")},
        }
