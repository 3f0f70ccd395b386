"""Evidence: handed in, declined, chased, by the practice or for it; the list; and a practice's own statement."""

import datetime as dt
import io
import uuid

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook
from post_office.models import Email

from funding import actions, ledger
from funding.models import EvidenceEntry, StageOpening, Transfer
from funding.stages import actions as stages
from funding.stages import evidence
from funding.stages.evidence import Answer
from funding.stages.letters import CHASE_BODY, CHASE_SUBJECT
from funding.stages.pages import to_hand_in
from funding.stages.statement import statement
from practices.models import Practice
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.home.today import practices_to_chase, stages_payable
from resilience.programmes.models import PaymentStage
from tests import factories as make
from tests.factories import client_of
from tests.funding.groups import group
from tests.funding.test_ledger import allocate, commit, supported

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class World:
    """A supported referral with money, three more practices in its CCG, and one in another CCG of the office."""

    def __init__(self) -> None:
        self.referral = supported()
        self.practice = self.referral.lead_practice
        self.ccg = self.referral.commissioner
        self.year = self.referral.year
        self.stage = self.add_stage(due_on=today() - dt.timedelta(days=10))
        allocate(self.referral, 5_000_00)
        self.others = [make.make_practice(self.ccg) for _ in range(3)]
        self.elsewhere = make.make_practice(make.make_ccg(self.ccg.parent))
        self.officer = make.make_person(Role.PROGRAMME_OFFICER, self.ccg, name="Olu Martins")
        self.manager = make.make_person(Role.PRACTICE_USER, self.practice)
        self.finance = make.make_person(Role.FINANCE_LEAD, self.ccg)

    def add_stage(self, **more) -> PaymentStage:
        values = {"name": "Health check", "amount": 100_00, "opens": "evidence", "pays_before_mou": True}
        position = self.year.stages.count() + 1
        return PaymentStage.objects.create(year=self.year, position=position, **values | more)

    def given(self, practice=None) -> dict:
        return {"stage": self.stage, "practice": practice or self.practice}


@pytest.fixture
def world() -> World:
    return World()


def page(stage, practice) -> str:
    return reverse("funding:practice_evidence", kwargs={"stage": stage.pk, "ods_code": practice.ods_code})


def listed(world: World) -> str:
    return reverse("funding:evidence", kwargs={"stage": world.stage.pk})


# --- acts --------------------------------------------------------------------------------------


def test_evidence_is_handed_in_once_and_pays_at_once(world):
    commit(world.referral, 500_00)
    first = stages.hand_in(by=world.manager, words="All complete", **world.given())
    assert stages.hand_in(by=world.manager, words="All complete", **world.given()) == first
    with pytest.raises(Denied, match="is in since"):
        stages.hand_in(by=world.officer, **world.given())
    with pytest.raises(Denied, match="is in since"):
        stages.decline(by=world.manager, **world.given())
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceEntry.objects.create(kind="handed_in", made_by=world.officer, **world.given())
    assert [row.amount for row in Transfer.objects.filter(stage=world.stage)] == [100_00]
    assert Email.objects.filter(to__contains=world.manager.email).exists()


def test_who_declined_may_take_part_after_all_and_hand_in(world):
    stages.decline(by=world.manager, words="Not this year", **world.given())
    assert stages.decline(by=world.manager, **world.given()).kind == "declined"
    assert EvidenceEntry.objects.count() == 1
    with pytest.raises(Denied, match="declined on"):
        stages.chase(by=world.officer, subject="x", body="y", **world.given())
    stages.take_back_decline(by=world.officer, **world.given())
    with pytest.raises(Denied, match="has not declined"):
        stages.take_back_decline(by=world.manager, **world.given())
    stages.decline(by=world.officer, **world.given())
    stages.hand_in(by=world.manager, **world.given())
    assert evidence.asked(world.stage, world.practice).answer == Answer.IN


def test_only_its_own_people_or_an_officer_of_its_area_speak_for_a_practice(world):
    strangers = [
        make.make_person(Role.PRACTICE_USER, world.others[0]),
        make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()),
        world.finance,
        make.make_person(Role.OBSERVER, world.ccg),
        make.make_person(Role.SUPPLIER_USER, make.make_organisation("supplier")),
    ]
    for person in strangers:
        for act in (stages.hand_in, stages.decline, stages.take_back_decline):
            with pytest.raises(Denied):
                act(by=person, **world.given())
    with pytest.raises(Denied):
        stages.chase(by=world.manager, subject="x", body="y", **world.given())
    assert not EvidenceEntry.objects.exists()


