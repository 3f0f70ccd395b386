"""What the practices of a divided group are told: one email to each contact."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from resilience.core import outbox
from resilience.core.words import money
from resilience.referrals.dividing import say
from resilience.referrals.letters import one_line, programme_contact
from resilience.referrals.models import Referral
from resilience.referrals.receipt import title


def divided(by: Any, group: Referral, cases: Iterable[tuple[Referral, int]]) -> None:
    """Each practice's contact is told its case's reference and what happens next; the group's contact, of all cases.

    Who is the contact of a case as well reads both in one email.
    """
    rows = list(cases)
    all_of_them = "\n".join(f"{case.lead_practice.name}: {case.reference}" for case, _ in rows)
    of_group = f"The cases of the group are:\n\n{all_of_them}"
    told: set[str] = set()
    for case, pence in rows:
        paragraphs = [_what_was_done(group), _of_case(case, pence), _what_happens_next(case)]
        if _key(case) == _key(group):
            paragraphs.insert(2, of_group)
        _send(by, case, f"{case.lead_practice.name} has a case of its own: {case.reference}", paragraphs)
        told.add(_key(case))
    if _key(group) not in told:
        subject = f"Referral {group.reference} is divided: a case for each practice"
        _send(by, group, subject, [_what_was_done(group), of_group])


def _key(case: Referral) -> str:
    return case.contact_email.casefold()


def _what_was_done(group: Referral) -> str:
    return (
        f"We decided to support the referral {group.reference} of {title(group)}. Each practice of the group now has a "
        "case of its own, with its own reference. What you sent was carried over: nothing has to be sent again."
    )


def _of_case(case: Referral, pence: int) -> str:
    return (
        f"The case of {case.lead_practice.name} is {case.reference}. "
        f"Its part of the support that was granted is up to {money(pence)}."
    )


def _what_happens_next(case: Referral) -> str:
    page = outbox.link(reverse("referrals:follow", args=[case.pk]))
    return (
        "What happens next\n\nWe set this money aside, and agree an improvement plan with the practice. Then the "
        "practice and the commissioner sign a Memorandum of Understanding of their own.\n\n"
        f"Follow the case here:\n\n{page}"
    )


def _send(by: Any, case: Referral, subject: str, paragraphs: Iterable[str]) -> None:
    subject = one_line(subject)
    body = "\n\n".join((f"Dear {case.contact_name}", *paragraphs, programme_contact(case))) + "\n"
    say(case, by, subject, body)
    if case.contact_email:
        outbox.queue(to=[case.contact_email], subject=subject, body=body, about=case)
