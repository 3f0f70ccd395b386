"""What would give a practice away: its names, codes, places, people and numbers, as patterns to look for."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from mou.models import Plan
from practices.models import Organisation, Person, Practice, RoleHolding
from resilience.referrals.models import Referral

FEW = 10
"""An organisation with fewer open practices than this tells too much of the one that is meant."""

_ANYWHERE = """
a all an and at by for from in of on or the to with st saint dr drs doctor doctors mr mrs ms miss mx prof sir
surgery surgeries practice practices medical health healthcare centre center clinic group partner partners
partnership house hall lodge primary care community hospital family general patient patients walk gp gps nhs
england limited ltd plc llp trust ccg icb clinical commissioning integrated board sub location local office
region area team locality cluster network federation road street lane avenue close way drive place square court
crescent terrace row gardens park hill green grove view mews north south east west upper lower old new great
little high main station church town village city county floor unit building first second third
"""
_POSTS = """
manager managers managing business operations operational director reception receptionist nurse nurses lead
leads leader senior assistant deputy head staff officer administrator admin secretary finance person people
pharmacist salaried associate strategic programme project change supplier owner each both tbc none unknown
"""
_OF_ALL = frozenset(_ANYWHERE.split())
"""Words that any practice, address or organisation may have: they tell one from no other."""
_OF_ROLES = _OF_ALL | frozenset(_POSTS.split())
"""And those that stand where a name is asked for and are a post."""
_APOSTROPHES = "'’‘`´ʼ"


def normal(text: str) -> tuple[str, list[int]]:
    """The text without case, accents, apostrophes and invisible signs; and where each letter of it stood."""
    letters: list[str] = []
    at: list[int] = []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKD", sign):
            if unicodedata.combining(part) or unicodedata.category(part) == "Cf" or part in _APOSTROPHES:
                continue
            for letter in part.casefold():
                letters.append(letter)
                at.append(place)
    return "".join(letters), at


def words_of(text: str) -> list[str]:
    """Its words as ``normal`` writes them, numbers and what says whose it is left out."""
    text = re.sub(rf"[{_APOSTROPHES}]s\b", "", text)
    return re.findall(r"[^\W\d_]+", normal(text)[0])


@dataclass(frozen=True)
class Clue:
    """A pattern over normal text, and what it would tell. What is certain may never stay in the text."""

    pattern: re.Pattern[str]
    tells: str
    is_certain: bool


_NOT_WITHIN = r"(?<![^\W_])", r"(?![^\W_])"


def _phrase(words: list[str], tells: str, is_certain: bool) -> Clue:
    """The words in this order, whatever stands between their letters but other letters."""
    inside = r"[\W_]*".join(re.escape(letter) for letter in "".join(words))
    return Clue(re.compile(inside.join(_NOT_WITHIN)), tells, is_certain)


def _word(word: str, tells: str) -> Clue:
    """A word: a long one within another too, a short one alone or as a plural."""
    inside = "-?".join(map(re.escape, word))
    if len(word) < 5:
        inside = f"{inside}s?".join(_NOT_WITHIN)
    return Clue(re.compile(inside), tells, False)


def _code(code: str, tells: str, is_certain: bool = True) -> Clue:
    letters = re.sub(r"[\W_]", "", normal(code)[0])
    inside = r"[\W_]?".join(map(re.escape, letters))
    return Clue(re.compile(inside.join(_NOT_WITHIN)), tells, is_certain)


def _number(number: int) -> Clue:
    inside = r"[,.\s]?".join(map(re.escape, f"{number:,}".split(",")))
    return Clue(re.compile(rf"(?<!\d)(?<!\d[,.]){inside}(?![,.]?\d)"), "the size of its list", False)


_PATTERNS = (
    Clue(re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"), "an email address", True),
    Clue(
        re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:uk|com|org|net)\b"), "a website", True
    ),
    Clue(re.compile(r"(?<![\d+])(?:\+\s?44|0)(?:[\s().-]*\d){9,11}(?!\d)"), "a telephone number", True),
    Clue(re.compile(r"(?<!\w)[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}(?!\w)"), "a postcode", True),
    Clue(re.compile(r"(?<!\w)[a-z]\d{5}(?!\w)"), "the code of a practice", True),
)
"""Found whoever they belong to."""


def _named(name: str, tells: str, common: frozenset[str] = _OF_ALL) -> Iterator[Clue]:
    """A name as a whole, and the words in it that are not everybody's."""
    words = words_of(name)
    own = [word for word in words if word not in common and len(word) > 1]
    if own:  # "Dr" and "The" may be left out
        words = words[next(n for n, word in enumerate(words) if word in own) :]
    if len(words) > 1 and (own or common is _OF_ALL):
        yield _phrase(words, tells, bool(own))
    for word in own:
        if len(word) > 2:
            yield _word(word, f"part of {tells}")


