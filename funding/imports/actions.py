"""Taking in a spreadsheet of money: kept for its preview, then all of it or nothing."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from funding.imports import rules
from funding.imports.kinds import READINGS
from funding.imports.plan import Plan, plan_of
from funding.models import MoneyImport
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear


class Outdated(Exception):
    """What the file would change is not what was shown; ``plan`` is what it would change now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The ledger has changed since this preview was made.")
        self.plan = plan


def plan(money_import: MoneyImport, user: Any) -> Plan:
    """What the file would change, as this person may change it. Raises Unreadable."""
    return plan_of(money_import, READINGS[money_import.kind], user)


@action("Kept a spreadsheet of money for its preview")
def keep_money_file(*, by: Any, kind: str, year: ProgrammeYear, file: UploadedFile) -> MoneyImport:
    """Keep a file until it is imported or discarded. Raises Denied; Unreadable, and nothing is kept."""
    rules.check_can_import_money(by, year)
    content = file.read()
    kept = StoredFile.keep(
        name=file.name or "table", content_type="application/octet-stream", content=content, by=by
    )
    made = MoneyImport.objects.create(kind=kind, year=year, file=kept, sha256=kept.sha256, kept_by=by)
    rules.check_is_new(made)
    plan(made, by)
    record(by=by, on=made, sha256=kept.sha256, kind=kind, year=year.pk)
    return made


@action("Imported a spreadsheet of money")
def import_money(*, by: Any, money_import: MoneyImport, digest: str) -> Plan:
    """Write what the file says, all of it or nothing; the plan that was written is the answer.

    Raises Outdated unless ``digest`` is that of what would be written now; Denied when rows cannot be taken, when
    nothing would change, or when the same file was imported before.
    """
    year = lock(money_import.year)
    money_import = lock(money_import)
    rules.check_can_import_money(by, year)
    rules.check_is_new(money_import)
    found = plan(money_import, by)
    if found.digest != digest:
        raise Outdated(found)
    rules.check_can_take(found)
    READINGS[money_import.kind].write(by, money_import, found.lines)
    money_import.rows, money_import.pence = len(found.lines), found.pence
    money_import.imported_at, money_import.imported_by = timezone.now(), by
    money_import.save()
    record(
        by=by, on=money_import, sha256=money_import.sha256, rows=money_import.rows, pence=money_import.pence
    )
    return found


@action("Discarded a spreadsheet of money")
def discard_money_file(*, by: Any, money_import: MoneyImport) -> None:
    """Forget a file that was not imported. Raises Denied when it was."""
    money_import = lock(money_import)
    rules.check_can_import_money(by, money_import.year)
    if money_import.imported_at:
        raise Denied("This file was imported: it stays on record.")
    record(by=by, on=money_import, sha256=money_import.sha256)
    file = money_import.file
    money_import.delete()
    file.delete()
