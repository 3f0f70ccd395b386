"""The seal: conforming, recognised by others' tools, and broken by any change at all."""

import io
import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import InvisSigSettings
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from mou import seal as seal_module
from mou.seal import NOT_OURS, AlreadySealed, seal, verify
from mou.seal_key import Certificate, SealError, own_key
from tests.core.conformance import problems
from tests.core.documents import sample_pdf, small_pdf

MOMENT = datetime(2018, 10, 5, 14, 5, 7, 999, tzinfo=UTC)
FLIPS = 200
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return own_key(tmp_path_factory.mktemp("seal"), "Northvale Clinical Commissioning Group")


def sealed_by(key, pdf, **changed) -> bytes:
    given = {"reason": "Signed by both parties", "location": "England", "moment": MOMENT}
    return seal(pdf, key=key, **{**given, **changed})


@pytest.fixture(scope="module")
def pdf():
    return sample_pdf(rows=12)


@pytest.fixture(scope="module")
def sealed(pdf, key):
    return sealed_by(key, pdf)


@pytest.fixture(scope="module")
def judge(key):
    return lambda pdf: verify(pdf, trusted=[key.certificate])


# --- what a sealed document is -------------------------------------------------------------


def test_a_sealed_document_keeps_both_profiles(sealed):
    assert problems(sealed) == []


def test_the_library_alone_would_break_them(pdf, key, monkeypatch):
    """The control: without our writer and field settings, each of the profiles is broken."""
    with monkeypatch.context() as without:
        without.delattr(seal_module._Writer, "_update_meta")
        assert any(line.startswith("3a") for line in problems(sealed_by(key, pdf)))
    monkeypatch.setattr(seal_module, "InvisSigSettings", lambda **_: InvisSigSettings())
    assert any(line.startswith("ua1") for line in problems(sealed_by(key, pdf)))


def test_the_seal_adds_to_the_document_and_changes_none_of_it(pdf, sealed):
    assert sealed.startswith(pdf)


def test_another_library_path_finds_it_valid(sealed, key):
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    context = ValidationContext(trust_roots=[key.certificate.own], allow_fetching=False)
    status = validate_pdf_signature(signature, signer_validation_context=context)
    assert status.bottom_line
    assert status.coverage.name == "ENTIRE_FILE"
    assert status.modification_level == ModificationLevel.NONE
    assert signature.field_name == "Seal"
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.docmdp_level.name == "NO_CHANGES"
    assert signature.sig_object["/Reason"] == "Signed by both parties"
    assert signature.sig_object["/Location"] == "England"
    assert "Northvale" in signature.sig_field["/TU"]


def test_pdfsig_finds_it_valid(sealed, tmp_path):
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    told = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=True).stdout
    assert told.count("Signature is Valid") == 1
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert "Northvale Clinical Commissioning Group" in told


def test_sealing_again_after_a_crash_gives_the_same_file(pdf, sealed, key):
    assert sealed_by(key, pdf) == sealed
    assert sealed_by(key, pdf, reason="Another") != sealed


def test_a_document_is_sealed_once(sealed, key):
    with pytest.raises(AlreadySealed, match="sealed already"):
        sealed_by(key, sealed)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\0" * 5000])
def test_only_a_pdf_is_sealed(content, key):
    with pytest.raises(SealError, match="not a sound PDF"):
        sealed_by(key, content)


@pytest.mark.parametrize("text", ["(", ")\\ >> /M (D:19990101000000Z)", "Łódź “é”", "x" * 3000, ""])
def test_any_reason_and_place(text, key, judge):
    sealed = sealed_by(key, small_pdf(), reason=text, location=text)
    assert problems(sealed) == []
    verdict = judge(sealed)
    assert verdict.genuine
    assert verdict.sealed_at == MOMENT.replace(microsecond=0)


# --- what we say of a copy -----------------------------------------------------------------


