"""What is typed in the review at the end. Forms validate and never write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from mou.delivery.progress import key_of, title_of
from mou.models import PracticeFeedback, Review, ReviewOutcome
from mou.plan.in_force import PlanRow
from resilience.assessments.models import ContinuingSupport
from resilience.core.forms import Form, WordLimit, text_box

Outcome = ReviewOutcome.Outcome


@dataclass(frozen=True)
class Judged:
    """One row of the plan on the form, with its two inputs."""

    title: str
    outcome: BoundField
    words: BoundField


class WriteForm(Form):
    """Did it work, row by row; the five questions; what was learnt. Nothing is required until it is completed."""

    submit = None
    marks_optional = False

    def __init__(
        self,
        *args: Any,
        review: Review,
        rows: Iterable[PlanRow],
        outcomes: Mapping[str, ReviewOutcome],
        **options: Any,
    ) -> None:
        self.rows = list(rows)
        super().__init__(*args, **options)
        self.looks = {}
        for row in self.rows:
            key = key_of(row)
            said = outcomes.get(key)
            self.fields[f"outcome_{key}"] = forms.ChoiceField(
                label="Was it achieved?",
                choices=Outcome.choices,
                widget=forms.RadioSelect,
                required=False,
                initial=said.outcome if said else "",
            )
            self.looks[f"outcome_{key}"] = {"inline": True, "small": True}
            self.fields[f"words_{key}"] = forms.CharField(
                label="What shows it?",
                required=False,
                max_length=1000,
                widget=text_box(2),
                initial=said.words if said else "",
            )
        for name in ContinuingSupport.QUESTIONS:
            self.fields[name] = forms.ChoiceField(
                label=ContinuingSupport.question(name),
                choices=ContinuingSupport.Answer.choices,
                widget=forms.RadioSelect,
                required=False,
                initial=getattr(review, name),
            )
            self.looks[name] = {"inline": True}
        self.fields["comment"] = forms.CharField(
            label="What did we learn?",
            help_text="What to do again, and what to do differently",
            required=False,
            max_length=5000,
            widget=text_box(4),
            validators=[WordLimit(300)],
            initial=review.comment,
        )
        for name, field in self.fields.items():
            self._dress(name, field)

    def judged_rows(self) -> list[Judged]:
        """The inputs, row by row."""
        return [
            Judged(title_of(row), self[f"outcome_{key_of(row)}"], self[f"words_{key_of(row)}"])
            for row in self.rows
        ]

    def questions(self) -> list[BoundField]:
        """The inputs of the five questions."""
        return [self[name] for name in ContinuingSupport.QUESTIONS]

    @property
    def said(self) -> dict[str, Any]:
        """What the act is given."""
        found = self.cleaned_data
        return {
            "judged": {
                row: (found[f"outcome_{key_of(row)}"], found[f"words_{key_of(row)}"]) for row in self.rows
            },
            "comment": found["comment"],
            **{name: found[name] for name in ContinuingSupport.QUESTIONS},
        }


class FeedbackForm(Form):
    """Three questions to the practice."""

    submit = "Send it"
    helped = forms.CharField(
        label="What helped?", max_length=5000, widget=text_box(4), validators=[WordLimit(150)]
    )
    did_not_help = forms.CharField(
        label="What did not help?",
        required=False,
        max_length=5000,
        widget=text_box(4),
        validators=[WordLimit(150)],
    )
    recommend = forms.TypedChoiceField(
        label="Would you recommend this support to another practice?",
        coerce=int,
        choices=[(value, label) for value, label in reversed(PracticeFeedback.Recommend.choices)],
        widget=forms.RadioSelect,
    )
