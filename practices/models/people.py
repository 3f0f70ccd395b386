"""Who the people are and which roles they hold over what."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.functional import cached_property

from practices.models.register import Organisation, Practice, SupplierAssignment
from resilience.core.access import ROLE_PERMISSIONS, P, Reach, Role, ScopedQuerySet
from resilience.core.integrity import both_or_neither


def _held(user: Any, permission: str) -> Q:
    """Role holdings (and invitations) whose scope lies where ``user`` holds ``permission``."""
    if user.reach(permission).everything:
        return Q(pk__isnull=False)
    return Q(practice__in=Practice.objects.visible_to(user, permission)) | Q(
        organisation__in=user.organisations(permission)
    )


class HoldingQuerySet(models.QuerySet):
    """Rows that give or offer a role: seen by who may give that role there."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Those over a scope where ``user`` manages people, or confirms who works at a practice."""
        if not user.is_authenticated:
            return self.none()
        if permission:
            return self.filter(_held(user, permission))
        seen = Q(pk__in=[])
        if user.may(P.MANAGE_PEOPLE):
            seen |= _held(user, P.MANAGE_PEOPLE)
        if user.may(P.CONFIRM_LINKS):
            seen |= _held(user, P.CONFIRM_LINKS) & Q(role=Role.PRACTICE_USER)
        return self.filter(seen)


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Everyone, for who manages people everywhere; else those who hold, or held, a role in reach."""
        if not user.is_authenticated:
            return self.none()
        if user.reach(P.MANAGE_PEOPLE).everything:
            return self
        return self.filter(pk__in=RoleHolding.objects.visible_to(user, permission).values("person"))


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """An administrator over everything whose email counts as verified: `manage.py createsuperuser`."""
        from practices.actions import make_administrator  # an act stands on the models

        return make_administrator(email=email, password=password, **fields)

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Someone who signs in, by email. Rights come from role holdings, never from this row."""

    email = models.EmailField(
        max_length=254, unique=True, error_messages={"unique": "Someone already signs in with this email."}
    )
    name = models.CharField(max_length=120)
    job_title = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    objects = PersonManager()

    class Meta:
        ordering: ClassVar = ["name", "email"]
        verbose_name_plural = "people"
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_person_an_email"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    @cached_property
    def current_holdings(self) -> list["RoleHolding"]:
        """Role holdings in force now, oldest first; read once in the life of this object."""
        if not self.is_active:
            return []
        return list(self.holdings.in_force().select_related("organisation", "practice"))

    def may(self, permission: str) -> bool:
        """Does any role of this person, over any scope, give ``permission``?"""
        return any(permission in holding.permissions for holding in self.current_holdings)

    @property
    def is_office(self) -> bool:
        """Holds any role other than practice user: must sign in with a second factor."""
        return any(holding.role != Role.PRACTICE_USER for holding in self.current_holdings)

    def has_role(self, role: str) -> bool:
        return any(holding.role == role for holding in self.current_holdings)

    def reach(self, permission: str) -> Reach:
        """Where this person holds ``permission``, organisations resolved down the tree.

        Asked once for each permission in the life of this object.
        """
        if permission not in self._reaches:
            self._reaches[permission] = self._reach(permission)
        return self._reaches[permission]

    @cached_property
    def _reaches(self) -> dict[str, Reach]:
        return {}

    def _reach(self, permission: str) -> Reach:
        reach = Reach()
        organisations: set[int] = set()
        for holding in self.current_holdings:
            if permission not in holding.permissions:
                continue
            if holding.over_everything:
                reach.everything = True
            elif holding.practice_id:
                reach.practices.add(holding.practice_id)
            elif holding.organisation_id:
                organisations.add(holding.organisation_id)
        if organisations and not reach.everything:
            self._extend(reach, organisations)
        return reach

    def organisations(self, permission: str) -> set[int]:
        """Ids of the organisations over which this person holds ``permission``, those below included.

        Says nothing of a hold over everything: ask ``reach`` for that.
        """
        roots = {
            holding.organisation_id
            for holding in self.current_holdings
            if holding.organisation_id and permission in holding.permissions
        }
        return self._below(roots) if roots else set()

    def _below(self, roots: set[int]) -> set[int]:
        tree = self._organisation_tree
        found = set()
        for pk in tree:
            node: int | None = pk
            while node is not None and node not in roots:
                node = tree[node][0]
            if node is not None:
                found.add(pk)
        return found

    @cached_property
    def _organisation_tree(self) -> dict[int, tuple[int | None, str]]:
        rows = Organisation.objects.values_list("pk", "parent_id", "kind")
        return {pk: (parent, kind) for pk, parent, kind in rows}

    def _extend(self, reach: Reach, roots: set[int]) -> None:
        suppliers = set()
        for pk in self._below(roots):
            kind = self._organisation_tree[pk][1]
            if kind in (Organisation.Kind.LOCAL_OFFICE, *Organisation.COMMISSIONERS):
                reach.commissioners.add(pk)
            elif kind == Organisation.Kind.LOCALITY:
                reach.localities.add(pk)
            elif kind == Organisation.Kind.SUPPLIER:
                suppliers.add(pk)
        if suppliers:
            assigned = SupplierAssignment.objects.filter(supplier__in=suppliers).in_force()
            reach.practices.update(assigned.values_list("practice_id", flat=True))


