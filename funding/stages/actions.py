"""Every act that opens a payment stage, and what practices and the office do about its evidence."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from funding import ledger
from funding.models import Commitment, EvidenceEntry, Kind, StageOpening, Transfer, YearClosing
from funding.stages import letters, rules
from funding.stages.gate import RECORDED, missing
from funding.stages.standing import RUNNING, became_payable, standings
from funding.transfers import check_amount, done_before, hold_money_of, transfer_of
from practices.models import Practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.moves import move
from resilience.referrals.states import SIGNED
from resilience.referrals.uploads import CheckedFile

Opens = PaymentStage.Opens
Said = EvidenceEntry.Kind


# --- money that becomes payable ----------------------------------------------------------------


@action("Money became payable")
def make_payable(*, by: Any, commitment: Commitment, stage: PaymentStage, amount: int, key: str) -> Transfer:
    """Open ``amount`` pence of a commitment for payment under one stage of the year.

    Raises Denied, naming what is missing, while the stage is not open.
    """
    commitment = lock(commitment)
    done = done_before(key)
    if done is None:
        if sentence := missing(stage, commitment):
            raise Denied(sentence)
        check_amount(amount)
        if amount > ledger.of_commitment(commitment).committed:
            raise Denied("More would become payable than is committed.")
        why = f"{stage.name}: {stage.get_opens_display()}"
        done = transfer_of(Kind.MAKE_PAYABLE, commitment, amount, by=by, why=why, key=key, stage=stage)
    record(by=by, on=commitment, pence=amount, stage=stage.pk)
    return done


def _key(stage: PaymentStage, commitment: Commitment) -> str:
    return f"stage-{stage.pk}-{commitment.pk}"


@transaction.atomic
def open_what_is_due(*, by: Any, referral: Referral) -> list[Transfer]:
    """Make payable all of a referral that is open and was not made payable yet. Safe to repeat."""
    return _open([referral], by)


def _hold(referrals: Iterable[Referral]) -> list[Commitment]:
    """These referrals in one order, then the money of those that run: what opening takes, before it begins."""
    held = [lock(each) for each in sorted(referrals, key=lambda each: each.pk)]
    return hold_money_of(each for each in held if each.state in RUNNING)


def _open(referrals: Iterable[Referral], by: Any) -> list[Transfer]:
    made = []
    for due in _due(_hold(referrals)):
        commitment = due.commitment
        amount = min(due.worth, ledger.of_commitment(commitment).committed)
        # Of a year that closed, what was carried forward opens where it stands now.
        closed = YearClosing.objects.filter(year=ledger.allocation_of(commitment).year_id).exists()
        key = _key(due.stage, commitment)
        if amount > 0 and not closed and not done_before(key):
            made.append(make_payable(by=by, commitment=commitment, stage=due.stage, amount=amount, key=key))
    return made


def _due(commitments: list[Commitment]) -> list[Any]:
    if not commitments:
        return []
    found = standings(commitments)
    return [each for commitment in commitments for each in found[commitment.pk] if each.is_due]


@transaction.atomic
def open_stages(*, by: Any, referral: Referral, opens: str) -> list[Transfer]:
    """What opens stages happened to a referral: it is recorded, and all that is due becomes payable. Safe to repeat."""
    _hold([referral])
    if opens in RECORDED:
        for stage in referral.year.stages.filter(opens=opens):
            if not StageOpening.objects.filter(stage=stage, referral=referral).exists():
                record_opening(by=by, referral=referral, stage=stage)
    return open_what_is_due(by=by, referral=referral)


@action("Opened a payment stage")
def record_opening(*, by: Any, referral: Referral, stage: PaymentStage) -> StageOpening:
    """What the stage waits for happened to this referral; once."""
    referral = lock(referral)
    opening, is_new = StageOpening.objects.get_or_create(
        stage=stage,
        referral=referral,
        defaults={"opened_by": by, "why": f"Opens {stage.get_opens_display()}"},
    )
    record(by=by, on=opening, case=referral, stage=stage.pk, repeat=not is_new)
    return opening


def open_by_date() -> int:
    """Make payable what opens on a date that has come; answers how many stages of commitments became payable."""
    count = 0
    for referral in _opening_today():
        count += len(open_what_is_due(by=None, referral=referral))
    return count


def _opening_today() -> list[Referral]:
    stages = PaymentStage.objects.filter(opens=Opens.DATE, opens_on__lte=today())
    wanted: set[int] = set()
    for stage in stages:
        states = RUNNING if stage.pays_before_mou else sorted(SIGNED)
        waiting = Commitment.objects.filter(referral__year=stage.year_id, referral__state__in=states)
        due = _due(list(waiting.exclude(became_payable(stage)).select_related("referral", "practice")))
        wanted |= {each.commitment.referral_id for each in due}
    return list(Referral.objects.filter(pk__in=wanted).order_by("pk"))


@action("Accepted progress")
def accept_progress(*, by: Any, referral: Referral, stage: PaymentStage, why: str) -> StageOpening:
    """The practice has shown the progress that a stage waits for: what is open becomes payable.

    Raises Denied without a reason. A second click of the same person is the same act.
    """
    referral = lock(referral)
    done = StageOpening.objects.filter(stage=stage, referral=referral, opened_by=by, why=why[:300]).first()
    if done is not None:
        record(by=by, on=done, repeat=True)
        return done
    rules.check_can_accept_progress(by, referral, stage)
    if not why.strip():
        raise Denied("Say what progress was shown.")
    _hold([referral])
    opening = StageOpening.objects.create(stage=stage, referral=referral, why=why[:300], opened_by=by)
    before, after = move(referral, "funding.accept_progress")
    record(by=by, on=opening, case=referral, why=why, stage=stage.pk, before=before, after=after)
    open_what_is_due(by=by, referral=referral)
    return opening


# --- evidence ----------------------------------------------------------------------------------


def _enter(by: Any, stage: PaymentStage, practice: Practice, kind: str, **more: Any) -> EvidenceEntry:
    entry = EvidenceEntry.objects.create(stage=stage, practice=practice, kind=kind, made_by=by, **more)
    record(by=by, on=entry, why=more.get("words", ""), stage=stage.pk, practice=practice.pk, kind=kind)
    return entry


def _repeated(by: Any, stage: PaymentStage, practice: Practice, kind: str) -> EvidenceEntry | None:
    """The last thing said, when it is the very same by the same person: a second click."""
    last = EvidenceEntry.objects.filter(stage=stage, practice=practice).exclude(kind=Said.CHASED).last()
    if last is None or last.kind != kind or last.made_by_id != by.pk:
        return None
    record(by=by, on=last, repeat=True)
    return last


@action("Handed in the evidence")
def hand_in(
    *,
    by: Any,
    stage: PaymentStage,
    practice: Practice,
    words: str = "",
    file: CheckedFile | None = None,
    through: str = "",
) -> EvidenceEntry:
    """The practice, or an officer for it, hands in what a stage asks for; its commitments become payable.

    ``through``: the name of the stage's own way, which alone hands it in where there is one.
    Raises Denied when it is in already, or the stage asks it for nothing.
    """
    practice = lock(practice)
    if repeated := _repeated(by, stage, practice, Said.HANDED_IN):
        return repeated
    rules.check_can_hand_in(by, stage, practice, through)
    with_money = Commitment.objects.filter(practice=practice, referral__year=stage.year_id)
    referrals = Referral.objects.filter(pk__in=with_money.values("referral"))
    _hold(referrals)
    kept = None
    if file is not None:
        kept = StoredFile.keep(name=file.name, content_type=file.content_type, content=file.content, by=by)
    entry = _enter(by, stage, practice, Said.HANDED_IN, words=words, file=kept)
    letters.answered(entry)
    _open(referrals, by)
    return entry


@action("Declined to take part")
def decline(*, by: Any, stage: PaymentStage, practice: Practice, words: str = "") -> EvidenceEntry:
    """The practice does not wish to take part in a stage, or an officer records that it does not."""
    practice = lock(practice)
    if repeated := _repeated(by, stage, practice, Said.DECLINED):
        return repeated
    rules.check_can_decline(by, stage, practice)
    entry = _enter(by, stage, practice, Said.DECLINED, words=words)
    letters.answered(entry)
    return entry


@action("Takes part after all")
def take_back_decline(*, by: Any, stage: PaymentStage, practice: Practice, words: str = "") -> EvidenceEntry:
    """A practice that declined is asked again like any other."""
    practice = lock(practice)
    if repeated := _repeated(by, stage, practice, Said.TAKEN_BACK):
        return repeated
    rules.check_can_take_back(by, stage, practice)
    entry = _enter(by, stage, practice, Said.TAKEN_BACK, words=words)
    letters.answered(entry)
    return entry


@action("Chased the practice")
def chase(*, by: Any, stage: PaymentStage, practice: Practice, subject: str, body: str) -> EvidenceEntry:
    """Write to a practice that has not answered. Raises Denied where no address is known.

    Words in curly brackets are filled in for each practice. The same email is sent once a day.
    """
    practice = lock(practice)
    rules.check_can_chase(by, stage, practice)
    rules.check_has_address(stage, practice)
    words = letters.filled(f"{subject}\n\n{body}", stage, practice)
    sent = EvidenceEntry.objects.filter(stage=stage, practice=practice, kind=Said.CHASED, words=words)
    if earlier := sent.filter(made_by=by, made_at__date=today()).first():
        record(by=by, on=earlier, repeat=True)
        return earlier
    letters.chase(stage, practice, subject, body)
    return _enter(by, stage, practice, Said.CHASED, words=words)


@action("Recorded a chase")
def record_chase(*, by: Any, stage: PaymentStage, practice: Practice, words: str) -> EvidenceEntry:
    """The practice was asked again in another way, such as by telephone."""
    practice = lock(practice)
    rules.check_can_chase(by, stage, practice)
    if not words.strip():
        raise Denied("Say how the practice was asked.")
    return _enter(by, stage, practice, Said.CHASED, words=words)
