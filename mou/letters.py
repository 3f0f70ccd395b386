"""The emails about plans and agreements: what happened, what to do, and where."""

from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.urls import reverse

from mou import rules
from mou.models import Agreement, Plan
from practices.models import Person
from resilience.core.access import P
from resilience.core.models import StoredFile
from resilience.core.outbox import link, queue
from resilience.core.words import day
from resilience.referrals.models import Referral


def _send(
    people: Iterable[str],
    referral: Referral,
    subject: str,
    *paragraphs: str,
    attach: StoredFile | None = None,
) -> None:
    addresses = list(dict.fromkeys(address for address in people if address))
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


def _emails(people: Iterable[Person]) -> list[str]:
    return [person.email for person in people]


def _practice(referral: Referral) -> list[str]:
    return _emails(rules.holders(P.SIGN_FOR_PRACTICE, referral)) or [referral.contact_email]


def _office(referral: Referral) -> list[str]:
    """The officer who has the case, else the programme's own address."""
    return [referral.assigned_to.email if referral.assigned_to else referral.year.contact_email]


def _plan_link(referral: Referral) -> str:
    return link(reverse("mou:plan", kwargs={"referral": referral.pk}))


def _mou_link(referral: Referral) -> str:
    return link(reverse("mou:case", kwargs={"referral": referral.pk}))


def plan_agreed(referral: Referral, plan: Plan, *, by_practice: bool) -> None:
    """Tell the other side; when both have agreed, tell the office what comes next."""
    name = referral.lead_practice.name
    who = name if by_practice else str(referral.commissioner)
    happened = f"{who} has agreed the improvement plan of {name}."
    if plan.agreed_at:
        next_step = (
            "Both sides have now agreed it. The commissioner prepares the Memorandum of Understanding next."
        )
        people = [*_office(referral), *_practice(referral)]
    else:
        next_step = "Please read it and, if it is right, agree it too."
        approvers = _emails(rules.holders(P.APPROVE_PLAN, referral))
        people = [*_office(referral), *approvers] if by_practice else _practice(referral)
    _send(
        people,
        referral,
        f"The improvement plan of {name} is agreed by {'both sides' if plan.agreed_at else who}",
        happened,
        next_step,
        _plan_link(referral),
    )


def plan_reopened(referral: Referral, why: str) -> None:
    """Tell both sides that the plan is open for changes again, and why."""
    name = referral.lead_practice.name
    _send(
        [*_office(referral), *_practice(referral)],
        referral,
        f"The improvement plan of {name} is open for changes again",
        f"The improvement plan of {name} was reopened, for this reason:",
        why,
        "Both sides must agree it again before the Memorandum of Understanding can be sent.",
        _plan_link(referral),
    )


def sent_for_signature(agreement: Agreement) -> None:
    """Ask the practice's signatories to sign."""
    referral = agreement.referral
    _send(
        _emails(rules.holders(P.SIGN_FOR_PRACTICE, referral)),
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
    _send(
        [*_emails(rules.holders(P.SIGN_FOR_COMMISSIONER, referral)), *_office(referral)],
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
    _send(
        [*_office(referral), *_practice(referral)],
        referral,
        f"The Memorandum of Understanding of {name} was withdrawn",
        f"The Memorandum of Understanding sent on {day(agreement.sent_at)} was withdrawn before both sides "
        "had signed it. It has no effect. The reason:",
        why,
        "If another is sent, you will get an email.",
        _mou_link(referral),
    )


def signed_by_both(agreement: Agreement) -> None:
    """Both sides get the sealed copy, and where to find and check it."""
    referral = agreement.referral
    people = [
        *(signature.person.email for signature in agreement.signatures.select_related("person")),
        *_practice(referral),
        *_office(referral),
    ]
    _send(
        people,
        referral,
        f"The Memorandum of Understanding of {referral.lead_practice.name} is signed",
        f"Both sides have signed the Memorandum of Understanding between {referral.commissioner} and "
        f"{referral.lead_practice.name}. Your sealed copy is attached.",
        "You can also find it here:",
        _mou_link(referral),
        "Anyone who is given a copy can check that it is genuine here:",
        link(reverse("mou:check_document")),
        attach=agreement.sealed,
    )
