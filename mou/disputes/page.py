"""What the MoU tab and a dispute's own page show of it."""

from typing import Any

from django.urls import reverse

from mou.disputes import rules
from mou.disputes.states import DISPUTE_ACTS
from mou.models import Agreement, Dispute
from resilience.core.access import why_not

D = Dispute.State
COLOURS: dict[str, str] = {D.RAISED: "orange", D.ESCALATED: "red", D.LMC: "red", D.SETTLED: "grey"}
_STEPS = ("say_in_dispute", "escalate_dispute", "ask_lmc", "settle_dispute", "note_in_dispute")


def _line(dispute: Dispute) -> dict[str, Any]:
    """One dispute in a list."""
    return {
        "dispute": dispute,
        "href": reverse("mou:dispute", kwargs={"dispute": dispute.pk}),
        "state": dispute.get_state_display(),
        "colour": COLOURS[dispute.state],
    }


def card(user: Any, dispute: Dispute) -> dict[str, Any]:
    """One dispute: its steps as this person may read them, and what they may do."""
    agreement = dispute.agreement
    steps = dispute.steps.select_related("made_by")
    if not rules.sees_notes(user, agreement):
        steps = steps.filter(is_internal=False)
    key = {"dispute": dispute.pk}
    return _line(dispute) | {
        "side": agreement.referral.lead_practice.name
        if dispute.by_practice
        else str(agreement.referral.commissioner),
        "steps": steps,
        "acts": [
            {"text": DISPUTE_ACTS[f"mou.{name}"].label, "href": reverse(f"mou:{name}", kwargs=key)}
            for name in _STEPS
            if not why_not(rules.check_can, user, agreement, f"mou.{name}", dispute)
        ],
    }


def part(user: Any, agreement: Agreement) -> dict[str, Any]:
    """For ``mou/disputes/part.html``: what is open, what was settled, and raising one."""
    rows = list(Dispute.objects.filter(agreement=agreement))
    for row in rows:
        row.agreement = agreement
    standing = next((each for each in rows if each.state != D.SETTLED), None)
    denied = why_not(rules.check_can, user, agreement, "mou.raise_dispute", standing)
    return {
        "open": card(user, standing) if standing else None,
        "settled": [_line(each) for each in rows if each.state == D.SETTLED],
        "raise": "" if denied else reverse("mou:raise_dispute", kwargs={"agreement": agreement.pk}),
    }
