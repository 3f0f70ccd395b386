"""Forms of the agreement and its signature. They validate and never write."""

from typing import Any

from django import forms

from resilience.core.forms import DateField, Form, text_box


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

    sign_by = DateField(label="New last day to sign", help_text="For example, 31 3 2027")
    field_order = ("sign_by", "why")


# --- the signature -----------------------------------------------------------------------------


class SignForm(Form):
    """The name typed, the box ticked, and the hash of the document that was shown."""

    submit = "Sign the Memorandum of Understanding"
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