class RoleHoldingQuerySet(HoldingQuerySet):
    def in_force(self) -> Self:
        return self.filter(ended_at__isnull=True).order_by("id")


class RoleHolding(models.Model):
    """A person holds a role over a scope: a practice, an organisation (and all below it), or everything."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="holdings")
    role = models.CharField(max_length=20, choices=Role.choices)
    practice = models.ForeignKey(Practice, models.PROTECT, null=True, blank=True, related_name="holdings")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="holdings"
    )
    over_everything = models.BooleanField(default=False)
    granted_at = models.DateTimeField(default=timezone.now)
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = RoleHoldingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(practice__isnull=False, organisation__isnull=True, over_everything=False)
                | Q(practice__isnull=True, organisation__isnull=False, over_everything=False)
                | Q(practice__isnull=True, organisation__isnull=True, over_everything=True),
                name="role_has_exactly_one_scope",
            ),
            models.UniqueConstraint(
                "person",
                "role",
                Coalesce("practice", 0),
                Coalesce("organisation", 0),
                condition=Q(ended_at__isnull=True),
                name="role_held_once",
            ),
            both_or_neither("role_ended_at_and_by", "ended_at", "ended_by"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}, {self.scope_name}"

    @property
    def permissions(self) -> frozenset[str]:
        return ROLE_PERMISSIONS[self.role]

    @property
    def scope_name(self) -> str:
        if self.over_everything:
            return "everything"
        return str(self.practice or self.organisation)


class Invitation(models.Model):
    """An offer of a role to an email address; its token is stored hashed and works once."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices)
    practice = models.ForeignKey(Practice, models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    over_everything = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_at = models.DateTimeField(default=timezone.now)
    invited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = HoldingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-invited_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                "role",
                Coalesce("practice", 0),
                Coalesce("organisation", 0),
                condition=Q(accepted_at__isnull=True, cancelled_at__isnull=True),
                name="one_open_invitation",
            ),
            both_or_neither("invitation_accepted_at_and_by", "accepted_at", "accepted_by"),
            both_or_neither("invitation_cancelled_at_and_by", "cancelled_at", "cancelled_by"),
            models.CheckConstraint(
                condition=Q(practice__isnull=False, organisation__isnull=True, over_everything=False)
                | Q(practice__isnull=True, organisation__isnull=False, over_everything=False)
                | Q(practice__isnull=True, organisation__isnull=True, over_everything=True),
                name="invitation_has_exactly_one_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}, {self.get_role_display()}"

    @property
    def scope_name(self) -> str:
        if self.over_everything:
            return "everything"
        return str(self.practice or self.organisation)

    @property
    def state(self) -> str:
        """accepted, cancelled, expired or open."""
        if self.accepted_at:
            return "accepted"
        if self.cancelled_at:
            return "cancelled"
        return "open" if self.expires_at > timezone.now() else "expired"


class LinkRequest(models.Model):
    """A person asks to act for a practice; an officer of its commissioner confirms or refuses."""

    scoped_by = "practice"
    view_permission = P.CONFIRM_LINKS

    person = models.ForeignKey(Person, models.PROTECT, related_name="link_requests")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="link_requests")
    role_at_practice = models.CharField(max_length=120)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed = models.BooleanField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["asked_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "practice"],
                condition=Q(answered_at__isnull=True),
                name="one_open_link_request",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, confirmed__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False, confirmed__isnull=False),
                name="link_answered_at_and_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} asks for {self.practice_id}"
