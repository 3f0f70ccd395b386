"""The look, in templates: ``{% load nhsuk %}``.

Components (names and camelCase parameters as in the NHS.UK design system; everything is escaped,
only ``html`` that the template itself marked safe is not):

    {% nhsuk "button" text="Send" href=url variant="secondary" %}
    {% nhsuk "button" text="Send" attributes__data_x="1" preventDoubleClick=True %}
        two underscores reach into a parameter, and become dashes in the name of an attribute
    {% nhsuk "summary-list" rows=rows %}          rows and other lists come from the view
    {% nhsukblock "details" summaryText="Why?" %}<p>html, {{ escaped }}</p>{% endnhsukblock %}

Forms: ``{% crispy form %}`` (whole form with its button), ``{% nhsuk_field form.name %}`` (one field),
``{% error_summary form other_form formset %}`` (base.html does it for form, formset and forms).

Words: ``pence|money``, ``date|day``, ``date|shortday``, ``time|moment``, ``due|working_days_left``,
``count|plural:"referral"``, ``part|percent:whole``, ``text|tag:"blue"``, ``code|rating_tag``,
``code|rating_class``, ``field_or_form|typed``. Colours of tags: white grey green aqua-green blue purple
pink red orange yellow (red for errors only).
"""

from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.template.base import Node, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe

from resilience.core import words
from resilience.core.components import component
from resilience.core.rendering import render_field, summary_items

register = template.Library()

PRODUCT = "Resilience programmes"

for _word in (
    words.money,
    words.day,
    words.shortday,
    words.moment,
    words.working_days_left,
    words.plural,
    words.percent,
):
    register.filter(_word.__name__, _word)


def nest(flat: dict[str, Any]) -> dict[str, Any]:
    """``label__size="m"`` as ``{"label": {"size": "m"}}``; names of attributes get their dashes."""
    params: dict[str, Any] = {}
    for key, value in flat.items():
        *path, last = key.split("__")
        target = params
        for step in path:
            target = target.setdefault(step, {})
        target[last.replace("_", "-") if "attributes" in path else last] = value
    return params


@register.simple_tag
def nhsuk(component_name: str, **params: Any) -> SafeString:
    """One NHS.UK component."""
    return component(component_name, **nest(params))


class BlockNode(Node):
    """``{% nhsukblock name … %}html{% endnhsukblock %}``: the html is what the template engine rendered, so escaped."""

    def __init__(self, name: Any, params: dict[str, Any], nodelist: NodeList) -> None:
        self.name = name
        self.params = params
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        params = nest({key: value.resolve(context) for key, value in self.params.items()})
        inside = mark_safe(self.nodelist.render(context))  # nosec B308 B703
        return component(self.name.resolve(context), **params, html=inside)


@register.tag
def nhsukblock(parser: Parser, token: Token) -> BlockNode:
    _, name, *bits = token.split_contents()
    params = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"nhsukblock does not understand {bits[0]!r}")
    nodelist = parser.parse(("endnhsukblock",))
    parser.delete_first_token()
    return BlockNode(parser.compile_filter(name), params, nodelist)


@register.simple_tag
def nhsuk_field(field: Any, **look: Any) -> SafeString:
    """One form field with its label, hint, error and input; ``look`` as in Form.looks."""
    return render_field(field, nest(look))


@register.simple_tag
def error_summary(*forms: BaseForm | BaseFormSet | None) -> SafeString:
    """What is wrong on this page, each with a link to the field; nothing when nothing is."""
    items = summary_items(*forms)
    return (
        component("error-summary", titleText="There is a problem", errorList=items)
        if items
        else mark_safe("")  # nosec B308
    )


@register.simple_tag(takes_context=True)
def error_prefix(context: Context) -> str:
    """ "Error: " for the page's title when a form of the page has errors."""
    forms = [context.get("form"), context.get("formset"), *(context.get("forms") or [])]
    return "Error: " if summary_items(*forms) else ""


@register.simple_tag(takes_context=True)
def page_errors(context: Context) -> SafeString:
    """The error summary of every form the page has as form, formset or forms."""
    return error_summary(context.get("form"), context.get("formset"), *(context.get("forms") or []))


@register.filter
def tag(text: Any, colour: str = "") -> SafeString:
    """A state in words; the colour only repeats it. Nothing for no text."""
    return component("tag", text=text, colour=colour or None) if text else mark_safe("")  # nosec B308


@register.filter
def rating_class(code: str | None) -> str:
    """The class that draws a priority rating: words must stand beside it."""
    return f"app-rating--{code.replace('/', '').lower()}" if code in words.RATINGS else ""


