"""Assigning a case to a supplier and all that follows but the deliverables: visits, figures, commitments, consents."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from mou.models import (
    CommitmentItem,
    CommitmentTick,
    Deliverable,
    Ending,
    SupplierCase,
    SupplierConsent,
    SupplierFigure,
    SupplierVisit,
)
from mou.suppliers import letters, rules, sheets
from mou.suppliers.managers import manager_fields
from mou.suppliers.states import case_state
from practices.care import close_care, open_care
from practices.models import Organisation, Person, Practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import add_working_days, today
from resilience.core.trail import record
from resilience.core.words import day
from resilience.referrals.models import Referral


def _locked(case: SupplierCase) -> SupplierCase:
    """The referral, then the assignment: everyone locks in this order."""
    referral = lock(case.referral)
    case = lock(case)
    case.referral = referral
    return case


def _held(practices: Iterable[Practice]) -> list[Practice]:
    """Practices in one order and before any referral, as whoever hands in a stage for one holds it."""
    return [lock(each) for each in sorted(practices, key=lambda each: each.pk)]


def _record(case: SupplierCase, by: Any, **facts: Any) -> None:
    state = case_state(case)
    record(by=by, on=case, case=case.referral, before=facts.pop("before", state), after=state, **facts)


# --- assigned, reassigned, ended ---------------------------------------------------------------


def _assign(
    by: Any,
    referral: Referral,
    practice: Practice,
    supplier: Organisation,
    manager: dict[str, Any],
    replaces: SupplierCase | None = None,
) -> SupplierCase:
    """The row, the held practice's care, and every deliverable of the year with its date."""
    sheets.set_up(lock(referral.year))
    care, is_new = open_care(supplier, practice)
    case = SupplierCase.objects.create(
        referral=referral,
        practice=practice,
        supplier=supplier,
        care=care,
        opened_care=is_new,
        replaces=replaces,
        assigned_by=by,
        **manager,
    )
    Deliverable.objects.bulk_create(
        Deliverable(supplier_case=case, kind=kind, due_on=add_working_days(today(), kind.working_days))
        for kind in referral.year.deliverable_kinds.all()
    )
    return case


@action("Assigned a practice to a supplier")
def assign_case(
    *,
    by: Any,
    referral: Referral,
    practices: Sequence[Practice],
    supplier: Organisation,
    change_manager: Person | None = None,
    name: str = "",
    email: str = "",
) -> list[SupplierCase]:
    """Give practices of a supported case to a supplier and its change manager, all or none; tells both sides.

    The supplier's people see them from now on. Somebody new is invited. Asked twice by the same person, it is one act.
    """
    practices = _held(practices)
    referral = lock(referral)
    if not practices:
        raise Denied("Choose at least one practice.")
    found = [rules.open_case(referral, each) for each in practices]
    if all(each and each.supplier_id == supplier.pk and each.assigned_by_id == by.pk for each in found):
        cases = [each for each in found if each]
        for case in cases:
            _record(case, by, repeat=True)
        return cases
    rules.check_may_assign(by, referral)
    for practice in practices:
        rules.check_can_assign_case(by, referral, practice, supplier)
    manager = manager_fields(by=by, supplier=supplier, person=change_manager, name=name, email=email)
    made = []
    for practice in practices:
        case = _assign(by, referral, practice, supplier, manager)
        _record(case, by, before="none", supplier=supplier.pk, practice=practice.pk)
        letters.assigned(case)
        made.append(case)
    return made


def _end(case: SupplierCase, by: Any, why: str, ending: Ending | None = None) -> None:
    """The row ends, and the care with the last row that needs it, where assigning a case had opened it."""
    if not why.strip():
        raise Denied("Say why the assignment ends.")
    case.ended_at, case.ended_by, case.ended_reason = timezone.now(), by, why.strip()
    case.ended_with = ending
    case.save()
    care = lock(case.care)
    together = SupplierCase.objects.filter(care=care)
    if together.filter(opened_care=True).exists() and not together.open().exists():
        close_care(care)
    for visit in case.suppliervisits.filter(recorded_at=None, cancelled_at=None):
        visit.cancelled_at, visit.cancelled_by, visit.cancelled_reason = timezone.now(), by, why.strip()
        visit.save()


