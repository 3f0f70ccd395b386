"""What each row of a payments file is: a payment that matches, one recorded already, or what does not match."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from django.utils import timezone

from funding.models import PaymentRow, PaymentRun, RunLine
from resilience.core.words import day, money

F = PaymentRow.Finding
R = RunLine.Result


def normal(reference: str) -> str:
    """A line's reference as it is compared: without spaces and case, any dash a hyphen."""
    return re.sub(r"[\u2010-\u2015\u2212]", "-", re.sub(r"\s", "", reference)).upper()


def judge(
    rows: Iterable[PaymentRow], lines: Mapping[str, RunLine], now: dt.date
) -> list[tuple[PaymentRow, str, RunLine | None]]:
    """Each row with its finding and the line it names, in the order of the file.

    ``lines`` are those of the runs that the file may speak of, by reference, each with its run. The first row
    that is right for a line takes it; any other row for that line is a second payment.
    """
    taken: set[int] = set()
    found = []
    for row in rows:
        line = lines.get(normal(row.reference))
        finding = _finding(row, line, taken, now)
        if line is not None and finding in PaymentRow.IN_ORDER:
            taken.add(line.pk)
        found.append((row, finding, line))
    return found


def _finding(row: PaymentRow, line: RunLine | None, taken: set[int], now: dt.date) -> str:
    if not row.reference or row.pence is None or row.paid_on is None or not row.payment_reference:
        return F.INCOMPLETE
    if line is None:
        return F.UNKNOWN
    if row.pence < 0:
        return F.NEGATIVE
    if line.pk in taken:
        return F.TWICE
    if line.result == R.PAID:
        same = (row.pence, row.paid_on, row.payment_reference)
        return F.ALREADY if same == (line.pence, line.paid_on, line.payment_reference) else F.TWICE
    if line.result != R.WAITING:
        return F.NOT_WAITING
    if line.run.state != PaymentRun.State.EXPORTED:
        return F.NOT_EXPORTED
    if row.pence != line.pence:
        return F.AMOUNT
    if row.paid_on > now:
        return F.FUTURE
    if row.paid_on < made_on(line.run):
        return F.BEFORE
    return F.MATCHED


def made_on(run: PaymentRun) -> dt.date:
    """The day in England on which a run was made."""
    return timezone.localdate(run.made_at)


def words(row: PaymentRow, finding: str, line: RunLine | None) -> str:
    """What a row is, in a sentence that finance can act on."""
    if finding == F.INCOMPLETE:
        given = {
            "line reference": row.reference,
            "amount": row.pence is not None,
            "paid date": row.paid_on,
            "payment reference": row.payment_reference,
        }
        missing = " and ".join(name for name, value in given.items() if not value)
        return f"The row has no {missing}."
    if line is None:
        return "No payment run of yours has a line with this reference."
    if finding == F.ALREADY:
        return f"Recorded already on {day(line.settled_at)}."
    if finding == F.NEGATIVE:
        return "The money came back: record it on the line of its run."
    if finding == F.TWICE:
        if line.result == R.PAID and line.paid_on:
            return f"It is recorded as paid on {day(line.paid_on)}, reference {line.payment_reference}."
        return "The file pays this line more than once."
    if finding == F.NOT_WAITING:
        return f"{line.get_result_display()}: {line.why}"
    if finding == F.NOT_EXPORTED:
        return f"Run {line.run.reference} was not exported."
    if finding == F.AMOUNT:
        return f"The run says {money(line.pence)}."
    if finding == F.FUTURE:
        return "The day it was paid is in the future."
    if finding == F.BEFORE:
        return f"It was paid before run {line.run.reference} was made, on {day(made_on(line.run))}."
    return f"{line.payee_name}, {money(line.pence)}."
