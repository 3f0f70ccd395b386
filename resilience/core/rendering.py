"""A Django form field as the NHS.UK component that fits it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.utils.safestring import SafeString, mark_safe

from resilience.core.components import component
from resilience.core.widgets import DateBoxes

# Attributes that Django adds for browsers' own validation, or that the macro writes itself.
_DROPPED = {
    "id",
    "class",
    "required",
    "maxlength",
    "minlength",
    "placeholder",
    "aria-describedby",
    "aria-invalid",
    "cols",
    "rows",
}
_PARAMETERS = {"autocomplete", "inputmode", "spellcheck", "autocapitalize", "pattern", "disabled"}


def _merge(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
    return base


def label_of(bound: BoundField) -> str:
    """The label as shown: "(optional)" marks what may stay empty. What a choice reveals, that choice asks for."""
    form = bound.form
    optional = (
        getattr(form, "marks_optional", False)
        and not bound.field.required
        and bound.name not in getattr(form, "_revealed", set)()
        and not isinstance(bound.field.widget, forms.CheckboxInput)
    )
    return f"{bound.label} (optional)" if optional else str(bound.label)


def _label(bound: BoundField) -> dict[str, Any]:
    return {"text": label_of(bound), "size": getattr(bound.form, "label_size", None)}


def _sentence(messages: Iterable[Any]) -> str:
    """Several messages in one; a single one ends without a full stop."""
    return ". ".join(str(message).rstrip(".") for message in messages)


def _common(bound: BoundField) -> dict[str, Any]:
    """Parameters every input shares: id, name, hint, error, and the attributes of its widget."""
    attrs = dict(bound.field.widget.attrs)
    attrs.pop("class", None)
    params: dict[str, Any] = {
        "id": bound.id_for_label or bound.auto_id or bound.html_name,
        "name": bound.html_name,
        "classes": bound.field.widget.attrs.get("class"),
    }
    if bound.help_text:
        params["hint"] = {"html": bound.help_text}  # escaped unless marked safe
    if bound.errors:
        params["errorMessage"] = {"text": _sentence(bound.errors)}
    for name in _PARAMETERS & attrs.keys():
        params[name] = attrs.pop(name)
    if bound.field.disabled:
        params["disabled"] = True
    params["attributes"] = {name: value for name, value in attrs.items() if name not in _DROPPED}
    return params


def _text(bound: BoundField, params: dict[str, Any]) -> SafeString:
    widget = bound.field.widget
    params["label"] = _label(bound)
    params["value"] = widget.format_value(bound.value()) or ""
    if isinstance(widget, forms.PasswordInput):
        params.pop("value")
        params["autocomplete"] = params.get("autocomplete") or "current-password"
        return _finish("password-input", bound, params)
    kind = widget.attrs.get("type") or widget.input_type
    params["attributes"].pop("type", None)
    params["attributes"].pop("step", None)
    if kind == "number":
        # A typed letter must come back to be corrected; a number box would swallow it.
        kind = "text"
        params.setdefault(
            "inputmode",
            "decimal" if isinstance(bound.field, (forms.DecimalField, forms.FloatField)) else "numeric",
        )
        params.setdefault("width", "5")
        params["attributes"] = {k: v for k, v in params["attributes"].items() if k not in ("min", "max")}
    if kind == "date" and bound.errors:
        params["value"] = ""  # the browser's date box cannot hold anything else
    if kind == "email":
        params.setdefault("spellcheck", False)
    return _finish("input", bound, {"type": kind, **params})


def _rows(bound: BoundField) -> int:
    """The height asked for; Django's own default of 10 means that nobody asked."""
    asked = int(bound.field.widget.attrs.get("rows") or 10)
    return 6 if asked == 10 else asked