def _practice(practice: Practice, name: str, common: frozenset[str] = _OF_ALL) -> Iterator[Clue]:
    for each in dict.fromkeys((name, practice.name)):
        yield from _named(each, "the name of a practice", common)
    yield _code(practice.ods_code, "the code of a practice")
    for line in practice.address.splitlines():
        yield from (
            _word(word, "part of an address")
            for word in words_of(line)
            if word not in common and len(word) > 2
        )
    if practice.postcode:
        yield _code(practice.postcode, "a postcode")
        yield _code(practice.postcode.split()[0], "part of a postcode", False)
    yield from _phones({practice.phone})


def _phones(phones: set[str]) -> Iterator[Clue]:
    return (_code(phone, "a telephone number") for phone in sorted(phones) if len(phone) > 5)


def _people(referral: Referral, practices: Iterable[Practice]) -> Iterator[Clue]:
    held = RoleHolding.objects.filter(practice__in=practices).values("person")
    people = Person.objects.filter(
        Q(pk__in=held) | Q(pk__in=[referral.started_by_id, referral.submitted_by_id])
    )
    names, phones = {referral.contact_name}, {referral.contact_phone}
    for name, phone in people.values_list("name", "phone"):
        names.add(name)
        phones.add(phone)
    plan = Plan.objects.filter(referral=referral).first()
    if plan is not None:
        names |= {plan.practice_lead, plan.operational_lead, plan.strategic_lead}
        names |= set(plan.actions.values_list("owner", flat=True))
        phones.add(plan.practice_lead_phone)
    for name in sorted(names):
        yield from _named(name, "the name of a person", _OF_ROLES)
    yield from _phones(phones)


def _organisations(referral: Referral, practices: Iterable[Practice]) -> Iterator[Clue]:
    """Those that have too few practices to hide one."""
    found: dict[int, Organisation] = {}
    for each in [
        referral.commissioner,
        *(above for p in practices for above in (p.commissioner, p.locality)),
    ]:
        while each is not None and each.kind != Organisation.Kind.REGION:
            found[each.pk] = each
            each = each.parent
    for organisation in found.values():
        if practices_below(organisation).count() < FEW:
            tells = "the name of an organisation with few practices"
            yield from _named(organisation.name, tells)
            yield _code(organisation.code, "the code of an organisation with few practices")


def practices_below(organisation: Organisation) -> QuerySet[Practice]:
    """The open practices of an organisation and of those below it, three levels down."""
    paths = ("commissioner", "commissioner__parent", "commissioner__parent__parent", "locality")
    wanted = Q()
    for path in paths:
        wanted |= Q(**{path: organisation})
    return Practice.objects.filter(
        wanted, status__in=(Practice.Status.ACTIVE, Practice.Status.WITHOUT_PATIENTS)
    )


def clues_of(referral: Referral) -> list[Clue]:
    """All that would give away the practices of a case."""
    members = list(referral.practices.select_related("practice__commissioner__parent", "practice__locality"))
    practices = [member.practice for member in members]
    sizes = {member.list_size for member in members} | {each.list_size for each in practices}
    sizes.add(referral.list_size_total)
    found = [*_PATTERNS]
    if referral.reference:
        found.append(_code(referral.reference, "the reference of the referral"))
    for member in members:
        found += _practice(member.practice, member.name)
    found += _people(referral, practices)
    found += _organisations(referral, practices)
    found += [_number(size) for size in sorted(size for size in sizes if size and size >= 100)]
    return found


def clues_of_others(referral: Referral) -> list[Clue]:
    """What would give away the other practices of a group, in a study that names the one that leads it.

    The lead consents for itself alone: the others are left out, by name, place, number and people.
    """
    members = list(referral.practices.select_related("practice"))
    lead = next(member for member in members if member.is_lead)
    words = set(words_of(lead.practice.name)) | set(words_of(lead.practice.address))
    found: list[Clue] = []
    for member in members:
        if member is lead:
            continue
        found.append(_code(member.ods_code, "the code of a practice of the group"))
        found += _practice(member.practice, member.name, _OF_ALL | words)
    theirs = RoleHolding.objects.filter(
        practice__in=[each.practice_id for each in members if each is not lead]
    )
    others = Person.objects.filter(pk__in=theirs.values("person"))
    for name, phone in others.exclude(holdings__practice=lead.practice_id).values_list("name", "phone"):
        found += _named(name, "the name of a person of a practice of the group", _OF_ROLES | words)
        found += _phones({phone})
    own = {clue.pattern for clue in _practice(lead.practice, lead.name)}
    return [clue for clue in found if clue.pattern not in own]
