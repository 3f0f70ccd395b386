"""A questionnaire as it is written: its sections, and its questions each with the number of its section."""

from typing import Any

from django import forms

from mou.health_checks.content import Content, QuestionContent, SectionContent
from mou.models import Question, Questionnaire
from resilience.core.forms import Form, text_box

_SPARE_SECTIONS, _SPARE_QUESTIONS = 2, 4


class NameForm(Form):
    """The name of another questionnaire."""

    name = forms.CharField(label="Name of the questionnaire", max_length=80)
    submit = None

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if Questionnaire.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError("There is one of this name: publish a new version of it instead")
        return name


class SectionRow(Form):
    """One section; a row without a title is left out."""

    key = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    number = forms.IntegerField(label="Number", required=False, min_value=1, max_value=99)
    title = forms.CharField(label="Title", required=False, max_length=120)
    guidance = forms.CharField(label="Guidance", required=False, max_length=400, widget=text_box(2))
    is_mandatory = forms.BooleanField(label="Mandatory", required=False)
    marks_optional = False
    submit = None

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("title") and not typed.get("number") and "number" not in self.errors:
            self.add_error("number", "Enter its number: sections stand in this order")
        return typed


class QuestionRow(Form):
    """One question; a row without words is left out."""

    key = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    section = forms.IntegerField(label="Number of its section", required=False, min_value=1, max_value=99)
    place = forms.IntegerField(label="Place in the section", required=False, min_value=1, max_value=99)
    words = forms.CharField(label="Question", required=False, max_length=300)
    hint = forms.CharField(label="Hint", required=False, max_length=300)
    kind = forms.ChoiceField(label="Kind of answer", choices=Question.Kind.choices, required=False)
    scale = forms.CharField(
        label="The four answers of a scale",
        help_text="A line each, from worst to best. Leave it empty for the usual ones",
        required=False,
        max_length=500,
        widget=text_box(4),
    )
    is_required = forms.BooleanField(label="Must be answered", required=False)
    carries_over = forms.BooleanField(label="Rarely changes: last year’s answer is offered", required=False)
    need = forms.ChoiceField(label="Answers that show a need", choices=Question.Need.choices, required=False)
    theme = forms.CharField(label="Theme of the need", required=False, max_length=80)
    marks_optional = False
    submit = None

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not typed.get("words"):
            return typed
        for name, sentence in (
            ("section", "Enter the number of its section"),
            ("place", "Enter its place in the section"),
            ("kind", "Choose the kind of answer"),
        ):
            if not typed.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        return typed


_SECTIONS = forms.formset_factory(
    SectionRow, extra=_SPARE_SECTIONS, max_num=20, absolute_max=20, validate_max=True
)
_QUESTIONS = forms.formset_factory(
    QuestionRow, extra=_SPARE_QUESTIONS, max_num=120, absolute_max=120, validate_max=True
)


class Writing:
    """The whole page: a name where it is a new one, the sections, the questions."""

    def __init__(self, data: Any, start: Content, *, is_new: bool) -> None:
        sections = [vars(each) | {"number": number} for number, each in enumerate(start, start=1)]
        questions = [
            vars(each) | {"section": number, "place": place, "scale": "\n".join(each.scale)}
            for number, section in enumerate(start, start=1)
            for place, each in enumerate(section.questions, start=1)
        ]
        self.name = NameForm(data) if is_new else None
        self.sections: Any = _SECTIONS(data, initial=sections, prefix="sections")
        self.questions: Any = _QUESTIONS(data, initial=questions, prefix="questions")

    @property
    def forms(self) -> list[Any]:
        """All of them, for the summary of errors."""
        return [each for each in (self.name, self.sections, self.questions) if each is not None]

    def is_valid(self) -> bool:
        """Every row, and that each question has a section of its own number."""
        valid = [each.is_valid() for each in self.forms]
        if not all(valid):
            return False
        numbers = [row["number"] for row in self._typed(self.sections, "title")]
        for form in self.sections.forms:
            if form.cleaned_data.get("title") and numbers.count(form.cleaned_data["number"]) > 1:
                form.add_error("number", "Another section has this number")
        for form in self.questions.forms:
            if form.cleaned_data.get("words") and form.cleaned_data["section"] not in numbers:
                form.add_error("section", "There is no section of this number")
        return all(not form.errors for each in (self.sections, self.questions) for form in each.forms)

    def deny(self, sentence: str) -> None:
        """Show why a rule said no."""
        self.sections.non_form_errors().append(sentence)

    @property
    def name_typed(self) -> str:
        return self.name.cleaned_data["name"] if self.name else ""

    @staticmethod
    def _typed(formset: Any, named_by: str) -> list[dict[str, Any]]:
        return [form.cleaned_data for form in formset.forms if form.cleaned_data.get(named_by)]

    @property
    def content(self) -> list[SectionContent]:
        """What is to be published, in order."""
        questions = sorted(self._typed(self.questions, "words"), key=lambda row: row["place"])
        return [
            SectionContent(
                row["title"],
                tuple(_question(each) for each in questions if each["section"] == row["number"]),
                row["key"],
                row["guidance"],
                row["is_mandatory"],
            )
            for row in sorted(self._typed(self.sections, "title"), key=lambda row: row["number"])
        ]


def _question(row: dict[str, Any]) -> QuestionContent:
    lines = tuple(line.strip() for line in row["scale"].splitlines() if line.strip())
    return QuestionContent(
        row["words"],
        row["kind"],
        row["key"],
        row["hint"],
        lines if row["kind"] == Question.Kind.SCALE else (),
        row["is_required"],
        row["carries_over"],
        row["need"],
        row["theme"],
    )
