"""A signature made in ink: the officer keeps the scan and records who signed, when, and who received it."""

import datetime as dt
from typing import Any

from django.utils import timezone

from mou.agreement import actions, rules
from mou.agreement.delegating import colleagues
from mou.agreement.locking import locked
from mou.agreement.names import same_name
from mou.agreement.states import Side
from mou.models import Agreement
from practices.models import Person
from resilience.core.access import Denied
from resilience.core.acts import action
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.words import day
from resilience.referrals.uploads import CheckedFile

MARK = 8
"""So many characters of the document's SHA-256 are typed to confirm which document the scan is of."""


def _check_given(agreement: Agreement, by: Any, name: str, given: dict[str, Any]) -> None:
    if given["confirmed"].strip().lower() != agreement.document.sha256[:MARK]:
        raise Denied(
            f"What you typed is not how this document’s SHA-256 begins. Type its first {MARK} characters, "
            "once you have checked that the scan is of this document."
        )
    signed_on: dt.date = given["signed_on"]
    sent_on = timezone.localdate(agreement.sent_at)
    if not sent_on <= signed_on <= today():
        raise Denied(f"The date on the paper must be between {day(sent_on)}, when it was sent, and today.")
    for what in ("role", "received_by"):
        if not given[what].strip():
            raise Denied("Give the role of who signed, and who received the paper.")
    if same_name(name, by.name):
        raise Denied("You cannot record your own signature. Sign on screen, or ask a colleague to record it.")
    others = (each.typed_name for each in agreement.signatures.all())
    if any(same_name(name, other) for other in others):
        raise Denied(
            f"{name} signed {agreement.this} for the other side. Someone else must sign for this one."
        )


@action("Recorded a signature on paper")
def record_paper_signature(
    *, by: Any, agreement: Agreement, scan: CheckedFile, person: Person | None = None, **given: Any
) -> Agreement:
    """The signature of the side whose turn it is, made on paper: ``signed_by``, ``role``, ``signed_on``,
    ``received_by``, and ``confirmed``, how the document's SHA-256 begins. For the commissioner, ``person`` is one of
    those with the authority. Asks the next to sign; after the last, the MoU takes effect."""
    _, agreement = locked(agreement)
    rules.check_can_record_paper(by, agreement)
    side = agreement.turn
    name = given["signed_by"].strip()
    if side == Side.COMMISSIONER:
        if person is None or person not in colleagues(by, agreement):
            raise Denied("Choose who signed for the commissioner, of those who have the authority.")
        name = person.name
    if not name:
        raise Denied("Say who signed.")
    _check_given(agreement, by, name, given)
    file = StoredFile.keep(name=scan.name, content_type=scan.content_type, content=scan.content, by=by)
    on_paper = actions.OnPaper(
        file,
        given["signed_on"],
        given["received_by"].strip(),
        by,
        person if side == Side.COMMISSIONER else None,
    )
    return actions.write_paper(agreement, side, name, given["role"], on_paper)
