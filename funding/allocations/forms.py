"""Forms about allocations of a whole CCG, fair shares, and funds received."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from funding.allocations import fair
from funding.forms import KeyedForm
from practices.models import Organisation
from resilience.core.forms import DateField, Form, PoundsField
from resilience.core.words import money
from resilience.programmes.models import SpendCategory


class ProposeForm(Form):
    """A CCG and its money in all: the indicative shares say how much of it is meant for each category."""

    submit = "Propose by the indicative shares"
    submit_variant = "secondary"
    method = "get"
    once = False
    commissioner = forms.ModelChoiceField(label="CCG or local office", queryset=Organisation.objects.none())
    total = PoundsField(
        label="Allocation in all", help_text="Of all categories of spend together, for the whole year"
    )

    def __init__(self, *args: Any, commissioners: Iterable[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        rows = Organisation.objects.filter(pk__in=[each.pk for each in commissioners])
        self.field("commissioner", forms.ModelChoiceField).queryset = rows


class ByCategoryForm(KeyedForm):
    """What one CCG has in all in each category of spend."""

    submit = "Set these allocations"
    why = forms.CharField(label="Why?", max_length=300, help_text="Such as: allocation letter of 3 July")

    def __init__(self, *args: Any, proposed: Mapping[SpendCategory, int], **options: Any) -> None:
        self.categories = {f"amount_{each.pk}": each for each in proposed}
        initial = {name: proposed[each] for name, each in self.categories.items()}
        super().__init__(*args, **{**options, "initial": initial | options.get("initial", {})})
        for name, category in self.categories.items():
            self.fields[name] = PoundsField(label=category.name)
            self._dress(name, self.fields[name])
        self.order_fields([*self.categories, "why", "key"])

    @property
    def amounts(self) -> dict[SpendCategory, int]:
        """Pence by category."""
        return {each: self.cleaned_data[name] for name, each in self.categories.items()}


class TotalForm(Form):
    """How much of an office's money is shared out."""

    submit = "Work out the fair shares"
    submit_variant = "secondary"
    method = "get"
    once = False
    total = PoundsField(label="Amount to share out", min_pence=1)


class ShareOutForm(KeyedForm):
    """The lines of a share-out: each CCG's pence, and why where it is not the fair share."""

    submit = "Share out this money"

    def __init__(self, *args: Any, proposed: Mapping[Organisation, int], total: int, **options: Any) -> None:
        self.proposed, self.total = proposed, total
        initial = {f"amount_{each.pk}": pence for each, pence in proposed.items()}
        super().__init__(*args, **{**options, "initial": initial})
        for each, pence in proposed.items():
            self.fields[f"amount_{each.pk}"] = PoundsField(
                label=each.name, help_text=f"Fair share: {money(pence)}"
            )
            self.fields[f"why_{each.pk}"] = forms.CharField(
                label=f"Why not the fair share of {each.name}?", max_length=150, required=False
            )
            for name in (f"amount_{each.pk}", f"why_{each.pk}"):
                self._dress(name, self.fields[name])

    @property
    def amounts(self) -> dict[Organisation, int]:
        """Pence by CCG."""
        return {each: self.cleaned_data[f"amount_{each.pk}"] for each in self.proposed}

    @property
    def reasons(self) -> dict[Organisation, str]:
        return {each: self.cleaned_data.get(f"why_{each.pk}", "") for each in self.proposed}

    def clean(self) -> Any:
        data = super().clean()
        if not self.errors:
            found = fair.problems(self.proposed, self.amounts, self.reasons, self.total)
            for line, sentence in found.items():
                self.add_error(f"why_{line.pk}" if line else None, sentence)
        return data


class ConfirmFundsForm(Form):
    submit = "Confirm that the money arrived"
    received_on = DateField(label="When did it arrive?")
    reference = forms.CharField(
        label="Reference", max_length=60, help_text="From the bank statement or the finance system"
    )
