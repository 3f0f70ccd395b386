"""Who may answer for a practice, chase it, and accept progress."""

from typing import Any

from funding.models import EvidenceEntry, Kind, StageOpening, Transfer, YearClosing
from funding.stages import evidence
from funding.stages.evidence import Answer, Asked
from funding.stages.reported import reports_awaited
from practices.models import Practice
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import day
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act

Opens = PaymentStage.Opens


def _check_runs(stage: PaymentStage) -> None:
    """Of a closed year only what was carried forward still waits for its stages."""
    carried = Transfer.objects.filter(kind=Kind.CARRY_FORWARD, commitment__referral__year=stage.year_id)
    if YearClosing.objects.filter(year=stage.year_id).exists() and not carried.exists():
        raise Denied(f"{stage.year} is closed: its money no longer moves.")


def check_can_speak_for(user: Any, practice: Practice) -> None:
    """The practice's own people, or an officer on its behalf."""
    if not access.allows(user, P.WORK_REFERRALS, practice):
        access.check(user, P.REFER, practice)


def _standing(stage: PaymentStage, practice: Practice) -> Asked:
    _check_runs(stage)
    found = evidence.asked(stage, practice)
    if found is None:
        raise Denied(f"“{stage.name}” of {stage.year} does not ask {practice.name} for anything.")
    return found


def _check_not_in(found: Asked) -> None:
    if found.answer == Answer.IN:
        raise Denied(f"“{found.stage.name}” of {found.practice.name} is in since {day(found.at)}.")


def check_can_hand_in(user: Any, stage: PaymentStage, practice: Practice, through: str = "") -> None:
    """Once, whether the deadline has passed or not; also after the practice had declined.

    ``through``: the name of the stage's own way, where it has one (``funding.stages.ways``).
    """
    check_can_speak_for(user, practice)
    if stage.opens != Opens.EVIDENCE:
        raise Denied(f"Nothing is handed in for “{stage.name}”: it opens {stage.get_opens_display()}.")
    found = _standing(stage, practice)
    _check_not_in(found)
    if found.way and through != found.way.name:
        raise Denied(f"“{stage.name}” is handed in by filling in the {found.way.what}.")


def check_can_decline(user: Any, stage: PaymentStage, practice: Practice) -> None:
    """While nothing is in."""
    check_can_speak_for(user, practice)
    found = _standing(stage, practice)
    _check_not_in(found)
    if found.answer == Answer.DECLINED:
        raise Denied(f"{practice.name} declined on {day(found.at)} already.")


def check_can_take_back(user: Any, stage: PaymentStage, practice: Practice) -> None:
    """A practice that declined takes part after all."""
    check_can_speak_for(user, practice)
    if _standing(stage, practice).answer != Answer.DECLINED:
        raise Denied(f"{practice.name} has not declined, so there is nothing to take back.")


def check_can_chase(user: Any, stage: PaymentStage, practice: Practice) -> None:
    """The office asks again, of who has neither answered nor declined."""
    access.check(user, P.WORK_REFERRALS, practice)
    found = _standing(stage, practice)
    _check_not_in(found)
    if found.answer == Answer.DECLINED:
        raise Denied(f"{practice.name} declined on {day(found.at)}: it is not chased.")


def check_has_address(stage: PaymentStage, practice: Practice) -> None:
    """An email needs somebody to go to."""
    if not evidence.addresses_of(stage, practice):
        by_phone = f" Telephone {practice.phone}, then record that." if practice.phone else ""
        raise Denied(f"No email address of {practice.name} is on record.{by_phone}")


def check_can_accept_progress(user: Any, referral: Referral, stage: PaymentStage) -> None:
    """An officer, for a stage of the referral's year that opens on progress, once; not while a report is awaited."""
    check_act(user, referral, "funding.accept_progress")
    if stage.year_id != referral.year_id or stage.opens != Opens.PROGRESS:
        raise Denied(f"“{stage.name}” does not wait for progress of this referral.")
    _check_runs(stage)
    if opening := StageOpening.objects.filter(stage=stage, referral=referral).first():
        raise Denied(f"Progress was accepted on {day(opening.opened_at)}.")
    if report := reports_awaited([referral.pk]).get((stage.pk, referral.pk)):
        raise Denied(report.text)


def handed_in(stage: PaymentStage, practice: Practice) -> EvidenceEntry | None:
    """The entry by which it was."""
    return EvidenceEntry.objects.filter(
        stage=stage, practice=practice, kind=EvidenceEntry.Kind.HANDED_IN
    ).first()
