"""Email about moves of money: to those who may answer, and to the person who asked."""

from django.urls import reverse

from funding.models import Move
from funding.moves import rules
from resilience.core import outbox
from resilience.core.words import money


def _said(move: Move) -> str:
    return (
        f"{move.get_kind_display()} of {money(move.amount)}\n"
        f"From {move.source.name}\nTo {move.target.name}\n{move.source.year}\n\nWhy: {move.why}"
    )


def _page(move: Move) -> str:
    return outbox.link(reverse("funding:move", kwargs={"move": move.pk}))


def asked(move: Move) -> None:
    """Tell everyone who may answer."""
    to = [each.email for each in rules.approvers(move)]
    if to:
        body = f"{move.asked_by.name} asks that money moves.\n\n{_said(move)}\n\nApprove or refuse it: {_page(move)}"
        outbox.queue(to=to, subject=f"A move of {money(move.amount)} waits for approval", body=body)


def answered(move: Move) -> None:
    """Tell the person who asked, unless they withdrew it themselves."""
    if move.answered_by_id == move.asked_by_id or move.answered_by is None:
        return
    is_approved = move.state == Move.State.APPROVED
    outcome = "The money has moved." if is_approved else f"It did not move. Reason: {move.answer}"
    body = (
        f"{move.answered_by.name} {'approved' if is_approved else 'refused'} the move that you asked for. "
        f"{outcome}\n\n{_said(move)}\n\n{_page(move)}"
    )
    state = move.get_state_display().lower()
    outbox.queue(to=[move.asked_by.email], subject=f"A move of {money(move.amount)} is {state}", body=body)
