"""The small table of an invoice: which state may follow which, by which act, for whom.

Shares ``Act`` with the referral's table. An approval above the approver's own limit is the first of two;
``funding.invoices.limits`` says which of the two acts is a person's.
"""

from funding.models import Invoice
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

S = Invoice.State

NOT_RAISED = ""

INVOICE_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("funding.raise_invoice", "Raise an invoice", P.RAISE_INVOICES, {NOT_RAISED: S.RECEIVED}),
        Act(
            "funding.query_invoice",
            "Ask a question",
            P.APPROVE_INVOICES,
            {S.RECEIVED: S.QUERIED, S.NEEDS_SECOND: S.QUERIED},
        ),
        Act("funding.answer_query", "Answer the question", P.RAISE_INVOICES, {S.QUERIED: S.RECEIVED}),
        Act(
            "funding.approve_invoice_first",
            "Approve, for a second person to confirm",
            P.APPROVE_INVOICES,
            {S.RECEIVED: S.NEEDS_SECOND},
        ),
        Act(
            "funding.approve_invoice",
            "Approve",
            P.APPROVE_INVOICES,
            {S.RECEIVED: S.APPROVED, S.NEEDS_SECOND: S.APPROVED},
        ),
        Act(
            "funding.reject_invoice",
            "Reject",
            P.APPROVE_INVOICES,
            dict.fromkeys((S.RECEIVED, S.QUERIED, S.NEEDS_SECOND, S.APPROVED), S.REJECTED),
        ),
        Act("funding.put_invoice_in_run", "Put in a payment run", P.PAY, {S.APPROVED: S.IN_RUN}),
        Act("funding.take_invoice_out_of_run", "Take out of the payment run", P.PAY, {S.IN_RUN: S.APPROVED}),
        Act("funding.mark_invoice_paid", "Mark as paid", P.PAY, {S.IN_RUN: S.PAID}),
        Act("funding.mark_invoice_unpaid", "Mark as not paid after all", P.PAY, {S.PAID: S.APPROVED}),
    )
}
"""The last four are called by payment runs, which have their pages; the others have one of their own."""


def check_invoice_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on an invoice in ``state``."""
    if state in INVOICE_ACTS[act].moves:
        return
    if state == S.QUERIED and act.startswith("funding.approve"):
        raise Denied("A question about this invoice is not answered yet.")
    label = INVOICE_ACTS[act].label
    raise Denied(f"“{label}” is not possible now: this invoice is “{S(state).label}”.")
