"""Every address as every role, over a demonstration in which everything that people typed is an attack."""

import csv
import html as entities
import io
import logging
import re
import subprocess
from dataclasses import dataclass

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import Client
from post_office.models import Email

from mou.agreement import documents
from mou.archive.bundle import gather
from mou.models import Agreement
from practices.models import Person
from resilience.demo import SIGN_INS, loading
from resilience.referrals.models import Referral
from tests.discovery.urls import addresses
from tests.security import world
from tests.security.watch import writes

pytestmark = pytest.mark.django_db

WHO = {"Stranger": "", **dict(SIGN_INS)}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIVE_TOTAL = re.compile(r"=SUBTOTAL\(9,([A-Z]+)\d+:\1\d+\)")
"""The one formula that a spreadsheet of ours holds: a sum down its own column."""
EMPTY_IN_THE_DEMONSTRATION = {
    "PracticeChange.field", "PracticeChange.before", "PracticeChange.after", "PracticeChange.source",
    "ContinuingSupport.comment", "SavedView.name", "SafetyEscalation.taken_note", "LinkRequest.reason",
    "Agreement.stopped_reason", "Agreement.declined_side", "Delegation.why", "DraftComment.text",
    "DraftComment.answer_text", "DraftComment.clause", "Signature.received_by",
    "Export.what", "Export.maker", "Export.rights", "Export.why_failed",
    "BulkCase.why_failed", "HealthCheckCorrection.value", "HealthCheckCorrection.why", "KeptWords.mark",
    "KeptWords.reason", "KeptWords.words", "Notice.lmc_talked_with", "HealthCheck.came_from", "ReportStep.came_from",
}  # fmt: skip


@dataclass
class Seen:
    role: str
    name: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    wrote: list[str]
    read: str | None = None

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").split(";")[0]

    def __str__(self) -> str:
        return f"{self.role}: {self.status} {self.path}"


@pytest.fixture(scope="module")
def poisoned(django_db_setup, django_db_blocker):
    """What the attack found nothing to replace. All of it is undone after the module."""
    if connection.vendor != "sqlite":
        pytest.skip("what is escaped is the same on any database; tests/discovery fetches every page on both")
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load()
        untouched = world.poison()
        for agreement in Agreement.objects.select_related("referral"):
            Agreement.objects.filter(pk=agreement.pk).update(html=documents.render(agreement.referral))
        yield untouched
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def seen(poisoned, django_db_blocker) -> list[Seen]:
    """Every address with things of the role's own, lists as files too; each looked at once."""
    found = []
    logging.disable(logging.WARNING)  # each refusal is told of, and here there are hundreds
    with django_db_blocker.unblock():
        for role, email in WHO.items():
            person = Person.objects.get(email=email) if email else None
            client = Client(raise_request_exception=False)
            if person:
                client.force_login(person)
            for address in addresses():
                own = world.paths(person or Person.objects.get(email="admin@example.nhs.uk"), address)
                for path in own:
                    answer = _look(client, role, address.name, path)
                    found.append(answer)
                    if b"export=xlsx" in answer.body:
                        found += [
                            _look(client, role, address.name, f"{path}?export={kind}")
                            for kind in ("xlsx", "csv")
                        ]
    logging.disable(logging.NOTSET)
    return found


def _look(client: Client, role: str, name: str, path: str) -> Seen:
    with writes() as made:
        response = client.get(path)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    wrote = [table for table, _, _ in made]
    return Seen(role, name, path, response.status_code, dict(response.headers), body, wrote)


def words(answer: Seen) -> str:
    """What a person reads in it, pages with their markup."""
    if answer.read is None:
        answer.read = _read(answer)
    return answer.read


def _read(answer: Seen) -> str:
    if answer.kind == XLSX:
        book = openpyxl.load_workbook(io.BytesIO(answer.body))
        return "\n".join(str(cell.value) for row in book.active.iter_rows() for cell in row)
    if answer.kind == "application/pdf":
        return subprocess.run(
            ["pdftotext", "-", "-"], input=answer.body, capture_output=True, check=True
        ).stdout.decode()
    return answer.body.decode()


def test_the_attack_is_everywhere(poisoned, seen):
    assert set(poisoned) <= EMPTY_IN_THE_DEMONSTRATION, "fields that nothing was typed into"
    opened = {each.name for each in seen if each.status == 200}
    carrying = {each.name for each in seen if b"q7 onx" in each.body}
    assert len(opened) > 100
    assert len(carrying) > 80


def test_no_address_breaks(seen):
    broken = [str(each) for each in seen if each.status >= 500]
    assert not broken, "\n".join(broken)


