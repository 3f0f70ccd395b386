"""Which cases are ready to have their MoU issued, and what each other one lacks: read in one query for all.

It says beforehand what the rules of sending will say of each: ``mou.agreement.rules``, of its draft
``mou.drafts.rules``, and of one that was declined ``mou.bulk.rules``. Tests hold them together.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse

from mou.bulk.rules import declined
from mou.models import Agreement, BulkCase, Draft, DraftComment, Template
from mou.models.agreement import OPEN, STOPPED
from practices.models import RoleHolding
from resilience.core.access import ROLE_PERMISSIONS, P
from resilience.core.calendar import today
from resilience.decisions.models import Decision
from resilience.referrals.models import Referral
from resilience.referrals.states import State

READY = ""


@dataclass(frozen=True)
class Lack:
    """What a case lacks, in words, and the page where it is put right."""

    text: str
    url: str


LACKS: dict[str, Lack] = {
    READY: Lack("Ready", "mou:make_draft"),
    "going": Lack("Being issued now", "mou:case"),
    "wording": Lack("An administrator must publish the wording of the MoU", "mou:case"),
    "start": Lack("Start the improvement plan", "mou:plan"),
    "agree": Lack("Both sides must agree the improvement plan", "mou:plan"),
    "money": Lack("Commit the money", "funding:case"),
    "signatory": Lack("Nobody at the practice can sign in to sign yet", "mou:case"),
    "changes": Lack("Answer the change that the practice asked for", "mou:case"),
    "declined": Lack("The MoU was declined: redraft it first", "mou:make_draft"),
}

_SIGNS = [role for role, permissions in ROLE_PERMISSIONS.items() if P.SIGN_FOR_PRACTICE in permissions]
_SIGNATORY = RoleHolding.objects.filter(
    role__in=_SIGNS, ended_at=None, person__is_active=True, practice=OuterRef("lead_practice")
)
_WORDING = Template.objects.filter(year=OuterRef("year"), has_supplier=False, published_at__isnull=False)
_CHANGE = DraftComment.objects.filter(
    draft__referral=OuterRef("pk"), kind=DraftComment.Kind.CHANGE, answered_at__isnull=True
)
_SINCE = Draft.objects.filter(referral=OuterRef("pk"), made_at__gt=OuterRef("declined_at"))
_DECIDED = Decision.objects.filter(referral=OuterRef("pk"), outcome=Decision.Outcome.SUPPORTED)


def cases(user: Any) -> QuerySet[Any]:
    """Supported cases that an MoU may yet be issued for, by this person: each says what it ``lacks``."""
    out = Agreement.objects.filter(referral=OuterRef("pk"), kind=Agreement.Kind.MOU)
    last = out.order_by("-sent_at", "-id")
    standing = out.exclude(Q(state__in=STOPPED) | Q(state__in=OPEN, sign_by__lt=today()))
    going = BulkCase.objects.filter(referral=OuterRef("pk"), state=BulkCase.State.WAITING)
    lacks = Case(
        When(Exists(going), then=Value("going")),
        When(~Exists(_WORDING), then=Value("wording")),
        When(plan__isnull=True, then=Value("start")),
        When(plan__agreed_at__isnull=True, then=Value("agree")),
        When(~Q(state=State.COMMITTED), then=Value("money")),
        When(~Exists(_SIGNATORY), then=Value("signatory")),
        When(Exists(_CHANGE), then=Value("changes")),
        When(Q(last_state=Agreement.State.DECLINED) & ~Exists(_SINCE), then=Value("declined")),
        default=Value(READY),
    )
    return (
        Referral.objects.visible_to(user, P.PLAN_FOR_COMMISSIONER)
        .filter(~Exists(standing), state__in=[State.SUPPORTED, State.COMMITTED])
        .annotate(
            last_state=Subquery(last.values("state")[:1]),
            declined_at=Subquery(last.values("stopped_at")[:1]),
            declined_why=Subquery(last.values("stopped_reason")[:1]),
            lacks=lacks,
            decided_at=Subquery(_DECIDED.values("decided_at")[:1]),
            granted=Subquery(_DECIDED.values("amount")[:1]),
            agreed_at=F("plan__agreed_at"),
        )
    )


def ready(user: Any) -> QuerySet[Any]:
    """Those that lack nothing."""
    return cases(user).filter(lacks=READY)


def said(referral: Any) -> str:
    """What a case lacks, in words; of one that was declined, when and why."""
    if referral.lacks != "declined":
        return LACKS[referral.lacks].text
    return declined(referral.declined_at, referral.declined_why)


def where(referral: Any) -> str:
    """The page where what a case lacks is put right; of one that is ready, where it is drafted."""
    return reverse(LACKS[referral.lacks].url, kwargs={"referral": referral.pk})
