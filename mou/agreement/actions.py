"""The life of a Memorandum of Understanding: sent, signed by each side in turn, sealed; or withdrawn.

How it is stopped otherwise stands in ``mou.agreement.stopping``.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from funding.stages.actions import open_stages
from mou.agreement import documents, letters, rules, stopping
from mou.agreement.locking import locked
from mou.agreement.names import check_typed_name
from mou.agreement.states import SIGNS
from mou.delivery.actions import start_reports
from mou.drafts import actions as drafting
from mou.drafts.rules import check_is_settled
from mou.drafts.states import latest_draft
from mou.models import Agreement, Draft, Signature
from mou.seal import seal
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.core.words import day
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.moves import move

logger = logging.getLogger(__name__)
A = Agreement.State
Side = Signature.Side
PDF = "application/pdf"


# --- sent --------------------------------------------------------------------------------------


def latest_agreement(referral: Referral) -> Agreement | None:
    """The agreement that counts: the one not stopped, else the last that was."""
    rows = Agreement.objects.filter(referral=referral, kind=Agreement.Kind.MOU)
    return rows.order_by("-sent_at", "-id").first()


@action("Sent the MoU for signature")
def send(
    *,
    by: Any,
    referral: Referral,
    draft: Draft | None = None,
    supplier: Organisation | None = None,
    sign_by: dt.date | None = None,
) -> Agreement:
    """Fix the latest draft exactly as it was read, as HTML and as PDF, and ask the practice to sign it.

    ``draft`` is the one that was read: another made since is refused. Where nothing is drafted, or not with
    ``supplier`` (the operational partner, who signs after the practice), it is drafted now. ``sign_by`` is the
    last day to sign, in four weeks unless given.
    """
    referral = lock(referral)
    latest = latest_agreement(referral)
    if latest and rules.is_overdue(latest):
        rules.check_can_send(by, referral, latest, supplier)
        latest = stopping.expire(by=None, agreement=latest) or latest
    current = latest_draft(referral)
    rules.check_can_send(by, referral, latest, supplier or (current.supplier if current else None))
    sign_by = sign_by or today() + rules.SIGN_WITHIN
    rules.check_last_day(sign_by)
    if draft and draft != current:
        raise Denied("Another draft was made since you read this one. Read it, then send it.")
    is_fresh = current is None or bool(supplier and current.supplier != supplier)
    if current is None or is_fresh:
        current = drafting.make_draft(by=by, referral=referral, supplier=supplier, tell=False)
    current.referral = referral
    # Nobody publishes another wording while this one is used.
    lock(referral.year)
    check_is_settled(current, is_fresh=is_fresh)
    pdf = StoredFile.keep(
        name=documents.file_name(referral),
        content_type=PDF,
        content=documents.to_pdf(current.html, referral),
        by=by,
    )
    agreement = Agreement.objects.create(
        referral=referral,
        template=current.template,
        draft=current,
        supplier=current.supplier,
        html=current.html,
        document=pdf,
        money=rules.money_of(referral),
        sent_by=by,
        sign_by=sign_by,
    )
    record(
        by=by,
        on=agreement,
        case=referral,
        before=latest.state if latest else "",
        after=agreement.state,
        draft=current.number,
        template=current.template_id,
        supplier=current.supplier_id,
        sign_by=sign_by,
        document_sha256=pdf.sha256,
        html_sha256=sha256_of(current.html),
    )
    letters.ask_to_sign(agreement)
    return agreement


# --- signed ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """How the signatory reached the page: what the signature page and the record say of it."""

    ip_address: str | None = None
    user_agent: str = ""
    sign_in_method: str = ""
    signed_in_at: datetime | None = None


def party_name(agreement: Agreement, side: str) -> str:
    """For whom this side signs, by name."""
    if side == Side.SUPPLIER and agreement.supplier:
        return agreement.supplier.name
    if side == Side.COMMISSIONER:
        return str(agreement.referral.commissioner)
    return agreement.referral.lead_practice.name


def authority_of(agreement: Agreement, side: str) -> str:
    """The statement of authority, as shown above the name and as recorded."""
    others = agreement.referral.practices.count() - 1 if side == Side.PRACTICE else 0
    group = ""
    if others:
        group = (
            f", on behalf of itself and the {others} other practice{'s' if others > 1 else ''} named in it"
        )
    name = party_name(agreement, side)
    return f"Has authority to sign {agreement.this_title} for {name}{group}."


def consent_of(agreement: Agreement, side: str) -> str:
    """The words beside the box that the signatory ticks."""
    return (
        f"I have read {agreement.this_title}. I have authority to sign it for "
        f"{party_name(agreement, side)}, and by typing my name I sign it."
    )


def sha256_of(text: str) -> str:
    """Of a text, as the record and the documents give it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _party_code(agreement: Agreement, side: str) -> tuple[str, str]:
    """The name and the code of the party, as they stand in the document."""
    if side == Side.SUPPLIER and agreement.supplier:
        return agreement.supplier.name, agreement.supplier.code
    commissioner, lead, *_ = documents.parties_of(agreement.referral)
    party = lead if side == Side.PRACTICE else commissioner
    return party.name, party.code


