"""A report from its date to its acceptance: rounds, files, drafts, the stage that waits, letters and pages."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from post_office.models import Email

from funding.models import StageOpening, Transfer
from funding.stages.actions import accept_progress
from mou.delivery import actions, progress
from mou.delivery.dates import Due
from mou.models import ProgressEntry, ProgressFile, ProgressReport, ReportStep
from resilience.core import trail
from resilience.core.access import Denied, Role
from resilience.core.calendar import add_months, today
from resilience.demo.stories import PAGE
from resilience.referrals.uploads import CheckedFile
from tests.factories import client_of, make_person
from tests.mou.delivering import all_said, due_report, hand_in, make_delivering, rows_of
from tests.mou.world import agree_plan, commit_money, make_world, send_mou, sign_both

pytestmark = pytest.mark.django_db
S = ProgressReport.State
HOSTILE = "<script>alert('x')</script> & O’Brien"


def on(days: int) -> dt.date:
    return today() + dt.timedelta(days=days)


def page(name: str, report: ProgressReport) -> str:
    return reverse(f"mou:{name}", kwargs={"progress_report": report.pk})


def a_file(name: str = "rota.pdf") -> CheckedFile:
    return CheckedFile(name, "application/pdf", PAGE)


def payable() -> int:
    return sum(each.amount for each in Transfer.objects.filter(kind="make_payable"))


def letters_to(person: Any) -> list[str]:
    return [mail.subject for mail in Email.objects.order_by("pk") if person.email in mail.to]


# --- the stage that waits ----------------------------------------------------------------------


def test_acceptance_opens_the_stage_that_waits_and_no_other():
    world = make_delivering(stages=2)
    first, second = world.year.stages.order_by("position")
    report = due_report(world, stage=first)
    hand_in(world, report)
    assert payable() == 0
    actions.accept_report(by=world.officer, report=report, words="Clear and complete.")
    assert payable() == 100_000
    assert [each.stage for each in StageOpening.objects.all()] == [first]
    assert actions.accept_report(by=world.officer, report=report, words="Clear and complete.")
    with pytest.raises(Denied, match="was accepted"):
        actions.accept_report(by=world.officer, report=report)
    assert payable() == 100_000
    # No report waits for the second: it is accepted by itself, as before.
    accept_progress(by=world.officer, referral=world.referral, stage=second, why="Seen on a visit")
    assert payable() == 200_000
    assert list(trail.verify()) == []


def test_while_a_report_waits_progress_is_not_accepted_by_itself():
    world = make_delivering(stages=1)
    stage = world.year.stages.get()
    report = due_report(world, stage=stage)
    by_itself = reverse("funding:accept_progress", kwargs={"referral": world.referral.pk, "stage": stage.pk})
    given = {"by": world.officer, "referral": world.referral, "stage": stage, "why": "Seen"}
    for state in (S.DUE, S.ASKED_AGAIN, S.HANDED_IN):
        ProgressReport.objects.filter(pk=report.pk).update(state=state)
        with pytest.raises(Denied, match="progress report"):
            accept_progress(**given)
        answer = client_of(world.officer).get(by_itself)
        assert answer.headers["Location"] == page("progress_report", report)
        case = client_of(world.officer).get(reverse("funding:case", kwargs={"referral": world.referral.pk}))
        assert page("progress_report", report) in case.content.decode()
    ProgressReport.objects.filter(pk=report.pk).update(state=S.EXCUSED)
    assert client_of(world.officer).get(by_itself).status_code == 200
    accept_progress(**given)
    assert payable() == 200_000


def test_a_stage_that_is_open_already_stays_as_it_is():
    world = make_delivering(stages=1)
    stage = world.year.stages.get()
    accept_progress(by=world.officer, referral=world.referral, stage=stage, why="Seen")
    with pytest.raises(Denied, match="does not wait"):
        actions.set_reports(by=world.officer, referral=world.referral, dates=[Due(on(30), stage)])
    report = due_report(world, stage=stage)
    hand_in(world, report)
    actions.accept_report(by=world.officer, report=report)
    assert (StageOpening.objects.count(), payable()) == (1, 200_000)


def test_an_interest_bars_from_accepting():
    from resilience.assessments.actions import declare_interest

    world = make_delivering()
    report = due_report(world)
    hand_in(world, report)
    declare_interest(by=world.officer, practice=world.practice, nature="My sister", started_on=on(-3))
    with pytest.raises(Denied, match="interest"):
        actions.accept_report(by=world.officer, report=report)


# --- rounds ------------------------------------------------------------------------------------


def test_asked_again_and_handed_in_again_every_round_is_kept():
    world = make_delivering()
    report = due_report(world)
    row = rows_of(world)[0]
    hand_in(
        world, report, words="All well", said={**all_said(world), row: ("late", "Illness")}, files=[a_file()]
    )
    actions.ask_report_again(by=world.officer, report=report, words="Which posts?", due_on=on(14))
    report.refresh_from_db()
    assert (report.state, report.due_on, report.first_due_on) == (S.ASKED_AGAIN, on(14), on(30))
    hand_in(world, report, words="Both GP posts", said={**all_said(world), row: ("done", "")})
    actions.accept_report(by=world.officer, report=report)
    assert list(ReportStep.objects.filter(report=report).values_list("act", "words", "after")) == [
        ("mou.set_reports", "", "due"),
        ("mou.hand_in_report", "All well", "handed_in"),
        ("mou.ask_report_again", "Which posts?", "asked_again"),
        ("mou.hand_in_report", "Both GP posts", "handed_in"),
        ("mou.accept_report", "", "accepted"),
    ]
    assert [entry.standing for entry in row.progress.all()] == ["late", "done"]
    assert report.files.get().step.words == "All well"
    html = client_of(world.manager).get(page("progress_report", report)).content.decode()
    for said in ("All well", "Illness", "Which posts?", "Both GP posts", "rota.pdf"):
        assert said in html
    assert letters_to(world.manager)[-2:] == [
        f"Something is missing in the progress report of Harbour Street Surgery ({world.referral.reference})",
        f"The progress report of Harbour Street Surgery is accepted ({world.referral.reference})",
    ]


def test_repeated_clicks_change_nothing():
    world = make_delivering()
    report = due_report(world)
    acts = [
        (actions.move_report, world.officer, {"due_on": on(40), "why": "Illness"}),
        (
            actions.hand_in_report,
            world.manager,
            {"said": all_said(world), "words": "Well", "files": [a_file()]},
        ),
        (actions.ask_report_again, world.officer, {"words": "Dates", "due_on": on(50)}),
        (actions.excuse_report, world.officer, {"why": "It closes"}),
    ]
    for act, by, given in acts:
        once = act(by=by, report=report, **given)
        counts = ReportStep.objects.count(), ProgressEntry.objects.count(), Email.objects.count()
        assert act(by=by, report=report, **given) == once
        assert counts == (ReportStep.objects.count(), ProgressEntry.objects.count(), Email.objects.count())
    assert ProgressFile.objects.count() == 1


def test_the_same_words_of_another_standing_or_date_are_no_repeated_click():
    world = make_delivering()
    report = due_report(world)
    hand_in(world, report)
    with pytest.raises(Denied, match="handed in"):
        hand_in(world, report, said=all_said(world, "done"))
    again = {"by": world.officer, "report": report, "words": "Dates"}
    actions.ask_report_again(**again, due_on=on(10))
    with pytest.raises(Denied, match="asked for this report again"):
        actions.ask_report_again(**again, due_on=on(11))


def test_what_is_on_record_does_not_change():
    world = make_delivering()
    report = due_report(world)
    hand_in(world, report, files=[a_file()])
    kept = report.files.get()
    with pytest.raises(Denied, match="handed in"):
        actions.remove_progress_file(by=world.manager, progress_file=kept)
    for rows, change in (
        (ProgressEntry.objects, {"standing": "done"}),
        (ReportStep.objects, {"words": "x"}),
        (ProgressFile.objects, {"added_by": world.officer}),
        (ProgressReport.objects, {"first_due_on": on(1)}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressEntry.objects.create(
            referral=world.referral, action=rows_of(world)[1], standing="late", made_by=world.manager
        )


def test_a_report_speaks_of_every_row_of_the_plan_in_force_and_of_no_other():
    world, other = make_delivering(), make_delivering()
    report = due_report(world)
    for said in (
        {rows_of(world)[0]: ("done", "")},
        {**all_said(world), rows_of(other)[0]: ("done", "")},
    ):
        with pytest.raises(Denied, match="plan was changed"):
            hand_in(world, report, said=said)
    with pytest.raises(Denied, match="Say why"):
        hand_in(world, report, said=all_said(world, "not_needed"))
    assert not ProgressEntry.objects.exists()


# --- dates -------------------------------------------------------------------------------------


def test_dates_are_to_come_and_each_is_free():
    world = make_delivering()
    given = {"by": world.officer, "referral": world.referral}
    actions.set_reports(**given, dates=[Due(on(30)), Due(on(60))])
    assert actions.set_reports(**given, dates=[Due(on(30)), Due(on(60))]) == []
    for wrong in (on(0), on(-1), on(4 * 366)):
        with pytest.raises(Denied, match="Choose a date"):
            actions.set_reports(**given, dates=[Due(wrong)])
    first = world.referral.progress_reports.first()
    with pytest.raises(Denied, match="Another report"):
        actions.move_report(by=world.officer, report=first, due_on=on(60), why="Illness")
    with pytest.raises(Denied, match="already"):
        actions.move_report(by=world.officer, report=first, due_on=on(30), why="Illness")
    with pytest.raises(Denied, match="Say why"):
        actions.move_report(by=world.officer, report=first, due_on=on(31), why=" ")


def test_the_second_signature_sets_the_usual_dates_of_a_year_that_has_them():
    world = make_world()
    world.year.stages.all().delete()
    stage = world.year.stages.create(position=1, name="Progress", per_cent=100, opens="progress")
    actions.set_report_schedule(by=world.administrator, year=world.year, every_months=1)
    sign_both(world, send_mou(world))
    reports = list(world.referral.progress_reports.all())
    assert reports[-1].due_on == world.referral.plan.ends_on
    assert [each.stage for each in reports] == [None] * (len(reports) - 1) + [stage]
    assert len(reports) == 4
    assert any("When Harbour Street Surgery reports" in subject for subject in letters_to(world.manager))
    with pytest.raises(Denied):
        actions.set_report_schedule(by=world.officer, year=world.year, every_months=2)


def test_without_such_a_year_an_officer_sets_them_with_one_click():
    world = make_delivering()
    address = reverse("mou:report_dates", kwargs={"referral": world.referral.pk})
    client = client_of(world.officer)
    assert "The usual dates" in client.get(address).content.decode()
    client.post(address, {"act": "usual"})
    assert [each.due_on for each in world.referral.progress_reports.all()] == [
        add_months(today(), 3),
        world.referral.plan.ends_on,
    ]
    assert "The usual dates" not in client.get(address).content.decode()
    day = on(20)
    sent = {"act": "add", "due_on": day.isoformat()}
    assert client.post(address, sent).status_code == 302
    assert world.referral.progress_reports.first().due_on == day
    again = client.post(address, sent | {"due_on": "2001-01-01"})
    assert "still to come" in again.content.decode()


# --- the practice's page -----------------------------------------------------------------------


def _filled(world: Any, standing: str = "on_track", **more: Any) -> dict[str, Any]:
    rows = progress.milestones(world.referral)
    return {
        **{f"standing_{row.key}": standing for row in rows},
        **{f"reason_{row.key}": "" for row in rows},
        "words": "Well",
        "act": "hand_in",
    } | more


def test_it_is_filled_in_saved_and_handed_in():
    world = make_delivering()
    report = due_report(world)
    first = rows_of(world)[0]
    actions.record_progress(
        by=world.manager, referral=world.referral, row=first, standing="late", words=HOSTILE
    )
    address = page("fill_report", report)
    client = client_of(world.manager)
    html = client.get(address).content.decode()
    assert '<option value="late" selected>' in html
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
    file = SimpleUploadedFile("rota.pdf", PAGE, content_type="application/pdf")
    saved = client.post(
        address, _filled(world, words="", act="save", files=[file]), follow=True
    ).content.decode()
    assert "saved and not handed in" in saved
    assert "rota.pdf" in saved
    report.refresh_from_db()
    assert report.state == S.DUE
    assert not ReportStep.objects.filter(report=report).exclude(act="mou.set_reports").exists()
    # Nobody but the practice has what is not handed in.
    added = reverse("mou:progress_file", kwargs={"progress_file": report.files.get().pk})
    assert client.get(added).status_code == 200
    assert client_of(world.officer).get(added).status_code == 404
    wrong = client.post(address, _filled(world, "late", words=""))
    assert wrong.status_code == 200
    assert "Say why it is late" in wrong.content.decode()
    assert "Say in a sentence or two" in wrong.content.decode()
    long = client.post(address, _filled(world, words="word " * 101))
    assert "The most is 100" in long.content.decode()
    assert client.post(address, _filled(world)).headers["Location"] == page("progress_report", report)
    report.refresh_from_db()
    assert (report.state, report.draft, report.files.get().kept_at is not None) == (S.HANDED_IN, {}, True)
    assert client_of(world.officer).get(added).status_code == 200
    assert {row.progress.last().standing for row in rows_of(world)} == {"on_track"}
    assert client.get(address).status_code == 302


def test_a_wrong_file_is_refused_in_words_and_a_file_can_be_taken_out():
    world = make_delivering()
    report = due_report(world)
    client, address = client_of(world.manager), page("fill_report", report)
    bad = SimpleUploadedFile("rota.pdf", b"MZ not a PDF", content_type="application/pdf")
    assert "is not a whole PDF" in client.post(address, _filled(world, files=[bad])).content.decode()
    actions.save_report(by=world.manager, report=report, draft={}, files=[a_file()])
    added = report.files.get()
    client.post(reverse("mou:remove_progress_file", kwargs={"progress_file": added.pk}))
    assert not report.files.exists()


def test_the_home_of_the_practice_and_of_the_officer_say_what_is_next():
    world = make_delivering()
    report = due_report(world, days=3)
    home = client_of(world.manager).get("/").content.decode()
    assert page("fill_report", report) in home
    assert "Report on your progress" in home
    follow = (
        client_of(world.manager).get(reverse("referrals:follow", args=[world.referral.pk])).content.decode()
    )
    assert page("fill_report", report) in follow
    assert "late" not in client_of(world.officer).get("/").content.decode()
    ProgressReport.objects.filter(pk=report.pk).update(due_on=on(-3))
    late = client_of(world.officer).get("/").content.decode()
    assert "progress report late" in late
    hand_in(world, report)
    assert "handed in: accept or ask again" in client_of(world.officer).get("/").content.decode()
    assert page("fill_report", report) not in client_of(world.manager).get("/").content.decode()


def test_the_list_is_by_state_practice_and_scope():
    world, other = make_delivering(), make_delivering(practice_name="Elsewhere Surgery")
    late, handed_in = due_report(world, days=-2), due_report(world, days=20)
    due_report(world, days=0)
    due_report(other, days=-2)
    hand_in(world, handed_in)
    client = client_of(world.officer)
    address = reverse("mou:progress_reports")

    def listed(**query: str) -> list[int]:
        return [row.thing.pk for row in client.get(address, query).context["list"].rows]

    assert len(listed()) == 3
    assert listed(state="late") == [late.pk]
    assert listed(state="handed_in") == [handed_in.pk]
    assert listed(q="Elsewhere") == []
    assert len(listed(q=world.practice.ods_code)) == 3
    assert client_of(world.manager).get(address).status_code == 403


def test_officer_pages_do_what_they_say():
    world = make_delivering()
    report = due_report(world, days=-2)
    client = client_of(world.officer)
    due_on = on(40)
    client.post(page("move_report", report), {"due_on": due_on.isoformat(), "why": HOSTILE})
    report.refresh_from_db()
    assert report.due_on == due_on
    html = client.get(page("progress_report", report)).content.decode()
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    assert "was first due" in html
    hand_in(world, report, words=HOSTILE)
    due_on = on(50)
    client.post(page("ask_report_again", report), {"due_on": due_on.isoformat(), "words": "Which?"})
    fill = client_of(world.manager).get(page("fill_report", report)).content.decode()
    assert "Which?" in fill
    client.post(page("excuse_report", report), {"why": "It merges"})
    report.refresh_from_db()
    assert report.state == S.EXCUSED
    refused = client.get(page("excuse_report", report)).content.decode()
    assert "not needed" in refused
    other = due_report(world, days=9)
    hand_in(world, other)
    client.post(page("progress_report", other), {"words": ""})
    other.refresh_from_db()
    assert other.state == S.ACCEPTED


def test_a_row_has_its_history_and_the_tab_its_milestones_in_order():
    world = make_delivering()
    row = rows_of(world)[0]
    address = reverse("mou:objective_progress", kwargs={"objective": row.pk})
    client = client_of(world.manager)
    file = SimpleUploadedFile("rota.pdf", PAGE, content_type="application/pdf")
    client.post(address, {"standing": "late", "words": HOSTILE, "file": file})
    html = client.get(address).content.decode()
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    assert "rota.pdf" in html
    assert "Say why it is late" in client.post(address, {"standing": "late", "words": ""}).content.decode()
    tab = reverse("mou:delivery", kwargs={"referral": world.referral.pk})
    html = client.get(tab).content.decode()
    assert "0 of 2 milestones done or no longer needed, 1 late." in html
    observer = make_person(Role.OBSERVER, world.ccg)
    assert "What was said of it" in client_of(observer).get(address).content.decode()
    assert client_of(observer).post(address, {"standing": "done"}).status_code == 200
    assert row.progress.count() == 1


def test_before_the_mou_is_signed_there_is_nothing_to_follow():
    world = make_world()
    agree_plan(world)
    commit_money(world)
    tab = reverse("mou:delivery", kwargs={"referral": world.referral.pk})
    html = client_of(world.manager).get(tab).content.decode()
    assert "Progress of the plan" not in html
    assert "Case study" in html
