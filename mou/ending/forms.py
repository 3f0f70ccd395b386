"""Forms about the end of an MoU. They validate and never write."""

import datetime as dt

from django import forms

from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, text_box


class NoticeForm(Form):
    """Notice without a reason needed."""

    submit = None
    why = forms.CharField(
        label="Reason",
        help_text="You need give none. Both sides will read it",
        widget=text_box(4),
        max_length=2000,
        required=False,
    )


class FailureForm(Form):
    """Notice for failure to cooperate."""

    submit = None
    why = forms.CharField(
        label="In what did the practice fail to cooperate?",
        help_text="Both sides will read it",
        widget=text_box(5),
        max_length=2000,
        error_messages={"required": "Say in what the practice failed to cooperate"},
    )
    talked_on = DateField(
        label="When did you talk with the Local Medical Committee?",
        help_text="For example, 31 3 2027",
        error_messages={"required": "Enter the day you talked with the Local Medical Committee"},
    )
    talked_with = forms.CharField(
        label="With whom did you talk there?",
        max_length=200,
        error_messages={"required": "Enter with whom you talked"},
    )

    def clean_talked_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["talked_on"]
        if day > today():
            raise forms.ValidationError(
                "Talk with the Local Medical Committee first: this day is in the future"
            )
        return day


class WithdrawNoticeForm(Form):
    """Why the MoU goes on."""

    submit = None
    why = forms.CharField(
        label="Reason",
        help_text="Both sides will read it",
        widget=text_box(4),
        max_length=2000,
        error_messages={"required": "Say why the notice is withdrawn"},
    )


class DeliveredForm(Form):
    """That the plan is delivered before the end date."""

    submit = None
    delivered = forms.CharField(
        label="What was delivered?",
        help_text="Both sides will read it",
        widget=text_box(4),
        max_length=2000,
        error_messages={"required": "Say what was delivered"},
    )
