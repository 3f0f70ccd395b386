"""The small table of a progress report: which state may follow which, by which act, for whom."""

from django.db.models import Q
from django.db.models.functions import TruncDate

from mou.models import ProgressReport
from resilience.core.access import Denied, P
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED, Act, State

S = ProgressReport.State
NOT_SET = ""

REPORT_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.set_reports", "Set the dates of reports", P.WORK_REFERRALS, {NOT_SET: S.DUE}),
        Act(
            "mou.save_report",
            "Save the report",
            P.PLAN_FOR_PRACTICE,
            {S.DUE: S.DUE, S.ASKED_AGAIN: S.ASKED_AGAIN},
        ),
        Act(
            "mou.hand_in_report",
            "Hand in the report",
            P.PLAN_FOR_PRACTICE,
            {S.DUE: S.HANDED_IN, S.ASKED_AGAIN: S.HANDED_IN},
        ),
        Act(
            "mou.enter_report",
            "Enter a report that came on paper or by email",
            P.WORK_REFERRALS,
            {S.DUE: S.HANDED_IN, S.ASKED_AGAIN: S.HANDED_IN},
        ),
        Act("mou.accept_report", "Accept the report", P.WORK_REFERRALS, {S.HANDED_IN: S.ACCEPTED}),
        Act("mou.ask_report_again", "Ask again", P.WORK_REFERRALS, {S.HANDED_IN: S.ASKED_AGAIN}),
        Act(
            "mou.move_report",
            "Give a new date",
            P.WORK_REFERRALS,
            {S.DUE: S.DUE, S.ASKED_AGAIN: S.ASKED_AGAIN},
        ),
        Act(
            "mou.excuse_report",
            "Say that no report is needed",
            P.WORK_REFERRALS,
            {S.DUE: S.EXCUSED, S.ASKED_AGAIN: S.EXCUSED},
        ),
    )
}
"""Every round is kept: ``ReportStep`` has a row for each of these, saving apart."""

RUNNING: frozenset[str] = frozenset({State.AGREED})
"""The states of a referral in which its MoU runs: dates of reports are set then."""


def owed() -> Q:
    """Of reports: those that the practice owes. Once the MoU is over, only what fell due before."""
    over = Q(referral__state=State.ENDED, due_on__lte=TruncDate("referral__state_since"))
    return Q(referral__state__in=sorted(RUNNING)) | over


def check_runs(referral: Referral) -> None:
    """Raise Denied, in words, unless the MoU of this referral runs."""
    if referral.state not in RUNNING:
        raise Denied(
            f"Dates are set while a signed MoU runs: this referral is “{State(referral.state).label}”."
        )


def check_was_signed(referral: Referral) -> None:
    """Raise Denied, in words, unless the MoU was signed by all; what was promised is reported once it is over, too."""
    if referral.state not in SIGNED:
        raise Denied(
            "Progress is followed once every side has signed the MoU: "
            f"this referral is “{State(referral.state).label}”."
        )


def check_report_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on a report in ``state``."""
    if state in REPORT_ACTS[act].moves:
        return
    said = {
        S.DUE: "The practice has not handed in this report yet.",
        S.ASKED_AGAIN: "The practice was asked for this report again and has not handed it in yet.",
        S.HANDED_IN: "This report is handed in. The commissioner reads it next.",
        S.ACCEPTED: "This report was accepted.",
        S.EXCUSED: "The commissioner recorded that this report is not needed.",
    }
    raise Denied(said[S(state)])
