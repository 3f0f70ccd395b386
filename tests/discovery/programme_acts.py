"""The acts of the programme beside what a small dictionary knows of it: may this person do it now, and then?

The MoU's own are in ``programme_mou``.

The dictionary is a second, naive telling of the rules of domain.md; it asks nothing of the product.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from funding import actions as funding
from mou.plan import actions as plan_actions
from mou.plan import plans
from resilience.assessments import actions as assessments
from resilience.core.access import Role
from resilience.decisions import actions as decisions
from resilience.referrals import actions as referrals
from resilience.referrals import office_actions as office
from resilience.referrals.models import Referral
from tests.mou.world import fill_plan
from tests.referrals.drafts import make_draft

PRACTICE, OFFICER, APPROVER = Role.PRACTICE_USER, Role.PROGRAMME_OFFICER, Role.APPROVER
FINANCE, OBSERVER = Role.FINANCE_LEAD, Role.OBSERVER
OFFICE = {OFFICER, APPROVER, FINANCE, OBSERVER}

RATINGS = {
    5: ("A", "A/G", "G", "G", "G"),
    4: ("A", "A", "A/G", "A/G", "G"),
    3: ("A/R", "A", "A", "A", "A/G"),
    2: ("R", "A/R", "A/R", "A", "A"),
    1: ("B", "R", "R", "R", "R"),
}
"""The table of domain.md: impact → ratings of scope 1 to 5."""

CLOSED = {"not_supported", "withdrawn", "ended"}
UNDECIDED = {"received", "acknowledged", "under_assessment", "placed", "deferred"}
_numbers = itertools.count(1)


@dataclass(eq=False)
class Someone:
    """A person, and what the dictionary knows of them."""

    person: Any
    roles: set[str]
    interests: set[int] = field(default_factory=set)

    def fresh(self) -> Any:
        """As read at the start of a request: what was asked before is forgotten."""
        return type(self.person).objects.get(pk=self.person.pk)


@dataclass(eq=False)
class Case:
    """What the dictionary knows of one referral."""

    pk: int
    practice: Any
    state: str = "draft"
    sent: dict[str, Any] = field(default_factory=dict)
    clock: tuple[Any, ...] = ()
    questions: list[Any] = field(default_factory=list)
    assessment: Any = None
    is_judged: bool = False
    is_complete: bool = False
    assessors: set[int] = field(default_factory=set)
    scores: tuple[int, int] | None = None
    placed_by: int = 0
    decided_by: int = 0
    granted: int = 0
    money: dict[int, dict[str, int]] = field(default_factory=dict)
    plan: set[str] | None = None
    agreed_by: dict[str, int] = field(default_factory=dict)
    mou: str = ""
    agreement: Any = None
    document: str = ""
    shown: dict[int, int] = field(default_factory=dict)
    signed_by: dict[str, int] = field(default_factory=dict)
    notice: tuple[int, str, int] | None = None
    """By whom, for which side, and of how many months."""
    in_writing: dict[int, int] = field(default_factory=dict)
    """Pence by commitment, as the last document says that all sides signed."""
    proposal: Any = None
    variation: Any = None
    varied: str = ""
    """Where the document of the proposal stands; "" while it is drafted."""
    varied_by: dict[str, int] = field(default_factory=dict)

    @property
    def row(self) -> Referral:
        return Referral.objects.get(pk=self.pk)

    def promised(self) -> dict[int, int]:
        sums = {pk: sum(each.values()) for pk, each in self.money.items()}
        return {pk: pence for pk, pence in sums.items() if pence}

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED | {"draft"}


@dataclass(frozen=True)
class Try:
    """May it be done, how it is done, and what the dictionary learns from its answer."""

    may: bool
    do: Callable[[Any], Any]
    learn: Callable[[Any], Any]


def moved(case: Case, state: str, **known: Any) -> None:
    case.state = state
    for name, value in known.items():
        setattr(case, name, value)


def start(world: Any, practice: Any, year: Any, who: Someone) -> Case:
    """A whole draft; its words are its own, so that no two referrals ask for the same."""
    made = make_draft(who.fresh(), practice, year, issues=f"Two GPs have left ({next(_numbers)}).")
    return Case(made.pk, practice)


def save(case: Case, who: Someone, draw: Any) -> Try:
    answers = {"issues": f"Three GPs have left ({next(_numbers)}).", "support_wanted": "Help"}
    return Try(
        PRACTICE in who.roles and case.state == "draft",
        lambda by: referrals.save_part(by=by, referral=case.row, part="case", answers=answers),
        lambda _: None,
    )


def submit(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        PRACTICE in who.roles and case.state == "draft",
        lambda by: referrals.submit(by=by, referral=case.row, knows_of_open=True),
        lambda _: moved(case, "received"),
    )


def acknowledge(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        OFFICER in who.roles and case.state == "received",
        lambda by: office.acknowledge(by=by, referral=case.row, subject="Thank you", body="Thank you"),
        lambda _: moved(case, "acknowledged"),
    )


def ask(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        OFFICER in who.roles and case.is_open,
        lambda by: office.ask(by=by, referral=case.row, text=f"How many? ({next(_numbers)})"),
        case.questions.append,
    )


def answer(case: Case, who: Someone, draw: Any) -> Try | None:
    if not case.questions:
        return None
    question = case.questions[0]
    return Try(
        PRACTICE in who.roles and case.is_open,
        lambda by: referrals.answer(by=by, question=question, text="Eleven"),
        lambda _: case.questions.remove(question),
    )


def _assesses(case: Case, who: Someone) -> bool:
    return OFFICER in who.roles and case.practice.pk not in who.interests


def begin(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        _assesses(case, who) and case.state == "acknowledged",
        lambda by: assessments.start(by=by, referral=case.row),
        lambda made: moved(case, "under_assessment", assessment=made),
    )


def assess(case: Case, who: Someone, draw: Any) -> Try | None:
    if case.assessment is None:
        return None
    criteria = case.assessment.criteria_set.criteria.all()
    text = f"Seen ({next(_numbers)})"
    findings = {each: {"concern": "some", "evidence": text, "source": "Visit"} for each in criteria}
    return Try(
        _assesses(case, who) and case.state in {"under_assessment", "placed", "deferred"},
        lambda by: assessments.save_findings(by=by, assessment=case.assessment, findings=findings),
        lambda _: moved(case, case.state, is_judged=True, assessors=case.assessors | {who.person.pk}),
    )


def complete(case: Case, who: Someone, draw: Any) -> Try | None:
    if case.assessment is None:
        return None
    in_time = case.state in {"under_assessment", "placed", "deferred"}
    return Try(
        _assesses(case, who) and in_time and case.is_judged and not case.is_complete,
        lambda by: assessments.complete(by=by, assessment=case.assessment),
        lambda _: moved(case, case.state, is_complete=True, assessors=case.assessors | {who.person.pk}),
    )


def _put(case: Case, who: Someone, draw: Any, act: Any, may: bool, state: str, **more: Any) -> Try:
    scope, impact = draw.score(), draw.score()
    given = {"scope_justification": "Because", "impact_justification": "Therefore"} | more
    known = {
        "scores": (scope, impact),
        "placed_by": who.person.pk,
        "assessors": case.assessors | {who.person.pk},
    }
    return Try(
        _assesses(case, who) and may and 1 <= scope <= 5 and 1 <= impact <= 5,
        lambda by: act(by=by, referral=case.row, scope=scope, impact=impact, **given),
        lambda _: moved(case, state, **known),
    )


def place(case: Case, who: Someone, draw: Any) -> Try:
    may = case.state == "under_assessment" and case.is_complete
    return _put(case, who, draw, assessments.place, may, "placed")


def review(case: Case, who: Someone, draw: Any) -> Try:
    may = case.state in {"placed", "deferred"} and case.placed_by != who.person.pk
    return _put(case, who, draw, assessments.review, may, case.state, reason="A second look")


def _decides(case: Case, who: Someone) -> bool:
    return (
        APPROVER in who.roles
        and case.state in {"placed", "deferred"}
        and case.practice.pk not in who.interests
        and who.person.pk not in case.assessors
    )


def support(case: Case, who: Someone, draw: Any) -> Try:
    pence = draw.pence()
    known = {"granted": pence, "decided_by": who.person.pk}
    return Try(
        _decides(case, who) and pence > 0,
        lambda by: decisions.support(
            by=by, referral=case.row, reason="Need", letter="Yes", amount=pence,
            categories=[case.row.year.menu.first()],
        ),
        lambda _: moved(case, "supported", **known),
    )  # fmt: skip


def refuse(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        _decides(case, who),
        lambda by: decisions.refuse(by=by, referral=case.row, reason="No need", letter="No"),
        lambda _: moved(case, "not_supported", decided_by=who.person.pk),
    )


def defer(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        _decides(case, who),
        lambda by: decisions.defer(by=by, referral=case.row, reason="Later", letter="Later"),
        lambda _: moved(case, "deferred", decided_by=who.person.pk),
    )


def commit(case: Case, who: Someone, draw: Any) -> Try:
    left = case.granted - sum(case.promised().values())
    pence = draw.pence(min(left, draw.uncommitted))
    in_time = case.state in {"supported", "committed"} or case.mou == "signed"
    may = bool(who.roles & {OFFICER, FINANCE}) and in_time

    def learn(made: Any) -> None:
        case.money[made.pk] = {"committed": pence, "payable": 0, "paid": 0}
        case.state = "agreed" if case.mou == "signed" else "committed"

    return Try(
        may and 0 < pence <= min(left, draw.uncommitted),
        lambda by: funding.commit(
            by=by, referral=case.row, item=case.row.year.menu.first(), amount=pence, purpose="Help",
            key=f"walk-{next(_numbers)}",
        ),
        learn,
    )  # fmt: skip


def _commitment(case: Case, account: str) -> tuple[int, int]:
    """One with money in that account, else any; and how much."""
    pk = next((pk for pk, each in case.money.items() if each[account]), next(iter(case.money)))
    return pk, case.money[pk][account]


def release(case: Case, who: Someone, draw: Any) -> Try | None:
    if not case.money:
        return None
    pk, pence = _commitment(case, "committed")

    def learn(_: Any) -> None:
        case.money[pk]["committed"] = 0
        if case.state == "committed" and not case.promised():
            case.state = "supported"

    # Once signed, all that the MoU names was payable at once: what is committed still, it does not name.
    return Try(
        bool(who.roles & {OFFICER, FINANCE}) and case.state in {"committed", "agreed", "ended"} and pence > 0,
        lambda by: funding.release(
            by=by, commitment=case.row.commitments.get(pk=pk), why="Not needed", key=f"walk-{next(_numbers)}"
        ),
        learn,
    )


def pay(case: Case, who: Someone, draw: Any) -> Try | None:
    if not case.money:
        return None
    pk, payable = _commitment(case, "payable")
    pence = draw.pence(payable)

    def learn(_: Any) -> None:
        case.money[pk]["payable"] -= pence
        case.money[pk]["paid"] += pence

    return Try(
        FINANCE in who.roles and 0 < pence <= payable,
        lambda by: funding.pay(
            by=by, commitment=case.row.commitments.get(pk=pk), amount=pence, why="BACS",
            key=f"walk-{next(_numbers)}",
        ),
        learn,
    )  # fmt: skip


def plan(case: Case, who: Someone, draw: Any) -> Try:
    world = type("World", (), {})()

    def do(by: Any) -> Any:
        world.referral, world.manager = case.row, by
        return fill_plan(world)

    may = bool(who.roles & {PRACTICE, OFFICER})
    return Try(
        may and case.state in {"supported", "committed"} and case.plan is None,
        do,
        lambda _: moved(case, case.state, plan=set()),
    )


def _agree(case: Case, who: Someone, side: str, other: str, may: bool, act: Any) -> Try | None:
    if case.plan is None:
        return None
    mark = plans.fingerprint(case.row.plan)

    def learn(_: Any) -> None:
        case.plan = (case.plan or set()) | {side}
        case.agreed_by[side] = who.person.pk

    return Try(
        may
        and case.state in {"supported", "committed"}
        and side not in case.plan
        and case.agreed_by.get(other) != who.person.pk,
        lambda by: act(by=by, referral=case.row, fingerprint=mark),
        learn,
    )


def agree_for_practice(case: Case, who: Someone, draw: Any) -> Try | None:
    act = plan_actions.agree_for_practice
    return _agree(case, who, "practice", "office", PRACTICE in who.roles, act)


def agree_for_office(case: Case, who: Someone, draw: Any) -> Try | None:
    may = APPROVER in who.roles and case.practice.pk not in who.interests
    return _agree(case, who, "office", "practice", may, plan_actions.agree_for_commissioner)


def withdraw(case: Case, who: Someone, draw: Any) -> Try:
    return Try(
        PRACTICE in who.roles and case.state in UNDECIDED | {"supported"},
        lambda by: referrals.withdraw(by=by, referral=case.row, reason="Not needed"),
        lambda _: moved(case, "withdrawn"),
    )
