"""The parts of the self-referral form, and what each still lacks before it can be sent."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from resilience.core.forms import WordLimit
from resilience.referrals.models import PastSupport, Referral

WORDS = 200
"""The most words in each of the two texts of the case for support (domain 3.1)."""

SCHEMES_WITH_YEARS = frozenset({PastSupport.Scheme.RCGP, PastSupport.Scheme.THIS})


PAST_QUESTIONS = {
    PastSupport.Scheme.RCGP: "Has the practice had RCGP peer support for CQC special measures?",
    PastSupport.Scheme.VULNERABLE: "Has the practice had support from the Vulnerable Practice Programme?",
    PastSupport.Scheme.THIS: "Has the practice had support from this programme before?",
}


@dataclass(frozen=True)
class Part:
    """One part: ``lacks`` answers a sentence for each thing still missing; ``is_optional`` never lacks any."""

    key: str
    title: str
    lacks: Callable[[Referral], list[str]]
    is_optional: bool = False


def _contact(referral: Referral) -> list[str]:
    wanted = {
        "contact_name": "the name of the practice lead",
        "contact_email": "an email address",
        "contact_phone": "a telephone number",
    }
    return [f"Give {words}" for field, words in wanted.items() if not getattr(referral, field)]


def _practices(referral: Referral) -> list[str]:
    if referral.is_group is None:
        return ["Say whether you refer a group of practices"]
    if referral.is_group and sum(not place.is_lead for place in referral.practices.all()) == 0:
        return ["Add the other practices of the group, or say that you refer one practice only"]
    return []


def _support(referral: Referral) -> list[str]:
    lacks = []
    if not referral.commissioner_supports:
        lacks.append("Say whether the commissioner supports this request")
    if not referral.wanted.all():
        lacks.append("Choose at least one category of support")
    if referral.year.asks_past_support:
        answered = {past.scheme: past for past in referral.past_support.all()}
        for scheme in PastSupport.Scheme:
            past = answered.get(scheme)
            if past is None:
                lacks.append(f"Answer about past support: {scheme.label}")
            elif past.had and scheme in SCHEMES_WITH_YEARS and not past.years:
                lacks.append(f"Give the years of past support: {scheme.label}")
    return lacks


def _case(referral: Referral) -> list[str]:
    lacks = []
    for text, what in ((referral.issues, "the issues"), (referral.support_wanted, "the support you want")):
        if not text.strip():
            lacks.append(f"Describe {what}")
            continue
        try:
            WordLimit(WORDS)(text)
        except ValidationError as error:
            lacks.append(f"Shorten {what}. {error.messages[0]}")
    return lacks


def _nothing(referral: Referral) -> list[str]:
    return []


PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        Part("contact", "Contact at the practice", _contact),
        Part("practices", "Practice or group", _practices),
        Part("support", "Support wanted and support before", _support),
        Part("case", "Case for support", _case),
        Part("files", "Files", _nothing, is_optional=True),
    )
}


def lacking(referral: Referral) -> dict[str, list[str]]:
    """What each incomplete part lacks, by its key, in the form's order; empty when all is there."""
    found = {part.key: part.lacks(referral) for part in PARTS.values()}
    return {key: lacks for key, lacks in found.items() if lacks}


def is_begun(referral: Referral, key: str) -> bool:
    """Has anything been saved in this part?"""
    return {
        "contact": bool(referral.contact_name or referral.contact_email or referral.contact_phone),
        "practices": referral.is_group is not None,
        "support": bool(
            referral.commissioner_supports or referral.wanted.all() or referral.past_support.all()
        ),
        "case": bool(referral.issues or referral.support_wanted),
        "files": bool(referral.attachments.all()),
    }[key]


def is_blank(referral: Referral) -> bool:
    """A draft in which nothing was saved yet."""
    return not any(is_begun(referral, key) for key in PARTS if key != "practices") and not referral.is_group
