"""Forms of budgets and of the committee's finance report."""

import datetime as dt
from typing import Any

from django import forms

from funding.forms import KeyedForm
from funding.models import BudgetLine, Commitment, FinanceReport, months_of
from funding.reports import rules
from funding.reports.actions import spread_evenly
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.forms import Form, PoundsField, WordLimit
from resilience.programmes.models import ProgrammeYear

NOTHING = "nothing"


def stands_for_choices(year: ProgrammeYear) -> list[Any]:
    """What of the ledger a line may stand for, grouped by kind; each value is the kind and which."""
    return [
        (NOTHING, "Nothing: actuals are typed"),
        ("Category of support", [(f"item-{each.pk}", each.name) for each in year.menu.all()]),
        ("Category of spend", [(f"category-{each.pk}", each.name) for each in year.spend_categories.all()]),
        ("Route", [(f"route-{value}", label) for value, label in Commitment.Route.choices]),
    ]


def stands_for_value(line: BudgetLine) -> str:
    """The choice that says what a line stands for now."""
    if not line.kind:
        return NOTHING
    return f"{line.kind}-{line.route or line.item_id or line.category_id}"


class _StandsFor(Form):
    """The choice as the three fields of a budget line."""

    year: ProgrammeYear

    def clean_stands_for(self) -> dict[str, Any]:
        kind, _, which = self.cleaned_data["stands_for"].partition("-")
        return {
            "item": self.year.menu.get(pk=which) if kind == "item" else None,
            "category": self.year.spend_categories.get(pk=which) if kind == "category" else None,
            "route": which if kind == "route" else "",
        }


class _Months(KeyedForm):
    """The year's budget, spread evenly or month by month."""

    annual = PoundsField(
        label="Budget for the year", allow_negative=True, help_text="Income is less than £0."
    )
    spread = forms.ChoiceField(
        label="How is it spread over the year?",
        choices=[("even", "Evenly"), ("by_month", "By month")],
        initial="even",
        widget=forms.RadioSelect,
    )
    why = forms.CharField(label="Why?", max_length=300, help_text="Such as: budget agreed on 12 March")

    def add_months(self, year: ProgrammeYear) -> None:
        """A box for each month, shown under the choice "by month"."""
        self.months = months_of(year)
        names = [f"month_{month:%Y_%m}" for month in self.months]
        for name, month in zip(names, self.months, strict=True):
            self.fields[name] = PoundsField(label=f"{month:%B %Y}", allow_negative=True, required=False)
            self._dress(name, self.fields[name])
        self.names = names
        self.reveals = {"spread": {"by_month": names}}
        self.order_fields([each for each in self.fields if each not in ("why", "key")] + ["why", "key"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if self.errors or typed["spread"] == "even":
            return typed
        try:
            rules.check_sum([typed.get(name) or 0 for name in self.names], typed["annual"])
        except Denied as denied:
            self.add_error("annual", str(denied))
        return typed

    @property
    def pence(self) -> list[int]:
        """An amount for each month."""
        if self.cleaned_data["spread"] == "even":
            return spread_evenly(self.cleaned_data["annual"], len(self.months))
        return [self.cleaned_data.get(name) or 0 for name in self.names]


class AddLineForm(_StandsFor, _Months):
    """A budget line and its budget."""

    submit = "Add the budget line"
    commissioner = forms.ModelChoiceField(label="CCG or local office", queryset=Organisation.objects.none())
    group = forms.CharField(
        label="Group", max_length=120, help_text="Lines of one group stand together and have a subtotal."
    )
    name = forms.CharField(label="Budget line", max_length=160)
    stands_for = forms.ChoiceField(label="What of the ledger does it stand for?")

    def __init__(self, *args: Any, year: ProgrammeYear, bodies: list[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        self.year = year
        self.field("commissioner", forms.ModelChoiceField).queryset = Organisation.objects.filter(
            pk__in=[each.pk for each in bodies]
        )
        self.field("stands_for", forms.ChoiceField).choices = stands_for_choices(year)
        self.order_fields(["commissioner", "group", "name", "stands_for", "annual", "spread"])
        self.add_months(year)


class MonthsForm(_Months):
    """Another budget for a line."""

    submit = "Set this budget"

    def __init__(self, *args: Any, year: ProgrammeYear, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_months(year)


class ChangeLineForm(_StandsFor):
    """What a line is called and what it stands for."""

    submit = "Save"
    group = forms.CharField(label="Group", max_length=120)
    name = forms.CharField(label="Budget line", max_length=160)
    stands_for = forms.ChoiceField(label="What of the ledger does it stand for?")
    why = forms.CharField(label="Why?", max_length=300)

    def __init__(self, *args: Any, year: ProgrammeYear, **options: Any) -> None:
        super().__init__(*args, **options)
        self.year = year
        self.field("stands_for", forms.ChoiceField).choices = stands_for_choices(year)


class ExplainForm(Form):
    """What finance says of a line at the end of a month."""

    submit = "Save"
    actual = PoundsField(label="Actual of this month", required=False, allow_negative=True)
    forecast = PoundsField(
        label="Forecast for the year",
        required=False,
        allow_negative=True,
        help_text="Leave it empty to use the actual to date plus the budget of the months to come.",
    )
    forecast_why = forms.CharField(label="Why this forecast?", required=False, max_length=300)
    narrative = forms.CharField(
        label="Narrative",
        required=False,
        widget=forms.Textarea,
        validators=[WordLimit(200)],
        help_text="Why the line is over or under its budget, and what is done about it.",
    )

    def __init__(self, *args: Any, is_typed: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not is_typed:
            del self.fields["actual"]


class ThresholdForm(Form):
    submit = "Save"
    pence = PoundsField(
        label="Variance from which a narrative is needed",
        min_pence=0,
        help_text="A line that is over or under by more than this, to date or for the year, needs a narrative.",
    )
    why = forms.CharField(label="Why?", max_length=300)


class IssueForm(KeyedForm):
    """Which report, in which unit, for whom."""

    submit = "Issue the report"
    commissioner = forms.ModelChoiceField(label="Report of", queryset=Organisation.objects.none())
    month = forms.ChoiceField(label="At the end of")
    unit = forms.ChoiceField(
        label="Figures in", choices=FinanceReport.Unit.choices, initial="pounds", widget=forms.RadioSelect
    )
    committee = forms.CharField(
        label="Which committee, and when does it meet?",
        max_length=200,
        help_text="Such as: Committees in common, 5 October 2018",
    )

    def __init__(self, *args: Any, bodies: list[Organisation], months: list[dt.date], **options: Any) -> None:
        super().__init__(*args, **options)
        self.field("commissioner", forms.ModelChoiceField).queryset = Organisation.objects.filter(
            pk__in=[each.pk for each in bodies]
        )
        self.field("month", forms.ChoiceField).choices = [
            (month.isoformat(), f"{month:%B %Y}") for month in months
        ]

    def clean_month(self) -> dt.date:
        return dt.date.fromisoformat(self.cleaned_data["month"])
