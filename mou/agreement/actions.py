"""The life of a Memorandum of Understanding: published wording, sent, signed, signed, sealed; or withdrawn."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from funding.stages.actions import open_stages
from mou.agreement import documents, letters, rules
from mou.agreement.names import check_typed_name
from mou.agreement.states import AGREEMENT_ACTS
from mou.models import Agreement, Signature
from mou.seal import seal
from mou.wording.choices import Choices, unresolved
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.moves import move

logger = logging.getLogger(__name__)
A = Agreement.State
Side = Signature.Side
PDF = "application/pdf"


# --- sent and withdrawn ------------------------------------------------------------------------


def latest_agreement(referral: Referral) -> Agreement | None:
    """The agreement that counts: the one not withdrawn, else the last that was."""
    rows = Agreement.objects.filter(referral=referral, kind=Agreement.Kind.MOU)
    return rows.order_by("-sent_at", "-id").first()


@action("Sent the MoU for signature")
def send(*, by: Any, referral: Referral) -> Agreement:
    """Fix the document, as HTML and as PDF, and ask the practice to sign it."""
    referral = lock(referral)
    latest = latest_agreement(referral)
    rules.check_can_send(by, referral, latest)
    # Nobody publishes another wording while this one is used.
    lock(referral.year)
    template, html = documents.template_for(referral), documents.render(referral)
    if left := unresolved(template, Choices()):
        raise Denied(left[0])
    pdf = StoredFile.keep(
        name=documents.file_name(referral),
        content_type=PDF,
        content=documents.to_pdf(html, referral),
        by=by,
    )
    agreement = Agreement.objects.create(
        referral=referral,
        template=template,
        html=html,
        document=pdf,
        money=rules.money_of(referral),
        sent_by=by,
    )
    record(
        by=by,
        on=agreement,
        case=referral,
        before=latest.state if latest else "",
        after=agreement.state,
        template=template.pk,
        document_sha256=pdf.sha256,
        html_sha256=_sha256(html),
    )
    letters.sent_for_signature(agreement)
    return agreement


@action("Withdrew the MoU")
def withdraw_agreement(*, by: Any, agreement: Agreement, why: str) -> Agreement:
    """Take back an MoU that both sides have not signed, with the reason. Tells both sides."""
    referral, agreement = _locked(agreement)
    rules.check_can_withdraw_agreement(by, agreement)
    if not why.strip():
        raise Denied("Say why the MoU is withdrawn.")
    before = agreement.state
    agreement.state = AGREEMENT_ACTS["mou.withdraw_agreement"].moves[before]
    agreement.withdrawn_at, agreement.withdrawn_by = timezone.now(), by
    agreement.withdrawn_reason = why
    agreement.save()
    record(by=by, on=agreement, case=referral, why=why, before=before, after=agreement.state)
    letters.agreement_withdrawn(agreement, why)
    return agreement


# --- signed ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """How the signatory reached the page: what the signature page and the record say of it."""

    ip_address: str | None = None
    user_agent: str = ""
    sign_in_method: str = ""
    signed_in_at: datetime | None = None


def authority_of(agreement: Agreement, side: str) -> str:
    """The statement of authority, as shown above the name and as recorded."""
    referral = agreement.referral
    if side == Side.COMMISSIONER:
        return f"Has authority to sign this Memorandum of Understanding for {referral.commissioner}."
    others = referral.practices.count() - 1
    group = ""
    if others:
        group = (
            f", on behalf of itself and the {others} other practice{'s' if others > 1 else ''} named in it"
        )
    return f"Has authority to sign this Memorandum of Understanding for {referral.lead_practice.name}{group}."


def consent_of(agreement: Agreement, side: str) -> str:
    """The words beside the box that the signatory ticks."""
    name = agreement.referral.lead_practice.name if side == Side.PRACTICE else agreement.referral.commissioner
    return (
        "I have read this Memorandum of Understanding. I have authority to sign it for "
        f"{name}, and by typing my name I sign it."
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(agreement: Agreement) -> tuple[Referral, Agreement]:
    """The referral, then its agreement: everyone locks in this order."""
    referral = lock(agreement.referral)
    agreement = lock(agreement)
    agreement.referral = referral
    return referral, agreement


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


def _write_signature(
    agreement: Agreement, side: str, by: Any, typed_name: str, role: str, evidence: Evidence, before: str
) -> Signature:
    """The last entry of the act, so that the trail's head is printed with the signature."""
    referral = agreement.referral
    consent = consent_of(agreement, side)
    commissioner, lead, *_ = documents.parties_of(referral)
    party = lead if side == Side.PRACTICE else commissioner
    html_sha256, consent_sha256 = _sha256(agreement.html), _sha256(consent)
    entry = record(
        by=by,
        on=agreement,
        case=referral,
        side=side,
        before=before,
        after=agreement.state,
        document_sha256=agreement.document.sha256,
        html_sha256=html_sha256,
        consent_sha256=consent_sha256,
    )
    return Signature.objects.create(
        agreement=agreement,
        side=side,
        person=by,
        typed_name=" ".join(typed_name.split()),
        role=role,
        organisation=party.name,
        organisation_code=party.code,
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


@action("Signed the MoU for the practice")
def sign_for_practice(
    *,
    by: Any,
    agreement: Agreement,
    typed_name: str,
    role: str,
    agreed: bool,
    document_sha256: str,
    evidence: Evidence,
) -> Agreement:
    """The first signature. ``document_sha256`` is of the document that was shown. Asks the commissioner next."""
    _, agreement = _locked(agreement)
    rules.check_can_sign_for_practice(by, agreement)
    _check_signing(agreement, by, typed_name, agreed, document_sha256)
    before = agreement.state
    agreement.state = AGREEMENT_ACTS["mou.sign_for_practice"].moves[before]
    agreement.save()
    _write_signature(agreement, Side.PRACTICE, by, typed_name, role, evidence, before)
    letters.practice_signed(agreement)
    return agreement


@action("Signed the MoU for the commissioner")
def sign_for_commissioner(
    *,
    by: Any,
    agreement: Agreement,
    typed_name: str,
    role: str,
    agreed: bool,
    document_sha256: str,
    evidence: Evidence,
) -> Agreement:
    """The second signature: the MoU takes effect, its money becomes payable, and it is sealed after commit."""
    referral, agreement = _locked(agreement)
    rules.check_can_sign_for_commissioner(by, agreement)
    _check_signing(agreement, by, typed_name, agreed, document_sha256)
    before = agreement.state
    agreement.state = AGREEMENT_ACTS["mou.sign_for_commissioner"].moves[before]
    agreement.signed_at = timezone.now()
    agreement.save()
    move(referral, "mou.sign_for_commissioner")
    for opens in (PaymentStage.Opens.PLAN_AGREED, PaymentStage.Opens.MOU_SIGNED):
        open_stages(by=by, referral=referral, opens=opens)
    _write_signature(agreement, Side.COMMISSIONER, by, typed_name, role, evidence, before)
    transaction.on_commit(partial(seal_now, agreement), robust=True)
    return agreement


# --- sealed ------------------------------------------------------------------------------------


def unsealed() -> list[Agreement]:
    """Agreements that both sides signed and that bear no seal yet, oldest first."""
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
            reason="Signed by both parties",
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
    """Keep the sealed copy and send it to both sides, once: a second seal of the same agreement is dropped."""
    referral, agreement = _locked(agreement)
    if not agreement.is_signed:
        raise Denied("An MoU is sealed once both sides have signed it.")
    if agreement.sealed_id is not None:
        record(by=by, on=agreement, case=referral, repeat=True)
        return agreement
    agreement.sealed = StoredFile.keep(
        name=documents.file_name(referral, "sealed"), content_type=PDF, content=content, by=by
    )
    agreement.sealed_at = moment
    agreement.save()
    record(by=by, on=agreement, case=referral, sealed_sha256=agreement.sealed.sha256)
    letters.signed_by_both(agreement)
    return agreement
