"""Who exists, who the people are and which roles they hold over what, what is known of each practice."""

from practices.models.imports import DataImport
from practices.models.people import Invitation, LinkRequest, Person, RoleHolding
from practices.models.register import (
    Indicator,
    ListSize,
    Membership,
    Organisation,
    Practice,
    PracticeChange,
    SupplierAssignment,
)

__all__ = [
    "DataImport",
    "Indicator",
    "Invitation",
    "LinkRequest",
    "ListSize",
    "Membership",
    "Organisation",
    "Person",
    "Practice",
    "PracticeChange",
    "RoleHolding",
    "SupplierAssignment",
]
