"""The pages of a health check as forms, made from its questions. They validate and never write."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.forms.boundfield import BoundField

from mou.entering import CameForm
from mou.health_checks.answers import YES_NO, Answers, kept
from mou.models import HealthCheckStage, Question, Questionnaire, QuestionnaireSection
from resilience.core.forms import DateField, Form, WordLimit, text_box

Kind = Question.Kind
WORDS = 150
MOST = 100_000


class NumberField(forms.DecimalField):
    """A number from 0, typed as "4", "4.5" or "1,200"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=MOST,
            max_digits=9,
            decimal_places=2,
            error_messages={"invalid": "Enter a number, such as 4 or 4.5"},
            **options,
        )

    def to_python(self, value: Any) -> Any:
        """A thousand may have its comma."""
        if isinstance(value, str):
            value = value.replace(",", "").strip()
        return super().to_python(value)


def field_of(question: Question) -> forms.Field:
    """The field that one question asks for."""
    common: dict[str, Any] = {
        "label": question.words,
        "help_text": question.hint,
        "required": question.is_required,
    }
    if question.kind == Kind.SCALE:
        choices = [(str(place), words) for place, words in enumerate(question.scale, start=1)]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if question.kind == Kind.YES_NO:
        return forms.ChoiceField(choices=list(YES_NO.items()), widget=forms.RadioSelect, **common)
    if question.kind == Kind.NUMBER:
        return NumberField(**common)
    if question.kind == Kind.DATE:
        return DateField(**common)
    return forms.CharField(max_length=5_000, widget=text_box(4), validators=[WordLimit(WORDS)], **common)


def as_typed(question: Question, value: str) -> Any:
    """An answer as its field shows it."""
    return dt.date.fromisoformat(value) if question.kind == Kind.DATE and value else value


class SectionForm(Form):
    """One section. ``later``: what must be answered may wait; what is typed must still be right.

    ``offered`` are answers of last year that rarely change: shown, marked, and saved with the rest.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=10_000)

    def __init__(
        self,
        *args: Any,
        questions: list[Question],
        saved: Answers,
        offered: Answers,
        since: str = "",
        later: bool = False,
        **options: Any,
    ) -> None:
        self.questions, self.later = questions, later
        known = {**offered, **saved}
        initial = {
            each.key: as_typed(each, known[each.key]) for each in questions if each.key in known
        } | options.pop("initial", {})
        super().__init__(*args, initial=initial, **options)
        for each in questions:
            field = field_of(each)
            if each.key in offered and each.key not in saved:
                marked = f"From your {since}. Check that it is still right"
                field.help_text = f"{each.hint}. {marked}" if each.hint else marked
            self.fields[each.key] = field
            self._dress(each.key, field)
        self.looks = {each.key: {"width": "5"} for each in questions if each.kind == Kind.NUMBER}

    @property
    def helper(self) -> FormHelper:
        """Two buttons: to go on, and to come back later."""
        helper = super().helper
        button = Submit("later", "Save and come back later")
        button.variant = "secondary"
        helper.add_input(button)
        return helper

    def full_clean(self) -> None:
        """With ``later``, missing answers are let through."""
        if not self.later:
            return super().full_clean()
        required = {name: field.required for name, field in self.fields.items()}
        for field in self.fields.values():
            field.required = False
        try:
            return super().full_clean()
        finally:
            for name, was in required.items():
                self.fields[name].required = was

    @property
    def given(self) -> Answers:
        """What is right of what was typed, as it is kept; of what is wrong, nothing is said."""
        return {
            each.key: kept(self.cleaned_data.get(each.key))
            for each in self.questions
            if each.key in self.cleaned_data
        }


class EntryForm(CameForm):
    """The whole health check on one page, as an officer enters what the practice sent."""

    submit = None

    def __init__(self, *args: Any, sections: Iterable[QuestionnaireSection], **options: Any) -> None:
        super().__init__(*args, **options)
        self.sections = [(each, list(each.questions.all())) for each in sections]
        for section, questions in self.sections:
            for question in questions:
                field = field_of(question)
                field.required = question.is_required and section.is_mandatory
                self.fields[self._name(question)] = field
                self._dress(self._name(question), field)
        self.looks = {
            self._name(each): {"width": "5"}
            for _, questions in self.sections
            for each in questions
            if each.kind == Kind.NUMBER
        }

    @staticmethod
    def _name(question: Question) -> str:
        return f"answer_{question.key}"

    def parts(self) -> list[tuple[QuestionnaireSection, list[BoundField]]]:
        """The inputs, section by section."""
        return [(section, [self[self._name(each)] for each in asked]) for section, asked in self.sections]

    @property
    def given(self) -> Answers:
        """What was answered, as it is kept."""
        return {
            each.key: kept(self.cleaned_data.get(self._name(each)))
            for _, asked in self.sections
            for each in asked
        }


class CorrectionForm(Form):
    """Another answer to one question, and why."""

    submit = "Record the correction"
    why = forms.CharField(label="Why was it wrong?", max_length=300)

    def __init__(self, *args: Any, question: Question, stands: str, **options: Any) -> None:
        super().__init__(*args, initial={"answer": as_typed(question, stands)}, **options)
        self.question = question
        field = field_of(question)
        self._dress("answer", field)
        self.fields = {"answer": field, **self.fields}

    @property
    def value(self) -> str:
        """The answer as it is kept."""
        return kept(self.cleaned_data.get("answer"))


class StageForm(Form):
    """How a stage is handed in, and what the commissioner sees."""

    submit = "Save"
    questionnaire = forms.ModelChoiceField(
        label="How is it handed in?",
        queryset=Questionnaire.objects.all(),
        required=False,
        empty_label="By a file and a few words",
        widget=forms.RadioSelect,
    )
    shown = forms.ChoiceField(
        label="What does the commissioner see of a health check?",
        choices=[
            ("full", "All of it, practice by practice"),
            ("summed", "Only what the practices of a cluster answered together"),
        ],
        widget=forms.RadioSelect,
        required=False,
    )
    least = forms.IntegerField(
        label="The fewest practices that are summed together",
        help_text="From 3 to 20. A sum of fewer would tell what one practice answered",
        min_value=3,
        max_value=20,
        required=False,
    )
    looks = {"least": {"width": "2"}}
    marks_optional = False

    @classmethod
    def start(cls, setting: HealthCheckStage | None) -> dict[str, Any]:
        """What the form shows of a setting; of none, what is usual."""
        if setting is None:
            return {"shown": "full", "least": 5}
        return {
            "questionnaire": setting.questionnaire_id,
            "shown": "summed" if setting.is_summed_only else "full",
            "least": setting.least,
        }

    def clean(self) -> dict[str, Any] | None:
        typed = super().clean() or {}
        if typed.get("questionnaire"):
            if not typed.get("shown") and "shown" not in self.errors:
                self.add_error("shown", "Choose what the commissioner sees of a health check")
            if typed.get("least") is None and "least" not in self.errors:
                self.add_error("least", "Enter the fewest practices that are summed together")
        return typed
