"""Forms of the wording. They validate and never write."""

from django import forms

from mou.models import Template
from resilience.core.forms import Form, text_box

# --- the wording -------------------------------------------------------------------------------


class WordingForm(Form):
    """The title and layout of a wording; its sections are a formset beside it."""

    submit = None
    title = forms.CharField(label="Title of the document", max_length=200)
    plan_layout = forms.ChoiceField(
        label="How does appendix 1 show the plan?",
        choices=Template.PlanLayout.choices,
        widget=forms.RadioSelect,
    )
    has_contributions = forms.BooleanField(
        label="Has an appendix 2 with each side’s contributions", required=False
    )
    support_sources = forms.CharField(
        label="Where support comes from",
        help_text="Listed in appendix 1, a line each",
        widget=text_box(5),
        required=False,
    )

    def clean_title(self) -> str:
        return str(self.cleaned_data["title"]).strip()


class SectionForm(Form):
    """One section: a heading and its clauses, a line each. Empty both to leave the section out."""

    submit = None
    marks_optional = False
    heading = forms.CharField(label="Heading", max_length=160, required=False)
    clauses = forms.CharField(label="Clauses, a line each", widget=text_box(6), required=False)


SectionFormSet = forms.formset_factory(SectionForm, extra=2, max_num=60, validate_max=True)
