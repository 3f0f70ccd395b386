"""The seal's key: made once, given, replaced; and said plainly when it cannot be used."""

import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command

from mou import seal_key as seal_keys
from mou.management.commands.replace_seal_key import Command
from mou.seal import seal, verify
from mou.seal_key import SealKeyError, own_key, replace_own_key, seal_key, trusted_certificates
from tests.core.conformance import problems
from tests.core.documents import small_pdf

MOMENT = datetime(2018, 10, 5, 14, 5, tzinfo=UTC)


@pytest.fixture
def folder(settings, tmp_path):
    """A machine that has no key yet."""
    settings.SEAL_DIR = tmp_path / "deep" / "seal"
    settings.SEAL_NAME = "Northvale CCG"
    settings.SEAL_PKCS12 = settings.SEAL_PASSPHRASE = ""
    return settings.SEAL_DIR


def sealed(**changed) -> bytes:
    given = {"reason": "Signed", "location": "England", "moment": MOMENT}
    return seal(small_pdf(), **{**given, **changed})


# --- a key of our own ----------------------------------------------------------------------


def test_the_first_seal_makes_the_key_and_later_ones_keep_it(folder):
    assert not folder.exists()
    first = sealed()
    made = (folder / "seal.pem").read_bytes()
    assert verify(first).genuine
    assert verify(first).signer == "Northvale CCG"
    assert sealed() == first
    assert (folder / "seal.pem").read_bytes() == made
    assert len(trusted_certificates()) == 1


