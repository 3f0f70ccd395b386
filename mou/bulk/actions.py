"""Issue the MoUs of many cases: ordered in one act, then an act for each case, in the background."""

import logging
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from mou.agreement import documents
from mou.agreement.actions import latest_agreement, send
from mou.agreement.rules import check_can_send
from mou.bulk.renderers import Renderers
from mou.bulk.rules import check_can_issue, check_not_declined
from mou.models import BulkCase, BulkIssue
from practices.models import Person
from resilience.core import pdf
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.alone import alone
from resilience.core.trail import record
from resilience.referrals.models import Referral

S = BulkCase.State
ATTEMPTS = 3
"""How often one case is begun: what ends its process so often would end it again."""
BROKEN = "Something went wrong while it was made. Try it alone; if that fails, tell the service's support."
GONE = "The case is no longer there, or no longer yours to see."
STOPPED = (
    "The service stopped each time it was begun. Try it alone; if that fails, tell the service's support."
)
CLOSED = "Your account was closed before it was its turn."

logger = logging.getLogger("resilience.bulk")


@action("Ordered MoUs to be issued together")
def begin_bulk(*, by: Any, referrals: Iterable[Referral]) -> BulkIssue:
    """Have the MoU of each case issued soon, in the background. The same asked again meanwhile is the same order.

    Whether each may be issued is asked when it is its turn, so that one that may not keeps none of the others.
    """
    lock(by)  # a second click waits here for the first
    wanted = sorted({referral.pk for referral in referrals})
    check_can_issue(by, wanted)
    going = BulkCase.objects.filter(referral__in=wanted, state=S.WAITING).select_related("bulk")
    mine = {each.bulk for each in going if each.bulk.begun_by_id == by.pk}
    if len(mine) == 1 and len(going) == len(wanted):
        (bulk,) = mine
        record(by=by, on=bulk, internal=True, repeat=True)
        return bulk
    bulk = BulkIssue.objects.create(begun_by_id=by.pk)
    try:
        with transaction.atomic():
            BulkCase.objects.bulk_create(BulkCase(bulk=bulk, referral_id=pk) for pk in wanted)
    except IntegrityError:
        raise Denied("Some of these are being issued already. Look at the list again.") from None
    record(by=by, on=bulk, internal=True, cases=len(wanted))
    issue.enqueue(bulk=bulk.pk)
    return bulk


def sweep() -> int:
    """Take up the orders that a stopped worker left; how many."""
    queue = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=issue.module_path)
    queued = {each["kwargs"]["bulk"] for each in queue.values_list("args_kwargs", flat=True)}
    count = 0
    for pk in BulkIssue.objects.filter(finished_at=None).exclude(pk__in=queued).values_list("pk", flat=True):
        with alone("bulk-issue", pk) as ours, transaction.atomic():
            if ours and BulkIssue.objects.filter(pk=pk, finished_at=None).exists():
                issue.enqueue(bulk=pk)
                count += 1
    return count


@task()
def issue(bulk: int) -> None:
    """What the worker runs. Anyone else who is at the same order has it."""
    with alone("bulk-issue", bulk) as ours:
        found = BulkIssue.objects.filter(pk=bulk, finished_at=None).first()
        if ours and found:
            issue_all(found)


@dataclass
class _Begun:
    """A case whose document is being made, or the sentence why it is not."""

    case: BulkCase
    html: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    made: Future[tuple[bytes, int]] | None = None
    why_not: str = ""


def issue_all(bulk: BulkIssue, renderers: Renderers | None = None) -> Renderers:
    """Issue what waits: documents made by all cores, written one after another, each case in its transaction."""
    waiting = iter(list(bulk.cases.filter(state=S.WAITING).select_related("referral")))
    begun: deque[_Begun] = deque()
    with renderers or Renderers() as at_work:
        while True:
            while len(begun) < at_work.ahead and (case := next(waiting, None)):
                begun.append(_begin(bulk, case, at_work))
            if not begun:
                break
            _finish(bulk, begun.popleft(), at_work)
    BulkIssue.objects.filter(pk=bulk.pk).update(finished_at=timezone.now())
    return at_work


def _person(bulk: BulkIssue) -> Person:
    """Read afresh for each case: their roles are those of the moment. Raises Denied."""
    person = Person.objects.get(pk=bulk.begun_by_id)
    if not person.is_active:
        raise Denied(CLOSED)
    return person


def _begin(bulk: BulkIssue, case: BulkCase, renderers: Renderers) -> _Begun:
    if case.attempts >= ATTEMPTS:
        return _Begun(case, why_not=STOPPED)
    BulkCase.objects.filter(pk=case.pk).update(attempts=case.attempts + 1)
    try:
        referral = case.referral
        latest = latest_agreement(referral)
        check_can_send(_person(bulk), referral, latest)
        check_not_declined(referral, latest)
        html, options = documents.render(referral), documents.options_of(referral)
    except Exception as error:
        return _Begun(case, why_not=_sentence(case, error))
    return _Begun(case, html, options, renderers.begin(html, **options))


def _finish(bulk: BulkIssue, begun: _Begun, renderers: Renderers) -> None:
    case, why_not = begun.case, begun.why_not
    try:
        if begun.made:
            content = renderers.get(begun.made, begun.html, **begun.options)
            with pdf.made_ahead(content, begun.html, **begun.options), transaction.atomic():
                agreement = send(by=_person(bulk), referral=case.referral)
                BulkCase.objects.filter(pk=case.pk).update(state=S.ISSUED, agreement=agreement)
    except Exception as error:
        why_not = _sentence(case, error)
    if why_not:
        BulkCase.objects.filter(pk=case.pk).update(state=S.FAILED, why_failed=why_not[:500])


def _sentence(case: BulkCase, error: Exception) -> str:
    """What the person reads of it; what nobody foresaw is logged."""
    if isinstance(error, PermissionDenied):
        return str(error)
    if isinstance(error, Http404):
        return GONE
    logger.error("The MoU of case %s was not issued", case.referral_id, exc_info=error)
    return BROKEN
