"""What the tests of payment runs share: making a run of everything ready, and files of payments."""

import datetime as dt
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from funding.models import Invoice, PaymentRun, PaymentsUpload, RunLine
from funding.runs import actions, ready, reconciling
from practices.models import Organisation, Person
from resilience.core.calendar import today
from resilience.core.spreadsheets import Heading, csv_file
from resilience.core.uploaded import read_table
from tests.funding.invoicing import World, bring_to


def again(person: Person) -> Person:
    """The same person with nothing remembered."""
    return Person.objects.get(pk=person.pk)


def keys(commissioner: Organisation) -> list[str]:
    return [each.key for each in ready.payable_now(ready.of_commissioner(commissioner))]


def run_of(world: World, **given: Any) -> PaymentRun:
    """A run of everything that is ready."""
    chosen = given.pop("chosen", None) or keys(world.ccg)
    return actions.make_run(
        **{"by": world.finance, "commissioner": world.ccg, "chosen": chosen, "key": uuid.uuid4().hex} | given
    )


def approved(world: World, pence: int = 100_00, **changes: Any) -> Invoice:
    return bring_to(world.invoice(pence, **changes), Invoice.State.APPROVED)


def exported(world: World) -> PaymentRun:
    return actions.export_run(by=world.finance, run=run_of(world))


HEADINGS = [
    Heading("Our reference"),
    Heading("Amount paid", "money"),
    Heading("Date paid", "date"),
    Heading("BACS ref"),
]


def file_of(rows: Any) -> bytes:
    return csv_file(HEADINGS, rows)


def row_of(line: RunLine, **changed: Any) -> list[Any]:
    row = {"reference": line.reference, "pence": line.pence, "paid_on": today(), "bacs": f"B {line.pk}"}
    return list((row | changed).values())


def upload_of(world: World, rows: Any, name: str = "paid.csv", by: Person | None = None) -> PaymentsUpload:
    content = file_of(rows)
    table = read_table(SimpleUploadedFile(name, content), reconciling.WANTED)
    assert not table.problems, table.problems
    return reconciling.upload_payments(
        by=by or world.finance,
        organisation=world.ccg,
        name=name,
        content=content,
        content_type=actions.CSV,
        rows=table.rows,
    )


def judged(upload: PaymentsUpload, by: Person) -> list[reconciling.Judged]:
    return reconciling.judge(again(by), upload, list(upload.rows.all()))


def confirm(upload: PaymentsUpload, by: Person) -> PaymentsUpload:
    shown = reconciling.as_shown(judged(upload, by))
    return reconciling.record_payments(by=again(by), upload=upload, shown=shown)


def pay_all(world: World, run: PaymentRun, paid_on: dt.date | None = None) -> PaymentsUpload:
    """Every waiting line of an exported run, paid as the run says."""
    lines = run.lines.filter(result=RunLine.Result.WAITING)
    rows = [row_of(line, paid_on=paid_on or today()) for line in lines]
    return confirm(upload_of(world, rows), world.finance)
