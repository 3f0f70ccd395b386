"""Who may do what: permissions, roles, and what every view must declare.

A person holds roles, each over a scope; a right is (permission, scope). A view declares the
permission it needs; rows are reached only through ``visible_to(user)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Self
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse


class Denied(PermissionDenied):
    """A rule said no; its text is a sentence the person can act on."""


class Role(models.TextChoices):
    """The roles of domain 2."""

    PRACTICE_USER = "practice_user", "Practice user"
    PROGRAMME_OFFICER = "programme_officer", "Programme officer"
    APPROVER = "approver", "Approver"
    FINANCE_LEAD = "finance_lead", "Finance lead"
    SUPPLIER_USER = "supplier_user", "Supplier user"
    OBSERVER = "observer", "Observer"
    ADMINISTRATOR = "administrator", "Administrator"


class P(models.TextChoices):
    """Permissions: one per kind of act or of sight."""

    VIEW_PRACTICES = "view_practices", "see practices"
    VIEW_REFERRALS = "view_referrals", "see referrals"
    VIEW_WORKLIST = "view_worklist", "work from the list of referrals"
    VIEW_INTERNAL = "view_internal", "see the office's notes, findings and placements"
    VIEW_INTERESTS = "view_interests", "see the interests that others declared"
    VIEW_MONEY = "view_money", "see allocations and commitments"
    VIEW_HEALTH_CHECKS = "view_health_checks", "see what practices answered in health checks"
    VIEW_MOU = "view_mou", "see plans and Memoranda of Understanding"
    REFER = "refer", "refer a practice"
    WORK_REFERRALS = "work_referrals", "work on referrals"
    ASSESS = "assess", "assess and place practices"
    DECIDE = "decide", "decide on support"
    SET_ALLOCATIONS = "set_allocations", "set allocations"
    COMMIT = "commit", "commit and release money"
    PAY = "pay", "release payments"
    APPROVE_MOVES = "approve_moves", "approve moves of money"
    VIEW_STATEMENT = "view_statement", "see what a practice was promised and paid"
    RAISE_INVOICES = "raise_invoices", "raise invoices"
    APPROVE_INVOICES = "approve_invoices", "approve invoices"
    MAKE_RETURNS = "make_returns", "make returns and finance reports"
    DELIVER = "deliver", "deliver support to practices in your care"
    PLAN_FOR_PRACTICE = "plan_for_practice", "draft and agree the plan for a practice"
    PLAN_FOR_COMMISSIONER = "plan_for_commissioner", "draft the plan and the MoU"
    APPROVE_PLAN = "approve_plan", "agree plans for the commissioner"
    SIGN_FOR_PRACTICE = "sign_for_practice", "sign for a practice"
    SIGN_FOR_SUPPLIER = "sign_for_supplier", "sign for a supplier"
    SIGN_FOR_COMMISSIONER = "sign_for_commissioner", "sign for the commissioner"
    CONFIRM_LINKS = "confirm_links", "confirm that a person works at a practice"
    MANAGE_PEOPLE = "manage_people", "manage people and their roles"
    MANAGE_ORGANISATIONS = "manage_organisations", "manage organisations and the register"
    MANAGE_PROGRAMMES = "manage_programmes", "manage programmes, templates and criteria"


_OFFICE = {
    P.VIEW_PRACTICES,
    P.VIEW_REFERRALS,
    P.VIEW_INTERNAL,
    P.VIEW_MONEY,
    P.VIEW_STATEMENT,
    P.VIEW_HEALTH_CHECKS,
    P.VIEW_MOU,
    P.VIEW_WORKLIST,
}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.PRACTICE_USER: frozenset(
        {
            P.VIEW_PRACTICES,
            P.VIEW_REFERRALS,
            P.VIEW_STATEMENT,
            P.VIEW_HEALTH_CHECKS,
            P.VIEW_MOU,
            P.REFER,
            P.RAISE_INVOICES,
            P.PLAN_FOR_PRACTICE,
            P.SIGN_FOR_PRACTICE,
        }
    ),
    Role.PROGRAMME_OFFICER: frozenset(
        _OFFICE
        | {
            P.WORK_REFERRALS,
            P.ASSESS,
            P.COMMIT,
            P.RAISE_INVOICES,
            P.PLAN_FOR_COMMISSIONER,
            P.CONFIRM_LINKS,
        }
    ),
    Role.APPROVER: frozenset(
        _OFFICE
        | {
            P.VIEW_INTERESTS,
            P.DECIDE,
            P.APPROVE_MOVES,
            P.APPROVE_INVOICES,
            P.APPROVE_PLAN,
            P.SIGN_FOR_COMMISSIONER,
        }
    ),
    Role.FINANCE_LEAD: frozenset(
        _OFFICE
        | {
            P.SET_ALLOCATIONS,
            P.APPROVE_MOVES,
            P.COMMIT,
            P.PAY,
            P.RAISE_INVOICES,
            P.APPROVE_INVOICES,
            P.MAKE_RETURNS,
        }
    ),
    Role.SUPPLIER_USER: frozenset({P.VIEW_PRACTICES, P.RAISE_INVOICES, P.DELIVER, P.SIGN_FOR_SUPPLIER}),
    Role.OBSERVER: frozenset(_OFFICE | {P.VIEW_INTERESTS}),
    Role.ADMINISTRATOR: frozenset(
        {P.VIEW_PRACTICES, P.CONFIRM_LINKS, P.MANAGE_PEOPLE, P.MANAGE_ORGANISATIONS, P.MANAGE_PROGRAMMES}
    ),
}


@dataclass
class Reach:
    """Whose rows a person may touch with one permission: everything, or these ids."""

    everything: bool = False
    commissioners: set[int] = field(default_factory=set)
    localities: set[int] = field(default_factory=set)
    practices: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return self.everything or bool(self.commissioners or self.localities or self.practices)


class ScopedQuerySet(QuerySet):
    """Rows reached through a person's scope, and in no other way from a view.

    A model says how it is scoped by ``scope``: a mapping of "commissioner", "locality" and
    "practice" to its own look-ups; or by ``scoped_by``: the name of its foreign key to a scoped model.
    """

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Rows over which ``user`` holds ``permission`` (default: the model's ``view_permission``)."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        model: Any = self.model  # which says by what it is scoped
        permission = permission or model.view_permission
        parent = getattr(model, "scoped_by", None)
        if parent:
            related = model._meta.get_field(parent).related_model
            return self.filter(**{f"{parent}__in": related.objects.visible_to(user, permission)})
        return self.within(user.reach(permission))

    def within(self, reach: Reach) -> Self:
        """Rows inside a reach."""
        if reach.everything:
            return self
        model: Any = self.model
        paths = model.scope
        wanted = Q(pk__in=[])
        for kind, ids in (
            ("commissioner", reach.commissioners),
            ("locality", reach.localities),
            ("practice", reach.practices),
        ):
            if ids and kind in paths:
                wanted |= Q(**{f"{paths[kind]}__in": ids})
        return self.filter(wanted)


def allows(user: Any, permission: str, thing: Model) -> bool:
    """Does ``user`` hold ``permission`` over ``thing``? Answers are kept for the life of ``user``."""
    if not getattr(user, "is_authenticated", False):
        return False
    answers = user.__dict__.setdefault("_allowed", {})
    model: Any = type(thing)
    key = (permission, model, thing.pk)
    if key not in answers:
        answers[key] = (
            user.may(permission) and model.objects.visible_to(user, permission).filter(pk=thing.pk).exists()
        )
    return answers[key]


def ask_together(user: Any, permission: str, things: Sequence[Model]) -> None:
    """Ask ``allows`` of many rows of one model in one query: asked again of each, it knows."""
    if things and getattr(user, "is_authenticated", False):
        model = type(things[0])
        seen: set[Any] = set()
        if user.may(permission):
            rows = model.objects.visible_to(user, permission)  # type: ignore[attr-defined]
            seen.update(rows.filter(pk__in=[thing.pk for thing in things]).values_list("pk", flat=True))
        answers = user.__dict__.setdefault("_allowed", {})
        answers.update({(permission, model, thing.pk): thing.pk in seen for thing in things})


def check(user: Any, permission: str, thing: Model) -> None:
    """Raise Denied unless ``user`` holds ``permission`` over ``thing``."""
    if not allows(user, permission, thing):
        raise Denied(f"Your role does not let you {P(permission).label} here.")


def why_not(rule: Callable[..., None], *given: Any, **more: Any) -> str:
    """Why ``rule`` says no to what is given, for the page to show; empty when it says nothing."""
    try:
        rule(*given, **more)
    except Denied as denied:
        return str(denied)
    return ""


View = Callable[..., HttpResponse]


def _declare(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    # Imported late: django.contrib.auth.views needs the person model, which stands on this module.
    from django.contrib.auth.views import redirect_to_login

    return redirect_to_login(_page_asked(request))


def _page_asked(request: HttpRequest) -> str:
    """Where to come back to after signing in: after a form was sent too late, the page it stood on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc == request.get_host():
        return came_from._replace(scheme="", netloc="").geturl() or "/"
    return request.path


def requires(*permissions: str) -> Callable[[View], View]:
    """The view is for people who hold any one of these permissions somewhere; else 403, or sign in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not any(request.user.may(permission) for permission in permissions):
                acts = " or ".join(P(each).label for each in permissions)
                raise Denied(f"Your role does not let you {acts}.")
            return view(request, *args, **kwargs)

        guarded.permissions = frozenset(permissions)  # type: ignore[attr-defined]
        return _declare(guarded, "requires")

    return decorate


def signed_in(view: View) -> View:
    """The view is for anyone who has signed in, whatever their role."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    return _declare(guarded, "signed_in")


def public(view: View) -> View:
    """The view is for strangers too; it must tell them least."""
    return _declare(wraps(view)(lambda *args, **kwargs: view(*args, **kwargs)), "public")
