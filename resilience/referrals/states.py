"""The journey of a referral: which state may follow which, by which act, for whom.

The screens, the tests and the README's diagram read this table. Acts are named as the actions
register themselves (``room.function``); rooms to the left of this one are named, never imported.
"""

from dataclasses import dataclass

from django.db import models

from resilience.core.access import Denied, P


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    RECEIVED = "received", "Received"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    UNDER_ASSESSMENT = "under_assessment", "Under assessment"
    PLACED = "placed", "Placed on the matrix"
    DEFERRED = "deferred", "Deferred"
    SUPPORTED = "supported", "Supported"
    NOT_SUPPORTED = "not_supported", "Not supported"
    COMMITTED = "committed", "Money committed"
    AGREED = "agreed", "MoU signed"
    ENDED = "ended", "MoU ended"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DIVIDED = "divided", "Divided into cases"


S = State

CLOSED: frozenset[str] = frozenset({S.NOT_SUPPORTED, S.WITHDRAWN, S.ENDED, S.DIVIDED})
"""No further act moves a referral that ended here. What a group asked goes on, divided, in a case of each practice."""

SIGNED: frozenset[str] = frozenset({S.AGREED, S.ENDED})
"""Its MoU was signed by every side: what was promised under it is owed, also once it is over."""

OPEN: frozenset[str] = frozenset(set(S.values) - CLOSED - {S.DRAFT})
"""Received and not ended: what "an open referral" means everywhere."""

BEFORE_DECISION: frozenset[str] = frozenset(
    {S.RECEIVED, S.ACKNOWLEDGED, S.UNDER_ASSESSMENT, S.PLACED, S.DEFERRED}
)


@dataclass(frozen=True)
class Act:
    """One row of the table: ``moves`` maps each state the act is allowed in to the state after it."""

    name: str
    label: str
    permission: str
    moves: dict[str, str]


def _stays(states: frozenset[str]) -> dict[str, str]:
    return {state: state for state in S.values if state in states}


_ASSESSABLE: dict[str, str] = {
    S.UNDER_ASSESSMENT: S.UNDER_ASSESSMENT,
    S.PLACED: S.PLACED,
    S.DEFERRED: S.DEFERRED,
}

