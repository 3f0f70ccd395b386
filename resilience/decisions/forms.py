"""The decision, and its letter."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from resilience.core.forms import Form, PoundsField
from resilience.decisions.models import Decision
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Referral


class DecisionForm(Form):
    """Outcome with its reason; support carries categories and an amount. ``placement`` is what the page showed."""

    submit = None
    outcome = forms.ChoiceField(label="Decision", choices=Decision.Outcome.choices, widget=forms.RadioSelect)
    categories = forms.ModelMultipleChoiceField(
        label="Categories of support granted",
        queryset=MenuItem.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    amount = PoundsField(label="Up to how much?", required=False, min_pence=1)
    reason = forms.CharField(
        label="Reason",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The practice will read it. Say what the decision rests on.",
        error_messages={"required": "Give the reason"},
    )
    placement = forms.IntegerField(required=False, widget=forms.HiddenInput)
    marks_optional = False
    reveals = {"outcome": {"supported": ["categories", "amount"]}}

    def __init__(self, *args: Any, referral: Referral, standing: int | None, **options: Any) -> None:
        self.standing = standing
        options.setdefault("initial", {"placement": standing})
        super().__init__(*args, **options)
        self.field("categories", forms.ModelMultipleChoiceField).queryset = referral.year.menu.all()

    def clean_placement(self) -> int | None:
        seen = self.cleaned_data["placement"]
        if seen != self.standing:
            raise ValidationError(
                "The placement on the matrix changed since you opened this page. Read it again, then decide."
            )
        return seen

    def clean(self) -> Any:
        data = self.cleaned_data
        if data.get("outcome") != Decision.Outcome.SUPPORTED:
            data["categories"], data["amount"] = MenuItem.objects.none(), 0
            for name in ("categories", "amount"):
                self.errors.pop(name, None)
            return data
        if "categories" in data and not data["categories"]:
            self.add_error("categories", "Choose at least one category of support")
        if "amount" in data and data["amount"] is None:
            self.add_error("amount", "Enter the amount: the most that may be committed")
        return data


class LetterForm(Form):
    """The letter as the practice will read it; what stands here is sent."""

    submit = None
    letter = forms.CharField(label="The letter", max_length=10_000, widget=forms.Textarea(attrs={"rows": 18}))
