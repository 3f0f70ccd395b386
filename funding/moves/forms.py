"""Forms about moves of money: asking, answering, taking back."""

from collections.abc import Sequence
from typing import Any

from django import forms

from funding.forms import KeyedForm
from funding.models import Move
from funding.moves.actions import Place
from resilience.core.forms import Form, PoundsField
from resilience.core.words import money


def name_of(place: Place) -> str:
    """Whose money and, where there are categories of spend, for what."""
    commissioner, category = place
    return f"{commissioner.name}: {category.name}" if category else commissioner.name


def number_of(place: Place) -> str:
    """A place in a form."""
    commissioner, category = place
    return f"{commissioner.pk}-{category.pk if category else 0}"


class AskMoveForm(KeyedForm):
    """What should move, from where to where."""

    submit = "Ask for this move"
    kind = forms.ChoiceField(
        label="What is it?", choices=Move.Kind.choices, widget=forms.RadioSelect, initial=Move.Kind.VIREMENT
    )
    source = forms.ChoiceField(label="From", error_messages={"required": "Choose where the money comes from"})
    target = forms.ChoiceField(label="To", error_messages={"required": "Choose where the money goes"})
    amount = PoundsField(label="Amount", min_pence=1)
    why = forms.CharField(label="Why?", max_length=250, help_text="Whoever approves it reads this")
    looks = {
        "kind": {
            "hints": {
                Move.Kind.VIREMENT: "From one CCG or category of spend to another",
                Move.Kind.SLIPPAGE: "Money not committed in time, to where practices need it",
            }
        }
    }

    def __init__(
        self, *args: Any, places: Sequence[Place], free: dict[Place, int], slips: bool, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.places = {number_of(each): each for each in places}
        blank = [("", "Choose one")]
        self.field("source", forms.ChoiceField).choices = blank + [
            (number, f"{name_of(each)} ({money(free[each])} uncommitted)")
            for number, each in self.places.items()
            if free.get(each)
        ]
        self.field("target", forms.ChoiceField).choices = blank + [
            (number, name_of(each)) for number, each in self.places.items()
        ]
        if not slips:
            del self.fields["kind"]

    def clean(self) -> Any:
        data = super().clean() or {}
        data.setdefault("kind", Move.Kind.VIREMENT)
        if data.get("source") and data.get("source") == data.get("target"):
            self.add_error("target", "Choose another place than the money comes from")
        return data

    @property
    def values(self) -> dict[str, Any]:
        """What the act takes."""
        places = {end: self.places[self.cleaned_data[end]] for end in ("source", "target")}
        return {**self.cleaned_data, **places}


class AnswerForm(Form):
    """Approve or refuse."""

    submit = "Send the answer"
    answer = forms.ChoiceField(
        label="Your answer",
        choices=[("approve", "Approve: the money moves now"), ("refuse", "Refuse: nothing moves")],
        widget=forms.RadioSelect,
    )
    why = forms.CharField(label="Why do you refuse?", max_length=300, required=False)
    reveals = {"answer": {"refuse": ["why"]}}
    marks_optional = False

    def clean(self) -> Any:
        data = super().clean() or {}
        if data.get("answer") == "refuse" and not data.get("why") and "why" not in self.errors:
            self.add_error("why", "Say why, for the person who asked")
        return data


class WithdrawForm(Form):
    submit = "Withdraw this move"
    submit_variant = "warning"
    why = forms.CharField(label="Why do you withdraw it?", max_length=300)
