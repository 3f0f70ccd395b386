"""One seal on a finished document, and what can be said of a copy somebody shows us.

The seal is a PAdES signature (ETSI EN 319 142) that allows no change at all afterwards. It
is put on once, when all have signed: a second one would break PDF/A.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import algos, cms
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import get_pyca_cryptography_hash
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator.registry import SimpleCertificateStore

from mou.seal_key import Certificate, SealError, SealKey, seal_key, trusted_certificates

FIELD = "Seal"
# No document of ours comes near this: larger files are refused unread.
MAX_BYTES = 50 * 1024 * 1024


class AlreadySealed(SealError):
    """The document bears a signature: a second would break it for archiving."""


# --- sealing -------------------------------------------------------------------------------


class _Writer(IncrementalPdfFileWriter):
    """Adds the seal and changes nothing else.

    The library's own writer would rewrite the XMP on saving, and so drop the marks of PDF/A and
    PDF/UA; and it would draw a random identifier, so that sealing twice gave two files.
    """

    def _update_meta(self):
        pass

    @classmethod
    def _handle_id(cls, prev):
        first, _ = super()._handle_id(prev)
        second = hashlib.sha256(prev.stream.getvalue()).digest()[:16]
        return generic.ArrayObject([first, generic.ByteStringObject(second)])


class _Signer(Signer):
    """Signs with a key that is loaded already: loading checks its primes, at length, each time."""

    def __init__(self, key: SealKey):
        certificates = SimpleCertificateStore()
        certificates.register_multiple(key.certificate.chain)
        super().__init__(signing_cert=key.certificate.own, cert_registry=certificates)
        self._key = key.private_key

    async def async_sign_raw(self, data, digest_algorithm, dry_run=False):
        algorithm = get_pyca_cryptography_hash(digest_algorithm)
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, PKCS1v15(), algorithm)
        return self._key.sign(data, ECDSA(algorithm))


class _PdfSigner(PdfSigner):
    """Seals at a given moment; the library would look at the clock."""

    def __init__(self, *args, moment: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        self.moment = moment

    def init_signing_session(self, *args, **kwargs):
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.moment
        return session


def _room(certificate: Certificate) -> int:
    """Hexadecimal digits to leave for the seal: its certificates, and ample for the rest."""
    return 2 * (sum(len(one.dump()) for one in (certificate.own, *certificate.chain)) + 2048)


def seal(pdf: bytes, *, reason: str, location: str, moment: datetime, key: SealKey | None = None) -> bytes:
    """The same document, sealed by us at `moment` (aware), to the second.

    `reason` and `location` are shown by PDF readers beside the seal. `key` defaults to the one
    the settings name. With an RSA key, the same input gives the same bytes: sealing again after
    a crash yields no second original. Raises AlreadySealed; SealKeyError when there is no key;
    SealError when the file is no PDF.
    """
    key = key or seal_key()
    try:
        reader = PdfFileReader(BytesIO(pdf))
        signed = bool(reader.embedded_signatures)
    except (PdfError, ValueError, KeyError, TypeError) as error:
        raise SealError("This file cannot be sealed: it is not a sound PDF.") from error
    if signed:
        raise AlreadySealed("This document is sealed already. A document is sealed once.")

    certificate = key.certificate
    sealed = _PdfSigner(
        PdfSignatureMetadata(
            field_name=FIELD,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            reason=reason,
            location=location,
            name=certificate.name,
        ),
        _Signer(key),
        new_field_spec=SigFieldSpec(
            FIELD,
            # PDF/UA wants a widget that is off the page, and said in words.
            invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
            readable_field_name=f"Electronic seal of {certificate.name}",
        ),
        moment=moment.astimezone(UTC).replace(microsecond=0),
    ).sign_pdf(_Writer.from_reader(reader), bytes_reserved=_room(certificate))
    return sealed.getvalue()


# --- verification --------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What a file's bytes alone tell. The record may know more: that it was superseded, say."""

    intact: bool
    """Nothing that the seal covers has changed by a bit. Never true of a seal not ours."""
    sealed_by_us: bool
    """It bears a seal made with a key of ours, be the rest intact or not."""
    covers_whole_file: bool
    """Nothing was added after the seal, nothing cut off."""
    signer: str
    """The organisation that sealed it; empty unless it was us."""
    sealed_at: datetime | None
    """UTC, to the second, by our own clock; None unless intact."""
    sentence: str

    @property
    def genuine(self) -> bool:
        """It is, to the last bit, a document as we sealed it."""
        return self.intact and self.sealed_by_us and self.covers_whole_file


NOT_OURS = Verdict(False, False, False, "", None, "This is not a PDF that we sealed, or its seal is damaged.")
_TOO_LARGE = Verdict(
    False, False, False, "", None, "This is not a PDF that we sealed: no document is that large."
)

# A seal as our files write it. It is found by its form, without reading the PDF around it: so
# a hostile file reaches no parser, and what is not of this form is no seal of ours.
_SEAL = re.compile(
    rb"/Contents <([0-9A-F]{512,131072})>\s"
    rb"/ByteRange \[0 ([0-9]{1,9}) ([0-9]{1,9}) ([0-9]{1,9})\s*\]"
)
_MOMENT = re.compile(rb"/M \(D(?:\\072|:)([0-9]{14})Z\)")
_MOST_SEALS = 8


