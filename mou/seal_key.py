"""The key that seals documents, and every certificate whose seals we still stand by.

Two ways, by settings:

- a single machine makes its own on first use: `SEAL_DIR/seal.pem` (key and self-signed
  certificate, readable by its owner alone), in the name of `SEAL_NAME`;
- an organisation gives its own: `SEAL_PKCS12` names the file, `SEAL_PASSPHRASE` opens it.

`SEAL_DIR/trusted` remembers each certificate that was ever used, so that replacing the key
leaves old seals verifiable. Losing that folder loses nothing sealed, but our own recognition
of it; losing the key only means that a new one is made. Keep both in the backup.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings

KEY_FILE = "seal.pem"
TRUSTED = "trusted"
_KEY_BITS = 3072
_YEARS = 30


class SealError(Exception):
    """Sealing cannot be done; the message is a sentence that says why."""


class SealKeyError(SealError):
    """The key cannot be made or read; the sentence says what to set right, and where."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and those above it, which each seal carries along."""

    own: asn1_x509.Certificate
    chain: tuple[asn1_x509.Certificate, ...] = ()

    @property
    def name(self) -> str:
        """The organisation it was made out to."""
        subject = self.own.subject.native
        name = subject.get("organization_name") or subject.get("common_name")
        return name if isinstance(name, str) else self.own.subject.human_friendly

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return self.own.sha256.hex()


@dataclass(frozen=True)
class SealKey:
    certificate: Certificate
    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def seal_key() -> SealKey:
    """The key to seal with now, as the settings say; made if need be, its certificate remembered.

    Raises SealKeyError.
    """
    folder = Path(settings.SEAL_DIR)
    if settings.SEAL_PKCS12:
        key = given_key(Path(settings.SEAL_PKCS12), settings.SEAL_PASSPHRASE or "")
    else:
        key = own_key(folder, settings.SEAL_NAME)
    remember(folder, key.certificate)
    return key


def own_key(folder: Path, organisation: str) -> SealKey:
    """The machine's own key, made when there is none. Whoever asks at the same time gets the same.

    Raises SealKeyError.
    """
    file = folder / KEY_FILE
    try:
        if not file.exists():
            made = _new_pem(organisation)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(file, made)
        return _read_own(file)
    except OSError as error:
        raise SealKeyError(f"The seal's key {file} cannot be used: {error.strerror}.") from error


def replace_own_key(folder: Path, organisation: str) -> SealKey:
    """Start sealing with a new key. The old one is gone; what it sealed stays verifiable.

    Raises SealKeyError.
    """
    remember(folder, own_key(folder, organisation).certificate)
    made = _new_pem(organisation)
    remember(folder, _parse_own(made, folder / KEY_FILE).certificate)
    try:
        os.replace(_temporary(folder, made), folder / KEY_FILE)
        _flush_folder(folder)
    except OSError as error:
        raise SealKeyError(f"A new seal's key cannot be kept in {folder}: {error.strerror}.") from error
    return own_key(folder, organisation)