def _textarea(bound: BoundField, params: dict[str, Any]) -> SafeString:
    from resilience.core.forms import WordLimit

    value = str(bound.value() or "")
    params["label"] = _label(bound)
    params["rows"] = _rows(bound)
    # A browser drops the first line break of a textarea.
    params["value"] = f"\n{value}" if value.startswith(("\n", "\r")) else value
    limits = [validator.limit for validator in bound.field.validators if isinstance(validator, WordLimit)]
    if limits:
        return _finish("character-count", bound, {**params, "maxlength": min(limits), "countType": "words"})
    return _finish("textarea", bound, params)


def _options(bound: BoundField) -> Iterator[dict[str, Any]]:
    widget = bound.field.widget
    value = bound.value()
    for group, options, _ in widget.optgroups(bound.html_name, widget.format_value(value), {}):
        if group:
            yield {"divider": str(group)}
        for option in options:
            yield {"value": str(option["value"]), "text": str(option["label"]), "checked": option["selected"]}


def _select_item(bound: BoundField, option: dict[str, Any]) -> dict[str, Any]:
    if "divider" in option:
        return option
    text = option["text"]
    if option["value"] == "" and text in ("", "---------", "Unknown"):
        text = getattr(bound.form, "blank_label", "Choose one")
    return {"value": option["value"], "text": text, "selected": option["checked"]}


def _select(bound: BoundField, params: dict[str, Any]) -> SafeString:
    params["label"] = _label(bound)
    params["items"] = [_select_item(bound, option) for option in _options(bound)]
    if bound.field.widget.allow_multiple_selected:
        params["attributes"] = {**params["attributes"], "multiple": True}
    return _finish("select", bound, params)


def _choices(bound: BoundField, params: dict[str, Any]) -> SafeString:
    look = _look(bound)
    reveals = getattr(bound.form, "reveals", {}).get(bound.name, {})
    hints = look.pop("hints", {})
    items = []
    for option in _options(bound):
        if option.get("value") == "":
            continue
        if hint := hints.get(option.get("value")):
            option["hint"] = {"text": hint}
        if names := reveals.get(option.get("value")):
            inside = "".join(render_field(bound.form[name]) for name in names)
            option["conditional"] = {"html": mark_safe(inside)}  # nosec B308 B703
        items.append(option)
    for item in items:
        item["attributes"] = params["attributes"]
    params = {
        "idPrefix": params.pop("id"),
        **params,
        "attributes": {},
        "items": items,
        "fieldset": {"legend": _label(bound)},
    }
    if not getattr(bound.form, "label_size", "s"):
        params["small"] = True
    name = "checkboxes" if bound.field.widget.allow_multiple_selected else "radios"
    return _finish(name, bound, params)


def _checkbox(bound: BoundField, params: dict[str, Any]) -> SafeString:
    reveals = getattr(bound.form, "reveals", {}).get(bound.name, ())
    item: dict[str, Any] = {
        "value": "on",
        "text": label_of(bound),
        "checked": bool(bound.field.widget.check_test(bound.value())),
        "attributes": params.pop("attributes"),
        "hint": params.pop("hint", None),
    }
    if reveals:
        inside = "".join(render_field(bound.form[name]) for name in reveals)
        item["conditional"] = {"html": mark_safe(inside)}  # nosec B308 B703
    return _finish("checkboxes", bound, {"idPrefix": params.pop("id"), **params, "items": [item]})


def _date(bound: BoundField, params: dict[str, Any]) -> SafeString:
    widget = bound.field.widget
    day, month, year = widget.decompress(bound.value())
    wrong = set(wrong_boxes(bound))
    boxes = [("day", "Day", day, 2), ("month", "Month", month, 2), ("year", "Year", year, 4)]
    params.pop("attributes")
    return _finish(
        "date-input",
        bound,
        {
            **params,
            "fieldset": {"legend": _label(bound)},
            "items": [
                {
                    "id": f"{params['id']}_{box}",
                    "name": f"{bound.html_name}_{box}",
                    "label": label,
                    "value": value,
                    "width": width,
                    "error": box in wrong if bound.errors else False,
                }
                for box, label, value, width in boxes
            ],
        },
    )


