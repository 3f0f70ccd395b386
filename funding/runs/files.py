"""The file of a payment run, as the finance system takes it: made once, at export."""

import datetime as dt
from collections.abc import Callable, Sequence

from funding.models import Commitment, InvoiceLine, PaymentRun, RunLine
from funding.runs.ready import RELATED
from resilience.core.spreadsheets import Heading, csv_file, xlsx
from resilience.core.words import money

HEADINGS = (
    Heading("Line reference"),
    Heading("Payee"),
    Heading("Payee code"),
    Heading("Invoice number"),
    Heading("Amount", "money"),
    Heading("Cost centre"),
    Heading("Route"),
    Heading("Programme year"),
    Heading("Referral"),
    Heading("Description"),
)

Parts = list[tuple[Commitment, int]]


def parts_of(lines: Sequence[RunLine]) -> dict[int, Parts]:
    """By line id, the commitments that each pays, with the pence; in at most two queries."""
    direct = {
        each.pk: each
        for each in Commitment.objects.filter(run_lines__in=lines).select_related(*RELATED).distinct()
    }
    of_invoice: dict[int, Parts] = {}
    rows = InvoiceLine.objects.filter(invoice__in=[line.invoice_id for line in lines if line.invoice_id])
    for row in rows.select_related(*(f"commitment__{each}" for each in RELATED)):
        of_invoice.setdefault(row.invoice_id, []).append((row.commitment, row.pence))
    return {
        line.pk: of_invoice[line.invoice_id]
        if line.invoice_id
        else [(direct[line.commitment_id or 0], line.pence)]
        for line in lines
    }


def _said(parts: Parts, of: Callable[[Commitment], str]) -> str:
    """One value where all parts agree; else each with its sum, such as "E99B01 £3,050; E99C02 £100"."""
    sums: dict[str, int] = {}
    for commitment, pence in parts:
        sums[of(commitment)] = sums.get(of(commitment), 0) + pence
    if len(sums) == 1:
        return next(iter(sums))
    return "; ".join(f"{value or 'none'} {money(pence)}" for value, pence in sums.items())


def rows_of(lines: Sequence[RunLine]) -> list[list[object]]:
    """A row a line."""
    parts = parts_of(lines)
    return [
        [
            line.reference,
            line.payee_name,
            line.payee_code,
            line.invoice.number if line.invoice else "",
            line.pence,
            _said(parts[line.pk], lambda each: each.cost_centre),
            _said(parts[line.pk], lambda each: each.get_route_display()),
            _said(parts[line.pk], lambda each: str(each.allocation.year)),
            ", ".join(dict.fromkeys(each.referral.reference or "" for each, _ in parts[line.pk])),
            "; ".join(dict.fromkeys(f"{each.item.name}: {each.purpose}" for each, _ in parts[line.pk])),
        ]
        for line in lines
    ]


def csv_of(lines: Sequence[RunLine]) -> bytes:
    return csv_file(HEADINGS, rows_of(lines))


def workbook_of(run: PaymentRun, lines: Sequence[RunLine], made_at: dt.datetime) -> bytes:
    return xlsx(f"Payment run {run.reference}", HEADINGS, rows_of(lines), made_at=made_at)
