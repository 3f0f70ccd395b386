"""What finance says was paid: what matches is recorded once, all or nothing; what does not is kept until settled."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding import actions as money_acts
from funding import ledger
from funding.models import Invoice, PaymentRow, PaymentRun, PaymentsUpload, RunLine, Transfer
from funding.runs import actions, findings, reconciling
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.uploaded import read_table
from tests import factories as make
from tests.funding.invoicing import World
from tests.funding.running import (
    again,
    approved,
    confirm,
    exported,
    file_of,
    judged,
    pay_all,
    row_of,
    run_of,
    upload_of,
)

pytestmark = pytest.mark.django_db
F = PaymentRow.Finding
R = RunLine.Result


def findings_of(upload: PaymentsUpload, by) -> list[str]:
    return [each.finding for each in judged(upload, by)]


class TestRecorded:
    def test_marks_lines_and_invoices_paid_with_the_banks_day_and_reference(self):
        world = World(payable=100_00)
        invoice = approved(world, 100_00)
        run = exported(world)
        line = run.lines.get(invoice=invoice)
        confirm(upload_of(world, [row_of(line, bacs="BACS 7")]), world.finance)
        line.refresh_from_db()
        invoice.refresh_from_db()
        paid = Transfer.objects.get(kind="pay")
        assert (line.result, line.paid_on, line.payment_reference) == (R.PAID, today(), "BACS 7")
        assert (paid.amount, paid.why, paid.happened_on) == (100_00, "BACS 7", today())
        assert paid.of_line.line == line
        assert invoice.state == Invoice.State.PAID
        assert PaymentRun.objects.get().state == PaymentRun.State.RECONCILED

    def test_an_invoice_of_two_commitments_is_paid_as_one(self):
        world = World(payable=0)
        one, two = world.commitment(10_00), world.commitment(20_00)
        approved(world, lines={one: 10_00, two: 20_00})
        pay_all(world, exported(world))
        assert [ledger.of_commitment(each).paid for each in (one, two)] == [10_00, 20_00]

    def test_the_same_file_twice_changes_nothing(self):
        world = World()
        rows = [row_of(exported(world).lines.get()), ["R9999-001", 1, today(), "B"]]
        confirm(upload_of(world, rows), world.finance)
        before = Transfer.objects.count()
        upload = upload_of(world, rows)
        assert findings_of(upload, world.finance) == [F.ALREADY, F.UNKNOWN]
        confirm(upload, world.finance)
        assert Transfer.objects.count() == before
        assert PaymentRow.objects.to_settle().count() == 1

    def test_an_upload_that_waits_is_not_kept_twice(self):
        world = World()
        rows = [row_of(exported(world).lines.get())]
        assert upload_of(world, rows) == upload_of(world, rows)

    def test_a_second_click_records_nothing_more(self):
        world = World()
        upload = upload_of(world, [row_of(exported(world).lines.get())])
        shown = reconciling.as_shown(judged(upload, world.finance))
        for _ in range(2):
            reconciling.record_payments(by=world.finance, upload=upload, shown=shown)
        assert Transfer.objects.filter(kind="pay").count() == 1

    def test_what_changed_since_the_preview_is_refused(self):
        world = World()
        line = exported(world).lines.get()
        upload = upload_of(world, [row_of(line)])
        shown = reconciling.as_shown(judged(upload, world.finance))
        actions.take_out_of_run(by=world.finance, line=line, why="x")
        with pytest.raises(Denied, match="changed since you looked"):
            reconciling.record_payments(by=world.finance, upload=upload, shown=shown)

    def test_stopped_halfway_it_leaves_nothing(self, monkeypatch):
        world = World(payable=0)
        for _ in range(3):
            world.commitment(10_00)
        run = exported(world)
        upload = upload_of(world, [row_of(line) for line in run.lines.all()])
        shown = reconciling.as_shown(judged(upload, world.finance))
        done = []

        def stop_at_the_third(*given, **more):
            if len(done) == 2:
                raise SystemExit
            done.append(given)
            return settle(*given, **more)

        settle = reconciling.settle_line
        monkeypatch.setattr(reconciling, "settle_line", stop_at_the_third)
        with pytest.raises(SystemExit):
            reconciling.record_payments(by=world.finance, upload=upload, shown=shown)
        assert not Transfer.objects.filter(kind="pay").exists()
        assert not RunLine.objects.exclude(result=R.WAITING).exists()
        assert PaymentsUpload.objects.get().confirmed_at is None
        assert not PaymentRow.objects.filter(finding__isnull=False).exists()

    def test_what_does_not_match_is_kept_until_somebody_says_how_it_was_settled(self):
        world = World()
        exported(world)
        confirm(upload_of(world, [["R9999-001", 1, today(), "B"]]), world.finance)
        row = PaymentRow.objects.to_settle().get()
        with pytest.raises(Denied, match="Say how"):
            reconciling.settle_payment_row(by=world.finance, row=row, why=" ")
        reconciling.settle_payment_row(by=world.finance, row=row, why="Another scheme")
        assert not PaymentRow.objects.to_settle().exists()
        with pytest.raises(Denied, match="settled already"):
            reconciling.settle_payment_row(by=world.finance, row=row, why="Again")

    def test_the_runs_of_others_are_unknown(self):
        world, other = World(), World()
        line = exported(other).lines.get()
        exported(world)
        upload = upload_of(world, [row_of(line)])
        assert findings_of(upload, world.finance) == [F.UNKNOWN]
        confirm(upload, world.finance)
        line.refresh_from_db()
        assert line.result == R.WAITING

    def test_an_office_records_for_the_ccgs_below_it(self):
        world = World()
        line = exported(world).lines.get()
        by = make.make_person(Role.FINANCE_LEAD, world.ccg.parent)
        world.ccg = world.ccg.parent
        confirm(upload_of(world, [row_of(line)], by=by), by)
        line.refresh_from_db()
        assert line.result == R.PAID


class TestReading:
    @pytest.mark.parametrize(
        "headings",
        [
            "Line reference,Amount,Paid date,Payment reference",
            "Our Reference,Amount paid (£),Date paid,BACS ref",
            "Your reference,VALUE,Value date,Payment number",
        ],
    )
    def test_columns_are_known_by_what_they_mean(self, headings):
        content = f'{headings}\nR0001-001,"£1,234.56",05/10/2018,B1\n,,,\nTotal,"1,234.56",,\n'
        table = read_table(SimpleUploadedFile("x.csv", content.encode()), reconciling.WANTED)
        [row] = table.rows
        assert not table.problems
        assert [row[key.key] for key in reconciling.WANTED] == [
            "R0001-001",
            1_234_56,
            dt.date(2018, 10, 5),
            "B1",
        ]

    @pytest.mark.parametrize("typed", ["r0012-003", " R0012 - 003 ", "R0012\u2013003"])
    def test_a_reference_is_known_however_it_is_typed(self, typed):
        assert findings.normal(typed) == "R0012-003"


def naive(rows, lines, now):
    """The second implementation: what each row is, told from a list of lines as plain tuples."""
    answers, used = [], []
    for reference, pence, paid_on, bacs in rows:
        if "" in (reference, bacs) or None in (pence, paid_on):
            answers.append("incomplete")
            continue
        same = [each for each in lines if each["reference"] == re.sub(r"\s", "", reference).upper()]
        if not same:
            answers.append("unknown")
            continue
        line = same[0]
        first = reference.strip().upper() not in used
        if pence < 0:
            answer = "negative"
        elif not first:
            answer = "twice"
        elif line["result"] == "paid":
            is_same = (pence, paid_on, bacs) == (line["pence"], line["paid_on"], line["bacs"])
            answer = "already" if is_same else "twice"
        elif line["result"] in ("taken_out", "returned"):
            answer = "not_waiting"
        elif line["state"] == "made":
            answer = "not_exported"
        elif pence != line["pence"]:
            answer = "amount"
        elif paid_on > now:
            answer = "future"
        elif paid_on < line["made_on"]:
            answer = "before"
        else:
            answer = "matched"
        if answer in ("matched", "already"):
            used.append(reference.strip().upper())
        answers.append(answer)
    return answers


_NOW = dt.date(2018, 10, 5)
_DAYS = st.sampled_from([_NOW + dt.timedelta(days=each) for each in (-9, -3, -2, -1, 0, 1)])
_BACS = st.sampled_from(["B1", "B2"])
_PENCE = st.sampled_from([100, 200])


@st.composite
def _lines(draw):
    found = []
    for number in range(draw(st.integers(0, 5))):
        result = draw(st.sampled_from(R.values))
        is_paid = result in (R.PAID, R.RETURNED)
        state = draw(st.sampled_from(["made", "exported"])) if result == R.WAITING else "exported"
        found.append(
            {
                "reference": f"R0001-{number:03d}",
                "pence": draw(_PENCE),
                "result": result,
                "state": state,
                "made_on": draw(_DAYS),
                "paid_on": draw(_DAYS) if is_paid else None,
                "bacs": draw(_BACS) if is_paid else "",
            }
        )
    return found


_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "R0001-000", "r0001-000 ", "R0001-001", "R0001-002", "R0001-009"]),
        st.one_of(st.none(), _PENCE, st.just(-100)),
        st.one_of(st.none(), _DAYS),
        st.one_of(st.just(""), _BACS),
    ),
    max_size=12,
)


class TestFindings:
    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(lines=_lines(), rows=_ROWS)
    def test_agree_with_a_naive_second_implementation(self, lines, rows):
        known = {}
        for number, each in enumerate(lines, 1):
            moment = dt.datetime.combine(each["made_on"], dt.time(12), tzinfo=dt.UTC)
            run = PaymentRun(pk=number, state=each["state"], made_at=moment)
            known[each["reference"]] = RunLine(
                pk=number,
                run=run,
                reference=each["reference"],
                pence=each["pence"],
                result=each["result"],
                paid_on=each["paid_on"],
                payment_reference=each["bacs"],
            )
        asked = [
            PaymentRow(number=n, reference=reference, pence=pence, paid_on=paid_on, payment_reference=bacs)
            for n, (reference, pence, paid_on, bacs) in enumerate(rows, 2)
        ]
        found = findings.judge(asked, known, _NOW)
        assert [finding for _, finding, _ in found] == naive(rows, lines, _NOW)
        assert all(findings.words(*each) for each in found)
        taken = [line.pk for _, finding, line in found if finding == F.MATCHED]
        assert len(taken) == len(set(taken))


class TestPages:
    def test_from_the_list_to_the_record(self, client):
        world = World(payable=100_00)
        approved(world, 60_00)
        client.force_login(world.finance)
        page = client.get(reverse("funding:make_run", args=[world.ccg.pk]))
        assert "£100" in page.content.decode()
        form = page.context["form"]
        chosen = [each for each, _ in form.fields["chosen"].choices]
        typed = {"key": form["key"].value(), "chosen": chosen[:1], "step": "sum"}
        page = client.post(reverse("funding:make_run", args=[world.ccg.pk]), typed)
        assert (page.context["sum"], PaymentRun.objects.count()) == (60_00, 0)
        typed |= {"chosen": chosen, "step": "make"}
        answer = client.post(reverse("funding:make_run", args=[world.ccg.pk]), typed)
        run = PaymentRun.objects.get()
        assert answer.url == reverse("funding:run", args=[run.pk])
        client.post(reverse("funding:export_run", args=[run.pk]))
        first = client.get(reverse("funding:run_csv", args=[run.pk])).content
        assert first == client.get(reverse("funding:run_csv", args=[run.pk])).content
        content = file_of([*(row_of(line) for line in run.lines.all()), ["R9-1", 1, today(), "B"]])
        answer = client.post(
            reverse("funding:upload_payments"), {"file": SimpleUploadedFile("paid.csv", content)}
        )
        page = client.get(answer.url)
        assert "Record 2 payments of £100" in page.content.decode()
        client.post(answer.url, {"shown": page.context["form"]["shown"].value()})
        assert ledger.of_commitment(world.direct).paid == 100_00
        page = client.get(reverse("funding:payments"))
        assert (page.context["paid"], page.context["came_back"], page.context["net"]) == (100_00, 0, 100_00)
        row = PaymentRow.objects.to_settle().get()
        client.post(reverse("funding:settle_payment_row", args=[row.pk]), {"why": "Another scheme"})
        assert not PaymentRow.objects.to_settle().exists()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"Line reference,Amount,Paid date,Payment reference\nR1,lots,5/10/2018,B\n", "cannot be read"),
            (b"Name,Colour\nx,y\n", "cannot be read"),
            (b"\x00\x01\x02", "neither a workbook"),
        ],
    )
    def test_a_bad_file_is_refused_and_nothing_kept(self, client, content, said):
        world = World()
        exported(world)
        client.force_login(world.finance)
        page = client.post(
            reverse("funding:upload_payments"), {"file": SimpleUploadedFile("paid.csv", content)}
        )
        assert said in page.content.decode()
        assert not PaymentsUpload.objects.exists()

    def test_files_are_of_ones_scope(self, client):
        world, other = World(), World()
        run = exported(world)
        upload = upload_of(world, [row_of(run.lines.get())])
        addresses = [
            reverse("funding:run", args=[run.pk]),
            reverse("funding:run_csv", args=[run.pk]),
            reverse("funding:run_workbook", args=[run.pk]),
            reverse("funding:payments_upload", args=[upload.pk]),
            reverse("funding:payments_file", args=[upload.pk]),
            reverse("funding:make_run", args=[world.ccg.pk]),
            reverse("funding:take_out_of_run", args=[run.lines.get().pk]),
        ]
        client.force_login(other.finance)
        assert {client.get(each).status_code for each in addresses} == {404}
        client.force_login(world.finance)
        assert {client.get(each).status_code for each in addresses} == {200}
        client.force_login(world.manager)
        assert {client.get(each).status_code for each in addresses} == {403}

    def test_a_run_that_is_not_exported_has_no_file(self, client):
        world = World()
        run = run_of(world)
        client.force_login(world.finance)
        assert client.get(reverse("funding:run_csv", args=[run.pk])).status_code == 404

    @pytest.mark.parametrize(
        ("name", "typed", "left"),
        [
            ("withhold", {"amount": "40"}, (60_00, 0)),
            ("claw_back", {"amount": "40", "reference": "CN 1"}, (0, 60_00)),
            ("reverse_payment", {"amount": "40", "reference": "B 1"}, (40_00, 60_00)),
        ],
    )
    def test_money_goes_the_other_way(self, client, name, typed, left):
        world = World(payable=100_00)
        if name != "withhold":
            money_acts.pay(by=world.finance, commitment=world.direct, amount=100_00, why="B", key="p")
        client.force_login(again(world.finance))
        address = reverse(f"funding:{name}", args=[world.direct.pk])
        page = client.get(address)
        key = page.context["form"]["key"].value()
        for _ in range(2):
            answer = client.post(
                address, {"key": key, "why": "A mistake", "happened_on": f"{today()}", **typed}
            )
            assert answer.status_code == 302, answer.context["form"].errors
        figures = ledger.of_commitment(world.direct)
        assert (figures.payable, figures.paid) == left