def test_nothing_typed_becomes_markup_or_is_run(seen):
    wrong = [
        f"{each}: {mark.decode()}"
        for each in seen
        if each.kind == "text/html"
        for mark in (b"<q7", b"<script>q7", b"<img src=x", b"50337")
        if mark in each.body
    ]
    assert not wrong, "\n".join(wrong)


def test_files_carry_it_as_text(seen):
    made = ("referrals:copy", "mou:preview_wording_pdf")
    pdfs = [each for each in seen if each.kind == "application/pdf" and each.name in made]
    assert {each.name for each in pdfs} == set(made)
    for each in pdfs:
        assert "<q7 onx=1>" in words(each), each
        assert b"/JavaScript" not in each.body, each


def test_spreadsheets_hold_no_formula_but_totals(seen):
    sheets = [each for each in seen if each.kind == XLSX]
    assert len(sheets) > 8
    attacked = 0
    for each in sheets:
        book = openpyxl.load_workbook(io.BytesIO(each.body))
        cells = [cell for row in book.active.iter_rows() for cell in row]
        attacked += any("<q7" in str(cell.value) for cell in cells)
        formulas = [str(cell.value) for cell in cells if cell.data_type == "f"]
        assert not [formula for formula in formulas if not LIVE_TOTAL.fullmatch(formula)], each
    assert attacked > 5
    for each in (each for each in seen if each.kind == "text/csv"):
        for mark in (b"\n=", b",=", b'"='):
            assert mark not in each.body, each


def test_every_answer_carries_its_headers(seen):
    wrong = []
    for each in seen:
        headers = each.headers
        policy = headers.get("Content-Security-Policy", "")
        faults = {
            "policy": "default-src 'none'" not in policy or "unsafe" in policy,
            "frame": headers.get("X-Frame-Options") != "DENY",
            "sniff": headers.get("X-Content-Type-Options") != "nosniff",
            "referrer": headers.get("Referrer-Policy") != "same-origin",
            "kept": each.role != "Stranger" and "no-store" not in headers.get("Cache-Control", ""),
        }
        if each.status == 200 and each.kind not in ("text/html", "application/json"):
            faults["shown"] = not headers.get("Content-Disposition", "").startswith("attachment")
            faults["not sandboxed"] = "sandbox" not in policy
        wrong += [f"{each}: {fault}" for fault, is_so in faults.items() if is_so]
    assert not wrong, "\n".join(wrong)


def test_looking_changes_nothing(seen):
    wrong = [f"{each}: {each.wrote}" for each in seen if each.wrote]
    assert not wrong, "\n".join(wrong)


def test_what_the_office_keeps_to_itself_reaches_no_practice(seen):
    """Notes, findings, justifications, the commissioner's statement, interests, escalations, internal reasons."""
    outside = [each for each in seen if each.role in ("Practice user", "Supplier user", "Stranger")]
    inside = [each for each in seen if each.role == "Programme officer"]
    assert sum(world.OFFICE_MARK in words(each) for each in inside) > 8
    wrong = [str(each) for each in outside if world.OFFICE_MARK in words(each)]
    assert not wrong, "\n".join(wrong)


def test_a_whole_case_gives_a_practice_nothing_of_that_and_nothing_that_runs(poisoned, django_db_blocker):
    with django_db_blocker.unblock():
        packed = {
            (role, each.reference): {
                entry.path: entry.read() for entry in gather(each, person).entries if entry.stored is None
            }
            for role in ("Practice user", "Programme officer")
            for person in [Person.objects.get(email=WHO[role])]
            for each in Referral.objects.visible_to(person).exclude(state="draft")
        }
    for (role, reference), files in packed.items():
        for path, content in files.items():
            if role == "Practice user":
                assert world.OFFICE_MARK.encode() not in content, (reference, path)
            if path.endswith(".html"):
                assert not re.search(rb"<script|<img|<q7", content), (reference, path)
            elif path.endswith(".csv"):
                cells = [
                    cell
                    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
                    for cell in row
                ]
                assert not [cell for cell in cells if cell[:1] in ("=", "+", "@")], (reference, path)
    told = [
        role for (role, _), files in packed.items() if world.OFFICE_MARK.encode() in b"".join(files.values())
    ]
    assert "Programme officer" in told
    assert "Practice user" in {role for role, _ in packed}


def test_drafts_reach_nobody_but_their_practice(seen):
    own = [each for each in seen if each.role == "Practice user"]
    assert any(world.DRAFT_MARK in words(each) for each in own)
    wrong = [str(each) for each in seen if each.role != "Practice user" and world.DRAFT_MARK in words(each)]
    assert not wrong, "\n".join(wrong)


def test_the_demonstrations_emails_are_plain_text(poisoned):
    sent = Email.objects.all()
    assert sent.count() > 100
    assert not sent.exclude(html_message="")
    for each in sent:
        assert "\n" not in each.subject
        assert entities.unescape(each.subject) == each.subject
