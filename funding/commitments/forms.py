"""Committing money, and giving part of it back."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from funding.commitments import pools
from funding.commitments.rules import check_not_excluded, excluded_of, suppliers_for
from funding.forms import KeyedForm
from funding.models import Allocation, Commitment
from practices.models import Organisation, Practice
from resilience.core.access import Denied
from resilience.core.forms import PoundsField
from resilience.core.words import money, plural
from resilience.programmes.models import ExcludedSpend, MenuItem
from resilience.referrals.models import Referral

Route = Commitment.Route


class AllocationChoice(forms.ModelChoiceField):
    """The category of spend that pays, each with what it has left."""

    def __init__(self, **options: Any) -> None:
        self.left: Mapping[int, int] = {}
        super().__init__(Allocation.objects.none(), **options)

    def label_from_instance(self, allocation: Any) -> str:
        name = allocation.category.name if allocation.category else allocation.commissioner.name
        return f"{name}: {money(self.left.get(allocation.pk, 0))} left"


def _rows_of(model: Any, rows: Iterable[Any]) -> Any:
    return model.objects.filter(pk__in=[each.pk for each in rows])


class PaidByForm(KeyedForm):
    """What pays and by which route: of one commitment, or of all that a sitting commits."""

    allocation = AllocationChoice(
        label="Category of spend",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose a category of spend"},
    )
    route = forms.ChoiceField(
        label="How does the money reach the support?",
        choices=Route.choices,
        initial=Route.DIRECT,
        widget=forms.RadioSelect,
    )
    supplier = forms.ModelChoiceField(queryset=Organisation.objects.none(), required=False, label="Supplier")
    cost_centre = forms.CharField(
        label="Cost centre", max_length=30, required=False, help_text="As the finance system has it"
    )
    reveals: dict[str, Any] = {"route": {Route.SUPPLIER: ["supplier"]}}
    looks = {"cost_centre": {"width": "10"}}
    marks_optional = True

    def __init__(
        self, *args: Any, referral: Referral, allocations: Mapping[Allocation, int], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if len(allocations) > 1:
            field = self.field("allocation", AllocationChoice)
            field.left = {each.pk: left for each, left in allocations.items()}
            field.queryset = _rows_of(Allocation, allocations).select_related("category", "commissioner")
        else:
            del self.fields["allocation"]
        self.field("supplier", forms.ModelChoiceField).queryset = _rows_of(
            Organisation, suppliers_for(referral)
        )

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        if data.get("route") != Route.SUPPLIER:
            data["supplier"] = None
            self.errors.pop("supplier", None)
        elif not data.get("supplier") and "supplier" not in self.errors:
            self.add_error("supplier", "Choose the supplier")
        return data

    @property
    def paid_by(self) -> dict[str, Any]:
        """What the actions take of it."""
        said = self.cleaned_data
        return {
            "allocation": said.get("allocation"),
            "route": said.get("route") or Route.DIRECT,
            "supplier": said.get("supplier"),
            "cost_centre": said.get("cost_centre") or "",
        }


class CommitForm(PaidByForm):
    """Money out of the allocation, in a category that the decision granted, for one practice or for several."""

    submit = None
    item = forms.ModelChoiceField(
        label="Category of support",
        queryset=MenuItem.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
    )
    purpose = forms.CharField(
        label="What is it for?", max_length=300, error_messages={"required": "Say what it is for"}
    )
    excluded = forms.ModelChoiceField(
        label="Is it a kind of spend that the programme does not support?",
        queryset=ExcludedSpend.objects.none(),
        required=False,
        empty_label="No, none of these",
    )
    amount = PoundsField(label="Amount", min_pence=1)
    shared = forms.ChoiceField(
        label="Who is it for?",
        choices=[
            ("list_size", "All practices of the group, split by list size"),
            ("equal", "All practices of the group, split equally"),
            ("own", "Several practices, with the split that I enter"),
            ("one", "One practice"),
        ],
        widget=forms.RadioSelect,
        initial="list_size",
    )
    practice = forms.ModelChoiceField(
        queryset=Practice.objects.none(), required=False, label="Which practice?"
    )

    def __init__(self, *args: Any, referral: Referral, items: Any, left: int, **options: Any) -> None:
        super().__init__(*args, referral=referral, **options)
        self.referral = referral
        self.sizes = pools.list_sizes(referral)
        self.field("item", forms.ModelChoiceField).queryset = items
        self.fields["amount"].help_text = f"{money(left)} of what was granted is not committed yet."
        excluded = excluded_of(referral)
        self.field("excluded", forms.ModelChoiceField).queryset = _rows_of(ExcludedSpend, excluded)
        if not excluded:
            del self.fields["excluded"]
        if len(self.sizes) > 1:
            self.field("practice", forms.ModelChoiceField).queryset = _rows_of(Practice, self.sizes)
            self._add_shares()
        else:
            del self.fields["shared"], self.fields["practice"]
        first = ("key", "item", "allocation", "purpose", "excluded", "amount", "shared", "practice")
        self.order_fields([*first, *self.shares_by_name])

    def _add_shares(self) -> None:
        for name, practice in self.shares_by_name.items():
            size = self.sizes[practice]
            self.fields[name] = PoundsField(
                label=f"For {practice.name}",
                help_text=plural(size, "patient") if size else "List size not known",
                required=False,
            )
            self._dress(name, self.fields[name])
        self.reveals = {
            **self.reveals,
            "shared": {"one": ["practice"], "own": list(self.shares_by_name)},
        }

    @property
    def shares_by_name(self) -> dict[str, Practice]:
        """The practices of a group by the name of the box that holds their part; none for a single practice."""
        if len(self.sizes) < 2:
            return {}
        return {f"share_{practice.pk}": practice for practice in self.sizes}

    def clean(self) -> Any:
        data = super().clean()
        try:
            check_not_excluded(data.get("excluded"))
        except Denied as denied:
            self.add_error("excluded", str(denied))
        if "shared" in self.fields and data.get("shared") and data.get("amount"):
            self._clean_shares(data)
        return data

    def _clean_shares(self, data: dict[str, Any]) -> None:
        how, amount = data["shared"], data["amount"]
        if how != "own":
            for name in self.shares_by_name:
                self.errors.pop(name, None)
        if how == "one":
            if data.get("practice"):
                data["shares"] = {data["practice"]: amount}
            elif "practice" not in self.errors:
                self.add_error("practice", "Choose the practice")
            return
        self.errors.pop("practice", None)
        try:
            if how == "list_size":
                data["shares"] = pools.by_list_size(self.referral, amount)
            elif how == "equal":
                data["shares"] = pools.equally(self.referral, amount)
            elif not any(name in self.errors for name in self.shares_by_name):
                data["shares"] = self._own_shares(data, amount)
        except Denied as denied:
            self.add_error("shared", str(denied))

    def _own_shares(self, data: dict[str, Any], amount: int) -> dict[Practice, int]:
        shares = {practice: data[name] for name, practice in self.shares_by_name.items() if data.get(name)}
        if sum(shares.values()) != amount:
            raise Denied(
                f"The parts come to {money(sum(shares.values()))}, and the amount is {money(amount)}. "
                "Change the parts so that they come to the amount."
            )
        return shares

    @property
    def shares(self) -> dict[Practice, int]:
        """Pence by practice, of a group; of a single practice the whole amount."""
        alone = {self.referral.lead_practice: self.cleaned_data["amount"]}
        return self.cleaned_data.get("shares", alone)

    @property
    def is_split(self) -> bool:
        """The amount and how it is shared are good, whatever is wrong elsewhere."""
        return "shares" in getattr(self, "cleaned_data", {}) and "shared" in self.fields

    def with_the_split(self) -> dict[str, Any]:
        """What was typed, with the split worked out and put into the boxes, to be changed or sent as it is."""
        shares = {practice.pk: pence for practice, pence in self.shares.items()}
        boxes = {
            name: money(shares.get(practice.pk, 0)).removeprefix("£")
            for name, practice in self.shares_by_name.items()
        }
        return {**{name: self.data.get(name) for name in self.fields}, **boxes, "shared": "own"}


class ReleaseForm(KeyedForm):
    """All of what is committed and not payable, or a part of it."""

    submit = "Release this money"
    submit_variant = "warning"
    amount = PoundsField(label="How much is released?", min_pence=1)
    why = forms.CharField(label="Why is the money released?", max_length=300)

    def __init__(self, *args: Any, committed: int, **options: Any) -> None:
        options["initial"] = {"amount": committed, **options.get("initial", {})}
        super().__init__(*args, **options)
        self.fields["amount"].help_text = f"{money(committed)} is committed and not yet payable."