def test_the_true_copy(sealed, judge):
    verdict = judge(sealed)
    assert verdict.genuine
    assert verdict.signer == "Northvale Clinical Commissioning Group"
    assert verdict.sealed_at == datetime(2018, 10, 5, 14, 5, 7, tzinfo=UTC)
    assert verdict.sentence.endswith("Nothing has changed since.")


def test_one_bit_anywhere_is_found(sealed, judge):
    chance = random.Random(20181005)
    for _ in range(FLIPS):
        place, bit = chance.randrange(len(sealed)), chance.randrange(8)
        verdict = judge(flipped(sealed, place, bit))
        assert not verdict.genuine, (place, bit)
        assert verdict.sealed_at is None


def test_one_bit_in_the_seal_itself_is_found(sealed, judge):
    """The hole that a signature leaves for itself is covered by nothing but our own comparison."""
    start, end = hole(sealed)
    for place in range(start - 60, end + 200, 7):
        for bit in range(8):
            assert not judge(flipped(sealed, place, bit)).genuine, (place, bit)


def flipped(pdf: bytes, place: int, bit: int) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ 1 << bit]) + pdf[place + 1 :]


def hole(pdf: bytes) -> tuple[int, int]:
    match = seal_module._SEAL.search(pdf)
    return match.start(1), match.end(1)


def test_lower_case_in_the_seal_is_a_change(sealed, judge):
    start, end = hole(sealed)
    changed = sealed[:start] + sealed[start:end].lower() + sealed[end:]
    assert changed != sealed
    assert not judge(changed).genuine


@pytest.mark.parametrize("cut", [1, 2, 6, 100, 700, 5000, 20000])
def test_a_shortened_copy_is_found(sealed, judge, cut):
    verdict = judge(sealed[:-cut])
    assert not verdict.genuine
    assert not verdict.covers_whole_file


def test_a_copy_short_of_its_end_is_said_to_be(sealed, judge):
    assert "missing" in judge(sealed[:-1]).sentence
    assert judge(sealed[:-1]).sealed_by_us


@pytest.mark.parametrize("more", [b"\n", b"\0", b" %%EOF", b"x" * 5000])
def test_a_lengthened_copy_is_found(sealed, judge, more):
    for changed in (sealed + more, more + sealed):
        assert not judge(changed).genuine
    verdict = judge(sealed + more)
    assert verdict.intact
    assert verdict.sealed_by_us
    assert not verdict.covers_whole_file
    assert "added" in verdict.sentence


def test_a_later_revision_is_found(sealed, judge):
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    output = io.BytesIO()
    writer.write(output)
    verdict = judge(output.getvalue())
    assert (verdict.intact, verdict.covers_whole_file, verdict.genuine) == (True, False, False)


def test_a_seal_moved_to_another_document_is_found(sealed, key, judge):
    other = sealed_by(key, sample_pdf(rows=13))
    start, end = hole(sealed)
    theirs_start, theirs_end = hole(other)
    verdict = judge(other[:theirs_start] + sealed[start:end] + other[theirs_end:])
    assert verdict.sealed_by_us
    assert not verdict.intact
    assert "altered" in verdict.sentence


def test_a_padded_seal_is_found(sealed, judge):
    """Bytes hidden in the seal's unused room change nothing that is signed, yet are a change."""
    _, end = hole(sealed)
    changed = sealed[: end - 8] + b"DEADBEEF" + sealed[end:]
    verdict = judge(changed)
    assert verdict.sealed_by_us
    assert not verdict.intact


def test_a_wider_hole_is_found(sealed, judge):
    """All that was signed is there, and a whole page of something else in the room left out."""
    start, end = hole(sealed)
    packed = b"/Contents <" + sealed[start:end] + b">\n/ByteRange [0 %d %08d %d]"
    more = b"<" + b"00" * 500 + b"> 1 0 obj << /Type /Page >> endobj "
    before, after = sealed[: start - 1], sealed[end + 1 :]
    room = len(more + packed % (len(before), 0, len(after)))
    forged = before + more + packed % (len(before), len(before) + room, len(after)) + after
    verdict = judge(forged)
    assert verdict.sealed_by_us
    assert not verdict.intact
    assert not verdict.genuine


