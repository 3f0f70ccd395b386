"""A group's referral divided: the same referral once more, as the case of one of its practices.

Only the part of this room: the act that divides (``mou.divide``) carries what rooms to the left keep as well.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from practices.models import Organisation
from resilience.core.access import Denied, P, allows
from resilience.core.copies import copy_of
from resilience.referrals import answers
from resilience.referrals.models import Message, Referral, ReferralPractice
from resilience.referrals.moves import begin_where
from resilience.referrals.receipt import commissioner_on
from resilience.referrals.states import CLOSED, State

_AS_SENT = (
    "year",
    "channel",
    "started_at",
    "started_by",
    "commissioner_supports",
    "issues",
    "support_wanted",
)
_ON_RECORD = (
    "received_at",
    "received_on",
    "submitted_by",
    "acknowledge_by",
    "decide_by",
    "acknowledged_at",
    "acknowledged_by",
    "commissioner_statement",
    "priority",
)


@dataclass(frozen=True)
class Contact:
    """Whom the office writes to about one practice's case."""

    name: str
    email: str
    phone: str


def places_of(group: Referral) -> list[ReferralPractice]:
    """The practices of a group in the order of their cases: the one that leads first."""
    return list(group.practices.select_related("practice__commissioner").order_by("-is_lead", "name", "pk"))


def commissioner_of(group: Referral, place: ReferralPractice) -> Organisation | None:
    """Whose practice it was when the group's referral was received."""
    if place.is_lead or not group.received_on:
        return group.commissioner
    return commissioner_on(place.practice, group.received_on) or group.commissioner


def same_open(group: Referral, case: Referral) -> Referral | None:
    """An open referral that the practice sent by itself and that asks for the same, if there is one."""
    rows = Referral.objects.filter(
        year=group.year_id,
        lead_practice=case.lead_practice,
        content_digest=case.content_digest,
        received_at__isnull=False,
    )
    return rows.exclude(state__in=sorted(CLOSED)).exclude(pk__in=[group.pk, case.pk]).first()


def case_of(group: Referral, place: ReferralPractice, number: int, contact: Contact) -> Referral:
    """The case of one practice of a locked ``group``: what was sent, when, and how far it has come."""
    case = Referral(divided_from=group, lead_practice=place.practice, is_group=False)
    for name in _AS_SENT:
        setattr(case, name, getattr(group, name))
    case.contact_name, case.contact_email, case.contact_phone = contact.name, contact.email, contact.phone
    case.save()
    copy_of(place, referral=case, is_lead=True).save()
    for row in (*group.wanted.all(), *group.past_support.all(), *group.attachments.filter(message=None)):
        copy_of(row, referral=case).save()
    for name in _ON_RECORD:
        setattr(case, name, getattr(group, name))
    case.commissioner = commissioner_of(group, place)
    case.reference = f"{group.reference}-{number}"
    case.list_size_total = answers.total_list_size([place])
    case.content_digest = answers.content_digest(case)
    if other := same_open(group, case):
        raise Denied(
            f"{place} has an open referral of its own that asks for the same: {other.reference}. "
            "One of the two must end first."
        )
    begin_where(case, group)
    case.save()
    officer = group.assigned_to
    if officer and allows(officer, P.WORK_REFERRALS, case):
        case.assigned_to = officer
        case.save()
    return case


def say(case: Referral, by: Any, subject: str, text: str) -> None:
    """Keep an email to the case's contact as it was sent."""
    Message.objects.create(
        referral=case,
        kind=Message.Kind.EMAIL,
        is_internal=False,
        subject=subject,
        text=text,
        written_by=by,
        written_at=timezone.now(),
    )


def family(user: Any, referral: Referral) -> dict[str, Any]:
    """For the head of a case's pages: the group's referral it came from, or the cases it was divided into, as far as
    ``user`` may see them."""
    if group := referral.divided_from:
        return {"group": group, "may_see": allows(user, P.VIEW_REFERRALS, group)}
    if referral.state != State.DIVIDED:
        return {}
    rows = Referral.objects.visible_to(user).filter(divided_from=referral).select_related("lead_practice")
    return {"into": list(rows.order_by("pk"))}
