"""Inputs that HTML lacks: a date of three boxes."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_BOXES = ("day", "month", "year")


class TypedDate(str):
    """What stood in the three boxes, kept as typed so that nothing is lost when it is wrong."""

    parts: tuple[str, ...]

    def __new__(cls, *parts: str) -> "TypedDate":
        typed = super().__new__(cls, " ".join(parts).strip())
        typed.parts = parts
        return typed


def _month(typed: str) -> int | None:
    """ "9", "09", "Sep" or "September"."""
    if typed.isascii() and typed.isdigit():
        return int(typed) if len(typed) <= 2 and 1 <= int(typed) <= 12 else None
    found = [
        number for number, name in enumerate(_MONTHS, 1) if len(typed) > 2 and name.startswith(typed.lower())
    ]
    return found[0] if found else None


class DateBoxes(forms.MultiWidget):
    """Day, month and year; its value is a TypedDate, or "" when all three are empty."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({box: forms.TextInput(attrs={"inputmode": "numeric"}) for box in _BOXES}, attrs)

    def decompress(self, value: Any) -> list[str]:
        if isinstance(value, TypedDate):
            return list(value.parts)
        if isinstance(value, dt.date):
            return [str(value.day), str(value.month), str(value.year)]
        return ["", "", ""]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        parts = [(data.get(f"{name}_{box}") or "").strip() for box in _BOXES]
        if not any(parts):
            return self._iso(data.get(name) or "")
        return TypedDate(*parts)

    @staticmethod
    def _iso(value: str) -> str:
        """An address or another machine may send the date whole: 2018-10-05."""
        year, _, rest = value.partition("-")
        month, _, day = rest.partition("-")
        return TypedDate(day, month, year) if value else ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and all(f"{name}_{box}" not in data for box in _BOXES)


def _wrong(sentence: str, boxes: list[str]) -> ValidationError:
    return ValidationError(sentence, code="date", params={"boxes": boxes})


class DateField(forms.DateField):
    """A date from three boxes; a wrong one is refused with a sentence that says what to do."""

    widget = DateBoxes

    def to_python(self, value: Any) -> dt.date | None:
        """Raises ValidationError naming the box that is missing or wrong (``params["boxes"]``)."""
        if not isinstance(value, TypedDate):
            return super().to_python(value)
        if missing := [box for box, part in zip(_BOXES, value.parts, strict=True) if not part]:
            raise _wrong(f"The date must include a {' and a '.join(missing)}", missing)
        day, month, year = value.parts
        number = _month(month)
        if number is None:
            raise _wrong("The month must be a number from 1 to 12", ["month"])
        if not (year.isascii() and year.isdigit() and len(year) == 4 and int(year) >= 1900):
            raise _wrong("The year must be 4 numbers, such as 2018", ["year"])
        if not (day.isascii() and day.isdigit() and len(day) <= 2 and 1 <= int(day) <= 31):
            raise _wrong("The day must be a number from 1 to 31", ["day"])
        try:
            return dt.date(int(year), number, int(day))
        except ValueError as error:
            month_name = _MONTHS[number - 1].capitalize()
            raise _wrong(f"{int(day)} {month_name} {year} is not a date: check the day", ["day"]) from error
