"""The pages of case studies, what the practice is shown before it consents, and how the figure is counted."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from funding.returns.facts import facts_of
from funding.returns.files import workbook
from mou.case_studies import actions, texts
from mou.case_studies.progress import reached
from mou.models import CaseStudy, CaseStudyText, Naming, PublishedStudy
from resilience.core.access import Role
from resilience.demo.past import at
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import client_of, make_ccg, make_local_office, make_person, make_practice
from tests.mou.studies import SAID, consent, make_study_world, publish, sha256, study_in, write
from tests.mou.world import agree_plan, commit_money

pytestmark = pytest.mark.django_db
S = CaseStudy.State


def of(name, world, **more):
    return reverse(f"mou:{name}", kwargs={"referral": world.referral.pk, **more})


def test_it_is_written_in_parts_that_are_saved_one_by_one():
    world = make_study_world()
    maya = client_of(world.manager)
    assert "The plan promises none" in maya.get(of("case_study", world)).content.decode()
    first = maya.post(of("start_case_study", world))
    assert maya.post(of("start_case_study", world)).url == first.url
    form = maya.get(first.url).context["form"]
    assert form["problem"].value() == world.referral.issues
    part = {name: SAID[name] for name in ("title", "problem", "done")}
    long = maya.post(first.url, {**part, "seen_text": 1, "done": "word " * 201})
    assert "This has 201 words. The most is 200" in long.content.decode()
    assert long.context["form"]["done"].value().startswith("word word")
    assert maya.post(first.url, {**part, "seen_text": 1}).url == of("case_study", world)
    wrong = maya.post(
        of("write_case_study", world, study_part="lessons"), {"seen_text": 2, "went_well": "943 476 5919"}
    )
    assert "NHS number" in wrong.content.decode()
    maya.post(
        of("write_case_study", world, study_part="lessons"),
        {"seen_text": 2, **{name: SAID[name] for name in ("went_well", "went_badly", "results")}},
    )
    items = [item.pk for item in world.year.menu.all()[1:3]]
    maya.post(of("write_case_study", world, study_part="support"), {"seen_text": 3, "categories": items})
    text = texts.latest(CaseStudy.objects.get())
    assert [item.pk for item in texts.items_of(text)] == items
    assert text.results == SAID["results"]
    assert list(texts.gaps(text)) == []
    assert maya.get(of("write_case_study", world, study_part="nonsense")).status_code == 404


def test_what_two_people_wrote_at_once_stands_side_by_side():
    world = make_study_world()
    study = write(world)
    page = of("write_case_study", world, study_part="story")
    part = {name: SAID[name] for name in ("title", "problem", "done")}
    client_of(world.officer).post(page, {**part, "seen_text": 2, "title": "Calm at the front desk"})
    maya = client_of(world.manager)
    answer = maya.post(page, {**part, "seen_text": 2, "title": "Sharing the work of the office"})
    shown = answer.content.decode()
    assert "Olu Officer changed this part while you were writing" in shown
    assert "Calm at the front desk" in shown
    assert answer.context["form"]["title"].value() == "Sharing the work of the office"
    seen = answer.context["form"]["seen_text"].value()
    maya.post(page, {**part, "seen_text": seen, "title": "Sharing the work of the office"})
    assert texts.latest(study).title == "Sharing the work of the office"
    assert CaseStudyText.objects.get(number=seen).title == "Calm at the front desk"


def test_the_practice_sees_what_was_changed_before_it_consents():
    world = make_study_world()
    write(world)
    actions.save_case_study(
        by=world.officer, referral=world.referral, seen=2, results="Calls are answered in five minutes."
    )
    actions.ask_for_consent(by=world.officer, referral=world.referral)
    maya = client_of(world.manager)
    assert of("consent_to_case_study", world) in maya.get(reverse("home")).content.decode()
    page = maya.get(of("consent_to_case_study", world))
    assert [label for label, _ in page.context["changes"]] == ["What are the results?"]
    assert "<del>" in page.content.decode()
    hashes = {f"{name}_sha256": sha256(world, is_named=name == "named") for name in ("named", "unnamed")}
    silent = maya.post(of("consent_to_case_study", world), {**hashes, "agreed": "on"})
    assert "Choose whether it may name your practice" in silent.content.decode()
    maya.post(of("consent_to_case_study", world), {**hashes, "agreed": "on", "is_named": "yes"})
    study = CaseStudy.objects.get()
    assert (study.state, study.naming) == (S.CONSENTED, Naming.NAMED)
    assert of("consent_to_case_study", world) not in maya.get(reverse("home")).content.decode()
    amara = client_of(world.approver)
    assert "case study to publish" in " ".join(amara.get(reverse("home")).content.decode().split())
    shown = amara.get(of("publish_case_study", world)).context["form"]["sha256"].value()
    stale = amara.post(of("publish_case_study", world), {"sha256": "0" * 64})
    assert "changed while you were reading it" in stale.content.decode()
    amara.post(of("publish_case_study", world), {"sha256": shown})
    assert PublishedStudy.objects.get().content["practice"] == "Quayside Medical Centre"


def test_choosing_not_to_be_named_while_words_tell_sends_it_back_to_the_office():
    world = make_study_world()
    study_in(world, S.ASKED, results="Quayside is calm.")
    maya = client_of(world.manager)
    page = of("consent_to_case_study", world)
    said = {f"{name}_sha256": sha256(world, is_named=name == "named") for name in ("named", "unnamed")}
    answer = maya.post(page, {**said, "agreed": "on", "is_named": "no"}, follow=True)
    assert "Your practice will not be named" in answer.content.decode()
    study = CaseStudy.objects.get()
    assert (study.state, study.naming) == (S.WRITING, Naming.UNNAMED)
    olu = client_of(world.officer)
    assert "Quayside is calm." in olu.get(of("case_study", world)).content.decode()
    keep = olu.get(of("keep_words", world))
    (mark,) = keep.context["hits"]
    assert "Say of at least one" in olu.post(of("keep_words", world), {mark: ""}).content.decode()
    olu.post(of("keep_words", world), {mark: "It is the word for any quay."})
    assert study.kept_words.get().reason == "It is the word for any quay."
    assert "Kept: It is the word" in olu.get(of("case_study", world)).content.decode()


def test_published_studies_are_for_the_people_of_the_programme_alone():
    world = make_study_world()
    study_in(world, S.PUBLISHED)
    copy = reverse("mou:published_study", kwargs={"published_study": PublishedStudy.objects.get().pk})
    office = make_local_office()
    colleague = make_person(Role.PRACTICE_USER, make_practice(make_ccg(world.office)))
    observer = make_person(Role.OBSERVER, world.office)
    for person in (colleague, observer):
        assert SAID["title"] in client_of(person).get(copy).content.decode()
    for stranger in (
        make_person(Role.PRACTICE_USER, make_practice(make_ccg(office))),
        make_person(Role.OBSERVER, office),
    ):
        assert client_of(stranger).get(copy).status_code == 404
        assert SAID["title"] not in client_of(stranger).get(reverse("mou:published_studies")).content.decode()
    assert client_of(colleague).get(of("case_study", world)).status_code == 404
    listed = reverse("mou:published_studies")
    assert client_of(observer).get(listed, {"q": "front desk"}).context["list"].total == 1
    assert client_of(observer).get(listed, {"year": world.year.name}).context["list"].total == 1
    assert world.year.programme.name not in client_of(observer).get(listed).content.decode()
    assert client_of(observer).get(listed, {"q": "nothing"}).context["list"].total == 0
    assert (
        client_of(observer).get(listed, {"category": world.year.menu.first().name}).context["list"].total == 1
    )
    assert client_of(observer).get(listed, {"category": world.year.menu.last().name}).context["list"].ignored
    actions.opt_out_of_being_named(by=world.manager, referral=world.referral)
    assert client_of(observer).get(copy).status_code == 404
    assert client_of(observer).get(listed).context["list"].total == 0


def test_a_text_is_escaped_wherever_it_is_shown():
    world = make_study_world()
    study_in(world, S.PUBLISHED, title="<b>Bold</b>", results="<script>x</script>")
    copy = PublishedStudy.objects.get()
    assert "<script>" not in copy.html
    page = reverse("mou:published_study", kwargs={"published_study": copy.pk})
    for address, person in ((page, world.officer), (of("case_study", world), world.manager)):
        shown = client_of(person).get(address).content.decode()
        assert "<b>Bold" not in shown
        assert "&lt;script&gt;x" in shown


# --- the figure ----------------------------------------------------------------------------------


def milestone_of(world, days, target=1):
    due = timezone.now() + dt.timedelta(days=days)
    return world.year.milestones.create(
        name=f"{target} case studies", due_at=due, measure="case_studies", target=target, is_return=True
    )


def test_a_study_counts_for_its_region_while_it_is_published_and_at_a_deadline_as_it_stood_then():
    world = make_study_world()
    soon, later = milestone_of(world, 1), milestone_of(world, 9, target=10)
    elsewhere = make_local_office()
    assert reached(soon, world.ccg) == 0
    study_in(world, S.PUBLISHED)
    for organisation in (world.ccg, world.office, world.office.parent):
        assert reached(soon, organisation) == 1
    assert reached(soon, elsewhere) == 0
    facts = facts_of(soon, world.ccg)
    (target,) = facts.targets
    assert (target.reached, target.whole, target.is_met) == (1, 1, True)
    assert facts_of(later, world.office).targets[0].is_met is False
    assert workbook(facts, number=1, made_at=timezone.now())
    with at(soon.due_at):  # to the second: what is published at the deadline is in
        assert reached(soon, world.ccg) == 1
    with at(soon.due_at + dt.timedelta(seconds=1)):
        actions.take_down_case_study(by=world.officer, referral=world.referral, why="A figure is wrong.")
        assert (reached(soon, world.ccg), reached(later, world.ccg)) == (1, 0)
        write(world, results="Another figure.")
        actions.ask_for_consent(by=world.officer, referral=world.referral)
        consent(world)
        publish(world)
        assert (reached(soon, world.ccg), reached(later, world.ccg)) == (1, 1)


def test_the_office_and_finance_see_the_progress_and_which_categories_have_none():
    world = make_study_world()
    milestone_of(world, 3)
    milestone_of(world, 9, target=10)
    study_in(world, S.PUBLISHED)
    for person in (world.officer, world.finance, world.approver):
        page = client_of(person).get(reverse("mou:case_study_progress"))
        (region,) = page.context["regions"]
        assert [each.words for each in region.deadlines] == ["Met", "9 more case studies to publish"]
        assert len(region.without) == world.year.menu.count() - 1
        assert world.year.menu.first() not in region.without
    for person in (world.officer, world.finance):
        home = " ".join(client_of(person).get(reverse("home")).content.decode().split())
        assert "case studies to publish before a deadline" in home
    book = client_of(world.finance).get(reverse("mou:case_study_return", kwargs={"year": world.year.pk}))
    assert book.status_code == 200
    stranger = make_person(Role.FINANCE_LEAD, make_ccg())
    there = reverse("mou:case_study_return", kwargs={"year": world.year.pk})
    assert client_of(stranger).get(there).status_code == 404


# --- reminders -----------------------------------------------------------------------------------


def subjects():
    return [each.email_message().subject for each in Email.objects.order_by("pk")]


def test_a_promised_study_is_reminded_of_before_the_deadline_once_each_time():
    world = make_study_world()
    agree_plan(world)
    commit_money(world)
    Referral.objects.filter(pk=world.referral.pk).update(state=State.AGREED)
    milestone = milestone_of(world, 40)
    sent = []
    for days in (40, 27, 20, 6, 6, 0, -1):
        with at(milestone.due_at - dt.timedelta(days=days, hours=1)):
            before = Email.objects.count()
            call_command("send_mou_reminders")
            sent.append(Email.objects.count() - before)
    assert [number > 0 for number in sent] == [False, True, False, True, False, False, False]
    assert "Quayside Medical Centre is due by" in subjects()[-1]


def test_who_waits_for_consent_reminds_once_for_each_time_it_is_asked():
    world = make_study_world()
    study_in(world, S.ASKED)
    before = Email.objects.count()
    call_command("send_mou_reminders")
    assert Email.objects.count() == before
    with at(timezone.now() + dt.timedelta(days=8)):
        call_command("send_mou_reminders")
        after = Email.objects.count()
        call_command("send_mou_reminders")
    assert Email.objects.count() == after > before
    assert "May we publish this case study?" in subjects()[-1]
