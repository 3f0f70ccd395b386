"""Forms of projects. They validate and never write."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from mou.models import HighImpactAction, Horizon, Project, ProjectProgress
from mou.projects import projects
from practices.models import Practice
from resilience.core.forms import DateField, Form, ThingsField, WordLimit, text_box
from resilience.programmes.models import ProgrammeYear


class ProjectForm(Form):
    """Everything that a project says. ``years``: those of a cluster, from which one is chosen."""

    submit = "Save the project"
    year = forms.ModelChoiceField(label="Programme year", queryset=ProgrammeYear.objects.none())
    name = forms.CharField(label="Name of the project", max_length=120)
    horizon = forms.ChoiceField(
        label="How far ahead does it look?", choices=Horizon.choices, widget=forms.RadioSelect
    )
    aim = forms.CharField(
        label="Aim",
        help_text="What it is for",
        max_length=5_000,
        widget=text_box(3),
        validators=[WordLimit(150)],
    )
    change = forms.CharField(
        label="What will change?",
        help_text="For patients, staff or the practices",
        max_length=5_000,
        widget=text_box(4),
        validators=[WordLimit(150)],
    )
    actions = ThingsField(
        label="Which of the 10 high impact actions does it serve?",
        queryset=HighImpactAction.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one of the 10 high impact actions"},
    )
    lead_practice = forms.ModelChoiceField(label="Lead practice", queryset=Practice.objects.none())
    practices = ThingsField(
        label="Who takes part?",
        help_text="The lead practice takes part anyway",
        queryset=Practice.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    starts_on = DateField(label="When does it start?")
    ends_on = DateField(label="When does it end?")
    marks_optional = False

    def __init__(
        self, *args: Any, practices: QuerySet[Practice], years: QuerySet[ProgrammeYear] | None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        for name in ("lead_practice", "practices"):
            self.field(name, forms.ModelChoiceField).queryset = practices
        if years is None:
            del self.fields["year"]
        else:
            self.field("year", forms.ModelChoiceField).queryset = years

    @staticmethod
    def start(project: Project) -> dict[str, Any]:
        """What the form shows of a project."""
        return {
            **{name: getattr(project, name) for name in projects.FIELDS},
            "lead_practice": project.lead_practice_id,
            "practices": list(project.taking_part.values_list("practice", flat=True)),
            "actions": list(project.serves.values_list("action", flat=True)),
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if all(typed.get(name) for name in ("horizon", "starts_on", "ends_on")) and (
            wrong := projects.wrong_dates(typed["horizon"], typed["starts_on"], typed["ends_on"])
        ):
            self.add_error("ends_on", wrong)
        return typed

    @property
    def values(self) -> dict[str, Any]:
        """What the action writes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "year"}


class ProgressForm(Form):
    """How a project stands today."""

    submit = "Record the progress"
    status = forms.ChoiceField(
        label="How does it stand?", choices=ProjectProgress.Status.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="What was done?", max_length=5_000, widget=text_box(3), validators=[WordLimit(150)]
    )
    next_steps = forms.CharField(
        label="Next steps", max_length=2_000, widget=text_box(2), required=False, validators=[WordLimit(100)]
    )


class RequirementForm(Form):
    """Which projects a plan of the year needs."""

    submit = "Save"
    short = forms.BooleanField(label=Horizon.SHORT.label, required=False)
    medium = forms.BooleanField(label=Horizon.MEDIUM.label, required=False)
    long = forms.BooleanField(label=Horizon.LONG.label, required=False)