def test_a_stage_asks_the_practices_of_its_programmes_area_and_for_evidence_only(world):
    far = make.make_practice()
    with pytest.raises(Denied, match="does not ask"):
        stages.hand_in(by=make.make_person(Role.PROGRAMME_OFFICER), **world.given(far))
    plan = world.add_stage(name="Action plan", opens="plan_agreed")
    with pytest.raises(Denied, match="Nothing is handed in"):
        stages.hand_in(by=world.officer, stage=plan, practice=world.practice)
    stages.decline(by=world.officer, stage=plan, practice=world.practice)
    signature = world.year.stages.get(opens="mou_signed")
    with pytest.raises(Denied, match="does not ask"):
        stages.decline(by=world.officer, stage=signature, practice=world.practice)


def test_a_chase_is_filled_in_for_each_practice_and_sent_once(world):
    given = {"subject": CHASE_SUBJECT, "body": CHASE_BODY}
    stages.chase(by=world.officer, **given, **world.given())
    stages.chase(by=world.officer, **given, **world.given())
    (email,) = Email.objects.filter(to__contains=world.manager.email)
    assert world.practice.name in email.message
    assert page(world.stage, world.practice) in email.message
    assert "{" not in email.message + email.subject
    with pytest.raises(Denied, match="No email address"):
        stages.chase(by=world.officer, **given, **world.given(world.others[0]))
    stages.record_chase(by=world.officer, words="Telephoned", **world.given(world.others[0]))
    assert EvidenceEntry.objects.filter(kind="chased").count() == 2
    assert mail.outbox == []


def test_the_daily_sweep_is_a_command(world):
    PaymentStage.objects.filter(pk=world.stage.pk).update(
        opens="date", opens_on=today() + dt.timedelta(days=1)
    )
    commit(world.referral, 500_00)
    call_command("open_dated_stages")
    assert not Transfer.objects.filter(stage=world.stage).exists()
    PaymentStage.objects.filter(pk=world.stage.pk).update(opens_on=today())
    out = io.StringIO()
    call_command("open_dated_stages", stdout=out)
    call_command("open_dated_stages", stdout=out)
    assert out.getvalue() == "1 payment became payable.\n"


# --- the list ----------------------------------------------------------------------------------


def test_the_list_has_every_practice_of_the_area_and_says_where_each_stands(world):
    in_, declined, chased = world.practice, *world.others[:2]
    commit(world.referral, 500_00)
    stages.hand_in(by=world.officer, **world.given(in_))
    stages.decline(by=world.officer, **world.given(declined))
    for words in ("Telephoned", "Telephoned again"):
        stages.record_chase(by=world.officer, words=words, **world.given(chased))
    closed = make.make_practice(world.ccg)
    Practice.objects.filter(pk=closed.pk).update(status="closed", closed_on=today())
    response = client_of(world.officer).get(listed(world))
    rows = {row.thing.pk: row.thing for row in response.context["list"].rows}
    assert set(rows) == {world.practice.pk, *(each.pk for each in world.others)}
    assert [rows[each.pk].answer for each in (in_, declined, chased)] == ["in", "declined", "not_in"]
    assert (rows[chased.pk].chased, rows[in_.pk].chased) == (2, 0)
    assert rows[in_.pk].payment.text == "£100 payable"
    assert "No referral to" in rows[chased.pk].payment.text
    (count,) = response.context["counts"]
    assert (count.handed_in, count.declined, count.not_in, count.asked) == (1, 1, 2, 4)
    assert "1 of 4" in response.content.decode()
    office = make.make_person(Role.PROGRAMME_OFFICER, world.ccg.parent)
    assert client_of(office).get(listed(world)).context["overall"].asked == 5


def test_home_counts_what_the_list_shows(world):
    commit(world.referral, 500_00)
    (task,) = practices_to_chase(world.officer)
    assert task.count == 4 == client_of(world.officer).get(task.href).context["list"].total
    assert stages_payable(world.finance) == []
    stages.hand_in(by=world.officer, **world.given())
    stages.decline(by=world.officer, **world.given(world.others[0]))
    (task,) = practices_to_chase(world.officer)
    assert task.count == 2 == client_of(world.officer).get(task.href).context["list"].total
    (payable,) = stages_payable(world.finance)
    assert payable.count == 1
    assert "1 commitment" in client_of(world.finance).get(payable.href).content.decode()
    PaymentStage.objects.filter(pk=world.stage.pk).update(due_on=today())
    assert practices_to_chase(world.officer) == []


