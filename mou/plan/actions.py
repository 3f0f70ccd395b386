"""Drafting and agreeing the improvement plan."""

from typing import Any

from django.utils import timezone

from funding.stages.actions import open_stages
from mou.models import Contribution, Plan
from mou.plan import letters, plans, rules
from mou.plan.states import plan_state
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral

Opens = PaymentStage.Opens


def _locked(referral: Referral) -> tuple[Referral, Plan | None]:
    """The referral, then its plan: everyone locks in this order."""
    referral = lock(referral)
    plan = plans.plan_of(referral)
    return referral, lock(plan) if plan else None


def take_back(plan: Plan) -> None:
    """A changed plan is agreed by nobody."""
    plan.practice_agreed_at = plan.practice_agreed_by = None
    plan.commissioner_agreed_at = plan.commissioner_agreed_by = None
    plan.agreed_at = None


@action("Started the improvement plan")
def start_plan(*, by: Any, referral: Referral) -> Plan:
    """Begin the plan with what is known: the contact as practice lead, the officer as operational lead,
    a row of contributions for each theme of the menu. Raises Denied once it is started."""
    referral, plan = _locked(referral)
    rules.check_can_draft(by, referral, plan, "mou.start_plan")
    officer = referral.assigned_to
    plan = Plan.objects.create(
        referral=referral,
        practice_lead=referral.contact_name,
        practice_lead_email=referral.contact_email,
        practice_lead_phone=referral.contact_phone,
        operational_lead=officer.name if officer else "",
        operational_lead_role=officer.job_title if officer else "",
        operational_lead_email=officer.email if officer else "",
        operational_lead_phone=officer.phone if officer else "",
    )
    Contribution.objects.bulk_create(
        Contribution(plan=plan, item=item, theme=item.name)
        for item in referral.year.menu.filter(is_contribution_theme=True)
    )
    record(by=by, on=plan, case=referral)
    return plan


@action("Changed the improvement plan")
def save_plan_part(*, by: Any, referral: Referral, **values: Any) -> Plan:
    """Write the leads or the ending of the plan. Takes back the agreements given, if anything changed."""
    referral, plan = _locked(referral)
    rules.check_can_draft(by, referral, plan, "mou.save_plan_part")
    plan = plans.started(plan)
    unknown = set(values) - {*plans.LEADS_FIELDS, *plans.ENDING_FIELDS}
    if unknown:
        raise TypeError(f"a plan has no {', '.join(sorted(unknown))}")
    changed = sorted(name for name, value in values.items() if getattr(plan, name) != value)
    before = plan_state(plan)
    for name in changed:
        setattr(plan, name, values[name])
    if changed:
        take_back(plan)
        plan.save()
    record(by=by, on=plan, case=referral, changed=changed, before=before, after=plan_state(plan))
    return plan


@action("Changed the improvement plan")
def save_row(
    *, by: Any, referral: Referral, kind: type[Any], row: plans.Row | None = None, **values: Any
) -> plans.Row:
    """Add a row of the plan, or change ``row``. ``kind`` is one of ``plans.ROWS``. Takes back agreements."""
    referral, plan = _locked(referral)
    rules.check_can_draft(by, referral, plan, "mou.save_row")
    plan = plans.started(plan)
    unknown = set(values) - set(plans.ROWS[kind])
    if unknown:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    is_new = row is None
    if row is None:
        row = kind(plan=plan)
    else:
        row = _row_of(plan, kind, row)
    changed = sorted(name for name, value in values.items() if is_new or getattr(row, name) != value)
    before = plan_state(plan)
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save()
        take_back(plan)
        plan.save()
    record(
        by=by,
        on=plan,
        case=referral,
        before=before,
        after=plan_state(plan),
        row=row.pk,
        rows=kind.__name__,
        new=is_new,
        changed=changed,
    )
    return row


@action("Changed the improvement plan")
def remove_row(*, by: Any, referral: Referral, kind: type[Any], row: plans.Row) -> Plan:
    """Take a row out. A theme of the menu stays: it is answered "not applicable". Takes back agreements."""
    referral, plan = _locked(referral)
    rules.check_can_draft(by, referral, plan, "mou.remove_row")
    plan = plans.started(plan)
    row = _row_of(plan, kind, row)
    if isinstance(row, Contribution) and row.item_id:
        raise Denied("This theme is on the programme's menu: say that it does not apply instead.")
    before, pk = plan_state(plan), row.pk
    row.delete()
    take_back(plan)
    plan.save()
    record(
        by=by,
        on=plan,
        case=referral,
        before=before,
        after=plan_state(plan),
        row=pk,
        rows=kind.__name__,
        removed=True,
    )
    return plan


def _row_of(plan: Plan, kind: type[Any], row: plans.Row) -> plans.Row:
    found = kind.objects.filter(plan=plan, pk=row.pk).first()
    if found is None:
        raise Denied("This part of the plan was taken out in the meantime.")
    return found


def _check_as_read(plan: Plan, fingerprint: str) -> None:
    if fingerprint != plans.fingerprint(plan):
        raise Denied("The plan was changed while you were reading it. Read it again, then agree it.")


def _settle(plan: Plan, referral: Referral, by: Any) -> None:
    """When both have agreed: the plan is fixed, and the stages that open on an agreed plan do."""
    if plan.practice_agreed_at and plan.commissioner_agreed_at:
        plan.agreed_at = timezone.now()
    plan.save()
    if plan.agreed_at:
        open_stages(by=by, referral=referral, opens=Opens.PLAN_AGREED)


@action("Agreed the improvement plan for the practice")
def agree_for_practice(*, by: Any, referral: Referral, fingerprint: str) -> Plan:
    """The practice agrees the plan it read, shown by ``fingerprint``; tells the office."""
    referral, plan = _locked(referral)
    rules.check_can_agree_for_practice(by, referral, plan)
    plan = plans.started(plan)
    _check_as_read(plan, fingerprint)
    before = plan_state(plan)
    plan.practice_agreed_at, plan.practice_agreed_by = timezone.now(), by
    _settle(plan, referral, by)
    record(by=by, on=plan, case=referral, before=before, after=plan_state(plan), plan_sha256=fingerprint)
    letters.plan_agreed(referral, plan, by_practice=True)
    return plan


@action("Agreed the improvement plan for the commissioner")
def agree_for_commissioner(*, by: Any, referral: Referral, fingerprint: str) -> Plan:
    """The commissioner agrees the plan it read, shown by ``fingerprint``; tells the practice."""
    referral, plan = _locked(referral)
    rules.check_can_agree_for_commissioner(by, referral, plan)
    plan = plans.started(plan)
    _check_as_read(plan, fingerprint)
    before = plan_state(plan)
    plan.commissioner_agreed_at, plan.commissioner_agreed_by = timezone.now(), by
    _settle(plan, referral, by)
    record(by=by, on=plan, case=referral, before=before, after=plan_state(plan), plan_sha256=fingerprint)
    letters.plan_agreed(referral, plan, by_practice=False)
    return plan


@action("Reopened the improvement plan")
def reopen_plan(*, by: Any, referral: Referral, why: str) -> Plan:
    """Take an agreed plan back to drafting, with the reason; both sides agree it again. Tells both."""
    referral, plan = _locked(referral)
    rules.check_can_reopen(by, referral, plan)
    plan = plans.started(plan)
    if not why.strip():
        raise Denied("Say why the plan must change.")
    take_back(plan)
    plan.save()
    record(by=by, on=plan, case=referral, why=why, before="agreed", after=plan_state(plan))
    letters.plan_reopened(referral, why)
    return plan
