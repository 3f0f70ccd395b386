"""Forms about disputes. They validate and never write."""

import datetime as dt

from django import forms

from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, text_box


class RaiseForm(Form):
    """What it is about."""

    submit = "Raise the dispute"
    about = forms.CharField(
        label="What is it about?",
        help_text="In a few words",
        max_length=200,
        error_messages={"required": "Say what it is about"},
    )
    words = forms.CharField(
        label="What do you want to settle?",
        help_text="Both sides will read it",
        widget=text_box(6),
        max_length=5000,
        error_messages={"required": "Say what you want to settle"},
    )


class StepForm(Form):
    """What happened, and when."""

    submit = "Record it"
    words = forms.CharField(
        label="What happened?",
        widget=text_box(6),
        max_length=5000,
        error_messages={"required": "Say what happened"},
    )
    on = DateField(label="When?", help_text="For example, 31 3 2027")

    def clean_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["on"]
        if day > today():
            raise forms.ValidationError("Enter a day that is not in the future")
        return day
