"""The money of a case: what was promised, became payable and was paid, with the entries; bids, invoices, evidence."""

from typing import Any

from django.db.models import Prefetch

from funding import ledger
from funding.models import (
    BidLine,
    Commitment,
    EvidenceEntry,
    Invoice,
    InvoiceLine,
    InvoiceStep,
    StageOpening,
    Transfer,
)
from funding.stages.statement import SAID
from mou.archive.pages import Part, Table, kept
from practices.models import Practice
from resilience.core.access import P, allows
from resilience.core.tables import Column
from resilience.referrals.models import Referral

_COMMITMENTS = [
    Column("Commitment", "pk", kind="number"),
    Column("Practice", "practice.name"),
    Column("Category of support", "item.name"),
    Column("Purpose", "purpose"),
    Column("Route", "get_route_display"),
    Column("Supplier", "supplier.name"),
    Column("Committed on", "committed_at", kind="date"),
    Column("Promised", "figures.promised", kind="money"),
    Column("Paid", "figures.paid", kind="money"),
]
_LEDGER = [
    Column("Entry", "pk", kind="number"),
    Column("Recorded", "made_at", kind="moment"),
    Column("Happened on", "happened_on", kind="date"),
    Column("What", "get_kind_display"),
    Column("From", "get_debit_display"),
    Column("To", "get_credit_display"),
    Column("Amount", "amount", kind="money"),
    Column("Commitment", "commitment_id", kind="number"),
    Column("Stage", "stage.name"),
    Column("Why", "why"),
    Column("By", "made_by.name"),
]
_STATEMENT = [
    Column("On", "happened_on", kind="date"),
    Column("What", lambda row: SAID[row.kind]),
    Column("Practice", "commitment.practice.name"),
    Column("Stage", "stage.name"),
    Column("Amount", "amount", kind="money"),
]
_OPENINGS = [
    Column("Stage", "stage.name"),
    Column("Opened", "opened_at", kind="moment"),
    Column("Why", "why"),
]
_EVIDENCE = [
    Column("When", "made_at", kind="moment"),
    Column("Practice", "practice.name"),
    Column("Stage", "stage.name"),
    Column("What", "get_kind_display"),
    Column("Words", "words"),
    Column("By", "made_by.name"),
    Column("File", "file.name"),
]
_INVOICES = [
    Column("Invoice", "invoice.number"),
    Column("Payee", lambda row: (row.invoice.practice or row.invoice.supplier).name),
    Column("Date", "invoice.invoice_date", kind="date"),
    Column("State", lambda row: row.invoice.get_state_display()),
    Column("Commitment", "commitment_id", kind="number"),
    Column("Amount for this case", "pence", kind="money"),
]


def _commitments(case: Referral, viewer: Any) -> list[Any]:
    """The office's: all of the case; a practice's: its own."""
    rows = Commitment.objects.visible_to(viewer, P.VIEW_STATEMENT).filter(referral=case)
    if not allows(viewer, P.VIEW_MONEY, case):
        rows = rows.filter(practice__in=Practice.objects.visible_to(viewer, P.VIEW_STATEMENT))
    found = list(rows.select_related("practice", "item", "supplier").order_by("pk"))
    figures = ledger.of_commitments(rows)
    for each in found:
        each.figures = figures[each.pk]  # type: ignore[attr-defined]
    return found


def money(case: Referral, viewer: Any) -> Part:
    """Commitments, the statement, and for the office the entries of the ledger themselves."""
    part = Part("money", "Money")
    is_office = allows(viewer, P.VIEW_MONEY, case)
    promised = _commitments(case, viewer)
    entries = Transfer.objects.filter(commitment__in=[each.pk for each in promised])
    entries = entries.select_related("commitment__practice", "stage", "made_by").order_by("pk")
    told = [each for each in entries if each.kind in SAID]
    part.blocks += [
        Table("Commitments", _COMMITMENTS, promised, "commitments.csv", "No money was committed."),
        Table("Statement", _STATEMENT, told, "statement.csv", "Nothing was promised or paid."),
    ]
    if is_office:
        part.blocks.append(Table("Entries of the ledger", _LEDGER, list(entries), "ledger.csv"))
        opened = StageOpening.objects.visible_to(viewer).filter(referral=case).select_related("stage")
        part.blocks.append(Table("Stages that opened", _OPENINGS, list(opened.order_by("pk"))))
    else:
        part.left_out.append(
            "Entries between the office's own accounts: the statement says what concerns the practice."
        )
    _add_evidence(part, case, viewer)
    _add_invoices(part, case, viewer, promised)
    return part


def _add_evidence(part: Part, case: Referral, viewer: Any) -> None:
    practices = case.practices.values("practice")
    rows = EvidenceEntry.objects.visible_to(viewer).filter(stage__year=case.year_id, practice__in=practices)
    rows = rows.select_related("practice", "stage", "made_by", "file").defer("file__content").order_by("pk")
    found = list(rows)
    part.blocks.append(Table("Evidence for the stages of this programme year", _EVIDENCE, found))
    given = [each.file for each in found if each.file]
    part.files += [kept("money/evidence", number, file) for number, file in enumerate(given, 1)]


def _add_invoices(part: Part, case: Referral, viewer: Any, promised: list[Any]) -> None:
    seen = Invoice.objects.visible_to(viewer)
    lines = InvoiceLine.objects.filter(invoice__in=seen, commitment__in=[each.pk for each in promised])
    rows = list(lines.select_related("invoice__practice", "invoice__supplier").order_by("invoice", "pk"))
    part.blocks.append(Table("Invoices", _INVOICES, rows))
    number = 0
    files = InvoiceStep.objects.exclude(file=None).select_related("file").defer("file__content")
    invoices = Invoice.objects.filter(pk__in=[row.invoice_id for row in rows]).order_by("pk")
    for invoice in invoices.prefetch_related(
        "lines__commitment", Prefetch("steps", files.order_by("pk"), to_attr="with_file")
    ):
        if any(line.commitment.referral_id != case.pk for line in invoice.lines.all()):
            part.left_out.append(
                f"The file of invoice {invoice.number}: it is for other cases, too. Its amount for this one is here."
            )
            continue
        for step in invoice.with_file:
            if step.file:
                number += 1
                part.files.append(kept("money/invoices", number, step.file))


_BIDS = [
    Column("Bid", "bid_id", kind="number"),
    Column("Sent", "bid.sent_at", kind="date"),
    Column("By", "bid.sent_by.name"),
    Column("Taken back", "bid.withdrawn_at", kind="date"),
    Column("Line", "position", kind="number"),
    Column("Practice", lambda row: row.practice.name if row.practice else "The whole group"),
    Column("Category", "item.name"),
    Column("For", "what"),
    Column("Asked", "amount", kind="money"),
    Column("Answer", "outcome.get_result_display"),
    Column("Supported", "outcome.amount", kind="money"),
    Column("Reason", "outcome.reason"),
]


def bids(case: Referral, viewer: Any) -> Part | None:
    """What was bid for, line by line, with each answer; answers once the whole bid has its answer."""
    rows = BidLine.objects.visible_to(viewer).filter(bid__referral=case)
    rows = rows.select_related("bid__sent_by", "practice", "item", "outcome").order_by("bid", "position")
    found = list(rows)
    if not allows(viewer, P.VIEW_INTERNAL, case):
        for each in found:
            if each.bid.settled_at is None:
                each._state.fields_cache["outcome"] = None  # the page tells the practice no sooner
    return Part("bids", "Bids", [Table("Bids", _BIDS, found, "bids.csv")]) if found else None
