"""The forms of a page as they arrive, filled in as a person would."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import lxml.html
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.formsets import BaseFormSet
from django.test import Client

from resilience.core.calendar import today

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@dataclass
class Sent:
    """A form that is sent by POST: where to, the values a person would send, and what each may choose from."""

    page: str
    action: str
    values: dict[str, list[Any]]
    chosen: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def post(self, client: Client, **changed: Any) -> Any:
        values = self.values | {name: [value] for name, value in changed.items()}
        for each in (one for many in values.values() for one in many if hasattr(one, "seek")):
            each.seek(0)
        return client.post(self.action, values)

    def __str__(self) -> str:
        return f"{self.page} → {self.action}"


def _django_forms(context: Any) -> Iterator[Any]:
    for layer in context or ():
        for scope in layer if isinstance(layer, list) else [layer]:
            for value in scope.values() if isinstance(scope, dict) else ():
                if isinstance(value, forms.BaseForm):
                    yield value
                elif isinstance(value, BaseFormSet):
                    yield from value.forms


def _typed(kind: Any, name: str) -> Any:
    """Something that a field of this kind takes."""
    day = today() + dt.timedelta(days=30)
    if isinstance(kind, forms.EmailField):
        return "someone@example.nhs.uk"
    if isinstance(kind, forms.DateField):
        return day.isoformat()
    if isinstance(kind, (forms.IntegerField, forms.DecimalField)):
        return "1"
    if type(kind).__name__ == "PoundsField":
        return "1.00"
    if type(kind).__name__ == "TimeField":
        return "17:00"
    if name == "code":
        return "QZ9"
    return "Some words"


def sent_by(page: str, response: Any) -> Iterator[Sent]:
    """Every POST form on the page, one for each of its buttons, with all its boxes filled in."""
    tree = lxml.html.document_fromstring(response.content)
    known = {bound.html_name: bound.field for form in _django_forms(response.context) for bound in form}
    for form in tree.iterfind(".//form"):
        if (form.get("method") or "get").lower() != "post":
            continue
        action = urljoin("http://testserver" + page, form.get("action") or page)
        made = Sent(page, action.removeprefix("http://testserver"), {})
        if made.action.startswith("/account/"):  # allauth's own: signing out, above all
            continue
        buttons: list[tuple[str, str]] = []
        for each in form.iter("input", "textarea", "select", "button"):
            name, kind = each.get("name"), each.get("type", "text")
            if each.tag == "button":
                buttons.append((name or "", each.get("value", "")))
            elif name and name != "csrfmiddlewaretoken":
                _fill(made, each, name, kind, known)
        for name, value in buttons or [("", "")]:
            extra = {name: [value]} if name else {}
            yield Sent(page, made.action, made.values | extra, made.chosen, made.hidden, made.files)


def _fill(made: Sent, each: Any, name: str, kind: str, known: dict[str, Any]) -> None:
    field_ = known.get(name)
    if each.tag == "select":
        options = [one.get("value", "") for one in each.iter("option")]
        picked = [one.get("value", "") for one in each.iter("option") if one.get("selected") is not None]
        real = [one for one in picked or options if one] or options
        made.values[name] = real[:1]
        made.chosen.add(name)
    elif kind in ("radio", "checkbox"):
        made.chosen.add(name)
        if each.get("checked") is not None or name not in made.values:
            made.values[name] = [each.get("value", "on")]
    elif kind == "hidden":
        made.values.setdefault(name, []).append(each.get("value", ""))
        made.hidden.add(name)
    elif kind == "file":
        made.values[name] = [SimpleUploadedFile("original.pdf", PDF, "application/pdf")]
        made.files.add(name)
    elif kind == "submit":
        return
    else:
        now = each.text if each.tag == "textarea" else each.get("value")
        stem = name.rpartition("_")[0]
        if name.rpartition("_")[2] in ("day", "month", "year") and isinstance(
            known.get(stem), forms.DateField
        ):
            day = today() + dt.timedelta(days=30)
            now = now or str(getattr(day, name.rpartition("_")[2]))
        made.values[name] = [(now or "").strip() or _typed(field_, name)]
