"""Who may share out an office's money, and confirm that money arrived."""

from typing import Any

from funding import ledger, rules
from funding.models import Allocation, FundsReceived, Kind, Transfer, YearClosing
from resilience.core import access
from resilience.core.access import Denied, P


def check_can_share_out(user: Any, allocation: Allocation, figures: ledger.Figures | None = None) -> None:
    """Finance over the office, while its allocation has uncommitted money."""
    rules.check_can_set_allocation(user, allocation.year, allocation.commissioner)
    if allocation.commissioner.is_commissioner:
        raise Denied("A CCG's allocation is not shared out. Ask for a move of money instead.")
    if YearClosing.objects.filter(year=allocation.year_id).exists():
        raise Denied(f"{allocation.year} is closed: its money no longer moves.")
    if (figures or ledger.of_allocation(allocation)).uncommitted <= 0:
        raise Denied(f"{allocation.name} has nothing uncommitted to share out.")


def check_can_confirm_funds(user: Any, transfer: Transfer) -> None:
    """Finance confirms once, for money that came from above."""
    access.check(user, P.SET_ALLOCATIONS, transfer.allocation)
    if transfer.kind != Kind.ALLOCATE:
        raise Denied("Only money that was allocated from above is confirmed as received.")
    if FundsReceived.objects.filter(transfer=transfer).exists():
        raise Denied("The funds of this entry are confirmed already.")
