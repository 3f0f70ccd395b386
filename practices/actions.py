"""What is done to people, invitations, links and roles. The trail holds ids; reasons are kept apart."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone

from practices import letters, rules
from practices.models import Invitation, LinkRequest, Person, Practice, RoleHolding
from practices.scopes import Scope, officers_for
from resilience.core.access import Denied, Role
from resilience.core.acts import action, lock
from resilience.core.outbox import queue
from resilience.core.trail import record

INVITATION_LASTS = dt.timedelta(days=14)


class DeadInvitation(Denied):
    """The token is unknown, used, cancelled, expired, or not for this person: a stranger hears no more."""

    def __init__(self) -> None:
        super().__init__("This invitation cannot be used.")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _say(to: str, letter: letters.Letter) -> None:
    subject, body = letter
    queue(to=[to], subject=subject, body=body)


def _hold(person: Person, role: str, scope: Scope, by: Person | None) -> RoleHolding:
    """The role holding in force: the one there is, or a new one."""
    held = person.holdings.in_force().filter(role=role, **scope.columns).first()
    return held or RoleHolding.objects.create(person=person, role=role, granted_by=by, **scope.columns)


def _verify_email(person: Person) -> None:
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )


@action("Made an administrator over everything")
def make_administrator(*, email: str, password: str | None, **fields: Any) -> Person:
    """From the command line only: the first administrator of an installation."""
    person = Person.objects.create_user(email, password, **fields)
    _verify_email(person)
    holding = _hold(person, Role.ADMINISTRATOR, Scope(), None)
    record(by=None, on=person, holding=holding.pk)
    return person


@action("Signed up")
def sign_up(*, email: str, name: str, job_title: str, password: str) -> Person:
    """A person without any right; the address is verified by its own email."""
    person = Person.objects.create_user(email, password, name=name, job_title=job_title)
    record(by=person, on=person)
    return person


@action("Invited a person")
def invite(*, by: Person, email: str, name: str, role: str, scope: Scope) -> Invitation:
    """Offer a role; the email has the link. Raises Denied when the role is held or offered already."""
    rules.check_can_invite(by)
    rules.check_can_offer(by, role, scope)
    email = email.strip().lower()
    held = RoleHolding.objects.in_force().filter(person__email=email, role=role, **scope.columns)
    if held.exists():
        raise Denied(f"{name} already has this role there.")
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            offer = Invitation.objects.create(
                email=email,
                name=name,
                role=role,
                token_hash=_hash(token),
                invited_by=by,
                expires_at=timezone.now() + INVITATION_LASTS,
                **scope.columns,
            )
    except IntegrityError:
        raise Denied("This person was invited to that role already: send that invitation again.") from None
    _say(email, letters.invitation(offer, token))
    record(by=by, on=offer, role=role, **scope.facts)
    return offer


@action("Sent an invitation again")
def resend_invitation(*, by: Person, invitation: Invitation) -> Invitation:
    """A new link for another 14 days; the link sent before stops working."""
    invitation = lock(invitation)
    rules.check_can_manage_invitation(by, invitation)
    token = secrets.token_urlsafe(32)
    invitation.token_hash = _hash(token)
    invitation.expires_at = timezone.now() + INVITATION_LASTS
    invitation.invited_by = by
    invitation.save(update_fields=["token_hash", "expires_at", "invited_by"])
    _say(invitation.email, letters.invitation(invitation, token))
    record(by=by, on=invitation)
    return invitation


@action("Cancelled an invitation")
def cancel_invitation(*, by: Person, invitation: Invitation) -> None:
    invitation = lock(invitation)
    rules.check_can_manage_invitation(by, invitation)
    invitation.cancelled_at = timezone.now()
    invitation.cancelled_by = by
    invitation.save(update_fields=["cancelled_at", "cancelled_by"])
    record(by=by, on=invitation)


def open_invitation(token: str) -> Invitation:
    """The invitation a token opens. Raises DeadInvitation; also once its sender could no longer send it."""
    invitation = (
        Invitation.objects.select_related("practice", "organisation", "invited_by")
        .filter(token_hash=_hash(token))
        .first()
    )
    if invitation is None or invitation.state != "open":
        raise DeadInvitation
    try:
        rules.check_can_offer(invitation.invited_by, invitation.role, Scope.of(invitation))
    except Denied:
        raise DeadInvitation from None
    return invitation


def account_of(invitation: Invitation) -> Person | None:
    """Whoever signs in with the invited address, having shown that it is theirs."""
    return Person.objects.filter(
        email=invitation.email, emailaddress__verified=True, emailaddress__email=invitation.email
    ).first()


@action("Accepted an invitation")
def accept_invitation(
    *, by: Person | None, token: str, name: str = "", job_title: str = "", password: str = ""
) -> RoleHolding:
    """The role is held from now. A new person chooses a password; one who has an account is signed in.

    Raises DeadInvitation. An account nobody has verified is taken over by the holder of the mailbox:
    whoever made it never saw that mailbox.
    """
    invitation = lock(open_invitation(token))
    if open_invitation(token).pk != invitation.pk:
        raise DeadInvitation
    person = account_of(invitation)
    if person is None and by is None and name and password:
        person = Person.objects.filter(email=invitation.email).first() or Person(email=invitation.email)
        person.name, person.job_title = name, job_title
        person.set_password(password)
        person.save()
        _verify_email(person)
    elif person is None or by is None or person.pk != by.pk:
        raise DeadInvitation
    if not person.is_active:
        raise DeadInvitation
    scope = Scope.of(invitation)
    holding = _hold(person, invitation.role, scope, invitation.invited_by)
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = person
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(by=person, on=invitation, holding=holding.pk, role=holding.role, **scope.facts)
    return holding


@action("Gave a role")
def grant_role(*, by: Person, person: Person, role: str, scope: Scope, why: str = "") -> RoleHolding:
    """Raises Denied beyond the giver's own reach, or when the role is held already."""
    person = lock(person)
    rules.check_can_grant(by, role, scope)
    if not person.is_active:
        raise Denied(f"{person.name} cannot sign in. Let them sign in again first.")
    if person.holdings.in_force().filter(role=role, **scope.columns).exists():
        raise Denied(f"{person.name} already has this role there.")
    holding = _hold(person, role, scope, by)
    _say(person.email, letters.role_given(person.name, role, scope))
    record(by=by, on=holding, why=why, person=person.pk, role=role, **scope.facts)
    return holding


