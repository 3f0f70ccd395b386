"""Forms of assessment, placement, continuing support, escalations and interests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from practices.models import Practice
from resilience.assessments.models import ContinuingSupport, Finding, Interest
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form
from resilience.core.words import day
from resilience.programmes.models import Criterion, MatrixCell, MatrixVersion


def _words(label: str, most: int, **options: Any) -> forms.CharField:
    rows = options.pop("rows", 4)
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


@dataclass
class CriterionFields:
    """The three inputs of one criterion."""

    criterion: Criterion
    concern: BoundField
    evidence: BoundField
    source: BoundField
    seen: BoundField


class FindingsForm(Form):
    """Every criterion at once; what is left empty is judged later.

    ``standing`` are the findings the page shows, by criterion id; each criterion carries along which it showed.
    """

    submit = None
    marks_optional = False

    def __init__(
        self, *args: Any, criteria: Iterable[Criterion], standing: Mapping[int, Finding], **options: Any
    ) -> None:
        self.criteria = list(criteria)
        super().__init__(*args, **options)
        self.looks = {}
        for criterion in self.criteria:
            self._add(criterion, standing.get(criterion.pk))
        for name, field in self.fields.items():
            self._dress(name, field)

    def _add(self, criterion: Criterion, finding: Finding | None) -> None:
        number = criterion.number
        self.fields[f"concern_{number}"] = forms.ChoiceField(
            label=f"{number}. {criterion.name}",
            help_text=criterion.what_tells,
            choices=Finding.Concern.choices,
            widget=forms.RadioSelect,
            required=False,
            initial=finding.concern if finding else "",
        )
        self.looks[f"concern_{number}"] = {"inline": True, "small": True}
        self.fields[f"evidence_{number}"] = _words(
            f"Evidence for criterion {number}",
            4000,
            rows=2,
            required=False,
            initial=finding.evidence if finding else "",
        )
        self.fields[f"source_{number}"] = forms.CharField(
            label=f"Source for criterion {number}",
            max_length=200,
            required=False,
            initial=finding.source if finding else "",
        )
        self.fields[f"seen_{number}"] = forms.IntegerField(
            required=False, widget=forms.HiddenInput, initial=finding.pk if finding else None
        )

    def rows(self) -> list[CriterionFields]:
        """The inputs, criterion by criterion."""
        names = ("concern", "evidence", "source", "seen")
        return [
            CriterionFields(each, *(self[f"{name}_{each.number}"] for name in names))
            for each in self.criteria
        ]

    @property
    def findings(self) -> dict[Criterion, dict[str, str]]:
        """What was said of each criterion that the page sent."""
        found = {}
        for each in self.criteria:
            if f"evidence_{each.number}" in self.data:
                said = {
                    name: self.cleaned_data[f"{name}_{each.number}"]
                    for name in ("concern", "evidence", "source")
                }
                found[each] = {name: text.replace("\r\n", "\n") for name, text in said.items()}
        return found

    @property
    def seen(self) -> dict[int, int | None]:
        """By criterion id, the finding that the page showed."""
        return {each.pk: self.cleaned_data[f"seen_{each.number}"] for each in self.criteria}

    def shown_again(self, theirs: Iterable[int]) -> Any:
        """What was sent, as if opened now: for these criteria (ids) the newer finding counts as seen."""
        sent: Any = self.data
        data = sent.copy()
        for each in self.criteria:
            if each.pk in theirs:
                finding = self.fields[f"seen_{each.number}"].initial
                data[f"seen_{each.number}"] = str(finding or "")
        return data


class PlaceForm(Form):
    """A cell of the board, and why: one justification a score."""

    submit = None
    cell = forms.ModelChoiceField(
        label="Cell of the matrix", queryset=MatrixCell.objects.none(), widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choose a cell of the matrix", "invalid_choice": "Choose a cell of the matrix"},
    )  # fmt: skip
    scope_justification = _words("Why this scope for support?", 4000)
    impact_justification = _words("Why this impact of support?", 4000)

    def __init__(self, *args: Any, matrix: MatrixVersion, **options: Any) -> None:
        super().__init__(*args, **options)
        self.field("cell", forms.ModelChoiceField).queryset = matrix.cells.all()


class ReviewForm(PlaceForm):
    """A second officer's placement, with the reason why it is moved or confirmed."""

    reason = _words("Why is the placement moved or confirmed?", 2000)


class ContinuingForm(Form):
    """The five questions."""

    submit = "Save the answers"
    comment = _words("Comment", 2000, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.looks = {}
        for name in ContinuingSupport.QUESTIONS:
            self.fields[name] = forms.ChoiceField(
                label=ContinuingSupport.question(name),
                choices=ContinuingSupport.Answer.choices,
                widget=forms.RadioSelect,
            )
            self.looks[name] = {"inline": True}
            self._dress(name, self.fields[name])
        self.order_fields([*ContinuingSupport.QUESTIONS, "comment"])


class EscalateForm(Form):
    submit = "Raise the escalation"
    submit_variant = "warning"
    why = _words(
        "Why may patients be unsafe?",
        4000,
        help_text="Say what you saw and when. Do not name patients.",
    )


class TakeForm(Form):
    submit = "Take this escalation"
    note = _words("What will you do?", 2000)


class DeclareForm(Form):
    """An interest of the person's own."""

    submit = "Declare this interest"
    practice = forms.CharField(
        label="Practice code",
        max_length=10,
        help_text="Such as Y54321. It is on every page about the practice.",
        error_messages={"required": "Enter the code of the practice"},
    )
    nature = forms.CharField(
        label="What is the interest?", max_length=300, help_text="Such as: my sister is a partner there"
    )
    started_on = DateField(label="Since when?")
    ended_on = DateField(label="Until when?", required=False, help_text="Leave empty while it lasts.")
    looks = {"practice": {"width": "10"}}

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_practice(self) -> Practice:
        code = self.cleaned_data["practice"].strip().upper()
        practice = Practice.objects.visible_to(self.user).filter(ods_code=code).first()
        if practice is None:
            raise ValidationError(f"None of the practices you work with has the code {code}")
        return practice

    def clean_started_on(self) -> Any:
        started_on = self.cleaned_data["started_on"]
        if started_on > today():
            raise ValidationError("The date must be today or earlier")
        return started_on

    def clean(self) -> Any:
        begins, ends = self.cleaned_data.get("started_on"), self.cleaned_data.get("ended_on")
        if begins and ends and ends < begins:
            self.add_error("ended_on", f"The date must be {day(begins)} or later")
        return self.cleaned_data


class EndInterestForm(Form):
    submit = "End this interest"
    ended_on = DateField(label="From which day does it no longer hold?")

    def __init__(self, *args: Any, interest: Interest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.interest = interest

    def clean_ended_on(self) -> Any:
        ended_on = self.cleaned_data["ended_on"]
        if ended_on < self.interest.started_on:
            raise ValidationError(f"The date must be {day(self.interest.started_on)} or later")
        return ended_on
