"""The money: one module a concept, all of them one room's tables."""

from funding.models.ledger import ROUTES, Account, Allocation, Commitment, Kind, Transfer
from funding.models.years import YearClosing

__all__ = ["ROUTES", "Account", "Allocation", "Commitment", "Kind", "Transfer", "YearClosing"]
