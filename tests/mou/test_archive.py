"""The whole case as one ZIP: all that a person may see of it and no more, the same bytes twice, safe to open."""

import csv
import hashlib
import html.parser
import io
import re
import zipfile

import pytest
from django.apps import apps
from django.db.models import ForeignKey
from django.urls import reverse

from mou.archive import bundle as bundles
from mou.archive import pages
from mou.archive.actions import download_case
from mou.archive.bundle import gather, stream
from mou.archive.parts import NOT_IN_IT, PARTS
from mou.models import Agreement
from resilience.core import access
from resilience.core.access import Denied, Role
from resilience.core.models import StoredFile, TrailEntry
from resilience.referrals import actions as referral_actions
from resilience.referrals import office_actions
from resilience.referrals.models import Referral
from resilience.referrals.uploads import CheckedFile
from tests.factories import make_ccg, make_person, make_practice
from tests.mou.world import make_world, send_mou, sign_both

pytestmark = pytest.mark.django_db
SECRET = "Partner is ill, tell nobody"
HOSTILE = "../../=cmd|' /C calc'!A0 <script>alert(1)</script>"


@pytest.fixture
def world(django_capture_on_commit_callbacks):
    """A case to its sealed MoU, with an internal note and a message whose words and files are hostile."""
    world = make_world(others=1)
    file = CheckedFile("../..\\=évil \u202epdf.exe", "application/pdf", b"%PDF-1.7 notes")
    office_actions.note(by=world.officer, referral=world.referral, text=SECRET, files=[file])
    office_actions.ask(by=world.officer, referral=world.referral, text=HOSTILE, files=[])
    agreement = send_mou(world)
    with django_capture_on_commit_callbacks(execute=True):
        sign_both(world, agreement)
    return world


def unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(set(archive.namelist()))
        return {name: archive.read(name) for name in archive.namelist()}


def of(world, person) -> dict[str, bytes]:
    return unzip(b"".join(stream(gather(world.referral, person))))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def fresh(person):
    """As the next request reads them: nothing is remembered of what they may."""
    return type(person).objects.get(pk=person.pk)


def test_it_holds_everything_and_its_manifest_says_so(world):
    files = of(world, world.officer)
    assert {path.partition("/")[0] for path in files} == {
        "index.html", "style.css", "manifest.csv", "referral", "messages", "assessment", "decision", "money",
        "plan", "drafts", "mou", "trail",
    }  # fmt: skip
    said = {row["File"]: (int(row["Bytes"]), row["SHA-256"]) for row in rows(files["manifest.csv"])}
    assert said == {
        path: (len(content), hashlib.sha256(content).hexdigest())
        for path, content in files.items()
        if path != "manifest.csv"
    }
    agreement = Agreement.objects.get()
    assert bytes(agreement.document.content) in files.values()
    assert bytes(agreement.sealed.content) in files.values()
    shown = files["mou/001-as-shown.html.txt"]
    assert hashlib.sha256(shown).hexdigest() == agreement.signatures.first().html_sha256
    money = files["money/ledger.csv"].decode("utf-8-sig")
    assert "2000.00" in money.replace(",", "") or "2000" in money
    index = files["index.html"].decode()
    last = TrailEntry.objects.filter(case_id=world.referral.pk).latest("sequence")
    assert last.hash in index
    assert rows(files["trail/trail.csv"])[-1]["Hash"] == last.hash
    assert "What is left out, and why" in index


def test_the_same_case_makes_the_same_bytes_until_something_changes(world):
    first, again = (b"".join(stream(download_case(by=world.officer, referral=world.referral))) for _ in "12")
    assert first == again
    taken = TrailEntry.objects.filter(act="mou.download_case")
    assert taken.count() == 2
    assert all(each.is_internal and each.case_id == world.referral.pk for each in taken)
    office_actions.note(by=world.officer, referral=world.referral, text="One more.", files=[])
    assert b"".join(stream(gather(world.referral, world.officer))) != first


