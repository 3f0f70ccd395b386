"""A change of an MoU: asked for, drafted, sent to be signed, and worked in once all sides have signed."""

import datetime as dt
from typing import Any

from django.utils import timezone

from funding.stages.actions import open_stages
from mou.agreement import documents as mou_documents
from mou.agreement import rules as agreement_rules
from mou.agreement import stopping
from mou.agreement.actions import EFFECT, PDF, sha256_of
from mou.agreement.letters import ask_to_sign
from mou.agreement.locking import locked
from mou.changes import documents, letters, rules
from mou.changes.changes import ROW_MODELS, Target, apply_to, as_json, has_record, values_of
from mou.changes.states import proposal_state
from mou.models import Agreement, Plan, Proposal, ProposedChange
from mou.models.agreement import OPEN
from mou.plan import plans
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import PaymentStage

Kind = Proposal.Kind


def _locked(proposal: Proposal) -> Proposal:
    _, mou = locked(proposal.mou)
    proposal = lock(proposal)
    proposal.mou = mou
    return proposal


def _plan(proposal: Proposal) -> Plan:
    return plans.started(plans.plan_of(proposal.mou.referral))


@action("Asked for a change of the MoU")
def propose(*, by: Any, mou: Agreement, what: str, why: str, kind: str = Kind.VARIATION) -> Proposal:
    """Either side says what should change and why; the officer drafts it. Tells the other side.

    A second click of the same person is the same request.
    """
    referral, mou = locked(mou)
    standing = rules.open_proposal(mou)
    if standing and (standing.asked_by_id, standing.what, standing.why) == (by.pk, what, why):
        record(by=by, on=standing, case=referral, repeat=True)
        return standing
    rules.check_can_propose(by, mou, kind)
    if not what.strip() or not why.strip():
        raise Denied("Say what changes, and why.")
    proposal = Proposal.objects.create(mou=mou, kind=kind, what=what, why=why, asked_by=by)
    record(by=by, on=proposal, case=referral, why=why, kind=kind)
    letters.asked(proposal)
    return proposal


@action("Drafted a change of the MoU")
def say_why(*, by: Any, proposal: Proposal, what: str, why: str) -> Proposal:
    """The officer words what changes and why as the document will say it."""
    proposal = _locked(proposal)
    rules.check_can_draft(by, proposal, "mou.say_why")
    if not what.strip() or not why.strip():
        raise Denied("Say what changes, and why.")
    proposal.what, proposal.why = what, why
    proposal.save()
    record(by=by, on=proposal, case=proposal.mou.referral, why=why)
    return proposal


def _keep(proposal: Proposal, by: Any, key: dict[str, Any], before: Any, after: Any) -> ProposedChange | None:
    """Write one change; what is as it stands is no change."""
    if before == after and before:
        proposal.changes.filter(**key).delete()
        change = None
    elif key.get("rows") and key.get("row") is None:
        change = proposal.changes.create(**key, before=before, after=after)
    else:
        change, _ = proposal.changes.update_or_create(**key, defaults={"before": before, "after": after})
    record(by=by, on=proposal, case=proposal.mou.referral, **{**key, "change": change and change.pk})
    return change


@action("Drafted a change of the MoU")
def change_part(*, by: Any, proposal: Proposal, **values: Any) -> ProposedChange | None:
    """The leads, the end date, the exit strategy, the case study: what is given and differs."""
    proposal = _locked(proposal)
    rules.check_can_draft(by, proposal, "mou.change_part")
    plan = _plan(proposal)
    unknown = set(values) - {*plans.LEADS_FIELDS, *plans.ENDING_FIELDS}
    if unknown:
        raise TypeError(f"a plan has no {', '.join(sorted(unknown))}")
    is_extended = proposal.kind == Kind.EXTENSION
    if (ends_on := values.get("ends_on")) and (is_extended or ends_on != plan.ends_on):
        rules.check_end(proposal.mou, proposal.kind, ends_on)
    earlier = proposal.changes.filter(target=Target.PART).first()
    after = (earlier.after if earlier else {}) | as_json(values)
    before = as_json(values_of(plan, tuple(after)))
    after = {name: value for name, value in after.items() if value != before[name]}
    if not after and earlier:
        earlier.delete()
    if not after:
        record(by=by, on=proposal, case=proposal.mou.referral, target=Target.PART, change=None)
        return None
    before = {name: before[name] for name in after}
    return _keep(proposal, by, {"target": Target.PART}, before, after)


@action("Drafted a change of the MoU")
def change_row(
    *, by: Any, proposal: Proposal, rows: str, row: int | None = None, **values: Any
) -> ProposedChange | None:
    """Add a row of the plan, change ``row``, or, without values, take it out. ``rows`` names its kind."""
    proposal = _locked(proposal)
    rules.check_can_draft(by, proposal, "mou.change_row")
    model = ROW_MODELS[rows]
    fields = plans.ROWS[model]
    if unknown := set(values) - set(fields):
        raise TypeError(f"{rows} has no {', '.join(sorted(unknown))}")
    before: dict[str, Any] = {}
    if row is not None:
        found = model.objects.filter(plan=_plan(proposal), pk=row).first()
        if found is None:
            raise Denied("This part of the plan is not there any more.")
        if not values:
            check_can_be_taken_out(found)
        before = as_json(values_of(found, fields))
    after = before | as_json(values) if values else {}
    key = {"target": Target.ROW, "rows": rows, "row": row}
    return _keep(proposal, by, key, before, after)


