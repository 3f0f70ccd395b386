"""Finding a practice by what people know of it: code, name, postcode."""

from django.db.models import Q, QuerySet

from practices.models import Practice

IS_OPEN = Q(status__in=(Practice.Status.ACTIVE, Practice.Status.WITHOUT_PATIENTS))


def open_practices() -> QuerySet[Practice]:
    """Practices of the published register that are open: name, code and address are no secret."""
    return Practice.objects.filter(IS_OPEN)


def find(text: str, among: QuerySet[Practice]) -> QuerySet[Practice]:
    """The practice with that code; else those whose name, code or postcode has every word."""
    text = text.strip()
    exact = among.filter(ods_code=text.upper())
    if exact.exists():
        return exact
    found = among
    for word in text.split():
        found = found.filter(
            Q(name__icontains=word) | Q(ods_code__istartswith=word) | Q(postcode__icontains=word)
        )
    return found if text else among.none()