@action("Assigned a practice to another supplier")
def reassign_case(
    *,
    by: Any,
    case: SupplierCase,
    supplier: Organisation,
    why: str,
    change_manager: Person | None = None,
    name: str = "",
    email: str = "",
) -> SupplierCase:
    """End the assignment and begin another by one act; the new supplier sees nothing of the old one's work."""
    [practice] = _held([case.practice])
    case = _locked(case)
    rules.check_can_reassign(by, case, supplier)
    before = case_state(case)
    _end(case, by, why)
    manager = manager_fields(by=by, supplier=supplier, person=change_manager, name=name, email=email)
    made = _assign(by, case.referral, practice, supplier, manager, replaces=case)
    _record(case, by, before=before, why=why, replaced_by=made.pk)
    _record(made, by, before="none", supplier=supplier.pk, practice=made.practice_id)
    letters.ended(case)
    letters.assigned(made)
    return made


@action("Ended an assignment to a supplier")
def end_case(*, by: Any, case: SupplierCase, why: str) -> SupplierCase:
    """The supplier's people no longer see the practice, unless it is theirs for another case; tells both sides."""
    case = _locked(case)
    if not case.is_open and case.ended_by_id == by.pk and case.ended_reason == why.strip():
        _record(case, by, repeat=True)
        return case
    rules.check_case_act(by, case, "mou.end_case")
    before = case_state(case)
    _end(case, by, why)
    _record(case, by, before=before, why=why)
    letters.ended(case)
    return case


@action("Ended an assignment to a supplier with the MoU")
def end_with_mou(*, by: Any, case: SupplierCase, ending: Ending) -> SupplierCase:
    """What the MoU of the case ended, ends with it; what was handed in by then is still answered. Tells both sides.

    ``by`` is who ended the MoU: nobody when the service did.
    """
    case = _locked(case)
    if not case.is_open:
        _record(case, by, repeat=True)
        return case
    before = case_state(case)
    why = f"The MoU ended on {day(ending.ended_on)}: {ending.get_how_display().lower()}."
    _end(case, by, why, ending)
    _record(case, by, before=before, why=why, ending=ending.pk)
    letters.ended(case)
    return case


@action("Named another change manager")
def name_change_manager(
    *, by: Any, case: SupplierCase, change_manager: Person | None = None, name: str = "", email: str = ""
) -> SupplierCase:
    """Another of the supplier's people; somebody new is invited. Tells all three."""
    case = _locked(case)
    rules.check_case_act(by, case, "mou.name_change_manager")
    before = case.manager_email
    fields = manager_fields(by=by, supplier=case.supplier, person=change_manager, name=name, email=email)
    for field, value in fields.items():
        setattr(case, field, value)
    case.save()
    is_same = before == case.manager_email
    _record(case, by, manager=case.change_manager_id, repeat=is_same)
    if not is_same:
        letters.manager_changed(case, before)
    return case


@action("Said whether the supplier reads what was asked for")
def share_request(*, by: Any, case: SupplierCase, shares: bool) -> SupplierCase:
    """Let the supplier read, in the practice's own words, what it asked for; or no longer."""
    case = _locked(case)
    rules.check_case_act(by, case, "mou.share_request")
    is_same = case.shares_request == shares
    case.shares_request = shares
    case.save()
    _record(case, by, shares=shares, repeat=is_same)
    return case


# --- visits --------------------------------------------------------------------------------------


@action("Booked a visit")
def book_visit(*, by: Any, case: SupplierCase, on: dt.date) -> SupplierVisit:
    """Tells the practice. Booked again for the same day, it is the same visit."""
    case = _locked(case)
    same = case.suppliervisits.filter(
        planned_on=on, recorded_at=None, cancelled_at=None, booked_by=by.pk
    ).first()
    if same is not None:
        _record(case, by, visit=same.pk, repeat=True)
        return same
    rules.check_can_book(by, case, on)
    visit = SupplierVisit.objects.create(supplier_case=case, planned_on=on, booked_by=by)
    _record(case, by, visit=visit.pk, day=on)
    letters.visit_booked(visit)
    return visit


def _visit(visit: SupplierVisit) -> SupplierVisit:
    case = _locked(visit.supplier_case)
    visit = lock(visit)
    visit.supplier_case = case
    return visit


@action("Recorded a visit")
def record_visit(*, by: Any, visit: SupplierVisit, made_on: dt.date, note: str = "") -> SupplierVisit:
    """The visit was made, on the day it was booked for or another. Nothing about it changes after that."""
    visit = _visit(visit)
    rules.check_visit(by, visit, "mou.record_visit")
    if made_on > today():
        raise Denied("A visit that was made cannot lie in the future.")
    if made_on < timezone.localdate(visit.supplier_case.assigned_at):
        raise Denied("The practice was not in your care yet on that day.")
    visit.made_on, visit.note = made_on, note.strip()
    visit.recorded_at, visit.recorded_by = timezone.now(), by
    visit.save()
    _record(visit.supplier_case, by, visit=visit.pk, day=made_on)
    return visit


