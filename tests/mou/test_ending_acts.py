"""Every act after signature × every state × every role; what each refuses, in words; who is told."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from post_office.models import Email

from funding.mou_status import mou_status
from mou.agreement.states import AGREEMENT_ACTS
from mou.ending import actions, rules
from mou.models import Agreement, Ending, Notice
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from resilience.core.trail import verify
from resilience.core.words import day
from resilience.referrals.states import State
from tests.factories import grant, leave, make_person
from tests.mou.after import ENDS_ON, NOW, give, on, put, signed_world, write_signature
from tests.mou.world import add_supplier, everyone, make_world

pytestmark = pytest.mark.django_db
A = Agreement.State

LAST = dt.date(2019, 4, 1)
"""A day on which notice has run out and the end date has passed."""

DO = {
    "mou.give_notice": lambda by, it: actions.give_notice(by=by, agreement=it),
    "mou.give_notice_of_failure": lambda by, it: actions.give_notice_of_failure(
        by=by, agreement=it, why="No replies.", talked_on=NOW, talked_with="Dr Chair"
    ),
    "mou.withdraw_notice": lambda by, it: actions.withdraw_notice(by=by, agreement=it, why="We talked."),
    "mou.terminate": lambda by, it: actions.terminate(by=by, agreement=it),
    "mou.end": lambda by, it: actions.end(by=by, agreement=it, delivered="All of it is in place."),
}
MAY = {
    "mou.give_notice": {Role.PRACTICE_USER, Role.APPROVER},
    "mou.give_notice_of_failure": {Role.APPROVER},
    "mou.withdraw_notice": {Role.PRACTICE_USER},  # whose side gave it
    "mou.terminate": {Role.PROGRAMME_OFFICER},
    "mou.end": {Role.PROGRAMME_OFFICER},
}
DAYS = {"mou.terminate": LAST, "mou.end": NOW}


@pytest.mark.parametrize("state", A.values)
def test_every_act_after_signature_in_every_state_by_every_role(state, monkeypatch):
    world = make_world()
    agreement = put(world, state)
    for role, in_scope, person in everyone(world):
        for name, do in DO.items():
            act = AGREEMENT_ACTS[name]
            on(monkeypatch, DAYS.get(name, NOW))
            allowed = in_scope and role in MAY[name] and state in act.moves
            with transaction.atomic():
                try:
                    do(person, Agreement.objects.get(pk=agreement.pk))
                    done = True
                except Denied:
                    done = False
                assert done == allowed, (name, state, role, in_scope)
                found = TrailEntry.objects.filter(act=name, by=person, case_id=world.referral.pk)
                assert found.count() == allowed
                if allowed:
                    after = Agreement.objects.get(pk=agreement.pk)
                    assert after.state == act.moves[state]
                    world.referral.refresh_from_db()
                    over = after.state in (A.TERMINATED, A.ENDED)
                    assert world.referral.state == (State.ENDED if over else State.AGREED)
                    assert mou_status([world.referral.pk])[world.referral.pk].is_signed
                transaction.set_rollback(True)
            person.__dict__.pop("_allowed", None)
            world.referral.refresh_from_db()


def test_every_act_after_signature_is_tried_here():
    after = {name for name, act in AGREEMENT_ACTS.items() if {A.SIGNED, A.NOTICE} & set(act.moves)}
    assert after == set(DO)


def test_notice_is_counted_from_the_clause_of_the_wording(monkeypatch):
    on(monkeypatch, dt.date(2018, 11, 30))
    world, agreement = signed_world()
    notice = actions.give_notice_of_failure(
        by=world.approver, agreement=agreement, why="No replies.", talked_on=NOW, talked_with="Dr Chair"
    )
    assert (notice.months, notice.ends_on) == (1, dt.date(2018, 12, 30))
    actions.withdraw_notice(by=world.approver, agreement=agreement, why="They came back to us.")
    again = actions.give_notice(by=world.manager, agreement=agreement)
    assert (again.months, again.ends_on) == (3, dt.date(2019, 2, 28))


def test_the_local_wording_has_one_month_and_no_shorter_notice(monkeypatch):
    on(monkeypatch, dt.date(2018, 10, 31))
    world, agreement = signed_world("local")
    with pytest.raises(Denied, match="no shorter notice"):
        DO["mou.give_notice_of_failure"](world.approver, agreement)
    assert actions.give_notice(by=world.approver, agreement=agreement).ends_on == dt.date(2018, 11, 30)


def test_notice_that_would_outlast_the_mou_is_refused(monkeypatch):
    on(monkeypatch, dt.date(2018, 12, 2))
    world, agreement = signed_world()
    with pytest.raises(Denied, match="ends before, on 1 March 2019"):
        actions.give_notice(by=world.manager, agreement=agreement)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"why": " "}, "in what the practice failed"),
        ({"talked_with": ""}, "with whom at the LMC"),
        ({"talked_on": NOW + dt.timedelta(days=1)}, "Talk with the LMC first"),
    ],
)
def test_failure_to_cooperate_is_found_after_talking_with_the_lmc(wrong, sentence, monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world()
    said = {"why": "No replies.", "talked_on": NOW, "talked_with": "Dr Chair"} | wrong
    with pytest.raises(Denied, match=sentence):
        actions.give_notice_of_failure(by=world.approver, agreement=agreement, **said)
    assert Agreement.objects.get(pk=agreement.pk).state == A.SIGNED
    with pytest.raises(IntegrityError), transaction.atomic():
        give(world, agreement, "commissioner", ground="failure", why="No replies.")


def test_only_the_side_that_gave_notice_withdraws_it_and_not_after_it_ran_out(monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world(state=A.NOTICE)
    with pytest.raises(Denied, match="The practice gave this notice, and only it can withdraw it"):
        actions.withdraw_notice(by=world.approver, agreement=agreement, why="No.")
    with pytest.raises(Denied, match="Say why"):
        actions.withdraw_notice(by=world.manager, agreement=agreement, why=" ")
    on(monkeypatch, dt.date(2018, 12, 1))
    with pytest.raises(Denied, match="ran out on 1 December 2018"):
        actions.withdraw_notice(by=world.manager, agreement=agreement, why="Too late.")


@pytest.mark.parametrize("name", sorted(DO))
def test_nobody_with_an_interest_acts_for_the_commissioner(name, monkeypatch):
    on(monkeypatch, DAYS.get(name, NOW))
    world = make_world()
    agreement = put(world, A.SIGNED)
    person = world.officer if name in DAYS else world.approver
    if A.NOTICE in AGREEMENT_ACTS[name].moves:
        give(world, agreement, "commissioner")
        Agreement.objects.filter(pk=agreement.pk).update(state=A.NOTICE)
        agreement.refresh_from_db()
    Interest.objects.create(
        person=person, practice=world.practice, nature="x", started_on=NOW, declared_by=person
    )
    with pytest.raises(Denied, match="declared an interest"):
        DO[name](person, agreement)


def test_the_mou_is_in_force_until_its_notice_has_run_and_its_last_day_has_passed(monkeypatch):
    _, agreement = signed_world(state=A.NOTICE)
    on(monkeypatch, dt.date(2018, 11, 30))
    with pytest.raises(Denied, match="runs until 1 December 2018"):
        actions.terminate(by=None, agreement=agreement)
    other, still = signed_world()
    on(monkeypatch, ENDS_ON)
    with pytest.raises(Denied, match="in force until 1 March 2019"):
        actions.end(by=other.officer, agreement=still)


def test_the_worker_ends_what_is_due_once(monkeypatch, capsys):
    in_notice, noticed = signed_world(state=A.NOTICE)
    _, past = signed_world()
    on(monkeypatch, dt.date(2018, 12, 1))
    call_command("end_mous")
    assert "Ended 1 MoU." in capsys.readouterr().out
    on(monkeypatch, ENDS_ON + dt.timedelta(days=1))
    call_command("end_mous")
    call_command("end_mous")
    ending, natural = Ending.objects.get(agreement=noticed), Ending.objects.get(agreement=past)
    assert (ending.how, ending.ended_on, ending.recorded_by) == ("notice", dt.date(2018, 12, 1), None)
    assert (natural.how, natural.ended_on) == ("date", dt.date(2019, 3, 2))
    assert Ending.objects.count() == 2
    in_notice.referral.refresh_from_db()
    assert in_notice.referral.state == State.ENDED
    assert list(verify()) == []


def test_an_mou_whose_plan_is_delivered_ends_today(monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world()
    with pytest.raises(Denied, match="only when the plan is delivered"):
        actions.end(by=world.officer, agreement=agreement, delivered=" ")
    ending = actions.end(by=world.officer, agreement=agreement, delivered="Both GPs have started.")
    assert (ending.how, ending.ended_on, ending.why) == ("delivered", NOW, "Both GPs have started.")


def test_a_second_click_of_notice_is_the_same_notice_and_the_other_side_is_told_one_stands(monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world()
    first = actions.give_notice(by=world.manager, agreement=agreement)
    assert actions.give_notice(by=world.manager, agreement=agreement) == first
    with pytest.raises(Denied, match="Notice given"):
        actions.give_notice(by=world.approver, agreement=agreement)
    assert Notice.objects.count() == 1


def test_whoever_acts_for_both_sides_says_for_which(monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world()
    grant(world.manager, Role.APPROVER, world.ccg)
    assert rules.side_of(world.manager, agreement) == "practice"
    notice = actions.give_notice(by=world.manager, agreement=agreement, side="commissioner")
    assert notice.side == "commissioner"


def letters():
    return {email.subject.partition(" (")[0]: email for email in Email.objects.all()}


def told():
    return {address for email in Email.objects.all() for address in email.to}


def test_both_sides_are_told_at_each_step_what_happens_to_the_money(monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world()
    name = "Harbour Street Surgery"
    both = {world.manager.email, world.approver.email}
    Email.objects.all().delete()
    actions.give_notice(by=world.manager, agreement=agreement, why="A partner retires.")
    said = letters()[f"Notice to end the Memorandum of Understanding of {name}"].message
    for words in ("gave notice on 5 October 2018", "ends on 5 January 2019", "A partner retires.", "£2,000"):
        assert words in said
    assert both <= told()
    Email.objects.all().delete()
    actions.withdraw_notice(by=world.manager, agreement=agreement, why="They stay.")
    said = letters()[f"The notice to end the Memorandum of Understanding of {name} was withdrawn"].message
    assert "They stay." in said
    assert both <= told()
    actions.give_notice(by=world.manager, agreement=agreement)
    Email.objects.all().delete()
    on(monkeypatch, dt.date(2019, 1, 5))
    actions.terminate(by=None, agreement=agreement)
    said = letters()[f"The Memorandum of Understanding of {name} has ended"].message
    assert "£2,000 that was committed and not payable yet was released." in said
    assert {world.manager.email, world.finance.email} <= told()


def test_who_signed_and_has_left_hears_no_more_of_it(monkeypatch):
    on(monkeypatch, NOW)
    world = make_world()
    agreement = put(world, A.SIGNED)
    colleague, earlier = (make_person(Role.PRACTICE_USER, world.practice) for _ in range(2))
    for person, side in ((earlier, "practice"), (world.approver, "commissioner")):
        write_signature(agreement, person, side)
    leave(earlier)
    Email.objects.all().delete()
    actions.give_notice(by=world.approver, agreement=agreement, why="The rota was never shared.")
    assert {world.manager.email, colleague.email, world.approver.email} <= told()
    assert earlier.email not in told()


def test_a_supplier_that_is_a_party_hears_of_notice_and_of_nothing_else_of_the_case(monkeypatch):
    on(monkeypatch, NOW)
    world = make_world()
    add_supplier(world)
    agreement = put(world, A.SIGNED, supplier=world.supplier)
    write_signature(agreement, world.partner, "supplier")
    Email.objects.all().delete()
    actions.give_notice(by=world.approver, agreement=agreement, why="The rota was never shared.")
    (mine,) = (each for each in Email.objects.all() if world.partner.email in each.to)
    assert "It ends on 5 January 2019" in mine.message
    assert reverse("mou:read", kwargs={"agreement": agreement.pk}) in mine.message
    for words in (reverse("mou:case", kwargs={"referral": world.referral.pk}), "rota", "paid"):
        assert words not in mine.message


def test_the_end_says_the_exit_strategy_and_what_is_left(monkeypatch):
    on(monkeypatch, ENDS_ON + dt.timedelta(days=1))
    _, agreement = signed_world()
    Email.objects.all().delete()
    actions.end(by=None, agreement=agreement)
    said = letters()["The Memorandum of Understanding of Harbour Street Surgery has ended"].message
    for words in ("on the date agreed", "The practice carries on with its own staff.", "£2,000 is committed"):
        assert words in said


def test_what_is_on_record_of_an_end_never_changes(monkeypatch):
    on(monkeypatch, NOW)
    world, agreement = signed_world()
    notice = actions.give_notice(by=world.manager, agreement=agreement)
    for rows, change in (
        (Notice.objects.filter(pk=notice.pk), {"ends_on": NOW + dt.timedelta(days=1)}),
        (Notice.objects.filter(pk=notice.pk), {"side": "commissioner"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    ending = actions.end(by=world.officer, agreement=agreement, delivered="Done.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Ending.objects.filter(pk=ending.pk).update(released={})
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(ended_at=None)


def test_the_pages_under_notice_say_what_holds_then(monkeypatch, client):
    """What would happen is not told where it cannot be done; ending it sooner counts from the notice."""
    on(monkeypatch, NOW)
    world, agreement = signed_world(state=A.NOTICE)
    notice = Notice.objects.get(agreement=agreement)
    here = {"agreement": agreement.pk}
    client.force_login(world.manager)
    given = client.get(reverse("mou:give_notice", kwargs=here)).content.decode()
    assert "If you give notice today" not in given
    assert "is not possible now" in given
    client.force_login(world.officer)
    sooner = client.get(reverse("mou:end", kwargs=here)).content.decode()
    assert f"By the notice that was given it ends on {day(notice.ends_on)}. It ends today instead." in sooner
