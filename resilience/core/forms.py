"""Forms in NHS.UK style: ``from resilience.core.forms import Form, ModelForm, PoundsField, WordLimit, add_denied``.

    class AskForm(Form):
        submit = "Send the question"                  # the button; None for no button
        keep = "ask"                                  # what is typed outlives the session, under this name
        looks = {                                     # parameters of the NHS.UK macro, by field
            "on_time": {"fieldset": {"legend": {"size": "l", "isPageHeading": True}}, "inline": True},
            "level": {"hints": {"1": "No evidence"}}, # a hint under a choice
            "code": {"width": "10", "prefix": "…"},
        }
        reveals = {"group": {"yes": ["practices"]}}   # fields shown under a choice (CheckboxInput: a plain list)
        question = forms.CharField(label="Your question", widget=forms.Textarea, validators=[WordLimit(200)])
        due = DateField(label="Answer by")            # every forms.DateField becomes three boxes by itself
        amount = PoundsField(label="Amount")          # cleaned_data: pence

Labels are words, "Enter your question" and "Choose a level" follow from them; "(optional)" is added.
Text that holds a valid NHS number is refused in every free-text field. In a template: ``{% crispy form %}``,
or ``<form …>{% csrf_token %}{% nhsuk_field form.question %}…</form>``. base.html shows the error summary.

In a view, a rule that says no: ``except Denied as denied: add_denied(form, denied)``.
"""

import re
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.utils import pretty_name
from django.utils.deconstruct import deconstructible

from resilience.core.widgets import DateBoxes, DateField
from resilience.core.words import money, plural

__all__ = [
    "DateBoxes",
    "DateField",
    "FilterForm",
    "Form",
    "ModelForm",
    "PoundsField",
    "ThingsField",
    "WordLimit",
    "add_denied",
    "refuse_nhs_numbers",
    "text_box",
]  # fmt: skip

FieldT = TypeVar("FieldT", bound=forms.Field)


def text_box(rows: int) -> forms.Textarea:
    """A box of several lines."""
    return forms.Textarea(attrs={"rows": rows})


class ThingsField(forms.ModelMultipleChoiceField):
    """Several rows of a model; what is no row's number is refused before the database is asked."""

    def clean(self, value: Any) -> Any:
        for each in value or ():
            if not (str(each).isdecimal() and len(str(each)) <= 18):
                raise ValidationError(
                    self.error_messages["invalid_choice"], "invalid_choice", {"value": each}
                )
        return super().clean(value)


@deconstructible
class WordLimit:
    """At most ``limit`` words, counted as the page counts them: runs of anything but white space."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, text: str) -> None:
        words = len(text.split())
        if words > self.limit:
            raise ValidationError(
                f"This has {plural(words, 'word')}. The most is {self.limit}: take out at least {words - self.limit}",
                code="words",
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordLimit) and other.limit == self.limit

    __hash__ = None  # type: ignore[assignment]


_TEN_DIGITS = re.compile(r"(?<![\d.])\d{3}[ \-\u00a0.]?\d{3}[ \-\u00a0.]?\d{4}(?!\d)")
_DIALLED = re.compile(r"(\+\s?44|\b0044|\b44)\s?(\(0\))?[\s\-]?$")


def _is_nhs_number(digits: str) -> bool:
    """Ten digits whose last is the modulus 11 check digit; all alike is nobody's number."""
    check = (
        11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    )
    return check % 11 == int(digits[9]) and check != 10 and len(set(digits)) > 1


def refuse_nhs_numbers(text: str) -> None:
    """Raises ValidationError when the text holds a valid NHS number. A telephone number (0…, +44…) is none."""
    for found in _TEN_DIGITS.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        is_telephone = digits.startswith("0") or _DIALLED.search(text[: found.start()])
        if not is_telephone and _is_nhs_number(digits):
            raise ValidationError(
                f"This holds what looks like an NHS number ({found[0]}). Take it out: "
                "information about patients must not be put here",
                code="nhs_number",
            )