@action("Cancelled a visit")
def cancel_visit(*, by: Any, visit: SupplierVisit, why: str) -> SupplierVisit:
    """With the reason, which the practice reads."""
    visit = _visit(visit)
    rules.check_visit(by, visit, "mou.cancel_visit")
    if not why.strip():
        raise Denied("Say why the visit is cancelled.")
    visit.cancelled_at, visit.cancelled_by, visit.cancelled_reason = timezone.now(), by, why.strip()
    visit.save()
    _record(visit.supplier_case, by, visit=visit.pk, why=why)
    letters.visit_cancelled(visit)
    return visit


# --- figures of the supplier's own ----------------------------------------------------------------


@action("Added a figure about a practice")
def add_figure(
    *,
    by: Any,
    case: SupplierCase,
    label: str,
    value: str,
    period: str,
    source: str,
    is_confidential: bool,
) -> SupplierFigure:
    """A figure that was gathered at the practice; one that is confidential the commissioner reads by consent alone."""
    case = _locked(case)
    rules.check_case_act(by, case, "mou.add_figure")
    fields = {"label": label, "value": value, "period": period, "source": source}
    if missing := [name for name, text in fields.items() if not text.strip()]:
        raise Denied(f"Enter the {missing[0]} of the figure.")
    same = case.supplierfigures.filter(
        withdrawn_at=None, gathered_by=by.pk, is_confidential=is_confidential, **fields
    ).first()
    figure = same or SupplierFigure.objects.create(
        supplier_case=case, gathered_by=by, is_confidential=is_confidential, **fields
    )
    _record(case, by, figure=figure.pk, confidential=is_confidential, repeat=same is not None)
    return figure


@action("Took back a figure about a practice")
def withdraw_figure(*, by: Any, figure: SupplierFigure) -> SupplierFigure:
    """It stays on record and is shown no more."""
    case = _locked(figure.supplier_case)
    figure = lock(figure)
    figure.supplier_case = case
    rules.check_can_withdraw_figure(by, figure)
    figure.withdrawn_at, figure.withdrawn_by = timezone.now(), by
    figure.save()
    _record(case, by, figure=figure.pk)
    return figure


# --- the practice's own -------------------------------------------------------------------------


@action("Confirmed a commitment of the practice")
def tick_commitment(*, by: Any, case: SupplierCase, item: CommitmentItem) -> CommitmentTick:
    """The practice says that it keeps one of its commitments; once."""
    case = _locked(case)
    rules.check_can_tick(by, case, item)
    ticked, is_new = CommitmentTick.objects.get_or_create(
        supplier_case=case, item=item, undone_at=None, defaults={"ticked_by": by}
    )
    _record(case, by, item=item.pk, repeat=not is_new)
    return ticked


@action("Took back a commitment of the practice")
def undo_commitment(*, by: Any, case: SupplierCase, item: CommitmentItem) -> None:
    """It no longer says so; that it once did stays on record."""
    case = _locked(case)
    rules.check_can_tick(by, case, item, "mou.undo_commitment")
    ticked = CommitmentTick.objects.filter(supplier_case=case, item=item, undone_at=None).first()
    if ticked is not None:
        ticked.undone_at, ticked.undone_by = timezone.now(), by
        ticked.save()
    _record(case, by, item=item.pk, repeat=ticked is None)


@action("Gave consent for what is confidential")
def give_consent(*, by: Any, case: SupplierCase, what: str) -> SupplierConsent:
    """The practice lets it be shown to the commissioner, or be compared without names; until it takes that back."""
    case = _locked(case)
    rules.check_can_consent(by, case, what)
    given, is_new = SupplierConsent.objects.get_or_create(
        supplier_case=case, what=what, revoked_at=None, defaults={"given_by": by}
    )
    _record(case, by, what=what, repeat=not is_new)
    return given


@action("Took back consent for what is confidential")
def revoke_consent(*, by: Any, case: SupplierCase, what: str) -> None:
    """From now on the commissioner reads none of it, and it is compared with nothing."""
    case = _locked(case)
    rules.check_can_consent(by, case, what, "mou.revoke_consent")
    given = SupplierConsent.objects.filter(supplier_case=case, what=what, revoked_at=None).first()
    if given is not None:
        given.revoked_at, given.revoked_by = timezone.now(), by
        given.save()
    _record(case, by, what=what, repeat=given is None)
