"""What holds for any wording: numbers, references, files, comparison, and that nothing typed becomes markup."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mou.agreement import documents
from mou.agreement.facts import Facts
from mou.models import Template
from mou.wording import STANDARD, standard
from mou.wording.checks import check_wording, wrong_words
from mou.wording.choices import Choices, note_key
from mou.wording.compare import compare, compare_lines
from mou.wording.files import MOST_BYTES, from_file, to_file
from mou.wording.lines import line_of, numbered, references
from mou.wording.sample import sample_facts
from mou.wording.words import AppendixText, SectionText, Wording, appendix_numbers, moved, without
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.programmes.models import Programme, ProgrammeYear

words = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)
hostile = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\"'><img src=x>",
        "{{ 1|safe }}",
        "{% debug %}",
        "&amp;",
        "{see x}",
        "{ends_on}",
    ]
)
clause = st.one_of(
    st.sampled_from(
        ["One.", "{signatories}", "[case study] Study.", "[optional a] A.", "[note: say]", "{leads}"]
    )
)


@st.composite
def wordings(draw):
    """Sections that refer to each other and to named clauses, in any order."""
    count = draw(st.integers(1, 8))
    order = draw(st.permutations(range(count)))
    sections = []
    for name in order:
        lines = draw(st.lists(clause, max_size=4))
        lines.insert(draw(st.integers(0, len(lines))), f"Named. #c{name}")
        target = draw(st.integers(0, count - 1))
        lines.append(f"See {{see s{target}}} and {{see c{target}}} and {{see objectives}}.")
        sections.append(SectionText(f"Heading {name}", "\n".join(lines), f"s{name}"))
    kinds = draw(st.permutations(["objectives", "contributions", "sources"]))
    appendices = tuple(
        AppendixText(kind, draw(st.sampled_from(["A title", ""])), "A source") for kind in kinds
    )
    return Wording("Any", tuple(sections), appendices)


def naive_numbers(wording, taken):
    """A second telling: every name with what it should print, counted by hand."""
    found, place = {}, 0
    for section in wording.sections:
        place += 1
        found[section.name] = f"section {place}"
        count = 0
        for text in section.clauses.split("\n"):
            if text.startswith("{") or (text.startswith("[") and not taken):
                continue
            count += 1
            if " #" in text:
                found[text.split(" #")[1]] = f"clause {place}.{count}"
    return found


@given(wordings(), st.booleans())
def test_numbers_and_references_are_right_in_any_order(wording, taken):
    def chosen(line):
        return line if taken or not line.may_be_missing else None

    sections = numbered(wording.sections, chosen)
    found = references(sections)
    assert found == naive_numbers(wording, taken)
    assert [each.number for each in sections] == list(range(1, len(sections) + 1))
    assert list(wrong_words(wording)) == []
    html = documents.render_wording(wording)
    assert "{see" not in html
    title = appendix_numbers(wording.appendices)["objectives"]
    every = naive_numbers(wording, True)
    for section in wording.sections:
        (target,) = re.findall(r"\{see s(\d+)\}", section.clauses)
        assert f"See {every[f's{target}']} and {every[f'c{target}']} and {title}." in html


@given(st.lists(st.integers(), max_size=8), st.integers(-2, 9), st.sampled_from([-1, 1]))
def test_moving_and_moving_back_changes_nothing(items, index, by):
    there = moved(items, index, by)
    assert sorted(there) == sorted(items)
    if there != tuple(items):
        assert moved(there, index + by, -by) == tuple(items)
    if 0 <= index < len(items):
        assert len(without(items, index)) == len(items) - 1


@given(wordings(), words, st.booleans(), st.integers(1, 12), st.one_of(st.none(), st.integers(1, 12)))
def test_a_file_brings_back_the_same_wording(wording, title, three, months, failure):
    wording = dataclasses.replace(
        wording, title=title, has_supplier=three, notice_months=months, notice_months_failure=failure
    ).tidy()
    content = to_file(wording)
    assert from_file(content) == wording
    assert to_file(from_file(content)) == content


@pytest.mark.parametrize("kind", STANDARD)
def test_our_own_wordings_can_be_published_and_come_back(kind):
    wording = standard(kind)
    check_wording(wording)
    assert from_file(to_file(wording)) == wording


def changed(**said):
    file = json.loads(to_file(standard("local"))) | said
    return json.dumps({key: value for key, value in file.items() if value != "gone"}).encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "The file is not text"),
        (b"{", "cannot be read at line 1, character 2"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
        (b" " * (MOST_BYTES + 1), "too large"),
        (b"[]", "must be an object"),
        (b"{}", "is not a wording"),
        (changed(format_version=2), "says format version 2; this service reads version 1"),
        (changed(title=7), "“title” must be text"),
        (changed(title="gone"), "has no “title”"),
        (changed(may_extend=1), "“may_extend” must be true or false"),
        (changed(notice_months=True), "“notice_months” must be a whole number"),
        (changed(extra=1), "holds “extra”, which is no part of a wording"),
        (changed(sections={}), "“sections” must be a list"),
        (changed(sections=["x"]), "Section 1 must be an object"),
        (changed(sections=[{"heading": "A", "name": "", "clauses": [1]}]), "Section 1, line 1 must be text"),
        (changed(sections=[{"heading": "A", "clauses": []}]), "Section 1 has no “name”"),
        (changed(appendices=[{"kind": "x", "title": "", "words": []}]), "“x” is no kind of appendix"),
    ],
)
def test_a_bad_file_gets_a_sentence_that_says_where(content, sentence):
    with pytest.raises(Denied, match=re.escape(sentence)):
        from_file(content)


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reader(content):
    with pytest.raises(Denied):
        from_file(content)


@given(st.text(max_size=80))
def test_every_line_is_understood_somehow(text):
    line = line_of(text)
    assert line.text in text or not line.text


lines = st.lists(
    st.sampled_from(["The cat sat.", "The cat sits.", "A dog.", "{leads}", "The cat sat on it."]), max_size=6
)


@given(lines, lines)
def test_what_is_compared_is_all_of_both(before, after):
    rows = compare_lines(before, after)
    old = [
        "".join(each.text for each in row.pieces if each.kind != "added")
        for row in rows
        if row.kind != "added"
    ]
    new = [
        "".join(each.text for each in row.pieces if each.kind != "removed")
        for row in rows
        if row.kind != "removed"
    ]
    assert (old, new) == (before, after)


@given(wordings(), wordings())
def test_only_what_differs_is_shown(before, after):
    assert compare(before, before) == []
    assert bool(compare(before, after)) == (before != after)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))


def tags(html):
    parser = Tags()
    parser.feed(html)
    return parser.found


def facts_with(text) -> Facts:
    """The example, with ``text`` wherever somebody types."""
    template = Template(
        title="MoU",
        year=ProgrammeYear(name="2018/19", programme=Programme(name="P", owner=Organisation(name="O"))),
    )
    facts = sample_facts(template)
    parties = [dataclasses.replace(each, name=text, code=text, address=[text]) for each in facts.parties]
    support = [dataclasses.replace(each, category=text, purpose=text, route=text) for each in facts.support]
    leads = [{key: [text] if key == "address" else text for key in each} for each in facts.leads]
    for row in (*facts.rows.objectives, *facts.rows.actions, *facts.rows.services, *facts.rows.contributions):
        for field in row._meta.concrete_fields:
            if field.get_internal_type() in ("CharField", "TextField") and not field.choices:
                setattr(row, field.name, text)
    facts.rows.plan.exit_strategy = text
    return dataclasses.replace(
        facts, parties=parties, support=support, leads=leads, values=dict.fromkeys(facts.values, text)
    )


@settings(max_examples=40, deadline=None)
@given(st.one_of(hostile, words.filter(str.strip)), st.one_of(hostile, words))
def test_nothing_typed_becomes_markup(typed, answered):
    """The same wording and case, once with plain words and once with what was drawn, have the same tags."""

    def document(text, answer):
        wording = Wording(
            text,
            (
                SectionText(
                    text, f"{{exit_strategy}} {text}\n[note: x]\n{{parties}}\n{{leads}}\n{{signatories}}"
                ),
            ),
            (AppendixText("objectives", text, text), AppendixText("contributions", text, text)),
        )
        choices = Choices(notes={note_key(line_of("[note: x]"), 0): answer})
        rendered = documents.render_facts(wording, facts_with(text), choices)
        return rendered + documents.render_wording(wording)

    assert tags(document(typed, answered)) == tags(document("plain", "plain"))
