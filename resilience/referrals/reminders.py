"""Reminders that an acknowledgement falls due: one email a person, each reminder once, whatever happens."""

from collections import defaultdict
from collections.abc import Iterable

from django.urls import reverse

from resilience.core import outbox
from resilience.core.access import P, allows
from resilience.core.acts import action
from resilience.core.calendar import add_working_days, today
from resilience.core.trail import record
from resilience.core.words import day, plural, working_days_left
from resilience.referrals.models import Referral, Reminder
from resilience.referrals.states import State

DUE_SOON, OVERDUE = "due_soon", "overdue"


def kind_now(referral: Referral) -> str | None:
    """Which reminder an unacknowledged referral calls for today, or None while there is time."""
    due, now = referral.acknowledge_by, today()
    if due is None or referral.state != State.RECEIVED:
        return None
    if due < now:
        return OVERDUE
    if due <= add_working_days(now, referral.year.due_soon_within):
        return DUE_SOON
    return None


def recipient(referral: Referral) -> str:
    """The assigned officer while they may work on it; else the contact of the programme's year."""
    officer = referral.assigned_to
    if officer and officer.is_active and allows(officer, P.WORK_REFERRALS, referral):
        return officer.email
    return referral.year.contact_email


def outstanding() -> dict[str, list[Referral]]:
    """Address → the referrals it is to be reminded of now."""
    waiting = (
        Referral.objects.filter(state=State.RECEIVED)
        .select_related("year", "assigned_to", "lead_practice")
        .order_by("acknowledge_by", "pk")
    )
    sent = set(Reminder.objects.filter(referral__state=State.RECEIVED).values_list("referral_id", "kind"))
    by_address: dict[str, list[Referral]] = defaultdict(list)
    for referral in waiting:
        kind = kind_now(referral)
        if kind and (referral.pk, kind) not in sent:
            by_address[recipient(referral)].append(referral)
    return dict(by_address)


@action("Reminded the officer of an acknowledgement")
def remind(*, by: None, address: str, referrals: Iterable[Referral]) -> list[Referral]:
    """One email to ``address`` on those of ``referrals`` that still call for a reminder nobody was sent.

    The rows are held first and asked again afterwards, so two runs at once send one email.
    Raises LookupError when there is nothing left to remind of.
    """
    wanted = [referral.pk for referral in referrals]
    # Held before the reminders are read: a run that waited here then sees what the other one sent.
    held = list(
        Referral.objects.select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .select_related("year", "lead_practice")
        .order_by("acknowledge_by", "pk")
    )
    sent = set(Reminder.objects.filter(referral__in=wanted).values_list("referral_id", "kind"))
    due = [(referral, kind_now(referral)) for referral in held]
    left = [(referral, kind) for referral, kind in due if kind and (referral.pk, kind) not in sent]
    if not left:
        raise LookupError("nothing left to remind of")
    Reminder.objects.bulk_create(Reminder(referral=referral, kind=kind) for referral, kind in left)
    for referral, kind in left:
        record(by=by, on=referral, internal=True, kind=kind, due=referral.acknowledge_by)
    reminded = [referral for referral, _ in left]
    outbox.queue(to=[address], subject=_subject(dict.fromkeys(kind for _, kind in left), len(left)),
                 body=_body(reminded))  # fmt: skip
    return reminded


def _subject(kinds: Iterable[str], count: int) -> str:
    how = {OVERDUE: "overdue", DUE_SOON: "due soon"}
    words = " or ".join(how[kind] for kind in kinds)
    return f"{plural(count, 'referral')} to acknowledge, {words}"


def _body(referrals: list[Referral]) -> str:
    rows = "\n\n".join(
        f"{referral.reference}, {referral.lead_practice.name}\n"
        f"Acknowledge by {day(referral.acknowledge_by)}: {working_days_left(referral.acknowledge_by)}\n"
        + outbox.link(reverse("referrals:acknowledge", kwargs={"referral": referral.pk}))
        for referral in referrals
    )
    worklist = outbox.link(reverse("referrals:worklist") + "?tab=to_acknowledge")
    return f"These referrals wait to be acknowledged.\n\n{rows}\n\nAll that wait: {worklist}\n"


def send_all() -> int:
    """Send what is outstanding, a transaction an address; answers how many referrals were reminded of.

    One address that fails keeps none of the others waiting; its error is raised at the end.
    """
    count, failed = 0, None
    for address, referrals in outstanding().items():
        try:
            count += len(remind(by=None, address=address, referrals=referrals))
        except LookupError:
            continue
        except Exception as error:
            failed = failed or error
    if failed:
        raise failed
    return count
