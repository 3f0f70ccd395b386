"""A case study from its first words to its copy without a name, everyone in a browser."""

import subprocess

import pytest

from mou.models import PublishedStudy
from resilience.core.access import Role
from resilience.referrals.states import State
from tests.factories import make_person, make_referral
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

PROBLEM = (
    "Two of four doctors of Harbour Street Surgery had left. The telephone was no safe harbour for anyone."
)


def test_a_practice_opts_out_of_being_named(comes, town):
    manager = make_person(Role.PRACTICE_USER, town.harbour, name="Maya Ellis", email="maya@example.nhs.uk")
    referral = make_referral(
        town.harbour, town.year, State.AGREED, by=manager, assigned_to=town.people["officer"]
    )
    maya = comes(manager, **PHONE)
    olu, grace = (comes(town.people[who]) for who in ("officer", "approver"))
    nora = comes(make_person(Role.OBSERVER, town.office, name="Nora Quinn", email="nora@example.nhs.uk"))

    # Maya writes it on her telephone. One answer is too long; nothing of it is lost.
    maya.signs_in()
    maya.clicks("See your agreement")
    maya.turns_to("Delivery")
    maya.sees("The plan promises no case study. You can still write one.")
    maya.clicks("Write the case study")
    maya.clicks("Start the case study")
    maya.finds_the_page_sound()
    maya.fills("Title", "A rota that holds")
    maya.fills("What was the problem?", PROBLEM)
    maya.fills("What was done?", "We wrote one rota. " * 60)
    maya.clicks("Save")
    maya.is_told_of_a_problem("This has 240 words. The most is 200: take out at least 40")
    maya.sees_in("Title", "A rota that holds")
    maya.fills("What was done?", "A change manager sat with us, and we wrote one rota.")
    maya.clicks("Save")

    # She would hand it in with only the good half of the story.
    maya.clicks("What went well, what did not, and the results")
    maya.fills("What went well?", "Reception was asked, and knew.")
    maya.fills("What are the results?", "The wait fell to nine days.")
    maya.clicks("Save")
    maya.sees("The case study is not complete: answer “What did not go well?”.")
    maya.clicks("Answer “What did not go well?”")
    maya.fills("What did not go well?", "We began in December, and lost six weeks.")
    maya.clicks("Save")
    maya.clicks("Tell the office that it is ready")
    maya.clicks("Tell the office that it is ready")
    maya.sees("The office has been told.")

    # Olu mends a sentence, and asks for consent. Maya sees what he changed; she forgets half of her answer.
    olu.signs_in()
    olu.page.get_by_role("link", name="case study that the practice says is ready").click()
    olu.clicks(str(referral.reference))
    olu.clicks("What went well, what did not, and the results")
    olu.fills("What are the results?", "The wait for an appointment fell to nine days.")
    olu.clicks("Save")
    olu.clicks("Ask the practice for consent")
    olu.clicks("Ask the practice for consent")
    olu.sees("With the practice for consent")
    maya.goes_home()
    maya.clicks("Read the case study")
    maya.sees("What was changed since your practice wrote it")
    maya.finds_the_page_sound()
    maya.page.get_by_role("checkbox").check()
    maya.clicks("Give consent")
    maya.is_told_of_a_problem("Choose whether it may name your practice")
    maya.chooses("Yes, name our practice")
    maya.clicks("Give consent")
    maya.sees("You have given consent")

    # Olu wrote part of it, so Grace publishes; Nora of the LMC reads who it is about.
    grace.signs_in()
    grace.page.get_by_role("link", name="case study to publish").click()
    grace.clicks(str(referral.reference))
    grace.clicks("Publish")
    grace.clicks("Publish it")
    grace.sees("The case study is published.")
    nora.signs_in()
    nora.opens("/case-studies/")
    nora.sees("Harbour Street Surgery")
    nora.clicks("A rota that holds")
    nora.sees_the_heading("Case study")
    nora.finds_the_page_sound()
    named = nora.page.url

    # Maya changes her mind. From that moment nobody reads it.
    maya.clicks("Opt out of being named")
    maya.clicks("Opt out of being named")
    maya.sees("The practice will not be named.")
    nora.opens(named)
    nora.sees("Page not found")
    nora.opens("/case-studies/")
    nora.does_not_see("Harbour")

    # The words that tell who it is are found: the name goes, the everyday word stays with a reason.
    assert "withdrawn at once" in olu.reads_the_letter("A practice is not to be named")
    olu.follows_the_link("A practice is not to be named")
    olu.sees("These words give the practice away", "Harbour Street Surgery, the name of a practice")
    olu.sees("The text gives the practice away in 2 places")
    olu.clicks("The problem and what was done")
    olu.fills("What was the problem?", PROBLEM.replace(" of Harbour Street Surgery", ""))
    olu.clicks("Save")
    olu.clicks("Keep words that may stay, and say why")
    olu.finds_the_page_sound()
    olu.clicks("Keep these words")
    olu.is_told_of_a_problem("Say of at least one of these words why it may stay")
    olu.fills("Why may “harbour” stay?", "Here it is the everyday word.")
    olu.clicks("Keep these words")
    olu.sees("Kept: Here it is the everyday word.")
    olu.clicks("Ask the practice for consent")
    olu.clicks("Ask the practice for consent")

    # Maya consents to it without the name, and Grace publishes it anew.
    maya.follows_the_link("May we publish this case study?")
    maya.clicks("Consent")
    maya.sees("Words that may remind people of your practice", "Here it is the everyday word.")
    maya.page.get_by_role("checkbox").check()
    maya.clicks("Give consent")
    maya.sees("You have given consent")
    grace.goes_home()
    grace.page.get_by_role("link", name="case study to publish").click()
    grace.clicks(str(referral.reference))
    grace.clicks("Publish")
    grace.sees("without its name")
    grace.clicks("Publish it")

    # Nora reads it, and downloads it. It does not say whose it is.
    nora.opens("/case-studies/")
    nora.sees("Not named")
    nora.clicks("A rota that holds")
    nora.sees("A practice in England. Five to ten thousand patients.")
    pdf = nora.downloads("Download it as a PDF")
    said = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert "A rota that holds" in said
    for telling in (
        "Harbour Street",
        "Surgery",
        town.harbour.ods_code,
        "Northvale",
        "Maya",
        referral.reference,
    ):
        nora.does_not_see(telling)
        assert telling not in said
    assert PublishedStudy.objects.filter(taken_down_at=None).get().is_named is False
