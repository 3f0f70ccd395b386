"""The forms of the self-referral: one a part, and those that follow its life. They validate and never write."""

from typing import Any, ClassVar, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from practices.models import Practice
from resilience.core.forms import Form, WordLimit
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.answers import commissioner_name
from resilience.referrals.models import PastSupport, Referral
from resilience.referrals.parts import PAST_QUESTIONS, SCHEMES_WITH_YEARS, WORDS
from resilience.referrals.uploads import ACCEPT, KINDS, MOST_FILES, CheckedFile, check_file

PHONE = RegexValidator(
    r"^\+?[\d\s().\-]{6,}(\s*(ext|x)\.?\s*\d+)?$",
    "Enter a telephone number, such as 01632 960 001 or 01632 960001 ext 4",
)
YEARS = RegexValidator(r"(19|20)\d\d", "Enter the years, such as 2016/17, 2017/18")
YES_NO = [("yes", "Yes"), ("no", "No")]


def yes_no(label: str, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=YES_NO, widget=forms.RadioSelect, **options)


def supports() -> forms.ChoiceField:
    """Does the commissioner support it? Its label names the commissioner once that is known."""
    return forms.ChoiceField(
        choices=Referral.Support.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the commissioner supports this request"},
    )


def categories() -> forms.TypedMultipleChoiceField:
    """The menu of the year, any number of it."""
    return forms.TypedMultipleChoiceField(
        label="Which support do you want?",
        help_text="Tick all that apply.",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one category of support"},
    )


def words(label: str, limit: int = WORDS, **options: Any) -> forms.CharField:
    """A text of so many words at most, counted as one types."""
    return forms.CharField(
        label=label,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        validators=[WordLimit(limit)],
        **options,
    )


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each checked for what it is; cleaned to a list of CheckedFile.

    One wrong file refuses them all, with a sentence for each that is wrong.
    """

    widget = ManyFiles

    def __init__(self, *, many: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.many = many
        self.widget.allow_multiple_selected = many
        if not many:
            self.widget.attrs.pop("multiple", None)
        self.widget.attrs["accept"] = ACCEPT

    def clean(self, data: Any, initial: Any = None) -> list[CheckedFile]:
        uploads = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not uploads:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return []
        checked, wrong = [], []
        for upload in uploads:
            try:
                checked.append(check_file(upload))
            except ValidationError as error:
                wrong.append(error)
        if wrong:
            raise ValidationError(wrong)
        return checked


class PartForm(Form):
    """A part of the form. ``later``: keep what is there although it is not complete; nothing else is forgiven."""

    once = True

    def __init__(self, *args: Any, referral: Referral, later: bool = False, **options: Any) -> None:
        self.referral = referral
        self.later = later
        super().__init__(*args, **options)

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        button = Submit("later", "Save and come back later")
        button.variant = "secondary"
        helper.add_input(button)
        return helper

    def full_clean(self) -> None:
        """With ``later``, missing answers and long texts are let through; the page still shows the limits."""
        if not self.later:
            return super().full_clean()
        before = {name: (field.required, field.validators) for name, field in self.fields.items()}
        for field in self.fields.values():
            field.required = False
            field.validators = [each for each in field.validators if not isinstance(each, WordLimit)]
        try:
            return super().full_clean()
        finally:
            for name, (required, validators) in before.items():
                self.fields[name].required, self.fields[name].validators = required, validators

    def answers(self) -> dict[str, Any]:
        """What the action saves."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ContactForm(PartForm):
    contact_name = forms.CharField(label="Name of the practice lead", max_length=120)
    contact_email = forms.EmailField(label="Email address", max_length=254)
    contact_phone = forms.CharField(
        label="Telephone number",
        max_length=30,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    looks = {"contact_phone": {"width": "20"}}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["contact_name"].help_text = "The person we write to and telephone about this referral."


class PracticesForm(PartForm):
    is_group = yes_no("Is this referral on behalf of a group of practices?")

    def answers(self) -> dict[str, Any]:
        return {"is_group": {"yes": True, "no": False}.get(self.cleaned_data["is_group"])}


class SupportForm(PartForm):
    commissioner_supports = supports()
    categories = categories()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        add_support_fields(self, self.referral.year, commissioner_name(self.referral))

    def clean(self) -> dict[str, Any] | None:
        if not self.later:
            check_years(self)
        return super().clean()

    def answers(self) -> dict[str, Any]:
        return support_answers(self)


def add_support_fields(form: Form, year: ProgrammeYear, commissioner: str) -> None:
    """The menu of the year, and the questions about past support where the year asks them."""
    form.fields["commissioner_supports"].label = f"Does {commissioner} support this request?"
    menu = year.menu.filter(is_offered=True)
    offered = cast(forms.TypedMultipleChoiceField, form.fields["categories"])
    offered.choices = [(item.pk, item.name) for item in menu]
    if not year.asks_past_support:
        return
    reveals = {}
    for scheme in PastSupport.Scheme:
        field = form.fields[f"past_{scheme}"] = yes_no(PAST_QUESTIONS[scheme])
        form._dress(f"past_{scheme}", field)
        if scheme in SCHEMES_WITH_YEARS:
            years = form.fields[f"years_{scheme}"] = forms.CharField(
                label="In which years?",
                help_text="Such as 2016/17, 2017/18",
                max_length=60,
                required=False,
                validators=[YEARS],
            )
            form._dress(f"years_{scheme}", years)
            reveals[f"past_{scheme}"] = {"yes": [f"years_{scheme}"]}
    form.reveals = {**form.reveals, **reveals}


def check_years(form: Form) -> None:
    """Past support that was had needs its years."""
    for scheme in SCHEMES_WITH_YEARS:
        name = f"years_{scheme}"
        had = form.cleaned_data.get(f"past_{scheme}") == "yes"
        if name in form.fields and had and not form.cleaned_data.get(name) and name not in form.errors:
            form.add_error(name, f"Enter the years of support from: {PastSupport.Scheme(scheme).label}")


def support_answers(form: Form) -> dict[str, Any]:
    past = {
        scheme: {
            "had": {"yes": True, "no": False}.get(form.cleaned_data.get(f"past_{scheme}", "")),
            "years": form.cleaned_data.get(f"years_{scheme}", ""),
        }
        for scheme in PastSupport.Scheme.values
    }
    return {
        "commissioner_supports": form.cleaned_data["commissioner_supports"],
        "categories": form.cleaned_data["categories"],
        "past": past,
    }


class CaseForm(PartForm):
    issues = words(
        "What are the issues now?",
        help_text="How they affect the practice's service, its staff and its patients. Do not name patients.",
    )
    support_wanted = words(
        "What support do you want?", help_text="What it should change, and how you would know that it has."
    )


class FilesForm(PartForm):
    submit = "Add these files"
    marks_optional = False
    attachments = FilesField(
        label="Choose files",
        help_text=f"{KINDS}. Each 10 MB at most, and {MOST_FILES} files in all.",
        error_messages={"required": "Choose at least one file, or go on without"},
    )

    helper = Form.helper


PART_FORMS: dict[str, type[PartForm]] = {
    "contact": ContactForm,
    "practices": PracticesForm,
    "support": SupportForm,
    "case": CaseForm,
    "files": FilesForm,
}


def initial(key: str, saved: dict[str, Any], person: Any) -> dict[str, Any]:
    """A part's saved answers as its form shows them; an untouched contact is the person who fills it in."""
    if key == "contact" and not any(saved.values()):
        return {"contact_name": person.name, "contact_email": person.email, "contact_phone": person.phone}
    if key == "practices":
        return {"is_group": {True: "yes", False: "no"}.get(saved["is_group"])}
    if key == "support":
        past = saved.pop("past")
        for scheme, answer in past.items():
            saved[f"past_{scheme}"] = "yes" if answer["had"] else "no"
            saved[f"years_{scheme}"] = answer["years"]
    return saved


class AddPracticeForm(Form):
    """Words to find a practice by, and then the one that is meant."""

    submit = None
    practice = forms.CharField(label="Name or code of the practice", max_length=100)
    looks = {"practice": {"width": "30"}}


class ChoosePracticeForm(Form):
    """One of the practices that were found."""

    submit = "Add this practice"
    chosen = forms.ModelChoiceField(
        label="Which practice is it?",
        queryset=Practice.objects.none(),
        to_field_name="ods_code",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Choose one of the practices that were found",
            "invalid_choice": "Choose again",
        },
    )

    def __init__(self, *args: Any, found: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ModelChoiceField, self.fields["chosen"]).queryset = found