def given_key(file: Path, passphrase: str) -> SealKey:
    """The key in a PKCS#12 file, with its certificate and those above it.

    Raises SealKeyError: missing file, wrong passphrase, no key, or a certificate out of date.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SealKeyError(f"SEAL_PKCS12 names {file}, which cannot be read: {error.strerror}.") from error
    key = _parse_pkcs12(content, passphrase)
    ended = key.certificate.own.not_valid_after
    if ended < datetime.now(UTC):
        raise SealKeyError(
            f"The certificate in SEAL_PKCS12 ended on {ended.day} {ended:%B %Y}: "
            "set a file with one that is still valid."
        )
    return key


def remember(folder: Path, certificate: Certificate) -> None:
    """Keep a certificate among those whose seals are recognised. Raises SealKeyError."""
    file = folder / TRUSTED / f"{certificate.fingerprint}.pem"
    if file.exists():
        return
    content = b"".join(pem.armor("CERTIFICATE", one.dump()) for one in (certificate.own, *certificate.chain))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(file, content)
    except OSError as error:
        raise SealKeyError(
            f"The seal's certificate cannot be kept in {file.parent}: {error.strerror}."
        ) from error


def trusted_certificates() -> list[Certificate]:
    """Every certificate whose seals count as ours. Raises SealKeyError for a spoilt file."""
    found = []
    for file in sorted((Path(settings.SEAL_DIR) / TRUSTED).glob("*.pem")):
        try:
            own, *chain = _certificates(file.read_bytes())
        except (OSError, ValueError) as error:
            raise SealKeyError(
                f"{file} is not a certificate: restore it from the backup, or remove it."
            ) from error
        found.append(Certificate(own, tuple(chain)))
    return found


def _certificates(content: bytes) -> Sequence[asn1_x509.Certificate]:
    found = [
        asn1_x509.Certificate.load(der, strict=True)
        for kind, _, der in pem.unarmor(content, multiple=True)
        if kind == "CERTIFICATE"
    ]
    for one in found:
        if not one.native:
            raise ValueError("empty certificate")
    return found


def _read_own(file: Path) -> SealKey:
    stat = file.stat()
    return _cached_own(file, (stat.st_ino, stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=4)
def _cached_own(file: Path, identity: tuple[int, int, int]) -> SealKey:
    return _parse_own(file.read_bytes(), file)


def _parse_own(content: bytes, file: Path) -> SealKey:
    try:
        private = serialization.load_pem_private_key(content, password=None)
        (own,) = _certificates(content)
        public = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if public != own.public_key.dump():
            raise ValueError("key and certificate differ")
        return _checked(Certificate(own), private, str(file))
    except (ValueError, TypeError) as error:
        raise SealKeyError(
            f"The seal's key {file} is damaged: restore it from the backup, or move it away and "
            "a new one is made. What the old one sealed stays verifiable."
        ) from error


@lru_cache(maxsize=4)
def _parse_pkcs12(content: bytes, passphrase: str) -> SealKey:
    try:
        found = pkcs12.load_pkcs12(content, passphrase.encode() or None)
    except ValueError as error:
        raise SealKeyError(
            "SEAL_PKCS12 does not open with SEAL_PASSPHRASE: the passphrase is wrong, or the "
            "file is not PKCS#12."
        ) from error
    if found.key is None or found.cert is None:
        raise SealKeyError("SEAL_PKCS12 must hold a private key and its certificate; one is missing.")
    own, *chain = (
        asn1_x509.Certificate.load(one.certificate.public_bytes(serialization.Encoding.DER))
        for one in (found.cert, *found.additional_certs)
    )
    return _checked(Certificate(own, tuple(chain)), found.key, "SEAL_PKCS12")


def _checked(certificate: Certificate, private, source: str) -> SealKey:
    if certificate.own.public_key.algorithm not in ("rsa", "ec"):
        raise SealKeyError(f"The key in {source} must be RSA or elliptic-curve (ECDSA).")
    return SealKey(certificate, private)


def _new_pem(organisation: str) -> bytes:
    """A private key and a certificate that it signed itself."""
    if not organisation.strip():
        raise SealKeyError("SEAL_NAME is empty: set it to the organisation that seals documents.")
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _cut(organisation, 64)),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{_cut(organisation, 50)} document seal"),
        ]
    )
    # From yesterday, for readers whose clock is behind ours.
    start = datetime.now(UTC) - timedelta(days=1)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(identifier, critical=False)
        .sign(private, hashes.SHA256())
    )
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def _cut(name: str, size: int) -> str:
    """As much of a name as fits: X.520 allows 64 bytes in each of a certificate's names."""
    return name.encode()[:size].decode(errors="ignore").strip()


def _write_once(file: Path, content: bytes) -> None:
    """Whole or not at all; when another process was first, what it wrote stands."""
    temporary = _temporary(file.parent, content)
    try:
        os.link(temporary, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
    _flush_folder(file.parent)


def _temporary(folder: Path, content: bytes) -> str:
    """A new file in the folder, readable by its owner alone, safely on disk."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return name


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
