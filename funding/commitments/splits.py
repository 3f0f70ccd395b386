"""How pooled money is split between practices: to the penny, and the parts sum to the whole."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key")


def by_weight(pence: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """``pence`` shared out by ``weights``; odd pennies go to the largest remainders, then to the first.

    Raises ValueError when there is nobody, or nobody with a weight.
    """
    whole = sum(weights.values())
    if whole <= 0 or min(weights.values()) < 0:
        raise ValueError("nobody to share with")
    exact = {key: Fraction(pence * weight, whole) for key, weight in weights.items()}
    shares = {key: int(share) for key, share in exact.items()}
    odd = pence - sum(shares.values())
    # Sorting is stable: where remainders are equal, the order given decides.
    for key in sorted(exact, key=lambda key: shares[key] - exact[key])[:odd]:
        shares[key] += 1
    return shares


def equally(pence: int, keys: Iterable[Key]) -> dict[Key, int]:
    """The same to everyone; odd pennies go to the first ones."""
    return by_weight(pence, dict.fromkeys(keys, 1))
