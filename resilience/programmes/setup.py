"""Two programmes ready to run: the national one (domain 3.1) and a local scheme (domain 3.2).

What they are is data; every row is written by the same acts that an administrator's pages use.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from practices.models import Organisation
from resilience.programmes import actions, catalogue, spending
from resilience.programmes.models import (
    CriteriaSet,
    MatrixVersion,
    Milestone,
    PaymentStage,
    Programme,
    ProgrammeYear,
)

FIVE_PM = dt.time(17)
"""Deadlines are absolute: 5pm in England."""

_M, _O = Milestone.Measure, PaymentStage.Opens


@dataclass(frozen=True)
class Due:
    """A milestone on its day of the year; each falls on or after the one before."""

    day: int
    month: int
    name: str
    measure: str = _M.NONE
    target: int | None = None
    is_return: bool = False


@dataclass(frozen=True)
class SetUp:
    """All of a programme year but its name, dates and contact. Sums are pence."""

    purpose: str
    year: Mapping[str, Any]
    menu: Sequence[str]
    milestones: Sequence[Due]
    stages: Sequence[Mapping[str, Any]]
    excluded: Mapping[str, str]
    has_contributions: bool = True
    """Each row of the menu is a theme of contributions in the MoU."""
    closes: tuple[int, int] | None = None
    """Day and month on which self-referrals close; without one, on the last day of the year."""
    categories: Mapping[str, int] = field(default_factory=dict)
    """Categories of spend, each with its indicative share of the money in per cent."""
    slippage: tuple[int, int] | None = None
    """Day and month from which uncommitted money may move as slippage."""


def stage(name: str, opens: str, **fields: Any) -> dict[str, Any]:
    """One payment stage: ``per_cent`` or ``amount`` (pence), and what opens it.

    In a SetUp, ``due_on`` is a (day, month) of the year.
    """
    return {
        "name": name,
        "opens": opens,
        "per_cent": None,
        "amount": None,
        "opens_on": None,
        "due_on": None,
        "pays_before_mou": False,
    } | fields


_ACKNOWLEDGEMENT = """Dear {contact_name}

Thank you for referring {practice}. We have your referral. Its reference is {reference}.

What happens next: we look at your referral, and may ask you for more information.

We will tell you our decision by {decide_by}.

{officer} is looking after your referral. If you have a question, reply to this email or ask:

{programme_contact}"""

_DECISION = """Dear {contact_name}

Thank you for waiting while we looked at the referral of {practice}, reference {reference}.

{decision}

Why we decided this: {reason}

If you want to talk about it, ask:

{programme_contact}

