"""Forms about the money of a year: its categories of spend, and when slippage begins."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from resilience.core.forms import Form
from resilience.programmes.forms import YearForm
from resilience.programmes.spending import category_problems


class CategoryForm(Form):
    """One row of the categories; a row without a name is left out."""

    name = forms.CharField(label="Category of spend", max_length=160, required=False)
    indicative_share = forms.DecimalField(
        label="Indicative share, per cent",
        required=False,
        max_digits=5,
        decimal_places=2,
        min_value=0,
        max_value=100,
    )
    marks_optional = False
    submit = None
    looks = {"indicative_share": {"width": "5", "suffix": "%"}}

    def clean_name(self) -> str:
        """One line, whatever was pasted."""
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("indicative_share") is not None and not typed.get("name"):
            self.add_error("name", "Enter the name of the category, or empty the row")
        return typed


class CategoryFormSet(forms.BaseFormSet):
    row_name = "Category"

    @property
    def categories(self) -> list[dict[str, Any]]:
        """The rows that were filled in, in order."""
        return [form.cleaned_data for form in self._filled()]

    def _filled(self) -> list[forms.BaseForm]:
        return [form for form in self.forms if form.cleaned_data.get("name")]

    def clean(self) -> None:
        if any(self.errors):
            return
        rows, together = self._filled(), []
        for problem in category_problems(self.categories):
            if problem.row is None:
                together.append(problem.sentence)
            else:
                rows[problem.row].add_error(problem.field, problem.sentence)
        if together:
            raise ValidationError(together)


CATEGORIES = forms.formset_factory(
    CategoryForm, formset=CategoryFormSet, extra=2, max_num=10, absolute_max=10, validate_max=True
)


class SlippageForm(YearForm):
    slippage_from = forms.DateField(
        label="Uncommitted money may move as slippage from",
        required=False,
        help_text="Leave it empty where the programme has no such day",
    )
    writes = ("slippage_from",)
