"""How this room writes to the two sides of a case."""

from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.urls import reverse

from mou.people import holders
from practices.models import Person
from resilience.core.access import P, allows
from resilience.core.models import StoredFile
from resilience.core.outbox import link, queue
from resilience.referrals.models import Referral


def send(
    to: Iterable[str],
    referral: Referral,
    subject: str,
    *paragraphs: str,
    attach: StoredFile | None = None,
) -> None:
    """The same email to each of these addresses, once, with the programme's contact beneath it."""
    addresses = list(dict.fromkeys(address for address in to if address))
    year = referral.year
    contact = "\n".join(filter(None, (year.contact_name, year.contact_email, year.contact_phone)))
    for address in addresses:
        queue(
            to=[address],
            subject=f"{subject} ({referral.reference})",
            body="\n\n".join((*paragraphs, contact)) + "\n",
            about=referral,
            attachments=attach and {attach.name: ContentFile(bytes(attach.content), name=attach.name)},
        )


def emails(people: Iterable[Person]) -> list[str]:
    return [person.email for person in people]


def readers(people: Iterable[Person | None], referral: Referral) -> list[str]:
    """Of these, those who still see the MoU of the case: who has left hears no more of it."""
    return emails(each for each in people if each and allows(each, P.VIEW_MOU, referral))


def practice(referral: Referral) -> list[str]:
    """Those who sign for the practice, else the contact of the referral."""
    return emails(holders(P.SIGN_FOR_PRACTICE, referral)) or [referral.contact_email]


def office(referral: Referral) -> list[str]:
    """The officer who has the case, else the programme's own address."""
    return [referral.assigned_to.email if referral.assigned_to else referral.year.contact_email]


def plan_link(referral: Referral) -> str:
    return link(reverse("mou:plan", kwargs={"referral": referral.pk}))


def mou_link(referral: Referral) -> str:
    return link(reverse("mou:case", kwargs={"referral": referral.pk}))
