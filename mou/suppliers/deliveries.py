"""Deliverables: written here or handed in as a file, accepted or asked for again, given a new date, taken over."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from funding.stages.actions import open_what_is_due
from funding.transfers import hold_money_of
from mou.models import (
    Deliverable,
    DeliverableDate,
    DeliverableKind,
    DeliverablePart,
    DeliverableRound,
    NeedTag,
    NeedTheme,
    Objective,
    Plan,
    PlanAction,
    RoundAnswer,
    SupplierCase,
)
from mou.plan import actions as plan_actions
from mou.plan import plans
from mou.plan.rules import check_can_draft
from mou.suppliers import letters, rules, sheets
from mou.suppliers.states import DELIVERABLE_ACTS
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.referrals.models import Referral
from resilience.referrals.uploads import CheckedFile

D = Deliverable.State
Form = DeliverableKind.Form
ROW_FIELDS: dict[str, tuple[str, ...]] = {
    Form.OPTIONS: ("words", "outcome", "is_recommended", "is_confidential"),
    Form.PLAN: ("section", "words", "outcome", "owner", "horizon", "due_on", "is_confidential"),
}
"""What people fill in for a row of options, or of the improvement plan."""


def _locked(deliverable: Deliverable) -> Deliverable:
    """The referral, the assignment, then the deliverable: everyone locks in this order."""
    referral = lock(deliverable.supplier_case.referral)
    case = lock(deliverable.supplier_case)
    deliverable = lock(deliverable)
    case.referral, deliverable.supplier_case = referral, case
    return deliverable


def _record(deliverable: Deliverable, by: Any, before: str, **facts: Any) -> None:
    case = deliverable.supplier_case.referral
    record(by=by, on=deliverable, case=case, before=before, after=deliverable.state, **facts)


def _move(deliverable: Deliverable, act: str) -> str:
    """As the table says; answers the state before."""
    before = deliverable.state
    deliverable.state = DELIVERABLE_ACTS[act].moves[before]
    deliverable.state_since = timezone.now()
    if deliverable.state == D.ACCEPTED:
        deliverable.accepted_at = timezone.now()
    deliverable.save()
    return before


# --- written here -------------------------------------------------------------------------------


def parts_of(deliverable: Deliverable) -> list[DeliverablePart]:
    return list(DeliverablePart.objects.filter(deliverable=deliverable))


def _content(deliverable: Deliverable) -> list[dict[str, Any]]:
    themes: dict[str, list[str]] = {}
    for tag in NeedTag.objects.filter(deliverable=deliverable).select_related("theme"):
        themes.setdefault(tag.section, []).append(tag.theme.name)
    return sheets.written(deliverable, parts_of(deliverable), themes)


@action("Wrote a deliverable")
def write_sections(
    *,
    by: Any,
    deliverable: Deliverable,
    words: Mapping[str, str],
    themes: Mapping[str, Iterable[NeedTheme]] | None = None,
    confidential: Iterable[str] = (),
) -> Deliverable:
    """Keep what is written under each section, with the needs found there; nothing is handed in yet.

    ``confidential`` names the sections that a confidentiality agreement covers.
    """
    deliverable = _locked(deliverable)
    rules.check_deliverable_act(by, deliverable, "mou.write_sections")
    form = deliverable.kind.form
    sections = dict(sheets.SECTIONS[form])
    if form in sheets.IN_ROWS or set(words) - set(sections):
        raise TypeError(f"{deliverable} is not written by these sections")
    closed = set(confidential)
    deliverable.deliverableparts.all().delete()
    deliverable.needtags.all().delete()
    DeliverablePart.objects.bulk_create(
        DeliverablePart(
            deliverable=deliverable, section=section, words=text.strip(), is_confidential=section in closed
        )
        for section in sections
        if (text := words.get(section, "")).strip()
    )
    NeedTag.objects.bulk_create(
        NeedTag(deliverable=deliverable, section=section, theme=theme, is_confidential=section in closed)
        for section, found in (themes or {}).items()
        for theme in found
    )
    _record(
        deliverable,
        by,
        deliverable.state,
        sections=sorted(key for key, text in words.items() if text.strip()),
    )
    return deliverable


@action("Wrote a deliverable")
def save_deliverable_row(
    *, by: Any, deliverable: Deliverable, part: DeliverablePart | None = None, **values: Any
) -> DeliverablePart:
    """Add an option, or an action of the improvement plan, or change ``part``."""
    deliverable = _locked(deliverable)
    rules.check_deliverable_act(by, deliverable, "mou.save_deliverable_row")
    form = deliverable.kind.form
    unknown = set(values) - set(ROW_FIELDS.get(form, ()))
    if form not in sheets.IN_ROWS or unknown:
        raise TypeError(f"{deliverable} has no {', '.join(sorted(unknown)) or 'rows'}")
    is_new = part is None
    if part is None:
        part = DeliverablePart(deliverable=deliverable, section=sheets.SECTIONS[form][0][0])
    else:
        part = _part_of(deliverable, part)
    for name, value in values.items():
        setattr(part, name, value)
    if not part.words.strip():
        raise Denied("Say what it is.")
    part.save()
    _record(deliverable, by, deliverable.state, part=part.pk, new=is_new)
    return part


@action("Wrote a deliverable")
def remove_deliverable_row(*, by: Any, deliverable: Deliverable, part: DeliverablePart) -> Deliverable:
    """Take a row out."""
    deliverable = _locked(deliverable)
    rules.check_deliverable_act(by, deliverable, "mou.remove_deliverable_row")
    part = _part_of(deliverable, part)
    pk = part.pk
    part.delete()
    _record(deliverable, by, deliverable.state, part=pk, removed=True)
    return deliverable


def _part_of(deliverable: Deliverable, part: DeliverablePart) -> DeliverablePart:
    found = DeliverablePart.objects.filter(deliverable=deliverable, pk=part.pk).first()
    if found is None:
        raise Denied("This row was taken out in the meantime.")
    return found


# --- handed in and answered ----------------------------------------------------------------------


def last_round(deliverable: Deliverable) -> DeliverableRound | None:
    return DeliverableRound.objects.filter(deliverable=deliverable).order_by("-number").first()


def check_is_whole(deliverable: Deliverable, has_file: bool) -> None:
    """A file is enough; else what is written here must be whole."""
    missing = sheets.lacks(deliverable.kind.form, parts_of(deliverable))
    if missing and not has_file:
        raise Denied(f"{missing}, or hand in a file.")


@action("Handed in a deliverable")
def hand_in_deliverable(
    *,
    by: Any,
    deliverable: Deliverable,
    note: str = "",
    file: CheckedFile | None = None,
    is_confidential: bool = False,
) -> DeliverableRound:
    """Keep what is written here and the file, exactly as they are, as the next round; tells the office.

    A second click of the same person is the same round.
    """
    deliverable = _locked(deliverable)
    last = last_round(deliverable)
    if (
        deliverable.state == D.HANDED_IN
        and last
        and last.handed_in_by_id == by.pk
        and last.note == note.strip()
    ):
        _record(deliverable, by, deliverable.state, round=last.number, repeat=True)
        return last
    rules.check_deliverable_act(by, deliverable, "mou.hand_in_deliverable")
    check_is_whole(deliverable, file is not None)
    kept = None
    if file is not None:
        kept = StoredFile.keep(name=file.name, content_type=file.content_type, content=file.content, by=by)
    made = DeliverableRound.objects.create(
        deliverable=deliverable,
        number=last.number + 1 if last else 1,
        note=note.strip(),
        content=_content(deliverable),
        file=kept,
        is_confidential=is_confidential,
        handed_in_by=by,
    )
    before = _move(deliverable, "mou.hand_in_deliverable")
    _record(deliverable, by, before, round=made.number, file_sha256=kept.sha256 if kept else "")
    letters.handed_in(deliverable)
    return made


def _answered_round(by: Any, deliverable: Deliverable, read: int, act: str) -> DeliverableRound:
    """The round that waits, when it is the one that was read."""
    rules.check_can_answer(by, deliverable, act)
    last = last_round(deliverable)
    if last is None or last.number != read:
        raise Denied("It was handed in anew while you were reading. Read it again, then answer.")
    return last


def _is_repeat(by: Any, deliverable: Deliverable, state: str, read: int, words: str) -> bool:
    answers = RoundAnswer.objects.filter(
        round__deliverable=deliverable, round__number=read, answered_by=by.pk, words=words.strip()
    )
    return deliverable.state == state and answers.exists()


@action("Accepted a deliverable")
def accept_deliverable(*, by: Any, deliverable: Deliverable, read: int, words: str = "") -> Deliverable:
    """Accept round ``read``. Where the invoice waits for it, the supplier's money that is open becomes payable."""
    deliverable = _locked(deliverable)
    if _is_repeat(by, deliverable, D.ACCEPTED, read, words):
        _record(deliverable, by, deliverable.state, round=read, repeat=True)
        return deliverable
    found = _answered_round(by, deliverable, read, "mou.accept_deliverable")
    if deliverable.kind.opens_invoice:
        hold_money_of([deliverable.supplier_case.referral])
    RoundAnswer.objects.create(round=found, accepts=True, words=words.strip(), answered_by=by)
    before = _move(deliverable, "mou.accept_deliverable")
    _record(deliverable, by, before, round=read, why=words.strip())
    if deliverable.kind.opens_invoice:
        open_what_is_due(by=by, referral=deliverable.supplier_case.referral)
    letters.accepted(deliverable, words.strip())
    return deliverable


