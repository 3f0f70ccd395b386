"""The copy that is published: all that it says, as a page and as a PDF."""

from typing import Any

from django.template.loader import render_to_string

from mou.case_studies.clues import FEW, clues_of, practices_below
from mou.case_studies.giveaways import hits_in
from mou.case_studies.texts import FIELDS, WRITTEN, items_of
from mou.models import CaseStudyText
from practices.models import Organisation
from resilience.core import pdf
from resilience.referrals.models import Referral

BANDS: tuple[tuple[int | None, str], ...] = (
    (5_000, "Fewer than five thousand patients"),
    (10_000, "Five to ten thousand patients"),
    (15_000, "Ten to fifteen thousand patients"),
    (None, "Fifteen thousand patients or more"),
)
"""In words: a number of a band might be the very size of a list."""
ANYWHERE = "England"


def band_of(size: int | None) -> str:
    """The size of a list as a published copy says it; nothing where it is not known."""
    if size is None:
        return ""
    return next(words for most, words in BANDS if most is None or size < most)


def _lead_size(referral: Referral) -> int | None:
    return referral.practices.filter(is_lead=True).values_list("list_size", flat=True).first()


def _offices(referral: Referral) -> list[Organisation]:
    """The local office of the case and its region, the smaller first."""
    found, each = [], referral.commissioner
    while each is not None:
        if each.kind in (Organisation.Kind.LOCAL_OFFICE, Organisation.Kind.REGION):
            found.append(each)
        each = each.parent
    return found


def place_of(referral: Referral, *, is_named: bool) -> Organisation | None:
    """What a copy says of where it happened; None for England.

    Of a practice that is not named, the smallest whose name tells nothing and that has enough practices of its size.
    """
    offices = _offices(referral)
    if is_named:
        return offices[0] if offices else None
    clues, band = clues_of(referral), band_of(_lead_size(referral))
    for office in offices:
        sizes = practices_below(office).values_list("list_size", flat=True)
        alike = sum(1 for size in sizes if band_of(size) == band)
        if alike >= FEW and not hits_in(clues, {"title": office.name}):
            return office
    return None


def content_of(referral: Referral, text: CaseStudyText, *, is_named: bool) -> dict[str, Any]:
    """All that the copy says, and that the practice consents to."""
    place = place_of(referral, is_named=is_named)
    return {
        **{name: getattr(text, name) for name in WRITTEN},
        "categories": [item.name for item in items_of(text)],
        "practice": referral.practices.get(is_lead=True).name if is_named else "",
        "commissioner": str(referral.commissioner) if is_named else "",
        "place": str(place) if place else ANYWHERE,
        "size": band_of(_lead_size(referral)),
        "year": referral.year.name,
    }


def about(content: dict[str, Any]) -> str:
    """Whose support it is about, in the words of the copy."""
    who = [content["practice"], content["commissioner"], content["place"]]
    sentence = ", ".join(filter(None, who)) if content["practice"] else f"A practice in {content['place']}"
    return ". ".join(filter(None, (sentence, content["size"], content["year"]))) + "."


def render(content: dict[str, Any]) -> str:
    """The copy as HTML: what goes inside a page. Made of ``content`` alone."""
    parts = [
        {"heading": field.heading, "text": content[name]}
        for name, field in FIELDS.items()
        if field.heading and content[name]
    ]
    context = {"study": content, "about": about(content), "parts": parts}
    return render_to_string("mou/case_studies/document.html", context)


def to_pdf(content: dict[str, Any], html: str) -> bytes:
    """The copy as a tagged PDF: it bears its title, and nothing else of where it comes from."""
    return pdf.render(html, title=content["title"])
