"""Forms of the wording. They validate and never write; what the words may be is asked in ``checks``."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from mou.models import Appendix
from mou.models.wording import FORMS, MONTHS
from mou.wording.checks import MOST_CLAUSES
from mou.wording.files import MOST_BYTES
from mou.wording.words import AppendixText, SectionText, Wording
from resilience.core.forms import Form, text_box
from resilience.referrals.models import Referral

NONE = "0"
_MONTHS = [
    (number, f"{number} month{'s' if number > 1 else ''}") for number in range(MONTHS[0], MONTHS[1] + 1)
]


class StartForm(Form):
    """What a draft starts from."""

    submit = "Start the draft"
    source = forms.ChoiceField(label="What does it start from?", widget=forms.RadioSelect)

    def __init__(self, *args: Any, sources: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.field("source", forms.ChoiceField).choices = sources


class FileForm(Form):
    """A wording kept as a file."""

    submit = "Start a draft from the file"
    document = forms.FileField(
        label="The file of a wording",
        help_text=f"A .json file exported from a service like this one, at most {MOST_BYTES // 1000} KB",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )


class SettingsForm(Form):
    """What a wording says beside its sections."""

    submit = None
    title = forms.CharField(label="Title of the document", max_length=200)
    has_supplier = forms.TypedChoiceField(
        label="Between whom?",
        choices=[(int(three), words) for three, words in FORMS.items()],
        coerce=lambda said: said == "1",
        widget=forms.RadioSelect,
    )
    notice_months = forms.TypedChoiceField(
        label="Notice by which either party may end it",
        help_text="{notice_period} prints it, and the service counts terminations from it",
        choices=_MONTHS,
        coerce=int,
    )
    notice_months_failure = forms.TypedChoiceField(
        label="Notice of the commissioner when the practice failed to cooperate",
        help_text="{notice_period_failure} prints it",
        choices=[(NONE, "This wording has none"), *_MONTHS],
        coerce=lambda said: int(said) or None,
        empty_value=None,
    )
    may_extend = forms.BooleanField(label="The commissioner may extend the MoU", required=False)


class SectionForm(Form):
    """One section: a heading and its clauses, a line each."""

    submit = None
    marks_optional = False
    heading = forms.CharField(label="Heading", max_length=160)
    name = forms.CharField(
        label="Name to refer to it by (optional)",
        help_text="Small letters, numbers and dashes, such as termination. Other clauses then say {see termination}",
        max_length=40,
        required=False,
    )
    after = forms.TypedChoiceField(label="Where it stands", coerce=int)
    clauses = forms.CharField(
        label="Clauses, a line each",
        widget=text_box(14),
        max_length=MOST_CLAUSES,
        required=False,
    )
    pick = forms.ChoiceField(label="Add to the end of the clauses", required=False)

    def __init__(self, *args: Any, wording: Wording, index: int, words: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        others = [each for place, each in enumerate(wording.sections) if place != index]
        self.field("after", forms.ChoiceField).choices = [
            (0, "First"),
            *((place, f"After “{each.heading}”") for place, each in enumerate(others, start=1)),
        ]
        self.field("pick", forms.ChoiceField).choices = [("", "Choose what to add"), *words]

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"]).strip().removeprefix("#")

    @property
    def section(self) -> SectionText:
        said = self.cleaned_data
        return SectionText(said["heading"], said["clauses"], said["name"]).tidy()


class AppendixForm(Form):
    """Whether, where and how one kind of appendix stands."""

    submit = None
    marks_optional = False
    place = forms.TypedChoiceField(
        label="Where it stands",
        choices=[(0, "Not in this wording"), (1, "First"), (2, "Second"), (3, "Third"), (4, "Fourth")],
        coerce=int,
    )
    title = forms.CharField(
        label="Title",
        help_text="Leave it empty to go on in the appendix above",
        max_length=160,
        required=False,
    )
    words = forms.CharField(
        label="Words above it", widget=text_box(4), max_length=MOST_CLAUSES, required=False
    )

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, prefix=kind, **options)
        self.kind = kind
        if kind == Appendix.Kind.SOURCES:
            self.fields["words"].label = "The sources, a line each"

    @property
    def label(self) -> str:
        return str(Appendix.Kind(self.kind).label)

    @property
    def appendix(self) -> AppendixText:
        return AppendixText(self.kind, self.cleaned_data["title"], self.cleaned_data["words"]).tidy()


def appendix_forms(data: Any, wording: Wording) -> list[AppendixForm]:
    """One for each kind there is, in the order of the wording; those it lacks stand last."""
    held = {each.kind: (place, each) for place, each in enumerate(wording.appendices, start=1)}
    kinds = [*held, *(kind for kind in Appendix.Kind.values if kind not in held)]
    found = []
    for kind in kinds:
        place, each = held.get(kind, (0, AppendixText(kind)))
        initial = {"place": place, "title": each.title, "words": each.words}
        found.append(AppendixForm(data, kind=kind, initial=initial))
    return found


class PreviewForm(Form):
    """Which case a wording is shown with."""

    submit = "Show it with this case"
    method = "get"
    once = False
    marks_optional = False
    blank_label = "An example that does not exist"
    case = forms.ModelChoiceField(label="With which case?", queryset=Referral.objects.none(), required=False)

    def __init__(self, *args: Any, cases: QuerySet[Referral], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.field("case", forms.ModelChoiceField)
        field.queryset = cases
        field.label_from_instance = lambda case: f"{case.reference} {case.lead_practice.name}"  # type: ignore[method-assign,assignment]


class CompareForm(Form):
    """Which other version a wording is compared with."""

    submit = "Compare"
    method = "get"
    once = False
    other = forms.ChoiceField(label="Compare with")

    def __init__(self, *args: Any, versions: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.field("other", forms.ChoiceField).choices = versions