def test_the_practice_gets_nothing_of_the_offices_own(world):
    files = of(world, world.manager)
    told = b"\n".join(files.values()).decode("utf-8", "replace")
    for secret in (SECRET, "Clear need.", "pdf.exe", "192.0.2", "assessment/", "ledger.csv"):
        assert secret not in told, secret
    assert "We support you." in told
    assert "statement.csv" in told
    assert bytes(Agreement.objects.get().sealed.content) in files.values()
    for row in rows(files["trail/trail.csv"]):
        assert set(row) == {"Entry", "When", "What", "Hash"}
    assert "internal note" not in files["trail/trail.csv"].decode().lower()
    assert "their own working papers" in files["index.html"].decode().replace("its own", "their own") or (
        "own working papers" in files["index.html"].decode()
    )
    office = of(world, world.officer)
    assert any(SECRET in content.decode("utf-8", "replace") for content in office.values())


def test_another_practice_of_the_group_sees_its_own_money_alone(world):
    member = world.referral.practices.get(is_lead=False).practice
    files = of(world, make_person(Role.PRACTICE_USER, member))
    assert len(rows(files["money/commitments.csv"])) == 0
    assert len(rows(of(world, world.manager)["money/commitments.csv"])) == 1


class _Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]
        assert not any(name.startswith("on") or name == "style" for name, _ in attributes)


@pytest.mark.parametrize("who", ["officer", "manager"])
def test_its_pages_need_no_script_and_no_network_and_every_link_leads_to_a_file(world, who):
    from urllib.parse import unquote, urljoin

    files = of(world, getattr(world, who))
    for path, content in files.items():
        if not path.endswith(".html"):
            continue
        page = _Page()
        page.feed(content.decode())
        assert page.tags.isdisjoint({"script", "iframe", "object", "img", "form", "base"}), path
        for each in page.links:
            assert not re.match(r"[a-z]+:|//", each), (path, each)
            assert unquote(urljoin(path, each)) in files, (path, each)
    index = _Page()
    index.feed(files["index.html"].decode())
    assert {unquote(each) for each in index.links} == set(files) - {"index.html"}


def test_no_name_leads_anywhere_and_no_cell_runs(world):
    files = of(world, world.officer)
    for path in files:
        assert re.fullmatch(r"[\w][\w.\- /]*", path), path
        assert ".." not in path
    assert any("évil" in path for path in files)
    for path, content in files.items():
        if path.endswith(".csv"):
            cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
            assert not [cell for cell in cells if re.match(r"[=+@\t\r]|-\D", cell)], path
    assert "<script>" not in files["messages/messages.html"].decode()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("rota.pdf", "rota.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\boot.ini", "C-boot.ini"),
        ("CON.txt", "file-CON.txt"),
        ("...", "file"),
        ("", "file"),
        ("Łódź “é”.docx", "Łódź -é-.docx"),
        ("a\0b\nc.pdf", "a-b-c.pdf"),
        ("x" * 300 + ".pdf", "x" * 76 + ".pdf"),
        ("=1+1.csv", "1-1.csv"),
    ],
)
def test_file_names_are_safe(name, safe):
    assert pages.safe_name(name) == safe
    assert pages.safe_name(safe) == safe


