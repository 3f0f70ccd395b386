"""Every state of a case study × every act × every role; consent is for exact words; who may publish."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from post_office.models import Email

from mou.case_studies import actions, texts
from mou.case_studies.states import NONE, STUDY_ACTS
from mou.models import CaseStudy, CaseStudyText, Naming, PublishedStudy
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role
from resilience.core.acts import ACTIONS
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.core.trail import verify
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import make_ccg, make_person, make_practice
from tests.mou.studies import SAID, consent, make_study_world, publish, sha256, study_in, write
from tests.mou.together import done, together

S = CaseStudy.State

MAY = {
    "mou.start_case_study": {Role.PRACTICE_USER, Role.PROGRAMME_OFFICER},
    "mou.save_case_study": {Role.PRACTICE_USER, Role.PROGRAMME_OFFICER},
    "mou.hand_in_case_study": {Role.PRACTICE_USER},
    "mou.keep_words": {Role.PROGRAMME_OFFICER},
    "mou.ask_for_consent": {Role.PROGRAMME_OFFICER},
    "mou.ask_for_changes": {Role.PRACTICE_USER},
    "mou.consent_to_case_study": {Role.PRACTICE_USER},
    "mou.opt_out_of_being_named": {Role.PRACTICE_USER, Role.PROGRAMME_OFFICER},
    "mou.withdraw_consent": {Role.PRACTICE_USER},
    "mou.send_back_case_study": {Role.PROGRAMME_OFFICER, Role.APPROVER},
    "mou.publish_case_study": {Role.PROGRAMME_OFFICER, Role.APPROVER},
    "mou.take_down_case_study": {Role.PROGRAMME_OFFICER, Role.APPROVER},
}


def arguments(act, world):
    study = texts.study_of(world.referral)
    return {
        "mou.save_case_study": lambda: {"seen": texts.latest(study).number, "title": "Another title"},
        "mou.keep_words": lambda: {"reasons": {}},
        "mou.ask_for_changes": lambda: {"why": "One more thing."},
        "mou.consent_to_case_study": lambda: {
            "is_named": True, "agreed": True, "sha256": sha256(world, is_named=True)
        },
        "mou.send_back_case_study": lambda: {"why": "A figure is missing."},
        "mou.publish_case_study": lambda: {"sha256": sha256(world, is_named=True)},
        "mou.take_down_case_study": lambda: {"why": "A figure is wrong."},
    }.get(act, dict)()  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("state", [NONE, *S.values])
def test_every_act_in_every_state_by_every_role(state):
    """Allowed exactly where the table says, to exactly these roles in scope, and the trail has the entry."""
    assert set(MAY) == set(STUDY_ACTS) <= set(ACTIONS)
    world = make_study_world()
    study_in(world, state)
    elsewhere = make_practice(make_ccg())
    for role in Role:
        own = world.practice if role == Role.PRACTICE_USER else world.ccg
        other = elsewhere if role == Role.PRACTICE_USER else elsewhere.commissioner
        for in_scope, place in ((True, own), (False, other)):
            person = make_person(role, place)
            for name, act in STUDY_ACTS.items():
                if state == NONE and name not in ("mou.start_case_study", "mou.save_case_study"):
                    continue
                given = arguments(name, world) if state else {}
                if name == "mou.save_case_study" and not state:
                    given = {"seen": 1, "title": "x"}
                with transaction.atomic():
                    try:
                        ACTIONS[name].run(by=person, referral=world.referral, **given)
                        done = True
                    except Denied:
                        done = False
                    allowed = in_scope and role in MAY[name] and state in act.moves
                    assert done == allowed, (name, state, role, in_scope)
                    assert TrailEntry.objects.filter(act=name, by=person).count() == allowed
                    if done:
                        assert texts.study_of(world.referral).state == act.moves[state]
                    transaction.set_rollback(True)
                person.__dict__.pop("_allowed", None)


@pytest.mark.django_db
@pytest.mark.parametrize("state", sorted(set(State.values) - {State.DRAFT}))
def test_it_is_written_of_support_that_was_granted(state):
    world = make_study_world()
    Referral.objects.filter(pk=world.referral.pk).update(state=state)
    if state in (State.SUPPORTED, State.COMMITTED, State.AGREED, State.ENDED):
        write(world)
        return
    with pytest.raises(Denied, match="support that was granted"):
        actions.start_case_study(by=world.manager, referral=world.referral)


@pytest.mark.django_db
def test_it_begins_with_what_is_known():
    world = make_study_world(issues="Two of our four GPs have left.")
    study = actions.start_case_study(by=world.officer, referral=world.referral)
    text = texts.latest(study)
    assert text.problem == "Two of our four GPs have left."
    assert texts.items_of(text) == [world.year.menu.first()]
    assert not text.is_of_practice


@pytest.mark.django_db
def test_every_part_is_asked_for_what_did_not_go_well_too():
    world = make_study_world()
    write(world, title="", went_badly=" ", quotation="", quoted_as="A nurse")
    wanted = [gap.text for gap in texts.gaps(texts.latest(texts.study_of(world.referral)))]
    assert wanted == [
        "Give it a title",
        "Answer “What did not go well?”",
        "Enter the quotation, or clear who may be quoted",
    ]
    with pytest.raises(Denied, match="not complete: give it a title"):
        actions.ask_for_consent(by=world.officer, referral=world.referral)
    with pytest.raises(Denied, match="not complete"):
        actions.hand_in_case_study(by=world.manager, referral=world.referral)


# --- nothing is overwritten, nothing changes what was consented to --------------------------------


@pytest.mark.django_db
def test_a_later_save_does_not_overwrite_what_another_person_wrote():
    world = make_study_world()
    study = write(world)
    began = texts.latest(study).number
    save = {"referral": world.referral, "seen": began}
    actions.save_case_study(by=world.officer, title="The officer's title", **save)
    with pytest.raises(actions.ChangedMeanwhile, match="Olu Officer changed this part") as told:
        actions.save_case_study(by=world.manager, title="The manager's title", **save)
    assert told.value.theirs.title == "The officer's title"
    # What somebody else wrote in another field stays, and the same words again are no quarrel.
    actions.save_case_study(by=world.manager, title="The officer's title", results="Calm.", **save)
    text = texts.latest(study)
    assert (text.title, text.results) == ("The officer's title", "Calm.")


@pytest.mark.django_db
def test_saving_what_is_there_changes_nothing():
    world = make_study_world()
    study = study_in(world, S.CONSENTED)
    before = CaseStudyText.objects.count()
    actions.save_case_study(by=world.officer, referral=world.referral, seen=2, **SAID)
    assert CaseStudyText.objects.count() == before
    assert CaseStudy.objects.get(pk=study.pk).state == S.CONSENTED


@pytest.mark.django_db
def test_consent_is_to_the_exact_words():
    world = make_study_world()
    study_in(world, S.ASKED)
    read = sha256(world, is_named=True)
    with pytest.raises(Denied, match="changed while you were reading"):
        consent(world, sha256=sha256(world, is_named=False))
    with pytest.raises(Denied, match="Tick the box"):
        consent(world, agreed=False)
    actions.save_case_study(by=world.officer, referral=world.referral, seen=2, title="Better")
    actions.ask_for_consent(by=world.officer, referral=world.referral)
    with pytest.raises(Denied, match="changed while you were reading"):
        consent(world, sha256=read)
    study = consent(world)
    assert study.consent.statement == actions.statement(is_named=True)
    actions.save_case_study(by=world.officer, referral=world.referral, seen=3, title="Better still")
    study.refresh_from_db()
    assert (study.state, study.consent) == (S.WRITING, None)
    assert study.consents.count() == 1
    with pytest.raises(Denied, match="has not consented to this text"):
        publish(world)


@pytest.mark.django_db
def test_a_practice_that_changes_its_name_is_asked_again():
    world = make_study_world()
    study_in(world, S.CONSENTED)
    world.ccg.name = "Northvale and Southvale CCG"
    world.ccg.save()
    with pytest.raises(Denied, match="not what the practice consented to any more"):
        publish(world)


# --- published and taken down --------------------------------------------------------------------


@pytest.mark.django_db
def test_who_wrote_consented_or_has_an_interest_does_not_publish():
    world = make_study_world()
    study_in(world, S.ASKED)
    actions.save_case_study(by=world.officer, referral=world.referral, seen=2, title="Better")
    actions.ask_for_consent(by=world.officer, referral=world.referral)
    consent(world)
    with pytest.raises(Denied, match="You wrote part"):
        publish(world, world.officer)
    Interest.objects.create(
        person=world.approver,
        practice=world.practice,
        nature="x",
        started_on=today(),
        declared_by=world.approver,
    )
    with pytest.raises(Denied, match="interest"):
        publish(world)
    publish(world, make_person(Role.PROGRAMME_OFFICER, world.ccg))


@pytest.mark.django_db
def test_what_was_published_is_kept_byte_for_byte():
    world = make_study_world()
    study_in(world, S.PUBLISHED)
    copy = PublishedStudy.objects.get()
    for change in ({"html": "x"}, {"is_named": False}, {"title": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PublishedStudy.objects.filter(pk=copy.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseStudyText.objects.update(title="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseStudy.objects.update(consent=None)
    actions.take_down_case_study(by=world.officer, referral=world.referral, why="A figure is wrong.")
    write(world, results="Calls are answered in five minutes.")
    actions.ask_for_consent(by=world.officer, referral=world.referral)
    consent(world)
    publish(world)
    assert list(PublishedStudy.objects.order_by("number").values_list("number", "content__results")) == [
        (1, SAID["results"]),
        (2, "Calls are answered in five minutes."),
    ]
    assert PublishedStudy.objects.visible_to(world.finance).get().number == 2
    assert list(verify()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["opt_out_of_being_named", "withdraw_consent", "take_down_case_study"])
def test_a_copy_that_is_withdrawn_is_out_of_everybodys_reach(act):
    world = make_study_world()
    study_in(world, S.PUBLISHED)
    by = world.officer if act.startswith("take") else world.manager
    getattr(actions, act)(by=by, referral=world.referral, why="A reason.")
    everyone = (world.manager, world.officer, world.approver, world.finance, world.administrator)
    assert all(not PublishedStudy.objects.visible_to(each).exists() for each in everyone)
    assert PublishedStudy.objects.get().taken_down_by == by
    assert "withdrawn" in Email.objects.latest("pk").email_message().body


@pytest.mark.django_db
def test_opting_out_needs_consent_anew_and_the_copy_names_nobody():
    world = make_study_world()
    study_in(world, S.PUBLISHED)
    actions.opt_out_of_being_named(by=world.officer, referral=world.referral)
    study = CaseStudy.objects.get()
    assert (study.state, study.naming) == (S.TAKEN_DOWN, Naming.UNNAMED)
    with pytest.raises(Denied, match="does not name the practice already"):
        actions.opt_out_of_being_named(by=world.manager, referral=world.referral)
    actions.ask_for_consent(by=world.officer, referral=world.referral)
    consent(world, is_named=False)
    copy = publish(world, is_named=False)
    assert "Quayside" not in copy.html
    assert (copy.content["practice"], copy.content["commissioner"], copy.place) == ("", "", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["opt_out_of_being_named", "withdraw_consent"])
def test_publishing_while_the_practice_opts_out_leaves_no_named_copy(act):
    world = make_study_world()
    study_in(world, S.CONSENTED)
    shown, of = sha256(world, is_named=True), {"referral": world.referral}
    said = together(
        publish=lambda: actions.publish_case_study(by=world.approver, sha256=shown, **of),
        take_back=lambda: getattr(actions, act)(by=world.manager, **of),
    )
    study = CaseStudy.objects.get()
    assert study.state in (S.WRITING, S.TAKEN_DOWN)
    assert study.consent is None
    assert not PublishedStudy.objects.filter(taken_down_at__isnull=True).exists()
    assert ("publish" not in done(said)) == (study.state == S.WRITING), said
    assert list(verify()) == []
