"""The form that brings a spreadsheet of money."""

from typing import Any

from django import forms

from funding.models import MoneyImport
from resilience.core.forms import Form
from resilience.programmes.models import ProgrammeYear


class MoneyFileForm(Form):
    submit = "Show what would change"
    kind = forms.ChoiceField(
        label="What is in it?", choices=MoneyImport.Kind.choices, widget=forms.RadioSelect
    )
    year = forms.ModelChoiceField(
        label="Programme year", queryset=ProgrammeYear.objects.none(), empty_label=None
    )
    file = forms.FileField(
        label="Spreadsheet",
        help_text="An .xlsx or .csv of up to 10 MB, as you have it: titles above the table, blank rows, £ signs "
        "and brackets for minus are understood. Nothing is written until you have seen what would change.",
    )

    def __init__(self, *args: Any, years: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.field("year", forms.ModelChoiceField).queryset = years
