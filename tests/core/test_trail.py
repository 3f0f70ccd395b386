"""The trail: a chain that shows tampering, on every database, under concurrency."""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from resilience.core import acts, integrity, trail
from resilience.core.access import Denied, Role
from resilience.core.erasure import erase_reason
from resilience.core.models import TrailEntry, TrailReason
from tests.factories import make_person


@pytest.fixture
def happen():
    """An act that only leaves an entry."""
    before = dict(acts.ACTIONS)

    @acts.action("Happened")
    def happen(*, by, why="", **facts):
        return trail.record(by=by, on=by, why=why, **facts)

    yield happen
    acts.ACTIONS.clear()
    acts.ACTIONS.update(before)


@pytest.fixture
def person(db):
    return make_person(Role.ADMINISTRATOR)


@pytest.fixture
def unguarded(db):
    """As someone would who got hold of the database itself and took the triggers away."""
    integrity.drop_triggers()
    yield
    integrity.install_triggers()


def tamper(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_an_empty_trail_is_whole(db):
    assert list(trail.verify()) == []


def test_entries_chain_from_the_start(happen, person):
    first = happen(by=person, amount=1)
    second = happen(by=person, amount=2, why="Because")
    assert (first.sequence, first.previous_hash) == (1, trail.START)
    assert (second.sequence, second.previous_hash) == (2, first.hash)
    assert list(trail.verify()) == []


def test_an_entry_reads_back_as_it_was_hashed(happen, person):
    happen(by=person, why="Ünïcode “quotes”\nand lines", n=2**40, none=None, nested={"b": [1, 2], "a": "x"})
    entry = TrailEntry.objects.get()
    assert trail.digest(entry) == entry.hash


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("act", "referrals.forged"),
        ("subject_id", 999),
        ("case_id", 999),
        ("is_internal", True),
        ("facts", '{"amount": 9}'),
        ("at", "2001-01-01 00:00:00+00:00"),
        ("by_id", None),
        ("reason_digest", "0" * 64),
    ],
)
def test_a_changed_entry_is_named(happen, person, unguarded, column, value):
    for amount in range(3):
        happen(by=person, amount=amount)
    tamper(f"UPDATE core_trailentry SET {column} = %s WHERE sequence = 2", value)
    assert next(trail.verify()) == "Entry 2 was changed after it was written."
    with pytest.raises(CommandError, match=r"Entry 2 was changed"):
        call_command("verify_trail")


def test_an_entry_changed_with_its_hash_breaks_the_next(happen, person, unguarded):
    for amount in range(3):
        happen(by=person, amount=amount)
    forged = TrailEntry.objects.get(pk=2)
    forged.facts = {"amount": 9}
    tamper(
        "UPDATE core_trailentry SET facts = %s, hash = %s WHERE sequence = 2",
        '{"amount": 9}',
        trail.digest(forged),
    )
    assert next(trail.verify()) == "Entry 3 does not follow from the entry before it."


def test_an_entry_taken_out_is_missed(happen, person, unguarded):
    for amount in range(3):
        happen(by=person, amount=amount)
    tamper("DELETE FROM core_trailentry WHERE sequence = 2")
    assert next(trail.verify()) == "Entry 2 is missing: the next one on record is 3."


def test_a_tail_cut_off_shows_against_a_head_printed_earlier(happen, person, unguarded, capsys):
    happen(by=person)
    head = happen(by=person).hash
    call_command("verify_trail", head=head)
    assert head in capsys.readouterr().out
    tamper("DELETE FROM core_trailentry WHERE sequence = 2")
    call_command("verify_trail")
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_trail", head=head)


def test_changed_words_are_named(happen, person, unguarded):
    happen(by=person, why="The true reason")
    tamper("UPDATE core_trailreason SET words = 'Another reason'")
    assert list(trail.verify()) == ["The reason given with entry 1 was changed."]


def test_words_taken_away_behind_its_back_are_missed(happen, person):
    happen(by=person, why="The true reason")
    TrailReason.objects.all().delete()
    assert list(trail.verify()) == ["The reason given with entry 1 was taken away."]


def test_erasing_words_leaves_the_trail_whole_and_says_so(happen, person):
    entry = happen(by=person, why="Jane Roe was ill")
    erase_reason(by=person, entry=entry, why="She asked us to")
    assert not TrailReason.objects.filter(words__contains="Roe").exists()
    assert list(trail.verify()) == []
    last = trail.head()
    assert (last.act, last.subject_id, last.reason.words) == ("core.erase_reason", 1, "She asked us to")


def test_erasing_needs_an_administrator_words_and_something_to_erase(happen, person):
    entry = happen(by=person, why="Words")
    with pytest.raises(Denied, match="manage people"):
        erase_reason(by=make_person(Role.PROGRAMME_OFFICER), entry=entry, why="Me too")
    with pytest.raises(Denied, match="no words"):
        erase_reason(by=person, entry=happen(by=person), why="Nothing there")
    erasure = erase_reason(by=person, entry=entry, why="Asked")
    with pytest.raises(Denied, match="no words"):
        erase_reason(by=person, entry=entry, why="Again")
    with pytest.raises(Denied, match="stays"):
        erase_reason(by=person, entry=erasure, why="Hide it")
    assert TrailEntry.objects.count() == 3


def test_the_command_erases_and_refuses_in_sentences(happen, person, capsys):
    happen(by=person, why="Words")
    call_command("erase_reason", "1", by=person.email.upper(), why="Asked")
    assert "erased" in capsys.readouterr().out
    for arguments, sentence in (
        ({"by": "nobody@example.org", "why": "x"}, "Nobody has the address"),
        ({"by": person.email, "why": " "}, "Say why"),
        ({"by": person.email, "why": "x"}, "no words"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("erase_reason", "1", **arguments)
    with pytest.raises(CommandError, match="no entry 77"):
        call_command("erase_reason", "77", by=person.email, why="x")


@pytest.mark.django_db(transaction=True)
def test_entries_written_at_once_are_one_chain(happen):
    person = make_person()
    barrier, failures = threading.Barrier(6), []

    def write():
        try:
            barrier.wait()
            for _ in range(5):
                happen(by=person)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert TrailEntry.objects.count() == 30
    assert list(trail.verify()) == []
