"""What is typed about stages and their evidence. Forms validate and never write."""

from django import forms
from django.core.exceptions import ValidationError

from funding.stages.letters import CHASE_BODY, CHASE_SUBJECT, CHASE_WORDS
from resilience.core.forms import Form, WordLimit
from resilience.programmes.letters import unknown_words
from resilience.referrals.forms import FilesField
from resilience.referrals.uploads import KINDS, CheckedFile


class AnswerForm(Form):
    """What a practice hands in, or why it does not take part; the button says which."""

    submit = None
    words = forms.CharField(
        label="Anything you want to say",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[WordLimit(200)],
    )
    file = FilesField(label="File", required=False, many=False, help_text=f"{KINDS}. 10 MB at most.")

    @property
    def one_file(self) -> CheckedFile | None:
        """The file that was added, if any."""
        found = self.cleaned_data["file"]
        return found[0] if found else None


class AskedForm(Form):
    """How the office asked again, in another way than by this service."""

    submit = None
    words = forms.CharField(
        label="How did you ask again?",
        max_length=300,
        help_text="Such as: telephoned the practice manager. The practice can read this",
    )
    prefix = "asked"


class ProgressForm(Form):
    """Why the progress of a practice is accepted."""

    submit = "Accept the progress"
    why = forms.CharField(
        label="What progress was shown?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _only_known(text: str) -> None:
    if unknown := unknown_words(text, tuple(CHASE_WORDS)):
        raise ValidationError(f"{', '.join(unknown)} cannot be filled in: replace it or take it out")


class ChaseForm(Form):
    """The email to each chosen practice."""

    submit = None
    subject = forms.CharField(max_length=200, initial=CHASE_SUBJECT, validators=[_only_known])
    body = forms.CharField(
        label="Email",
        max_length=10_000,
        initial=CHASE_BODY,
        widget=forms.Textarea(attrs={"rows": 14}),
        validators=[_only_known],
    )


class DeclineForm(Form):
    """Why the chosen practices do not take part."""

    submit = None
    words = forms.CharField(
        label="What did they say?",
        max_length=300,
        required=False,
        help_text="The practices can read this",
    )
