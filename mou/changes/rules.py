"""Who may ask for a change of an MoU, draft it, send it and drop it."""

import datetime as dt
from typing import Any

from mou.agreement.rules import money_of
from mou.changes.changes import late_rows, new_end, rows_that_stay
from mou.changes.money import signed_money
from mou.changes.states import check_proposal_state
from mou.ending.rules import end_date
from mou.models import Agreement, Proposal
from mou.people import holders, is_for_practice
from mou.plan import plans
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import day

A = Agreement.State
Kind = Proposal.Kind


def open_proposal(mou: Agreement) -> Proposal | None:
    """The one that is being drafted or signed, if any."""
    rows = Proposal.objects.filter(mou=mou, dropped_at__isnull=True, applied_at__isnull=True)
    return rows.select_related("agreement", "asked_by").first()


def check_in_force(mou: Agreement) -> None:
    """Only what is in force, and under no notice, is varied."""
    if mou.kind != Agreement.Kind.MOU or mou.state == A.SIGNED:
        return
    if mou.state == A.NOTICE:
        raise Denied("Notice was given to end this MoU. Withdraw the notice before you change the MoU.")
    raise Denied(f"Only an MoU in force is varied: this one is “{A(mou.state).label}”.")


def check_is_theirs(user: Any, mou: Agreement, kind: str = Kind.VARIATION) -> None:
    """Either side; an extension is the commissioner's."""
    if not is_for_practice(user, mou.referral):
        _check_office(user, mou)
    elif kind == Kind.EXTENSION:
        access.check(user, P.PLAN_FOR_COMMISSIONER, mou.referral)


def check_can_propose(user: Any, mou: Agreement, kind: str = Kind.VARIATION) -> None:
    """Either side, of an MoU in force, one change at a time."""
    check_is_theirs(user, mou, kind)
    check_in_force(mou)
    check_proposal_state("mou.propose", open_proposal(mou))
    if kind == Kind.EXTENSION:
        check_may_extend(mou)


def check_may_extend(mou: Agreement) -> None:
    if not mou.template.may_extend:
        raise Denied("The wording of this MoU does not allow it to be extended.")


def _check_office(user: Any, mou: Agreement) -> None:
    """An officer without an interest."""
    access.check(user, P.PLAN_FOR_COMMISSIONER, mou.referral)
    check_has_no_interest(user, mou.referral)


def check_can_draft(user: Any, proposal: Proposal, act: str) -> None:
    """An officer, until it is sent or once it came back unsigned."""
    _check_office(user, proposal.mou)
    check_proposal_state(act, proposal)


def check_can_drop(user: Any, proposal: Proposal) -> None:
    """An officer, or who asked for it."""
    if proposal.asked_by_id != getattr(user, "pk", None) or not is_for_practice(user, proposal.mou.referral):
        _check_office(user, proposal.mou)
    check_proposal_state("mou.drop_proposal", proposal)


def check_end(mou: Agreement, kind: str, ends_on: dt.date) -> None:
    """A date to come; later than now only where the wording allows an extension."""
    if wrong := plans.wrong_end(ends_on):
        raise Denied(f"{wrong}.")
    last = end_date(mou)
    if last and ends_on > last:
        check_may_extend(mou)
    if last and ends_on <= last and kind == Kind.EXTENSION:
        raise Denied(f"An extension ends later than the MoU does now, which is {day(last)}.")


def check_can_send_variation(user: Any, proposal: Proposal) -> None:
    """An officer: something changes, no row is due after the end or has to stay, and somebody can sign."""
    mou = proposal.mou
    check_can_draft(user, proposal, "mou.send_variation")
    check_in_force(mou)
    if proposal.kind == Kind.EXTENSION and new_end(proposal) is None:
        raise Denied("Set the new end date, then send it.")
    if not proposal.changes.exists() and not changes_money(proposal):
        raise Denied("Nothing changes yet. Say what changes, then send it.")
    plan = plans.started(plans.plan_of(mou.referral))
    if late := next(late_rows(proposal, plan), ""):
        last = new_end(proposal) or plan.ends_on
        raise Denied(f"“{late}” would be due after the MoU ends on {day(last)}. Change its date too.")
    if stays := next(rows_that_stay(proposal.changes.all()), None):
        raise Denied(
            f"Progress is recorded on “{stays}”, so it stays in the plan. Leave it as it stands, or change what it "
            "says."
        )
    if not holders(P.SIGN_FOR_PRACTICE, mou.referral):
        raise Denied(
            f"Nobody at {mou.referral.lead_practice.name} can sign in to sign yet. "
            "Invite someone of the practice first."
        )


def changes_money(proposal: Proposal) -> bool:
    """Is more or less committed now than what was signed says?"""
    return signed_money(proposal.mou) != money_of(proposal.mou.referral)
