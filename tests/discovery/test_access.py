"""Every address × every role × own and foreign object: the access it declares is the access it gives."""

import pytest

from resilience.core.access import ROLE_PERMISSIONS, Role
from resilience.core.models import SavedView
from tests import factories as make
from tests.discovery.urls import Address, addresses
from tests.discovery.world import Corner, make_corner, make_things
from tests.factories import client_of

ALL = addresses()
IN_SCOPE = {200, 302, 403, 405}
"""What an own object may answer to who holds the permission: a page, a redirect, a rule's no, or "POST only"."""

OF_NO_SCOPE = {
    "part": "a part of the form, not a thing",
    "study_part": "a part of the form, not a thing",
    "token": "known to its addressee only",
    "matrix": "published for every administrator of programmes",
    "criteria_set": "published for every administrator of programmes",
    "questionnaire": "published for every administrator of programmes",
    "section": "a part of a questionnaire",
    "question": "a part of a questionnaire",
}
OVER_EVERYTHING = {"practices:import", "practices:import_preview", "practices:import_discard"}
"""The register is one for all: who manages only part of the country does not import it."""


NOT_ALL_IN_SCOPE = {
    "people:invitation": "a stranger's page, which knows its own tokens alone",
    "funding:invoice": "a practice's invoice is none of its supplier's",
    "funding:invoice_file": "nor is its file",
    "funding:answer_query": "nor its answer",
    "funding:raise_for_practice": "nor may a supplier ask for a practice",
    "funding:raise_for_supplier": "and a practice not for its supplier",
    "assessments:end_interest": "others' interests are for approvers and observers",
}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Two corners that know nothing of one another, made once for the module and undone after it."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        own, foreign = make_corner(), make_corner()
        own.things |= make_things(own)
        foreign.things |= make_things(foreign)
        yield own, foreign
        transaction.set_rollback(True)


AFTER_SIGNATURE = {
    "mou:sealed",
    "mou:consolidated",
    "mou:consolidated_pdf",
    "mou:propose",
    "mou:raise_dispute",
    "mou:give_notice",
    "mou:give_notice_of_failure",
    "mou:withdraw_notice",
    "mou:terminate",
    "mou:end",
}


def values(address: Address, corner: Corner) -> dict[str, object]:
    things = dict(corner.things)
    if "/draft/" in address.route:
        things["referral"] = things["draft"]
    things["token"] = "unknown"
    if address.name in ("people:move_practices", "mou:add_cluster_project"):
        things["organisation"] = corner.locality.pk
    if address.name == "people:assign_practices":
        things["organisation"] = corner.supplier.pk
    if address.name in AFTER_SIGNATURE:
        things["agreement"] = things["sealed"]
    if address.name.startswith("mou:vary_"):
        things |= {
            name.removeprefix("varied_"): pk for name, pk in things.items() if name.startswith("varied_")
        }
    return things


def ours(address: Address) -> bool:
    return hasattr(address.view, "access")


@pytest.mark.parametrize("address", ALL, ids=lambda each: each.name)
def test_declares_its_access(address: Address):
    assert ours(address), f"{address.name} declares no access: use @requires, @signed_in or @public"


OWN_ALONE = {"delete_view", "export", "export_file", "export_again"}
"""Reached by its owner only, whatever the scope: tested below, with one each."""


@pytest.mark.parametrize(
    "address", [each for each in ALL if ours(each) and each.name not in OWN_ALONE], ids=lambda each: each.name
)
def test_gives_the_access_it_declares(address: Address, world):
    own, foreign = world
    wrong = []
    path = address.fill(values(address, own))
    anonymous = client_of(None).get(path)
    if anonymous.status_code == 405:
        anonymous = client_of(None).post(path)
    sent_to_sign_in = anonymous.status_code == 302 and "/account/login/" in anonymous["Location"]
    if sent_to_sign_in == (address.view.access == "public"):
        wrong.append(f"a stranger: {anonymous.status_code}")
    for role in Role.values:
        client = client_of(own.people[role])
        holds = address.view.access != "requires" or ROLE_PERMISSIONS[role] & address.view.permissions
        answered = client.get(path).status_code
        allowed = IN_SCOPE if holds else {403, 405}
        if holds and address.name in OVER_EVERYTHING:
            allowed = {403, 404, 405}
        if holds and address.name in NOT_ALL_IN_SCOPE:
            allowed = IN_SCOPE | {404}
        if answered not in allowed:
            wrong.append(f"{role}, own: {answered}")
        if holds and address.view.access == "requires" and set(address.arguments) - set(OF_NO_SCOPE):
            elsewhere = address.fill(values(address, foreign))
            for method in (client.get, client.post):
                answered = method(elsewhere).status_code
                if answered not in (404, 405):
                    wrong.append(f"{role}, foreign, {method.__name__}: {answered}")
    assert not wrong, f"{address.name}\n" + "\n".join(wrong)


@pytest.mark.django_db
def test_a_saved_view_is_its_owners_alone():
    owner, other = make.make_person(Role.PROGRAMME_OFFICER), make.make_person(Role.PROGRAMME_OFFICER)
    view = SavedView.objects.create(person=owner, page="referrals:worklist", name="Mine")
    path = next(each for each in ALL if each.name == "delete_view").fill({"pk": view.pk})
    assert client_of(other).post(path).status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()
    assert client_of(owner).post(path).status_code == 302
    assert not SavedView.objects.filter(pk=view.pk).exists()
