"""Interests, findings, placement and its review, continuing support, safety escalations."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from practices.models import Practice
from resilience.assessments import rules
from resilience.assessments.findings import current_findings
from resilience.assessments.models import (
    Assessment,
    ContinuingSupport,
    Finding,
    Interest,
    Placement,
    SafetyEscalation,
)
from resilience.core import outbox
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import Criterion, MatrixCell
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act, move

Said = Mapping[str, str]
"""What is said of one criterion: ``concern``, ``evidence``, ``source``."""


@action("Declared an interest")
def declare_interest(
    *, by: Any, practice: Practice, nature: str, started_on: dt.date, ended_on: dt.date | None = None
) -> Interest:
    """``by`` declares an interest of their own in a practice; it bars them while it lasts."""
    rules.check_can_declare(by)
    interest = Interest.objects.create(
        person=by,
        practice=practice,
        nature=nature,
        started_on=started_on,
        ended_on=ended_on,
        declared_by=by,
    )
    record(by=by, on=interest, why=nature, internal=True, practice=practice.pk, started_on=started_on)
    return interest


@action("Ended an interest")
def end_interest(*, by: Any, interest: Interest, ended_on: dt.date) -> Interest:
    """Say from which day an interest no longer holds. Raises Denied before it began."""
    interest = lock(interest)
    rules.check_can_end_interest(by, interest)
    if ended_on < interest.started_on:
        raise Denied("An interest ends on or after the day it began.")
    interest.ended_on, interest.ended_by = ended_on, by
    interest.save()
    record(by=by, on=interest, internal=True, ended_on=ended_on)
    return interest


@action("Started the assessment")
def start(*, by: Any, referral: Referral) -> Assessment:
    """Begin to judge a referral against the criteria set of its year, which it keeps from now on."""
    referral = lock(referral)
    rules.check_can_assess(by, referral, "assessments.start")
    criteria_set = referral.year.criteria_set
    assert criteria_set is not None  # nosec B101 # an assessed year has one: the database says so
    assessment = Assessment.objects.create(referral=referral, criteria_set=criteria_set, started_by=by)
    before, after = move(referral, "assessments.start")
    record(by=by, on=assessment, internal=True, before=before, after=after)
    return assessment


class Changed(Denied):
    """Someone else changed findings since the page was opened; ``theirs`` is by criterion id."""

    def __init__(self, theirs: Mapping[int, Finding]) -> None:
        self.theirs = theirs
        names = ", ".join(sorted({finding.found_by.name for finding in theirs.values()}))
        numbers = ", ".join(str(finding.criterion.number) for finding in theirs.values())
        super().__init__(
            f"{names} changed criteria {numbers} after you opened this page. Both texts are shown: "
            "keep what is right, then save again."
        )


def _says(finding: Finding | None) -> Said:
    if finding is None:
        return {"concern": "", "evidence": "", "source": ""}
    return {"concern": finding.concern, "evidence": finding.evidence, "source": finding.source}


def new_findings(
    assessment: Assessment, findings: Mapping[Criterion, Said], seen: Mapping[int, int | None] | None = None
) -> dict[Criterion, Said]:
    """What of ``findings`` the person changed and the record does not yet say.

    ``seen`` is, by criterion id, the finding the page showed (None for none): what still says the same as that
    was not changed by this person. Raises Changed where both this person and another changed one.
    """
    record_now = current_findings(assessment)
    shown = {
        finding.pk: finding
        for finding in assessment.findings.filter(pk__in=filter(None, (seen or {}).values()))
    }
    new, theirs = {}, {}
    for criterion, said in findings.items():
        stands = record_now.get(criterion.pk)
        if said == _says(stands):
            continue
        if seen is not None:
            opened = shown.get(seen.get(criterion.pk) or 0)
            if said == _says(opened):
                continue
            if stands and stands != opened:
                theirs[criterion.pk] = stands
                continue
        new[criterion] = said
    if theirs:
        raise Changed(theirs)
    return new


@action("Saved findings")
def save_findings(
    *,
    by: Any,
    assessment: Assessment,
    findings: Mapping[Criterion, Said],
    seen: Mapping[int, int | None] | None = None,
) -> list[Finding]:
    """Add a finding for each criterion whose concern, evidence or source this person changed.

    Each value has ``concern``, ``evidence`` and ``source``; ``seen`` is as in ``new_findings``. Raises Changed,
    and writes nothing, where another person changed the same one meanwhile.
    """
    lock(assessment.referral)
    assessment = lock(assessment)
    rules.check_can_assess(by, assessment.referral, "assessments.save_findings")
    for criterion in findings:
        if criterion.criteria_set_id != assessment.criteria_set_id:
            raise Denied(f"“{criterion.name}” is not one of this assessment's criteria.")
    new = new_findings(assessment, findings, seen)
    if assessment.completed_at and (gone := [each for each, said in new.items() if not said["concern"]]):
        numbers = ", ".join(str(criterion.number) for criterion in gone)
        raise Denied(f"This assessment is complete: give a level of concern for criteria {numbers}.")
    added = [
        Finding.objects.create(assessment=assessment, criterion=criterion, found_by=by, **said)
        for criterion, said in new.items()
    ]
    record(by=by, on=assessment, internal=True, findings=[finding.pk for finding in added])
    return added


@action("Completed the assessment")
def complete(*, by: Any, assessment: Assessment) -> Assessment:
    """Say that every criterion has its finding. Raises Denied naming those that have none."""
    lock(assessment.referral)
    assessment = lock(assessment)
    rules.check_can_complete(by, assessment)
    assessment.completed_at, assessment.completed_by = timezone.now(), by
    assessment.save()
    record(by=by, on=assessment, internal=True)
    return assessment


@action("Answered the continuing-support questions")
def answer_continuing(*, by: Any, referral: Referral, comment: str = "", **answers: Any) -> ContinuingSupport:
    """Add answers to the five questions asked before a practice is supported again."""
    referral = lock(referral)
    rules.check_can_assess(by, referral, "assessments.answer_continuing")
    answered = ContinuingSupport.objects.create(referral=referral, answered_by=by, comment=comment, **answers)
    record(by=by, on=answered, why=comment, internal=True, **answers)
    return answered


@action("Placed on the matrix")
def place(
    *,
    by: Any,
    referral: Referral,
    scope: int,
    impact: int,
    scope_justification: str,
    impact_justification: str,
) -> Placement:
    """Place a referral by its two scores, each with its justification; the rating follows from the matrix."""
    referral = lock(referral)
    rules.check_can_place(by, referral)
    return _put(by, referral, "assessments.place", scope, impact, scope_justification, impact_justification)


@action("Reviewed the placement")
def review(
    *,
    by: Any,
    referral: Referral,
    scope: int,
    impact: int,
    scope_justification: str,
    impact_justification: str,
    reason: str,
) -> Placement:
    """A second officer places it anew, with a reason; the earlier placement stays on record."""
    referral = lock(referral)
    rules.check_can_review(by, referral)
    if not reason.strip():
        raise Denied("Say why the placement is moved or confirmed.")
    return _put(
        by, referral, "assessments.review", scope, impact, scope_justification, impact_justification, reason
    )


def _cell(matrix: int | None, scope: int, impact: int) -> MatrixCell:
    try:
        return MatrixCell.objects.get(matrix=matrix, scope=scope, impact=impact)
    except MatrixCell.DoesNotExist:
        raise Denied("Choose a score from 1 to 5 for scope and for impact.") from None


def _justified(words: str) -> str:
    if not words.strip():
        raise Denied("Justify both scores: the record must show why the practice was placed there.")
    return words


def _put(
    by: Any,
    referral: Referral,
    act: str,
    scope: int,
    impact: int,
    scope_justification: str,
    impact_justification: str,
    reason: str = "",
) -> Placement:
    earlier = Placement.objects.select_related("cell").filter(referral=referral, is_current=True).first()
    # A review is judged by the matrix of the first placement, so that no later version rewrites history.
    matrix = earlier.cell.matrix_id if earlier else referral.year.matrix_id
    cell = _cell(matrix, scope, impact)
    justified = _justified(scope_justification), _justified(impact_justification)
    if earlier:
        earlier.is_current = False
        earlier.save()
    placement = Placement.objects.create(
        referral=referral,
        cell=cell,
        scope_justification=justified[0],
        impact_justification=justified[1],
        placed_by=by,
        replaces=earlier,
        review_reason=reason,
    )
    before, after = move(referral, act)
    record(
        by=by,
        on=placement,
        why=reason,
        internal=True,
        cell=cell.pk,
        scope=scope,
        impact=impact,
        rating=cell.rating,
        before=before,
        after=after,
    )
    return placement


@action("Placed again when support ended")
def place_at_end(
    *,
    by: Any,
    referral: Referral,
    scope: int,
    impact: int,
    scope_justification: str,
    impact_justification: str,
) -> Placement:
    """Place it once more at the end of support; the placement that was decided on stays the one that stands."""
    referral = lock(referral)
    rules.check_can_place_at_end(by, referral)
    first = Placement.objects.select_related("cell").get(referral=referral, is_current=True)
    placement = Placement.objects.create(
        referral=referral,
        cell=_cell(first.cell.matrix_id, scope, impact),
        scope_justification=_justified(scope_justification),
        impact_justification=_justified(impact_justification),
        placed_by=by,
        is_current=False,
        at_end=True,
    )
    cell = placement.cell
    record(by=by, on=placement, internal=True, cell=cell.pk, scope=scope, impact=impact, rating=cell.rating)
    return placement


@action("Raised a safety escalation")
def escalate(*, by: Any, referral: Referral, why: str) -> SafetyEscalation:
    """Say that patients may be unsafe; the programme's contact is told at once by email."""
    referral = lock(referral)
    check_act(by, referral, "assessments.escalate")
    if not why.strip():
        raise Denied("Say why patients may be unsafe.")
    escalation = SafetyEscalation.objects.create(referral=referral, why=why, raised_by=by)
    outbox.queue(
        to=[referral.year.contact_email, referral.assigned_to.email if referral.assigned_to else ""],
        subject=f"Safety escalation on {referral.reference}: someone must take it",
        body=f"{by.name} raised a safety escalation on {referral.reference}. Sign in to take it.\n\n"
        + outbox.link(reverse("assessments:escalation", kwargs={"escalation": escalation.pk})),
        about=referral,
    )
    record(by=by, on=escalation, why=why, internal=True)
    return escalation


@action("Took the safety escalation")
def take_escalation(*, by: Any, escalation: SafetyEscalation, note: str) -> SafetyEscalation:
    """Someone takes it, and says what they will do."""
    escalation = lock(escalation)
    rules.check_can_take(by, escalation)
    if not note.strip():
        raise Denied("Say what you will do.")
    escalation.taken_at, escalation.taken_by, escalation.taken_note = timezone.now(), by, note
    escalation.save()
    record(by=by, on=escalation, why=note, internal=True)
    return escalation
