"""Sums tell nothing of one practice: against a naive second implementation, and by every subtraction there is."""

import itertools
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from mou.health_checks import answers, compare, reading
from mou.health_checks.answers import marks, merge, read_marks
from mou.health_checks.sums import Entry, needs_of, sums_of, together
from mou.models import Question
from resilience.core.access import Role
from tests import factories as make
from tests.factories import client_of
from tests.mou.checkups import handed_in, make_checkups

SCALE = Question(key="q", kind="scale", need="low", scale=["a", "b", "c", "d"])
NUMBER = Question(key="q", kind="number")
YES = Question(key="q", kind="yes_no", need="yes")

cells = st.sampled_from([(1, 1), (1, 2), (2, 3), (2, None)])
scales = st.lists(st.tuples(cells, st.sampled_from(["1", "2", "3", "4", ""])), max_size=40)
numbers = st.lists(st.tuples(cells, st.decimals(0, 99, places=2)), max_size=40)
least = st.integers(3, 7)


def entries(rows, key="q"):
    return [Entry(cell, {key: str(value)} if str(value) else {}) for cell, value in rows]


@given(scales)
def test_where_each_may_be_read_sums_are_the_naive_ones(rows):
    found = together(sums_of(SCALE, entries(rows), None))
    said = [value for _, value in rows if value]
    assert found.practices == len(said)
    assert found.answers == Counter(said)
    assert found.in_need == sum(value in "12" for value in said)
    if said:
        assert Fraction(found.mean) == pytest.approx(Fraction(sum(map(int, said)), len(said)))


@given(numbers)
def test_numbers_are_added_exactly_and_their_parts_make_the_whole(rows):
    sums = sums_of(NUMBER, entries(rows), None)
    assert together(sums).total == sum((value for _, value in rows), Decimal(0))
    ccgs = [together(sums, [cell for cell in sums if cell[0] == ccg]).total for ccg in (1, 2)]
    assert sum(ccgs) == together(sums).total


@given(scales, least)
def test_every_sum_is_of_whole_blocks_and_in_order(rows, k):
    sums = sums_of(SCALE, entries(rows), k)
    for cell, found in sums.items():
        said = [value for at, value in rows if at == cell and value]
        whole = len(said) // k * k
        assert found.practices == whole > 0
        assert found.answers == Counter(said[:whole])
    assert all(found.practices >= k for found in sums.values())


@given(scales, least)
def test_no_two_sums_of_any_places_and_days_differ_by_fewer_than_a_block(rows, k):
    """Whatever is subtracted from whatever: each cell on each day, the CCGs, the total."""
    published = []
    for day in range(len(rows) + 1):
        sums = sums_of(SCALE, entries(rows[:day]), k)
        counted = {
            cell: frozenset(
                [i for i, (at, value) in enumerate(rows[:day]) if at == cell and value][: found.practices]
            )
            for cell, found in sums.items()
        }
        published += counted.values()
        for ccg in (1, 2):
            published.append(frozenset().union(*(who for cell, who in counted.items() if cell[0] == ccg)))
        published.append(frozenset().union(*counted.values()))
    for one, other in itertools.combinations(set(published), 2):
        for left in (one - other, other - one):
            assert len(left) == 0 or len(left) >= k
            assert len(left) % k == 0


@given(scales, least)
def test_the_need_in_a_theme_is_of_whole_blocks_too(rows, k):
    found = needs_of([SCALE], entries(rows), k)
    for cell, each in found.items():
        said = [value for at, value in rows if at == cell and value]
        assert each.practices % k == 0
        assert each.in_need == sum(value in "12" for value in said[: each.practices])
    assert needs_of([YES], entries(rows), k).keys() == found.keys()


def test_a_date_and_a_text_are_never_summed():
    for kind in ("date", "text"):
        question = Question(key="q", kind=kind)
        assert sums_of(question, entries([((1, 1), "2018-10-05")] * 20), None) == {}


# --- merging -----------------------------------------------------------------------------------


texts = st.sampled_from(["", "1", "2", "3"])
three = st.fixed_dictionaries(dict.fromkeys("abc", texts))


