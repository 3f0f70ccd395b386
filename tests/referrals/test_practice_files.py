"""Files with a referral: added, taken off, refused by name, and read by those who may."""

import pytest
from django.urls import reverse

from resilience.core.access import Role
from resilience.core.models import StoredFile
from resilience.referrals.models import Attachment, Message
from tests.factories import make_person, make_practice, make_referral
from tests.referrals.drafts import (
    PDF,
    package,
    page_address,
    part_address,
    text_of,
    upload,
)

pytestmark = pytest.mark.django_db


def test_files_are_added_and_taken_off(signed_in, draft):
    address = part_address(draft, "files")
    signed_in.post(address, {"attachments": [upload("report.pdf"), upload("plan.docx", package())]})
    assert [each.file.name for each in draft.attachments.all()] == ["report.pdf", "plan.docx"]
    assert "2 files" in text_of(signed_in.get(page_address("draft", draft)))
    signed_in.post(address, {"remove": draft.attachments.first().pk})
    assert [each.file.name for each in draft.attachments.all()] == ["plan.docx"]


def test_a_wrong_file_is_named_and_nothing_is_half_kept(signed_in, draft):
    page = text_of(
        signed_in.post(
            part_address(draft, "files"),
            {"attachments": [upload("good.pdf"), upload("bad.pdf", b"MZ"), upload("x.exe")]},
        )
    )
    assert "“bad.pdf” is not a whole PDF" in page
    assert "“x.exe” is of a kind that cannot be added" in page
    assert not StoredFile.objects.exists()
    page = text_of(
        signed_in.post(part_address(draft, "files"), {"attachments": [upload(f"{n}.pdf") for n in range(11)]})
    )
    assert "10 files at most" in page
    assert "Choose at least one file" in text_of(signed_in.post(part_address(draft, "files"), {}))


def test_a_file_is_saved_and_never_shown(signed_in, draft):
    signed_in.post(part_address(draft, "files"), {"attachments": [upload('bad "name".pdf')]})
    response = signed_in.get(reverse("referrals:attachment", args=[draft.attachments.get().pk]))
    assert response.content == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_files_are_scoped_and_those_of_notes_stay_with_the_office(client, draft, world):
    person, practice, year = world
    officer = make_person(Role.PROGRAMME_OFFICER, practice.commissioner)
    sent = make_referral(practice, year)
    note = Message.objects.create(
        referral=sent, kind="note", is_internal=True, text="Secret", written_by=officer
    )
    file = StoredFile.keep(name="note.pdf", content_type="application/pdf", content=PDF, by=officer)
    of_note = Attachment.objects.create(referral=sent, message=note, file=file, attached_by=officer)
    of_form = Attachment.objects.create(referral=sent, file=file, attached_by=person)
    of_draft = Attachment.objects.create(referral=draft, file=file, attached_by=person)
    stranger = make_person(Role.PRACTICE_USER, make_practice(practice.commissioner))
    for who, seen in ((person, {of_form, of_draft}), (officer, {of_form, of_note}), (stranger, set())):
        client.force_login(who)
        for each in (of_note, of_form, of_draft):
            status = client.get(reverse("referrals:attachment", args=[each.pk])).status_code
            assert status == (200 if each in seen else 404), (who, each.pk)
