"""Finding an active practice of the published register: facts that are public, so not scoped."""

from django.db.models import Case, IntegerField, QuerySet, Value, When

from practices.finder import find as matching
from practices.models import Practice

SHORTEST = 2


def find(text: str, limit: int = 10) -> QuerySet[Practice]:
    """Active practices with that code, or whose name, code or postcode has every word; names that begin so first.

    Nothing for fewer than 2 letters. At most ``limit``.
    """
    text = " ".join(text.split())
    if len(text) < SHORTEST:
        return Practice.objects.none()
    begins = Case(When(name__istartswith=text, then=Value(0)), default=Value(1), output_field=IntegerField())
    active = Practice.objects.filter(status=Practice.Status.ACTIVE)
    return matching(text, active).order_by(begins, "name", "ods_code")[:limit]
