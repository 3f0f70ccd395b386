"""What the pages of an agreement share: the row in the person's reach, and what they show of it."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from mou.agreement import rules
from mou.models import Agreement
from resilience.core.access import P, allows, why_not

A = Agreement.State
COLOURS: dict[str, str] = {
    A.SENT: "blue",
    A.PRACTICE_SIGNED: "blue",
    A.SUPPLIER_SIGNED: "blue",
    A.SIGNED: "green",
    A.NOTICE: "orange",
    A.TERMINATED: "grey",
    A.ENDED: "grey",
    A.WITHDRAWN: "grey",
    A.DECLINED: "orange",
    A.EXPIRED: "grey",
}


AFTER_SIGNATURE: dict[str, Callable[[Any, Agreement], dict[str, Any]]] = {}
"""What topics put on the MoU tab of an MoU that was signed: the name its template knows it by, and what it shows."""


def case_url(referral: int) -> str:
    return reverse("mou:case", kwargs={"referral": referral})


def page_of(user: Any, agreement: Agreement) -> str:
    """Where this person follows the agreement: the MoU tab; its own page, for a supplier, who sees no more."""
    if allows(user, P.VIEW_MOU, agreement.referral):
        return case_url(agreement.referral_id)
    return reverse("mou:read", kwargs={"agreement": agreement.pk})


def find(request: HttpRequest, pk: int) -> Agreement:
    """The agreement in the person's reach, or 404."""
    rows = Agreement.objects.visible_to(request.user, P.VIEW_MOU).select_related(
        "referral__year__programme",
        "referral__lead_practice",
        "referral__commissioner",
        "sent_by",
        "stopped_by",
        "supplier",
        "document",
        "sealed",
    )
    agreement = rows.filter(pk=pk).first()
    if agreement is None:
        raise Http404
    return agreement


def caption(agreement: Agreement) -> str:
    """Above the title of each page about its signature: what is signed, and whose it is."""
    return f"{agreement.name}, {agreement.referral.lead_practice.name}, {agreement.referral.reference}"


def html_of(agreement: Agreement) -> SafeString:
    """The document as stored: our own template's output, in which everything typed was escaped."""
    return mark_safe(agreement.html)  # nosec B308 B703


def shown(request: HttpRequest, agreement: Agreement) -> dict[str, Any]:
    """One agreement as the tab shows it."""
    user, key = request.user, {"agreement": agreement.pk}
    turn = agreement.turn

    def page(name: str, rule: Any, *more: Any) -> str:
        return "" if why_not(rule, user, agreement, *more) else reverse(f"mou:{name}", kwargs=key)

    return {
        "agreement": agreement,
        "state": agreement.standing,
        "colour": COLOURS[agreement.state],
        "signatures": list(agreement.signatures.all()),
        "document": reverse("mou:document", kwargs=key),
        "sealed": reverse("mou:sealed", kwargs=key) if agreement.sealed_id else "",
        "is_being_sealed": agreement.is_signed and agreement.sealed_id is None,
        "is_overdue": rules.is_overdue(agreement),
        "sign": page("sign", rules.check_can_sign, turn) if turn else "",
        "delegations": [each for each in agreement.delegations.all() if each.side == turn],
        "delegate": page("delegate", rules.check_can_sign, turn) if turn else "",
        "record_paper": page("record_paper", rules.check_can_record_paper),
        "decline": page("decline", rules.check_can_decline),
        "postpone": page("postpone", rules.check_can_postpone),
        "withdraw": page("withdraw", rules.check_can_withdraw_agreement),
        "stale": why_not(rules.check_is_current, agreement) if turn else "",
    }
