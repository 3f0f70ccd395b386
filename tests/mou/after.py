"""An MoU that was signed, made directly and quickly: no document is rendered, none is sealed."""

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from mou.agreement.rules import money_of
from mou.models import Agreement, Notice, Plan, Signature, Template
from mou.models.agreement import STOPPED
from resilience.core.models import StoredFile
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import make_organisation
from tests.mou.world import World, commit_money, make_world

A = Agreement.State
ENDS_ON = dt.date(2019, 3, 1)
NOW = dt.date(2018, 10, 5)


def signed_world(
    kind: str = "national", state: str = A.SIGNED, *, committed: int = 200_000, **fields: Any
) -> tuple[World, Agreement]:
    """A world whose MoU is in ``state``, with a plan that ends on ``ENDS_ON`` and money committed."""
    world = make_world(kind, **fields)
    if committed:
        commit_money(world, committed)
    return world, put(world, state)


def put(world: World, state: str, **more: Any) -> Agreement:
    """An MoU of the world's referral in ``state``, whose referral is where such an MoU leaves it."""
    file = StoredFile.keep(
        name="mou.pdf", content_type="application/pdf", content=uuid.uuid4().bytes, by=world.officer
    )
    Plan.objects.get_or_create(
        referral=world.referral,
        defaults={"ends_on": ENDS_ON, "exit_strategy": "The practice carries on with its own staff."},
    )
    is_signed = state in (A.SIGNED, A.NOTICE, A.TERMINATED, A.ENDED)
    now = timezone.now()
    if state in STOPPED:
        more |= {"stopped_at": now, "stopped_by": None if state == A.EXPIRED else world.officer}
        more |= {"declined_side": "practice"} if state == A.DECLINED else {}
    if state == A.SUPPLIER_SIGNED:
        more |= {"supplier": make_organisation("supplier", world.office)}
    agreement = Agreement.objects.create(
        referral=world.referral,
        template=Template.objects.filter(year=world.year).latest("version"),
        state=state,
        html="<p>MoU</p>",
        document=file,
        money=money_of(world.referral),
        sent_by=world.officer,
        signed_at=now if is_signed else None,
        ended_at=now if state in (A.TERMINATED, A.ENDED) else None,
        **more,
    )
    after = State.AGREED if is_signed else State.COMMITTED
    after = State.ENDED if state in (A.TERMINATED, A.ENDED) else after
    Referral.objects.filter(pk=world.referral.pk).update(state=after)
    world.referral.refresh_from_db()
    if state == A.NOTICE:
        give(world, agreement)
    return agreement


def give(world: World, agreement: Agreement, side: str = "practice", **fields: Any) -> Notice:
    """Notice as it stands since 1 September 2018, until 1 December."""
    days = {"given_on": dt.date(2018, 9, 1), "ends_on": dt.date(2018, 12, 1)}
    by = world.manager if side == "practice" else world.approver
    return Notice.objects.create(agreement=agreement, side=side, months=3, given_by=by, **days | fields)


def on(monkeypatch: Any, day: dt.date) -> None:
    """Today is ``day``, for what ends an MoU."""
    for module in ("rules", "actions", "due"):
        monkeypatch.setattr(f"mou.ending.{module}.today", lambda: day)


def write_signature(agreement: Agreement, person: Any, side: str) -> Signature:
    """Of a document that was signed on screen, without its page."""
    return Signature.objects.create(
        agreement=agreement,
        side=side,
        person=person,
        typed_name=person.name,
        role="Lead",
        trail_sequence=1,
        trail_hash="0" * 64,
    )
