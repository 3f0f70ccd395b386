"""Payment runs: one reconciled, but for what nobody can place; one that waits; money that came back."""

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from funding import actions as funding
from funding import ledger
from funding.models import Commitment, PaymentRow, PaymentRun, PaymentsUpload, RunLine
from funding.runs import actions as runs
from funding.runs import ready, reconciling
from practices.models import Organisation, Person
from resilience.core.calendar import today
from resilience.core.spreadsheets import Heading, csv_file
from resilience.core.uploaded import read_table
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places


def tell_runs(chronicle: Chronicle, places: Places, people: People) -> None:
    """The first CCG's run is made 26 working days ago and paid; the third's waits for its dates."""
    north, _, east = places.ccgs

    def finance() -> Person:
        return Person.objects.get(pk=people.finance.pk)

    sends_invoices = places.practices[north.name][0]

    def pay(ccg: Organisation) -> None:
        rows = ready.payable_now(ready.of_commissioner(ccg))
        chosen = [each.key for each in rows if each.invoice or each.payee != sends_invoices]
        run = runs.make_run(by=finance(), commissioner=ccg, chosen=chosen, key=uuid.uuid4().hex)
        runs.export_run(by=finance(), run=run)

    def upload() -> None:
        lines = RunLine.objects.filter(run__commissioner=north, result=RunLine.Result.WAITING)
        day = working_days_ago(2)
        rows = [[each.reference, each.pence, day, f"BACS {4410 + each.pk}"] for each in lines]
        rows.append(["R0990-001", 180_00, day, "BACS 4398"])
        rows.append(["", 62_50, day, "BACS 4399"])
        headings = [
            Heading("Our reference"),
            Heading("Amount paid", "money"),
            Heading("Date paid", "date"),
            Heading("BACS ref"),
        ]
        content = csv_file(headings, rows)
        sent: Any = SimpleUploadedFile("payments-made.csv", content)
        table = read_table(sent, reconciling.WANTED)
        reconciling.upload_payments(
            by=finance(),
            organisation=north,
            name=table.name,
            content=content,
            content_type=runs.CSV,
            rows=table.rows,
        )

    def confirm() -> None:
        found = PaymentsUpload.objects.get()
        judged = reconciling.judge(finance(), found, list(found.rows.all()))
        reconciling.record_payments(by=finance(), upload=found, shown=reconciling.as_shown(judged))
        reconciling.settle_payment_row(
            by=finance(),
            row=PaymentRow.objects.get(reference=""),
            why="Room hire for the workshop, paid from the office’s own budget",
        )

    def take_out() -> None:
        line = RunLine.objects.filter(run=PaymentRun.objects.get(commissioner=east)).latest("pk")
        runs.take_out_of_run(
            by=finance(), line=line, why="The practice has a new bank account: wait for its letter"
        )

    def come_back() -> None:
        line = RunLine.objects.filter(run__commissioner=north).latest("pk")
        why = "The account is closed"
        runs.return_payment(by=finance(), line=line, why=why, came_back_on=today())

    def claw_back() -> None:
        paid = Commitment.objects.filter(transfers__of_line__line__result=RunLine.Result.PAID).earliest("pk")
        funding.claw_back(
            by=finance(),
            commitment=paid,
            amount=min(350_00, ledger.of_commitment(paid).paid),
            why="Fewer locum sessions were used than were paid for",
            reference="CN 118",
            key=uuid.uuid4().hex,
        )

    chronicle.tell(working_days_ago(26), lambda: pay(north), hour=16)
    chronicle.tell(working_days_ago(21), upload, hour=10)
    chronicle.tell(working_days_ago(21), confirm, hour=10, minute=20)
    chronicle.tell(working_days_ago(17), come_back, hour=14)
    chronicle.tell(working_days_ago(10), claw_back, hour=14)
    chronicle.tell(working_days_ago(7), lambda: pay(east), hour=16)
    chronicle.tell(working_days_ago(6), take_out, hour=9)
