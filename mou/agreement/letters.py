"""The emails about agreements: what happened, what to do, and where."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.text import capfirst

from mou.agreement.states import SIDE_WORDS, Side
from mou.models import Agreement, Delegation
from mou.people import signatories
from mou.post import emails, mou_link, office, practice, readers, send
from resilience.core.models import StoredFile
from resilience.core.outbox import link
from resilience.core.words import day


def _sign_link(agreement: Agreement) -> str:
    return link(reverse("mou:sign", kwargs={"agreement": agreement.pk}))


def _between(agreement: Agreement) -> str:
    """The parties by name, as they sign."""
    referral = agreement.referral
    names = [str(referral.commissioner), referral.lead_practice.name]
    if agreement.supplier:
        return f"{names[0]}, {names[1]} and {agreement.supplier.name}"
    return f"{names[0]} and {names[1]}"


def _the(agreement: Agreement) -> str:
    """What it is called, at the beginning of a sentence."""
    return capfirst(agreement.the_title)


def _order(agreement: Agreement) -> str:
    sides = [SIDE_WORDS[side] for side in agreement.sides]
    return f"The {sides[0]} signs first, {''.join(f'then the {side}, ' for side in sides[1:]).rstrip(', ')}."


def _would_sign(agreement: Agreement, *sides: str) -> list[str]:
    return emails(
        person for side in agreement.sides if side in sides for person in signatories(agreement, side)
    )


TWO = (Side.PRACTICE, Side.COMMISSIONER)


def tell(
    agreement: Agreement,
    subject: str,
    *paragraphs: str,
    of_case: Iterable[str] = (),
    also: Iterable[str] = (),
    attach: StoredFile | None = None,
) -> None:
    """The practice, the officer, who signed for either, and whoever is named ``also``; then the supplier's people.

    These are pointed to the agreement's own page, and do not read the paragraphs ``of_case``: they see no page of it.
    """
    referral = agreement.referral
    signed = agreement.signatures.select_related("person")
    two = [
        *practice(referral),
        *office(referral),
        *readers((each.person for each in signed), referral),
        *also,
    ]
    send(two, referral, subject, *paragraphs, *of_case, mou_link(referral), attach=attach)
    page = link(reverse("mou:read", kwargs={"agreement": agreement.pk}))
    third = [each for each in _would_sign(agreement, Side.SUPPLIER) if each not in two]
    send(third, referral, subject, *paragraphs, page, attach=attach)


def ask_to_sign(agreement: Agreement) -> None:
    """Ask whoever's turn it is."""
    _ask(agreement, _would_sign(agreement, agreement.turn), f"Please sign {agreement.the_title} of")


def remind(agreement: Agreement) -> None:
    """Remind whoever it waits for: whom it was passed to, where it was."""
    asked = agreement.delegations.filter(side=agreement.turn).first()
    would = _would_sign(agreement, agreement.turn)
    if asked and asked.person.email in would:
        would = [asked.person.email]
    _ask(agreement, would, f"Reminder: please sign {agreement.the_title} of")


def delegated(made: Delegation) -> None:
    """Ask the colleague; tell whoever passed it on, and the officer."""
    agreement, referral = made.agreement, made.agreement.referral
    name = referral.lead_practice.name
    said = [made.why] if made.why else []
    opening = (
        f"{made.delegated_by} passed {agreement.this_title} to you to sign for the {SIDE_WORDS[made.side]}."
    )
    _ask(agreement, [made.person.email], f"Please sign {agreement.the_title} of", opening, *said)
    send(
        [made.delegated_by.email, *office(referral)],
        referral,
        f"{_the(agreement)} of {name} was passed to {made.person}",
        f"{made.delegated_by} asked {made.person} to sign {agreement.the_title} for the {SIDE_WORDS[made.side]}. "
        "Whoever has the authority can still sign it.",
        *said,
        link(reverse("mou:read", kwargs={"agreement": agreement.pk})),
    )


def _ask(agreement: Agreement, to: list[str], subject: str, *opening: str) -> None:
    send(
        to,
        agreement.referral,
        f"{subject} {agreement.referral.lead_practice.name}",
        *opening,
        f"{_the(agreement)} between {_between(agreement)} is ready for you to read and sign.",
        f"{_order(agreement)} You need to sign in.",
        *([f"The last day to sign is {day(agreement.sign_by)}."] if agreement.sign_by else []),
        _sign_link(agreement),
    )


def side_signed(agreement: Agreement) -> None:
    """Tell the office who signed and whom it waits for now."""
    referral = agreement.referral
    last = agreement.signatures.latest("signed_at", "id")
    send(
        office(referral),
        referral,
        f"{last.organisation} has signed {agreement.the_title} of {referral.lead_practice.name}",
        f"{last.typed_name} has signed {agreement.the_title} for {last.organisation}. "
        f"It now waits for the {SIDE_WORDS[agreement.turn]}'s signature.",
        mou_link(referral),
    )


def agreement_withdrawn(agreement: Agreement, why: str) -> None:
    """Tell everyone that there is nothing to sign, and why."""
    _stopped(
        agreement,
        "was withdrawn",
        f"{_the(agreement)} sent on {day(agreement.sent_at)} was withdrawn before all sides had signed it. "
        "It has no effect. The reason:",
        why,
    )


def declined(agreement: Agreement, side: str, why: str) -> None:
    """Tell everyone who declined, for whom, and why."""
    _stopped(
        agreement,
        "was declined",
        f"{agreement.stopped_by} declined to sign {agreement.the_title} for the {SIDE_WORDS[side]}. It has no effect. "
        "The reason:",
        why,
    )


def expired(agreement: Agreement) -> None:
    """Tell everyone that the last day to sign has passed."""
    _stopped(
        agreement,
        "was not signed in time",
        f"The last day to sign {agreement.the_title} sent on {day(agreement.sent_at)} was "
        f"{day(agreement.sign_by)}, and not all sides had signed it. "
        "It has no effect, and nobody can sign it any more.",
    )


def _stopped(agreement: Agreement, what: str, *paragraphs: str) -> None:
    more = "If another is sent, its signatories will get an email."
    name = agreement.referral.lead_practice.name
    everyone = _would_sign(agreement, *TWO)
    tell(agreement, f"{_the(agreement)} of {name} {what}", *paragraphs, more, also=everyone)


def postponed(agreement: Agreement, why: str) -> None:
    """Tell everyone the new last day."""
    last = (
        f"The last day to sign {agreement.the_title} between {_between(agreement)} is now "
        f"{day(agreement.sign_by)}. The reason:"
    )
    name = agreement.referral.lead_practice.name
    everyone = _would_sign(agreement, *TWO)
    tell(agreement, f"There is more time to sign {agreement.the_title} of {name}", last, why, also=everyone)


def signed_by_all(agreement: Agreement) -> None:
    """Every side gets the sealed copy, and where to find and check it."""
    all_sides = "All three sides" if agreement.supplier else "Both sides"
    tell(
        agreement,
        f"{_the(agreement)} of {agreement.referral.lead_practice.name} is signed",
        f"{all_sides} have signed {agreement.the_title} between {_between(agreement)}. Your sealed copy is attached.",
        "Anyone who is given a copy can check that it is genuine here:",
        link(reverse("mou:check_document")),
        "You can also find it here:",
        attach=agreement.sealed,
    )
