"""From an invitation to a sealed Memorandum of Understanding: one practice, everyone in a browser."""

import subprocess

import pytest
from django.core.management import call_command

from mou.seal import verify
from resilience.referrals.models import Referral
from tests.journeys import steps
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

ROTA = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_a_practice_refers_itself_and_signs(comes, town, tmp_path, capsys):
    olu, grace, fiona = (comes(town.people[who]) for who in ("officer", "approver", "finance"))

    # Olu invites the practice manager, and she chooses a password.
    olu.signs_in()
    olu.clicks("People")
    olu.clicks("Invite someone")
    olu.fills("Full name", "Maya Ellis")
    olu.fills("Email address", "maya@example.nhs.uk")
    olu.fills("Practice", town.harbour.ods_code)
    olu.clicks("Send the invitation")
    olu.sees("We have sent Maya Ellis an invitation")
    maya = comes(name="Maya Ellis", email="maya@example.nhs.uk")
    maya.follows_the_link("You are invited")
    maya.sees("for Harbour Street Surgery")
    maya.fills("Your job title", "Practice manager")
    maya.fills("Choose a password", maya.password)
    maya.fills("The password again", maya.password)
    maya.clicks("Accept the invitation")
    maya.sees("You have not referred your practice yet")

    # She refers her practice: each part is saved, and she goes on the next day on her phone.
    maya.clicks("Refer your practice")
    maya.clicks("Start now")
    maya.sees("Cannot start yet")
    maya.clicks("Contact at the practice")
    maya.sees_in("Name of the practice lead", "Maya Ellis")
    maya.fills("Telephone number", "01632 960001")
    maya.clicks("Save and continue")
    maya.clicks("Case for support")
    too_long = " ".join(["word"] * 201)
    maya.fills("What are the issues now?", too_long)
    maya.fills("What support do you want?", steps.WANTED)
    maya.clicks("Save and continue")
    maya.is_told_of_a_problem("201 words")
    maya.sees_in("What are the issues now?", too_long)
    maya.sees_in("What support do you want?", steps.WANTED)
    maya.fills("What are the issues now?", steps.ISSUES)
    maya.clicks("Save and come back later")
    on_her_phone = comes(name=maya.name, email=maya.email, **PHONE)
    on_her_phone.signs_in()
    on_her_phone.clicks("Carry on with the referral")
    on_her_phone.clicks("Case for support")
    on_her_phone.sees_in("What are the issues now?", steps.ISSUES)
    on_her_phone.clicks("Save and continue")
    on_her_phone.clicks("Practice or group")
    on_her_phone.sees("8,001 registered patients")
    on_her_phone.chooses("No")
    on_her_phone.clicks("Save and continue")
    maya.goes_home()
    maya.clicks("Carry on with the referral")
    maya.clicks("Support wanted and support before")
    steps.answers_about_support(
        maya, "Coaching, supervision or mentorship", "Practice management capacity support"
    )
    maya.clicks("Files")
    maya.attaches("Choose files", "rota.pdf", ROTA)
    maya.clicks("Add these files")
    maya.sees("1 file added")
    maya.clicks("Continue")
    maya.clicks("Check your answers and send")
    maya.sees("Two of our four GPs have left", "rota.pdf")
    maya.clicks("Send the referral")
    maya.sees_the_heading("Referral sent")
    referral = Referral.objects.get()
    reference = referral.reference
    maya.sees(reference, "We have sent a confirmation")
    assert reference in maya.reads_the_letter("referral")

    # Olu acknowledges, in his own words, and asks a question; she answers.
    olu.goes_home()
    olu.searches_for(reference)
    olu.clicks("Acknowledge")
    letter = olu.page.get_by_label("Email", exact=True)
    letter.fill(letter.input_value() + "\n\nI will telephone you on Thursday.")
    olu.clicks("Send and acknowledge")
    olu.sees("acknowledged in 0 of 10 working days")
    assert "I will telephone you on Thursday." in maya.reads_the_letter("We have your referral")
    olu.clicks("Ask the practice a question")
    olu.fills("Your question", "How many sessions are vacant?")
    olu.clicks("Send the question")
    maya.goes_home()
    maya.clicks("Answer the question")
    maya.sees("How many sessions are vacant?")
    maya.fills("Your answer", "Fourteen a week.")
    maya.clicks("Send the answer")
    maya.sees("Your answer was sent.")

    # He assesses all 16 criteria and places the practice with the keyboard alone.
    olu.searches_for(reference)
    olu.sees("Fourteen a week.")
    olu.clicks("Start the assessment")
    olu.clicks("Start the assessment")
    steps.assesses_every_criterion(olu)
    olu.clicks("Save and complete")
    olu.sees("16 of 16 done")
    olu.clicks("Place on the matrix")
    olu.page.locator("#id_cell").focus()
    olu.presses("Space", *["ArrowRight"] * 4)
    olu.sees("Scope 5, very likely; impact 5, very high")
    olu.fills("Why this scope for support?", "The vacancies will last.")
    olu.fills("Why this impact of support?", "Patients wait three weeks.")
    olu.clicks("Place the practice")
    olu.sees("Placed")

    # Grace decides, Fiona commits the money.
    grace.signs_in()
    steps.decides_to_support(grace, reference, "6,000")
    assert "The need is clear, and support will last." in maya.reads_the_letter("Our decision")
    fiona.signs_in()
    steps.commits(fiona, reference, "6,000", "Coaching, supervision or mentorship")

    # The plan: drafted by Olu, agreed by both.
    steps.drafts_the_plan(olu, town, reference)
    maya.goes_home()
    maya.clicks("Go to the plan")
    maya.sees("Two salaried GPs recruited")
    maya.clicks("Agree the plan for Harbour Street Surgery")
    maya.sees("You have agreed the improvement plan")
    grace.searches_for(reference)
    grace.turns_to("Plan")
    grace.clicks("Agree the plan for NHS Northvale CCG")
    grace.sees("You have agreed the improvement plan")

    # The MoU: sent, signed on a phone, signed by the commissioner, sealed.
    olu.searches_for(reference)
    olu.turns_to("MoU")
    olu.clicks("Draft it")
    olu.clicks("Keep the draft")
    olu.sees("Two salaried GPs recruited")
    olu.clicks("Send it for signature")
    olu.sees("Sent to Harbour Street Surgery for signature")
    on_her_phone.goes_home()
    on_her_phone.clicks("Sign your agreement")
    on_her_phone.finds_the_page_sound()
    steps.signs(on_her_phone, "Practice manager")
    grace.goes_home()
    grace.clicks(f"Harbour Street Surgery, {reference}")
    steps.signs(grace, "Associate director")
    sealed = grace.downloads("Download the sealed copy (PDF)")
    maya.goes_home()
    maya.clicks("See your agreement")
    assert maya.downloads("Download the sealed copy (PDF)") == sealed

    # Anyone can check it: it is genuine to the last bit, and one flipped bit shows.
    assert verify(sealed).genuine
    (tmp_path / "mou.pdf").write_bytes(sealed)
    said = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "mou.pdf"], capture_output=True, text=True, check=True
    )
    assert "Signature is Valid" in said.stdout
    assert "Total document signed" in said.stdout
    altered = bytearray(sealed)
    altered[len(altered) // 3] ^= 1
    stranger = comes(name="A stranger", email="-")
    stranger.opens("/check-a-document/")
    stranger.attaches("The PDF to check", "mou.pdf", sealed)
    stranger.clicks("Check this document")
    stranger.sees_the_heading("This document is genuine")
    stranger.finds_the_page_sound()
    stranger.attaches("The PDF to check", "mou.pdf", bytes(altered))
    stranger.clicks("Check this document")
    stranger.sees_the_heading("This document has been altered")

    # The money is payable now, the case tells it all, and the trail is whole.
    fiona.searches_for(reference)
    fiona.turns_to("Money")
    fiona.sees("payable £6,000")
    olu.searches_for(reference)
    olu.turns_to("Timeline")
    olu.sees("Signed the MoU for the practice", "Signed the MoU for the commissioner", "Sealed the MoU")
    call_command("verify_trail")
    assert "The trail is whole" in capsys.readouterr().out
