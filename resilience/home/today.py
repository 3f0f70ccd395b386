"""What a person must do today: counts that open the list they count.

Each count is taken from the list's own rows and filters, so that the two cannot differ.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from funding import ledger
from funding.allocations.filters import funds_rows
from funding.bids.waiting import to_go_through
from funding.invoices.rules import to_approve
from funding.models import Allocation, Commitment, Invoice, PaymentRow, PaymentRun
from funding.models.invoices import own_practices, own_suppliers
from funding.moves.filters import to_answer
from funding.returns.due import returns_due
from funding.runs import ready
from funding.runs.rules import payers, runs_waiting
from funding.stages.evidence import to_chase
from funding.stages.pages import to_hand_in
from funding.stages.standing import still_payable
from funding.standing.bars import Bar, next_marks
from mou.models import Agreement, Plan
from practices.models import Invitation, LinkRequest, Organisation, Practice
from resilience.assessments.models import SafetyEscalation
from resilience.core.access import P
from resilience.home.of_mou import DELIVERY, mous_unsigned
from resilience.home.tasks import Task, counted, worklist
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.filters import TABS, due_query, worklist_rows
from resilience.referrals.following import (
    Stage,
    Step,
    contact,
    next_steps,
    open_questions_of,
    stage_dates_of,
    stages,
)
from resilience.referrals.models import Message, Referral
from resilience.referrals.states import CLOSED


def for_officer(user: Any) -> list[Task]:
    """Overdue and due soon first, then replies, assessments, money to commit, MoUs unsigned too long."""
    to_acknowledge = TABS["to_acknowledge"][1]
    tasks = counted(
        worklist_rows(user),
        [
            (
                "overdue to acknowledge",
                to_acknowledge & due_query("overdue"),
                worklist(tab="to_acknowledge", due="overdue"),
                True,
            ),
            (
                "to acknowledge in the next 3 working days",
                to_acknowledge & due_query("soon"),
                worklist(tab="to_acknowledge", due="soon"),
                False,
            ),
            (
                "answered by the practice",
                TABS["all"][1] & Q(awaiting=False, last_said=Message.Kind.ANSWER),
                worklist(messages="replied"),
                False,
            ),
            ("to assess", TABS["to_assess"][1], worklist(tab="to_assess"), False),
            ("supported: commit the money", TABS["to_commit"][1], worklist(tab="to_commit"), False),
            (
                "with money committed: finish the plan and the MoU",
                TABS["agreement"][1],
                worklist(tab="agreement"),
                False,
            ),
        ],
    )
    tasks.append(mous_unsigned(user))
    tasks += practices_to_chase(user)
    tasks.append(bids_to_go_through(user))
    tasks.append(open_links(user))
    tasks.append(open_escalations(user))
    return tasks


def practices_to_chase(user: Any) -> list[Task]:
    """A task for each stage whose deadline has passed: the practices that have neither answered nor declined."""
    return [
        Task(
            count,
            "practice",
            f"past the deadline of “{stage.name}”, {stage.year}",
            f"{reverse('funding:evidence', kwargs={'stage': stage.pk})}?answer=not_in",
            True,
        )
        for stage, count in to_chase(Practice.objects.visible_to(user, P.VIEW_MONEY)).items()
    ]


def stages_payable(user: Any) -> list[Task]:
    """A task for each programme year in which a stage became payable and is not paid."""
    counts: Counter[ProgrammeYear] = Counter()
    for stage, count in still_payable(Commitment.objects.visible_to(user, P.PAY)).items():
        counts[stage.year] += count
    return [
        Task(
            count,
            "stage",
            f"of commitments payable and not paid, {year}",
            f"{reverse('funding:stages')}?year={year.pk}",
        )
        for year, count in counts.items()
    ]


def bids_to_go_through(user: Any) -> Task:
    return Task(
        to_go_through(user).count(),
        "bid",
        "to go through",
        f"{reverse('funding:bids')}?{urlencode({'standing': 'to_go_through'})}",
    )


def open_links(user: Any) -> Task:
    count = LinkRequest.objects.visible_to(user).filter(answered_at__isnull=True).count()
    return Task(
        count,
        "person,people",
        "asking to act for a practice",
        reverse("people:links"),
    )


def open_escalations(user: Any) -> Task:
    count = SafetyEscalation.objects.visible_to(user).filter(taken_at__isnull=True).count()
    return Task(
        count,
        "safety escalation",
        "that nobody has taken",
        reverse("assessments:escalations"),
        True,
    )


def invoices_to_approve(user: Any) -> Task:
    return Task(
        to_approve(user).count(), "invoice", "to approve", f"{reverse('funding:invoices')}?mine=approve"
    )


def invoices_queried(user: Any) -> list[Invoice]:
    """Invoices of the payees this person works for that cannot be approved until a question is answered."""
    own = Q(practice__in=own_practices(user)) | Q(supplier__in=own_suppliers(user))
    rows = Invoice.objects.visible_to(user).filter(own, state=Invoice.State.QUERIED)
    return list(rows.select_related("practice", "supplier").order_by("state_since"))


def for_approver(user: Any) -> list[Task]:
    """Decisions, plans and agreements that wait for an approver."""
    decide = counted(
        worklist_rows(user), [("to decide", TABS["to_decide"][1], worklist(tab="to_decide"), False)]
    )
    plans = Plan.objects.visible_to(user, P.APPROVE_PLAN).filter(
        practice_agreed_at__isnull=False, commissioner_agreed_at__isnull=True
    )
    to_sign = agreements_to_sign(user)
    return [
        *decide,
        Task(
            plans.count(),
            "plan",
            "that the practice agreed and you have not",
            worklist(tab="agreement"),
        ),
        Task(
            len(to_sign),
            "MoU",
            "to sign for the commissioner",
            reverse("home") + "#to-sign",
        ),
        moves_to_answer(user),
        invoices_to_approve(user),
        open_escalations(user),
    ]


def agreements_to_sign(user: Any) -> list[Agreement]:
    """What waits for the commissioner's signature in this person's scope, oldest first."""
    states = Agreement.State
    turn = Q(state=states.SUPPLIER_SIGNED) | Q(state=states.PRACTICE_SIGNED, supplier__isnull=True)
    return list(
        Agreement.objects.visible_to(user, P.SIGN_FOR_COMMISSIONER)
        .filter(turn)
        .select_related("referral__lead_practice")
        .order_by("sent_at")
    )


def agreements_to_sign_for_supplier(user: Any) -> list[Agreement]:
    """What waits for the signature of this person's supplier, oldest first."""
    return list(
        Agreement.objects.visible_to(user, P.SIGN_FOR_SUPPLIER)
        .filter(state=Agreement.State.PRACTICE_SIGNED)
        .select_related("referral__lead_practice")
        .order_by("sent_at")
    )


