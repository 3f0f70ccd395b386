"""What follows the signature of an MoU in the small world: what varies it, disputes about it; and how they grow."""

import datetime as dt
from typing import Any

from django.utils import timezone

from mou.models import Agreement, Dispute, Plan, Proposal
from resilience.core.access import Role


def vary(corner: Any, mou: Agreement) -> dict[str, Any]:
    """A signed MoU that was varied once, another change of it that is drafted, and a dispute; with its plan's rows."""
    now, later = timezone.now(), timezone.now().date() + dt.timedelta(days=90)
    manager, officer = corner.people[Role.PRACTICE_USER], corner.people[Role.PROGRAMME_OFFICER]
    plan = Plan.objects.create(referral=mou.referral, ends_on=later)
    what = {"mou": mou, "what": "x", "why": "x", "asked_by": manager}
    same = {"template": mou.template, "html": "<p>x</p>", "document": mou.document, "sent_by": officer}
    variation = Agreement.objects.create(
        referral=mou.referral, kind="variation", varies=mou, number=1, state="signed", signed_at=now, **same
    )
    Proposal.objects.create(**what, agreement=variation, applied_at=now, consolidated="<p>x</p>")
    proposal = Proposal.objects.create(**what)
    dispute = Dispute.objects.create(agreement=mou, by_practice=True, about="x", raised_by=manager)
    dispute.steps.create(kind="raised", words="x", happened_on=now.date(), made_by=manager)
    return {
        "signed_case": mou.referral_id,
        "proposal": proposal.pk,
        "proposed_change": proposal.changes.create(target="part", after={"exit_strategy": "x"}).pk,
        "dispute": dispute.pk,
        "varied_objective": plan.objectives.create(
            heading="stability", objective="x", measure="y", due_on=later
        ).pk,
        "varied_plan_action": plan.actions.create(
            deliverable="x", action="x", owner="x", outcomes="x", due_on=later
        ).pk,
        "varied_support_service": plan.services.create(service="x", provider="y").pk,
        "varied_contribution": plan.contributions.create(theme="x").pk,
    }


def grow_changes(corner: Any, people: list[Any], n: int, name: str) -> None:
    """One more of each on the signed MoU of the corner: changes signed, dropped and drafted; disputes."""
    manager, officer, _ = people
    mou, now = Agreement.objects.get(pk=corner.things["sealed"]), timezone.now()
    plan = mou.referral.plan
    row = plan.services.create(service=name, provider=name)
    _more_changes(Proposal.objects.get(pk=corner.things["proposal"]), row.pk, n, name)
    said = {"mou": mou, "what": name, "why": name, "asked_by": manager}
    dropped = {"dropped_at": now, "dropped_by": officer, "dropped_why": name}
    _more_changes(Proposal.objects.create(**said, **dropped), row.pk, n, name)
    signed = Proposal.objects.create(**said, **dropped)
    _more_changes(signed, row.pk, n, name)
    variation = Agreement.objects.create(
        referral=mou.referral, kind="variation", varies=mou, number=1 + n, template=mou.template, html="<p>x</p>",
        document=mou.document, sent_by=officer, state="signed", signed_at=now,
    )  # fmt: skip
    # One proposal is open at a time, and what is signed takes no more changes: it comes back from the dropped ones.
    Proposal.objects.filter(pk=signed.pk).update(
        dropped_at=None, dropped_by=None, dropped_why="", agreement=variation, applied_at=now,
        consolidated="<p>x</p>",
    )  # fmt: skip
    settled = Dispute.objects.create(
        agreement=mou, by_practice=bool(n % 2), state="settled", about=name, raised_by=manager, settled_at=now,
        settled_by=officer,
    )  # fmt: skip
    for each in (settled, Dispute.objects.get(pk=corner.things["dispute"])):
        for kind in ("said", "note"):
            each.steps.create(
                kind=kind, words=name, happened_on=now.date(), is_internal=kind == "note", made_by=officer
            )


def _more_changes(proposal: Proposal, row: int, n: int, name: str) -> None:
    """A row changed, a row added, a clause in other words."""
    values = {"service": name, "provider": name}
    proposal.changes.create(
        target="row", rows="SupportService", row=row, before=values, after=values | {"provider": "x"}
    )
    proposal.changes.create(target="row", rows="SupportService", after=values)
    proposal.changes.create(target="clause", clause=f"3.{n}", before={"words": "x"}, after={"words": name})


def dispute_in(mou: Agreement, by: Any, name: str) -> Dispute:
    """A dispute that is with the strategic lead."""
    dispute = Dispute.objects.create(
        agreement=mou, by_practice=True, state="escalated", about=name, raised_by=by
    )
    dispute.steps.create(kind="raised", words=name, happened_on=timezone.now().date(), made_by=by)
    return dispute