def test_a_plan_that_both_agreed_counts_for_every_practice_of_the_group():
    referral = group()
    plan = PaymentStage.objects.create(
        year=referral.year, position=9, name="Plan", amount=1, opens="plan_agreed"
    )
    mine = [each.practice for each in referral.practices.all()]
    lonely = make.make_practice(referral.commissioner)
    StageOpening.objects.create(stage=plan, referral=referral, why="x")
    rows = evidence.with_answers(plan, evidence.in_area(plan, Practice.objects.all()))
    assert {row.pk: row.answer for row in rows} == {each.pk: "in" for each in mine} | {lonely.pk: "not_in"}
    assert {each.practice.pk: each.answer for each in evidence.asked_of([*mine, lonely], [plan])} == {
        row.pk: row.answer for row in rows
    }


def test_several_are_chased_and_recorded_at_once_and_a_repeat_does_nothing(world):
    for practice in world.others[:2]:
        make.make_person(Role.PRACTICE_USER, practice)
    client = client_of(world.officer)
    address = reverse("funding:evidence_chosen", kwargs={"stage": world.stage.pk})
    ticked = {"chosen": [each.pk for each in (*world.others, world.elsewhere)], "act": "chase"}
    shown = client.post(address, ticked)
    assert [each.pk for each in shown.context["able"]] == sorted(
        (each.pk for each in world.others[:2]), key=lambda pk: Practice.objects.get(pk=pk).name
    )
    assert [each.practice for each in shown.context["refused"]] == [world.others[2]]
    wrong = client.post(address, ticked | {"confirmed": "yes", "subject": "x", "body": "Dear {doctor}"})
    assert "{doctor} cannot be filled in" in wrong.content.decode()
    assert not EvidenceEntry.objects.exists()
    confirmed = ticked | {"confirmed": "yes", "subject": "Late", "body": "Dear {practice}"}
    for _ in range(2):
        done = client.post(address, confirmed)
        assert done.context["title"] == "2 practices chased"
    assert EvidenceEntry.objects.filter(kind="chased").count() == 2
    decline = ticked | {"act": "decline", "confirmed": "yes", "words": "Told us by email"}
    for _ in range(2):
        client.post(address, decline)
    assert EvidenceEntry.objects.filter(kind="declined").count() == 3
    assert not EvidenceEntry.objects.filter(practice=world.elsewhere).exists()
    assert client_of(world.finance).post(address, confirmed).status_code == 403


# --- the practice's own pages --------------------------------------------------------------------


def test_a_practice_hands_in_in_two_clicks_from_home_with_its_file(world):
    client = client_of(world.manager)
    home = client.get(reverse("home")).content.decode()
    address = page(world.stage, world.practice)
    assert address in home
    assert "Hand in your health check" in home
    typed = {
        "act": "hand_in",
        "words": "Complete",
        "file": SimpleUploadedFile("check.pdf", PDF, "application/pdf"),
    }
    assert client.post(address, typed).status_code == 302
    entry = EvidenceEntry.objects.get()
    assert (entry.kind, entry.words, bytes(entry.file.content)) == ("handed_in", "Complete", PDF)
    file = reverse("funding:evidence_file", kwargs={"evidence_entry": entry.pk})
    assert client.get(file).content == PDF
    assert client_of(world.officer).get(file).status_code == 200
    neighbour = make.make_person(Role.PRACTICE_USER, world.others[0])
    assert client_of(neighbour).get(file).status_code == 404
    assert client_of(neighbour).get(address).status_code == 404
    assert to_hand_in([world.practice]) == []
    assert address not in client.get(reverse("home")).content.decode()


def test_a_file_that_is_not_what_it_says_is_refused(world):
    typed = {"act": "hand_in", "words": "", "file": SimpleUploadedFile("check.pdf", b"MZ", "application/pdf")}
    response = client_of(world.manager).post(page(world.stage, world.practice), typed)
    assert "is not a whole PDF" in response.content.decode()
    assert not EvidenceEntry.objects.exists()


def test_it_declines_from_the_page_that_it_follows_its_referral_on(world):
    client = client_of(world.manager)
    follow = client.get(reverse("referrals:follow", args=[world.referral.pk])).content.decode()
    address = page(world.stage, world.practice)
    assert address in follow
    client.post(address, {"act": "decline", "words": "No time"})
    assert EvidenceEntry.objects.get().kind == "declined"
    assert "Takes part after all" in client.get(address).content.decode()
    again = client.post(address, {"act": "asked", "asked-words": "x"})
    assert "Your role does not let you" in again.content.decode()