def payments_to_make(user: Any) -> list[Task]:
    """What is ready for a run, runs that wait for the days of their payments, and what does not reconcile."""
    of_each = ready.of_commissioners(payers(user)).values()
    unmatched = PaymentRow.objects.visible_to(user, P.PAY).to_settle().count()
    return [
        Task(
            unmatched,
            "payment",
            "not reconciled",
            f"{reverse('funding:unmatched_payments')}?standing=open",
            True,
        ),
        Task(
            sum(len(ready.payable_now(rows)) for rows in of_each),
            "payment",
            "approved or payable, and in no payment run",
            reverse("funding:ready_to_pay"),
        ),
        Task(
            runs_waiting(user).count(),
            "payment run",
            "waiting for payment dates",
            f"{reverse('funding:runs')}?state={PaymentRun.State.EXPORTED}",
        ),
    ]


def for_finance(user: Any) -> list[Task]:
    """What is payable, and what is supported and not yet committed."""
    payable = ledger.with_payable(Commitment.objects.visible_to(user, P.PAY))
    commit = counted(
        worklist_rows(user),
        [("supported: commit the money", TABS["to_commit"][1], worklist(tab="to_commit"), False)],
    )
    return [
        returns_to_make(user),
        moves_to_answer(user),
        invoices_to_approve(user),
        *payments_to_make(user),
        Task(
            funds_rows(user, P.SET_ALLOCATIONS).filter(received__isnull=True).count(),
            "sum",
            "allocated and not confirmed as received",
            reverse("funding:funds") + "?received=no",
        ),
        Task(
            payable.count(),
            "commitment",
            "with money payable now",
            reverse("funding:commitments") + "?payable=yes",
        ),
        *stages_payable(user),
        *commit,
    ]


def returns_to_make(user: Any) -> Task:
    """Overdue, or due within four weeks, and not made."""
    soon = [each for each in returns_due(user, P.MAKE_RETURNS) if each.is_soon]
    overdue = any(each.is_overdue for each in soon)
    return Task(len(soon), "return", "due", reverse("funding:returns") + "#due", overdue)