def check_can_be_taken_out(row: Any) -> None:
    """A row that something was reported on stays on record: it is changed instead."""
    if getattr(row, "item_id", None):
        raise Denied("This theme is on the programme's menu: say that it does not apply instead.")
    if has_record(row):
        raise Denied(
            "Progress is recorded on this part of the plan, so it stays. Change what it says instead."
        )


@action("Drafted a change of the MoU")
def change_clause(*, by: Any, proposal: Proposal, clause: str, words: str) -> ProposedChange | None:
    """Other words for one numbered clause of the MoU as it reads now."""
    proposal = _locked(proposal)
    rules.check_can_draft(by, proposal, "mou.change_clause")
    now = documents.clauses_now(proposal.mou)
    if clause not in now:
        raise Denied("Choose a clause of this MoU.")
    if not words.strip():
        raise Denied("Write the new words of the clause.")
    key = {"target": Target.CLAUSE, "clause": clause}
    return _keep(proposal, by, key, {"words": now[clause]}, {"words": words.strip()})


@action("Drafted a change of the MoU")
def undo_change(*, by: Any, proposal: Proposal, change: ProposedChange) -> Proposal:
    """Leave this part as it stands."""
    proposal = _locked(proposal)
    rules.check_can_draft(by, proposal, "mou.undo_change")
    gone, _ = proposal.changes.filter(pk=change.pk).delete()
    record(by=by, on=proposal, case=proposal.mou.referral, change=change.pk, repeat=not gone)
    return proposal


@action("Dropped a change of the MoU")
def drop_proposal(*, by: Any, proposal: Proposal, why: str) -> Proposal:
    """It will not be made, with the reason: the MoU stays as it is. Tells both sides."""
    proposal = _locked(proposal)
    rules.check_can_drop(by, proposal)
    if not why.strip():
        raise Denied("Say why it is dropped.")
    before = proposal_state(proposal)
    proposal.dropped_at, proposal.dropped_by, proposal.dropped_why = timezone.now(), by, why
    proposal.save()
    record(
        by=by, on=proposal, case=proposal.mou.referral, why=why, before=before, after=proposal_state(proposal)
    )
    letters.dropped(proposal)
    return proposal


@action("Sent a change of the MoU for signature")
def send_variation(*, by: Any, proposal: Proposal, sign_by: dt.date | None = None) -> Agreement:
    """Fix the document and ask the practice to sign it; the others sign after it, as they signed the MoU."""
    proposal = _locked(proposal)
    mou, referral = proposal.mou, proposal.mou.referral
    rules.check_can_send_variation(by, proposal)
    sign_by = sign_by or today() + agreement_rules.SIGN_WITHIN
    agreement_rules.check_last_day(sign_by)
    number = documents.next_number(mou)
    html = documents.render(proposal)
    agreement = Agreement(
        referral=referral,
        kind=proposal.kind,
        varies=mou,
        number=number,
        template=mou.template,
        supplier=mou.supplier,
        html=html,
        money=agreement_rules.money_of(referral),
        sent_by=by,
        sign_by=sign_by,
    )
    agreement.document = StoredFile.keep(
        name=mou_documents.file_name(referral, mou_documents.kind_of(agreement)),
        content_type=PDF,
        content=mou_documents.to_pdf(html, referral, name=agreement.title),
        by=by,
    )
    agreement.save()
    before = proposal_state(proposal)
    proposal.agreement = agreement
    proposal.save()
    record(
        by=by,
        on=agreement,
        case=referral,
        why=proposal.why,
        before=before,
        after=proposal_state(proposal),
        number=number,
        varies=mou.pk,
        sign_by=sign_by,
        document_sha256=agreement.document.sha256,
        html_sha256=sha256_of(html),
    )
    ask_to_sign(agreement)
    return agreement


@action("Worked a change into the MoU")
def apply_proposal(*, by: Any, agreement: Agreement) -> Proposal:
    """All sides have signed: the plan says what they signed, and the consolidated MoU is kept."""
    proposal = lock(agreement.proposal)
    proposal.mou, proposal.agreement = lock(proposal.mou), agreement
    proposal.mou.referral = agreement.referral
    plan = lock(_plan(proposal))
    agreed_at, plan.agreed_at = plan.agreed_at, None
    plan.save()
    apply_to(plan, list(proposal.changes.all()))
    plan.agreed_at = agreed_at
    plan.save()
    open_stages(by=by, referral=agreement.referral, opens=PaymentStage.Opens.MOU_SIGNED)
    proposal.consolidated = documents.consolidated(proposal.mou)
    proposal.applied_at = timezone.now()
    proposal.save()
    record(
        by=by,
        on=proposal,
        case=agreement.referral,
        before="sent",
        after=proposal_state(proposal),
        number=agreement.number,
        plan_sha256=plans.fingerprint(plan),
    )
    return proposal


for _kind in (Agreement.Kind.VARIATION, Agreement.Kind.EXTENSION):
    EFFECT[_kind] = lambda by, agreement: apply_proposal(by=by, agreement=agreement)


def stop_open(by: Any, mou: Agreement, why: str) -> None:
    """The MoU has ended: what was drafted or sent to vary it is over too. Within the act that ends it."""
    for agreement in mou.variations.filter(state__in=OPEN):
        stopping.stop(lock(agreement), Agreement.State.EXPIRED, None, why)
    if proposal := rules.open_proposal(mou):
        proposal.dropped_at, proposal.dropped_by, proposal.dropped_why = timezone.now(), by, why
        proposal.save()
