"""What a referral says: as data, as rows to read, and as one digest."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from resilience.core.words import plural
from resilience.referrals.models import PastSupport, Referral, ReferralPractice
from resilience.referrals.parts import PARTS, PAST_QUESTIONS

NOT_YET = "Not answered yet"


@dataclass(frozen=True)
class Row:
    """A question and its answer: one or several lines or paragraphs; ``change`` ends "Change …"."""

    question: str
    answer: list[str]
    change: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the form with its rows."""

    key: str
    title: str
    rows: list[Row] = field(default_factory=list)


def answers(referral: Referral, key: str) -> dict[str, Any]:
    """The saved answers of a part, as plain data."""
    if key == "contact":
        return {
            "contact_name": referral.contact_name,
            "contact_email": referral.contact_email,
            "contact_phone": referral.contact_phone,
        }
    if key == "practices":
        return {"is_group": referral.is_group}
    if key == "support":
        return {
            "commissioner_supports": referral.commissioner_supports,
            "categories": sorted(wanted.item_id for wanted in referral.wanted.all()),
            "past": {
                past.scheme: {"had": past.had, "years": past.years} for past in referral.past_support.all()
            },
        }
    if key == "case":
        return {"issues": referral.issues, "support_wanted": referral.support_wanted}
    raise KeyError(key)


def version(referral: Referral, key: str) -> str:
    """Stands for what is saved in a part: differs when anything in it does."""
    said = json.dumps(answers(referral, key), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _same(text: str) -> str:
    return " ".join(text.split()).casefold()


def content_digest(referral: Referral) -> str:
    """SHA-256 over what is asked, for whom: categories, practices and the two texts, however they are spaced."""
    said = [
        sorted(wanted.item.position for wanted in referral.wanted.select_related("item")),
        sorted(place.practice_id for place in referral.practices.all()),
        _same(referral.issues),
        _same(referral.support_wanted),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def refresh(referral: Referral) -> list[ReferralPractice]:
    """The practices of a draft with what the register says today; of a sent referral, as they were. Lead first."""
    places = list(referral.practices.select_related("practice__commissioner"))
    if referral.received_at is None:
        for place in places:
            copy_register(place)
    return sorted(places, key=lambda place: (not place.is_lead, place.name, place.ods_code))


def copy_register(place: ReferralPractice) -> ReferralPractice:
    """Put the register's name, code, list size and commissioner of today in ``place``, unsaved."""
    practice = place.practice
    place.name, place.ods_code, place.list_size = practice.name, practice.ods_code, practice.list_size
    place.commissioner_name = practice.commissioner.name if practice.commissioner else ""
    return place


def total_list_size(places: Iterable[ReferralPractice]) -> int:
    """Registered patients of all the practices; a practice without a figure adds none."""
    return sum(place.list_size or 0 for place in places)


def patients(count: int | None) -> str:
    """A list size in words."""
    return "no list size in the register" if count is None else plural(count, "registered patient")


def _text(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()] or [NOT_YET]


def _contact(referral: Referral) -> list[Row]:
    return [
        Row("Practice lead", _text(referral.contact_name), "the name of the practice lead"),
        Row("Email address", _text(referral.contact_email), "the email address"),
        Row("Telephone number", _text(referral.contact_phone), "the telephone number"),
    ]


def _practices(referral: Referral) -> list[Row]:
    group = {None: NOT_YET, True: "Yes", False: "No"}[referral.is_group]
    if referral.divided_from:
        group = f"Yes: sent with the group’s referral {referral.divided_from.reference}, which was divided"
    places = refresh(referral)
    rows = [Row("On behalf of a group of practices", [group], "whether this is for a group of practices")]
    for place in places:
        who = "Practice" if place.is_lead else "With"
        lines = [f"{place.name} ({place.ods_code})", patients(place.list_size)]
        if place.commissioner_name:
            lines.append(place.commissioner_name)
        rows.append(Row(who, lines))
    if len(places) > 1:
        rows.append(Row("List size in all", [f"{total_list_size(places):,}"]))
    return rows


def commissioner_name(referral: Referral) -> str:
    """The commissioner of the lead practice: at receipt, or today for a draft."""
    found = referral.commissioner or referral.lead_practice.commissioner
    return found.name if found else "the commissioner"


def _past(past: PastSupport | None) -> list[str]:
    if past is None:
        return [NOT_YET]
    if not past.had:
        return ["No"]
    return ["Yes", *([past.years] if past.years else [])]


def _support(referral: Referral) -> list[Row]:
    supports = referral.get_commissioner_supports_display() or NOT_YET
    wanted = [str(each.item.name) for each in referral.wanted.select_related("item")]
    rows = [
        Row("Commissioner", [commissioner_name(referral)]),
        Row(
            "Does the commissioner support this request?", [supports], "whether the commissioner supports it"
        ),
        Row("Categories of support wanted", wanted or [NOT_YET], "the categories of support"),
    ]
    if referral.year.asks_past_support:
        had = {past.scheme: past for past in referral.past_support.all()}
        for scheme in PastSupport.Scheme:
            rows.append(Row(PAST_QUESTIONS[scheme], _past(had.get(scheme)), f"past support, {scheme.label}"))
    return rows


def _case(referral: Referral) -> list[Row]:
    return [
        Row("Issues affecting service, staff and patients", _text(referral.issues), "the issues"),
        Row("Support wanted", _text(referral.support_wanted), "the support wanted"),
    ]


def _files(referral: Referral) -> list[Row]:
    attached = referral.attachments.filter(message=None).select_related("file").defer("file__content")
    names = [each.file.name for each in attached]
    return [Row("Files", names or ["None"], "the files")]


_ROWS = {"contact": _contact, "practices": _practices, "support": _support, "case": _case, "files": _files}


def rows(referral: Referral, key: str) -> list[Row]:
    """The questions and answers of one part."""
    return _ROWS[key](referral)


def sections(referral: Referral) -> list[Section]:
    """The whole form as questions and answers, in its order."""
    return [Section(part.key, part.title, rows(referral, part.key)) for part in PARTS.values()]
