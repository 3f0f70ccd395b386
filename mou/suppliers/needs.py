"""Needs that several practices share: counted from the diagnostic reviews that are in, never by name to outsiders."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from mou.models import Deliverable, NeedTag, NeedTheme, SupplierCase, SupplierConsent
from resilience.core.access import P

SHARED = 2
"""A need of this many practices could be met together."""
FEWEST = 3
"""To who may not read the practices' names a count below this is said as "fewer than 3"."""
_IN = (Deliverable.State.HANDED_IN, Deliverable.State.ACCEPTED)


def _counted(tags: QuerySet[NeedTag]) -> QuerySet[NeedTag]:
    """Of reviews that are in; what is confidential only where the practice lets it be counted without its name."""
    consents = SupplierConsent.objects.filter(
        supplier_case=OuterRef("deliverable__supplier_case"), revoked_at__isnull=True
    )
    return tags.filter(Q(is_confidential=False) | Exists(consents), deliverable__state__in=_IN)


def themes_of(user: Any) -> QuerySet[NeedTheme]:
    """Each need with ``practices``, how many in the person's scope have it; those that nobody has are left out."""
    seen = SupplierCase.objects.visible_to(user)
    tags = _counted(NeedTag.objects.filter(deliverable__supplier_case__in=seen))
    return (
        NeedTheme.objects.filter(tags__in=tags)
        .annotate(practices=Count("tags__deliverable__supplier_case__practice", distinct=True))
        .select_related("year__programme")
        .order_by("-practices", "position")
    )


def names_for(user: Any, themes: Iterable[NeedTheme]) -> dict[int, list[str]]:
    """By need, the practices that have it, for the officers and approvers whose they are; one query."""
    cases = SupplierCase.objects.visible_to(user, P.WORK_REFERRALS) | SupplierCase.objects.visible_to(
        user, P.DECIDE
    )
    tags = NeedTag.objects.visible_to(user).filter(
        theme__in=[each.pk for each in themes],
        deliverable__state__in=_IN,
        deliverable__supplier_case__in=cases.values("pk"),
    )
    found: dict[int, list[str]] = {}
    rows = tags.order_by("theme", "deliverable__supplier_case__practice__name")
    for theme, name in rows.values_list("theme", "deliverable__supplier_case__practice__name").distinct():
        found.setdefault(theme, []).append(name)
    return found


def may_read_names(user: Any) -> bool:
    return user.may(P.WORK_REFERRALS) or user.may(P.DECIDE)


def said_count(user: Any, theme: NeedTheme) -> str:
    """ "4", or "fewer than 3" to who may not know which practices they are."""
    count: int = theme.practices  # type: ignore[attr-defined]
    return f"{count}" if may_read_names(user) or count >= FEWEST else f"fewer than {FEWEST}"