@given(three, three, three)
def test_merging_loses_nothing_and_replaces_nothing_unsaid(began, mine, theirs):
    seen = read_marks(marks("abc", began))
    merged = merge(seen, mine, theirs)
    for key in "abc":
        conflict = mine[key] != began[key] and theirs[key] != began[key] and mine[key] != theirs[key]
        assert (key in merged.conflicts) == conflict
        if not conflict:
            assert merged.answers[key] == (mine[key] if mine[key] != began[key] else theirs[key])


@given(three, three)
def test_who_saw_nothing_replaces_nothing(mine, theirs):
    merged = merge({}, mine, theirs)
    for key in "abc":
        if theirs[key] and key not in merged.conflicts:
            assert merged.answers[key] == theirs[key]


@given(st.text(max_size=40))
def test_any_marks_can_be_read(text):
    assert isinstance(read_marks(text), dict)


# --- from year to year -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "before", "now", "words"),
    [
        (SCALE, "2", "4", "Better by 2"),
        (SCALE, "4", "3", "Worse by 1"),
        (SCALE, "4", "4", "The same"),
        (NUMBER, "4.5", "6", "Up by 1.5"),
        (NUMBER, "1200", "200", "Down by 1,000"),
        (NUMBER, "", "3", "Not answered last year"),
        (NUMBER, "3", "", "Not answered this year"),
        (YES, "no", "yes", "Was “No”"),
        (Question(key="q", kind="text"), "a", "b", "Changed"),
        (NUMBER, "", "", ""),
    ],
)
def test_what_changed_is_said_in_words(question, before, now, words):
    assert compare.change(question, before, now, True, True) == words
    assert compare.change(question, before, now, False, True) == "Not asked last year"
    assert compare.change(question, before, now, True, False) == ""


# --- who may sum what --------------------------------------------------------------------------


@pytest.fixture
def quick_pdf(monkeypatch):
    monkeypatch.setattr("mou.health_checks.copy.pdf.render", lambda html, **_: html.encode())


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_pdf")
def test_the_office_sums_each_in_full_and_blocks_where_only_sums_are_shown():
    full = make_checkups(4)
    for practice in full.practices:
        handed_in(full, practice)
    assert reading.for_office(full.officer, full.setting).least is None
    assert len(reading.for_office(full.officer, full.setting).entries) == 4
    stranger = make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg())
    assert reading.for_office(stranger, full.setting).entries == []

    summed = make_checkups(6, is_summed_only=True, least=3)
    for practice in summed.practices[:5]:
        handed_in(summed, practice)
    gps = summed.setting.questionnaire.sections.get(key="workforce").questions.get(key="gps")
    found = reading.for_office(summed.officer, summed.setting)
    assert (found.least, found.handed_in) == (3, 5)
    assert together(sums_of(gps, found.entries, found.least)).practices == 3
    in_one_practice = make.make_person(Role.OBSERVER, summed.practices[0])
    assert reading.for_office(in_one_practice, summed.setting).entries == []
    assert reading.for_office(stranger, summed.setting).entries == []


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_pdf")
def test_a_practice_reads_averages_only_of_enough():
    world = make_checkups(4, least=3)
    for practice, gps in zip(world.practices, ("1", "2", "6", "60"), strict=True):
        check = handed_in(world, practice, gps=gps)
    lines = {line.question.key: line for _, rows in compare.lines(check, world.setting) for line in rows}
    assert lines["gps"].average == "3"
    world.setting.least = 5
    lines = {line.question.key: line for _, rows in compare.lines(check, world.setting) for line in rows}
    assert lines["gps"].average == ""
    page = client_of(world.manager)
    shown = page.get(
        reverse("mou:health_check", kwargs={"stage": world.stage.pk, "ods_code": world.practice.ods_code})
    )
    assert "CCG average" in shown.content.decode()


def test_no_answer_is_lost_between_the_form_and_the_page():
    assert answers.kept(Decimal("4.50")) == "4.5"
    assert answers.kept(Decimal("1200")) == "1200"
    assert answers.said(NUMBER, "1200.5") == "1,200.5"
    assert answers.said(YES, "not_sure") == "Not sure"
