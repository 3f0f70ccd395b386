"""MoUs issued together: each case its own act, by all cores, and nothing lost or sent twice when a worker dies."""

import os
import signal
import threading
from concurrent.futures.process import BrokenProcessPool

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from post_office.models import Email

from mou.agreement import actions as agreement_actions
from mou.agreement import rules, stopping
from mou.bulk import actions
from mou.bulk.ready import LACKS, READY, cases, ready
from mou.bulk.renderers import Renderers
from mou.drafts.actions import answer_comment, comment_on_draft, make_draft
from mou.models import Agreement, BulkCase, BulkIssue, Template
from resilience.core import exports
from resilience.core.access import Denied, Role
from resilience.core.alone import alone
from resilience.core.models import TrailEntry
from tests.core.test_exports import QUEUE
from tests.factories import make_ccg, make_person
from tests.mou.rendering import die, poisoned, shout
from tests.mou.world import World, agree_plan, commit_money, make_ready, make_world, more, sign_both

pytestmark = pytest.mark.django_db
S = BulkCase.State


def nobody_signs_for(world: World) -> None:
    world.practice.holdings.update(ended_at=timezone.now(), ended_by=world.manager)


@pytest.fixture
def queued(settings):
    settings.TASKS = QUEUE


@pytest.fixture
def three(queued):
    world = make_world()
    worlds = [world, *more(world, 2)]
    make_ready(worlds)
    return worlds


def begin(worlds: list[World], by=None) -> BulkIssue:
    return actions.begin_bulk(by=by or worlds[0].officer, referrals=[each.referral for each in worlds])


def work(renderers: Renderers | None = None) -> BulkIssue:
    """What the worker does, on the test's own connection."""
    bulk = BulkIssue.objects.latest("pk")
    actions.issue_all(bulk, renderers)
    bulk.refresh_from_db()
    return bulk


class Inline(Renderers):
    """As the processes make them, in this one: for tests that are about something else."""

    def begin(self, html, **options):
        return None if not self._function else _Done(self._function(html, **options))

    def get(self, future, html, **options):
        return future.made


class _Done:
    def __init__(self, made):
        self.made = made


def outcomes() -> list[tuple[str, str]]:
    return list(BulkCase.objects.order_by("referral_id").values_list("state", "why_failed"))


# --- issued ------------------------------------------------------------------------------------


def test_each_case_gets_its_mou_made_by_more_than_one_process(three):
    bulk = begin(three)
    assert not Agreement.objects.exists()
    used = actions.issue_all(bulk, Renderers(2)).used
    assert os.getpid() not in used
    assert len(used) == 2
    bulk.refresh_from_db()
    assert bulk.finished_at
    assert outcomes() == [(S.ISSUED, "")] * 3
    for case in bulk.cases.select_related("agreement__document"):
        agreement = case.agreement
        assert agreement.sent_by == three[0].officer
        alone_made = agreement_actions.documents.to_pdf(agreement.html, case.referral)
        assert bytes(agreement.document.content) == alone_made, "another process makes the same bytes"
        assert TrailEntry.objects.filter(act="mou.send", case_id=case.referral_id).count() == 1
    asked = {address for email in Email.objects.all() for address in email.to}
    assert {each.manager.email for each in three} <= asked


def test_the_worker_of_the_queue_issues_what_was_ordered(three):
    begin(three[:1])
    (row,) = DBTaskResult.objects.filter(status="READY")
    row.task.call(**row.args_kwargs["kwargs"])
    assert outcomes() == [(S.ISSUED, "")]
    row.task.call(**row.args_kwargs["kwargs"])
    assert Agreement.objects.count() == 1


def test_one_that_may_not_be_issued_says_why_and_keeps_none_of_the_others(three):
    begin(three)
    # Between the order and its turn, each of these changed.
    agreement_actions.send(by=three[0].officer, referral=three[0].referral)
    nobody_signs_for(three[1])
    work(Inline())
    assert [state for state, _ in outcomes()] == [S.FAILED, S.FAILED, S.ISSUED]
    assert "with its signatories already" in outcomes()[0][1]
    assert "can sign in to sign yet" in outcomes()[1][1]
    assert Agreement.objects.count() == 2


