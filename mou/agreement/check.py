"""What we say of a copy that somebody shows us: genuine, altered or unknown, and nothing more."""

import hashlib
from dataclasses import dataclass

from mou.models import Agreement
from mou.seal import verify
from resilience.core.words import day


@dataclass(frozen=True)
class Finding:
    """``is_genuine`` and two sentences a stranger may read."""

    is_genuine: bool
    heading: str
    text: str


def judge(content: bytes) -> Finding:
    """Compare a file with the record, then with the seal that it bears. Never raises for what is in it."""
    digest = hashlib.sha256(content).hexdigest()
    agreement = Agreement.objects.filter(sealed__sha256=digest).first()
    if agreement is not None:
        return Finding(
            True,
            "This document is genuine",
            f"This is a document sealed by this service on {day(agreement.sealed_at)}, "
            "and it matches our record.",
        )
    verdict = verify(content)
    if verdict.genuine:
        return Finding(
            False,
            "This document is not on our record",
            "It bears a seal of this service, but it is not on the record that we hold. Do not rely on it: "
            "ask whoever gave it to you.",
        )
    if verdict.sealed_by_us:
        return Finding(
            False,
            "This document has been altered",
            f"{verdict.sentence} Ask for the copy that was sent by email.",
        )
    return Finding(
        False,
        "This document is unknown",
        "This is not a PDF that this service sealed. A printed or scanned copy, or one saved again by "
        "another program, cannot be checked here.",
    )
