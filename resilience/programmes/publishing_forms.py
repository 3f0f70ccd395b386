"""Forms in which a new version of a matrix or of criteria is written. They validate and never write."""

from typing import Any

from django import forms

from resilience.core.forms import Form
from resilience.programmes import rules
from resilience.programmes.catalogue import INDICATORS, CriterionContent, MatrixContent
from resilience.programmes.models import CriteriaSet, MatrixCell, MatrixScore, MatrixVersion

SCORES = range(1, 6)
_SPARE_ROWS = 4


def _name_taken(model: type[MatrixVersion] | type[CriteriaSet], name: str) -> None:
    if model._default_manager.filter(name__iexact=name).exists():
        raise forms.ValidationError("There is one of this name: publish a new version of it instead")


class MatrixForm(Form):
    """25 cells chosen, and the words of scores and ratings typed. ``name`` is asked for a new matrix only."""

    name = forms.CharField(label="Name of the matrix", max_length=80)
    submit = "Publish"

    def __init__(self, *args: Any, start: MatrixContent, is_new: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not is_new:
            del self.fields["name"]
        ratings = [(code, f"{code}: {label}") for code, label in MatrixCell.Rating.choices]
        for impact in reversed(SCORES):
            for scope in SCORES:
                self._add(
                    f"cell_{scope}_{impact}",
                    forms.ChoiceField(
                        label=f"Scope {scope}, impact {impact}",
                        choices=[(code, code) for code, _ in ratings],
                        initial=start.cells.get((scope, impact)),
                    ),
                )
        for axis, title in MatrixScore.Axis.choices:
            for score in SCORES:
                name, meaning = start.scores[axis][score - 1]
                label = f"{title} {score}"
                self._add(
                    f"{axis}_{score}_name",
                    forms.CharField(label=f"{label}: name", max_length=40, initial=name),
                )
                self._add(
                    f"{axis}_{score}_meaning",
                    forms.CharField(label=f"{label}: meaning", max_length=300, initial=meaning),
                )
        for code, label in ratings:
            self._add(
                f"rating_{self._slug(code)}",
                forms.CharField(
                    label=f"Meaning of {label}", max_length=300, initial=start.meanings.get(code, "")
                ),
            )

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field
        self._dress(name, field)

    @staticmethod
    def _slug(code: str) -> str:
        return code.replace("/", "").lower()

    def clean_name(self) -> str:
        _name_taken(MatrixVersion, self.cleaned_data["name"])
        return self.cleaned_data["name"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors:
            for (scope, impact), sentence in rules.matrix_problems(self.content).items():
                self.add_error(f"cell_{scope}_{impact}", sentence)
        return typed

    @property
    def content(self) -> MatrixContent:
        """What was chosen and typed; of a form without errors in its fields."""
        typed = self.cleaned_data
        return MatrixContent(
            {(scope, impact): typed[f"cell_{scope}_{impact}"] for impact in SCORES for scope in SCORES},
            {
                axis: tuple((typed[f"{axis}_{n}_name"], typed[f"{axis}_{n}_meaning"]) for n in SCORES)
                for axis in MatrixScore.Axis.values
            },
            {code: typed[f"rating_{self._slug(code)}"] for code in MatrixCell.Rating.values},
        )

    # How it is laid out

    @property
    def scopes(self) -> range:
        return SCORES

    @property
    def rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        """(impact, its five cells), the highest impact first."""
        return [(impact, [self[f"cell_{scope}_{impact}"] for scope in SCORES]) for impact in reversed(SCORES)]

    @property
    def axes(self) -> list[tuple[str, list[tuple[forms.BoundField, forms.BoundField]]]]:
        return [
            (title, [(self[f"{axis}_{n}_name"], self[f"{axis}_{n}_meaning"]) for n in SCORES])
            for axis, title in MatrixScore.Axis.choices
        ]

    @property
    def meanings(self) -> list[forms.BoundField]:
        return [self[f"rating_{self._slug(code)}"] for code in MatrixCell.Rating.values]


class NameForm(Form):
    name = forms.CharField(label="Name of the criteria", max_length=80)
    submit = None

    def clean_name(self) -> str:
        _name_taken(CriteriaSet, self.cleaned_data["name"])
        return self.cleaned_data["name"]


class CriterionForm(Form):
    """One row of a set; a row without a name is left out."""

    number = forms.IntegerField(label="Number", required=False, min_value=1, max_value=99)
    domain = forms.CharField(label="Domain", max_length=60, required=False)
    name = forms.CharField(label="Criterion", max_length=160, required=False)
    what_tells = forms.CharField(label="What tells", max_length=300, required=False)
    is_key = forms.BooleanField(label="A key criterion", required=False)
    indicators = forms.MultipleChoiceField(
        label="Figures shown beside it", required=False, widget=forms.CheckboxSelectMultiple
    )
    marks_optional = False
    submit = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # A key that an earlier version named stays a choice, so that nothing is lost by publishing anew.
        others = {key: key for key in self.initial.get("indicators", ()) if key not in INDICATORS}
        self.field("indicators", forms.MultipleChoiceField).choices = list((INDICATORS | others).items())

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("name"):
            if not typed.get("domain") and "domain" not in self.errors:
                self.add_error("domain", "Enter the domain it belongs to")
            if not typed.get("number") and "number" not in self.errors:
                self.add_error("number", "Enter its number: criteria stand in this order")
        elif typed.get("domain") and not self.initial.get("name"):
            self.add_error("name", "Enter the criterion, or empty the row")
        return typed


class CriteriaFormSet(forms.BaseFormSet):
    row_name = "Criterion"

    @property
    def criteria(self) -> list[CriterionContent]:
        """The rows that have a name, by number."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("name")]
        return [
            CriterionContent(
                row["domain"],
                row["name"],
                row["what_tells"],
                row["is_key"],
                tuple(row["indicators"]),
            )
            for row in sorted(rows, key=lambda row: row["number"])
        ]

    def clean(self) -> None:
        if any(self.errors):
            return
        seen: set[int] = set()
        for form in self.forms:
            number = form.cleaned_data.get("number")
            if not form.cleaned_data.get("name"):
                continue
            if number in seen:
                form.add_error("number", "Another criterion has this number")
            seen.add(number)


CRITERIA = forms.formset_factory(
    CriterionForm, formset=CriteriaFormSet, extra=_SPARE_ROWS, max_num=60, absolute_max=60, validate_max=True
)
