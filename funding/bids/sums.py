"""The sums of a sitting over a bid, in pence."""

from collections.abc import Iterable
from dataclasses import dataclass

from funding.models import BidOutcome

Result = BidOutcome.Result


def supported(result: str, asked: int, in_part: int | None) -> int:
    """Pence supported of a line that asks for ``asked``; a line without an answer yet counts nothing."""
    if result == Result.IN_FULL:
        return asked
    if result == Result.IN_PART:
        return in_part or 0
    return 0


@dataclass(frozen=True)
class Sums:
    """What a bid asks, what of it is supported, and what that leaves."""

    asked: int
    supported: int
    to_commit: int
    """Granted by the decision and not committed yet, before this bid."""
    held: int
    """Uncommitted in the allocation that pays, before this bid."""

    @property
    def not_supported(self) -> int:
        return self.asked - self.supported

    @property
    def left_of_decision(self) -> int:
        return self.to_commit - self.supported

    @property
    def left_in_allocation(self) -> int:
        return self.held - self.supported

    @property
    def is_too_much(self) -> bool:
        """More than the decision leaves, or than the allocation holds."""
        return self.left_of_decision < 0 or self.left_in_allocation < 0


def sums(lines: Iterable[tuple[int, int]], to_commit: int, held: int) -> Sums:
    """The sums of lines given as (asked, supported)."""
    pairs = list(lines)
    return Sums(sum(asked for asked, _ in pairs), sum(part for _, part in pairs), to_commit, held)
