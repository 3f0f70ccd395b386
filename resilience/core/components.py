"""NHS.UK components as functions: a macro's name and its parameters in, safe HTML out."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

_HOLE = "<!-- html -->"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _macro(name: str) -> Any:
    first, *rest = name.split("-")
    function = first + "".join(word.capitalize() for word in rest)
    function = {"tables": "table", "images": "image", "doDontList": "list"}.get(function, function)
    return getattr(_environment().get_template(f"nhsuk/components/{name}/macro.jinja").module, function)


def _is_html(key: str) -> bool:
    return key == "html" or key.endswith("Html")


def _attribute(value: Any) -> Any:
    """True is a bare attribute, False none; anything else is its text."""
    return {"value": value, "optional": True} if isinstance(value, bool) else _clean(value)


def _clean(value: Any, key: str = "") -> Any:
    """Text is text, whatever marked it safe; only what is given as html stays html, and only if safe.

    The macros print ``html`` as it comes and take a string of ``attributes`` for markup,
    so neither may reach them raw. None means "not given", as the macros expect.
    """
    if isinstance(value, Mapping):
        if key == "attributes":
            return {name: _attribute(item) for name, item in value.items() if item is not None}
        return {name: _clean(item, name) for name, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_clean(item, key) for item in value if item is not None]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _is_html(key):
        return Markup(conditional_escape(value))  # nosec B704
    if key == "attributes":
        raise TypeError("attributes are given as a mapping")
    return str.__str__(str(value))


def component(name: str, /, **params: Any) -> SafeString:
    """The NHS.UK component ``name`` ("button", "error-summary", …) with the macro's own camelCase parameters.

    Everything is escaped, except a parameter named ``html`` or ``…Html`` that is marked safe.
    Raises jinja2.TemplateNotFound for a component that does not exist.
    """
    # The macros indent the html inside them, which would change what stands in a textarea.
    inside = params.get("html")
    if inside:
        params["html"] = mark_safe(_HOLE)  # nosec B308 B703
    made = _macro(name)(_clean(params))
    if inside:
        made = made.replace(_HOLE, conditional_escape(inside))
    return mark_safe(made)  # nosec B308 B703