class PoundsField(forms.Field):
    """Money typed as "£2,000.50", "2000" or "2,000.5"; cleaned to whole pence.

    ``allow_negative`` lets a minus stand; ``min_pence`` and ``max_pence`` bound it.
    """

    widget = forms.TextInput
    _AMOUNT = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?", re.ASCII)
    _MOST = 10**13

    def __init__(
        self,
        *,
        allow_negative: bool = False,
        min_pence: int | None = None,
        max_pence: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.allow_negative = allow_negative
        if min_pence is not None:
            self.validators.append(
                MinValueValidator(min_pence, f"The amount must be {money(min_pence)} or more")
            )
        if max_pence is not None:
            self.validators.append(
                MaxValueValidator(max_pence, f"The amount must be {money(max_pence)} or less")
            )
        self.widget.attrs.setdefault("inputmode", "decimal")

    def to_python(self, value: Any) -> int | None:
        """Whole pence, exact; None for nothing typed."""
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        typed = re.sub(r"[\s£]", "", str(value)).replace("−", "-")
        match = self._AMOUNT.fullmatch(typed)
        if not match:
            raise ValidationError("Enter an amount in pounds, such as 2,000 or 2,000.50", code="invalid")
        sign, pounds, pence = match[1], match[2].replace(",", ""), match[3] or ""
        if len(pence) > 2:
            raise ValidationError(
                "Enter pounds and pence with no more than 2 numbers after the point", code="decimals"
            )
        if sign and not self.allow_negative:
            raise ValidationError("The amount cannot be less than £0", code="negative")
        amount = int(Decimal(f"{sign}{pounds[:20]}.{pence or 0}") * 100)
        if abs(amount) > self._MOST:
            raise ValidationError(f"The amount must be {money(self._MOST)} or less", code="large")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return money(value).replace("£", "") if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return initial != self.to_python(data)
        except ValidationError:
            return True


def _lower_first(label: str) -> str:
    """ "Practice name" inside a sentence; "CQC rating" and "NHS England lead" keep their capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _required_sentence(field: forms.Field) -> str:
    label = str(field.label).strip()
    if isinstance(field, forms.BooleanField) and not isinstance(field, forms.NullBooleanField):
        return f"Tick the box: {label}"
    if label.endswith("?"):
        return f"Answer the question: {label}"
    if isinstance(field, forms.FileField):
        return f"Choose a file: {_lower_first(label)}"
    verb = "Choose" if isinstance(field, (forms.ChoiceField, forms.ModelChoiceField)) else "Enter"
    return f"{verb} {_lower_first(label)}"


def _is_free_text(field: forms.Field) -> bool:
    widget = field.widget
    special = (
        forms.EmailField,
        forms.URLField,
        forms.SlugField,
        forms.GenericIPAddressField,
        forms.RegexField,
    )
    return (
        isinstance(field, forms.CharField)
        and not isinstance(field, special)
        and not isinstance(widget, forms.PasswordInput)
        and not widget.is_hidden
        and "tel" not in (getattr(widget, "input_type", ""), widget.attrs.get("type"))
    )


def _as_date_boxes(field: forms.DateField) -> DateField:
    if isinstance(field, DateField):
        return field
    return DateField(
        required=field.required,
        label=field.label,
        help_text=field.help_text,
        initial=field.initial,
        validators=field.validators,
        disabled=field.disabled,
        error_messages={key: text for key, text in field.error_messages.items() if key == "required"},
    )


class _Look:
    """What every form of the product has in common."""

    submit: ClassVar[str | None] = "Save and continue"
    submit_variant: ClassVar[str] = ""
    once: ClassVar[bool] = True
    keep: str | None = None
    action: str = ""
    marks_optional: ClassVar[bool] = True
    label_size: ClassVar[str | None] = "s"
    blank_label: ClassVar[str] = "Choose one"
    method: ClassVar[str] = "post"
    looks: dict[str, dict[str, Any]] = {}
    reveals: dict[str, Any] = {}

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.use_required_attribute = False
        for name, field in self.fields.items():
            if type(field) is forms.DateField and not field.widget.is_hidden:
                field = self.fields[name] = _as_date_boxes(field)
            self._dress(name, field)

    def field(self, name: str, kind: type[FieldT]) -> FieldT:
        """This form's own field of that name, as the kind it is. Raises TypeError when it is another."""
        found = self.fields[name]
        if not isinstance(found, kind):
            raise TypeError(f"{name} is a {type(found).__name__}")
        return found

    def _dress(self, name: str, field: forms.Field) -> None:
        if field.label is None:
            field.label = pretty_name(name)
        if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
            field.error_messages["required"] = _required_sentence(field)
        if _is_free_text(field) and refuse_nhs_numbers not in field.validators:
            field.validators = [*field.validators, refuse_nhs_numbers]
        if isinstance(field, forms.IntegerField) and field.max_value is None:
            # No database holds more: a longer number is refused here and breaks nothing there.
            field.validators = [*field.validators, MaxValueValidator(2**63 - 1), MinValueValidator(-(2**63))]
        if isinstance(field, PoundsField):
            self.looks = {name: {"prefix": "£", "width": "10"}, **self.looks}
        if field.error_messages.get("invalid_choice") == field.default_error_messages.get("invalid_choice"):
            field.error_messages["invalid_choice"] = "Choose one of the answers shown"

    @property
    def helper(self) -> FormHelper:
        """Crispy's instructions: the layout (revealed fields inside their choice) and the one button."""
        helper = FormHelper()
        helper.form_method = self.method
        if self.action:
            helper.form_action = self.action
        helper.layout = Layout(*(name for name in self.fields if name not in self._revealed()))
        helper.render_hidden_fields = True
        if self.once and self.method == "post":
            helper.attrs["data-submit-once"] = True
        if self.keep:
            helper.attrs["data-keep"] = self.keep
        if self.submit:
            button = Submit("", self.submit)
            button.variant = self.submit_variant
            helper.add_input(button)
        return helper

    def _revealed(self) -> set[str]:
        names: set[str] = set()
        for revealed in self.reveals.values():
            groups = revealed.values() if isinstance(revealed, dict) else [revealed]
            names.update(*groups)
        return names


class Form(_Look, forms.Form):
    """A form that validates and never writes."""


class ModelForm(_Look, forms.ModelForm):
    """A form over a model's own fields; actions write, so do not call ``save``."""


class FilterForm(_Look, forms.Form):
    """The filters over a list: sent by GET, nothing required, no button of its own (list.html has it)."""

    submit = None
    once = False
    method = "get"
    marks_optional = False
    label_size = None
    blank_label = "Any"

    def _dress(self, name: str, field: forms.Field) -> None:
        if isinstance(field, DateField):
            # Dense lists take the browser's own date box: one field, one place in the address.
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            field = self.fields[name] = forms.DateField(label=field.label, required=False, widget=widget)
        super()._dress(name, field)


def add_denied(form: forms.BaseForm, denied: Exception) -> None:
    """Show why a rule said no, at the top of the form."""
    form.add_error(None, str(denied))
