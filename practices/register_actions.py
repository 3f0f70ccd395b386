"""Taking in published files: the register of practices, and figures about practices."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from practices.importing.compare import plan_import
from practices.importing.indicators import IndicatorPlan, plan_indicators, write_indicators
from practices.importing.plan import Plan
from practices.importing.write import write
from practices.models import DataImport
from practices.register_rules import check_can_import, check_can_settle
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record

_LOCK = 7_301_965


class Source(NamedTuple):
    """A file to import."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Outdated(Exception):
    """The register has changed since the preview; ``plan`` is what would be written now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The register has changed since this preview was made.")
        self.plan = plan


class Unchanged(Exception):
    """All the files say is on record already; ``plan`` tells what was read and rejected."""

    plan: Any

    def __init__(self, plan: Plan | IndicatorPlan) -> None:
        super().__init__("Nothing to write: all of it is on record.")
        self.plan = plan


def one_at_a_time() -> None:
    """Hold other imports off until the transaction ends (on SQLite the write lock does)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def sources_of(data_import: DataImport) -> list[Source]:
    return [Source(file.name, bytes(file.content)) for file in data_import.files.order_by("pk")]


def describe(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Names and SHA-256 for the trail."""
    return [{"name": source.name, "sha256": source.sha256} for source in sources]


@action("Kept files of the register for a preview")
def keep_register_files(*, by: Any, sources: Sequence[Source]) -> DataImport:
    """Keep uploaded files for the preview that ``by`` will be shown. Raises Unreadable, and nothing is kept."""
    check_can_import(by)
    plan = plan_import(sources)
    data_import = DataImport.objects.create(kind=DataImport.Kind.REGISTER, digest=plan.digest)
    data_import.files.set(
        [
            StoredFile.keep(
                name=source.name, content_type="application/octet-stream", content=source.content, by=by
            )
            for source in sources
        ]
    )
    record(by=by, on=data_import, files=describe(sources), would=plan.summary())
    return data_import


@action("Imported the register of practices")
def import_register(
    *, by: Any, sources: Sequence[Source], digest: str = "", data_import: DataImport | None = None
) -> Plan:
    """Write what the files say, all of it or nothing; the plan that was written is the answer.

    With ``digest`` only if that is exactly what was previewed: else raises Outdated. Raises Unreadable
    when a file cannot be taken, Unchanged when there is nothing to write. ``by`` is None for the system.
    """
    check_can_import(by)
    one_at_a_time()
    if data_import is None:
        data_import = DataImport(kind=DataImport.Kind.REGISTER)
    else:
        data_import = lock(data_import)
        check_can_settle(by, data_import)
    plan = plan_import(sources)
    found = plan.digest
    if digest and found != digest:
        raise Outdated(plan)
    if plan.is_empty:
        raise Unchanged(plan)
    write(plan, ", ".join(source.name for source in sources))
    data_import.digest, data_import.is_done, data_import.counts = found, True, plan.summary()
    data_import.save()
    record(by=by, on=data_import, files=describe(sources), digest=found, counts=plan.summary())
    return plan


@action("Discarded a preview of the register")
def discard_register_files(*, by: Any, data_import: DataImport) -> None:
    """Take away the files of a preview that was never written. Raises Denied when it was."""
    data_import = lock(data_import)
    check_can_settle(by, data_import)
    record(by=by, on=data_import)
    files = list(data_import.files.values_list("pk", flat=True))
    data_import.files.clear()
    StoredFile.objects.filter(pk__in=files).delete()
    data_import.delete()


@action("Imported figures about practices")
def import_indicators(*, by: Any, sources: Sequence[Source], period: str = "") -> IndicatorPlan:
    """Write the published figures the files hold; what was written is the answer.

    ``period`` such as "2018/19" for a file that does not say. Raises Unreadable, and Unchanged when
    every figure is on record already. ``by`` is None for the system.
    """
    check_can_import(by)
    one_at_a_time()
    plan = plan_indicators(sources, period)
    if not plan.rows:
        raise Unchanged(plan)
    write_indicators(plan)
    data_import = DataImport.objects.create(
        kind=DataImport.Kind.INDICATORS, is_done=True, counts=plan.summary()
    )
    record(by=by, on=data_import, files=describe(sources), counts=plan.summary())
    return plan