_BIDS: frozenset[str] = frozenset(OPEN - {S.RECEIVED, S.AGREED})

ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("referrals.save_part", "Carry on with the form", P.REFER, {S.DRAFT: S.DRAFT}),
        Act("referrals.submit", "Send the referral", P.REFER, {S.DRAFT: S.RECEIVED}),
        Act("referrals.acknowledge", "Acknowledge", P.WORK_REFERRALS, {S.RECEIVED: S.ACKNOWLEDGED}),
        Act("referrals.assign", "Assign", P.WORK_REFERRALS, _stays(OPEN)),
        Act("referrals.ask", "Ask for information", P.WORK_REFERRALS, _stays(OPEN)),
        Act("referrals.answer", "Answer", P.REFER, _stays(OPEN)),
        Act("referrals.note", "Add an internal note", P.WORK_REFERRALS, _stays(frozenset(OPEN | CLOSED))),
        Act("referrals.correct", "Record a correction", P.WORK_REFERRALS, _stays(OPEN)),
        Act(
            "referrals.state_support",
            "Write the commissioner's statement",
            P.WORK_REFERRALS,
            _stays(BEFORE_DECISION),
        ),
        Act(
            "referrals.withdraw",
            "Withdraw",
            P.REFER,
            dict.fromkeys((*sorted(BEFORE_DECISION), S.SUPPORTED), S.WITHDRAWN),
        ),
        Act("assessments.start", "Start the assessment", P.ASSESS, {S.ACKNOWLEDGED: S.UNDER_ASSESSMENT}),
        Act("assessments.save_findings", "Assess", P.ASSESS, _ASSESSABLE),
        Act("assessments.complete", "Complete the assessment", P.ASSESS, _ASSESSABLE),
        Act(
            "assessments.answer_continuing", "Answer the continuing-support questions", P.ASSESS, _ASSESSABLE
        ),
        Act("assessments.place", "Place on the matrix", P.ASSESS, {S.UNDER_ASSESSMENT: S.PLACED}),
        Act(
            "assessments.review",
            "Review the placement",
            P.ASSESS,
            {S.PLACED: S.PLACED, S.DEFERRED: S.DEFERRED},
        ),
        Act("assessments.place_at_end", "Place again at the end", P.ASSESS, _stays(SIGNED)),
        Act("assessments.escalate", "Raise a safety escalation", P.VIEW_INTERNAL, _stays(OPEN)),
        Act(
            "decisions.support",
            "Support",
            P.DECIDE,
            {S.ACKNOWLEDGED: S.SUPPORTED, S.PLACED: S.SUPPORTED, S.DEFERRED: S.SUPPORTED},
        ),
        Act(
            "decisions.refuse",
            "Do not support",
            P.DECIDE,
            {S.ACKNOWLEDGED: S.NOT_SUPPORTED, S.PLACED: S.NOT_SUPPORTED, S.DEFERRED: S.NOT_SUPPORTED},
        ),
        Act(
            "decisions.defer",
            "Defer",
            P.DECIDE,
            {S.ACKNOWLEDGED: S.DEFERRED, S.PLACED: S.DEFERRED, S.DEFERRED: S.DEFERRED},
        ),
        Act("funding.send_bid", "Send a bid", P.REFER, _stays(_BIDS)),
        Act("funding.enter_bid", "Enter a bid", P.WORK_REFERRALS, _stays(_BIDS)),
        Act("funding.withdraw_bid", "Take back the bid", P.REFER, _stays(OPEN)),
        Act(
            "funding.settle_bid",
            "Go through the bid",
            P.COMMIT,
            _stays(frozenset({S.SUPPORTED, S.COMMITTED, S.AGREED})),
        ),
        Act(
            "funding.commit",
            "Commit money",
            P.COMMIT,
            {S.SUPPORTED: S.COMMITTED, S.COMMITTED: S.COMMITTED, S.AGREED: S.AGREED},
        ),
        Act(
            "funding.release",
            "Release money",
            P.COMMIT,
            {S.COMMITTED: S.SUPPORTED, S.AGREED: S.AGREED, S.ENDED: S.ENDED},
        ),
        Act(
            "funding.accept_progress",
            "Accept progress",
            P.WORK_REFERRALS,
            _stays(frozenset({S.COMMITTED, S.AGREED, S.ENDED})),
        ),
        Act(
            "mou.sign_for_commissioner",
            "Sign for the commissioner",
            P.SIGN_FOR_COMMISSIONER,
            {S.COMMITTED: S.AGREED},
        ),
        Act("mou.divide", "Give each practice a case of its own", P.WORK_REFERRALS, {S.SUPPORTED: S.DIVIDED}),
        Act("mou.terminate", "End the MoU after notice", P.PLAN_FOR_COMMISSIONER, {S.AGREED: S.ENDED}),
        Act("mou.end", "End the MoU", P.PLAN_FOR_COMMISSIONER, {S.AGREED: S.ENDED}),
    )
}


def allowed_from(act: str) -> frozenset[str]:
    """The states in which ``act`` may be done."""
    return frozenset(ACTS[act].moves)


def check_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` in ``state``."""
    if state not in ACTS[act].moves:
        if state == State.DIVIDED:
            raise Denied(
                "This referral was divided: each practice of the group goes on in a case of its own."
            )
        label = ACTS[act].label
        raise Denied(f"“{label}” is not possible now: this referral is “{State(state).label}”.")


def next_state(act: str, state: str) -> str:
    """The state after ``act``. Raises Denied where the table does not allow it."""
    check_state(act, state)
    return ACTS[act].moves[state]
