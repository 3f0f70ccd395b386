"""The form that closes a year's money."""

from typing import Any

from django import forms

from resilience.core.forms import Form
from resilience.programmes.models import ProgrammeYear


class CloseForm(Form):
    submit = "Close the year"
    submit_variant = "warning"
    into = forms.ModelChoiceField(
        label="Carry what is left forward into",
        queryset=ProgrammeYear.objects.none(),
        required=False,
        help_text="What is committed or payable goes on there, to be paid in the new year",
    )
    uncommitted = forms.ChoiceField(
        label="What nobody committed",
        widget=forms.RadioSelect,
        choices=[("carry", "Carry it forward too"), ("return", "Return it to the source of funds")],
    )
    why = forms.CharField(
        label="Why?", max_length=250, help_text="Such as: books agreed with the finance system on 20 April"
    )
    marks_optional = False

    def __init__(
        self,
        *args: Any,
        years: list[ProgrammeYear],
        has_promises: bool,
        has_uncommitted: bool,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        rows = ProgrammeYear.objects.filter(pk__in=[each.pk for each in years]).select_related("programme")
        self.field("into", forms.ModelChoiceField).queryset = rows
        self.has_promises = has_promises
        if not has_uncommitted:
            del self.fields["uncommitted"]
        if not (has_uncommitted or has_promises):
            del self.fields["into"]

    def clean(self) -> Any:
        data = super().clean() or {}
        carries = self.has_promises or data.get("uncommitted") == "carry"
        if carries and not data.get("into") and "into" not in self.errors:
            self.add_error("into", "Choose the year that what is left is carried forward into")
        return data

    @property
    def values(self) -> dict[str, Any]:
        """What the act takes."""
        data = self.cleaned_data
        return {
            "into": data.get("into"),
            "returns": data.get("uncommitted") == "return",
            "why": data["why"],
        }