def test_an_act_that_nobody_knows_changes_nothing(world):
    for act in ("", "chase", "delete"):
        response = client_of(world.manager).post(page(world.stage, world.practice), {"act": act})
        assert response.status_code == 200
    assert not EvidenceEntry.objects.exists()


# --- the statement -----------------------------------------------------------------------------


def statement_page(practice) -> str:
    return reverse("funding:statement", kwargs={"ods_code": practice.ods_code})


@pytest.fixture
def paid(world) -> World:
    """£500 promised, £100 payable and paid in two, £10 of it reversed and £20 clawed back."""
    commitment = commit(world.referral, 500_00)
    stages.hand_in(by=world.officer, **world.given())
    given = {"by": world.finance, "commitment": commitment}
    for act, pence, why in (
        (actions.pay, 60_00, "BACS 17"),
        (actions.pay, 40_00, "BACS 18"),
        (actions.reverse, 10_00, "secret: the wrong account"),
        (actions.claw_back, 20_00, "secret: they overclaimed"),
    ):
        act(**given, amount=pence, why=why, key=uuid.uuid4().hex)
    return world


def test_a_statement_says_what_the_ledger_says(paid):
    (year,) = statement(paid.practice, paid.manager)
    figures = ledger.of_commitment(paid.referral.commitments.get())
    assert (year.promised, year.became_payable, year.paid) == (500_00, 100_00, 90_00)
    assert (year.clawed_back, year.payable, year.to_come) == (20_00, 10_00, 400_00)
    assert (year.payable, year.to_come) == (figures.payable, figures.committed)
    assert sum(line.pence for line in year.payments) == year.paid - year.clawed_back
    assert sum(line.pence for line in year.opened) == year.became_payable
    assert sum(pence for _, pence in year.promises) == year.promised
    assert [(each.stage.name, each.worth) for each in year.waiting] == [("On signature of the MoU", 400_00)]


def test_nothing_internal_is_in_a_statement(paid):
    client = client_of(paid.manager)
    shown = client.get(statement_page(paid.practice)).content.decode()
    assert "BACS 17" in shown
    assert "£400" in shown
    for internal in ("secret", "Recruitment support", paid.finance.name, paid.officer.name, "uncommitted"):
        assert internal not in shown
    book = load_workbook(io.BytesIO(client.get(statement_page(paid.practice) + "?export=xlsx").content))
    cells = [str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert "BACS 17" in cells
    assert not any("secret" in each or "Recruitment support" in each for each in cells)
    pdf = client.get(statement_page(paid.practice) + "?export=pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


def test_a_practice_sees_its_own_statement_and_its_own_share_alone():
    referral = group()
    lead, other, third = (each.practice for each in referral.practices.order_by("pk"))
    finance = make.make_person(Role.FINANCE_LEAD)
    actions.commit_pooled(
        by=finance,
        referral=referral,
        shares={lead: 123_45, other: 678_90},
        item=referral.year.menu.first(),
        purpose="A shared pharmacist",
        key=uuid.uuid4().hex,
    )
    manager = make.make_person(Role.PRACTICE_USER, lead)
    client = client_of(manager)
    shown = client.get(statement_page(lead)).content.decode()
    assert "£123.45" in shown
    for others in ("678.90", "802.35", other.name):
        assert others not in shown
    assert client.get(statement_page(other)).status_code == 404
    supplier = make.make_organisation("supplier")
    lead.supplier_assignments.create(supplier=supplier, started_on=today())
    worker = make.make_person(Role.SUPPLIER_USER, supplier)
    assert client_of(worker).get(statement_page(lead)).status_code == 403
    assert (
        client_of(make.make_person(Role.OBSERVER, referral.commissioner))
        .get(statement_page(lead))
        .status_code
        == 200
    )
    assert (
        "Nothing was promised or paid yet"
        in client_of(make.make_person(Role.PRACTICE_USER, third)).get(statement_page(third)).content.decode()
    )


def test_payments_before_this_service_stand_in_the_statement(world):
    allocation = world.year.allocations.get()
    Transfer.objects.create(
        allocation=allocation, practice=world.practice, kind="paid_before", debit="uncommitted", credit="paid",
        amount=77_00, why="secret: row 12", key=uuid.uuid4().hex, happened_on=dt.date(2018, 5, 1),
    )  # fmt: skip
    (year,) = statement(world.practice, world.manager)
    assert (year.promised, year.paid, year.to_come) == (0, 77_00, 0)
    assert [(line.what, line.on, line.reference) for line in year.payments] == [
        ("Paid before this service", dt.date(2018, 5, 1), "")
    ]
