"""What the office types. Forms validate and never write."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from practices.models import Person
from resilience.core.forms import Form, WordLimit
from resilience.programmes.letters import unknown_words
from resilience.referrals.forms import FilesField
from resilience.referrals.letters import Letter
from resilience.referrals.models import Referral
from resilience.referrals.uploads import KINDS, MOST_FILES

_LONG = {"rows": 14}
_FILES_HINT = f"{KINDS}. Each 10 MB at most, and {MOST_FILES} at most."


def _refuse_unfilled(text: str) -> None:
    left = unknown_words(text)
    if left:
        raise ValidationError(
            f"{', '.join(left)} was not filled in: the practice would read it like this. Replace it or take it out",
            code="unfilled",
        )


class AcknowledgeForm(Form):
    """The email as it will go, filled in from the programme's letter."""

    subject = forms.CharField(max_length=200, validators=[_refuse_unfilled])
    body = forms.CharField(
        label="Email", widget=forms.Textarea(attrs=_LONG), max_length=10_000, validators=[_refuse_unfilled]
    )

    def __init__(self, *args: Any, letter: Letter, **options: Any) -> None:
        super().__init__(*args, initial={"subject": letter.subject, "body": letter.body}, **options)


class OfficerField(forms.ModelChoiceField):
    """An officer, or nobody."""

    def __init__(self, people: QuerySet[Person], **options: Any) -> None:
        super().__init__(
            queryset=people,
            label="Officer",
            required=False,
            empty_label="Nobody",
            **options,
        )


class AssignForm(Form):
    submit = "Assign"
    marks_optional = False

    def __init__(self, *args: Any, people: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["officer"] = OfficerField(people)


class AskForm(Form):
    submit = "Send the question"

    text = forms.CharField(
        label="Your question",
        widget=forms.Textarea,
        max_length=10_000,
        help_text="The practice gets it by email and answers here. One question at a time is answered soonest.",
    )
    files = FilesField(label="Files", required=False, help_text=_FILES_HINT)  # type: ignore[assignment]


class NoteForm(Form):
    submit = "Save the internal note"
    submit_variant = "secondary"

    text = forms.CharField(
        label="Internal note",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=10_000,
        help_text="Only the office reads it, now and later.",
    )
    files = FilesField(label="Files", required=False, help_text=_FILES_HINT)  # type: ignore[assignment]


class CorrectForm(Form):
    submit = "Put the correction on record"

    text = forms.CharField(
        label="Correction",
        widget=forms.Textarea,
        max_length=10_000,
        help_text="Say what is wrong and what is right. The practice reads it too.",
    )


class StatementForm(Form):
    """The commissioner's statement of support and its priority (200 words at most)."""

    submit = "Save the statement"

    statement = forms.CharField(
        label="Commissioner's statement of support", widget=forms.Textarea, validators=[WordLimit(200)]
    )
    priority = forms.ChoiceField(choices=Referral.Priority.choices, widget=forms.RadioSelect)
