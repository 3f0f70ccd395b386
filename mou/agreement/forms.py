"""Forms of the agreement and its signature. They validate and never write."""

from typing import Any

from django import forms

from mou.agreement.paper import MARK
from practices.models import Person
from resilience.core.forms import DateField, Form, text_box
from resilience.referrals.forms import FilesField
from resilience.referrals.uploads import KINDS


class WhyForm(Form):
    """A reason that all sides will read."""

    submit = None
    why = forms.CharField(
        label="Reason",
        help_text="All sides will read it",
        widget=text_box(4),
        max_length=2000,
        error_messages={"required": "Give the reason"},
    )


class PostponeForm(WhyForm):
    """A later day to sign by, and why."""

    sign_by = DateField(
        label="New last day to sign",
        help_text="For example, 31 3 2027",
        error_messages={"required": "Enter the new last day to sign"},
    )
    field_order = ("sign_by", "why")


class DelegateForm(Form):
    """Which colleague is asked to sign."""

    submit = None
    person = forms.TypedChoiceField(
        label="Who should sign it?",
        widget=forms.RadioSelect,
        coerce=int,
        error_messages={"required": "Choose who should sign it"},
    )
    why = forms.CharField(
        label="What do you want to say to them?", widget=text_box(3), max_length=2000, required=False
    )

    def __init__(self, *args: Any, people: list[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(each.pk, f"{each.name}, {each.job_title or each.email}") for each in people]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]


class PaperForm(Form):
    """A signature made in ink, as the officer records it."""

    submit = "Record this signature"
    signed_by = forms.CharField(
        label="Who signed it?", max_length=120, error_messages={"required": "Enter who signed it"}
    )
    role = forms.CharField(label="Their role", max_length=120, help_text="For example, GP partner")
    signed_on = DateField(label="The date on the paper", help_text="For example, 5 10 2018")
    received_by = forms.CharField(
        label="Who received the paper?",
        max_length=120,
        error_messages={"required": "Enter who received the paper"},
    )
    scan = FilesField(
        many=False,
        label="Scan of the signed paper",
        help_text=f"{KINDS}. 10 MB at most.",
        error_messages={"required": "Choose a file: the scan of the signed paper"},
    )
    confirmed = forms.CharField(
        label="How does the document’s SHA-256 begin?",
        max_length=64,
        help_text=f"Check that the scan is of this document, then type the first {MARK} characters shown above",
        error_messages={"required": f"Type the first {MARK} characters of the SHA-256 shown above"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, people: list[Person] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if people is not None:
            self.fields["signed_by"] = forms.ChoiceField(
                label="Who signed it?",
                help_text="Those who have the authority to sign for the commissioner",
                error_messages={"required": "Choose who signed it"},
                choices=[
                    ("", "Choose"),
                    *((str(each.pk), f"{each.name}, {each.job_title or each.email}") for each in people),
                ],
            )

    def clean_scan(self) -> Any:
        return self.cleaned_data["scan"][0]


# --- the signature -----------------------------------------------------------------------------


class SignForm(Form):
    """The name typed, the box ticked, and the hash of the document that was shown."""

    submit = None
    marks_optional = False
    document_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    role = forms.CharField(label="Your role", max_length=120, help_text="For example, practice manager")
    agreed = forms.BooleanField(
        error_messages={"required": "Tick the box to confirm that you have read the document and may sign it"}
    )
    typed_name = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="Type your first and last name. This is your signature",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, consent: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["agreed"].label = consent


class CheckForm(Form):
    """A PDF whose seal a stranger wants checked."""

    submit = "Check this document"
    document = forms.FileField(
        label="The PDF to check",
        help_text="It is looked at and not kept",
        error_messages={"empty": "The file is empty. Choose the file again"},
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )

    def __init__(self, *args: Any, most: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.most = most

    def clean_document(self) -> Any:
        document = self.cleaned_data["document"]
        if document.size > self.most:
            raise forms.ValidationError(
                f"The file is larger than any document of this service: "
                f"the most is {self.most // 1024 // 1024} MB"
            )
        return document
