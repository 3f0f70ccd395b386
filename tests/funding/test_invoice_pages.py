"""Invoices on screen: as practice, supplier, officer, finance and approver."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funding.invoices import actions
from funding.models import ApprovalLimit, Invoice
from resilience.core.access import Role
from resilience.core.calendar import today
from tests import factories as make
from tests.factories import client_of
from tests.funding.invoicing import World, bring_to

pytestmark = pytest.mark.django_db
S = Invoice.State
PDF_BYTES = b"%PDF-1.4\n%%EOF"


@pytest.fixture
def world() -> World:
    return World()


def url(name, **kwargs):
    return reverse(f"funding:{name}", kwargs=kwargs or None)


def typed(world, key, **changes):
    day = today()
    return {
        "key": key,
        f"amount_{world.direct.pk}": "£100",
        "number": "INV 1",
        "invoice_date_day": day.day,
        "invoice_date_month": day.month,
        "invoice_date_year": day.year,
        "file": SimpleUploadedFile("june.pdf", PDF_BYTES, "application/pdf"),
    } | changes


class TestRaising:
    def start(self, world):
        client = client_of(world.manager)
        page = client.get(url("raise_invoice"), follow=True)
        return client, page.redirect_chain[-1][0], page

    def test_a_manager_of_one_practice_goes_straight_to_what_is_payable(self, world):
        _, path, page = self.start(world)
        assert path == url("raise_for_practice", ods_code=world.practice.ods_code)
        text = page.content.decode()
        assert "£1,000 can be invoiced now" in text
        assert 'value="1,000"' in text
        assert "multiple" not in text.partition('type="file"')[2].partition(">")[0]

    def test_sent_once_however_often_the_button_is_pressed(self, world):
        client, path, page = self.start(world)
        key = page.context["form"]["key"].value()
        answers = [client.post(path, typed(world, key)) for _ in range(2)]
        invoice = Invoice.objects.get()
        assert [each["Location"] for each in answers] == [url("invoice", invoice=invoice.pk)] * 2
        assert (invoice.total, invoice.number, invoice.key) == (100_00, "INV 1", key)
        assert invoice.steps.get().file.name == "june.pdf"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"amount": "1,000.01"}, "The most that can be invoiced now is £1,000"),
            ({"amount": "0"}, "The amount must be £0.01 or more"),
            ({"amount": "ten"}, "Enter an amount in pounds"),
            ({"amount": ""}, "Enter how much you ask for"),
            ({"number": ""}, "Enter invoice number"),
            ({"number": "401 023 2137"}, "NHS number"),
            ({"invoice_date_year": "2999"}, "cannot be in the future"),
            ({"file": ""}, "Choose a file"),
            ({"file": SimpleUploadedFile("a.pdf", b"MZ")}, "is not a whole PDF"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, world, changes, said):
        client, path, page = self.start(world)
        if "amount" in changes:
            changes = {f"amount_{world.direct.pk}": changes["amount"]}
        sent = typed(world, page.context["form"]["key"].value()) | changes
        answer = client.post(path, sent)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert said in text
        assert "<title>Error: " in text
        for name in ("number", f"amount_{world.direct.pk}"):
            if sent[name]:
                assert f'value="{sent[name]}"' in text
        assert not Invoice.objects.exists()

    def test_a_used_number_is_refused_in_words(self, world):
        world.invoice(1_00, number="inv1")
        client, path, page = self.start(world)
        text = client.post(path, typed(world, page.context["form"]["key"].value())).content.decode()
        assert "has already sent an invoice with the number inv1" in text

    def test_nothing_payable_says_what_is_missing(self):
        world = World(payable=0)
        world.commitment(0, promised=3_050_00)
        _, _, page = self.start(world)
        text = page.content.decode()
        assert "Nothing can be invoiced yet" in text
        assert "£3,050 is promised and becomes payable when both sides have signed the MoU" in text
        assert page.context["form"] is None

    def test_the_office_chooses_whom_it_enters_one_for(self, world):
        client = client_of(world.person(Role.PROGRAMME_OFFICER))
        page = client.get(url("raise_invoice"))
        text = page.content.decode()
        assert f"{world.practice.name}: £1,000 can be invoiced" in text
        assert f"{world.supplier.name}: £1,000 can be invoiced" in text
        chosen = client.post(url("raise_invoice"), {"payee": f"supplier {world.supplier.pk}"})
        assert chosen["Location"] == url("raise_for_supplier", supplier=world.supplier.pk)
        assert client.post(url("raise_invoice"), {"payee": "supplier 0"}).status_code == 200
        assert "Raise an invoice" in client.get(chosen["Location"]).content.decode()

    def test_nobody_asks_for_another_payee(self, world):
        elsewhere = World()
        for person in (elsewhere.manager, elsewhere.change_manager, elsewhere.finance):
            client = client_of(person)
            for path in (
                url("raise_for_practice", ods_code=world.practice.ods_code),
                url("raise_for_supplier", supplier=world.supplier.pk),
            ):
                assert client.get(path).status_code == 404


class TestItsPage:
    def test_every_word_a_person_typed_is_escaped(self, world):
        invoice = world.invoice(1_00, number="<i>1</i>")
        actions.query_invoice(by=world.finance, invoice=invoice, question="<script>q</script>")
        for person, name in (
            (world.manager, "invoice"),
            (world.manager, "answer_query"),
            (world.finance, "invoice"),
        ):
            text = client_of(person).get(url(name, invoice=invoice.pk)).content.decode()
            assert "&lt;script&gt;q" in text
            assert "<script>q" not in text
            assert "<i>1</i>" not in text

    def test_the_payee_answers_and_is_not_shown_the_offices_buttons(self, world):
        invoice = world.invoice(1_00)
        client = client_of(world.manager)
        text = client.get(url("invoice", invoice=invoice.pk)).content.decode()
        assert "Approve" not in text
        assert "Payable now" not in text
        actions.query_invoice(by=world.finance, invoice=invoice, question="Which month?")
        assert "1 invoice with a question for you" in client.get("/").content.decode()
        answered = client.post(
            url("answer_query", invoice=invoice.pk),
            {"answer": "June", "file": SimpleUploadedFile("june.pdf", PDF_BYTES)},
            follow=True,
        )
        assert "The answer is sent to" in answered.content.decode()
        assert "with a question for you" not in client.get("/").content.decode()

    def test_an_approver_below_the_sum_is_the_first_of_two_and_reads_so(self, world):
        invoice = world.invoice(100_00)
        first, second = world.person(Role.APPROVER, 50_00), world.person(Role.APPROVER, 100_00)
        client = client_of(first)
        page = client.get(url("approve_invoice", invoice=invoice.pk)).content.decode()
        assert "Your approval limit is £50. A second person" in page
        done = client.post(url("approve_invoice", invoice=invoice.pk), follow=True).content.decode()
        assert "It needs a second approval now" in done
        assert f"must approve it too: {second.name}." in done
        again = client.post(url("approve_invoice", invoice=invoice.pk)).content.decode()
        assert "You have approved this invoice already. A second person must approve it too." in again
        client_of(second).post(url("approve_invoice", invoice=invoice.pk))
        invoice.refresh_from_db()
        assert (invoice.state, invoice.first_approved_by, invoice.approved_by) == (S.APPROVED, first, second)

    def test_a_button_that_cannot_be_pressed_says_why(self, world):
        invoice = world.invoice(1_00, by=world.finance)
        text = client_of(world.finance).get(url("invoice", invoice=invoice.pk)).content.decode()
        assert "You raised this invoice. Someone else must approve it." in text
        done = client_of(world.finance).post(url("approve_invoice", invoice=invoice.pk))
        assert "You raised this invoice" in done.content.decode()
        assert Invoice.objects.get().state == S.RECEIVED

    def test_a_reason_that_is_refused_stays_typed(self, world):
        invoice = world.invoice(1_00)
        for name, field in (("reject_invoice", "reason"), ("query_invoice", "question")):
            words = "About 401 023 2137, please"
            answer = client_of(world.finance).post(url(name, invoice=invoice.pk), {field: words})
            text = answer.content.decode()
            assert "NHS number" in text
            assert words in text
        assert Invoice.objects.get().state == S.RECEIVED


def test_files_are_given_to_who_may_see_the_invoice_alone(world):
    world.practice.supplier_assignments.create(supplier=world.supplier, started_on=today())
    partner = make.make_practice(world.ccg)
    make.make_referral(world.practice, world.year, "agreed", others=(partner,))
    invoice = world.invoice(1_00)
    actions.query_invoice(by=world.finance, invoice=invoice, question="Which month?")
    actions.answer_query(by=world.manager, invoice=invoice, answer="June", file=None)
    step = invoice.steps.first()
    path = url("invoice_file", invoice=invoice.pk, invoice_step=step.pk)
    elsewhere = World()
    other = elsewhere.invoice(1_00)
    office = (Role.PROGRAMME_OFFICER, Role.FINANCE_LEAD, Role.APPROVER, Role.OBSERVER)
    for person in (world.manager, *(world.person(role) for role in office)):
        answer = client_of(person).get(path)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer.content == b"%PDF-1.4\n%%EOF"
        foreign = url("invoice_file", invoice=other.pk, invoice_step=other.steps.get().pk)
        assert client_of(person).get(foreign).status_code == 404
        crossed = url("invoice_file", invoice=invoice.pk, invoice_step=other.steps.get().pk)
        assert client_of(person).get(crossed).status_code == 404
    for person in (
        world.change_manager,
        make.make_person(Role.PRACTICE_USER, partner),
        elsewhere.manager,
        elsewhere.finance,
    ):
        assert client_of(person).get(path).status_code == 404
    assert client_of(make.make_person(Role.ADMINISTRATOR)).get(path).status_code == 403
    without_file = url("invoice_file", invoice=invoice.pk, invoice_step=invoice.steps.last().pk)
    assert client_of(world.manager).get(without_file).status_code == 404


class TestTheList:
    def test_each_sees_their_own(self, world):
        ours = world.invoice(1_00)
        theirs = world.invoice(payee=world.supplier, by=world.change_manager, lines={world.by_supplier: 1_00})
        World().invoice(1_00)
        for person, seen in (
            (world.manager, [ours]),
            (world.change_manager, [theirs]),
            (world.finance, [theirs, ours]),
        ):
            page = client_of(person).get(url("invoices"))
            assert [row.thing for row in page.context["list"].rows] == seen

    def test_filters(self, world):
        one, two = world.invoice(1_00, number="Alpha 1"), world.invoice(2_00, number="Beta 2")
        bring_to(two, S.QUERIED)
        client = client_of(world.finance)

        def found(**query):
            page = client.get(url("invoices"), query)
            assert not page.context["list"].ignored
            return [row.thing for row in page.context["list"].rows]

        assert found(state="queried") == [two]
        assert found(q="alpha1") == [one]
        assert found(q=world.practice.ods_code.lower()) == [two, one]
        assert found(commissioner=world.ccg.pk, year=world.year.pk) == [two, one]
        assert found(mine="approve") == [one]
        assert found(age=5) == []
        assert found(sort="amount") == [one, two]

    def test_costs_the_same_for_few_and_for_many(self, world):
        def cost(path):
            client = client_of(world.finance)
            client.get(path)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(path).status_code == 200
            return len(queries)

        world.invoice(1_00)
        paths = [url("invoices"), url("raise_invoice"), "/"]
        few = [cost(path) for path in paths]
        for _ in range(5):
            world.invoice(1_00, lines={world.commitment(1_00): 1_00})
        assert [cost(path) for path in paths] == few

    def test_home_counts_what_the_person_may_approve(self, world):
        world.invoice(1_00)
        world.invoice(1_00, by=world.finance)
        for person, count in ((world.finance, 1), (world.person(Role.APPROVER, 5_00), 2)):
            page = client_of(person).get("/")
            task = next(each for each in page.context["tasks"] if each.thing == "invoice")
            assert task.count == count
            listed = client_of(person).get(task.href).context["list"]
            assert listed.total == count


def test_an_administrator_sets_a_limit_on_the_persons_page(world):
    approver = world.person(Role.APPROVER)
    client = client_of(make.make_person(Role.ADMINISTRATOR))
    path = url("approval_limit", person=approver.pk)
    assert path in client.get(reverse("people:person", kwargs={"person": approver.pk})).content.decode()
    manager = reverse("people:person", kwargs={"person": world.manager.pk})
    assert "Approval limit" not in client.get(manager).content.decode()
    day = today()
    sent = {
        "pence": "2,500",
        "starts_on_day": day.day,
        "starts_on_month": day.month,
        "starts_on_year": day.year,
        "why": "Scheme of delegation",
    }
    wrong = client.post(path, sent | {"starts_on_year": day.year - 1}).content.decode()
    assert "starts today or later" in wrong
    assert 'value="2,500"' in wrong
    done = client.post(path, sent, follow=True).content.decode()
    assert "may approve an invoice of up to <strong>£2,500</strong> alone" in done
    assert ApprovalLimit.objects.get().pence == 2_500_00
    refused = client.get(url("approval_limit", person=world.manager.pk)).content.decode()
    assert "has no role that approves invoices" in refused