def test_only_one_stored_file_is_read_at_a_time(world, monkeypatch):
    big = b"\0" * 5_000_000
    for n in range(8):
        file = StoredFile.keep(
            name=f"{n}.pdf", content_type="application/pdf", content=big + bytes([n]), by=None
        )
        world.referral.attachments.create(file=file, attached_by=world.manager)
    import tracemalloc

    tracemalloc.start()
    total = sum(len(piece) for piece in stream(gather(world.referral, world.officer)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 40_000_000
    assert peak < 30_000_000


# --- the page ----------------------------------------------------------------------------------


def test_the_page_says_what_is_in_it_and_sends_it(world, client):
    address = reverse("mou:whole_case", kwargs={"referral": world.referral.pk})
    for person, link in ((world.officer, "referrals:timeline"), (world.manager, "referrals:follow")):
        client.force_login(person)
        page = client.get(reverse(link, kwargs={"referral": world.referral.pk})).content.decode()
        assert address in page
        page = client.get(address).content.decode()
        assert "Memorandum of Understanding, with 3 documents" in page
        assert ("Notes that the office wrote for itself" in page) == (person == world.manager)
        assert not TrailEntry.objects.filter(act="mou.download_case", by=person).exists()
        answer = client.post(address)
        assert answer["Content-Type"] == "application/zip"
        assert f"{world.referral.reference}-whole-case.zip" in answer["Content-Disposition"]
        files = unzip(b"".join(answer.streaming_content))
        assert (SECRET in files["messages/messages.html"].decode()) == (person == world.officer)
        entry = TrailEntry.objects.get(act="mou.download_case", by=person)
        assert entry.is_internal == (person == world.officer)
        assert entry.facts["files"] == len(files)


def test_only_who_sees_the_case_gets_it(world, client):
    address = reverse("mou:whole_case", kwargs={"referral": world.referral.pk})
    strangers = (
        make_person(Role.PROGRAMME_OFFICER, make_ccg()),
        make_person(Role.PRACTICE_USER, make_practice()),
    )
    for person in strangers:
        client.force_login(person)
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
        with pytest.raises(Denied):
            download_case(by=fresh(person), referral=world.referral)
    assert not TrailEntry.objects.filter(act="mou.download_case").exists()


def test_a_draft_is_no_case_yet(world, client):
    draft = referral_actions.start(by=world.manager, practice=world.practice, year=world.year)
    with pytest.raises(Denied, match="before the referral is sent"):
        download_case(by=world.manager, referral=draft)
    client.force_login(world.manager)
    page = client.get(reverse("mou:whole_case", kwargs={"referral": draft.pk})).content.decode()
    assert "before the referral is sent" in page


# --- what must be declared ---------------------------------------------------------------------


def _points_at_a_referral(model) -> bool:
    return any(
        isinstance(column, ForeignKey) and column.related_model is Referral
        for column in model._meta.concrete_fields
    )


def _scoped_by_a_referral() -> set[str]:
    """Models that point at a referral, and those whose chain of ``scoped_by`` ends at such a one."""
    found = set()
    for model in apps.get_models():
        here = model
        while not _points_at_a_referral(here) and (parent := getattr(here, "scoped_by", None)):
            here = here._meta.get_field(parent).related_model
        if here is Referral or _points_at_a_referral(here):
            found.add(model._meta.label)
    return found


def test_every_model_of_a_case_is_in_the_archive_or_says_why_not():
    covered = frozenset().union(*(adds.models for adds in PARTS))
    assert covered.isdisjoint(NOT_IN_IT)
    assert _scoped_by_a_referral() <= covered | set(NOT_IN_IT)
    known = {model._meta.label for model in apps.get_models()}
    assert covered | set(NOT_IN_IT) <= known


def test_the_discovery_would_find_a_model_that_is_missing():
    assert {
        "mou.Signature",
        "mou.Objective",
        "assessments.Finding",
        "referrals.Reminder",
    } <= _scoped_by_a_referral()


def test_a_topic_adds_its_part_by_registering_it(world, monkeypatch):
    from mou.archive.parts import Adds

    def part(case, viewer):
        return pages.Part("extra", "Something more", [pages.Pairs("More", [("Case", case.reference)])])

    monkeypatch.setattr(bundles, "PARTS", [*PARTS, Adds(part, frozenset())])
    assert world.referral.reference in of(world, world.officer)["extra/extra.html"].decode()
    assert access.P.VIEW_REFERRALS
