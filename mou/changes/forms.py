"""Forms about changes of an MoU. They validate and never write."""

from typing import Any

from django import forms

from resilience.core.forms import DateField, Form, text_box


class ProposalForm(Form):
    """What should change, and why."""

    submit = "Continue"
    what = forms.CharField(
        label="What should change?",
        widget=text_box(4),
        max_length=2000,
        error_messages={"required": "Say what should change"},
    )
    why = forms.CharField(
        label="Why?",
        help_text="Both sides will read it, and it stands in the document",
        widget=text_box(4),
        max_length=2000,
        error_messages={"required": "Say why it should change"},
    )


class KindForm(ProposalForm):
    """The same for the office, which may extend where the wording allows it."""

    kind = forms.ChoiceField(
        label="What is it?",
        choices=[("variation", "A variation"), ("extension", "An extension to a later end date")],
        initial="variation",
        widget=forms.RadioSelect,
    )
    field_order = ("kind", "what", "why")


class ClauseForm(Form):
    """Other words for a clause."""

    submit = "Save the change"
    clause = forms.ChoiceField(
        label="Which clause?", error_messages={"required": "Choose the clause that changes"}
    )
    words = forms.CharField(
        label="How should it read?",
        help_text="The whole clause, as it will stand",
        widget=text_box(8),
        max_length=5000,
        error_messages={"required": "Write the new words of the clause"},
    )

    def __init__(self, *args: Any, clauses: dict[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [
            (number, f"{number} {words[:70]}{'…' if len(words) > 70 else ''}")
            for number, words in clauses.items()
        ]
        self.fields["clause"].choices = [("", "Choose a clause"), *choices]  # type: ignore[attr-defined]


class ExtendForm(Form):
    """A later end date and nothing else."""

    submit = "Save the date"
    ends_on = DateField(label="Until when is it extended?", help_text="For example, 31 3 2027")


class DropForm(Form):
    """Why a change is not made."""

    submit = None
    why = forms.CharField(
        label="Reason",
        help_text="Both sides will read it",
        widget=text_box(4),
        max_length=2000,
        error_messages={"required": "Say why it is dropped"},
    )