def test_an_unsigned_attribute_is_found(sealed, judge):
    start, end = hole(sealed)
    packed = cms.ContentInfo.load(bytes.fromhex(sealed[start:end].decode()))
    info = packed["content"]["signer_infos"][0]
    info["unsigned_attrs"] = [{"type": "content_type", "values": ["data"]}]
    written = packed.dump(force=True).hex().upper().encode().ljust(end - start, b"0")
    changed = sealed[:start] + written + sealed[end:]
    assert changed != sealed
    assert not judge(changed).genuine


def test_a_stranger_cannot_seal_in_our_name(pdf, judge, tmp_path):
    stranger = own_key(tmp_path, "Northvale Clinical Commissioning Group")
    assert judge(sealed_by(stranger, pdf)) == NOT_OURS


def test_a_strangers_certificate_with_our_names_is_no_help(pdf, key, judge, tmp_path):
    """Same issuer, same serial number, another key: the signature decides."""
    stranger = own_key(tmp_path, "Northvale Clinical Commissioning Group")
    ours = key.certificate.own
    forged = stranger.certificate.own.copy()
    forged["tbs_certificate"]["serial_number"] = ours.serial_number
    forged["tbs_certificate"]["issuer"] = ours.issuer
    forged = type(forged).load(forged.dump(force=True))
    sealed = sealed_by(type(key)(Certificate(forged), stranger.private_key), pdf)
    assert judge(sealed) == NOT_OURS


def test_an_old_certificate_still_counts(sealed, key, pdf, tmp_path):
    later = own_key(tmp_path, "Northvale CCG")
    both = [later.certificate, key.certificate]
    assert verify(sealed, trusted=both).genuine
    assert verify(sealed_by(later, pdf), trusted=both).signer == "Northvale CCG"
    assert verify(sealed, trusted=[later.certificate]) == NOT_OURS
    assert verify(sealed, trusted=[]) == NOT_OURS


def test_a_seal_of_the_first_release_is_still_read():
    """A file kept from then: a newer library must not disown it."""
    _, _, der = pem.unarmor((HERE / "kept/certificate.pem").read_bytes())
    kept = (HERE / "kept/sealed.pdf").read_bytes()
    assert verify(kept, trusted=[Certificate(x509.Certificate.load(der))]).genuine
    assert problems(kept) == []


# --- hostile files -------------------------------------------------------------------------


def test_garbage_is_a_verdict_and_never_an_error(sealed, judge):
    chance = random.Random(1)
    start, end = hole(sealed)
    files = [b"", b"%PDF", b"\0" * 10_000, sealed[::-1], sealed[start:end], sealed * 3]
    files += [chance.randbytes(chance.randrange(5000)) for _ in range(50)]
    for _ in range(200):  # seals whose inside is noise, or half of ours
        at = chance.randrange((end - start) // 2) * 2
        noise = chance.randbytes((end - start - at) // 2).hex().upper().encode()
        files.append(sealed[: start + at] + noise + sealed[end:])
    for file in files:
        assert not judge(file).genuine


@pytest.mark.parametrize("nested", [b"\x30\x80", b"\x30\x84\x7f\xff\xff\xff", b"\xa0\x82\x40\x00"])
def test_endless_nesting_in_a_seal(sealed, judge, nested):
    start, end = hole(sealed)
    inside = (nested * end).hex().upper().encode()[: end - start]
    assert judge(sealed[:start] + inside + sealed[end:]) == NOT_OURS


def test_large_and_crafted_files_are_not_ours(judge, sealed):
    start, end = hole(sealed)
    one = b"/Contents <" + sealed[start:end] + b">\n/ByteRange [0 1 2 999999999]"
    many = one * (seal_module.MAX_BYTES // len(one))
    for file in (many, b"/Contents <" * 4_000_000, b"/Contents <" + b"A" * 40_000_000):
        assert not judge(file).genuine
    verdict = judge(b"\0" * (seal_module.MAX_BYTES + 1))
    assert not verdict.genuine
    assert "large" in verdict.sentence
