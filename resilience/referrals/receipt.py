"""Receipt: the moment a referral stops being a draft. One function, whichever way it came."""

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from practices.models import Membership, Organisation, Practice
from resilience.core import outbox
from resilience.core.access import Denied
from resilience.core.calendar import add_working_days, today
from resilience.core.words import day
from resilience.referrals import answers, documents
from resilience.referrals.models import ReferenceNumber, Referral
from resilience.referrals.moves import move

DUPLICATE = (
    "This practice has already sent a referral that asks for the same, and it is still open. "
    "Follow that one, or change what this one asks for."
)


def next_reference(year: int) -> str:
    """The next reference of a calendar year, such as "2018-0042"; its row stays locked until the act ends."""
    ReferenceNumber.objects.get_or_create(year=year)
    number = ReferenceNumber.objects.select_for_update().get(year=year)
    number.last += 1
    number.save()
    return str(number)


def commissioner_on(practice: Practice, on: dt.date) -> Organisation | None:
    """Who commissioned a practice on a day, as far as the register knows; else who does today."""
    then = Membership.objects.filter(
        Q(joined_on__isnull=True) | Q(joined_on__lte=on),
        Q(left_on__isnull=True) | Q(left_on__gt=on),
        practice=practice,
        organisation__kind__in=Organisation.COMMISSIONERS,
    ).select_related("organisation")
    found = then.order_by("-joined_on").first()
    return found.organisation if found else practice.commissioner


def list_size_on(practice: Practice, on: dt.date) -> int | None:
    """Registered patients by the last figure up to a day; else the latest there is."""
    figure = practice.list_sizes.filter(on__lte=on).order_by("-on").first()
    return figure.patients if figure else practice.list_size


def receive(referral: Referral, *, by: Any, received_on: dt.date, channel: str) -> None:
    """Fix what was sent as of ``received_on`` and start the clock; the caller holds the lock and asked the rule.

    Raises Denied for a true duplicate, which the database itself refuses.
    """
    year = referral.year
    places = answers.refresh(referral)
    for place in places:
        if received_on < today():
            commissioner = commissioner_on(place.practice, received_on)
            place.list_size = list_size_on(place.practice, received_on)
            place.commissioner_name = commissioner.name if commissioner else ""
        place.save()
    lead = referral.lead_practice
    referral.commissioner = (
        lead.commissioner if received_on == today() else commissioner_on(lead, received_on)
    )
    referral.channel = channel
    referral.received_at = timezone.now()
    referral.received_on = received_on
    referral.submitted_by = by
    referral.acknowledge_by = add_working_days(received_on, year.acknowledge_within)
    referral.decide_by = add_working_days(received_on, year.decide_within)
    referral.list_size_total = answers.total_list_size(places)
    referral.content_digest = answers.content_digest(referral)
    referral.reference = next_reference(received_on.year)
    try:
        with transaction.atomic():
            move(referral, "referrals.submit")
    except IntegrityError as error:
        if "same_referral_once" in str(error) or "content_digest" in str(error):
            raise Denied(DUPLICATE) from None
        raise


def title(referral: Referral) -> str:
    """The lead practice's name, and how many others."""
    others = referral.practices.filter(is_lead=False).count()
    more = f" and {others} other{'s' if others > 1 else ''}" if others else ""
    return f"{referral.lead_practice.name}{more}"


def what_happens_next(referral: Referral) -> list[str]:
    """Sentences for the confirmation page and email: what, by whom, by which date."""
    return [
        f"We will acknowledge your referral by {day(referral.acknowledge_by)} and tell you who deals with it.",
        f"We will tell you our decision by {day(referral.decide_by)}. "
        "If we need to know more before, we will ask you.",
    ]


def send_confirmation(referral: Referral) -> None:
    """Queue the confirmation with its PDF copy, and tell the programme's own address."""
    year = referral.year
    name = title(referral)
    steps = "\n\n".join(what_happens_next(referral))
    came = {
        Referral.Channel.ONLINE: f"We received it on {day(referral.received_on)}.",
        Referral.Channel.PAPER: f"It reached us on paper on {day(referral.received_on)}.",
        Referral.Channel.EMAIL: f"It reached us by email on {day(referral.received_on)}.",
    }[Referral.Channel(referral.channel)]
    contact = "\n".join(filter(None, (year.contact_name, year.contact_email, year.contact_phone)))
    to = {referral.contact_email: None}
    if referral.channel == Referral.Channel.ONLINE and referral.submitted_by:
        to[referral.submitted_by.email] = None
    copy = ContentFile(documents.copy(referral))
    if any(to):
        outbox.queue(
            to=list(to),
            subject=f"Your referral {referral.reference}: {name}",
            body=(
                f"Dear {referral.contact_name}\n\n"
                f"Thank you for referring {name} to {year}. {came}\n\n"
                f"Your reference is {referral.reference}.\n\n"
                f"What happens next\n\n{steps}\n\n"
                f"Follow your referral: {outbox.link(reverse('referrals:follow', args=[referral.pk]))}\n\n"
                f"A copy of what was sent is attached.\n\n{contact}\n"
            ),
            about=referral,
            attachments={documents.file_name(referral): {"file": copy, "mimetype": "application/pdf"}},
        )
    outbox.queue(
        to=[year.contact_email],
        subject=f"Referral {referral.reference} received: {name}",
        body=(
            f"{name} referred itself to {year}. Received {day(referral.received_on)}.\n\n"
            f"Acknowledge by {day(referral.acknowledge_by)}.\n\n"
            f"{outbox.link(reverse('referrals:case', args=[referral.pk]))}\n"
        ),
        about=referral,
    )
