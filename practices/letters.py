"""What the emails about people say."""

from django.urls import reverse

from practices.models import Invitation, LinkRequest
from resilience.core.access import Role
from resilience.core.outbox import link
from resilience.core.words import day

Letter = tuple[str, str]

SIGN_OFF = "\n\nResilience programmes for general practice"


def _role(role: str) -> str:
    return Role(role).label.lower()


def invitation(offer: Invitation, token: str) -> Letter:
    address = link(reverse("people:invitation", kwargs={"token": token}))
    where = "over everything" if offer.over_everything else f"for {offer.scope_name}"
    return (
        "You are invited to Resilience programmes",
        f"Dear {offer.name}\n\n"
        f"{offer.invited_by.name} invites you to be a {_role(offer.role)} {where}.\n\n"
        f"To accept, go to\n{address}\n\n"
        f"The link works once, until {day(offer.expires_at)}. "
        f"If you did not expect this, leave it: nothing happens without you.{SIGN_OFF}",
    )


def link_asked(request: LinkRequest) -> Letter:
    address = link(reverse("people:link_request", kwargs={"link_request": request.pk}))
    return (
        f"Does {request.person.name} work at {request.practice.name}?",
        f"{request.person.name} ({request.person.email}) says: I work at {request.practice}, "
        f"as {request.role_at_practice}.\n\n"
        "They see nothing of the practice until an officer confirms it. Check with the practice if you "
        f"are not sure, then confirm or refuse it here:\n{address}{SIGN_OFF}",
    )


def link_answered(request: LinkRequest) -> Letter:
    if request.confirmed:
        return (
            f"You can now work for {request.practice.name}",
            f"Dear {request.person.name}\n\nWe have confirmed that you work at {request.practice}. "
            "You can now refer it and follow its referrals:\n"
            f"{link(reverse('home'))}{SIGN_OFF}",
        )
    return (
        f"We could not confirm that you work at {request.practice.name}",
        f"Dear {request.person.name}\n\nWe could not confirm that you work at {request.practice}.\n\n"
        f"The reason: {request.reason}\n\n"
        f"If this is wrong, you can ask again:\n{link(reverse('people:link'))}{SIGN_OFF}",
    )


def role_given(name: str, role: str, scope: object) -> Letter:
    return (
        "You have a new role in Resilience programmes",
        f"Dear {name}\n\nYou are now a {_role(role)} for {scope}. Sign in to see what has changed:\n"
        f"{link(reverse('home'))}{SIGN_OFF}",
    )
