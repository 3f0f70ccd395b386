"""What waits in the room of the MoU: tasks of the home pages, by role."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from funding.commitments.filters import left_after_the_end
from funding.commitments.unnamed import not_in_the_mou
from funding.models import Commitment
from mou.bulk.ready import cases, ready
from mou.case_studies.filters import making_rows, to_edit
from mou.case_studies.progress import standing_of
from mou.delivery.filters import LATE, late_reports
from mou.models import Dispute, ProgressReport, Review
from mou.register.rows import SOON, UNSIGNED_TOO_LONG, ends_soon, register_rows, unsigned_for
from resilience.core.access import P
from resilience.home.in_care import deliveries
from resilience.home.tasks import Task


def register(**query: str) -> str:
    return f"{reverse('mou:register')}?{urlencode(query)}"


def mous_ending(user: Any) -> list[Task]:
    """In force, and not for long."""
    count = register_rows(user).filter(ends_soon()).count()
    return [Task(count, "MoU", f"ending in {SOON} days or less", register(ends="soon"))]


def disputes_open(user: Any) -> list[Task]:
    """Of MoUs in scope, not settled."""
    rows = Dispute.objects.visible_to(user, P.VIEW_INTERNAL).exclude(state=Dispute.State.SETTLED)
    return [Task(rows.count(), "MoU", "in dispute", register(disputed="yes"), True)]


def ready_to_issue(user: Any) -> list[Task]:
    """Plan agreed, money committed, and no MoU out."""
    address = f"{reverse('mou:ready_to_issue')}?tab=ready"
    return [Task(ready(user).count(), "MoU", "ready to be issued", address)]


def changes_asked(user: Any) -> list[Task]:
    """Drafts whose practice asked for a change that nobody has answered."""
    address = f"{reverse('mou:ready_to_issue')}?lacks=changes"
    count = cases(user).filter(lacks="changes").count()
    return [Task(count, "MoU", "with a change that the practice asked for and nobody answered", address)]


def money_left(user: Any) -> list[Task]:
    """Committed, not payable, and the MoU is over: to be released unless a stage still opens."""
    rows = left_after_the_end(Commitment.objects.visible_to(user))
    address = f"{reverse('funding:commitments')}?ended=left"
    return [Task(rows.count(), "commitment", "still committed after the MoU ended", address)]


def money_unnamed(user: Any) -> list[Task]:
    """Committed after signature: it is not paid until a variation names it."""
    rows = not_in_the_mou(Commitment.objects.visible_to(user))
    address = f"{reverse('funding:commitments')}?named=no"
    return [Task(rows.count(), "commitment", "that the MoU does not name: propose a variation", address)]


def reports_late(user: Any) -> list[Task]:
    """Reports of progress that practices have not handed in by their day."""
    late = ProgressReport.objects.visible_to(user, P.WORK_REFERRALS).filter(late_reports())
    href = f"{reverse('mou:progress_reports')}?state={LATE}"
    return [Task(late.count(), "progress report", "late", href, True)]


def reports_to_read(user: Any) -> list[Task]:
    """Reports of progress that wait for the officer to accept them or to ask again."""
    handed_in = ProgressReport.State.HANDED_IN
    rows = ProgressReport.objects.visible_to(user, P.WORK_REFERRALS).filter(state=handed_in)
    href = f"{reverse('mou:progress_reports')}?state={handed_in}"
    return [Task(rows.count(), "progress report", "handed in: accept or ask again", href)]


def reviews_open(user: Any) -> list[Task]:
    """Reviews at the end that were started and are not complete."""
    rows = Review.objects.visible_to(user, P.WORK_REFERRALS).filter(completed_at__isnull=True)
    return [
        Task(
            rows.count(),
            "review",
            "at the end of support to complete",
            f"{reverse('mou:reviews')}?state=open",
        )
    ]


def _studies(user: Any, thing: str, wanted: Q, **query: str) -> Task:
    address = f"{reverse('mou:case_studies')}?{urlencode(query)}"
    return Task(making_rows(user).filter(wanted).count(), "case study,case studies", thing, address)


def studies_to_edit(user: Any) -> list[Task]:
    """Written by the practice: the office reads them and asks for consent."""
    return [_studies(user, "that the practice says is ready", to_edit(), state="writing", handed_in="yes")]


def studies_to_publish(user: Any) -> list[Task]:
    return [
        _studies(
            user, "to publish: the practice consents", Q(case_study__state="consented"), state="consented"
        )
    ]


def studies_missing(user: Any) -> list[Task]:
    """Case studies that a deadline of the next four weeks still asks for, in the regions of this person."""
    soon = timezone.now() + dt.timedelta(days=28)
    coming = [
        each
        for region in standing_of(user)
        for each in region.deadlines
        if not each.is_past and each.milestone.due_at <= soon
    ]
    missing, address = sum(each.missing for each in coming), reverse("mou:case_study_progress")
    return [Task(missing, "case study,case studies", "to publish before a deadline", address)]


def mous_unsigned(user: Any) -> Task:
    """Sent and not signed by all for too long."""
    late = register_rows(user).filter(unsigned_for(UNSIGNED_TOO_LONG))
    said = f"sent more than {UNSIGNED_TOO_LONG} days ago and not signed"
    return Task(late.count(), "MoU", said, register(unsigned=str(UNSIGNED_TOO_LONG)), True)


DELIVERY: dict[str, list[Callable[[Any], list[Task]]]] = {
    "programme_officer": [
        mous_ending,
        disputes_open,
        changes_asked,
        ready_to_issue,
        money_unnamed,
        reports_late,
        reports_to_read,
        reviews_open,
        deliveries,
        studies_to_edit,
        studies_to_publish,
        studies_missing,
    ],
    "approver": [mous_ending, disputes_open, studies_to_publish],
    "finance_lead": [money_left, studies_missing],
    "administrator": [],
}
"""By role: what comes after the tasks of the referral and the money."""
