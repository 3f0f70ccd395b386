"""Forms of the case study. They validate and never write."""

from typing import Any

from django import forms

from mou.case_studies.giveaways import Hit
from mou.case_studies.texts import FIELDS, PARTS
from resilience.core.forms import Form, ThingsField, WordLimit, text_box
from resilience.programmes.models import MenuItem

_LINES = {"title": 0, "quoted_as": 0, "quotation": 3}
_MOST_LETTERS = {"title": 200, "quoted_as": 120}


class PartForm(Form):
    """The fields of one part. All may wait: what is missing is asked for before consent is."""

    submit = "Save"
    marks_optional = False
    seen_text = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, part: str, menu: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in PARTS[part][1]:
            self.fields[name] = _categories(menu) if name == "categories" else _words(name)
            self._dress(name, self.fields[name])

    @property
    def said(self) -> dict[str, Any]:
        """What is to be saved."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_text"} | (
            {"categories": list(self.cleaned_data["categories"])} if "categories" in self.fields else {}
        )


def _words(name: str) -> forms.CharField:
    field = FIELDS[name]
    lines = _LINES.get(name, 6)
    return forms.CharField(
        label=field.label,
        help_text=f"{field.hint}. {field.most} words at most"
        if field.hint
        else f"{field.most} words at most",
        required=False,
        max_length=_MOST_LETTERS.get(name, 10_000),
        widget=text_box(lines) if lines else forms.TextInput,
        validators=[WordLimit(field.most)],
    )


def _categories(menu: Any) -> ThingsField:
    return ThingsField(
        MenuItem.objects.filter(pk__in=[item.pk for item in menu]).order_by("position"),
        label="Which categories of support is it about?",
        help_text="Tick all that apply",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class KeepForm(Form):
    """A reason for each of the words that may stay; those left empty are still to be changed."""

    submit = "Keep these words"
    marks_optional = False

    def __init__(self, *args: Any, hits: list[Hit], **options: Any) -> None:
        super().__init__(*args, **options)
        for hit in hits:
            field = forms.CharField(
                label=f"Why may “{hit.words}” stay?",
                help_text=f"It is {hit.tells}. {FIELDS[hit.field].label}: “{hit.sentence}”",
                required=False,
                max_length=500,
            )
            self.fields[hit.mark] = field
            self._dress(hit.mark, field)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not any(said.values()):
            raise forms.ValidationError("Say of at least one of these words why it may stay")
        return said

    @property
    def reasons(self) -> dict[str, str]:
        return {mark: reason for mark, reason in self.cleaned_data.items() if reason}


class ConsentForm(Form):
    """Named or not, the box ticked, and the hash of each copy that was shown."""

    submit = "Give consent"
    marks_optional = False
    named_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    unnamed_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    is_named = forms.ChoiceField(
        label="May it name your practice?",
        choices=[("yes", "Yes, name our practice"), ("no", "No, publish it without our name")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether it may name your practice"},
    )
    agreed = forms.BooleanField(
        label="I have read the case study. I may consent for the practice to its being published, word for word",
        error_messages={"required": "Tick the box to give the practice’s consent"},
    )

    def __init__(self, *args: Any, about: dict[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.looks = {"is_named": {"hints": {key: f"It begins: {words}" for key, words in about.items()}}}

    @property
    def said(self) -> dict[str, Any]:
        """What the act takes."""
        is_named = self.cleaned_data["is_named"] == "yes"
        return {
            "is_named": is_named,
            "agreed": self.cleaned_data["agreed"],
            "sha256": self.cleaned_data["named_sha256" if is_named else "unnamed_sha256"],
        }


class OptionalWhyForm(Form):
    """A reason that nobody is obliged to give."""

    submit = None
    why = forms.CharField(label="Reason", required=False, max_length=2000, widget=text_box(3))


class PublishForm(Form):
    """Carries the hash of the copy that was read."""

    submit = None
    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
