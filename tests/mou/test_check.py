"""What a stranger is told of a copy: each verdict, in words that name nobody."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mou.models import Agreement, Ending
from mou.seal import seal
from resilience.core.models import StoredFile
from tests.core.documents import small_pdf
from tests.mou.after import put
from tests.mou.world import make_world

pytestmark = pytest.mark.django_db
A = Agreement.State
SEALED_AT = dt.datetime(2018, 10, 5, 12, tzinfo=dt.UTC)
MATCHES = "This is a document sealed by this service on 5 October 2018, and it matches our record."
GENUINE = f"This document is genuine {MATCHES} Check another"


def sealed_pdf() -> bytes:
    return seal(small_pdf(), reason="Signed by all", location="Northvale CCG", moment=SEALED_AT)


def sealed(world, state=A.SIGNED, content: bytes | None = None, **more) -> Agreement:
    """A signed document with a sealed copy. What is on record is known by its hash: any bytes will do."""
    agreement = put(world, state, **more)
    file = StoredFile.keep(
        name=f"{world.referral.reference}-sealed.pdf",
        content_type="application/pdf",
        content=content or f"%PDF-1.7 {agreement.pk}".encode(),
        by=world.officer,
    )
    Agreement.objects.filter(pk=agreement.pk).update(sealed=file, sealed_at=SEALED_AT)
    return Agreement.objects.get(pk=agreement.pk)


def copy_of(agreement) -> bytes:
    return bytes(agreement.sealed.content)


def told(world, content: bytes) -> str:
    """What somebody who is not signed in reads; nobody and nothing is named in it, whatever the verdict."""
    file = SimpleUploadedFile("copy.pdf", content)
    page = Client().post(reverse("mou:check_document"), {"document": file}).content.decode()
    referral = world.referral
    for secret in (
        referral.reference, world.practice.name, world.practice.ods_code, world.ccg.name, world.ccg.code,
        world.office.name, world.manager.name, world.officer.name, world.approver.name, "O’Brien", "O&#x27;Brien",
        "Olu", "Amara", "Harbour", "Northvale", "-sealed.pdf", f"/referrals/{referral.pk}/",
    ):  # fmt: skip
        assert secret not in page, secret
    return " ".join(re.sub("<[^>]*>", " ", page.partition("<main")[2]).split())


def end(mou, how) -> None:
    Ending.objects.create(
        agreement=mou, how=how, ended_on=dt.date(2018, 12, 1), why="The manager of Harbour is ill."
    )


def test_a_copy_that_matches_the_record_is_genuine():
    world = make_world()
    page = told(world, copy_of(sealed(world)))
    assert GENUINE in page


def test_while_notice_stands_it_is_in_force_and_genuine():
    world = make_world()
    assert GENUINE in told(world, copy_of(sealed(world, A.NOTICE)))


@pytest.mark.parametrize("kind", ["variation", "extension"])
def test_what_was_signed_later_supersedes_what_was_signed_before(kind):
    world = make_world()
    mou = sealed(world)
    for state in (A.SENT, A.PRACTICE_SIGNED):
        out = put(world, state, varies=mou, number=1, kind=kind)
        assert "superseded" not in told(world, copy_of(mou)), state
        Agreement.objects.filter(pk=out.pk).update(
            state=A.WITHDRAWN, stopped_at=timezone.now(), stopped_by=world.officer
        )
    first = sealed(world, varies=mou, number=1, kind=kind)
    assert f"This document is genuine, and superseded {MATCHES}" in told(world, copy_of(mou))
    assert f"It was superseded by {kind} 1 of " in told(world, copy_of(mou))
    assert GENUINE in told(world, copy_of(first))

    second = sealed(world, varies=mou, number=2, kind=kind)
    for superseded in (mou, first):
        page = told(world, copy_of(superseded))
        assert f"{MATCHES} It was superseded by {kind} 2 of " in page
    assert GENUINE in told(world, copy_of(second))


@pytest.mark.parametrize(
    ("state", "how", "word"),
    [
        (A.TERMINATED, Ending.How.NOTICE, "was terminated"),
        (A.ENDED, Ending.How.DATE, "ended"),
        (A.ENDED, Ending.How.DELIVERED, "ended"),
    ],
)
def test_of_an_mou_that_is_over_every_document_is_said_to_be_over(state, how, word):
    world = make_world()
    mou = sealed(world, state)
    variation = sealed(world, varies=mou, number=1, kind="variation")
    end(mou, how)
    for document in (mou, variation):
        page = told(world, copy_of(document))
        heading = f"This document is genuine, and {word} on 1 December 2018"
        assert f"{heading} {MATCHES} What it records is no longer in force. Check another" in page


def test_a_sealed_copy_that_was_changed_is_altered():
    world = make_world()
    pdf = sealed_pdf()
    sealed(world, content=pdf)
    assert GENUINE in told(world, pdf)
    place = len(pdf) // 3
    page = told(world, pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :])
    assert "This document has been altered" in page
    assert "is genuine" not in page
    added = told(world, pdf + b"\n%%EOF\n")
    assert "is genuine" not in added


def test_a_seal_of_ours_over_what_we_hold_no_record_of_is_not_genuine():
    world = make_world()
    page = told(world, sealed_pdf())
    assert "This document is not on our record" in page
    assert "is genuine" not in page


@pytest.mark.parametrize(
    "content",
    [
        (Path(__file__).parent / "kept/sealed.pdf").read_bytes(),
        b"Dear Harbour Street Surgery",
        b"\xff\xd8\xff\xe0 JFIF",
        b"%PDF-",
        b"\0",
    ],
    ids=["a PDF that others sealed", "words", "a picture", "a PDF of nothing", "a zero"],
)
def test_what_we_never_sealed_is_unknown(content):
    world = make_world()
    sealed(world)
    page = told(world, content)
    assert "This document is unknown" in page
    assert "is genuine" not in page


def test_a_document_that_was_sent_and_not_sealed_is_unknown():
    world = make_world()
    mou = put(world, A.SENT)
    assert "This document is unknown" in told(world, bytes(mou.document.content))


def test_an_empty_file_and_no_file_are_refused_in_words():
    world = make_world()
    assert "The file is empty" in told(world, b"")
    page = Client().post(reverse("mou:check_document")).content.decode()
    assert "Choose a file" in page
    assert "This document is" not in page
