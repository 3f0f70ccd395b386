"""The form by which a return is made."""

from django import forms

from funding.forms import KeyedForm


class MakeReturnForm(KeyedForm):
    """The return is as previewed; only a note can be added."""

    submit = "Make the return"
    note = forms.CharField(
        label="What should the reader know?",
        required=False,
        max_length=300,
        help_text="Such as why a return is made again.",
    )
