"""What came on paper or by email and an officer enters for the practice: from whom, when, and the paper itself."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from resilience.core.access import Denied
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form
from resilience.core.words import day
from resilience.referrals.forms import FilesField
from resilience.referrals.uploads import KINDS, CheckedFile

_FUTURE = "The day it arrived cannot be in the future"


def check_came(came_from: str, came_on: dt.date) -> None:
    """Somebody sent it, on a day that is not to come."""
    if not came_from.strip():
        raise Denied("Say who sent it.")
    if came_on > today():
        raise Denied(f"{_FUTURE}.")


def came_words(row: Any) -> str:
    """ "as it came on 5 October 2018 from Dr Lee"; "" for what the practice entered itself."""
    return f"as it came on {day(row.came_on)} from {row.came_from}" if row.came_from else ""


class CameForm(Form):
    """Who sent it, when it arrived, and the original."""

    came_from = forms.CharField(
        label="Who sent it?",
        help_text="Name and role at the practice",
        max_length=120,
        error_messages={"required": "Enter who sent it"},
    )
    came_on = DateField(
        label="When did it arrive?",
        help_text="For example, 31 3 2027",
        error_messages={"required": "Enter the day it arrived"},
    )
    original = FilesField(
        label="The original",
        many=False,
        help_text=f"As it came, scanned or saved: {KINDS}, 10 MB at most.",
        error_messages={"required": "Choose a file: the original, as it came"},
    )

    def clean_came_on(self) -> dt.date:
        on: dt.date = self.cleaned_data["came_on"]
        if on > today():
            raise ValidationError(_FUTURE)
        return on

    @property
    def came(self) -> dict[str, Any]:
        """As the acts take it."""
        data = self.cleaned_data
        original: CheckedFile = data["original"][0]
        return {"came_from": data["came_from"], "came_on": data["came_on"], "original": original}
