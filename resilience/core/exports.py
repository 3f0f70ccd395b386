"""Files that take long to make: made in the background, waited for on a page of their own, kept for some days.

    @exports.maker
    def ledger_workbook(person, arguments, progress, output):
        year = ProgrammeYear.objects.get(pk=arguments["year"])
        transfers = Transfer.objects.visible_to(person).filter(allocation__year=year)
        for done, chunk in ...:
            progress(done, total)                   # as often as you like: it writes once a second
        output.write(...)                           # a binary file
        return f"ledger-{year}.xlsx", exports.XLSX  # the name people save it under, and its content type

    def workbook(request, year):                    # a view that answers a POST
        export = exports.begin(
            by=request.user, maker=ledger_workbook, arguments={"year": year.pk}, what="Ledger of 2018-19, Excel"
        )
        return redirect("export", export.pk)        # shows how far it is, then offers the file

A maker runs in another process, later: ``arguments`` is what JSON holds, and the module-level function is found
again by its name. ``person`` is read afresh, with the roles of that moment; rows are reached by
``visible_to(person)``, and a right is asked as in a view. It raises Denied with a sentence for the person to read.
Whatever else it raises is logged, and the person reads that the file could not be made. Begun again after a crash,
it starts anew: write nothing to the database, or only what may be written twice. Call ``progress`` outside any
transaction: on SQLite it writes through a second connection.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from resilience.core.access import Denied, P
from resilience.core.acts import lock
from resilience.core.alone import alone
from resilience.core.models import Export, StoredFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MOST_AT_ONCE = 5
ATTEMPTS = 2
"""How often one export is begun: what ends its process twice would end it a third time."""
BROKEN = "Something went wrong while the file was made. Try again; if it happens again, tell the service's support."
GONE = "What it was to be made from is no longer there, or no longer yours to see."
STOPPED = "The service stopped twice while the file was made. Try again with fewer rows."

Progress = Callable[[int, int], None]
Maker = Callable[[Any, dict[str, Any], Progress, IO[bytes]], tuple[str, str]]
State = Export.State

logger = logging.getLogger("resilience.exports")


def maker(function: Maker) -> Maker:
    """Mark a function as one that makes files in the background: see the module's docstring."""
    function.makes_files = True  # type: ignore[attr-defined]
    return function


def begin(*, by: Any, maker: Maker | str, arguments: dict[str, Any], what: str) -> Export:
    """Have ``maker`` run soon for ``by``, and answer at once; ``what`` names the file in words.

    The same asked again while it is being made is the same export: a double click makes one. Raises Denied
    when the person has too many being made.
    """
    path = maker if isinstance(maker, str) else f"{maker.__module__}.{maker.__qualname__}"
    _maker(path)
    said = json.dumps([path, arguments], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()
    unfinished = Export.objects.filter(person=by.pk, state__in=Export.UNFINISHED)
    with transaction.atomic():
        if same := unfinished.filter(digest=digest).first():
            return same
        if unfinished.count() >= MOST_AT_ONCE:
            raise Denied(f"{MOST_AT_ONCE} files are being made for you. Begin another when one is ready.")
        try:
            with transaction.atomic():
                export = Export.objects.create(
                    person_id=by.pk, what=what[:200], maker=path, arguments=arguments, digest=digest
                )
        except IntegrityError:
            return unfinished.get(digest=digest)
        make.enqueue(export=export.pk)
    export.refresh_from_db()
    return export


def again(export: Export) -> Export:
    """Have a finished export made anew, from the rows and the rights of now. One that failed gives way to it."""
    fresh = begin(by=export.person, maker=export.maker, arguments=export.arguments, what=export.what)
    if export.state == State.FAILED:
        export.delete()
    return fresh


def check_can_download(user: Any, export: Export) -> None:
    """The file is there, and what the person may see is what they might see when it was made."""
    if export.state != State.DONE:
        raise Denied("This file is not ready.")
    if export.rights != _rights(user):
        raise Denied("What you may see has changed since this file was made. Make it again.")


def sweep() -> None:
    """Begin again what a stopped worker left, give up what stopped it twice, and forget what is old."""
    _take_up()
    old = timezone.now() - settings.EXPORTS_KEPT
    for export in Export.objects.filter(finished_at__lt=old).select_related("file"):
        with transaction.atomic():
            export.delete()
            if export.file:
                export.file.delete()
    DBTaskResult.objects.filter(enqueued_at__lt=old).exclude(status=TaskResultStatus.READY).delete()


def _take_up() -> None:
    left = list(Export.objects.filter(state__in=Export.UNFINISHED))
    queue = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=make.module_path)
    queued = {each["kwargs"]["export"] for each in queue.values_list("args_kwargs", flat=True)}
    for export in left:
        if export.pk in queued:
            continue
        with alone("export", export.pk) as ours, transaction.atomic():
            if not ours or (export := lock(export)).state not in Export.UNFINISHED:
                continue
            if export.attempts >= ATTEMPTS:
                _fail(export, STOPPED)
            else:
                make.enqueue(export=export.pk)


