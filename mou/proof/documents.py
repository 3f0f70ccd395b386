"""Whether each stored document is, to the bit, what the record says: one at a time, in constant memory.

The record says it several times over: beside the bytes, with each signature, on the trail, and in the seal.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model
from django.utils import timezone

from mou.models import Agreement, Signature
from mou.proof.conformance import undeclared
from mou.seal import verify
from mou.seal_key import Certificate, trusted_certificates
from resilience.core.models import Export, StoredFile, TrailEntry
from resilience.core.words import moment
from resilience.referrals.models import Referral

Validator = Callable[[bytes], list[str]]


class Kind(Enum):
    """What may be expected of a document of this room."""

    GIVEN = "given by people: its bytes alone"
    MADE = "made by us: that it keeps its profiles, too"
    SEALED = "sealed by us: its seal, too"


DOCUMENTS: dict[str, dict[str, Kind]] = {
    "mou.Agreement": {"document": Kind.MADE, "sealed": Kind.SEALED},
    "mou.Signature": {"scan": Kind.GIVEN},
    "mou.HealthCheck": {"copy": Kind.MADE, "original": Kind.GIVEN},
    "mou.PublishedStudy": {"document": Kind.MADE},
    "mou.DeliverableRound": {"file": Kind.GIVEN},
    "mou.ProgressFile": {"file": Kind.GIVEN},
}
"""Each column of this room that holds a document; a test finds one that is missing."""

SEALED_WITHIN = dt.timedelta(hours=1)
"""The sweep seals within a minute: what waits longer needs somebody."""


@dataclass(frozen=True)
class Checked:
    """A document, named so that it can be found, and a sentence for each thing wrong with it."""

    name: str
    what: str
    wrong: list[str] = field(default_factory=list)


FILE, DOCUMENT, SEAL, SIGNATURE = "stored file", "document", "seal", "signature"


def check_files() -> Iterator[Checked]:
    """Every file that is stored, of any room: its bytes against the hash and the size beside them."""
    for pk in StoredFile.objects.order_by("pk").values_list("pk", flat=True).iterator():
        file = StoredFile.objects.filter(pk=pk).first()
        if file is None:  # an export that was deleted meanwhile
            continue
        content, wrong = bytes(file.content), []
        if _sha256(content) != file.sha256:
            wrong.append("Its bytes are not those that were stored: their SHA-256 is another.")
        if len(content) != file.size:
            wrong.append(f"It has {len(content):,} bytes and should have {file.size:,}.")
        yield Checked(_name_of_file(file) if wrong else file.name, FILE, wrong)


def check_documents(validator: Validator | None = None) -> Iterator[Checked]:
    """Every document of this room: what its row, its signatures, the trail and its seal say of it.

    ``validator`` adds the rules of PDF/A-3a and PDF/UA-1. Raises SealKeyError when the certificates cannot be read.
    """
    trusted = trusted_certificates()
    for label, columns in DOCUMENTS.items():
        model: Any = apps.get_model(label)
        for row in model._base_manager.order_by("pk").iterator(chunk_size=10):
            for column, kind in columns.items():
                if file := getattr(row, column):
                    wrong = [
                        *_against_trail(row, column, file),
                        *_of_kind(row, file, kind, trusted, validator),
                    ]
                    what = SEAL if kind is Kind.SEALED else DOCUMENT
                    yield Checked(_name_of(row, file), what, wrong)


def check_signatures() -> Iterator[Checked]:
    """Every signature: that it is over the document on record, in words and bytes, and stands on the trail."""
    rows = Signature.objects.select_related("agreement__document", "agreement__referral").order_by("pk")
    for signature in rows.defer("agreement__document__content").iterator(chunk_size=10):
        agreement, wrong = signature.agreement, []
        if signature.document_sha256 != agreement.document.sha256:
            wrong.append("It is over another PDF than the one on record.")
        if signature.html_sha256 != _sha256(agreement.html.encode()):
            wrong.append("It is over another page than the one on record.")
        if signature.consent_sha256 != _sha256(signature.consent_text.encode()):
            wrong.append("The confirmation that was given is not the one on record.")
        entry = TrailEntry.objects.filter(sequence=signature.trail_sequence).first()
        facts = ("document_sha256", "html_sha256", "consent_sha256")
        if entry is None or entry.hash != signature.trail_hash:
            wrong.append("The trail does not hold the entry that it names.")
        elif any(entry.facts.get(fact) != getattr(signature, fact) for fact in facts):
            wrong.append("The trail says that something else was signed.")
        yield Checked(f"{_case_of(agreement)}, signature of {signature.typed_name}", SIGNATURE, wrong)


def check_unsealed() -> Iterator[Checked]:
    """Each MoU that both sides signed more than an hour ago and that bears no seal."""
    late = timezone.now() - SEALED_WITHIN
    for agreement in Agreement.objects.filter(sealed=None, signed_at__lt=late):
        since = f"Signed by both on {moment(agreement.signed_at)} and not sealed: see the log of seal_signed_mous."
        yield Checked(f"{_case_of(agreement)}, MoU", SEAL, [since])


def check_all(validator: Validator | None = None) -> Iterator[Checked]:
    """Everything, the bytes first."""
    yield from check_files()
    yield from check_documents(validator)
    yield from check_signatures()
    yield from check_unsealed()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _against_trail(row: Model, column: str, file: StoredFile) -> Iterator[str]:
    """What the trail says of this document, and of the page it was made from, as it was put on record."""
    said = TrailEntry.objects.filter(subject_type=row._meta.label_lower, subject_id=row.pk)
    for facts in said.order_by("sequence").values_list("facts", flat=True).iterator():
        if facts.get(f"{column}_sha256", file.sha256) != file.sha256:
            yield "The trail says that another document was put on record here."
            return
    html = getattr(row, "html", None)
    if column == "document" and html is not None:
        held = {
            facts["html_sha256"] for facts in said.values_list("facts", flat=True) if "html_sha256" in facts
        }
        if held - {_sha256(html.encode())}:
            yield "The page that was shown on screen is not the one on record."


def _of_kind(
    row: Any, file: StoredFile, kind: Kind, trusted: list[Certificate], validator: Validator | None
) -> Iterator[str]:
    """What is expected of a document of its kind."""
    if kind is Kind.GIVEN:
        return
    content = bytes(file.content)
    yield from undeclared(content)
    if kind is Kind.SEALED:
        verdict = verify(content, trusted=trusted)
        if not verdict.genuine:
            yield f"Its seal does not hold. {verdict.sentence}"
        elif verdict.sealed_at != row.sealed_at:
            yield "Its seal was put on at another moment than the record says."
    if validator:
        yield from validator(content)


def _case_of(row: Any) -> str:
    """The reference of the case that a row belongs to, or ""."""
    case: Any = getattr(row, "case_id", None) or getattr(row, "referral_id", None)
    return Referral.objects.filter(pk=case).values_list("reference", flat=True).first() or ""


def _name_of(row: Any, file: StoredFile) -> str:
    """A document by its case, else by its practice."""
    of = _case_of(row) or str(getattr(row, "practice", row._meta.verbose_name))
    return f"{of}, {file.name}"


def _name_of_file(file: StoredFile) -> str:
    """A file by the record that holds it: asked only when something is wrong with it."""
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if not isinstance(column, ForeignKey) or column.related_model is not StoredFile:
                continue
            if row := model._base_manager.filter(**{column.name: file}).first():
                if case := _case_of(row):
                    return f"{case}, {file.name}"
                what = "export" if model is Export else model._meta.verbose_name
                return f"{file.name} ({what} {row.pk})"
    return f"{file.name} (stored file {file.pk})"
