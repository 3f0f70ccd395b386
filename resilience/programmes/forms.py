"""Forms about programmes and their years. They validate and never write."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from practices.models import Organisation
from practices.people_forms import OrganisationField
from resilience.core.access import P
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, PoundsField
from resilience.programmes import letters, rules
from resilience.programmes.models import (
    CriteriaSet,
    MatrixVersion,
    Milestone,
    PaymentStage,
    Programme,
    ProgrammeYear,
)
from resilience.programmes.setup import FIVE_PM


class TimeField(forms.TimeField):
    """A time of day typed as "5pm", "5:30 pm" or "17:00"."""

    widget = forms.TimeInput(format="%H:%M")
    input_formats = ("%H:%M", "%H.%M", "%I:%M%p", "%I.%M%p", "%I%p")

    def __init__(self, **options: Any) -> None:
        super().__init__(
            error_messages={"invalid": "Enter a time, such as 5pm or 17:00"},
            **{"help_text": "Such as 5pm or 17:00"} | options,
        )

    def to_python(self, value: Any) -> dt.time | None:
        return super().to_python(value.replace(" ", "") if isinstance(value, str) else value)


def moment_of(day: dt.date | None, time: dt.time | None) -> dt.datetime | None:
    """That time of that day in England; None where either is missing."""
    if day is None or time is None:
        return None
    return timezone.make_aware(dt.datetime.combine(day, time))


class ProgrammeForm(Form):
    name = forms.CharField(label="Name of the programme", max_length=120)
    owner = OrganisationField(
        label="Whose programme is it?",
        queryset=Organisation.objects.none(),
        help_text="Every practice below this organisation may refer itself",
    )
    purpose = forms.CharField(
        label="What it is for",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Practices read this before they refer themselves",
    )
    is_open = forms.BooleanField(
        label="Takes self-referrals, in the years that are open",
        required=False,
        initial=True,
    )
    submit = "Save the programme"

    def __init__(self, *args: Any, by: Any, programme: Programme | None = None, **options: Any) -> None:
        if programme:
            fields = ("name", "owner", "purpose", "is_open")
            options["initial"] = {field: getattr(programme, field) for field in fields}
        super().__init__(*args, **options)
        mine = Organisation.objects.visible_to(by, P.MANAGE_PROGRAMMES)
        possible = Q(pk__in=mine.filter(kind__in=rules.OWNERS)) & (
            Q(closed_on__isnull=True) | Q(closed_on__gt=today())
        )
        if programme:
            possible |= Q(pk=programme.owner_id)
        self.field("owner", forms.ModelChoiceField).queryset = Organisation.objects.filter(possible)


class YearForm(Form):
    """Some fields of a year: ``writes`` names them, ``values`` holds them once the form is valid."""

    writes: ClassVar[tuple[str, ...]] = ()
    beside: ClassVar[dict[str, str]] = {"opens_at": "opens_on", "closes_at": "closes_on"}
    submit: ClassVar[str | None] = "Save"

    def __init__(
        self, *args: Any, programme: Programme, year: ProgrammeYear | None = None, **options: Any
    ) -> None:
        self.programme, self.year = programme, year
        self.values: dict[str, Any] = {}
        if year:
            options["initial"] = self.initial_of(year) | (options.get("initial") or {})
        super().__init__(*args, **options)

    def initial_of(self, year: ProgrammeYear) -> dict[str, Any]:
        return {field: getattr(year, field) for field in self.writes}

    def values_of(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of the year, of those that were typed right."""
        return {field: typed[field] for field in self.writes if field in typed}

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        self.values = self.values_of(typed)
        others = {}
        if self.year:
            every = (field.name for field in self.year._meta.concrete_fields)
            others = {name: getattr(self.year, name) for name in every if name not in self.writes}
        problems = rules.year_problems(others | self.values, self.programme, self.year)
        for field, sentence in problems.items():
            shown = self.beside.get(field, field)
            if shown in self.fields and shown not in self.errors:
                self.add_error(shown, sentence)
        return typed