def _check_signing(
    agreement: Agreement, by: Any, typed_name: str, agreed: bool, document_sha256: str
) -> None:
    """What a signature needs beside the right to give it. Raises Denied."""
    held = hashlib.sha256(bytes(agreement.document.content)).hexdigest()
    if document_sha256 != held or held != agreement.document.sha256:
        raise Denied("The document you were shown is not the one on record. Read it again, then sign.")
    if not agreed:
        raise Denied("Tick the box to confirm that you have read the document and may sign it.")
    check_typed_name(by, typed_name)


@dataclass(frozen=True)
class OnPaper:
    """A signature in ink: the scan of it, its date, who received it, who recorded it, who gave it if known here."""

    scan: StoredFile
    signed_on: dt.date
    received_by: str
    recorded_by: Any
    person: Any

    @property
    def statement(self) -> str:
        """What stands in place of the box that is ticked on screen."""
        return (
            f"Signed on paper on {day(self.signed_on)}. {self.recorded_by} confirmed that the scan, whose SHA-256 is "
            f"{self.scan.sha256}, is of this document signed."
        )


def _write_signature(
    agreement: Agreement,
    side: str,
    by: Any,
    typed_name: str,
    role: str,
    evidence: Evidence,
    before: str,
    paper: OnPaper | None = None,
) -> Signature:
    """The last entry of the act, so that the trail's head is printed with the signature."""
    consent = paper.statement if paper else consent_of(agreement, side)
    organisation, code = _party_code(agreement, side)
    html_sha256, consent_sha256 = sha256_of(agreement.html), sha256_of(consent)
    entry = record(
        by=by,
        on=agreement,
        case=agreement.referral,
        side=side,
        before=before,
        after=agreement.state,
        document_sha256=agreement.document.sha256,
        html_sha256=html_sha256,
        consent_sha256=consent_sha256,
        scan_sha256=paper.scan.sha256 if paper else None,
    )
    kept = {}
    if paper:
        kept = {
            "scan": paper.scan,
            "signed_on": paper.signed_on,
            "received_by": paper.received_by,
            "recorded_at": entry.at,
            "recorded_by": paper.recorded_by,
        }
    return Signature.objects.create(
        agreement=agreement,
        side=side,
        person=paper.person if paper else by,
        **kept,
        typed_name=" ".join(typed_name.split()),
        role=role,
        organisation=organisation,
        organisation_code=code,
        authority=authority_of(agreement, side),
        consent_text=consent,
        consent_sha256=consent_sha256,
        document_sha256=agreement.document.sha256,
        html_sha256=html_sha256,
        signed_at=entry.at,
        ip_address=evidence.ip_address,
        user_agent=evidence.user_agent[:300],
        sign_in_method=evidence.sign_in_method[:60],
        signed_in_at=evidence.signed_in_at,
        trail_sequence=entry.sequence,
        trail_hash=entry.hash,
    )


def _sign(side: str, by: Any, agreement: Agreement, given: dict[str, Any]) -> Agreement:
    """One side's signature, in its turn; with the last, the MoU takes effect."""
    _, agreement = locked(agreement)
    rules.check_can_sign(by, agreement, side)
    _check_signing(agreement, by, given["typed_name"], given["agreed"], given["document_sha256"])
    before = agreement.state
    _move_on(agreement, side, by)
    _write_signature(agreement, side, by, given["typed_name"], given["role"], given["evidence"], before)
    _after_signature(agreement)
    return agreement


def write_paper(agreement: Agreement, side: str, name: str, role: str, paper: OnPaper) -> Agreement:
    """A signature on paper, checked by whoever calls, within their act: from here it counts as one on screen."""
    before = agreement.state
    _move_on(agreement, side, paper.recorded_by)
    _write_signature(agreement, side, paper.recorded_by, name, role, Evidence(), before, paper)
    _after_signature(agreement)
    return agreement