def test_what_nobody_foresaw_is_logged_and_said_plainly(three, monkeypatch, caplog):
    begin(three)
    real = actions.send

    def fails(*, by, referral):
        if referral == three[1].referral:
            raise ZeroDivisionError
        return real(by=by, referral=referral)

    monkeypatch.setattr(actions, "send", fails)
    work(Inline())
    assert [state for state, _ in outcomes()] == [S.ISSUED, S.FAILED, S.ISSUED]
    assert outcomes()[1][1] == actions.BROKEN
    assert "ZeroDivisionError" in caplog.text


def test_the_rights_are_those_of_the_moment(three):
    begin(three)
    three[0].officer.holdings.update(ended_at=timezone.now(), ended_by=three[0].officer)
    work(Inline())
    assert {state for state, _ in outcomes()} == {S.FAILED}
    assert "Your role does not let you" in outcomes()[0][1]


def test_an_account_that_was_closed_issues_nothing(three):
    begin(three)
    three[0].officer.is_active = False
    three[0].officer.save()
    work(Inline())
    assert set(outcomes()) == {(S.FAILED, actions.CLOSED)}


# --- twice -------------------------------------------------------------------------------------


def test_the_same_order_twice_is_one_and_others_must_look_again(three):
    first = begin(three)
    assert begin(three) == first
    colleague = make_person(Role.PROGRAMME_OFFICER, three[0].ccg)
    with pytest.raises(Denied, match="being issued already"):
        begin(three[1:], by=colleague)
    with pytest.raises(Denied, match="being issued already"):
        begin(three[1:] + more(three[0], 1))
    assert BulkIssue.objects.count() == 1
    assert DBTaskResult.objects.count() == 1