@action("Asked for a deliverable again")
def ask_deliverable_again(*, by: Any, deliverable: Deliverable, read: int, words: str) -> Deliverable:
    """Say what round ``read`` lacks, which the supplier reads; it may be written and handed in again."""
    deliverable = _locked(deliverable)
    if _is_repeat(by, deliverable, D.ASKED_AGAIN, read, words):
        _record(deliverable, by, deliverable.state, round=read, repeat=True)
        return deliverable
    found = _answered_round(by, deliverable, read, "mou.ask_deliverable_again")
    if not words.strip():
        raise Denied("Say what is missing.")
    RoundAnswer.objects.create(round=found, accepts=False, words=words.strip(), answered_by=by)
    before = _move(deliverable, "mou.ask_deliverable_again")
    _record(deliverable, by, before, round=read, why=words.strip())
    letters.asked_again(deliverable, words.strip())
    return deliverable


@action("Gave a deliverable a new date")
def change_deliverable_date(*, by: Any, deliverable: Deliverable, due_on: dt.date, why: str) -> Deliverable:
    """With the reason; the earlier date stays on record, and reminders follow the new one."""
    deliverable = _locked(deliverable)
    rules.check_new_date(by, deliverable, due_on)
    if not why.strip():
        raise Denied("Say why the date changes.")
    before = deliverable.due_on
    if before != due_on:
        DeliverableDate.objects.create(
            deliverable=deliverable, before=before, due_on=due_on, why=why.strip(), set_by=by
        )
        deliverable.due_on = due_on
        deliverable.save()
        letters.new_date(deliverable, why.strip())
    _record(
        deliverable,
        by,
        deliverable.state,
        due=due_on,
        was_due=before,
        why=why.strip(),
        repeat=before == due_on,
    )
    return deliverable


