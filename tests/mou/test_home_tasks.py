"""What waits after the signature, on the first pages: each count opens the list that it counts."""

import pytest

from funding.actions import release_rest
from mou.drafts import actions as drafts
from mou.ending import actions as ending
from resilience.core.access import Role
from resilience.home.of_mou import changes_asked, money_left
from tests.factories import client_of, make_ccg, make_person
from tests.mou.after import signed_world
from tests.mou.world import agree_plan, commit_money, make_ready, make_world, more

pytestmark = pytest.mark.django_db


def count_of(task, person):
    """As the home says it, once it is sure that the list it opens has as many rows and that the home shows it."""
    (found,) = task(person)
    client = client_of(person)
    assert client.get(found.href).context["list"].total == found.count
    assert (found.href in client.get("/").content.decode()) == bool(found.count)
    return found.count


def test_finance_is_told_of_money_left_committed_on_mous_that_ended():
    world, agreement = signed_world()
    other = more(world, 1)[0]
    commit_money(other, 50_000)
    assert count_of(money_left, world.finance) == 0
    ending.end(by=world.officer, agreement=agreement, delivered="All of it is in place.")
    assert count_of(money_left, world.finance) == 1
    assert count_of(money_left, make_person(Role.FINANCE_LEAD, make_ccg())) == 0
    world.referral.refresh_from_db()
    release_rest(by=world.finance, referral=world.referral, why="The support is over.", key="after")
    assert count_of(money_left, world.finance) == 0


def test_the_officer_is_told_of_changes_asked_for_until_each_is_answered():
    world = make_world()
    agree_plan(world)
    commit_money(world)
    make_ready(more(world, 1))
    draft = drafts.make_draft(by=world.officer, referral=world.referral)
    said = [
        drafts.comment_on_draft(by=world.manager, draft=draft, clause="", kind=kind, text=f"{kind}: see {n}")
        for n, kind in enumerate(["comment", "change", "change"])
    ]
    for comment in said[1:]:
        assert count_of(changes_asked, world.officer) == 1
        drafts.answer_comment(by=world.officer, comment=comment, answer="not_taken", text="It is the law.")
    assert count_of(changes_asked, world.officer) == 0
    assert count_of(changes_asked, make_person(Role.PROGRAMME_OFFICER, make_ccg())) == 0