{officer}"""

LETTERS = {
    "acknowledgement_subject": "We have your referral {reference}",
    "acknowledgement_body": _ACKNOWLEDGEMENT,
    "decision_subject": "Our decision on your referral {reference}",
    "decision_body": _DECISION,
}
"""Letters of any programme; an administrator rewrites them."""

NATIONAL = SetUp(
    purpose="Funded, time-limited support for general practices under pressure. You refer your own practice, "
    "or a group of practices. Support goes where the need is greatest and where it will make the most difference. "
    "You do not match the money; you match the commitment.",
    year={"is_assessed": True, "allows_groups": True, "asks_past_support": True} | LETTERS,
    menu=catalogue.MENU,
    milestones=(
        Due(6, 7, "Delivery plan refreshed, with indicative shares"),
        Due(31, 7, "Practices prioritised, offered support and confirmed"),
        Due(3, 9, "Business cases in and all MoUs agreed", _M.AGREED, 100),
        Due(30, 9, "Direct payments made and all money committed", _M.COMMITTED, 100),
        Due(5, 10, "First return: all money committed", _M.COMMITTED, 100, is_return=True),
        Due(5, 10, "First return: all MoUs agreed", _M.AGREED, 100),
        Due(8, 1, "Second return: three quarters of the money spent", _M.SPENT, 75, is_return=True),
        Due(8, 1, "Four case studies of each region", _M.CASE_STUDIES, 4),
        Due(5, 4, "Third return: all money spent", _M.SPENT, 100, is_return=True),
        Due(5, 4, "Six more case studies, ten in all", _M.CASE_STUDIES, 10),
    ),
    stages=(stage("When the MoU is signed", _O.MOU_SIGNED, per_cent=100),),
    excluded={
        "IT hardware and software": "The programme has not paid for IT hardware or software since 2018/19. "
        "Ask your commissioner about the funds for IT in general practice.",
        "Support without an exit strategy": "The plan must say how the practice will manage "
        "when the support ends.",
    },
    categories={
        "Continuing support for practices already in the programme": 40,
        "Extending support to new practices": 40,
        "Practices helping each other build resilience at scale": 20,
    },
)

LOCAL = SetUp(
    purpose="Complete a health check of your practice and we pay £1,000. Then write an action plan and we pay "
    "£2,000 towards it. Practices may put their money together and plan as a group.",
    year={"is_assessed": False, "allows_groups": True, "asks_past_support": False, "takes_bids": True}
    | LETTERS,
    menu=(
        "Health check",
        "Planning",
        "Training in HR and finance",
        "Collaborative work with other practices",
        "Staff wellbeing",
        "Practice website",
        "Other (must be part of the action plan)",
    ),
    milestones=(
        Due(30, 9, "Health checks complete"),
        Due(31, 10, "Action plans handed in"),
        Due(1, 12, "Money not committed moves to practices with a poor CQC visit", _M.COMMITTED, 100),
        Due(1, 3, "Action plans delivered and all money spent", _M.SPENT, 100),
    ),
    stages=(
        stage("Health check", _O.EVIDENCE, amount=100_000, pays_before_mou=True, due_on=(30, 9)),
        stage("Action plan", _O.PLAN_AGREED, amount=200_000, due_on=(31, 10)),
    ),
    excluded={
        "Mandatory training": "Training that staff must have is the practice's own responsibility "
        "as a provider of care.",
        "Legal fees": "Legal costs are the practice's own responsibility as a business.",
        "Lease fees": "The cost of a lease is the practice's own responsibility as a business.",
        "Recruitment agencies": "The cost of recruiting is the practice's own responsibility as an employer.",
        "Business continuity plans": "A practice has to have such a plan already, so the scheme does not pay for it.",
        "What another body already provides": "You can have this free of charge from the body that provides it. "
        "Ask us and we will put you in touch.",
        "What another fund covers": "There is other money for this. Ask us and we will tell you how to apply.",
        "Estates": "Buildings, repairs and rooms have funds of their own.",
        "Software that the CCG provides or licenses": "The CCG pays for clinical and office software already, "
        "so the scheme does not pay for it again.",
    },
    has_contributions=False,
    closes=(31, 10),
    slippage=(1, 12),
)

BARE = SetUp(
    purpose="",
    year={"is_assessed": False, "allows_groups": True, "asks_past_support": False} | LETTERS,
    menu=(),
    milestones=(),
    stages=(stage("When the MoU is signed", _O.MOU_SIGNED, per_cent=100),),
    excluded={},
)

STANDARD = {"national": NATIONAL, "local": LOCAL, "bare": BARE}
"""What a year may start from; "bare" has letters and one payment stage, and nothing else."""


def at_five(day: dt.date) -> dt.datetime:
    """5pm in England on that day."""
    return timezone.make_aware(dt.datetime.combine(day, FIVE_PM))


def next_on(start: dt.date, day: int, month: int) -> dt.date:
    """The first such day on or after ``start``."""
    this_year = dt.date(start.year, month, day)
    return this_year if this_year >= start else dt.date(start.year + 1, month, day)


@transaction.atomic
def add_standard_year(
    programme: Programme,
    kind: str,
    *,
    by: Any,
    year_name: str,
    starts_on: dt.date,
    ends_on: dt.date,
    contact_name: str,
    contact_email: str,
    contact_phone: str = "",
    **changed: Any,
) -> ProgrammeYear:
    """A year of ``programme`` with every row of the "national", "local" or "bare" set-up.

    Self-referrals open at the year's start and close at 5pm; ``changed`` fields of ProgrammeYear go before
    the set-up's own. Raises Denied, KeyError for any other kind.
    """
    return add_year_of(
        programme,
        STANDARD[kind],
        by=by,
        name=year_name,
        starts_on=starts_on,
        ends_on=ends_on,
        contact_name=contact_name,
        contact_email=contact_email,
        contact_phone=contact_phone,
        **changed,
    )


def add_year_of(programme: Programme, set_up: SetUp, *, by: Any, **values: Any) -> ProgrammeYear:
    """A year with every row of ``set_up``; ``values`` go before the set-up's own fields."""
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    closes_on = next_on(starts_on, *set_up.closes) if set_up.closes else ends_on
    fields = {
        "opens_at": timezone.make_aware(dt.datetime.combine(starts_on, dt.time())),
        "closes_at": at_five(closes_on),
        "slippage_from": next_on(starts_on, *set_up.slippage) if set_up.slippage else None,
        **set_up.year,
        **values,
    }
    if fields["is_assessed"]:
        fields.setdefault("criteria_set", national_criteria(by))
        fields.setdefault("matrix", national_matrix(by))
    year = actions.add_year(by=by, programme=programme, **fields)
    for name in set_up.menu:
        actions.add_item(by=by, year=year, name=name, is_contribution_theme=set_up.has_contributions)
    day = starts_on
    for due in set_up.milestones:
        day = next_on(day, due.day, due.month)
        actions.add_milestone(
            by=by,
            year=year,
            name=due.name,
            due_at=at_five(day),
            measure=due.measure,
            target=due.target,
            is_return=due.is_return,
        )
    stages = [
        {**each, "due_on": next_on(starts_on, *each["due_on"])} if each.get("due_on") else each
        for each in set_up.stages
    ]
    actions.set_stages(by=by, year=year, stages=stages)
    if set_up.categories:
        shares = [
            {"name": name, "indicative_share": Decimal(share)} for name, share in set_up.categories.items()
        ]
        spending.set_spend_categories(by=by, year=year, categories=shares)
    for name, reason in set_up.excluded.items():
        actions.add_excluded(by=by, year=year, name=name, reason=reason)
    return year


