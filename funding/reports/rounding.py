"""Rounding whole tables so that every printed column still adds up.

The grand total is rounded to the nearest unit. The groups are shared out to that printed total, and
the lines of each group to that group's printed subtotal, by largest remainder: each printed figure is the
exact one rounded either down or up, and every column adds up as printed. A variance is printed as the
difference of the two printed figures beside it, so that rows add up too.
"""

from collections.abc import Sequence


def nearest(pence: int, unit: int) -> int:
    """Whole units nearest to ``pence``; a half goes away from nothing."""
    whole, rest = divmod(abs(pence), unit)
    return (whole + (2 * rest >= unit)) * (1 if pence >= 0 else -1)


def share_out(values: Sequence[int], total: int, unit: int) -> list[int]:
    """Each value in whole units, down or up, so that they sum to ``total`` units; equal remainders go by place.

    ``total`` is the exact sum rounded down or up. Raises ValueError for any other.
    """
    down = [value // unit for value in values]
    missing = total - sum(down)
    remainders = [value % unit for value in values]
    order = sorted(
        (place for place, rest in enumerate(remainders) if rest),
        key=lambda place: (-remainders[place], place),
    )
    if not 0 <= missing <= len(order):
        raise ValueError("the total is not the rounded sum")
    for place in order[:missing]:
        down[place] += 1
    return down


def round_table(groups: Sequence[Sequence[int]], unit: int) -> tuple[list[list[int]], list[int], int]:
    """Lines, subtotals and grand total of one column, in whole units."""
    sums = [sum(group) for group in groups]
    total = nearest(sum(sums), unit)
    subtotals = share_out(sums, total, unit)
    lines = [share_out(group, subtotal, unit) for group, subtotal in zip(groups, subtotals, strict=True)]
    return lines, subtotals, total
