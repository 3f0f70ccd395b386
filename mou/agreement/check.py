"""What we say of a copy that somebody shows us: genuine, superseded, ended, altered or unknown, and nothing more."""

import hashlib
from dataclasses import dataclass

from mou.models import Agreement, Ending
from mou.seal import verify
from resilience.core.words import day


@dataclass(frozen=True)
class Finding:
    """``is_genuine``, a heading and a text that a stranger may read: no name, no practice, no reference."""

    is_genuine: bool
    heading: str
    text: str


_ALTERED = "This document has been altered"
_UNKNOWN = Finding(
    False,
    "This document is unknown",
    "This is not a PDF that this service sealed. A printed or scanned copy, or one saved again by "
    "another program, cannot be checked here.",
)
_NOT_ON_RECORD = Finding(
    False,
    "This document is not on our record",
    "It bears a seal of this service, but it is not on the record that we hold. Do not rely on it: "
    "ask whoever gave it to you.",
)


def judge(content: bytes) -> Finding:
    """Compare a file with the record, then with the seal that it bears. Never raises for what is in it."""
    digest = hashlib.sha256(content).hexdigest()
    found = Agreement.objects.filter(sealed__sha256=digest).select_related("varies").first()
    if found is not None:
        return _genuine(found)
    verdict = verify(content)
    if verdict.genuine:
        return _NOT_ON_RECORD
    if verdict.sealed_by_us:
        return Finding(False, _ALTERED, f"{verdict.sentence} Ask for the copy that was sent by email.")
    return _UNKNOWN


def _genuine(found: Agreement) -> Finding:
    """It is ours to the last bit; whether it still says how things stand is another matter."""
    sealed = (
        f"This is a document sealed by this service on {day(found.sealed_at)}, and it matches our record."
    )
    mou = found.varies or found
    if ending := Ending.objects.filter(agreement=mou).first():
        how = "was terminated" if ending.how == Ending.How.NOTICE else "ended"
        return Finding(
            True,
            f"This document is genuine, and {how} on {day(ending.ended_on)}",
            f"{sealed} What it records is no longer in force.",
        )
    later = (
        mou.variations.filter(signed_at__isnull=False, number__gt=found.number).order_by("-number").first()
    )
    if later:
        return Finding(
            True,
            "This document is genuine, and superseded",
            f"{sealed} It was superseded by {later.name.lower()} of {day(later.signed_at)}: read it together "
            "with that.",
        )
    return Finding(True, "This document is genuine", sealed)