def national_criteria(by: Any) -> CriteriaSet:
    """The latest national criteria; published first where there are none."""
    return CriteriaSet.objects.filter(name=catalogue.CRITERIA_NAME).first() or actions.publish_criteria(
        by=by, name=catalogue.CRITERIA_NAME, criteria=catalogue.NATIONAL_CRITERIA
    )


def national_matrix(by: Any) -> MatrixVersion:
    """The latest national matrix; published first where there is none."""
    return MatrixVersion.objects.filter(name=catalogue.MATRIX_NAME).first() or actions.publish_matrix(
        by=by, name=catalogue.MATRIX_NAME, content=catalogue.NATIONAL_MATRIX
    )


@transaction.atomic
def _set_up(owner: Organisation, kind: str, *, name: str, by: Any, **year: Any) -> ProgrammeYear:
    programme = actions.add_programme(by=by, name=name, owner=owner, purpose=STANDARD[kind].purpose)
    return add_standard_year(programme, kind, by=by, **year)


def set_up_national(owner: Organisation, **given: Any) -> ProgrammeYear:
    """A programme of ``owner`` as the national guidance has it, and its year.

    Give ``name``, ``year_name``, ``starts_on``, ``ends_on``, ``contact_name``, ``contact_email``, ``by``
    (an administrator over the owner); any field of ProgrammeYear may follow. Raises Denied.
    """
    return _set_up(owner, "national", **given)


def set_up_local(owner: Organisation, **given: Any) -> ProgrammeYear:
    """A local scheme of ``owner``: a health check, then an action plan. Takes what ``set_up_national`` takes."""
    return _set_up(owner, "local", **given)