def verify(pdf: bytes, *, trusted: Iterable[Certificate] | None = None) -> Verdict:
    """Whether these bytes are a document as we sealed it. Never raises for what is in them.

    `trusted` defaults to every certificate remembered in SEAL_DIR. A certificate's expiry does
    not matter: a seal says who sealed what, and our record says when. Time grows with the size
    of the file, at most MAX_BYTES. Raises SealKeyError when the remembered certificates cannot
    be read.
    """
    certificates = list(trusted_certificates() if trusted is None else trusted)
    if len(pdf) > MAX_BYTES:
        return _TOO_LARGE
    best = NOT_OURS
    for number, match in enumerate(_SEAL.finditer(pdf)):
        if number == _MOST_SEALS:
            break
        verdict = _judge(pdf, match, certificates)
        if verdict.genuine:
            return verdict
        if verdict.sealed_by_us and not best.sealed_by_us:
            best = verdict
    return best


def _judge(pdf: bytes, match: re.Match[bytes], certificates: list[Certificate]) -> Verdict:
    hole_start, hole_end = match.start(1) - 1, match.end(1) + 1  # with its angle brackets
    length, offset, rest = (int(match[n]) for n in (2, 3, 4))
    digest_of = _digests(pdf[:length], pdf[offset : offset + rest])
    try:
        found = _seal_of_ours(bytes.fromhex(match[1].decode()), certificates, digest_of)
    except Exception:  # whatever a stranger's bytes made the ASN.1 or signature code raise
        return NOT_OURS
    if found is None:
        return NOT_OURS
    certificate, unchanged, canonical = found
    in_place = (length, offset) == (hole_start, hole_end)
    padded = canonical.hex().upper().encode().ljust(len(match[1]), b"0")
    intact = unchanged and in_place and match[1] == padded
    end = offset + rest
    whole = in_place and end == len(pdf)
    sealed_at = _moment(pdf[hole_end:end]) if intact else None
    if intact and whole:
        sentence = f"This is the document that {certificate.name} sealed. Nothing has changed since."
    elif intact:
        sentence = "Something was added to this file after we sealed it. Do not rely on it."
    elif end > len(pdf):
        sentence = "Part of this file is missing: it is shorter than what we sealed."
    else:
        sentence = "This file was altered after we sealed it. Do not rely on it."
    return Verdict(intact, True, whole, certificate.name, sealed_at, sentence)


def _digests(*parts: bytes):
    def digest(algorithm: str) -> bytes:
        if algorithm not in ("sha256", "sha384", "sha512"):
            raise ValueError(algorithm)
        state = hashlib.new(algorithm)
        for part in parts:
            state.update(part)
        return state.digest()

    return digest


def _seal_of_ours(
    der: bytes, certificates: list[Certificate], digest_of
) -> tuple[Certificate, bool, bytes] | None:
    """Who sealed, whether the digest agrees, and the one way to write this seal.

    None when no key of ours made it.
    """
    signed = cms.ContentInfo.load(der)["content"]
    (info,) = signed["signer_infos"]
    sid = info["sid"].chosen
    for certificate in certificates:
        own = certificate.own
        if (sid["issuer"].dump(), sid["serial_number"].native) == (
            own.issuer.dump(),
            own.serial_number,
        ):
            break
    else:
        return None
    digest = digest_of(info["digest_algorithm"]["algorithm"].native)
    unchanged, ours = validate_sig_integrity(info, own, "data", digest)
    return (certificate, unchanged, _canonical(info, certificate)) if ours else None


def _canonical(info: cms.SignerInfo, certificate: Certificate) -> bytes:
    """The seal written anew from what its signature covers, and from our own certificate.

    A signature does not cover the packing around it. Comparing with this finds changes there.
    """
    hash_name = info["digest_algorithm"]["algorithm"].native
    key_name = {"rsa": "rsa", "ec": "ecdsa"}[certificate.own.public_key.algorithm]
    digest_algorithm = algos.DigestAlgorithm({"algorithm": hash_name})
    own = certificate.own
    return cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": cms.SignedData(
                {
                    "version": "v1",
                    "digest_algorithms": [digest_algorithm],
                    "encap_content_info": {"content_type": "data"},
                    "certificates": [
                        cms.CertificateChoices(name="certificate", value=one)
                        for one in (own, *certificate.chain)
                    ],
                    "signer_infos": [
                        {
                            "version": "v1",
                            "sid": cms.SignerIdentifier(
                                name="issuer_and_serial_number",
                                value={"issuer": own.issuer, "serial_number": own.serial_number},
                            ),
                            "digest_algorithm": digest_algorithm,
                            "signature_algorithm": {"algorithm": f"{hash_name}_{key_name}"},
                            "signed_attrs": cms.CMSAttributes(contents=info["signed_attrs"].contents),
                            "signature": info["signature"].native,
                        }
                    ],
                }
            ),
        }
    ).dump()


def _moment(after_hole: bytes) -> datetime | None:
    found = _MOMENT.search(after_hole)
    return found and datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
