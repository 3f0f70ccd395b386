"""What is typed about progress and its reports. Forms validate and never write."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from mou.delivery import rules
from mou.delivery.dates import EVERY_MONTHS
from mou.delivery.progress import Milestone
from mou.entering import CameForm
from mou.models import ProgressEntry
from mou.plan.in_force import PlanRow
from resilience.core.access import Denied
from resilience.core.forms import DateField, Form, WordLimit, text_box
from resilience.programmes.models import PaymentStage
from resilience.referrals.forms import FilesField
from resilience.referrals.uploads import KINDS, CheckedFile

Standing = ProgressEntry.Standing
LONGEST_REASON = 300


def _to_come(value: dt.date) -> None:
    try:
        rules.check_new_date(value)
    except Denied as denied:
        raise ValidationError(str(denied)) from None


@dataclass(frozen=True)
class Asked:
    """One row of the plan on the form, with its two inputs."""

    milestone: Milestone
    standing: BoundField
    reason: BoundField


class ReportForm(Form):
    """How each row of the plan stands, a few words, and files. ``later``: what is missing may come later.

    ``standing`` and ``reason`` are filled in from ``draft``, else from what was said last.
    """

    submit = None
    marks_optional = False

    def __init__(
        self,
        *args: Any,
        rows: Iterable[Milestone],
        draft: dict[str, Any] | None = None,
        later: bool = False,
        **options: Any,
    ) -> None:
        self.milestones, self.later = list(rows), later
        super().__init__(*args, **options)
        draft = draft or {}
        filled = draft.get("rows", {})
        for each in self.milestones:
            standing, reason = filled.get(each.key, (each.standing, each.words))
            self.fields[f"standing_{each.key}"] = forms.ChoiceField(
                label="How does it stand?",
                choices=Standing.choices,
                initial=standing,
                required=not later,
            )
            self.fields[f"reason_{each.key}"] = forms.CharField(
                label="Reason, if it is late or no longer needed",
                max_length=LONGEST_REASON,
                initial=reason,
                required=False,
                widget=text_box(2),
            )
        self.fields["words"] = forms.CharField(
            label="What has changed since last time?",
            help_text="A sentence or two is enough",
            initial=draft.get("words", ""),
            required=not later,
            max_length=5000,
            widget=text_box(4),
            validators=[WordLimit(100)],
            error_messages={"required": "Say in a sentence or two what has changed since last time"},
        )
        self.fields["files"] = FilesField(
            label="Files that show it", required=False, help_text=f"{KINDS}. 10 MB each at most."
        )
        for name, field in self.fields.items():
            self._dress(name, field)

    def asked(self) -> list[Asked]:
        """The inputs, row by row."""
        return [
            Asked(each, self[f"standing_{each.key}"], self[f"reason_{each.key}"]) for each in self.milestones
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for each in self.milestones:
            standing = found.get(f"standing_{each.key}")
            name = f"reason_{each.key}"
            if (
                not self.later
                and standing in ProgressEntry.NEEDS_REASON
                and not found.get(name)
                and name not in self.errors
            ):
                said = f"Say why it is {Standing(standing).label.lower()}: {each.title}"[:200]
                self.add_error(name, ValidationError(said, code="required"))
        return found

    @property
    def said(self) -> dict[PlanRow, tuple[str, str]]:
        """By row of the plan: standing and reason; a standing that needs none carries none along."""
        found = {}
        for each in self.milestones:
            standing, reason = self._pair(each)
            found[each.row] = standing, reason if standing in ProgressEntry.NEEDS_REASON else ""
        return found

    def _pair(self, each: Milestone) -> tuple[str, str]:
        return self.cleaned_data[f"standing_{each.key}"], self.cleaned_data[f"reason_{each.key}"]

    @property
    def draft(self) -> dict[str, Any]:
        """What was filled in, to be kept."""
        return {
            "rows": {each.key: list(self._pair(each)) for each in self.milestones},
            "words": self.cleaned_data["words"],
        }


class EnterReportForm(CameForm, ReportForm):
    """The same, as an officer enters it for the practice: with who sent it, when it arrived and the original."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["files"]
        self.fields["words"].label = "What does the practice say has changed since last time?"


class EntryForm(Form):
    """What is said of one row of the plan between two reports."""

    submit = "Record it"
    standing = forms.ChoiceField(
        label="How does it stand?", choices=Standing.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="What is there to say?",
        help_text="If it is late or no longer needed, say why",
        max_length=1000,
        required=False,
        widget=text_box(3),
    )
    file = FilesField(
        label="A file that shows it", required=False, many=False, help_text=f"{KINDS}. 10 MB at most."
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        standing = found.get("standing")
        if standing in ProgressEntry.NEEDS_REASON and not found.get("words") and "words" not in self.errors:
            self.add_error("words", f"Say why it is {Standing(standing).label.lower()}")
        return found

    @property
    def one_file(self) -> CheckedFile | None:
        """The file that was added, if any."""
        found = self.cleaned_data["file"]
        return found[0] if found else None


class AcceptForm(Form):
    """Accepting a report, with a word to the practice if there is one."""

    submit = None
    words = forms.CharField(
        label="Anything you want to tell the practice?",
        required=False,
        max_length=300,
        widget=text_box(3),
    )


class AskAgainForm(Form):
    """What is missing, and by when."""

    submit = "Ask again"
    words = forms.CharField(
        label="What is missing?",
        help_text="The practice reads this",
        max_length=2000,
        widget=text_box(4),
        validators=[WordLimit(200)],
    )
    due_on = DateField(label="By when?", help_text="For example, 31 3 2027", validators=[_to_come])


class MoveForm(Form):
    """A new date with its reason."""

    submit = "Give it this date"
    due_on = DateField(label="New date", help_text="For example, 31 3 2027", validators=[_to_come])
    why = forms.CharField(
        label="Why is the date moved?",
        help_text="The practice reads this",
        max_length=500,
        widget=text_box(3),
    )


class ExcuseForm(Form):
    """Why no report is needed."""

    submit = "Record that it is not needed"
    submit_variant = "secondary"
    why = forms.CharField(
        label="Why is no report needed?",
        help_text="The practice reads this",
        max_length=500,
        widget=text_box(3),
    )


class DateForm(Form):
    """One more date for a report, and the payment stage that waits for it."""

    submit = None
    due_on = DateField(label="Another date", help_text="For example, 31 3 2027", validators=[_to_come])
    stage = forms.ModelChoiceField(
        label="Does a payment stage wait for it?",
        queryset=PaymentStage.objects.none(),
        required=False,
        empty_label="No",
    )

    def __init__(self, *args: Any, stages: list[PaymentStage], **options: Any) -> None:
        super().__init__(*args, **options)
        if stages:
            pks = [stage.pk for stage in stages]
            self.field("stage", forms.ModelChoiceField).queryset = PaymentStage.objects.filter(pk__in=pks)
        else:
            del self.fields["stage"]


class ScheduleForm(Form):
    """How often practices of a year report."""

    submit = "Save"
    every_months = forms.TypedChoiceField(
        label="How often do practices report?",
        coerce=int,
        choices=[(1, "Every month"), *((n, f"Every {n} months") for n in (2, 3, 4, 6, 12))],
        initial=EVERY_MONTHS,
        widget=forms.RadioSelect,
    )
