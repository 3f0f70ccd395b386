"""The emails about agreements: what happened, what to do, and where."""

from django.urls import reverse

from mou.models import Agreement
from mou.people import holders
from mou.post import emails, mou_link, office, practice, send
from resilience.core.access import P
from resilience.core.outbox import link
from resilience.core.words import day


def sent_for_signature(agreement: Agreement) -> None:
    """Ask the practice's signatories to sign."""
    referral = agreement.referral
    send(
        emails(holders(P.SIGN_FOR_PRACTICE, referral)),
        referral,
        f"Please sign the Memorandum of Understanding of {referral.lead_practice.name}",
        f"The Memorandum of Understanding between {referral.commissioner} and "
        f"{referral.lead_practice.name} is ready for you to read and sign.",
        "You sign first, then the commissioner. You need to sign in.",
        link(reverse("mou:sign", kwargs={"agreement": agreement.pk})),
    )


def practice_signed(agreement: Agreement) -> None:
    """Ask the commissioner's signatories to sign."""
    referral = agreement.referral
    send(
        [*emails(holders(P.SIGN_FOR_COMMISSIONER, referral)), *office(referral)],
        referral,
        f"{referral.lead_practice.name} has signed its Memorandum of Understanding",
        f"{referral.lead_practice.name} has signed the Memorandum of Understanding. "
        "It now waits for the commissioner's signature.",
        link(reverse("mou:sign", kwargs={"agreement": agreement.pk})),
    )


def agreement_withdrawn(agreement: Agreement, why: str) -> None:
    """Tell both sides that there is nothing to sign, and why."""
    referral = agreement.referral
    name = referral.lead_practice.name
    send(
        [*office(referral), *practice(referral)],
        referral,
        f"The Memorandum of Understanding of {name} was withdrawn",
        f"The Memorandum of Understanding sent on {day(agreement.sent_at)} was withdrawn before both sides "
        "had signed it. It has no effect. The reason:",
        why,
        "If another is sent, you will get an email.",
        mou_link(referral),
    )


def signed_by_both(agreement: Agreement) -> None:
    """Both sides get the sealed copy, and where to find and check it."""
    referral = agreement.referral
    people = [
        *(signature.person.email for signature in agreement.signatures.select_related("person")),
        *practice(referral),
        *office(referral),
    ]
    send(
        people,
        referral,
        f"The Memorandum of Understanding of {referral.lead_practice.name} is signed",
        f"Both sides have signed the Memorandum of Understanding between {referral.commissioner} and "
        f"{referral.lead_practice.name}. Your sealed copy is attached.",
        "You can also find it here:",
        mou_link(referral),
        "Anyone who is given a copy can check that it is genuine here:",
        link(reverse("mou:check_document")),
        attach=agreement.sealed,
    )
