"""One search box: a practice's name, an ODS code or a referral's reference; one hit goes straight there."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from practices.models import Practice
from resilience.core.access import P
from resilience.referrals.models import Referral

MOST = 50


@dataclass
class Hits:
    """What was found in this person's scope, ``MOST`` of each kind at most."""

    referrals: list[Referral] = field(default_factory=list)
    practices: list[Practice] = field(default_factory=list)

    @property
    def only(self) -> Referral | Practice | None:
        """The one hit, when there is just one."""
        every: list[Referral | Practice] = [*self.referrals, *self.practices]
        return every[0] if len(every) == 1 else None


def search(user: Any, text: str) -> Hits:
    """Referrals and practices that ``text`` names. A reference or a code, given whole, is the only hit."""
    text = " ".join(text.split())
    if not text:
        return Hits()
    referrals = (
        Referral.objects.visible_to(user, P.VIEW_REFERRALS)
        .exclude(state="draft")
        .select_related("lead_practice", "year__programme")
    )
    practices = Practice.objects.visible_to(user).select_related("commissioner")
    if exact := list(referrals.filter(reference__iexact=text)[:1]):
        return Hits(referrals=exact)
    if exact_practice := list(practices.filter(ods_code__iexact=text)[:1]):
        return Hits(practices=exact_practice)
    words = Q()
    for word in text.split():
        words &= Q(name__icontains=word) | Q(ods_code__istartswith=word) | Q(postcode__istartswith=word)
    named = Q()
    for word in text.split():
        named &= Q(lead_practice__name__icontains=word) | Q(reference__icontains=word)
    return Hits(list(referrals.filter(named)[:MOST]), list(practices.filter(words)[:MOST]))
