"""Forms of the plan. They validate and never write."""

from typing import Any, ClassVar

from django import forms

from mou.models import Contribution, Objective, PlanAction, SupportService
from mou.plan import plans
from resilience.core.forms import DateField, Form, ModelForm, WordLimit, text_box


def _future(value: Any) -> None:
    if wrong := plans.wrong_end(value):
        raise forms.ValidationError(wrong.replace("The date the plan ends", "The date"))


# --- the plan ----------------------------------------------------------------------------------


class ObjectiveForm(ModelForm):
    """Specific and measurable; achievable and relevant is for people to judge; bound to a date."""

    submit = "Save the objective"
    looks = {"heading": {"fieldset": {"legend": {"size": "s"}}}}
    due_on = DateField(
        label="When will it be achieved?", help_text="For example, 31 3 2027", validators=[_future]
    )

    class Meta:
        model = Objective
        fields = ("heading", "objective", "measure", "due_on")
        labels: ClassVar = {
            "heading": "What is it about?",
            "objective": "Objective",
            "measure": "How will we know that it is achieved?",
        }
        help_texts: ClassVar = {
            "objective": "Say exactly what will be different. It must be achievable, and matter to the practice",
            "measure": "Something that can be counted or shown",
        }
        widgets: ClassVar = {"heading": forms.RadioSelect, "objective": text_box(4), "measure": text_box(3)}


class PlanActionForm(ModelForm):
    submit = "Save the action"
    due_on = DateField(label="Completion date", help_text="For example, 31 3 2027", validators=[_future])

    class Meta:
        model = PlanAction
        fields = plans.ROWS[PlanAction]
        labels: ClassVar = {
            "deliverable": "Deliverable",
            "action": "Action",
            "owner": "Owner",
            "resources": "Resources",
            "outcomes": "Outcomes",
            "monitoring": "Monitoring",
        }
        help_texts: ClassVar = {
            "deliverable": "What there will be at the end",
            "action": "What is done to get there",
            "owner": "The person who sees that it is done",
            "resources": "Time, people or money it needs",
            "outcomes": "What changes for patients, staff or the practice",
            "monitoring": "How and how often progress is looked at",
        }
        widgets: ClassVar = {
            "deliverable": text_box(2),
            "action": text_box(3),
            "resources": text_box(2),
            "outcomes": text_box(3),
            "monitoring": text_box(2),
        }


class SupportServiceForm(ModelForm):
    submit = "Save the support service"

    class Meta:
        model = SupportService
        fields = plans.ROWS[SupportService]
        labels: ClassVar = {"service": "Support service", "provider": "Who provides it?"}
        widgets: ClassVar = {"service": text_box(3)}


class ContributionForm(ModelForm):
    """What each side brings to one theme, or that it does not apply."""

    submit = "Save the contributions"

    class Meta:
        model = Contribution
        fields = plans.ROWS[Contribution]
        labels: ClassVar = {
            "theme": "Theme",
            "not_applicable": "This theme does not apply",
            "service": "Service",
            "commissioner_contribution": "The commissioner’s contribution",
            "practice_contribution": "The practice’s contribution in kind",
        }
        help_texts: ClassVar = {
            "practice_contribution": "For example, staff time or rooms. No money passes by the MoU"
        }
        widgets: ClassVar = {
            "service": text_box(2),
            "commissioner_contribution": text_box(3),
            "practice_contribution": text_box(3),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.item_id:
            del self.fields["theme"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        filled = [
            name
            for name in ("service", "commissioner_contribution", "practice_contribution")
            if said.get(name)
        ]
        if said.get("not_applicable") and filled:
            self.add_error("not_applicable", "Leave the boxes empty when the theme does not apply")
        if not said.get("not_applicable") and not (set(filled) - {"service"}):
            self.add_error(
                "commissioner_contribution",
                "Say what at least one side contributes, or tick that the theme does not apply",
            )
        return said


class LeadsForm(Form):
    """The three leads: domain 3.1, sections 7 and 17 of the MoU."""

    submit = "Save the leads"

    def groups(self) -> list[dict[str, Any]]:
        """The fields of each lead under its title, with what that lead does."""
        return [
            {
                "title": plans.LEAD_TITLES[lead],
                "hint": _LEAD_HINTS[lead],
                "fields": [self[lead + part] for part in plans.LEAD_PARTS],
            }
            for lead in plans.LEADS
        ]


_LEAD_HINTS = {
    "practice_lead": "Speaks for the practice, and agrees the plan and its objectives.",
    "operational_lead": "Of the commissioner: works with the practice from day to day.",
    "strategic_lead": "Of the commissioner: oversees the support and approves the plan.",
}
for _lead in plans.LEADS:
    _title = plans.LEAD_TITLES[_lead]
    LeadsForm.base_fields |= {
        _lead: forms.CharField(label=f"{_title}’s name", max_length=120),
        f"{_lead}_role": forms.CharField(label=f"{_title}’s role", max_length=120, required=False),
        f"{_lead}_email": forms.EmailField(label=f"{_title}’s email address"),
        f"{_lead}_phone": forms.CharField(
            label=f"{_title}’s telephone number",
            max_length=30,
            required=False,
            widget=forms.TextInput(attrs={"type": "tel"}),
        ),
    }


class EndingForm(Form):
    """How and when support ends, and whether a case study is promised."""

    submit = "Save"
    exit_strategy = forms.CharField(
        label="Exit strategy",
        help_text="What happens when support ends: who carries on what, and how it is paid for",
        widget=text_box(6),
        validators=[WordLimit(300)],
    )
    ends_on = DateField(
        label="When does the plan end?", help_text="For example, 31 3 2027", validators=[_future]
    )
    has_case_study = forms.BooleanField(label="The practice agrees to help with a case study", required=False)


class AgreeForm(Form):
    """Carries the fingerprint of the plan as it was read."""

    submit = None
    fingerprint = forms.CharField(widget=forms.HiddenInput, max_length=64)
