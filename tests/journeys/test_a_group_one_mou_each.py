"""The office gives each practice of a group a case of its own, and one of them signs its own MoU on a phone."""

from dataclasses import replace

import pytest

from mou.models import Agreement, Plan
from mou.plan import actions as plan_actions
from mou.plan import plans
from practices.models import Person
from resilience.referrals.models import Referral
from tests.journeys import steps
from tests.journeys.conftest import PHONE
from tests.mou.dividing import make_group
from tests.mou.world import commit_money, fill_plan

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_group_is_divided_and_a_practice_signs_for_itself(comes) -> None:
    world = make_group()
    fill_plan(world)
    group = world.referral
    second, third = group.practices.filter(is_lead=False).order_by("name")

    # Olu finds the choice on the MoU tab. A sum that is wrong is said by its box, and nothing typed is lost.
    olu = comes(world.officer)
    olu.signs_in()
    olu.searches_for(group.reference)
    olu.turns_to("MoU")
    olu.sees("One MoU for all 3 practices, or one each?")
    olu.clicks("give each practice a case of its own")
    olu.sees_in(f"Name of the contact at {second.name}", f"Manager of {second.name}")
    olu.finds_the_page_sound()
    for name, pounds in (("Harbour Street Surgery", "1,000"), (second.name, "600"), (third.name, "300")):
        olu.fills(f"Amount for {name}", pounds)
    olu.clicks("Give each practice a case of its own")
    olu.is_told_of_a_problem("The parts come to £1,900")
    olu.fills(f"Amount for {third.name}", "400")
    olu.fills("Why does each practice have a case of its own?", "Each answers for its own plan.")
    olu.clicks_twice("Give each practice a case of its own")
    olu.sees("Divided into cases", f"{group.reference}-3")
    olu.finds_the_page_sound()

    # The plan that was begun is there already; both agree it, and the money is committed.
    case = Referral.objects.get(reference=f"{group.reference}-2")
    manager = Person.objects.get(name=f"Manager of {second.name}")
    theirs = replace(world, practice=second.practice, referral=case, manager=manager)
    mark = plans.fingerprint(Plan.objects.get(referral=case))
    plan_actions.agree_for_practice(by=manager, referral=case, fingerprint=mark)
    plan_actions.agree_for_commissioner(by=world.approver, referral=case, fingerprint=mark)
    commit_money(theirs, 600_00)
    olu.clicks(f"{group.reference}-2")
    olu.turns_to("MoU")
    olu.clicks("Draft it")
    olu.clicks("Keep the draft")
    olu.clicks("Send it for signature")
    olu.sees(f"Sent to {second.name} for signature")

    # Its manager was told which case is theirs, and signs for this practice alone.
    mia = comes(manager, **PHONE)
    assert f"{group.reference}-2" in mia.reads_the_letter("has a case of its own")
    mia.signs_in()
    mia.sees("This referral was divided", f"Your case is {group.reference}-2.")
    mia.finds_the_page_sound()
    mia.clicks("Sign your agreement")
    steps.signs(mia, "Practice manager")
    assert Agreement.objects.get().referral == case