@task()
def make(export: int) -> None:
    """What the worker runs. Anyone else who is at the same export has it."""
    with alone("export", export) as ours:
        found = Export.objects.filter(pk=export, state__in=Export.UNFINISHED).select_related("person").first()
        if ours and found:
            _make(found)


def _make(export: Export) -> None:
    export.state, export.started_at = State.RUNNING, timezone.now()
    export.attempts += 1
    export.done = export.total = 0
    export.save()
    progress = _Progress(export)
    try:
        if not export.person.is_active:
            raise Denied("The account is closed.")
        rights = _rights(export.person)
        with TemporaryFile() as output:
            name, kind = _maker(export.maker)(export.person, export.arguments, progress, output)
            output.seek(0)
            _keep(export, rights, name=name, content_type=kind, content=output.read())
    except _TakenOver:
        logger.warning("Export %s was taken over", export.pk)
    except (PermissionDenied, Http404) as no:
        _fail(export, str(no) if isinstance(no, PermissionDenied) else GONE)
    except Exception:
        logger.exception("Export %s failed", export.pk)
        _fail(export, BROKEN)
    finally:
        progress.close()


def _keep(export: Export, rights: str, *, name: str, content_type: str, content: bytes) -> None:
    with transaction.atomic():
        now = lock(export)
        if (now.state, now.attempts) != (State.RUNNING, export.attempts):
            raise _TakenOver
        file = StoredFile.keep(name=name, content_type=content_type, content=content, by=export.person)
        now.state, now.finished_at, now.file, now.rights = State.DONE, timezone.now(), file, rights
        now.save()


def _fail(export: Export, why: str) -> None:
    mine = Export.objects.filter(pk=export.pk, attempts=export.attempts, state__in=Export.UNFINISHED)
    mine.update(state=State.FAILED, finished_at=timezone.now(), why_failed=why)


def _maker(path: str) -> Maker:
    found = import_string(path)
    if not getattr(found, "makes_files", False):
        raise ValueError(f"{path} is no maker of files")
    return found


def _rights(person: Any) -> str:
    """All that a person may see and do, in a few letters: another after any change of roles or reach."""
    reaches = {permission: asdict(person.reach(permission)) for permission in P.values}
    return hashlib.sha256(json.dumps(reaches, sort_keys=True, default=sorted).encode()).hexdigest()


class _TakenOver(Exception):
    """Another worker has begun this export since; ours is no longer wanted."""


class _Progress:
    """Writes how far it is, seen at once by others: through a second connection, unless a test holds all in one.

    SQLite refuses a write on a connection that is still reading rows others have changed since.
    """

    def __init__(self, export: Export) -> None:
        self.export = export
        self.connection: Any = connection if connection.in_atomic_block else connection.copy()
        self.next = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 1
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_export SET done = %s, total = %s WHERE id = %s AND attempts = %s AND state = %s",
                [done, total, self.export.pk, self.export.attempts, State.RUNNING.value],
            )
            if not cursor.rowcount:
                raise _TakenOver

    def close(self) -> None:
        if self.connection is not connection:
            self.connection.close()
