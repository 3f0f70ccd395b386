"""An MoU that a side declined is not sent again among many before it is drafted anew."""

import pytest
from django.urls import reverse

from mou.agreement import actions as agreements
from mou.agreement.rules import check_can_send
from mou.agreement.stopping import decline
from mou.bulk import actions
from mou.bulk.ready import READY, cases, ready
from mou.drafts.actions import make_draft
from mou.models import Agreement, BulkCase
from tests.core.test_exports import QUEUE
from tests.mou.test_bulk import Inline
from tests.mou.world import commit_money, make_ready, make_world

pytestmark = pytest.mark.django_db
WHY = "The end date is before the new GP starts."


@pytest.fixture
def declined(settings):
    settings.TASKS = QUEUE
    world = make_world()
    make_ready([world])
    agreement = agreements.send(by=world.officer, referral=world.referral)
    decline(by=world.manager, agreement=agreement, why=WHY)
    return world


def draft_anew(world):
    """More money is committed, so the document differs."""
    commit_money(world, 10_000, key="more")
    return make_draft(by=world.officer, referral=world.referral)


def test_a_declined_mou_is_listed_with_its_reason_until_it_is_redrafted(declined, client):
    (row,) = cases(declined.officer)
    assert row.lacks == "declined"
    assert not ready(declined.officer)
    client.force_login(declined.officer)
    here = reverse("mou:ready_to_issue")
    assert declined.referral.reference not in client.get(here, {"tab": "ready"}).content.decode()
    page = client.get(here, {"tab": "not-ready", "lacks": "declined"}).content.decode()
    assert "Declined on" in page
    assert WHY in page
    assert "redraft it first" in page
    assert reverse("mou:make_draft", kwargs={"referral": declined.referral.pk}) in page
    page = client.post(reverse("mou:issue_chosen"), {"chosen": [declined.referral.pk]}).content.decode()
    assert "These are not ready" in page
    assert WHY in page
    # Alone it may be sent anew as it is: that is one person's decision on one case.
    check_can_send(declined.officer, declined.referral, agreements.latest_agreement(declined.referral))
    draft_anew(declined)
    assert [each.lacks for each in cases(declined.officer)] == [READY]


def test_the_same_draft_made_again_is_no_redraft(declined):
    make_draft(by=declined.officer, referral=declined.referral)
    assert [each.lacks for each in cases(declined.officer)] == ["declined"]


def test_one_that_is_declined_between_the_order_and_its_turn_is_not_sent(settings):
    settings.TASKS = QUEUE
    world = make_world()
    make_ready([world])
    bulk = actions.begin_bulk(by=world.officer, referrals=[world.referral])
    decline(by=world.manager, agreement=agreements.send(by=world.officer, referral=world.referral), why=WHY)
    actions.issue_all(bulk, Inline())
    case = BulkCase.objects.get()
    assert case.state == BulkCase.State.FAILED
    assert WHY in case.why_failed
    assert Agreement.objects.count() == 1


def test_what_was_redrafted_is_issued(declined):
    draft_anew(declined)
    bulk = actions.begin_bulk(by=declined.officer, referrals=[declined.referral])
    actions.issue_all(bulk, Inline())
    assert BulkCase.objects.get().state == BulkCase.State.ISSUED
    assert Agreement.objects.filter(state=Agreement.State.SENT).count() == 1


def test_a_reason_of_any_length_fits(settings):
    settings.TASKS = QUEUE
    world = make_world()
    make_ready([world])
    bulk = actions.begin_bulk(by=world.officer, referrals=[world.referral])
    decline(
        by=world.manager,
        agreement=agreements.send(by=world.officer, referral=world.referral),
        why="Too early. " * 180,
    )
    actions.issue_all(bulk, Inline())
    assert "redraft it first" in BulkCase.objects.get().why_failed
