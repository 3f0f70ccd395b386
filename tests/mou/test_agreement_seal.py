"""The seal: made at once after the second signature, finished by the sweep when that fails, and checked by anyone."""

import hashlib
import io
import subprocess
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from post_office.models import Email

from mou.agreement import actions
from mou.models import Agreement
from mou.seal import verify
from mou.seal_key import SealKeyError
from resilience.core.models import StoredFile, TrailEntry
from tests.core.conformance import problems
from tests.mou.world import make_world, send_mou, sign_both

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(django_capture_on_commit_callbacks):
    """An MoU signed by both, and sealed as the second signature committed."""
    world = make_world(others=1)
    agreement = send_mou(world)
    Email.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        sign_both(world, agreement)
    return Agreement.objects.get(pk=agreement.pk)


@pytest.fixture
def unsealed(monkeypatch, django_capture_on_commit_callbacks):
    """An MoU signed by both whose sealing failed."""

    def fails(*args, **kwargs):
        raise SealKeyError("The key cannot be read.")

    world = make_world()
    agreement = send_mou(world)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "seal", fails)
        with django_capture_on_commit_callbacks(execute=True):
            sign_both(world, agreement)
    return Agreement.objects.get(pk=agreement.pk)


def test_the_sealed_copy_conforms_and_holds_the_document_and_its_signatures(signed, tmp_path):
    pdf = bytes(signed.sealed.content)
    assert problems(pdf) == []
    assert verify(pdf).genuine
    (tmp_path / "mou.pdf").write_bytes(pdf)
    said = subprocess.run(["pdfsig", tmp_path / "mou.pdf"], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in said.stdout
    assert "Total document signed" in said.stdout
    text = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "mou.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    joined = "".join(text.split())
    last = signed.signatures.last()
    for words in (
        "1.Theparties", "Harbour Street Surgery", "Dr Siân O’Brien", "Amara Bello", last.trail_hash,
        signed.document.sha256, last.html_sha256, last.authority, last.consent_text,
    ):  # fmt: skip
        assert "".join(words.split()) in joined, words


def test_both_sides_get_the_sealed_copy_by_email(signed):
    emails = [email for email in Email.objects.all() if "is signed" in email.subject]
    people = {signature.person.email for signature in signed.signatures.all()}
    assert people <= {address for email in emails for address in email.to}
    for email in emails:
        [attached] = email.attachments.all()
        assert attached.file.read() == bytes(signed.sealed.content)
        assert reverse("mou:check_document") in email.message
    assert StoredFile.objects.filter(sha256=signed.sealed.sha256).count() == 1


def test_sealing_that_fails_leaves_both_signed_and_the_sweep_finishes_it(unsealed, client):
    assert unsealed.state == Agreement.State.SIGNED
    assert unsealed.sealed is None
    client.force_login(unsealed.signatures.first().person)
    page = client.get(reverse("mou:signed", kwargs={"agreement": unsealed.pk}))
    assert "is being made" in page.content.decode()
    out = io.StringIO()
    call_command("seal_signed_mous", stdout=out)
    assert out.getvalue() == "Sealed 1 MoU.\n"
    unsealed.refresh_from_db()
    assert verify(bytes(unsealed.sealed.content)).genuine
    call_command("seal_signed_mous", stdout=out)
    assert TrailEntry.objects.filter(act="mou.seal_agreement").count() == 1


def test_the_sweep_says_what_it_could_not_seal(unsealed, monkeypatch):
    monkeypatch.setattr(actions, "seal", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(CommandError, match="1 MoU could not be sealed"):
        call_command("seal_signed_mous")
    unsealed.refresh_from_db()
    assert unsealed.sealed is None


def test_a_second_seal_is_dropped(signed):
    kept, sent = signed.sealed_id, Email.objects.count()
    assert actions.seal_now(signed)
    signed.refresh_from_db()
    assert signed.sealed_id == kept
    assert Email.objects.count() == sent


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_seal_once(monkeypatch):
    world = make_world()
    agreement = send_mou(world)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "seal", lambda *args, **kwargs: 1 / 0)
        sign_both(world, agreement)
    Email.objects.all().delete()
    start = threading.Barrier(2)
    real = actions.seal

    def together(*args, **kwargs):
        start.wait(20)
        return real(*args, **kwargs)

    monkeypatch.setattr(actions, "seal", together)

    def sweep():
        call_command("seal_signed_mous", stdout=io.StringIO())
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert StoredFile.objects.filter(name__endswith="-sealed.pdf").count() == 1
    told = [address for email in Email.objects.all() for address in email.to]
    assert len(told) == len(set(told))


def check(client, content, name="mou.pdf"):
    return client.post(
        reverse("mou:check_document"), {"document": SimpleUploadedFile(name, content)}
    ).content.decode()


def test_anyone_can_check_a_copy(signed, client):
    pdf = bytes(signed.sealed.content)
    page = check(client, pdf)
    assert "This document is genuine" in page
    assert "it matches our record" in page
    for secret in (signed.referral.reference, "Harbour Street", "Bello", signed.sealed.sha256):
        assert secret not in page
    altered = bytearray(pdf)
    altered[len(altered) // 3] ^= 1
    assert "has been altered" in check(client, bytes(altered))
    assert "is unknown" in check(client, bytes(signed.document.content))
    assert "is unknown" in check(client, b"%PDF-1.7 nothing of ours")


def test_a_seal_of_ours_that_is_not_on_record_is_not_called_genuine(signed, client):
    again = actions.seal(bytes(signed.document.content), reason="x", location="y", moment=signed.signed_at)
    assert "is not on our record" in check(client, again)


HOSTILE = {
    "zeros": b"\0" * 9_000_000,
    "half-seals": b"/Contents <" * 800_000,
    "objects": b"%PDF-1.7\n" + b"1 0 obj<<>>" * 500_000,
    "false-seals": (b"/Contents <" + b"A" * 131_072 + b"> /ByteRange [0 1 2 3] ") * 60,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_of_a_hostile_file_nothing_is_known(what, client):
    assert "is unknown" in check(client, HOSTILE[what])


def test_a_file_that_is_too_large_or_missing_is_refused_in_words(client, settings):
    settings.MAX_UPLOAD = 1024 * 1024
    assert "the most is 1 MB" in check(client, b"x" * (1024 * 1024 + 1))
    page = client.post(reverse("mou:check_document"), {}).content.decode()
    assert "Choose a file" in page


def test_the_bytes_on_record_are_the_bytes_downloaded(signed, client):
    client.force_login(signed.signatures.first().person)
    for name, file in (("document", signed.document), ("sealed", signed.sealed)):
        got = client.get(reverse(f"mou:{name}", kwargs={"agreement": signed.pk}))
        assert got["Content-Type"] == "application/pdf"
        assert hashlib.sha256(got.content).hexdigest() == file.sha256
