"""Addresses of the ledger entries behind a number."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from funding.ledger import Figures, Part
from funding.standing.tables import Cell


def entries(part: Part, **query: Any) -> str:
    """The ledger, cut to the entries that make up this figure."""
    return f"{reverse('funding:ledger')}?{urlencode({**query, 'account': part.value})}"


def linked(part: Part, figures: Figures | None, **query: Any) -> Cell:
    """A figure that leads to its entries; £0, and nothing behind it, where there are none."""
    return Cell(part.of(figures), entries(part, **query)) if figures else Cell(0)
