"""verify_documents: whatever was touched is found and named, and a whole record passes."""

import datetime as dt
import hashlib
import io
import random
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import ForeignKey
from django.urls import reverse
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from mou.agreement import actions
from mou.models import Agreement, Signature
from mou.proof import conformance
from mou.proof.documents import DOCUMENTS, Kind
from mou.seal import verify
from mou.seal_key import trusted_certificates
from resilience.core import integrity
from resilience.core.models import StoredFile, TrailEntry
from tests.mou.world import make_world, send_mou, sign_both, signing

pytestmark = pytest.mark.django_db
FLIPS = 1000
WHOLE = "Every document is as on record. Checked: 2 stored files, 1 document, 1 seal, 2 signatures.\n"


@pytest.fixture
def signed(django_capture_on_commit_callbacks):
    """An MoU signed by both and sealed; nothing else is stored."""
    world = make_world()
    agreement = send_mou(world)
    with django_capture_on_commit_callbacks(execute=True):
        sign_both(world, agreement)
    return Agreement.objects.select_related("document", "sealed", "referral").get(pk=agreement.pk)


def said(**options) -> str:
    out = io.StringIO()
    call_command("verify_documents", stdout=out, **options)
    return out.getvalue()


def found(**options) -> str:
    """What it says of a record that is not whole: each finding, then the sentence it ends with."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("verify_documents", stdout=out, **options)
    assert refused.value.returncode == 1
    return f"{out.getvalue()}{refused.value}"


@contextmanager
def tampered(sql: str, *values):
    """What somebody with the database's own password can do; undone afterwards."""
    with transaction.atomic():
        integrity.drop_triggers()
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            assert cursor.rowcount == 1
        yield
        transaction.set_rollback(True)


def flipped(content: bytes, place: int, bit: int = 0) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def test_a_whole_record_passes_with_and_without_the_independent_checker(signed):
    assert said() == WHOLE
    assert said(conformance=True) == WHOLE


def test_a_record_without_documents_passes():
    assert said() == "Every document is as on record. Checked: nothing is stored yet.\n"


FILE = "UPDATE core_storedfile SET {} WHERE id = %s"


def test_each_thing_that_can_be_touched_is_found_and_named(signed):
    document, sealed = signed.document, signed.sealed
    signature = signed.signatures.first()
    broken = flipped(bytes(sealed.content), len(sealed.content) // 3)
    hidden = hashlib.sha256(broken).hexdigest()
    name, whole = f"{signed.referral.reference}, {sealed.name}", bytes(document.content)
    bare = whole.replace(b"pdfuaid:part>1<", b"pdfuaid:part>2<")
    assert bare != whole
    bare_hash = hashlib.sha256(bare).hexdigest()
    for sql, values, sentences in (
        (FILE.format("content = %s"), [broken, sealed.pk], [f"{name}: Its bytes are not", f"{name}: Its seal does"]),
        (FILE.format("size = size + 1"), [sealed.pk], [f"{name}: It has "]),
        # Whoever changes the bytes and the hash beside them meets the trail, the signatures and the seal.
        (
            FILE.format("content = %s, sha256 = %s"), [broken, hidden, sealed.pk],
            [f"{name}: The trail says that another document", f"{name}: Its seal does not hold. This file was altered"],
        ),
        (
            FILE.format("content = %s, sha256 = %s"), [bare, bare_hash, document.pk],
            ["It does not declare PDF/UA-1.", "It is over another PDF than", "The trail says that another document"],
        ),
        ("UPDATE mou_agreement SET html = html || '<p>More.</p>' WHERE id = %s", [signed.pk],
         ["The page that was shown on screen", "It is over another page than"]),
        ("UPDATE mou_agreement SET sealed_at = %s WHERE id = %s", [timezone.now(), signed.pk], ["at another moment"]),
        ("UPDATE mou_signature SET consent_text = 'No.' WHERE id = %s", [signature.pk],
         [f"signature of {signature.typed_name}: The confirmation that was given"]),
        ("UPDATE mou_signature SET document_sha256 = %s WHERE id = %s", [hidden, signature.pk],
         ["It is over another PDF than", "The trail says that something else was signed"]),
        ("UPDATE mou_signature SET trail_hash = %s WHERE id = %s", [hidden, signature.pk],
         ["The trail does not hold the entry"]),
    ):  # fmt: skip
        with tampered(sql, *values):
            report = found()
        for sentence in sentences:
            assert sentence in report, (sql, report)
        assert report.splitlines()[-1].startswith(
            ("1 document not as on record", "2 documents", "3 documents")
        )
    assert said() == WHOLE


def test_a_file_of_another_room_is_named_by_its_record(signed):
    person = signed.signatures.first().person
    file = StoredFile.keep(
        name="accounts.pdf", content_type="application/pdf", content=b"%PDF-1.7", by=person
    )
    signed.referral.attachments.create(file=file, attached_by=person)
    loose = StoredFile.keep(name="loose.txt", content_type="text/plain", content=b"a", by=person)
    for row, name in (
        (file, f"{signed.referral.reference}, accounts.pdf"),
        (loose, f"loose.txt (stored file {loose.pk})"),
    ):
        with tampered(FILE.format("content = %s"), b"%PDF-1.8", row.pk):
            assert f"{name}: Its bytes are not" in found()


def test_a_seal_of_a_strangers_key_is_found(signed, settings, tmp_path):
    settings.SEAL_DIR = tmp_path
    assert "Its seal does not hold. This is not a PDF that we sealed" in found()


def test_certificates_that_cannot_be_read_are_said(signed, settings, tmp_path):
    settings.SEAL_DIR = tmp_path
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "spoilt.pem").write_bytes(b"nothing")
    assert "spoilt.pem is not a certificate" in found()