def _move_on(agreement: Agreement, side: str, by: Any) -> None:
    """The state after this side's signature; after the last, the referral's too, and the money opens."""
    agreement.state = SIGNS[side].moves[agreement.state]
    if agreement.state == A.SIGNED:
        agreement.signed_at = timezone.now()
    agreement.save()
    if agreement.state == A.SIGNED:
        EFFECT[agreement.kind](by, agreement)


def _mou_takes_effect(by: Any, agreement: Agreement) -> None:
    move(agreement.referral, "mou.sign_for_commissioner")
    for opens in (PaymentStage.Opens.PLAN_AGREED, PaymentStage.Opens.MOU_SIGNED):
        open_stages(by=by, referral=agreement.referral, opens=opens)
    start_reports(by=by, referral=agreement.referral)


EFFECT: dict[str, Callable[[Any, Agreement], object]] = {Agreement.Kind.MOU: _mou_takes_effect}
"""What the last signature does, by the kind of document; ``mou.changes`` says it of what varies an MoU."""


def _after_signature(agreement: Agreement) -> None:
    """Ask whoever signs next; seal after the last, once it is committed."""
    if agreement.state == A.SIGNED:
        transaction.on_commit(partial(seal_now, agreement), robust=True)
    else:
        letters.side_signed(agreement)
        letters.ask_to_sign(agreement)


@action("Signed the MoU for the practice")
def sign_for_practice(*, by: Any, agreement: Agreement, **given: Any) -> Agreement:
    """The first signature. ``document_sha256`` is of the document that was shown. Asks the next to sign."""
    return _sign(Side.PRACTICE, by, agreement, given)


@action("Signed the MoU for the supplier")
def sign_for_supplier(*, by: Any, agreement: Agreement, **given: Any) -> Agreement:
    """The operational partner's signature, where there is one: second. Asks the commissioner next."""
    return _sign(Side.SUPPLIER, by, agreement, given)


@action("Signed the MoU for the commissioner")
def sign_for_commissioner(*, by: Any, agreement: Agreement, **given: Any) -> Agreement:
    """The last signature: the MoU takes effect, its money becomes payable, and it is sealed after commit."""
    return _sign(Side.COMMISSIONER, by, agreement, given)


SIGN = {
    Side.PRACTICE: sign_for_practice,
    Side.SUPPLIER: sign_for_supplier,
    Side.COMMISSIONER: sign_for_commissioner,
}
"""The act by which each side signs."""


# --- sealed ------------------------------------------------------------------------------------


def unsealed() -> list[Agreement]:
    """Agreements that all sides signed and that bear no seal yet, oldest first."""
    return list(Agreement.objects.filter(signed_at__isnull=False, sealed=None).order_by("signed_at"))


def seal_now(agreement: Agreement) -> bool:
    """Seal a signed agreement; False, with a line in the log, when that fails: the sweep tries again.

    The document is made and sealed before the act begins, so that no lock waits for it.
    """
    moment = timezone.now().replace(microsecond=0)
    try:
        agreement = Agreement.objects.select_related("referral__lead_practice").get(pk=agreement.pk)
        if agreement.sealed_id is not None:
            return True
        content = seal(
            documents.signed_pdf(agreement),
            reason="Signed by all parties",
            location=agreement.referral.year.programme.owner.name,
            moment=moment,
        )
        seal_agreement(agreement=agreement, content=content, moment=moment)
    except Exception:
        logger.exception("The seal of agreement %s failed; the sweep will try again.", agreement.pk)
        return False
    return True


@action("Sealed the MoU")
def seal_agreement(*, agreement: Agreement, content: bytes, moment: datetime, by: Any = None) -> Agreement:
    """Keep the sealed copy and send it to all sides, once: a second seal of the same agreement is dropped."""
    referral, agreement = locked(agreement)
    if not agreement.is_signed:
        raise Denied("An MoU is sealed once all sides have signed it.")
    if agreement.sealed_id is not None:
        record(by=by, on=agreement, case=referral, repeat=True)
        return agreement
    agreement.sealed = StoredFile.keep(
        name=documents.file_name(referral, "-".join(filter(None, (documents.kind_of(agreement), "sealed")))),
        content_type=PDF,
        content=content,
        by=by,
    )
    agreement.sealed_at = moment
    agreement.save()
    record(by=by, on=agreement, case=referral, sealed_sha256=agreement.sealed.sha256)
    letters.signed_by_all(agreement)
    return agreement