@register.filter
def rating_tag(code: str | None, meaning: str = "") -> SafeString:
    """A priority rating, letter and words: "A/G: high priority". Nothing when there is none yet."""
    if not code:
        return mark_safe("")  # nosec B308
    return component("tag", text=words.rating(code, meaning), classes=f"app-rating {rating_class(code)}")


register.simple_tag(rating_tag, name="rating_tag")


@register.filter
def typed(text: str | None) -> SafeString:
    """What a person typed, escaped, in the paragraphs they made."""
    return mark_safe(linebreaks(text or "", autoescape=True))  # nosec B308 B703


def _linked(text: str, href: str | None) -> SafeString:
    return format_html('<a href="{}">{}</a>', href, text) if href else conditional_escape(text)


@register.simple_tag
def money_bar(
    total: int, label: str, mark: float | None = None, links: dict[str, str] | None = None, **parts: int
) -> SafeString:
    """An allocation as one bar: ``{% money_bar total label paid=… payable=… committed=… %}`` in pence.

    What is left is the rest of ``total``; ``mark`` (a fraction) draws the milestone. Numbers stand below in words,
    each a link where ``links`` has an address for its part (paid, payable, committed, left).
    """
    shown = [(name, parts.get(name, 0)) for name in ("paid", "payable", "committed")]
    left = total - sum(amount for _, amount in shown)
    shown.append(("left", left))
    scale = max(total, 1)
    x, rects, rows = 0.0, [], []
    for name, amount in shown:
        width = round(max(amount, 0) * 100 / scale, 3)
        rects.append(
            format_html(
                '<rect class="app-money__{}" x="{}" y="0" width="{}" height="10"></rect>',
                name,
                round(x, 3),
                width,
            )
        )
        rows.append(
            format_html(
                '<div class="app-money__{}"><dt>{}</dt><dd>{} ({})</dd></div>',
                name,
                {"left": "Uncommitted"}.get(name, name.capitalize()),
                _linked(words.money(amount), (links or {}).get(name)),
                words.percent(amount, total),
            )
        )
        x += width
    line = ""
    if mark is not None:
        at = round(min(max(mark, 0), 1) * 100, 3)
        line = format_html('<line class="app-money__mark" x1="{0}" x2="{0}" y1="0" y2="10"></line>', at)
    return format_html(
        '<div class="app-money"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}{}</svg><dl>{}</dl></div>',
        f"{label}: {words.money(total)}",
        mark_safe("".join(rects)),  # nosec B308 B703
        line,
        mark_safe("".join(rows)),  # nosec B308 B703
    )


def _address(name: str) -> str | None:
    """The address of a page, or None where this service has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


@register.simple_tag(takes_context=True)
def page_header(context: Context) -> SafeString:
    """The header of every page: product, search, person and hat, sign out, one row of ``navigation``."""
    home = _address("home") or "/"
    params: dict[str, Any] = {
        "service": {"text": PRODUCT, "href": home},
        "logo": {"href": home},
    }
    user = context.get("user")
    if getattr(user, "is_authenticated", False):
        token = format_html(
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}" data-sign-out>Sign out',
            context.get("csrf_token", ""),
        )
        params["account"] = {
            "items": [
                {"text": str(user), "icon": True, "href": _address("people:me")},
                {"text": context["hat"], "href": context.get("hat_href")} if context.get("hat") else None,
                {"html": token, "action": _address("account_logout")},
            ]
        }
        if search := _address("search"):
            params["search"] = {
                "action": search,
                "name": "q",
                "placeholder": "Practice, code or reference",
                "visuallyHiddenLabel": "Search for a practice name, a code or a referral reference",
            }
    if navigation := context.get("navigation"):
        params["navigation"] = {"items": navigation, "ariaLabel": "Main"}
    return component("header", **params)


@register.inclusion_tag("includes/session.html", takes_context=True)
def session_dialog(context: Context) -> dict[str, Any]:
    """The warning before a session ends; only a signed-in person has one."""
    user = context.get("user")
    seconds = int(settings.SESSION_IDLE_LIMIT.total_seconds())
    return {
        "shown": getattr(user, "is_authenticated", False),
        "seconds": seconds,
        "warn": min(120, seconds // 3),
        "url": _address("stay_signed_in"),
        "login_url": _address("account_login"),
        "next": context["request"].get_full_path() if "request" in context else "/",
    }


@register.simple_tag
def list_address(page: Any, **changed: Any) -> str:
    """The address of a ListPage with parameters changed."""
    return page.address(**changed)
