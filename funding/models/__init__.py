"""The money: one module a concept, all of them one room's tables."""

from funding.models.bids import Bid, BidLine, BidOutcome
from funding.models.imports import MoneyImport
from funding.models.invoices import ApprovalLimit, Invoice, InvoiceLine, InvoiceStep
from funding.models.ledger import ROUTES, Account, Allocation, Commitment, Kind, Transfer
from funding.models.moves import FundsReceived, Move
from funding.models.reports import (
    BudgetLine,
    BudgetMonth,
    BudgetRevision,
    FinanceReport,
    LineFigure,
    Narrative,
    NarrativeThreshold,
    months_of,
)
from funding.models.returns import NationalReturn
from funding.models.runs import LineTransfer, PaymentRow, PaymentRun, PaymentsUpload, RunLine
from funding.models.stages import EvidenceEntry, StageOpening
from funding.models.years import YearClosing

__all__ = [
    "ROUTES",
    "Account",
    "Allocation",
    "ApprovalLimit",
    "Bid",
    "BidLine",
    "BidOutcome",
    "BudgetLine",
    "BudgetMonth",
    "BudgetRevision",
    "Commitment",
    "EvidenceEntry",
    "FinanceReport",
    "FundsReceived",
    "Invoice",
    "InvoiceLine",
    "InvoiceStep",
    "Kind",
    "LineFigure",
    "LineTransfer",
    "MoneyImport",
    "Move",
    "Narrative",
    "NarrativeThreshold",
    "NationalReturn",
    "PaymentRow",
    "PaymentRun",
    "PaymentsUpload",
    "RunLine",
    "StageOpening",
    "Transfer",
    "YearClosing",
    "months_of",
]
