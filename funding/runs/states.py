"""The small tables of a payment run and of its lines: which state may follow which, by which act."""

from funding.models import PaymentRun, RunLine
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

S = PaymentRun.State
R = RunLine.Result

NOT_MADE = ""

RUN_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("funding.make_run", "Make a payment run", P.PAY, {NOT_MADE: S.MADE}),
        Act("funding.export_run", "Export for the finance system", P.PAY, {S.MADE: S.EXPORTED}),
    )
}
"""A run is reconciled when the last of its lines is paid or taken out, and stays so when one comes back."""

LINE_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("funding.record_payments", "Record the payment", P.PAY, {R.WAITING: R.PAID}),
        Act("funding.take_out_of_run", "Take out of the run", P.PAY, {R.WAITING: R.TAKEN_OUT}),
        Act("funding.return_payment", "Record that it came back", P.PAY, {R.PAID: R.RETURNED}),
    )
}

RUN_COLOURS: dict[str, str] = {S.MADE: "blue", S.EXPORTED: "yellow", S.RECONCILED: "green"}
RESULT_COLOURS: dict[str, str] = {
    R.WAITING: "yellow",
    R.PAID: "green",
    R.TAKEN_OUT: "grey",
    R.RETURNED: "red",
}


def check_run_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on a run in ``state``."""
    if state not in RUN_ACTS[act].moves:
        raise Denied(f"“{RUN_ACTS[act].label}” is not possible now: this run is “{S(state).label}”.")


def check_line_result(act: str, result: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on a line with ``result``."""
    if result not in LINE_ACTS[act].moves:
        raise Denied(f"“{LINE_ACTS[act].label}” is not possible now: this payment is “{R(result).label}”.")
