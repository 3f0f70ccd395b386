"""Dividing a group on screen: where it is offered, what the page asks, and what each side reads afterwards."""

import pytest
from django.urls import reverse

from mou.archive import of_referral
from mou.plan import actions as plan_actions
from practices.models import Person
from resilience.core.access import Role
from resilience.referrals.dividing import places_of
from resilience.referrals.models import Referral
from tests.factories import make_ccg, make_person
from tests.mou.dividing import SHARES, divide, make_group
from tests.mou.world import World, agree_plan, commit_money, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_group()


def read(client, name: str, referral: Referral) -> str:
    answer = client.get(reverse(name, kwargs={"referral": referral.pk}))
    assert answer.status_code == 200
    return answer.content.decode()


def address(world: World) -> str:
    return reverse("mou:divide", kwargs={"referral": world.referral.pk})


def typed(world: World, shares=("1,000", "600", "400"), **changed: str) -> dict[str, str]:
    """What the officer types for each practice, in the order of the page."""
    data = {"why": "Each signs for itself"}
    for n, (place, share) in enumerate(zip(places_of(world.referral), shares, strict=True), start=1):
        pk = place.practice_id
        data |= {f"name_{pk}": f"Contact {n}", f"email_{pk}": f"contact{n}@example.nhs.uk"}
        data |= {f"phone_{pk}": "01632 960000", f"amount_{pk}": share}
    return data | changed


# --- where it is offered --------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["mou:plan", "mou:case"])
def test_the_choice_is_offered_to_the_officer_of_a_supported_group_only(world, client, tab):
    question = "One MoU for all 3 practices, or one each?"
    for person, is_asked in ((world.officer, True), (world.approver, False), (world.manager, False)):
        client.force_login(person)
        assert (question in read(client, tab, world.referral)) == is_asked
    client.force_login(world.officer)
    page = read(client, tab, world.referral)
    assert f'href="{address(world)}"' in page
    assert "give each a case first" in read(client, "funding:commit", world.referral)
    agree_plan(world)
    page = read(client, tab, world.referral)
    assert "It can be one each, but not now. Both sides agreed one plan for the group." in page
    assert f'href="{address(world)}"' not in page
    commit_money(world)
    assert question not in read(client, tab, world.referral)


def test_a_case_of_one_practice_is_asked_nothing(client):
    world = make_world()
    client.force_login(world.officer)
    assert "or one each?" not in read(client, "mou:case", world.referral)
    assert "Only a group’s referral is divided" in client.get(address(world)).content.decode()


def test_who_does_not_work_there_finds_no_page(world, client):
    client.force_login(make_person(Role.PROGRAMME_OFFICER, make_ccg(world.office)))
    assert client.get(address(world)).status_code == 404
    client.force_login(world.approver)
    assert client.get(address(world)).status_code == 403


# --- the page -------------------------------------------------------------------------------------


def test_contacts_that_are_known_are_filled_in_and_no_amount_is(world, client):
    client.force_login(world.officer)
    page = client.get(address(world))
    form = page.context["form"]
    lead, second, _ = places_of(world.referral)
    assert form.fields[f"email_{lead.practice_id}"].initial == world.referral.contact_email
    person = Person.objects.get(name=f"Manager of {second.name}")
    initial = {
        part: form.fields[f"{part}_{second.practice_id}"].initial for part in ("name", "email", "phone")
    }
    assert initial == {"name": person.name, "email": person.email, "phone": "01632 960111"}
    assert form.fields[f"amount_{second.practice_id}"].initial is None
    assert "Of the £2,000 that was granted to the group" in page.content.decode()


def test_each_error_stands_by_its_box_and_nothing_typed_is_lost(world, client):
    client.force_login(world.officer)
    lead, second, third = (place.practice_id for place in places_of(world.referral))
    wrong = {f"email_{second}": "contact two", f"name_{third}": "", "why": ""}
    answer = client.post(address(world), typed(world, **wrong))
    errors = answer.context["form"].errors
    assert set(errors) == set(wrong)
    page = answer.content.decode()
    assert f'id="id_email_{second}-error"' in page or f"id_email_{second}" in page
    assert 'value="contact two"' in page
    assert 'value="1,000"' in page
    answer = client.post(address(world), typed(world, ("1,000", "600", "300")))
    assert list(answer.context["form"].errors) == [f"amount_{third}"]
    assert "The parts come to £1,900. The decision granted £2,000" in answer.content.decode()
    answer = client.post(address(world), typed(world, ("0", "600", "400")))
    assert list(answer.context["form"].errors) == [f"amount_{lead}"]
    assert not Referral.objects.filter(divided_from__isnull=False).exists()


