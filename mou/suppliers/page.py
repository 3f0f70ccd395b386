"""What the page of an assignment shows to each side of it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.urls import reverse

from funding.invoices import claims
from funding.models import Commitment
from mou.models import (
    CommitmentItem,
    CommitmentTick,
    Deliverable,
    SupplierCase,
    SupplierConsent,
    SupplierVisit,
)
from mou.plan import page as plan_page
from mou.plan import plans
from mou.suppliers import deliveries, managers, rules
from mou.suppliers.states import COLOURS
from resilience.core.access import P, allows, why_not
from resilience.core.calendar import today
from resilience.core.words import day, money, working_days_left

D = Deliverable.State
CONSENT_WORDS = {
    SupplierConsent.What.SHOW: (
        "Let the commissioner read it",
        "What the supplier gathers and marks as confidential is not shown to the commissioner unless you agree.",
    ),
    SupplierConsent.What.BENCHMARK: (
        "Let it be compared without our name",
        "Figures marked as confidential are compared with those of other practices only if you agree, and "
        "never with your name.",
    ),
}


def find(request: HttpRequest, pk: int) -> SupplierCase:
    """The assignment in the person's reach, or 404."""
    rows = SupplierCase.objects.visible_to(request.user).select_related(
        "referral__year__programme",
        "referral__commissioner",
        "referral__lead_practice",
        "referral__assigned_to",
        "practice__commissioner",
        "supplier",
        "change_manager",
        "invitation",
        "ended_by",
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Sides:
    """On which side of an assignment a person stands; one may stand on several."""

    supplier: bool
    practice: bool
    office: bool
    officer: bool

    @classmethod
    def of(cls, user: Any, case: SupplierCase) -> "Sides":
        return cls(
            allows(user, P.DELIVER, case),
            allows(user, P.PLAN_FOR_PRACTICE, case),
            allows(user, P.VIEW_INTERNAL, case),
            allows(user, P.WORK_REFERRALS, case),
        )

    @property
    def sees_request(self) -> bool:
        """What was asked for, whatever is shared with the supplier."""
        return self.practice or self.office


def reads_all(user: Any, case: SupplierCase) -> bool:
    """May this person read what a confidentiality agreement covers?"""
    return SupplierCase.objects.open_book_to(user).filter(pk=case.pk).exists()


def crumbs(case: SupplierCase) -> dict[str, Any]:
    return {
        "caption": case.practice.name,
        "back": reverse("mou:supplier_case", kwargs={"supplier_case": case.pk}),
        "back_text": "Back to the assignment",
    }


def when(deliverable: Deliverable) -> str:
    """ "Due on 5 October 2018: 3 working days left", or what happened to it."""
    if deliverable.state in (D.DUE, D.ASKED_AGAIN):
        return f"Due on {day(deliverable.due_on)}: {working_days_left(deliverable.due_on)}"
    return f"{deliverable.get_state_display()} on {day(deliverable.state_since)}"


def is_late(deliverable: Deliverable) -> bool:
    return deliverable.state in (D.DUE, D.ASKED_AGAIN) and deliverable.due_on < today()


def _deliverables(case: SupplierCase) -> list[dict[str, Any]]:
    return [
        {
            "thing": each,
            "href": reverse("mou:deliverable", kwargs={"deliverable": each.pk}),
            "when": when(each),
            "is_late": is_late(each),
            "colour": COLOURS[each.state],
        }
        for each in case.deliverables.select_related("kind")
    ]


def next_step(case: SupplierCase, deliverables: list[dict[str, Any]], sides: Sides) -> dict[str, str] | None:
    """The one thing that comes next for this person, with its page."""
    if not case.is_open and case.ended_with_id is None:
        return None
    to_do = [each for each in deliverables if each["thing"].state in (D.DUE, D.ASKED_AGAIN)]
    to_do.sort(key=lambda each: each["thing"].due_on)
    to_answer = [each for each in deliverables if each["thing"].state == D.HANDED_IN]
    if sides.officer and to_answer:
        return {"text": f"Answer: {to_answer[0]['thing']}", "href": to_answer[0]["href"]}
    if sides.supplier and to_do and case.is_open:
        return {"text": f"Hand in: {to_do[0]['thing']}", "href": to_do[0]["href"]}
    return None


def _checklist(case: SupplierCase) -> list[dict[str, Any]]:
    ticks = {
        tick.item_id: tick
        for tick in CommitmentTick.objects.filter(supplier_case=case, undone_at=None).select_related(
            "ticked_by"
        )
    }
    items = CommitmentItem.objects.filter(year=case.referral.year_id)
    return [{"item": item, "tick": ticks.get(item.pk)} for item in items]


def _consents(case: SupplierCase) -> list[dict[str, Any]]:
    given = {
        each.what: each
        for each in SupplierConsent.objects.filter(supplier_case=case, revoked_at=None).select_related(
            "given_by"
        )
    }
    return [
        {"what": what, "title": title, "words": words, "given": given.get(what)}
        for what, (title, words) in CONSENT_WORDS.items()
    ]


def _money(case: SupplierCase) -> list[dict[str, str]]:
    """What is promised to the supplier for this practice, and why it cannot be invoiced yet."""
    rows = Commitment.objects.filter(
        referral=case.referral_id, practice=case.practice_id, supplier=case.supplier_id
    ).select_related("allocation", "practice", "item")
    return [
        {
            "purpose": each.commitment.purpose,
            "price": money(each.figures.committed + each.figures.payable + each.figures.paid),
            "standing": each.missing or f"{money(each.left)} can be invoiced now.",
        }
        for each in claims.claims(list(rows))
    ]


def _agreed_plan(case: SupplierCase) -> list[dict[str, Any]]:
    """The agreed plan of the case, without what each side brings; nothing before both have agreed it."""
    plan = plans.plan_of(case.referral)
    if plan is None or plan.agreed_at is None:
        return []
    parts = plan_page.sections(plan, plans.layout_of(case.referral.year), [])
    return [part for part in parts if part["id"] in ("objectives", "actions", "services") and part["rows"]]


def visits_of(case: SupplierCase) -> list[SupplierVisit]:
    return list(case.suppliervisits.select_related("booked_by", "recorded_by").order_by("-planned_on", "-pk"))


def _office_acts(user: Any, case: SupplierCase) -> list[dict[str, str]]:
    here = {"supplier_case": case.pk}
    acts = (
        ("Assign to another supplier", "mou:reassign_case", "mou.reassign_case"),
        ("Name another change manager", "mou:name_change_manager", "mou.name_change_manager"),
        ("End the assignment", "mou:end_case", "mou.end_case"),
    )
    return [
        {"text": text, "href": reverse(url, kwargs=here)}
        for text, url, act in acts
        if not why_not(rules.check_case_act, user, case, act)
    ]


def context(request: HttpRequest, case: SupplierCase) -> dict[str, Any]:
    """Context of the page of an assignment."""
    user: Any = request.user
    sides = Sides.of(user, case)
    deliverables = _deliverables(case)
    visits = visits_of(case)
    referral = case.referral
    plan = plans.plan_of(referral)
    return {
        "title": case.practice.name,
        "caption": f"{referral.reference}, {referral.year}",
        "case_row": case,
        "sides": sides,
        "expected": managers.is_expected(case),
        "next": next_step(case, deliverables, sides),
        "deliverables": deliverables,
        "visits": visits,
        "booked": next((visit for visit in visits if visit.is_booked), None),
        "checklist": _checklist(case),
        "may_tick": sides.practice and case.is_open,
        "consents": _consents(case),
        "shows_request": sides.sees_request or case.shares_request,
        "money": _money(case) if sides.office or sides.supplier else [],
        "shows_money": sides.office or sides.supplier,
        "agreed_plan": _agreed_plan(case) if sides.supplier else [],
        "may_take_over": not why_not(deliveries.check_can_take_over, user, referral, plan, case),
        "office_acts": _office_acts(user, case) if sides.officer else [],
        "earlier": _earlier(user, case) if sides.office else [],
        "delivery": reverse("mou:delivery", kwargs={"referral": referral.pk})
        if allows(user, P.VIEW_MOU, referral)
        else "",
        "is_open": case.is_open,
    }


def _earlier(user: Any, case: SupplierCase) -> list[SupplierCase]:
    """The other assignments of this practice for the same case, the latest first."""
    rows = SupplierCase.objects.visible_to(user).filter(
        ~Q(pk=case.pk), referral=case.referral_id, practice=case.practice_id
    )
    return list(rows.select_related("supplier", "ended_by"))
