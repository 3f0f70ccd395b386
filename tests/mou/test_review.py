"""The review at the end: every state × act × role, what it needs, the two placements, its pages."""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from mou.models import Objective, PlanAction, PracticeFeedback, Review
from mou.reminders import send_all
from mou.review import actions, rules
from mou.review.page import LESS, MORE, SAME, change
from mou.review.states import REVIEW_ACTS, ReviewState
from resilience.assessments.models import ContinuingSupport, Placement
from resilience.core import trail
from resilience.core.access import ROLE_PERMISSIONS, Denied, Role
from resilience.core.acts import ACTIONS
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.demo.past import at
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED, State
from tests.factories import client_of, make_person, make_referral
from tests.mou.delivering import make_delivering
from tests.mou.reviewing import ANSWERS, PLACED, make_reviewable, written
from tests.mou.world import World

pytestmark = pytest.mark.django_db
S = ReviewState
HOSTILE = "<script>alert('x')</script> & O’Brien"
FEEDBACK = {"helped": "The coach", "did_not_help": "The forms", "recommend": 4}


class _Undo(Exception):
    pass


@pytest.fixture(scope="module")
def case(django_db_setup, django_db_blocker):
    """A case to review and someone of every role, made once for the module and undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_reviewable()
        over: dict[str, Any] = {
            Role.PRACTICE_USER: world.practice,
            Role.SUPPLIER_USER: None,
            Role.ADMINISTRATOR: world.office,
        }
        people = {role: make_person(role, over.get(Role(role), world.ccg)) for role in Role.values}
        yield world, people
        transaction.set_rollback(True)


ARGUMENTS: dict[str, Callable[[World, Review | None], dict[str, Any]]] = {
    "mou.start_review": lambda world, _: {"referral": world.referral},
    "mou.save_review": lambda _, review: {"review": review, "judged": {}, **ANSWERS},
    "mou.place_after": lambda _, review: {"review": review, **PLACED},
    "mou.complete_review": lambda _, review: {"review": review},
    "mou.give_feedback": lambda _, review: {"review": review, **FEEDBACK},
}


def test_every_act_of_the_table_is_an_action_and_is_tried_here():
    assert set(REVIEW_ACTS) <= set(ACTIONS)
    assert set(ARGUMENTS) == set(REVIEW_ACTS)


def _try(world: World, name: str, state: str, person: Any) -> str:
    found = ""
    try:
        with transaction.atomic():
            review = None
            if state != S.NONE:
                review = written(world)
            if review and state == S.COMPLETE:
                review = actions.complete_review(by=world.officer, review=review)
            before = TrailEntry.objects.count()
            try:
                with transaction.atomic():
                    ACTIONS[name].run(by=person, **ARGUMENTS[name](world, review))
                entry = TrailEntry.objects.filter(act=name, case_id=world.referral.pk).last()
                assert entry is not None
                assert entry.by_id == person.pk
                row = Review.objects.get(referral=world.referral)
                found = S.COMPLETE if row.completed_at else S.OPEN
            except Denied:
                found = "denied"
                assert TrailEntry.objects.count() == before
            raise _Undo
    except _Undo:
        return found


@pytest.mark.parametrize("name", sorted(REVIEW_ACTS))
def test_allowed_exactly_where_the_table_says(name, case):
    world, people = case
    act, wrong = REVIEW_ACTS[name], []
    for state, role in itertools.product(S.values, Role.values):
        if state == S.NONE and name != "mou.start_review":
            continue
        found = _try(world, name, state, people[role])
        expected = (
            act.moves[state] if act.permission in ROLE_PERMISSIONS[role] and state in act.moves else "denied"
        )
        if found != expected:
            wrong.append(f"{role} in {state}: {found}, the table says {expected}")
    assert not wrong, "\n".join(wrong)


def test_it_is_written_when_support_ends():
    world = make_delivering()
    start = {"by": world.officer, "referral": world.referral}
    with pytest.raises(Denied, match="when it ends on"):
        actions.start_review(**start)
    for state in State.values:
        if state not in (State.DRAFT, State.WITHDRAWN):
            Referral.objects.filter(pk=world.referral.pk).update(state=state)
            referral = Referral.objects.get(pk=world.referral.pk)
            if state == State.ENDED:
                rules.check_is_time(referral)
            else:
                with pytest.raises(Denied, match="when it ends on" if state in SIGNED else "support ends"):
                    rules.check_is_time(referral)
    Referral.objects.filter(pk=world.referral.pk).update(state=State.AGREED)
    with at(timezone.now() + dt.timedelta(days=121)):
        review = actions.start_review(**start)
        assert actions.start_review(**start) == review
    assert Email.objects.filter(subject__contains="What helped").exists()
    assert Review.objects.count() == 1


def test_the_placement_decided_on_stays_and_the_new_one_stands_beside_it():
    world = make_reviewable()
    before = Placement.objects.get(referral=world.referral)
    review = written(world)
    assert review.before == before
    first = review.after
    assert (first.at_end, first.is_current, first.replaces) == (True, False, None)
    assert (first.cell.scope, first.cell.impact, first.cell.matrix) == (2, 3, before.cell.matrix)
    before.refresh_from_db()
    assert before.is_current
    again = actions.place_after(by=world.officer, review=review, **PLACED | {"scope": 1})
    review.refresh_from_db()
    assert review.after == again != first
    assert Placement.objects.filter(referral=world.referral).count() == 3
    for wrong in ({"scope": 6}, {"impact": 0}, {"scope_justification": " "}):
        with pytest.raises(Denied):
            actions.place_after(by=world.officer, review=review, **PLACED | wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=again.pk).update(is_current=True)
    assert list(trail.verify()) == []


@pytest.mark.parametrize("lacks", [*ContinuingSupport.QUESTIONS, "outcome", "after"])
def test_it_is_complete_when_nothing_is_missing(lacks):
    world = make_reviewable()
    review = written(world)
    if lacks in ANSWERS:
        actions.save_review(by=world.officer, review=review, judged={}, **{lacks: ""})
    elif lacks == "outcome":
        row = rules.rows_to_judge(world.referral)[0]
        actions.save_review(by=world.officer, review=review, judged={row: ("", "")}, **ANSWERS)
    else:
        Review.objects.filter(pk=review.pk).update(after=None)
    with pytest.raises(Denied, match="not complete"):
        actions.complete_review(by=world.officer, review=review)
    if lacks != "outcome":
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.filter(pk=review.pk).update(
                completed_at=timezone.now(), completed_by=world.officer
            )


def test_once_complete_nothing_in_it_changes_but_the_practice_may_still_answer():
    world = make_reviewable()
    review = actions.complete_review(by=world.officer, review=written(world))
    assert actions.complete_review(by=world.officer, review=review).completed_at == review.completed_at
    for change_it in (
        lambda: Review.objects.update(comment="x"),
        lambda: review.outcomes.update(words="x"),
        lambda: review.outcomes.create(action=PlanAction.objects.get(plan__referral=world.referral)),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change_it()
    feedback = actions.give_feedback(by=world.manager, review=review, **FEEDBACK)
    assert actions.give_feedback(by=world.manager, review=review, **FEEDBACK) == feedback
    with pytest.raises(Denied, match="We have this"):
        actions.give_feedback(by=world.manager, review=review, **FEEDBACK | {"recommend": 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        PracticeFeedback.objects.update(recommend=5)


def test_a_plan_of_actions_alone_is_judged_by_its_actions():
    world = make_reviewable()
    assert all(isinstance(row, Objective) for row in rules.rows_to_judge(world.referral))
    other = make_delivering()
    row = rules.rows_to_judge(other.referral)[0]
    review = actions.start_review(by=world.officer, referral=world.referral)
    with pytest.raises(Denied, match="plan was changed"):
        actions.save_review(by=world.officer, review=review, judged={row: ("achieved", "")})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [("G", "A", LESS), ("A/R", "A/G", MORE), ("A", "A", SAME), ("R", "B", LESS), ("G", "A/G", LESS)],
)
def test_what_two_ratings_say_together(before, after, said):
    from resilience.programmes.models import MatrixCell

    def placed(rating: str) -> Placement:
        return Placement(cell=MatrixCell(rating=rating))

    assert change(placed(before), placed(after)) == said
    assert change(placed(before), None) == ""


def test_the_officer_is_told_once_that_the_plan_has_ended():
    world = make_delivering()
    with at(timezone.now() + dt.timedelta(days=121)):
        send_all()
        send_all()
        about = f"write the review ({world.referral.reference})"
        assert Email.objects.filter(subject__endswith=about).count() == 1
        actions.start_review(by=world.officer, referral=world.referral)


# --- pages -------------------------------------------------------------------------------------


def test_the_pages_from_the_start_to_the_end_and_what_the_next_referral_shows():
    world = make_reviewable()
    address = reverse("mou:review", kwargs={"referral": world.referral.pk})
    tab = reverse("mou:delivery", kwargs={"referral": world.referral.pk})
    ask = reverse("mou:feedback", kwargs={"referral": world.referral.pk})
    office, practice = client_of(world.officer), client_of(world.manager)
    assert "Review how it went" in office.get(tab).content.decode()
    assert "not started yet" in practice.get(ask).content.decode()
    assert "Start the review" in office.get(address).content.decode()
    office.post(address)
    review = Review.objects.get()
    assert ask in practice.get("/").content.decode()
    practice.post(ask, FEEDBACK | {"helped": HOSTILE})
    assert ask not in practice.get("/").content.decode()
    assert "&lt;script&gt;" in practice.get(ask).content.decode()
    row = rules.rows_to_judge(world.referral)[0]
    sent = {
        **ANSWERS,
        f"outcome_objective-{row.pk}": "partly",
        f"words_objective-{row.pk}": HOSTILE,
        "comment": "x",
    }
    page = office.post(address, sent | {"act": "complete"}, follow=True).content.decode()
    assert "saved, but not complete. The review is not complete: place the practice" in page
    place = reverse("mou:place_after", kwargs={"review": review.pk})
    assert "That placement stays as it is" in office.get(place).content.decode()
    assert "Choose a cell" in office.post(place, {}).content.decode()
    cell = review.before.cell.matrix.cells.get(scope=2, impact=3)
    office.post(place, {"cell": cell.pk, "scope_justification": HOSTILE, "impact_justification": "Calm"})
    office.post(address, sent | {"act": "complete"})
    html = office.get(address).content.decode()
    for said in ("Completed by Olu Officer", LESS, "Two posts are vacant", "&lt;script&gt;", "4, probably"):
        assert said in html
    assert "<script>alert" not in html
    assert practice.get(address).status_code == 403
    assert LESS in office.get(tab).content.decode()
    assert LESS not in practice.get(tab).content.decode()
    # The practice refers itself again: the answers stand beside the same questions.
    again = make_referral(world.practice, world.year, State.UNDER_ASSESSMENT)
    asked = office.get(reverse("assessments:continuing", kwargs={"referral": again.pk})).content.decode()
    assert "The review when it ended" in asked
    assert asked.count(ContinuingSupport.question("waste_if_stopped")) == 2


def test_the_list_sums_up_what_worked():
    world, other = make_reviewable(), make_reviewable(practice_name="Elsewhere Surgery")
    review = written(world)
    # Left open before the plan had objectives: nobody judged it, so it counts for nothing.
    review.outcomes.create(action=PlanAction.objects.get(plan__referral=world.referral), outcome="")
    review = actions.complete_review(by=world.officer, review=review)
    actions.give_feedback(by=world.manager, review=review, **FEEDBACK)
    written(other)
    client = client_of(make_person(Role.OBSERVER, world.office))
    address = reverse("mou:reviews")
    found = client.get(address)
    summary = found.context["summary"]
    assert (summary.total.reviews, summary.total.achieved, summary.total.less_need) == (1, 1, 1)
    assert summary.total.judged == 1
    assert summary.total.recommend == "4.0 of 5"
    assert [each.name for each in summary.categories] == [world.year.menu.first().name]
    html = found.content.decode()
    assert "support first" in html
    assert len(client.get(address, {"state": "open"}).context["list"].rows) == 0
    both = client_of(make_person(Role.OBSERVER))
    assert len(both.get(address, {"state": "open"}).context["list"].rows) == 1
    item = world.year.menu.first()
    assert len(both.get(address, {"category": item.pk}).context["list"].rows) == 1
    exported = both.get(address, {"export": "csv"})
    assert b"The coach" in exported.getvalue() if exported.streaming else b"The coach" in exported.content
    assert client_of(world.manager).get(address).status_code == 403


def test_today_is_the_day_of_the_end():
    world = make_delivering()
    noon = dt.datetime.combine(world.referral.plan.ends_on, dt.time(12))
    with at(timezone.make_aware(noon)):
        assert world.referral.plan.ends_on == today()
        rules.check_is_time(world.referral)
