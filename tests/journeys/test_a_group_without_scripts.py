"""A group of three practices, from referral to signed MoU, in browsers that run no script at all."""

import pytest

from mou.seal import verify
from resilience.core.access import Role
from resilience.referrals.models import Referral
from tests.factories import make_person
from tests.journeys import steps

pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT = {"java_script_enabled": False}


def test_three_practices_refer_themselves_together(comes, town):
    manager = make_person(
        Role.PRACTICE_USER, town.harbour, name="Maya Ellis", email="maya@example.nhs.uk", job_title="Partner"
    )
    maya = comes(manager, **WITHOUT)
    olu, grace, fiona = (comes(town.people[who], **WITHOUT) for who in ("officer", "approver", "finance"))

    # Maya adds two practices: one by its code, one by a part of its name that fits several.
    maya.signs_in()
    maya.clicks("Refer your practice")
    maya.clicks("Start now")
    maya.clicks("Practice or group")
    maya.chooses("Yes")
    maya.clicks("Save and continue")
    maya.fills("Name or code of the practice", town.mill.ods_code)
    maya.clicks("Add this practice")
    maya.sees("2 practices in this referral")
    maya.fills("Name or code of the practice", "e")
    maya.clicks("Add this practice")
    maya.sees("Which practice is it?")
    maya.page.get_by_role("radio", name="Abbey Health Centre").check()
    maya.clicks("Add this practice")
    maya.sees("3 practices in this referral", "19,751")
    maya.clicks("Continue")
    maya.clicks("Contact at the practice")
    maya.fills("Telephone number", "01632 960001")
    maya.clicks("Save and continue")
    maya.clicks("Support wanted and support before")
    steps.answers_about_support(maya, "Practice management capacity support")
    maya.clicks("Case for support")
    maya.fills("What are the issues now?", steps.ISSUES)
    maya.fills("What support do you want?", steps.WANTED)
    maya.clicks("Save and continue")
    maya.clicks("Check your answers and send")
    maya.sees("Mill Lane Surgery", "Abbey Health Centre")
    maya.clicks("Send the referral")
    maya.sees_the_heading("Referral sent")
    reference = Referral.objects.get().reference

    # The office: acknowledged, assessed, placed, supported, committed.
    olu.signs_in()
    olu.searches_for("Abbey Health Centre")
    olu.searches_for(reference)
    olu.sees("Harbour Street Surgery and 2 others", "19,751 patients in all")
    olu.clicks("Acknowledge")
    olu.clicks("Send and acknowledge")
    olu.clicks("Start the assessment")
    olu.clicks("Start the assessment")
    steps.assesses_every_criterion(olu)
    olu.clicks("Save and complete")
    olu.clicks("Place on the matrix")
    olu.page.get_by_role("radio", name="Scope 4, likely; impact 4, high").check()
    olu.fills("Why this scope for support?", "The vacancies will last.")
    olu.fills("Why this impact of support?", "Patients of all three wait three weeks.")
    olu.clicks("Place the practice")
    grace.signs_in()
    steps.decides_to_support(grace, reference, "9,000")
    fiona.signs_in()
    steps.commits(fiona, reference, "9,000")

    # The plan and the MoU, for all three.
    steps.drafts_the_plan(olu, town, reference)
    maya.goes_home()
    maya.clicks("Go to the plan")
    maya.clicks("Agree the plan for Harbour Street Surgery")
    grace.searches_for(reference)
    grace.turns_to("Plan")
    grace.clicks("Agree the plan for NHS Northvale CCG")
    olu.searches_for(reference)
    olu.turns_to("MoU")
    olu.clicks("Draft it")
    olu.clicks("Keep the draft")
    olu.sees("Mill Lane Surgery", "Abbey Health Centre")
    olu.clicks("Send it for signature")
    maya.goes_home()
    maya.clicks("Sign your agreement")
    steps.signs(maya, "Partner")
    grace.goes_home()
    grace.clicks(f"Harbour Street Surgery, {reference}")
    steps.signs(grace, "Associate director")
    assert verify(grace.downloads("Download the sealed copy (PDF)")).genuine