def test_the_rules_of_a_profile_are_the_independent_checkers(signed, monkeypatch):
    monkeypatch.setattr(conformance, "validator", lambda: lambda pdf: ["It breaks PDF/A-3a: 6.1, no."])
    assert found(conformance=True).count("It breaks PDF/A-3a: 6.1, no.") == 2
    assert said() == WHOLE


def test_without_the_independent_checker_that_is_said(signed, monkeypatch):
    monkeypatch.setitem(sys.modules, "page", None)
    monkeypatch.setattr(conformance, "find_spec", lambda name: None)
    assert found(conformance=True).startswith(
        "The checker of PDF/A-3a and PDF/UA-1 is not installed: pip install"
    )
    assert said() == WHOLE


def test_a_pdf_that_breaks_a_rule_is_told_by_it():
    broken = (Path(__file__).parent / "kept/sealed.pdf").read_bytes().replace(b"/Lang", b"/Long")
    assert conformance.undeclared(broken) == []
    assert any("PDF/UA-1" in line for line in conformance.validator()(broken))


# --- sealing that fails ------------------------------------------------------------------------


def test_with_the_key_broken_both_have_signed_the_page_says_so_and_the_sweep_finishes_it(
    settings, tmp_path, client, django_capture_on_commit_callbacks
):
    settings.SEAL_DIR = tmp_path
    (tmp_path / "seal.pem").write_text("not a key")
    world = make_world()
    agreement = send_mou(world)
    with django_capture_on_commit_callbacks(execute=True):
        sign_both(world, agreement)
    agreement.refresh_from_db()
    assert (agreement.state, agreement.sealed) == (Agreement.State.SIGNED, None)
    client.force_login(world.manager)
    tab = reverse("mou:case", kwargs={"referral": world.referral.pk})
    assert "The sealed copy is being made" in client.get(tab).content.decode()
    with pytest.raises(CommandError, match="1 MoU could not be sealed"):
        call_command("seal_signed_mous")
    assert "Every document is as on record" in said(), "an hour is for the sweep to finish it"
    long_ago = timezone.now() - dt.timedelta(minutes=61)
    with tampered("UPDATE mou_agreement SET signed_at = %s WHERE id = %s", long_ago, agreement.pk):
        assert f"{world.referral.reference}, MoU: Signed by both on" in found()
    (tmp_path / "seal.pem").unlink()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("seal_signed_mous", stdout=io.StringIO())
    page = client.get(tab).content.decode()
    assert "The sealed copy is being made" not in page
    assert "Download the sealed copy" in page
    assert said() == WHOLE


