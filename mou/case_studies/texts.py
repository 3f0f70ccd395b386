"""What a case study says: its parts, what is still missing, and what exactly the practice consents to."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mou.models import CaseStudy, CaseStudyText
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Referral


@dataclass(frozen=True)
class Field:
    """A box of the form: its question, what helps to answer it, the most words, and its heading when published."""

    label: str
    hint: str
    most: int
    heading: str = ""


FIELDS: dict[str, Field] = {
    "title": Field("Title", "What somebody would search for", 15),
    "problem": Field(
        "What was the problem?", "For patients, for staff, for the practice", 200, "What the problem was"
    ),
    "done": Field("What was done?", "The support, and who gave it", 200, "What was done"),
    "went_well": Field("What went well?", "", 150, "What went well"),
    "went_badly": Field(
        "What did not go well?",
        "What you would do differently: others learn most from this",
        150,
        "What did not go well",
    ),
    "results": Field("What are the results?", "With numbers where you have them", 200, "Results"),
    "quotation": Field("A quotation", "In the words of somebody who was there", 60),
    "quoted_as": Field("Who may be quoted?", "As it will be printed: for example, a GP partner", 12),
}
WRITTEN = tuple(FIELDS)
NEEDED = ("title", "problem", "done", "went_well", "went_badly", "results")

PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "story": ("The problem and what was done", ("title", "problem", "done")),
    "lessons": ("What went well, what did not, and the results", ("went_well", "went_badly", "results")),
    "support": ("Categories of support and a quotation", ("categories", "quotation", "quoted_as")),
}
"""The pages it is written on, each saved by itself."""


@dataclass(frozen=True)
class Gap:
    """Something missing, in words, and the part where it is put right."""

    text: str
    part: str


def study_of(referral: Referral) -> CaseStudy | None:
    """The case study of a case, or None while nobody has started it."""
    return CaseStudy.objects.filter(referral=referral).select_related("consent").first()


def latest(study: CaseStudy) -> CaseStudyText:
    """The text that counts. A study has one from its start."""
    return CaseStudyText.objects.filter(study=study).latest("number")


def items_of(text: CaseStudyText) -> list[MenuItem]:
    """The categories ticked, in the order of the menu."""
    return list(text.categories.order_by("position"))


def values(text: CaseStudyText) -> dict[str, Any]:
    """The words, and the ids of the categories."""
    return {name: getattr(text, name) for name in WRITTEN} | {
        "categories": [item.pk for item in items_of(text)]
    }


def part_of(name: str) -> str:
    return next(part for part, (_, names) in PARTS.items() if name in names)


def gaps(text: CaseStudyText) -> Iterator[Gap]:
    """What must be there before the practice is asked for its consent."""
    for name in NEEDED:
        if not getattr(text, name).strip():
            label = FIELDS[name].label
            yield Gap(f"Answer “{label}”" if label.endswith("?") else "Give it a title", part_of(name))
    if not text.ticked.exists():
        yield Gap("Tick at least one category of support", "support")
    if text.quotation.strip() and not text.quoted_as.strip():
        yield Gap("Say who may be quoted", "support")
    if text.quoted_as.strip() and not text.quotation.strip():
        yield Gap("Enter the quotation, or clear who may be quoted", "support")


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of all that a copy says."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