@action("Ended a role")
def end_role(*, by: Person, holding: RoleHolding, why: str) -> None:
    """The holding stays on record. Raises Denied for the last administrator over everything."""
    _lock_administrators()
    holding = lock(holding)
    rules.check_can_end_role(by, holding)
    holding.ended_at = timezone.now()
    holding.ended_by = by
    holding.save(update_fields=["ended_at", "ended_by"])
    record(by=by, on=holding, why=why, person=holding.person_id, role=holding.role)


def _lock_administrators() -> None:
    # Two administrators who end each other's role take turns: the second one finds nobody left.
    list(rules.administrators_over_everything().select_for_update(of=("self",)))


@action("Asked to work for a practice")
def ask_for_link(*, by: Person, practice: Practice, role_at_practice: str) -> LinkRequest:
    """The practice's officers get an email. Raises Denied when asked, or linked, already."""
    lock(by)
    rules.check_can_ask_for_link(by, practice)
    link = LinkRequest.objects.create(person=by, practice=practice, role_at_practice=role_at_practice)
    for officer in officers_for(practice):
        _say(officer.email, letters.link_asked(link))
    record(by=by, on=link, practice=practice.pk)
    return link


@action("Answered a request to work for a practice")
def answer_link(*, by: Person, link_request: LinkRequest, confirm: bool, reason: str = "") -> LinkRequest:
    """Confirm (the person becomes a practice user there) or refuse, with a reason that they are told."""
    link = lock(link_request)
    rules.check_can_answer_link(by, link)
    if not confirm and not reason.strip():
        raise Denied("Say why you refuse: the person is told.")
    if confirm and not link.person.is_active:
        raise Denied(f"{link.person.name} cannot sign in any more, so this can only be refused.")
    link.answered_at = timezone.now()
    link.answered_by = by
    link.confirmed = confirm
    link.reason = "" if confirm else reason.strip()
    link.save(update_fields=["answered_at", "answered_by", "confirmed", "reason"])
    facts: dict[str, Any] = {"practice": link.practice_id, "confirmed": confirm}
    if confirm:
        facts["holding"] = _hold(link.person, Role.PRACTICE_USER, Scope(practice=link.practice), by).pk
    _say(link.person.email, letters.link_answered(link))
    record(by=by, on=link, why=link.reason, **facts)
    return link


def _change(person: Person, fields: dict[str, str]) -> list[str]:
    changed = [field for field, value in fields.items() if getattr(person, field) != value]
    for field in changed:
        setattr(person, field, fields[field])
    if changed:
        person.save(update_fields=changed)
    return changed


@action("Changed a person's details")
def change_person(
    *, by: Person, person: Person, name: str, job_title: str, phone: str, is_active: bool, why: str = ""
) -> Person:
    """Also stops a person from signing in (their session ends at once) or lets them again.

    Raises Denied outside ``by``'s reach, without a reason for stopping, or for the last administrator.
    """
    _lock_administrators()
    person = lock(person)
    rules.check_can_change_person(by, person)
    if is_active != person.is_active:
        if not is_active:
            rules.check_can_stop_person(by, person)
        if not why.strip():
            raise Denied("Give the reason why this person may, or may not, sign in.")
        person.is_active = is_active
        person.save(update_fields=["is_active"])
    changed = _change(person, {"name": name, "job_title": job_title, "phone": phone})
    record(by=by, on=person, why=why.strip(), changed=changed, active=is_active)
    return person


@action("Changed their own details")
def change_own_details(*, by: Person, name: str, job_title: str, phone: str) -> Person:
    person = lock(by)
    changed = _change(person, {"name": name, "job_title": job_title, "phone": phone})
    record(by=person, on=person, changed=changed)
    return person
