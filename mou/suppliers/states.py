"""Two small tables: of an assignment and of a deliverable. Which state may follow which, by which act, for whom."""

from django.db import models

from mou.models import Deliverable, SupplierCase
from resilience.core.access import Denied, P
from resilience.core.words import day
from resilience.referrals.states import Act, State

SUPPORTED: frozenset[str] = frozenset({State.SUPPORTED, State.COMMITTED, State.AGREED})
"""The states of a case in which a supplier may be given its practices."""


class CaseState(models.TextChoices):
    """Where an assignment stands; told from its end, never stored."""

    NONE = "none", "Not assigned"
    OPEN = "open", "In the supplier’s care"
    ENDED = "ended", "Ended"


C = CaseState
_OPEN: dict[str, str] = {C.OPEN: C.OPEN}
_EITHER: dict[str, str] = _OPEN | {C.ENDED: C.ENDED}
CASE_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.assign_case", "Assign to a supplier", P.WORK_REFERRALS, {C.NONE: C.OPEN, C.ENDED: C.OPEN}),
        Act("mou.reassign_case", "Assign to another supplier", P.WORK_REFERRALS, {C.OPEN: C.ENDED}),
        Act("mou.end_case", "End the assignment", P.WORK_REFERRALS, {C.OPEN: C.ENDED}),
        Act("mou.name_change_manager", "Name another change manager", P.WORK_REFERRALS, _OPEN),
        Act("mou.share_request", "Share what was asked for", P.WORK_REFERRALS, _OPEN),
        Act("mou.book_visit", "Book a visit", P.DELIVER, _OPEN),
        Act("mou.record_visit", "Record the visit", P.DELIVER, _OPEN),
        Act("mou.cancel_visit", "Cancel the visit", P.DELIVER, _OPEN),
        Act("mou.add_figure", "Add a figure", P.DELIVER, _OPEN),
        Act("mou.withdraw_figure", "Take the figure back", P.DELIVER, _OPEN),
        Act("mou.tick_commitment", "Confirm a commitment", P.PLAN_FOR_PRACTICE, _OPEN),
        Act("mou.undo_commitment", "Take a commitment back", P.PLAN_FOR_PRACTICE, _OPEN),
        Act("mou.give_consent", "Give consent", P.PLAN_FOR_PRACTICE, _EITHER),
        Act("mou.revoke_consent", "Take consent back", P.PLAN_FOR_PRACTICE, _EITHER),
    )
}
"""``mou.assign_case`` and ``mou.reassign_case`` make a new row; what ended stays as it was."""

D = Deliverable.State
_WRITABLE: dict[str, str] = {D.DUE: D.DUE, D.ASKED_AGAIN: D.ASKED_AGAIN}
DELIVERABLE_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.write_sections", "Write it", P.DELIVER, _WRITABLE),
        Act("mou.save_deliverable_row", "Write it", P.DELIVER, _WRITABLE),
        Act("mou.remove_deliverable_row", "Write it", P.DELIVER, _WRITABLE),
        Act(
            "mou.hand_in_deliverable",
            "Hand it in",
            P.DELIVER,
            dict.fromkeys((D.DUE, D.ASKED_AGAIN), D.HANDED_IN),
        ),
        Act("mou.accept_deliverable", "Accept it", P.WORK_REFERRALS, {D.HANDED_IN: D.ACCEPTED}),
        Act("mou.ask_deliverable_again", "Ask for it again", P.WORK_REFERRALS, {D.HANDED_IN: D.ASKED_AGAIN}),
        Act("mou.change_deliverable_date", "Give it a new date", P.WORK_REFERRALS, _WRITABLE),
    )
}
"""Each of them only while the assignment is open; what was handed in before its MoU ended may yet be accepted."""

COLOURS: dict[str, str] = {D.DUE: "white", D.HANDED_IN: "blue", D.ASKED_AGAIN: "yellow", D.ACCEPTED: "green"}


def case_state(case: SupplierCase | None) -> str:
    if case is None:
        return C.NONE
    return C.OPEN if case.is_open else C.ENDED


def check_case_state(act: str, case: SupplierCase | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the assignment as it stands."""
    if case_state(case) in CASE_ACTS[act].moves:
        return
    if case is not None and case.is_open:
        raise Denied(
            f"{case.practice.name} is with {case.supplier.name} already: assign it to another supplier."
        )
    if case is not None:
        raise Denied(f"This assignment ended on {day(case.ended_at)}: nothing in it changes any more.")
    raise Denied("This practice is with no supplier yet.")


def may_still_be_accepted(act: str, deliverable: Deliverable) -> bool:
    """Handed in before the MoU ended, and the assignment with it: the work was done."""
    ended_with_mou = deliverable.supplier_case.ended_with_id is not None
    return act == "mou.accept_deliverable" and ended_with_mou and deliverable.state == D.HANDED_IN


def check_deliverable_state(act: str, deliverable: Deliverable) -> None:
    """The same for a deliverable, whose assignment must be open."""
    case = deliverable.supplier_case
    if not case.is_open and not may_still_be_accepted(act, deliverable):
        raise Denied(f"This assignment ended on {day(case.ended_at)}: nothing in it changes any more.")
    if deliverable.state in DELIVERABLE_ACTS[act].moves:
        return
    name = deliverable.kind.name
    if deliverable.state == D.ACCEPTED:
        raise Denied(
            f"“{name}” was accepted on {day(deliverable.accepted_at)}: nothing in it changes any more."
        )
    if deliverable.state == D.HANDED_IN:
        raise Denied(f"“{name}” is handed in and waits for the officer’s answer.")
    raise Denied(f"“{name}” is not handed in yet.")
