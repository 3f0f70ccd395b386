"""What money is left where a decision is made. The ledger stands to the left of this room and is not known here:
it registers the one function that answers, when it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass

from resilience.referrals.models import Referral


@dataclass(frozen=True)
class Part:
    """What one category of spend has, in pence."""

    name: str
    allocated: int
    uncommitted: int

    def after(self, amount: int) -> int:
        """What it has left if it alone pays ``amount`` pence."""
        return self.uncommitted - amount


@dataclass(frozen=True)
class MoneyLeft:
    """An allocation as a decision needs it, in pence."""

    commissioner: str
    allocated: int
    uncommitted: int
    granted: int
    """Granted by other decisions and not yet committed: it will be taken from what is uncommitted."""
    parts: tuple[Part, ...] = ()
    """Of a year with categories of spend: each of them."""

    @property
    def free(self) -> int:
        """Uncommitted, less what other decisions have granted already; negative when they granted too much."""
        return self.uncommitted - self.granted

    def after(self, amount: int) -> int:
        """What is free once ``amount`` pence is granted too."""
        return self.free - amount


_answer: Callable[[Referral], MoneyLeft | None] | None = None


def register(answer: Callable[[Referral], MoneyLeft | None]) -> None:
    """Name the function that knows the money left for a referral; None means that there is no allocation."""
    global _answer
    _answer = answer


def money_left(referral: Referral) -> MoneyLeft | None:
    """The money left in the allocation that would pay for ``referral``; None when there is none."""
    return _answer(referral) if _answer else None