def _file(bound: BoundField, params: dict[str, Any]) -> SafeString:
    params["label"] = _label(bound)
    if getattr(bound.field.widget, "allow_multiple_selected", False):
        params["multiple"] = True
    made = _finish("file-upload", bound, params)
    # The browser's own file input: the library's drop zone hides its name from speech control.
    return mark_safe(made.replace(' data-module="nhsuk-file-upload"', ""))  # nosec B308 B703


def _look(bound: BoundField) -> dict[str, Any]:
    return dict(getattr(bound.form, "looks", {}).get(bound.name, {}))


def _finish(name: str, bound: BoundField, params: dict[str, Any]) -> SafeString:
    look = _look(bound)
    look.pop("hints", None)
    return component(name, **_merge(params, look))


def wrong_boxes(bound: BoundField) -> list[str]:
    """Which boxes of a date are wrong; all of them when the error does not say."""
    for error in bound.form.errors.as_data().get(bound.name, []) if bound.errors else []:
        if error.params and "boxes" in error.params:
            return list(error.params["boxes"])
    return ["day", "month", "year"] if bound.errors else []


def render_field(bound: BoundField, look: Mapping[str, Any] | None = None) -> SafeString:
    """The field with label, hint, error and input; parameters from Form.looks, then from ``look``."""
    widget = bound.field.widget
    if look:
        form: Any = bound.form
        form.looks = {**getattr(form, "looks", {}), bound.name: _merge(_look(bound), look)}
    if bound.is_hidden:
        return mark_safe(str(bound))  # nosec B308 B703
    params = _common(bound)
    if isinstance(widget, DateBoxes):
        return _date(bound, params)
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return _choices(bound, params)
    if isinstance(widget, forms.CheckboxInput):
        return _checkbox(bound, params)
    if isinstance(widget, (forms.Select, forms.SelectMultiple)):
        return _select(bound, params)
    if isinstance(widget, forms.Textarea):
        return _textarea(bound, params)
    if isinstance(widget, forms.FileInput):
        return _file(bound, params)
    if isinstance(widget, forms.MultiWidget):
        raise TypeError(f"{type(widget).__name__} has no NHS.UK component")
    return _text(bound, params)


def _anchor(bound: BoundField) -> str:
    """The input to go to from the error summary."""
    base = bound.id_for_label or bound.auto_id or bound.html_name
    if isinstance(bound.field.widget, DateBoxes):
        return f"#{bound.auto_id}_{wrong_boxes(bound)[0]}"
    if isinstance(bound.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return f"#{bound.auto_id}"
    return f"#{base}"


def _sentences(form: Any, where: str = "") -> Iterator[dict[str, str]]:
    for message in form.non_field_errors():
        yield {"text": f"{where}{message}"}
    for bound in form:
        for error in bound.errors.as_data():
            message, label = _sentence(error.messages), str(bound.label).rstrip("?:")
            # The words beside a box to tick are a statement, not a name. What asks for an answer names it by itself.
            is_whole = (
                isinstance(bound.field.widget, forms.CheckboxInput)
                or bound.is_hidden
                or error.code == "required"
            )
            named = is_whole or re.search(rf"\b{re.escape(label)}\b", message, re.IGNORECASE)
            text = f"{where}{message}" if named else f"{where}{label}: {message}"
            yield {"text": text, **({} if bound.is_hidden else {"href": _anchor(bound)})}


def summary_items(*forms_and_sets: Any) -> list[dict[str, str]]:
    """Every error of these forms and formsets: what is wrong, where, and the address of the field."""
    items: list[dict[str, str]] = []
    for form in forms_and_sets:
        if form is None or not getattr(form, "is_bound", False):
            continue
        if isinstance(form, BaseFormSet):
            items += [{"text": str(message)} for message in form.non_form_errors()]
            for number, one in enumerate(form.forms, 1):
                items += _sentences(one, f"{getattr(form, 'row_name', 'Row')} {number}: ")
        else:
            items += _sentences(form)
    return items