def test_only_its_owner_can_read_it(folder):
    seal_key()
    assert stat.S_IMODE((folder / "seal.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_checking_a_file_makes_no_key(folder):
    assert not verify(b"%PDF").genuine
    assert not folder.exists()


def test_threads_that_race_get_one_key(folder):
    start = threading.Barrier(4)

    def ask(_):
        start.wait()
        return own_key(folder, "Northvale CCG").certificate.fingerprint

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert_tidy(folder)


def test_processes_that_race_get_one_key(folder, tmp_path):
    script = (
        "import sys, pathlib; from mou.seal_key import own_key; sys.stdin.read(1);"
        "print(own_key(pathlib.Path(sys.argv[1]), 'Northvale CCG').certificate.fingerprint)"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        racer.stdin.write("x")
        racer.stdin.flush()
    told = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert told == {own_key(folder, "Northvale CCG").certificate.fingerprint}
    assert_tidy(folder)


def test_who_comes_second_takes_the_firsts_key(folder, monkeypatch):
    """The moment between looking for a key and writing one, made to happen."""
    first = own_key(folder, "Northvale CCG")
    there = (folder / "seal.pem").read_bytes()
    monkeypatch.setattr(seal_keys.Path, "exists", lambda _: False)
    assert own_key(folder, "Northvale CCG").certificate.fingerprint == first.certificate.fingerprint
    assert (folder / "seal.pem").read_bytes() == there
    assert_tidy(folder)


def assert_tidy(folder):
    assert {file.name for file in folder.iterdir()} <= {"seal.pem", "trusted"}


def test_a_key_that_cannot_be_kept(folder, settings):
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    with pytest.raises(SealKeyError, match=r"cannot be used: .+\.$"):
        seal_key()


@pytest.mark.parametrize("damage", [b"", b"not a key", None])
def test_a_damaged_key_is_said_and_not_replaced(folder, damage):
    seal_key()
    file = folder / "seal.pem"
    content = file.read_bytes()
    damage = content[: len(content) // 2] if damage is None else damage
    file.write_bytes(damage)
    with pytest.raises(SealKeyError, match="is damaged: restore it from the backup"):
        seal_key()
    assert file.read_bytes() == damage


def test_a_key_with_anothers_certificate_is_refused(folder, tmp_path):
    seal_key()
    own_key(tmp_path / "other", "Northvale CCG")
    key_part = (folder / "seal.pem").read_bytes().split(b"-----BEGIN CERT")[0]
    other = (tmp_path / "other/seal.pem").read_bytes().split(b"-----BEGIN CERT")[1]
    (folder / "seal.pem").write_bytes(key_part + b"-----BEGIN CERT" + other)
    with pytest.raises(SealKeyError, match="damaged"):
        seal_key()


def test_an_organisation_without_a_name(folder, settings):
    settings.SEAL_NAME = " "
    with pytest.raises(SealKeyError, match="SEAL_NAME"):
        seal_key()


def test_a_long_name_is_cut_to_what_a_certificate_holds(folder, settings):
    settings.SEAL_NAME = "Ŵest Ŵales " * 20
    signer = verify(sealed()).signer
    assert settings.SEAL_NAME.startswith(signer)
    assert len(signer) > 50


# --- replacing it --------------------------------------------------------------------------


def test_replacing_the_key_leaves_old_seals_verifiable(folder):
    before = sealed()
    old = seal_key()
    new = replace_own_key(folder, "Northvale and Eastmoor CCG")
    assert new.certificate.fingerprint != old.certificate.fingerprint
    assert seal_key().certificate.fingerprint == new.certificate.fingerprint
    after = sealed()
    assert verify(after).signer == "Northvale and Eastmoor CCG"
    assert verify(before).genuine
    assert verify(before).signer == "Northvale CCG"
    assert len(trusted_certificates()) == 2
    assert_tidy(folder)


def test_a_lost_key_leaves_old_seals_verifiable(folder):
    before = sealed()
    (folder / "seal.pem").unlink()
    assert verify(before).genuine
    assert sealed() != before
    assert verify(before).genuine


def test_a_spoilt_certificate_is_named(folder):
    seal_key()
    file = folder / "trusted" / "spoilt.pem"
    for content in (b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        file.write_bytes(content)
        with pytest.raises(SealKeyError, match=r"spoilt\.pem is not a certificate"):
            verify(b"%PDF")


def test_the_command_replaces_the_key(folder, settings, capsys):
    old = seal_key().certificate.fingerprint
    call_command(Command())
    new = seal_key().certificate.fingerprint
    assert new != old
    assert new in capsys.readouterr().out
    settings.SEAL_PKCS12 = "given.p12"
    with pytest.raises(CommandError, match="set SEAL_PKCS12 to the new file"):
        call_command(Command())


# --- a key that is given -------------------------------------------------------------------


def pkcs12_file(tmp_path, private, passphrase="correct", ended=False, issued=False):
    """A PKCS#12 file as an authority would hand over, with the authority above it if `issued`."""
    now = datetime.now(UTC)
    authority = ec.generate_private_key(ec.SECP256R1())

    def certificate(name, public, issuer, signer):
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + timedelta(days=-2 if ended else 9))
            .sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        )

    def named(name):
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])

    public = private.public_key()
    if issued:
        own = certificate("Eastmoor ICB", public, "Authority", authority)
        above = [certificate("Authority", authority.public_key(), "Authority", authority)]
    else:
        own, above = certificate("Eastmoor ICB", public, "Eastmoor ICB", private), []
    lock = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    file = tmp_path / "given.p12"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", private, own, above, lock))
    return file


def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def given(folder, settings, tmp_path):
    def give(private, **options):
        settings.SEAL_PKCS12 = str(pkcs12_file(tmp_path, private, **options))
        settings.SEAL_PASSPHRASE = options.get("passphrase", "correct")

    return give


@pytest.mark.parametrize("issued", [False, True])
@pytest.mark.parametrize("passphrase", ["correct", "Łódź £", ""])
def test_a_given_key_seals(given, folder, passphrase, issued):
    given(rsa_key(), passphrase=passphrase, issued=issued)
    pdf = sealed()
    assert verify(pdf).genuine
    assert verify(pdf).signer == "Eastmoor ICB"
    assert problems(pdf) == []
    assert not (folder / "seal.pem").exists()


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_a_given_elliptic_key_seals(given, curve):
    given(ec.generate_private_key(curve))
    assert verify(sealed()).genuine


def test_changing_to_a_given_key_leaves_old_seals_verifiable(given):
    before = sealed()
    given(rsa_key(), issued=True)
    after = sealed()
    assert verify(before).signer == "Northvale CCG"
    assert verify(after).signer == "Eastmoor ICB"
    given(rsa_key())
    assert verify(sealed()).genuine
    assert verify(after).genuine


@pytest.mark.parametrize("wrong", ["incorrect", "", "Correct"])
def test_the_wrong_passphrase_is_a_sentence(given, settings, wrong):
    given(rsa_key())
    settings.SEAL_PASSPHRASE = wrong
    with pytest.raises(SealKeyError, match="does not open with SEAL_PASSPHRASE") as refusal:
        seal_key()
    assert "correct" not in str(refusal.value)


def test_a_file_that_is_no_pkcs12(given, settings, tmp_path):
    given(rsa_key())
    (tmp_path / "given.p12").write_bytes(b"not PKCS#12")
    with pytest.raises(SealKeyError, match="not PKCS#12"):
        seal_key()


def test_a_file_that_is_not_there(folder, settings, tmp_path):
    settings.SEAL_PKCS12 = str(tmp_path / "nowhere.p12")
    with pytest.raises(SealKeyError, match=r"SEAL_PKCS12 names .*nowhere\.p12, which cannot be read"):
        seal_key()


def test_a_certificate_out_of_date_seals_no_more(given):
    given(rsa_key(), ended=True)
    with pytest.raises(SealKeyError, match=r"ended on \d+ \w+ \d{4}"):
        seal_key()


def test_a_kind_of_key_that_readers_do_not_know(given):
    given(ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(SealKeyError, match="RSA or elliptic-curve"):
        seal_key()


def test_nothing_is_printed_or_left_that_tells_the_passphrase(given, folder, capfd):
    given(rsa_key(), passphrase="a very secret phrase")
    sealed()
    told = capfd.readouterr()
    kept = b"".join(file.read_bytes() for file in folder.rglob("*.pem"))
    assert "secret" not in told.out + told.err
    assert b"secret" not in kept
    assert b"PRIVATE" not in kept
    assert os.listdir(folder) == ["trusted"]
