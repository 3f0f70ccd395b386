"""What each stage is worth of each commitment, as arithmetic: whatever the stages, the practices and the order."""

import itertools
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from funding.models import Commitment
from funding.stages.worth import worth
from resilience.programmes.models import PaymentStage
from tests.funding.test_stages import fixed, share


def rows_of(given_stages) -> list[PaymentStage]:
    return [
        PaymentStage(pk=number, position=number, **row) for number, row in enumerate(given_stages, start=1)
    ]


@st.composite
def schemes(draw):
    """Some fixed sums and shares of 100 per cent, in any order."""
    sums = [fixed(draw(st.integers(1, 300_00))) for _ in range(draw(st.integers(0, 3)))]
    parts = draw(st.integers(0, 3))
    cuts = sorted(draw(st.integers(0, 100_00)) for _ in range(parts - 1)) if parts else []
    edges = [0, *cuts, 100_00]
    shares = [share(Decimal(b - a) / 100) for a, b in itertools.pairwise(edges)] if parts else []
    return rows_of(draw(st.permutations(sums + shares)))


@st.composite
def commitments(draw):
    """Commitments of up to three practices, and what each promises."""
    rows = [
        Commitment(pk=pk, practice_id=draw(st.integers(1, 3))) for pk in range(1, draw(st.integers(1, 5)) + 1)
    ]
    return rows, {row.pk: draw(st.integers(1, 900_00)) for row in rows}


@given(schemes(), commitments())
@settings(max_examples=300)
def test_stages_never_pass_a_commitment_and_a_fixed_sum_counts_once_a_practice(scheme, given_rows):
    rows, promised = given_rows
    amounts = worth(scheme, rows, promised)
    for row in rows:
        of_it = sum(amounts[stage.pk, row.pk] for stage in scheme)
        assert of_it <= promised[row.pk]
        if any(stage.per_cent is not None for stage in scheme):
            assert of_it == promised[row.pk]
    for stage in scheme:
        assert all(amounts[stage.pk, row.pk] >= 0 for row in rows)
        if stage.amount is not None:
            for practice in {row.practice_id for row in rows}:
                mine = [row for row in rows if row.practice_id == practice]
                assert sum(amounts[stage.pk, row.pk] for row in mine) <= stage.amount


@given(schemes(), commitments())
@settings(max_examples=200)
def test_fixed_sums_are_a_naive_pouring_of_jugs(scheme, given_rows):
    """A second telling: penny by penny, each stage's sum is poured into the practice's commitments in order."""
    rows, promised = given_rows
    room = dict(promised)
    poured = {}
    for stage in (each for each in scheme if each.amount is not None):
        for practice in sorted({row.practice_id for row in rows}):
            jug = stage.amount
            for row in rows:
                if row.practice_id == practice:
                    poured[stage.pk, row.pk] = min(jug, room[row.pk])
                    jug, room[row.pk] = (
                        jug - poured[stage.pk, row.pk],
                        room[row.pk] - poured[stage.pk, row.pk],
                    )
    amounts = worth(scheme, rows, promised)
    assert poured == {pair: amounts[pair] for pair in poured}


@given(schemes(), commitments(), st.randoms())
@settings(max_examples=200)
def test_the_order_in_which_stages_open_changes_nothing(scheme, given_rows, chance):
    rows, promised = given_rows
    at_once = worth(scheme, rows, promised)
    pairs = list(at_once)
    chance.shuffle(pairs)
    made = {}
    for pair in pairs:
        made[pair] = worth(scheme, rows, promised, made)[pair]
    assert made == at_once


@given(schemes(), commitments(), st.data())
@settings(max_examples=200)
def test_a_later_commitment_changes_nothing_before_it(scheme, given_rows, data):
    rows, promised = given_rows
    before = worth(scheme, rows, promised)
    opened = {pair: pence for pair, pence in before.items() if pence and data.draw(st.booleans())}
    later = Commitment(pk=99, practice_id=1)
    after = worth(scheme, [*rows, later], promised | {99: data.draw(st.integers(1, 900_00))}, opened)
    assert {pair: after[pair] for pair in before} == before
    for stage in (each for each in scheme if each.amount is not None):
        of_practice = [row.pk for row in [*rows, later] if row.practice_id == 1]
        assert sum(after[stage.pk, pk] for pk in of_practice) <= stage.amount


@given(schemes(), commitments(), st.data())
@settings(max_examples=200)
def test_what_is_released_takes_from_what_has_not_opened(scheme, given_rows, data):
    rows, promised = given_rows
    full = worth(scheme, rows, promised)
    opened = {pair: pence for pair, pence in full.items() if pence and data.draw(st.booleans())}
    less = {
        pk: data.draw(st.integers(sum(p for (_, of), p in opened.items() if of == pk), pence))
        for pk, pence in promised.items()
    }
    after = worth(scheme, rows, less, opened)
    for row in rows:
        assert sum(after[stage.pk, row.pk] for stage in scheme) <= less[row.pk]
    assert all(after[pair] == pence for pair, pence in opened.items())