class DatesForm(YearForm):
    name = forms.CharField(label="Name of the year", max_length=20, help_text="Such as 2018/19")
    starts_on = forms.DateField(label="The year starts on")
    ends_on = forms.DateField(label="The year ends on")
    opens_on = forms.DateField(label="Self-referrals open on")
    opens_time = TimeField(label="Opening time", initial=dt.time())
    closes_on = forms.DateField(label="Self-referrals close on")
    closes_time = TimeField(
        label="Closing time", initial=FIVE_PM, help_text="Absolute: nothing can be sent after it. Such as 5pm"
    )
    writes: ClassVar[tuple[str, ...]] = ("name", "starts_on", "ends_on", "opens_at", "closes_at")
    looks = {"name": {"width": "10"}, "opens_time": {"width": "5"}, "closes_time": {"width": "5"}}

    def initial_of(self, year: ProgrammeYear) -> dict[str, Any]:
        opens, closes = timezone.localtime(year.opens_at), timezone.localtime(year.closes_at)
        return {
            "name": year.name,
            "starts_on": year.starts_on,
            "ends_on": year.ends_on,
            "opens_on": opens.date(),
            "opens_time": opens.time(),
            "closes_on": closes.date(),
            "closes_time": closes.time(),
        }

    def values_of(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        values = {field: typed[field] for field in ("name", "starts_on", "ends_on") if field in typed}
        for name in ("opens", "closes"):
            if at := moment_of(typed.get(f"{name}_on"), typed.get(f"{name}_time")):
                values[f"{name}_at"] = at
        return values


class ClocksForm(YearForm):
    acknowledge_within = forms.IntegerField(
        label="Working days to acknowledge",
        min_value=1,
        max_value=60,
        help_text="From the day of receipt, which is day 0. The national standard is 10",
    )
    decide_within = forms.IntegerField(
        label="Working days to decide",
        min_value=1,
        max_value=250,
        help_text="Also from the day of receipt. The acknowledgement tells the practice this date",
    )
    due_soon_within = forms.IntegerField(
        label="Working days before it is due: remind the officer",
        min_value=0,
        max_value=59,
    )
    writes = ("acknowledge_within", "decide_within", "due_soon_within")


class ContactForm(YearForm):
    contact_name = forms.CharField(
        label="Name of the contact", max_length=120, help_text="A person or a team"
    )
    contact_email = forms.EmailField(label="Email address", max_length=254)
    contact_phone = forms.CharField(
        label="Telephone number", max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    writes: ClassVar[tuple[str, ...]] = ("contact_name", "contact_email", "contact_phone")


def _body(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=10_000, widget=forms.Textarea(attrs={"rows": 14}))


class LettersForm(YearForm):
    acknowledgement_subject = forms.CharField(label="Acknowledgement: subject", max_length=200)
    acknowledgement_body = _body("Acknowledgement")
    decision_subject = forms.CharField(label="Decision: subject", max_length=200)
    decision_body = _body("Decision")
    writes = ("acknowledgement_subject", "acknowledgement_body", "decision_subject", "decision_body")
    submit = None

    def example(self, year: ProgrammeYear) -> list[tuple[str, str, str]]:
        """(which letter, subject, text) as they now stand in the form, filled in for an example practice."""
        contact = "\n".join(filter(None, (year.contact_name, year.contact_email, year.contact_phone)))
        values = letters.EXAMPLE | {"programme_contact": contact}
        return [
            (
                label,
                letters.fill(str(self[f"{name}_subject"].value() or ""), values),
                letters.fill(str(self[f"{name}_body"].value() or ""), values),
            )
            for label, name in (("Acknowledgement", "acknowledgement"), ("Decision", "decision"))
        ]


class QuestionsForm(YearForm):
    allows_groups = forms.BooleanField(label="Practices may refer themselves as a group", required=False)
    asks_past_support = forms.BooleanField(
        label="The form asks what funded support the practices had before", required=False
    )
    takes_bids = forms.BooleanField(
        label="Practices bid, line by line, for what the money is spent on", required=False
    )
    writes = ("allows_groups", "asks_past_support", "takes_bids")


class JudgingForm(YearForm):
    is_assessed = forms.BooleanField(
        label="Practices are assessed and placed on the matrix before a decision", required=False
    )
    criteria_set = forms.ModelChoiceField(
        label="Criteria", queryset=CriteriaSet.objects.all(), required=False, empty_label="None"
    )
    matrix = forms.ModelChoiceField(
        label="Matrix", queryset=MatrixVersion.objects.all(), required=False, empty_label="None"
    )
    writes = ("is_assessed", "criteria_set", "matrix")
    blank_label = "None"


class AddYearForm(DatesForm, ContactForm):
    """A year from one of the ready-made set-ups."""

    kind = forms.ChoiceField(
        label="Start from",
        widget=forms.RadioSelect,
        choices=[
            ("national", "The national programme"),
            ("local", "A local scheme"),
            ("bare", "An empty year"),
        ],
    )
    writes = (*DatesForm.writes, *ContactForm.writes)
    submit = "Set up the year"
    field_order = ("kind", *DatesForm.base_fields, *ContactForm.base_fields)
    looks = DatesForm.looks | {
        "kind": {
            "hints": {
                "national": "Menu, 16 criteria, matrix, milestones and letters of the national guidance",
                "local": "£1,000 for a health check, then £2,000 for an action plan; no matrix",
                "bare": "Letters and one payment stage; you add the rest",
            }
        }
    }

    def values_of(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        contact = {field: typed[field] for field in ContactForm.writes if field in typed}
        return super().values_of(typed) | contact


class CopyForm(YearForm):
    name = forms.CharField(label="Name of the new year", max_length=20)
    writes = ("name",)
    looks = {"name": {"width": "10"}}
    submit = "Copy the year"

    def clean(self) -> dict[str, Any]:
        typed = forms.Form.clean(self) or {}
        self.values = self.values_of(typed)
        for field, sentence in rules.year_problems(self.values, self.programme).items():
            self.add_error(field, sentence)
        return typed


class ItemForm(Form):
    name = forms.CharField(
        label="Category of support", max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_offered = forms.BooleanField(
        label="Offered: practices can ask for it on the form", required=False, initial=True
    )
    is_contribution_theme = forms.BooleanField(
        label="A theme of contributions in the MoU", required=False, initial=True
    )
    submit = "Save"

    def clean_name(self) -> str:
        """One line, whatever was pasted."""
        return " ".join(self.cleaned_data["name"].split())


class MilestoneForm(Form):
    name = forms.CharField(label="Milestone", max_length=160)
    due_on = forms.DateField(label="Due on")
    due_time = TimeField(label="Time", initial=FIVE_PM)
    measure = forms.ChoiceField(
        label="What is counted", choices=Milestone.Measure.choices, initial="none", widget=forms.RadioSelect
    )
    target = forms.IntegerField(label="Figure to be reached", required=False, min_value=1, max_value=10_000)
    is_return = forms.BooleanField(label="A return of the year’s money is due then", required=False)
    looks = {"due_time": {"width": "5"}}
    submit = "Save"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Radio buttons have no empty choice: "no figure" is one in its own right.
        self.field("measure", forms.ChoiceField).choices = [
            (value or "none", f"{label[0].upper()}{label[1:]}") for value, label in Milestone.Measure.choices
        ]

    def clean_measure(self) -> str:
        measure = self.cleaned_data["measure"]
        return "" if measure == "none" else measure

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        for field, sentence in rules.milestone_problems(typed).items():
            if field not in self.errors:
                self.add_error(field, sentence)
        return typed

    @property
    def values(self) -> dict[str, Any]:
        """Fields of the milestone."""
        typed = self.cleaned_data
        return {
            "name": typed["name"],
            "due_at": moment_of(typed["due_on"], typed["due_time"]),
            "measure": typed["measure"],
            "target": typed["target"],
            "is_return": typed["is_return"],
        }


class ExcludedForm(Form):
    name = forms.CharField(label="Kind of spend", max_length=160)
    reason = forms.CharField(
        label="Why it is not supported",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Practices read this",
    )
    submit = "Save"


class StageForm(Form):
    """One row of the stages; a row without a name is left out."""

    name = forms.CharField(label="Name of the stage", max_length=120, required=False)
    per_cent = forms.DecimalField(
        label="Share, per cent", required=False, max_digits=5, decimal_places=2, min_value=0, max_value=100
    )
    amount = PoundsField(label="Or a fixed sum", required=False)
    opens = forms.ChoiceField(label="Opens", choices=PaymentStage.Opens.choices, required=False)
    opens_on = forms.DateField(label="Date, if it opens on a date", required=False)
    due_on = forms.DateField(
        label="Deadline of the practices",
        required=False,
        help_text="The last day to hand in the evidence or agree the plan. After it, practices are chased",
    )
    pays_before_mou = forms.BooleanField(label="Pays before the MoU is signed", required=False)
    marks_optional = False
    submit = None
    looks = {"per_cent": {"width": "5", "suffix": "%"}}

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        given = [name for name in ("per_cent", "amount", "opens_on", "due_on") if typed.get(name) is not None]
        if given and not typed.get("name"):
            self.add_error("name", "Enter the name of the stage, or empty the row")
        if typed.get("opens") != PaymentStage.Opens.DATE:
            typed["opens_on"] = None
        return typed


class DeadlinesForm(Form):
    """The deadline of each stage, by ``deadline_`` and its id."""

    submit = "Save the deadlines"
    marks_optional = False

    def __init__(self, *args: Any, stages: Iterable[PaymentStage], **options: Any) -> None:
        self.stages = list(stages)
        super().__init__(*args, **options)
        for stage in self.stages:
            name = f"deadline_{stage.pk}"
            field = DateField(label=f"Deadline of “{stage.name}”", required=False, initial=stage.due_on)
            self.fields[name] = field
            self._dress(name, field)

    @property
    def deadlines(self) -> dict[int, Any]:
        """By stage id."""
        return {stage.pk: self.cleaned_data[f"deadline_{stage.pk}"] for stage in self.stages}


class StageFormSet(forms.BaseFormSet):
    row_name = "Stage"

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The rows that were filled in, in order."""
        return [form.cleaned_data for form in self._filled()]

    def _filled(self) -> list[forms.BaseForm]:
        return [form for form in self.forms if form.cleaned_data.get("name")]

    def clean(self) -> None:
        if any(self.errors):
            return
        rows = self._filled()
        together = []
        for problem in rules.stage_problems(self.stages):
            if problem.row is None:
                together.append(problem.sentence)
            else:
                rows[problem.row].add_error(problem.field, problem.sentence)
        if together:
            raise ValidationError(together)


STAGES = forms.formset_factory(
    StageForm, formset=StageFormSet, extra=2, max_num=12, absolute_max=12, validate_max=True
)