# --- taken over into the case's own plan ------------------------------------------------------------

_UNDER = {
    "finance": Objective.Heading.STABILITY,
    "workforce": Objective.Heading.STABILITY,
    "infrastructure": Objective.Heading.WORKING,
    "workload": Objective.Heading.WORKING,
    "models": Objective.Heading.FUTURE,
}
"""The five headings of a supplier's plan under the three of the MoU's."""


def plan_to_take_over(case: SupplierCase) -> Deliverable | None:
    """The improvement plan that was written here and handed in, if any."""
    rows = case.deliverables.filter(kind__form=Form.PLAN, state__in=(D.HANDED_IN, D.ACCEPTED))
    return rows.filter(deliverableparts__isnull=False).select_related("kind").distinct().first()


def check_can_take_over(user: Any, referral: Referral, plan: Plan | None, case: SupplierCase) -> None:
    """Either side, while the plan of the case is being drafted."""
    check_can_draft(user, referral, plan, "mou.save_row" if plan else "mou.start_plan")
    if plan_to_take_over(case) is None:
        raise Denied("The supplier has not handed in an improvement plan that is written here.")


@action("Took the supplier's plan over into the improvement plan")
def take_over_plan(*, by: Any, case: SupplierCase) -> int:
    """Copy each action of the supplier's plan into the case's own draft, where it is not there yet; how many.

    What is confidential is left out: the commissioner reads the draft.
    """
    referral = lock(case.referral)
    case = lock(case)
    plan = plans.plan_of(referral)
    check_can_take_over(by, referral, plan, case)
    deliverable = plan_to_take_over(case)
    if plan is None:
        plan = plan_actions.start_plan(by=by, referral=referral)
    as_objectives = plans.layout_of(referral.year).has_objectives
    count = 0
    for part in DeliverablePart.objects.filter(deliverable=deliverable, is_confidential=False):
        if as_objectives:
            kind: type[Any] = Objective
            values = {
                "heading": _UNDER[part.section],
                "objective": part.words,
                "measure": part.outcome,
                "due_on": part.due_on,
            }
        else:
            kind = PlanAction
            values = {
                "deliverable": part.outcome,
                "action": part.words,
                "owner": part.owner,
                "outcomes": part.outcome,
                "due_on": part.due_on,
            }
        if not kind.objects.filter(plan=plan, **values).exists():
            plan_actions.save_row(by=by, referral=referral, kind=kind, **values)
            count += 1
    record(by=by, on=case, case=referral, deliverable=deliverable.pk if deliverable else None, rows=count)
    return count