class ChooseForm(Form):
    """Which of my practices, or which programme: one question, sent by GET."""

    submit = "Continue"
    method = "get"
    once = False
    label_size = "l"
    marks_optional: ClassVar[bool] = False

    def __init__(
        self, *args: Any, name: str, label: str, choices: list[tuple[Any, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect)
        self._dress(name, self.fields[name])
        self.looks = {name: {"fieldset": {"legend": {"isPageHeading": True}}}}


class SendForm(Form):
    """The one button of the check page; the tick is asked for only beside an open referral."""

    submit = "Send the referral"
    known = forms.BooleanField(label="I know, and want to send this referral as well", required=False)

    def __init__(self, *args: Any, warns: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not warns:
            del self.fields["known"]

    def clean(self) -> dict[str, Any] | None:
        if "known" in self.fields and not self.cleaned_data.get("known"):
            self.add_error("known", "Tick the box if you want to send this referral beside the open one")
        return super().clean()


class ReasonForm(Form):
    reason = forms.CharField(
        label="Why do you withdraw it?", max_length=2_000, widget=forms.Textarea(attrs={"rows": 4})
    )


class AnswerForm(Form):
    submit = "Send the answer"
    text = forms.CharField(label="Your answer", max_length=20_000, widget=forms.Textarea(attrs={"rows": 10}))
    attachments = FilesField(
        label="Files",
        required=False,
        help_text=f"{KINDS}. Each 10 MB at most, and {MOST_FILES} at most. Choose them again if the page comes back.",
    )