def test_the_officer_divides_the_group_and_a_second_click_says_so(world, client):
    client.force_login(world.officer)
    answer = client.post(address(world), typed(world), follow=True)
    assert "3 practices have a case each." in answer.content.decode()
    cases = list(Referral.objects.filter(divided_from=world.referral).order_by("pk"))
    assert [each.decisions.get().amount for each in cases] == list(SHARES)
    answer = client.post(address(world), typed(world), follow=True)
    assert "This referral was divided on" in answer.content.decode()
    assert Referral.objects.filter(divided_from=world.referral).count() == 3
    assert "This referral was divided on" in client.get(address(world)).content.decode()


def test_what_a_rule_refuses_is_said_on_the_page(world, client):
    client.force_login(world.officer)
    agree_plan(world)
    answer = client.post(address(world), typed(world)).content.decode()
    assert "Reopen the plan first." in answer
    assert 'value="contact2@example.nhs.uk"' in answer


# --- afterwards -----------------------------------------------------------------------------------


def test_the_office_finds_its_way_between_the_group_and_its_cases(world, client):
    cases = divide(world)
    client.force_login(world.officer)
    group = read(client, "referrals:case", world.referral)
    for case in cases:
        href = reverse("referrals:case", args=[case.pk])
        assert f'<a href="{href}">{case.reference}</a> ({case.lead_practice.name})' in group
    assert "What you can do" not in group
    mou = read(client, "mou:case", world.referral)
    assert "Each practice has a plan and an MoU of its own, in its own case." in mou
    assert "Before the Memorandum of Understanding can be drafted" not in mou
    back = reverse("referrals:case", args=[world.referral.pk])
    assert f'Divided from the group’s referral <a href="{back}">' in read(client, "mou:case", cases[1])
    tab = read(client, "assessments:case", cases[1])
    assert "Assessed and decided with the group’s referral" in tab
    assert reverse("assessments:case", args=[world.referral.pk]) in tab
    assert "Start the assessment" not in tab
    decision = read(client, "decisions:case", cases[1])
    assert "Decided with the group’s referral" in decision
    assert "£600" in decision
    assert "Yes: sent with the group’s referral" in read(client, "referrals:form", cases[1])
    assert "Each wants to sign for itself" in read(client, "referrals:timeline", cases[1])
    before = reverse("referrals:timeline", args=[world.referral.pk])
    assert before in read(client, "referrals:timeline", cases[1])
    money = read(client, "funding:case", world.referral)
    assert "£2,000 was granted to the group, and shared out to the cases" in money
    assert "Still to commit" not in money
    assert "followed in its own case" in read(client, "mou:delivery", world.referral)
    assert "goes on in a case of its own" in read(client, "funding:commit", world.referral)
    found = client.get(reverse("search"), {"q": cases[1].reference})
    assert found.headers["location"] == reverse("referrals:case", args=[cases[1].pk])
    world.referral.refresh_from_db()
    parts = dict(of_referral.referral(world.referral, world.officer).blocks[0].rows)
    assert parts["Divided into"].endswith(f"{cases[2].reference} ({cases[2].lead_practice.name})")
    parts = dict(of_referral.referral(cases[2], world.officer).blocks[0].rows)
    assert parts["Divided from"] == world.referral.reference


def test_the_practice_reads_which_case_is_its_own(world, client):
    cases = divide(world)
    client.force_login(Person.objects.get(name=f"Manager of {cases[1].lead_practice.name}"))
    group = read(client, "referrals:follow", world.referral)
    assert "This referral was divided: each practice of the group has a case of its own" in group
    assert f"Your case is {cases[1].reference}." in group
    assert reverse("referrals:follow", args=[cases[1].pk]) in group
    assert reverse("referrals:follow", args=[cases[0].pk]) not in group
    own = read(client, "referrals:follow", cases[1])
    assert "Divided from the group’s referral" in own
    assert "We have decided to support you." in own
    assert f"The part of {cases[1].lead_practice.name} is up to £600." in own
    client.force_login(world.manager)
    home = client.get(reverse("home")).content.decode()
    assert f"Your case is {cases[0].reference}." in home
    assert home.index(f"{cases[0].reference}</a>") < home.index(f"{world.referral.reference}</a>")
    assert client.get(reverse("referrals:follow", args=[cases[1].pk])).status_code == 404


def test_the_plan_that_was_begun_stands_in_the_case(world, client):
    plan_actions.start_plan(by=world.officer, referral=world.referral)
    case = divide(world)[2]
    client.force_login(world.officer)
    page = read(client, "mou:plan", case)
    assert "contact3@example.nhs.uk" in page
    assert "or one each?" not in page
    left = read(client, "mou:plan", world.referral)
    assert "The plan as it stood when the group was divided" in left
    assert "not agreed yet" not in left
    client.force_login(world.manager)
    assert "Agree the plan" not in read(client, "mou:plan", world.referral)
