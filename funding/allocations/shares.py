"""Pence shared out exactly: the parts always sum to the whole."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeVar

from resilience.programmes.models import ProgrammeYear, SpendCategory

Key = TypeVar("Key")


def fair_shares(pence: int, weights: Mapping[Key, Any]) -> dict[Key, int]:
    """``pence`` in proportion to ``weights``, by largest remainder; equal remainders in the order given.

    The sum is exact, and none is a penny or more from its true share. Raises ValueError without any weight.
    """
    whole = sum(Fraction(weight) for weight in weights.values())
    if whole <= 0:
        raise ValueError("nothing to share by")
    exact = {key: Fraction(weight) * pence / whole for key, weight in weights.items()}
    shares = {key: int(share) for key, share in exact.items()}
    left_over = pence - sum(shares.values())
    nearest = sorted(exact, key=lambda key: shares[key] - exact[key])
    for key in nearest[:left_over]:
        shares[key] += 1
    return shares


def indicative(year: ProgrammeYear, pence: int) -> dict[SpendCategory, int]:
    """``pence`` by the year's indicative shares, to the penny; empty where it has no categories of spend."""
    categories = list(year.spend_categories.all())
    return fair_shares(pence, {each: each.indicative_share for each in categories}) if categories else {}
