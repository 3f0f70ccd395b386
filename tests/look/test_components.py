"""Components escape everything that is not html marked safe."""

import html
import re

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import mark_safe
from jinja2 import TemplateNotFound

from resilience.core.components import component
from resilience.core.words import RATINGS

BAD = '<script>alert("1")</script>\''

PARAMETERS = {
    "action-link": {"text": BAD, "href": BAD},
    "back-link": {"text": BAD, "href": BAD},
    "breadcrumb": {"items": [{"text": BAD, "href": BAD}]},
    "button": {"text": BAD, "href": BAD, "classes": BAD, "id": BAD, "attributes": {"data-x": BAD}},
    "card": {"heading": BAD, "description": BAD, "href": BAD},
    "character-count": {
        "label": BAD,
        "hint": BAD,
        "name": BAD,
        "value": BAD,
        "errorMessage": BAD,
        "maxlength": 9,
    },
    "checkboxes": {
        "name": BAD,
        "fieldset": {"legend": {"text": BAD}},
        "items": [{"text": BAD, "value": BAD, "hint": {"text": BAD}, "conditional": {"html": BAD}}],
    },
    "date-input": {"id": BAD, "items": [{"name": BAD, "value": BAD, "label": BAD}], "errorMessage": BAD},
    "details": {"summaryText": BAD, "html": BAD},
    "error-summary": {"titleText": BAD, "errorList": [{"text": BAD, "href": BAD}]},
    "file-upload": {"label": BAD, "name": BAD, "hint": BAD},
    "footer": {"meta": BAD},
    "header": {
        "service": {"text": BAD, "href": BAD},
        "navigation": {"items": [{"text": BAD, "href": BAD, "current": True}]},
        "account": {"items": [{"text": BAD, "href": BAD}]},
    },
    "input": {"label": BAD, "hint": BAD, "name": BAD, "value": BAD, "errorMessage": BAD, "prefix": BAD},
    "inset-text": {"html": BAD},
    "notification-banner": {"text": BAD, "titleText": BAD},
    "pagination": {"items": [{"number": BAD, "href": BAD}]},
    "panel": {"titleText": BAD, "text": BAD},
    "radios": {"name": BAD, "items": [{"text": BAD, "value": BAD}], "hint": BAD, "errorMessage": BAD},
    "select": {"label": BAD, "name": BAD, "items": [{"text": BAD, "value": BAD}]},
    "summary-list": {
        "rows": [
            {
                "key": {"text": BAD},
                "value": {"text": BAD},
                "actions": {"items": [{"href": BAD, "text": BAD, "visuallyHiddenText": BAD}]},
            }
        ]
    },
    "tables": {"caption": BAD, "head": [{"text": BAD}], "rows": [[{"text": BAD}]]},
    "tag": {"text": BAD, "colour": "blue", "html": BAD},
    "task-list": {"items": [{"title": {"text": BAD}, "status": {"tag": {"text": BAD}}, "href": BAD}]},
    "textarea": {"label": BAD, "name": BAD, "value": BAD},
    "warning-callout": {"heading": BAD, "html": BAD},
}


def marked_safe(value):
    if isinstance(value, dict):
        return {
            key: item if key in ("html", "conditional") else marked_safe(item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [marked_safe(item) for item in value]
    return mark_safe(value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("trust", [lambda params: params, marked_safe], ids=["plain", "marked safe"])
def test_every_parameter_is_escaped(name, trust):
    made = component(name, **trust(PARAMETERS[name]))

    assert "<script" not in made
    assert "&lt;script" in made
    for attribute in re.findall(r'="([^"]*)"', made):
        assert "<" not in attribute


def test_html_marked_safe_stays_html():
    assert "<em>now</em>" in component("inset-text", html=mark_safe("<em>now</em>"))


def test_html_inside_a_component_keeps_its_line_breaks():
    inside = mark_safe("<textarea>one\ntwo\n  three</textarea>")

    assert inside in component("details", summaryText="More", html=inside)


def test_attributes_are_never_taken_as_markup():
    with pytest.raises(TypeError, match="mapping"):
        component("button", text="Go", attributes=mark_safe(" onclick=alert(1)"))


def test_an_unknown_component_is_an_error():
    with pytest.raises(TemplateNotFound):
        component("wizard")


def render(source, **context):
    return Template(source).render(Context(context))


def test_the_tag_reaches_into_parameters():
    made = render(
        '{% nhsuk "button" text=text attributes__data_case_id=5 attributes__hidden=True %}', text=BAD
    )

    assert 'data-case-id="5"' in made
    assert re.search(r"\shidden[\s>]", made)
    assert html.escape("<script>") in made


def test_the_block_tag_escapes_what_is_inside():
    made = render('{% nhsukblock "details" summaryText=text %}<p>{{ text }}</p>{% endnhsukblock %}', text=BAD)

    assert "<p>&lt;script&gt;" in made
    assert "<script" not in made


def test_the_block_tag_refuses_what_it_does_not_understand():
    with pytest.raises(TemplateSyntaxError, match="nhsukblock"):
        Template('{% nhsukblock "details" nonsense %}{% endnhsukblock %}')


@pytest.mark.parametrize("code", RATINGS)
def test_a_rating_is_never_told_by_colour_alone(code):
    made = render("{{ code|rating_tag }}", code=code)

    assert f"{code}: {RATINGS[code]}" in made
    assert f"app-rating--{code.replace('/', '').lower()}" in made


def test_a_rating_not_yet_made_shows_nothing():
    assert render("{{ code|rating_tag }}", code=None) == ""


def test_typed_text_keeps_its_paragraphs_and_is_escaped():
    assert render("{{ text|typed }}", text="a <b>\n\nc") == "<p>a &lt;b&gt;</p>\n\n<p>c</p>"


def test_the_money_bar_says_its_numbers_in_words():
    made = render(
        "{% money_bar total name paid=paid committed=committed mark=0.75 %}",
        total=20000,
        name=BAD,
        paid=5000,
        committed=2550,
    )

    assert "£50 (25%)" in made
    assert "Uncommitted</dt><dd>£124.50 (62%)" in made
    assert 'x1="75' in made
    assert "<script" not in made
    assert "style=" not in made
