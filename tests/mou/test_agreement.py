"""The MoU from draft to withdrawal or two signatures: who, when, in which order, over which words."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from post_office.models import Email

from funding import actions as funding
from funding.models import Transfer
from mou.agreement import actions, documents, rules, stopping
from mou.agreement.states import AGREEMENT_ACTS, NOT_SENT, SIGNS
from mou.models import Agreement, Signature
from mou.wording.lines import BLOCKS
from mou.wording.words import FIELDS
from practices.models import RoleHolding
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import StoredFile, TrailEntry
from resilience.core.trail import verify
from resilience.programmes.models import PaymentStage
from resilience.referrals.states import State
from tests.factories import (
    grant,
    make_ccg,
    make_organisation,
    make_person,
    make_practice,
    make_referral,
    make_year,
)
from tests.mou.world import (
    add_supplier,
    agree_plan,
    commit_money,
    make_world,
    past_its_last_day,
    publish_clauses,
    send_mou,
    sign_both,
    signing,
)

pytestmark = pytest.mark.django_db
A = Agreement.State


def put_in(world, state):
    agree_plan(world)
    commit_money(world)
    if state == NOT_SENT:
        return None
    agreement = actions.send(by=world.officer, referral=world.referral, supplier=world.supplier)
    if state == A.WITHDRAWN:
        stopping.withdraw_agreement(by=world.officer, agreement=agreement, why="A date.")
    if state == A.DECLINED:
        stopping.decline(by=world.manager, agreement=agreement, why="A date.")
    if state == A.EXPIRED:
        stopping.expire(by=None, agreement=past_its_last_day(agreement))
    if state in (A.PRACTICE_SIGNED, A.SUPPLIER_SIGNED, A.SIGNED):
        actions.sign_for_practice(**signing(agreement, world.manager))
    if state in (A.SUPPLIER_SIGNED, A.SIGNED) and world.supplier:
        actions.sign_for_supplier(**signing(agreement, world.partner))
    if state == A.SIGNED:
        actions.sign_for_commissioner(**signing(agreement, world.approver))
    if state in (A.NOTICE, A.TERMINATED, A.ENDED):
        over = timezone.now() if state != A.NOTICE else None
        rows = Agreement.objects.filter(pk=agreement.pk)
        rows.update(state=state, signed_at=timezone.now(), ended_at=over)
    return Agreement.objects.get(pk=agreement.pk)


def do(act, person, world, agreement):
    world.referral.refresh_from_db()
    acts = {
        "mou.send": lambda: actions.send(by=person, referral=world.referral),
        "mou.withdraw_agreement": lambda: stopping.withdraw_agreement(
            by=person, agreement=agreement, why="A date."
        ),
        "mou.decline": lambda: stopping.decline(by=person, agreement=agreement, why="A date."),
        "mou.postpone_signing": lambda: stopping.postpone_signing(
            by=person, agreement=agreement, sign_by=today() + dt.timedelta(days=60), why="A holiday."
        ),
        **{
            each.name: lambda side=side: actions.SIGN[side](**signing(agreement, person))
            for side, each in SIGNS.items()
        },
    }
    return acts[act]()


MAY = {
    "mou.send": Role.PROGRAMME_OFFICER,
    "mou.withdraw_agreement": Role.PROGRAMME_OFFICER,
    "mou.postpone_signing": Role.PROGRAMME_OFFICER,
    "mou.sign_for_practice": Role.PRACTICE_USER,
    "mou.sign_for_supplier": Role.SUPPLIER_USER,
    "mou.sign_for_commissioner": Role.APPROVER,
}
WHO_SIGNS = {
    False: {A.SENT: Role.PRACTICE_USER, A.PRACTICE_SIGNED: Role.APPROVER},
    True: {
        A.SENT: Role.PRACTICE_USER,
        A.PRACTICE_SIGNED: Role.SUPPLIER_USER,
        A.SUPPLIER_SIGNED: Role.APPROVER,
    },
}
STATES = [
    (state, is_three)
    for is_three in (False, True)
    for state in (NOT_SENT, *A.values)
    if is_three or state != A.SUPPLIER_SIGNED
]


@pytest.mark.parametrize(("state", "is_three"), STATES)
def test_every_act_in_every_state_by_every_role(state, is_three):
    """Of those until the last signature (see test_ending_acts.py for the others): allowed exactly where the table
    says, to exactly this role in scope, in turn; and the trail has the entry.
    """
    world = make_world()
    if is_three:
        add_supplier(world)
    agreement = put_in(world, state)
    elsewhere = make_practice(make_ccg())
    # Another supplier with the same practice in care sees the MoU, and does not sign it.
    other = make_organisation("supplier", world.office)
    other.assignments.create(practice=world.practice, started_on=today())
    for role in Role:
        places = {
            Role.PRACTICE_USER: (world.practice, elsewhere),
            Role.SUPPLIER_USER: (world.supplier, other),
        }.get(role, (world.ccg, elsewhere.commissioner))
        for in_scope, place in zip((True, False), places, strict=True):
            if place is None:
                continue
            person = make_person(role, place)
            for name, act in ((name, AGREEMENT_ACTS[name]) for name in MAY):
                if agreement is None and name != "mou.send":
                    continue
                signer = WHO_SIGNS[is_three].get(state)
                allowed = in_scope and role == MAY.get(name, signer) and state in act.moves
                if name.startswith("mou.sign"):
                    allowed = allowed and role == signer
                with transaction.atomic():
                    try:
                        made = do(name, person, world, agreement)
                        done = True
                    except Denied:
                        done = False
                    assert done == allowed, (name, state, role, in_scope)
                    assert TrailEntry.objects.filter(act=name, by=person).count() == allowed
                    if done:
                        assert Agreement.objects.get(pk=made.pk).state == act.moves[state]
                    transaction.set_rollback(True)
                person.__dict__.pop("_allowed", None)


@pytest.mark.parametrize("state", sorted(set(State.values) - {State.DRAFT, State.COMMITTED}))
def test_the_mou_is_signed_only_while_its_money_is_committed(state):
    world = make_world()
    agreement = put_in(world, A.PRACTICE_SIGNED)
    type(world.referral).objects.filter(pk=world.referral.pk).update(state=state)
    agreement = Agreement.objects.get(pk=agreement.pk)
    with pytest.raises(Denied):
        actions.sign_for_commissioner(**signing(agreement, world.approver))


def test_what_is_missing_to_draft_is_listed():
    world = make_world()
    assert [gap.section for gap in rules.gaps_before_sending(world.referral)] == ["plan", "money"]
    with pytest.raises(Denied, match="cannot be drafted yet"):
        documents.render(world.referral)
    agree_plan(world)
    assert [gap.section for gap in rules.gaps_before_sending(world.referral)] == ["money"]
    commit_money(world)
    assert rules.gaps_before_sending(world.referral) == []
    unworded = make_referral(make_practice(world.ccg), make_year(world.office), State.SUPPORTED)
    assert rules.gaps_before_sending(unworded)[0].section == "wording"


def test_sending_needs_someone_who_can_sign():
    world = make_world()
    agree_plan(world)
    commit_money(world)
    RoleHolding.objects.filter(practice=world.practice).update(
        ended_at=timezone.now(), ended_by=world.officer
    )
    with pytest.raises(Denied, match="Nobody at Harbour Street Surgery"):
        actions.send(by=world.officer, referral=world.referral)


def test_the_same_inputs_give_the_same_bytes():
    world = make_world(others=1)
    agreement = send_mou(world)
    assert documents.render(world.referral) == agreement.html
    assert documents.to_pdf(agreement.html, world.referral) == bytes(agreement.document.content)
    sign_both(world, agreement)
    agreement = Agreement.objects.get(pk=agreement.pk)
    assert documents.signed_pdf(agreement) == documents.signed_pdf(agreement)


@pytest.mark.parametrize("kind", ["national", "local"])
def test_the_document_says_what_was_agreed(kind):
    world = make_world(kind, others=1)
    html = send_mou(world).html
    other = world.referral.practices.get(is_lead=False)
    for words in (
        "Harbour Street Surgery", other.name, other.ods_code, "Northvale CCG", "1 Quay Road", "£2,000",
        "Two GPs recruited", "Recruitment plan", "The practice carries on with its own staff.",
        world.referral.reference, "on behalf of every practice",
    ):  # fmt: skip
        assert words in html, words
    assert "{" not in html
    assert ("Appendix 2" in html) == (kind == "national")
    assert ("three months’ notice" in html) == (kind == "national")
    assert ("one month’s notice in writing." in html) == (kind == "local")
    assert ("The national programme that releases time for care" in html) == (kind == "local")


def test_every_word_that_a_wording_may_use_is_filled_in():
    world = make_world()
    fields = set(FIELDS) - {"supplier_name"}  # which a wording of two parties does not know
    lines = "\n".join(
        [*(f"{name}: {{{name}}}" for name in sorted(fields)), *(f"{{{name}}}" for name in BLOCKS)]
    )
    publish_clauses(world, lines)
    html = send_mou(world).html
    assert "{" not in html
    for name in fields:
        assert f"{name}: " in html
        assert f"{name}: </" not in html


@pytest.mark.parametrize("has_case_study", [True, False])
def test_the_case_study_clause_stands_only_where_it_is_agreed(has_case_study):
    html = send_mou(make_world(), has_case_study=has_case_study).html
    assert ("case study" in html) == has_case_study


def test_names_are_escaped_on_screen_and_shown_as_typed_in_the_pdf():
    name = '<img src="http://example.org/x"> & “Łódź” {ends_on}'
    world = make_world(practice_name=name)
    html = send_mou(world).html
    assert "<img" not in html
    assert "&lt;img src=&quot;http://example.org/x&quot;&gt; &amp; “Łódź” {ends_on}" in html


def test_what_was_sent_never_changes():
    agreement = send_mou(make_world())
    for change in ({"html": "other"}, {"document": StoredFile.objects.first().pk + 999}, {"money": {}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Agreement.objects.filter(pk=agreement.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        StoredFile.objects.filter(pk=agreement.document_id).update(content=b"other")
    with pytest.raises(DatabaseError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).delete()


def test_one_mou_a_referral_is_out():
    world = make_world()
    agreement = send_mou(world)
    with pytest.raises(Denied, match="Withdraw it before"):
        actions.send(by=world.officer, referral=world.referral)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.create(
            referral=world.referral,
            template=agreement.template,
            html="x",
            document=agreement.document,
            sent_by=world.officer,
        )


def test_a_withdrawn_mou_can_be_drafted_anew_and_keeps_its_signature_on_record():
    world = make_world()
    agreement = put_in(world, A.PRACTICE_SIGNED)
    with pytest.raises(Denied, match="Say why"):
        stopping.withdraw_agreement(by=world.officer, agreement=agreement, why="")
    Email.objects.all().delete()
    stopping.withdraw_agreement(by=world.officer, agreement=agreement, why="The wrong lead.")
    told = {address for email in Email.objects.all() for address in email.to}
    assert world.manager.email in told
    anew = actions.send(by=world.officer, referral=world.referral)
    assert anew.pk != agreement.pk
    assert Signature.objects.filter(agreement=agreement).count() == 1
    sign_both(world, anew)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"typed_name": "Somebody Else"}, "not the name you are signed in with"),
        ({"typed_name": "O'Brien"}, "first and last name"),
        ({"typed_name": " "}, "Type your name"),
        ({"agreed": False}, "Tick the box"),
        ({"document_sha256": "0" * 64}, "not the one on record"),
    ],
)
def test_a_signature_with_something_wrong_is_refused_and_leaves_nothing(wrong, sentence):
    world = make_world()
    agreement = send_mou(world)
    with pytest.raises(Denied, match=sentence):
        actions.sign_for_practice(**signing(agreement, world.manager, **wrong))
    assert not Signature.objects.exists()
    assert Agreement.objects.get(pk=agreement.pk).state == A.SENT


@pytest.mark.parametrize(
    "typed", ["Siân O’Brien", "sian obrien", "S O'Brien", "Dr Siân Mary O’BRIEN", "  siân   o'brien "]
)
def test_the_name_is_matched_loosely(typed):
    world = make_world()
    agreement = send_mou(world)
    actions.sign_for_practice(**signing(agreement, world.manager, typed_name=typed))
    assert Signature.objects.get().typed_name == " ".join(typed.split())


def test_another_practice_of_the_group_does_not_sign():
    world = make_world(others=1)
    agreement = send_mou(world)
    other = world.referral.practices.get(is_lead=False).practice
    with pytest.raises(Denied, match="leads this group and acts for all its practices"):
        actions.sign_for_practice(**signing(agreement, make_person(Role.PRACTICE_USER, other)))


def test_the_same_person_does_not_sign_for_both_sides():
    world = make_world()
    agreement = put_in(world, A.PRACTICE_SIGNED)
    grant(world.manager, Role.APPROVER, world.ccg)
    with pytest.raises(Denied, match="for the other side"):
        actions.sign_for_commissioner(**signing(agreement, world.manager))


def test_an_approver_with_an_interest_does_not_sign():
    world = make_world()
    agreement = put_in(world, A.PRACTICE_SIGNED)
    Interest.objects.create(
        person=world.approver,
        practice=world.practice,
        nature="My brother is a partner",
        started_on=today() - dt.timedelta(days=1),
        declared_by=world.approver,
    )
    with pytest.raises(Denied, match="declared an interest"):
        actions.sign_for_commissioner(**signing(agreement, world.approver))


def test_nobody_signs_a_document_whose_money_has_changed():
    world = make_world()
    agree_plan(world)
    commit_money(world, 100_000)
    agreement = actions.send(by=world.officer, referral=world.referral)
    commit_money(world, 50_000, key="more")
    with pytest.raises(Denied, match="has changed since this MoU was sent"):
        actions.sign_for_practice(**signing(agreement, world.manager))


def test_the_second_signature_opens_the_money_and_moves_the_referral():
    world = make_world()
    PaymentStage.objects.create(
        year=world.year, position=2, name="Plan", amount=40_000, opens="plan_agreed", pays_before_mou=False
    )
    agreement = send_mou(world)
    assert not Transfer.objects.filter(kind="make_payable").exists()
    sign_both(world, agreement)
    world.referral.refresh_from_db()
    assert world.referral.state == State.AGREED
    assert sum(each.amount for each in Transfer.objects.filter(kind="make_payable")) == 200_000
    assert list(verify()) == []
    with pytest.raises(Denied, match="must end first"):
        funding.release(by=world.officer, commitment=world.referral.commitments.get(), why="x", key="r")


def test_a_signature_records_who_for_whom_over_what_and_how():
    world = make_world()
    agreement = send_mou(world)
    moment = timezone.now()
    evidence = actions.Evidence("192.0.2.7", "A browser", "password, totp", moment)
    actions.sign_for_practice(**signing(agreement, world.manager, evidence=evidence))
    actions.sign_for_commissioner(**signing(agreement, world.approver))
    first, second = agreement.signatures.all()
    assert (first.organisation, first.organisation_code) == (
        "Harbour Street Surgery",
        world.practice.ods_code,
    )
    assert (second.organisation, second.organisation_code) == ("Northvale CCG", world.ccg.code)
    assert (first.ip_address, first.user_agent, first.sign_in_method) == (
        "192.0.2.7",
        "A browser",
        "password, totp",
    )
    assert first.signed_in_at == moment
    for signature in (first, second):
        entry = TrailEntry.objects.get(sequence=signature.trail_sequence)
        assert entry.hash == signature.trail_hash
        assert entry.facts["document_sha256"] == signature.document_sha256 == agreement.document.sha256
        assert entry.facts["html_sha256"] == signature.html_sha256
    assert second.trail_hash == TrailEntry.objects.order_by("-sequence").first().hash


def test_signatories_are_asked_in_order():
    world = make_world()
    Email.objects.all().delete()
    agreement = send_mou(world)
    asked = Email.objects.filter(subject__startswith="Please sign")
    assert {address for email in asked for address in email.to} >= {world.manager.email}
    assert world.approver.email not in {address for email in asked for address in email.to}
    Email.objects.all().delete()
    actions.sign_for_practice(**signing(agreement, world.manager))
    assert world.approver.email in {address for email in Email.objects.all() for address in email.to}
    (asked,) = Email.objects.filter(subject__startswith="Please sign", to=world.approver.email)
    assert f"/mou/{agreement.pk}/sign/" in asked.message
