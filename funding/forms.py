"""Forms that move money. Each carries a key made by its page, so that a repeat moves nothing."""

import secrets
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from practices.models import Organisation
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, PoundsField
from resilience.core.words import money
from resilience.programmes.models import SpendCategory


class KeyedForm(Form):
    """``key`` is made when the page is, and stays with it."""

    key = forms.CharField(
        max_length=64,
        widget=forms.HiddenInput,
        # The service's own keys, by which what happens once happens once: a stage opens, a year closes.
        validators=[RegexValidator("^(stage|bid|move|close|import|run)-", inverse_match=True)],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {"key": secrets.token_urlsafe(24), **options.get("initial", {})}
        super().__init__(*args, **options)


class AllocationForm(KeyedForm):
    """What a commissioner has in all in the year."""

    submit = "Set the allocation"
    commissioner = forms.ModelChoiceField(label="CCG or local office", queryset=Organisation.objects.none())
    category = forms.ModelChoiceField(label="Category of spend", queryset=SpendCategory.objects.none())
    amount = PoundsField(label="Allocation in all", help_text="The whole year's amount, not what is added.")
    why = forms.CharField(label="Why?", max_length=300, help_text="Such as: allocation letter of 3 July")

    def __init__(
        self, *args: Any, commissioners: list[Organisation], categories: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if categories:
            self.field("category", forms.ModelChoiceField).queryset = categories
        else:
            del self.fields["category"]
        rows = Organisation.objects.filter(pk__in=[each.pk for each in commissioners])
        self.field("commissioner", forms.ModelChoiceField).queryset = rows


class PayForm(KeyedForm):
    """A payment that finance has made outside payment runs."""

    submit = "Record the payment"
    amount = PoundsField(label="Amount paid", min_pence=1)
    paid_on = DateField(label="When was it paid?")
    why = forms.CharField(
        label="Payment reference",
        max_length=300,
        help_text="From the finance system, so that both can be matched",
    )

    def __init__(self, *args: Any, payable: int, **options: Any) -> None:
        options["initial"] = {"amount": max(payable, 0), "paid_on": today(), **options.get("initial", {})}
        super().__init__(*args, **options)
        self.fields[
            "amount"
        ].help_text = f"{money(max(payable, 0))} is payable and neither on an invoice nor in a payment run."
