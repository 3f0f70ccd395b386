"""Forms of the drafts. They validate and never write."""

from typing import Any

from django import forms

from mou.drafts.reading import name_of
from mou.models import DraftComment
from mou.wording.choices import Choices, Question
from resilience.core.forms import DateField, Form, text_box


class ChoicesForm(Form):
    """The wording's optional clauses, each in or out, and its drafting notes, each answered or left out."""

    submit = None
    marks_optional = False

    def __init__(self, *args: Any, questions: list[Question], chosen: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.questions = questions
        for each in questions:
            if each.is_note:
                self._ask_note(each, chosen)
            else:
                is_in = chosen.optional.get(each.key, each.is_in)
                self.fields[f"option-{each.key}"] = forms.ChoiceField(
                    label=f"Optional clause: {each.name}",
                    help_text=f"In {each.where}: “{each.words}”",
                    choices=[("in", "It stands"), ("out", "Leave it out")],
                    widget=forms.RadioSelect,
                    initial="in" if is_in else "out",
                    error_messages={"required": f"Say whether the clause “{each.name}” stands"},
                )

    def _ask_note(self, question: Question, chosen: Choices) -> None:
        said = chosen.notes.get(question.key, "")
        self.fields[f"note-{question.key}"] = forms.CharField(
            label=f"Drafting note: {question.words}",
            help_text=f"In {question.where}. Your words stand in its place; it must be answered before the MoU is sent",
            widget=text_box(3),
            max_length=2000,
            required=False,
            initial=said or "",
        )
        self.fields[f"leave-{question.key}"] = forms.BooleanField(
            label="Nothing stands in its place", required=False, initial=said is None
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for each in self.questions:
            if each.is_note and cleaned.get(f"leave-{each.key}") and cleaned.get(f"note-{each.key}"):
                self.add_error(
                    f"note-{each.key}", "Either write the words, or say that nothing stands in its place"
                )
        return cleaned

    def choices(self) -> Choices:
        """What was chosen; a note without an answer stays open."""
        said = self.cleaned_data
        optional = {
            each.key: said[f"option-{each.key}"] == "in" for each in self.questions if not each.is_note
        }
        notes: dict[str, str | None] = {}
        for each in self.questions:
            if each.is_note and said[f"leave-{each.key}"]:
                notes[each.key] = None
            elif each.is_note and said[f"note-{each.key}"].strip():
                notes[each.key] = said[f"note-{each.key}"]
        return Choices(optional, notes)


class CommentForm(Form):
    """What the practice says of a clause."""

    submit = "Send it to the commissioner"
    clause = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    kind = forms.ChoiceField(
        label="What is it?",
        choices=[
            (DraftComment.Kind.COMMENT, "A comment or a question"),
            (DraftComment.Kind.CHANGE, "I ask for a change"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it is a comment or a change you ask for"},
    )
    text = forms.CharField(
        label="What do you want to say?",
        help_text="For a change, say what it should say instead. Both sides will read it",
        widget=text_box(5),
        max_length=2000,
        error_messages={"required": "Write what you want to say"},
    )

    @property
    def where(self) -> str:
        return name_of(str(self["clause"].value() or ""))


class AnswerForm(Form):
    """The officer's answer. Its words are needed, unless it is done in a draft: they are not marked optional."""

    submit = "Send the answer"
    marks_optional = False
    answer = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you answer"},
    )
    text = forms.CharField(
        label="What do you want to say?",
        help_text="Give the reason where the change is not taken. The practice will read it",
        widget=text_box(4),
        max_length=2000,
        required=False,
    )

    def __init__(self, *args: Any, comment: DraftComment, latest: int, **options: Any) -> None:
        super().__init__(*args, **options)
        answers = DraftComment.Answer
        taken = [(answers.DONE, f"Done in draft {latest}")] if latest > comment.draft.number else []
        other = (
            (answers.NOT_TAKEN, "Not taken, for this reason")
            if comment.kind == DraftComment.Kind.CHANGE
            else (answers.ANSWERED, "Answer it")
        )
        self.fields["answer"].choices = [*taken, other]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("answer") not in (None, DraftComment.Answer.DONE) and not cleaned.get("text"):
            self.add_error("text", "Give the reason: the practice will read it")
        return cleaned


class SendForm(Form):
    """Until when it can be signed."""

    submit = "Send it for signature"
    draft = forms.IntegerField(widget=forms.HiddenInput)
    sign_by = DateField(label="Last day to sign", help_text="For example, 31 3 2027")
