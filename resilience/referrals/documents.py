"""The copy of a referral, as sent, that its practice keeps."""

from django.template.loader import render_to_string

from resilience.core import pdf
from resilience.referrals.answers import sections
from resilience.referrals.models import Referral


def file_name(referral: Referral) -> str:
    """Such as "referral-2018-0042.pdf"."""
    return f"referral-{referral.reference}.pdf"


def copy(referral: Referral) -> bytes:
    """The PDF copy of a received referral; the same bytes whenever it is asked for, as long as nothing is added."""
    if referral.received_at is None:
        raise ValueError("a draft has no copy")
    html = render_to_string(
        "referrals/practice/copy.html", {"referral": referral, "sections": sections(referral)}
    )
    return pdf.render(html, title=f"Referral {referral.reference}", moment=referral.received_at)