# --- the document itself -----------------------------------------------------------------------


def test_a_thousand_flipped_bits_of_a_sealed_mou_are_found(signed):
    pdf, trusted = bytes(signed.sealed.content), trusted_certificates()
    assert verify(pdf, trusted=trusted).genuine
    (other,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    roots = ValidationContext(trust_roots=[each.own for each in trusted], allow_fetching=False)
    status = validate_pdf_signature(other, signer_validation_context=roots)
    assert (status.bottom_line, status.coverage.name) == (True, "ENTIRE_FILE"), "another library agrees"
    chance = random.Random(20181005)
    missed = [
        (place, bit)
        for place, bit in ((chance.randrange(len(pdf)), chance.randrange(8)) for _ in range(FLIPS))
        if verify(flipped(pdf, place, bit), trusted=trusted).genuine
    ]
    assert missed == []


def test_the_page_the_stored_bytes_the_download_and_the_signature_agree(client):
    world = make_world()
    agreement = send_mou(world)
    client.force_login(world.manager)
    page = client.get(reverse("mou:sign", kwargs={"agreement": agreement.pk})).content.decode()
    got = client.get(reverse("mou:document", kwargs={"agreement": agreement.pk})).content
    digest = hashlib.sha256(got).hexdigest()
    assert f'<p class="app-hash">{digest}</p>' in page
    assert agreement.html in page
    assert bytes(agreement.document.content) == got
    actions.sign_for_practice(**signing(agreement, world.manager, document_sha256=digest))
    signature = Signature.objects.get()
    assert (signature.document_sha256, agreement.document.sha256) == (digest, digest)
    assert signature.html_sha256 == hashlib.sha256(agreement.html.encode()).hexdigest()


def test_all_that_is_recorded_with_a_signature_is_stored_and_printed():
    from django.template.loader import render_to_string

    world = make_world()
    agreement = send_mou(world)
    proved = timezone.now().replace(microsecond=0)
    evidence = actions.Evidence("192.0.2.7", "Firefox 128 <on> a phone", "password, totp", proved)
    actions.sign_for_practice(**signing(agreement, world.manager, evidence=evidence))
    signature = Signature.objects.get()
    entry = TrailEntry.objects.get(sequence=signature.trail_sequence)
    assert (entry.act, entry.hash) == ("mou.sign_for_practice", signature.trail_hash)
    page = render_to_string(
        "mou/signature_page.html",
        {
            "agreement": agreement,
            "referral": agreement.referral,
            "signatures": [signature],
            "last": signature,
        },
    )
    for printed in (
        world.manager.name, world.manager.email, signature.role, world.practice.name, world.practice.ods_code,
        signature.authority, signature.consent_text, signature.consent_sha256, signature.document_sha256,
        signature.html_sha256, f"{signature.signed_at.astimezone(dt.UTC):%H:%M:%S} UTC", "192.0.2.7",
        "Firefox 128 &lt;on&gt; a phone", "password, totp", f"{proved.astimezone(dt.UTC):%H:%M:%S} UTC",
        str(signature.trail_sequence), signature.trail_hash,
    ):  # fmt: skip
        assert printed in page, printed


# --- what must be declared ---------------------------------------------------------------------


def test_every_column_that_holds_a_document_is_checked():
    columns = {
        (model._meta.label, column.name)
        for model in apps.get_app_config("mou").get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, ForeignKey) and column.related_model is StoredFile
    }
    assert columns == {(label, column) for label, kinds in DOCUMENTS.items() for column in kinds}


def test_every_document_that_is_sealed_says_when():
    for label, kinds in DOCUMENTS.items():
        names = {field.name for field in apps.get_model(label)._meta.concrete_fields}
        for column, kind in kinds.items():
            assert kind is not Kind.SEALED or f"{column}_at" in names