def test_the_database_itself_refuses_a_case_that_waits_twice(three):
    bulk = begin(three)
    other = BulkIssue.objects.create(begun_by=three[0].officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        other.cases.create(referral=bulk.cases.first().referral)


def test_only_ones_own_cases_and_not_too_many(three, monkeypatch):
    stranger = make_person(Role.PROGRAMME_OFFICER, make_ccg())
    with pytest.raises(Denied, match="not yours"):
        begin(three, by=stranger)
    with pytest.raises(Denied, match="at least one"):
        begin([], by=stranger)
    monkeypatch.setattr("mou.bulk.rules.MOST", 2)
    with pytest.raises(Denied, match="at most 2"):
        begin(three)


# --- a worker that ends midway -----------------------------------------------------------------


def test_what_a_killed_worker_left_is_taken_up_and_finished(three):
    bulk = begin(three)
    DBTaskResult.objects.update(status="RUNNING")
    # It was killed after the first case had committed.
    with transaction.atomic():
        sent = agreement_actions.send(by=three[0].officer, referral=three[0].referral)
        bulk.cases.filter(referral=three[0].referral).update(state=S.ISSUED, agreement=sent)
    with alone("bulk-issue", bulk.pk) as ours:
        assert ours
        call_command("finish_bulk_issues")
        assert not DBTaskResult.objects.filter(status="READY").exists(), "somebody is at it"
    call_command("finish_bulk_issues")
    call_command("finish_bulk_issues")
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    assert work(Inline()).finished_at
    assert outcomes() == [(S.ISSUED, "")] * 3
    assert Agreement.objects.count() == 3


def test_a_case_that_ends_the_worker_each_time_is_given_up_in_words(three):
    bulk = begin(three)
    bulk.cases.filter(referral=three[1].referral).update(attempts=actions.ATTEMPTS)
    work(Inline())
    assert outcomes() == [(S.ISSUED, ""), (S.FAILED, actions.STOPPED), (S.ISSUED, "")]


def test_a_document_that_ends_its_process_fails_alone(three):
    begin(three)
    work(Renderers(2, poisoned))
    assert outcomes() == [(S.ISSUED, ""), (S.FAILED, actions.BROKEN), (S.ISSUED, "")]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_issues_is_found_and_its_order_finished(settings):
    """A real process, killed by the operating system; its renderers end with it."""
    settings.TASKS = QUEUE
    world = make_world()
    worlds = [world, *more(world, 3)]
    make_ready(worlds)
    bulk = begin(worlds)
    DBTaskResult.objects.update(status="RUNNING")
    with another_process_at(bulk) as process:
        wait = threading.Event()
        for _ in range(1200):
            if bulk.cases.filter(state=S.ISSUED).exists():
                break
            assert process.poll() is None
            wait.wait(0.05)
        children = children_of(process.pid)
        assert children
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        for _ in range(200):
            if not any(os.path.exists(f"/proc/{pid}") for pid in children):
                break
            wait.wait(0.05)
        assert not [pid for pid in children if os.path.exists(f"/proc/{pid}")], (
            "a renderer outlived its worker"
        )
    bulk.refresh_from_db()
    assert bulk.finished_at is None
    call_command("finish_bulk_issues")
    call_command("db_worker", batch=True, startup_delay=False, verbosity=0)
    bulk.refresh_from_db()
    assert bulk.finished_at
    assert outcomes() == [(S.ISSUED, "")] * 4
    assert Agreement.objects.count() == 4
    for each in worlds:
        assert TrailEntry.objects.filter(act="mou.send", case_id=each.referral.pk).count() == 1


def children_of(pid: int) -> set[int]:
    """Every process below it."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found |= {int(name)} | children_of(int(name))
    return found


def another_process_at(bulk):
    """A worker of its own, in the midst of the order."""
    import subprocess
    import sys

    code = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {str(connection.settings_dict["NAME"])!r}
from django.conf import settings
settings.VAR = __import__("pathlib").Path({str(exports.settings.VAR)!r})
from mou.bulk import actions
real = actions.send
def slowly(**given):
    sent = real(**given)
    if actions.BulkCase.objects.filter(state="issued").exists():
        __import__("time").sleep(60)  # the second case is under way, and does not commit
    return sent
actions.send = slowly
actions.issue.func(bulk={bulk.pk})
"""
    return subprocess.Popen([sys.executable, "-c", code], cwd=exports.settings.BASE_DIR)


# --- the processes -----------------------------------------------------------------------------


def test_processes_are_renewed_and_lose_nothing(monkeypatch):
    monkeypatch.setattr("mou.bulk.renderers.RENEWED_AFTER", 3)
    with Renderers(2, shout) as renderers:
        begun = [(renderers.begin(f"page {n}"), f"page {n}") for n in range(10)]
        made = [renderers.get(future, html) for future, html in begun]
    assert made == [f"PAGE {n}".encode() for n in range(10)]
    assert len(renderers.used) > 3


def test_a_process_that_dies_twice_is_said():
    with Renderers(2, die) as renderers, pytest.raises(BrokenProcessPool):
        renderers.get(renderers.begin("page"), "page")


# --- what is ready -----------------------------------------------------------------------------


def test_what_is_said_to_be_ready_is_what_the_rule_of_sending_allows(queued):
    world = make_world()
    started, committed, deaf, withdrawn, going, signed, sent, complete = more(world, 8)
    agree_plan(world)  # no money
    from mou.plan.actions import start_plan

    start_plan(by=started.manager, referral=started.referral)
    commit_money(started, 50_000)
    commit_money(committed, 50_000)
    make_ready([deaf, withdrawn, going, signed, sent, complete])
    nobody_signs_for(deaf)
    for each in (withdrawn, signed, sent):
        agreement = agreement_actions.send(by=world.officer, referral=each.referral)
        if each is withdrawn:
            stopping.withdraw_agreement(by=world.officer, agreement=agreement, why="Wrong.")
        if each is signed:
            sign_both(each, agreement)
    begin([going], by=make_person(Role.PROGRAMME_OFFICER, world.ccg))
    told = {each.pk: each.lacks for each in cases(world.officer)}
    assert {LACKS[key].text for key in told.values()} == {
        LACKS[key].text for key in LACKS if key not in ("wording", "changes", "declined")
    }
    for each in (world, started, committed, deaf, withdrawn, going, signed, sent, complete):
        each.referral.refresh_from_db()
        latest = agreement_actions.latest_agreement(each.referral)
        try:
            rules.check_can_send(world.officer, each.referral, latest)
            allowed = True
        except Denied as denied:
            allowed, why = False, str(denied)
            lacks = told.get(each.referral.pk)
            if lacks:
                said = LACKS[lacks].text.replace("Nobody at the practice", f"Nobody at {each.practice.name}")
                assert said[1:] in why, (lacks, why)
        assert allowed == (told.get(each.referral.pk) in (READY, "going")), each.practice.name
    assert set(ready(world.officer)) == {withdrawn.referral, complete.referral}


def test_a_case_with_an_open_change_is_not_ready(queued):
    world = make_world()
    make_ready([world])
    draft = make_draft(by=world.officer, referral=world.referral)
    change = comment_on_draft(
        by=world.manager, draft=draft, clause="clause-3-2", kind="change", text="Say May, not June."
    )
    assert [each.lacks for each in cases(world.officer)] == ["changes"]
    with pytest.raises(Denied, match="Answer the change asked for"):
        agreement_actions.send(by=world.officer, referral=world.referral)
    answer_comment(by=world.officer, comment=change, answer="not_taken", text="It ends in June.")
    assert [each.lacks for each in cases(world.officer)] == [READY]


def test_nothing_is_ready_before_the_wording_is_published():
    from resilience.core import integrity

    world = make_world()
    integrity.drop_triggers()
    for template in Template.objects.all():
        template.sections.all().delete()
        template.appendices.all().delete()
        template.delete()
    assert [each.lacks for each in cases(world.officer)] == ["wording"]
    assert not ready(world.officer)
    assert rules.gaps_before_sending(world.referral)[0].text.startswith(LACKS["wording"].text)


def test_strangers_and_the_practice_see_no_case(three):
    assert not cases(three[0].manager)
    assert not cases(make_person(Role.PROGRAMME_OFFICER, make_ccg()))


# --- the pages ---------------------------------------------------------------------------------


def test_an_officer_ticks_confirms_leaves_and_comes_back(three, client):
    client.force_login(three[0].officer)
    lacking = more(three[0], 1)[0]
    page = client.get(reverse("mou:ready_to_issue"), {"tab": "ready"}).content.decode()
    assert all(each.referral.reference in page for each in three)
    assert lacking.referral.reference not in page
    other = client.get(reverse("mou:ready_to_issue"), {"tab": "not-ready"}).content.decode()
    assert lacking.referral.reference in other
    assert reverse("mou:plan", kwargs={"referral": lacking.referral.pk}) in other
    chosen = [each.referral.pk for each in (*three, lacking)]
    page = client.post(reverse("mou:issue_chosen"), {"chosen": chosen}).content.decode()
    assert "Issue 3 MoUs" in page
    assert "These are not ready" in page
    assert not BulkIssue.objects.exists()
    order = {"chosen": chosen[:3], "confirmed": "yes"}
    answer = client.post(reverse("mou:issue_chosen"), order)
    again = client.post(reverse("mou:issue_chosen"), order)
    assert answer["Location"] == again["Location"], "a second click is the same order"
    page = client.get(answer["Location"]).content.decode()
    assert 'data-progress="unfinished"' in page
    assert "It begins in a few seconds" in page
    bulk, one = BulkIssue.objects.get(), Inline()
    BulkCase.objects.filter(referral=three[1].referral).update(attempts=actions.ATTEMPTS)
    actions._finish(bulk, actions._begin(bulk, bulk.cases.order_by("referral_id")[0], one), one)
    assert "33% done: 1 of 3" in client.get(answer["Location"]).content.decode()
    work(Inline())
    page = client.get(answer["Location"]).content.decode()
    assert 'data-progress="finished"' in page
    assert "2 MoUs sent for signature, 1 not sent" in page
    assert actions.STOPPED.split(".")[0] in page
    assert "Issued together" in client.get(reverse("mou:bulks")).content.decode()
    client.force_login(make_person(Role.PROGRAMME_OFFICER, three[0].ccg))
    assert client.get(answer["Location"]).status_code == 404, "an order is its person's own"


def test_nothing_ticked_or_changed_meanwhile_is_said(three, client):
    client.force_login(three[0].officer)
    here = reverse("mou:issue_chosen")
    assert client.get(here)["Location"] == reverse("mou:ready_to_issue")
    page = client.post(here, {"chosen": ["x", "99999999999999999999"]}, follow=True).content.decode()
    assert "Tick at least one case first" in page
    send_mou_of = agreement_actions.send(by=three[0].officer, referral=three[0].referral)
    page = client.post(here, {"chosen": [send_mou_of.referral_id], "confirmed": "yes"}, follow=True)
    assert "Choose at least one case" in page.content.decode()
