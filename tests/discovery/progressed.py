"""Reports of progress and the review in the small world, and how they grow."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from mou.models import Plan, PracticeFeedback, ProgressEntry, ProgressFile, ProgressReport, Review
from resilience.assessments.models import Placement
from resilience.core.access import Role
from resilience.core.models import StoredFile
from resilience.programmes.models import MatrixCell


def reporting_in(corner: Any, referral: Any, file: StoredFile, due_on: dt.date) -> dict[str, Any]:
    """A report of progress that is due, with a file that was handed in with it."""
    report = ProgressReport.objects.create(
        referral=referral, due_on=due_on, first_due_on=due_on, set_by=corner.people[Role.PROGRAMME_OFFICER]
    )
    kept = {"added_by": corner.people[Role.PRACTICE_USER], "kept_at": timezone.now()}
    step = report.steps.create(
        act="mou.set_reports", after="due", due_on=due_on, made_by=corner.people[Role.PROGRAMME_OFFICER]
    )
    added = ProgressFile.objects.create(referral=referral, report=report, step=step, file=file, **kept)
    return {"progress_report": report.pk, "progress_file": added.pk}


def grow_progress(
    referral: Any, people: list[Any], n: int, name: str, file: Callable[[Any], StoredFile]
) -> None:
    """What was said of each row of the plan, and a report that was handed in."""
    manager, officer, _ = people
    report = ProgressReport.objects.create(
        referral=referral, due_on=dt.date(2030, 1, 1) + dt.timedelta(days=n), first_due_on=dt.date(2030, 1, 1),
        state="handed_in", set_by=officer,
    )  # fmt: skip
    for each in (report, *ProgressReport.objects.filter(referral=referral).order_by("pk")[:1]):
        step = each.steps.create(
            act="mou.hand_in_report", before="due", after="handed_in", due_on=each.due_on, words=name,
            made_by=manager,
        )  # fmt: skip
        ProgressFile.objects.create(
            referral=referral, report=each, step=step, file=file(manager), added_by=manager,
            kept_at=timezone.now(),
        )  # fmt: skip
        ProgressFile.objects.create(referral=referral, report=each, file=file(manager), added_by=manager)
        for row in referral.plan.objectives.exclude(pk__in=referral.review.outcomes.values("objective")):
            referral.review.outcomes.create(objective=row, outcome="partly", words=name)
        for rows, kind in ((referral.plan.objectives, "objective"), (referral.plan.actions, "action")):
            for row in rows.all():
                entry = ProgressEntry.objects.create(
                    referral=referral,
                    standing="late",
                    words=name,
                    step=step,
                    made_by=manager,
                    **{kind: row},
                )
                ProgressFile.objects.create(
                    referral=referral,
                    entry=entry,
                    file=file(manager),
                    added_by=manager,
                    kept_at=timezone.now(),
                )


def grow_review(referral: Any, people: list[Any], n: int, name: str) -> None:
    """A complete review, with the placement before and after, and the practice's own view."""
    manager, officer, _ = people
    cells = MatrixCell.objects.filter(matrix=referral.year.matrix)
    after = Placement.objects.create(
        referral=referral, cell=cells[n % 5], scope_justification=name, impact_justification="y",
        placed_by=officer, is_current=False, at_end=True,
    )  # fmt: skip
    review = Review.objects.create(
        referral=referral, before=referral.placements.filter(is_current=True).first(), after=after,
        comment=name, started_by=officer, **dict.fromkeys(Review.QUESTIONS, "yes"),
    )  # fmt: skip
    plan = Plan.objects.create(referral=referral)
    for words in (name, "x"):
        row = plan.actions.create(
            deliverable=words, action="x", owner="x", outcomes="x", due_on=dt.date(2030, 1, 1)
        )
        review.outcomes.create(action=row, outcome="achieved", words=words)
    PracticeFeedback.objects.create(
        review=review, helped=name, did_not_help=name, recommend=1 + n % 5, given_by=manager
    )
    Review.objects.filter(pk=review.pk).update(completed_at=timezone.now(), completed_by=officer)