def moves_to_answer(user: Any) -> Task:
    return Task(
        to_answer(user).count(),
        "move",
        "of money to approve or refuse",
        reverse("funding:moves") + "?answer=mine",
    )


def for_administrator(user: Any) -> list[Task]:
    """People waiting, organisations without a place in the tree, years without what they need."""
    now = timezone.now()
    invited = Invitation.objects.filter(
        accepted_at__isnull=True, cancelled_at__isnull=True, expires_at__gt=now, invited_by=user
    )
    homeless = Organisation.objects.filter(
        kind__in=Organisation.COMMISSIONERS, parent__isnull=True, closed_on__isnull=True
    )
    unworded = ProgrammeYear.objects.filter(ends_on__gte=now.date()).exclude(
        mou_templates__published_at__isnull=False
    )
    return [
        open_links(user),
        Task(
            invited.count(),
            "invitation",
            "not accepted yet",
            reverse("people:invitations"),
        ),
        Task(
            homeless.count(),
            "commissioner",
            "without a local office",
            reverse("people:organisations"),
        ),
        Task(
            unworded.count(),
            "programme year",
            "without an MoU template",
            reverse("programmes:list"),
        ),
    ]


@dataclass(frozen=True)
class Followed:
    """One referral as its practice follows it: the next step, the row of stages, whom to ask."""

    referral: Referral
    step: Step | None
    stages: list[Stage]
    contact: list[str]


def for_practice(user: Any) -> dict[str, Any]:
    """Drafts to finish, then each referral with its one next step; those that ended come last."""
    rows = list(
        Referral.objects.visible_to(user, P.REFER)
        .select_related("year__programme", "lead_practice", "assigned_to")
        .prefetch_related("agreements")
        .order_by("-received_at", "-id")
    )
    sent = [row for row in rows if not row.is_draft]
    questions, dates = open_questions_of(sent), stage_dates_of(sent)
    steps = next_steps(user, sent, questions)
    followed = [Followed(row, steps[row.pk], stages(row, dates[row.pk]), contact(row)) for row in sent]
    followed.sort(key=lambda each: (each.referral.state in CLOSED, not (each.step and each.step.button)))
    own = Practice.objects.visible_to(user, P.REFER).select_related("commissioner")
    return {
        "drafts": [row for row in rows if row.is_draft],
        "followed": followed,
        "to_hand_in": to_hand_in(own),
        "practices": own,
    }


TODAY: dict[str, Callable[[Any], list[Task]]] = {
    "programme_officer": for_officer,
    "approver": for_approver,
    "finance_lead": for_finance,
    "administrator": for_administrator,
}
"""By role: the tasks of that role's home page. Practices, suppliers and observers read a page of their own."""


def tasks(role: str, user: Any) -> list[Task]:
    """What a role's home page lists: its tasks of referral and money, then those of the MoU and delivery."""
    found = TODAY[role](user) + [task for more in DELIVERY[role] for task in more(user)]
    return [task for task in found if task.count]


def money_standing(user: Any) -> list[Bar]:
    """A bar for each programme year now running: what the person may see of it, against the next milestones."""
    day = timezone.localdate()
    rows = list(
        Allocation.objects.visible_to(user)
        .filter(year__starts_on__lte=day, year__ends_on__gte=day)
        .select_related("year__programme")
        .prefetch_related("year__milestones")
        .order_by("year__programme__name", "year__starts_on", "year")
    )
    figures = ledger.spread(rows, "allocation")
    found = []
    for year, of_one in groupby(rows, key=lambda each: each.year):
        stands = ledger.total(figures.get(each.pk, ledger.Figures()) for each in of_one)
        found.append(Bar(str(year), stands, {"year": year.pk}, next_marks(year, stands)))
    return found


def practices_and_changes(user: Any, since: dt.datetime | None) -> list[tuple[Practice, list[Referral]]]:
    """The practices an observer sees, with the referrals that moved since they last looked."""
    moved = Referral.objects.visible_to(user).exclude(state="draft").select_related("lead_practice")
    if since:
        moved = moved.filter(state_since__gt=since)
    by_practice: dict[int, list[Referral]] = {}
    for referral in moved.order_by("-state_since")[:200]:
        by_practice.setdefault(referral.lead_practice_id, []).append(referral)
    practices = Practice.objects.visible_to(user).filter(
        Q(pk__in=by_practice)
        | Q(supplier_assignments__ended_on__isnull=True, supplier_assignments__isnull=False)
    )
    return [(practice, by_practice.get(practice.pk, [])) for practice in practices.distinct()[:50]]
