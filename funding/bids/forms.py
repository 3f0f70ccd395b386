"""Writing a bid, and going through it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from funding.bids.rules import MOST_LINES, Asked, Said, check_said
from funding.bids.sums import Sums, sums, supported
from funding.commitments.forms import PaidByForm
from funding.commitments.pools import members
from funding.forms import KeyedForm
from funding.models import BidLine, BidOutcome
from practices.models import Practice
from resilience.core.access import Denied
from resilience.core.forms import PoundsField
from resilience.core.words import money
from resilience.programmes.models import ExcludedSpend, MenuItem
from resilience.referrals.models import Referral

Result = BidOutcome.Result
FIRST_ROWS = 3
MORE_ROWS = 3


def _offer(field: forms.ModelChoiceField, rows: Iterable[Any]) -> None:
    """Show rows that are known already: many lines ask for them no more often than one."""
    field.choices = [("", field.empty_label or ""), *((each.pk, str(each)) for each in rows)]


@dataclass
class LineFields:
    """The inputs of one line of a bid being written."""

    number: int
    fields: list[BoundField]


class BidForm(KeyedForm):
    """Lines that are left empty are no part of the bid."""

    submit = None
    marks_optional = False
    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_LINES)

    def __init__(self, *args: Any, referral: Referral, **options: Any) -> None:
        super().__init__(*args, **options)
        self.referral = referral
        self.members = members(referral)
        self.items = list(MenuItem.objects.filter(year=referral.year_id, is_offered=True))
        self.looks = {}
        self.count = self._count()
        for number in range(1, self.count + 1):
            self._add(number)

    def _count(self) -> int:
        try:
            asked = int(self.data.get("rows", "") or self.initial.get("rows", FIRST_ROWS))
        except ValueError:
            asked = FIRST_ROWS
        return max(1, min(asked, MOST_LINES))

    def _add(self, number: int) -> None:
        added: dict[str, forms.Field] = {
            f"what_{number}": forms.CharField(
                label=f"What is line {number} for?", max_length=300, required=False
            ),
            f"item_{number}": forms.ModelChoiceField(
                label=f"Category of support of line {number}",
                queryset=MenuItem.objects.filter(year=self.referral.year_id, is_offered=True),
                required=False,
            ),
        }
        if len(self.members) > 1:
            added[f"practice_{number}"] = forms.ModelChoiceField(
                label=f"Which practice is line {number} for?",
                queryset=Practice.objects.filter(pk__in=[each.pk for each in self.members]),
                required=False,
                empty_label="All of them: pooled by the group",
            )
        added[f"amount_{number}"] = PoundsField(label=f"Amount of line {number}", min_pence=1, required=False)
        for name, field in added.items():
            self.fields[name] = field
            self._dress(name, field)
            if isinstance(field, forms.ModelChoiceField):
                _offer(field, self.members if name.startswith("practice_") else self.items)

    @property
    def lines_fields(self) -> list[LineFields]:
        """The inputs, line by line."""
        names = ("what", "item", "practice", "amount")
        return [
            LineFields(
                number, [self[f"{each}_{number}"] for each in names if f"{each}_{number}" in self.fields]
            )
            for number in range(1, self.count + 1)
        ]

    @property
    def may_add(self) -> bool:
        return self.count < MOST_LINES

    def with_more_rows(self) -> dict[str, Any]:
        """What was typed, and room for more."""
        typed = {name: self.data.get(name) for name in self.fields}
        return {**typed, "rows": min(self.count + MORE_ROWS, MOST_LINES)}

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        for number in range(1, self.count + 1):
            wanted = {
                f"what_{number}": f"Say what line {number} is for",
                f"item_{number}": f"Choose the category of support of line {number}",
                f"amount_{number}": f"Enter the amount of line {number}",
            }
            if self._is_blank(number):
                continue
            for name, sentence in wanted.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
        if not self.errors and not self.lines:
            self.add_error("what_1", "Write at least one line")
        return data

    def _is_blank(self, number: int) -> bool:
        """Nothing was typed or chosen; which practice it would be for says nothing by itself."""
        return not any(
            str(self.data.get(f"{name}_{number}", "")).strip() for name in ("what", "item", "amount")
        )

    @property
    def lines(self) -> list[Asked]:
        """What was asked, line by line."""
        said = self.cleaned_data
        return [
            Asked(
                said[f"what_{number}"],
                said[f"item_{number}"],
                said[f"amount_{number}"],
                said.get(f"practice_{number}") if len(self.members) > 1 else self.members[0],
            )
            for number in range(1, self.count + 1)
            if not self._is_blank(number)
        ]


@dataclass
class SittingFields:
    """One line of a bid with its inputs in the sitting."""

    line: BidLine
    result: BoundField
    amount: BoundField
    item: BoundField
    excluded: BoundField | None
    reason: BoundField


class SittingForm(PaidByForm):
    """Every line of a bid at once, and what pays for those that are supported.

    ``items`` are the categories that the decision granted; ``to_commit`` what it leaves, in pence.
    """

    submit = None
    marks_optional = False

    def __init__(
        self,
        *args: Any,
        lines: Iterable[BidLine],
        items: Iterable[MenuItem],
        excluded: Iterable[ExcludedSpend],
        to_commit: int,
        **options: Any,
    ) -> None:
        self.lines = list(lines)
        self.items, self.excluded, self.to_commit = list(items), list(excluded), to_commit
        self.held = dict(options["allocations"])
        super().__init__(*args, **options)
        del self.fields["key"]  # each line has a key of its own: it is committed once
        for line in self.lines:
            self._add(line)

    def _add(self, line: BidLine) -> None:
        number, pk = line.position, line.pk
        granted = [each.pk for each in self.items]
        added: dict[str, forms.Field] = {
            f"result_{pk}": forms.ChoiceField(
                label=f"Answer to line {number}", choices=Result.choices, widget=forms.RadioSelect
            ),
            f"amount_{pk}": PoundsField(
                label=f"How much of line {number}?",
                help_text=f"Of {money(line.amount)}",
                min_pence=1,
                required=False,
            ),
            f"item_{pk}": forms.ModelChoiceField(
                label=f"Category in which line {number} is committed",
                queryset=MenuItem.objects.filter(pk__in=granted),
                initial=line.item_id
                if line.item_id in granted
                else granted[0]
                if len(granted) == 1
                else None,
                help_text=""
                if line.item_id in granted
                else f"The decision did not grant “{line.item.name}”.",
                required=False,
            ),
            f"reason_{pk}": forms.CharField(
                label=f"Reason for line {number}",
                help_text="The practice will read it. Needed unless the line is supported in full.",
                max_length=500,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            ),
        }
        if self.excluded:
            added[f"excluded_{pk}"] = forms.ModelChoiceField(
                label=f"Is line {number} a kind of spend that is not supported?",
                queryset=ExcludedSpend.objects.filter(pk__in=[each.pk for each in self.excluded]),
                empty_label="No, none of these",
                required=False,
            )
        self.reveals = {**self.reveals, f"result_{pk}": {Result.IN_PART: [f"amount_{pk}"]}}
        self.looks = {**self.looks, f"result_{pk}": {"small": True, "inline": False}}
        for name, field in added.items():
            self.fields[name] = field
            self._dress(name, field)
            if isinstance(field, forms.ModelChoiceField):
                rows = self.excluded if name.startswith("excluded_") else self.items
                _offer(field, rows)

    def rows(self) -> list[SittingFields]:
        """The inputs, line by line."""
        return [
            SittingFields(
                line,
                self[f"result_{line.pk}"],
                self[f"amount_{line.pk}"],
                self[f"item_{line.pk}"],
                self[f"excluded_{line.pk}"] if self.excluded else None,
                self[f"reason_{line.pk}"],
            )
            for line in self.lines
        ]

    def clean(self) -> Any:
        data = super().clean()
        for line in self.lines:
            self._clean_line(line, data)
        if not any(self._supported(line) for line in self.lines):
            # Nothing is committed, so nothing need say what pays.
            for name in ("allocation", "route", "supplier", "cost_centre"):
                self.errors.pop(name, None)
                data.setdefault(name, None)
        return data

    def _clean_line(self, line: BidLine, data: dict[str, Any]) -> None:
        pk = line.pk
        result, excluded = data.get(f"result_{pk}"), data.get(f"excluded_{pk}")
        if excluded and not result:
            # Saying which excluded kind it is answers the line.
            result = data[f"result_{pk}"] = Result.NOT_SUPPORTED
            self.errors.pop(f"result_{pk}", None)
        if excluded and not data.get(f"reason_{pk}"):
            data[f"reason_{pk}"] = excluded.reason
        if result != Result.IN_PART:
            self.errors.pop(f"amount_{pk}", None)
        if not result or any(f"{name}_{pk}" in self.errors for name in ("amount", "reason", "item")):
            return
        if result == Result.IN_PART and not data.get(f"amount_{pk}"):
            self.add_error(f"amount_{pk}", f"Enter how much of line {line.position} is supported")
            return
        if result != Result.NOT_SUPPORTED and not data.get(f"item_{pk}"):
            self.add_error(f"item_{pk}", f"Choose the category in which line {line.position} is committed")
        if result != Result.IN_FULL and not data.get(f"reason_{pk}"):
            self.add_error(f"reason_{pk}", f"Give the reason for line {line.position}")
            return
        try:
            check_said(line, self._said(line))
        except Denied as denied:
            self.add_error(f"result_{pk}", str(denied))

    def _supported(self, line: BidLine) -> int:
        """Pence supported of a line, as far as what was typed can be read."""
        said = getattr(self, "cleaned_data", {})
        return supported(said.get(f"result_{line.pk}", ""), line.amount, said.get(f"amount_{line.pk}"))

    def _said(self, line: BidLine) -> Said:
        said, pk = self.cleaned_data, line.pk
        return Said(
            said[f"result_{pk}"],
            self._supported(line),
            said[f"reason_{pk}"],
            said.get(f"excluded_{pk}"),
            said.get(f"item_{pk}"),
        )

    @property
    def said(self) -> dict[int, Said]:
        """What was said of each line, by its id."""
        return {line.pk: self._said(line) for line in self.lines}

    @property
    def sums(self) -> Sums:
        """The sums of what was typed so far; of the allocation chosen, or of all there are."""
        chosen = getattr(self, "cleaned_data", {}).get("allocation")
        held = self.held[chosen] if chosen else sum(self.held.values())
        return sums(((line.amount, self._supported(line)) for line in self.lines), self.to_commit, held)

    def with_reasons(self) -> dict[str, Any]:
        """What was typed, with the reasons of the excluded kinds that were chosen filled in."""
        typed = {name: self.data.get(name) for name in self.fields}
        for line in self.lines:
            for name in (f"reason_{line.pk}", f"result_{line.pk}"):
                typed[name] = self.cleaned_data.get(name) or typed[name]
        return typed
