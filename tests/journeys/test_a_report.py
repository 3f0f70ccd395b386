"""From a date for a report to the money that waited for it: a phone in the practice, a desk in the office."""

import datetime as dt

import pytest

from mou.delivery.views_report import ANSWER_WITHIN
from resilience.core.calendar import add_working_days, today
from resilience.core.words import day
from tests.journeys.conftest import PHONE
from tests.mou.delivering import make_delivering

pytestmark = pytest.mark.django_db(transaction=True)

ROTA = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_a_report_is_asked_for_handed_in_twice_and_opens_the_stage(comes, transactional_db):
    world = make_delivering(stages=1)
    reference, due_on = world.referral.reference, today() + dt.timedelta(days=20)
    olu, sian = comes(world.officer), comes(world.manager, **PHONE)

    # Olu says by when; the stage of the money waits for that report, and for nothing else.
    olu.signs_in()
    olu.searches_for(reference)
    olu.turns_to("Delivery")
    olu.clicks("Set the dates of reports")
    olu.dates("Another date", due_on)
    olu.page.get_by_label("Does a payment stage wait for it?").select_option("Progress 1")
    olu.clicks("Add this date")
    olu.turns_to("Money")
    olu.sees(f"The progress report due on {day(due_on)} must be handed in and accepted first.")

    # Siân reports on her phone: late without a reason is not enough; what she typed stays.
    sian.signs_in()
    sian.sees(f"Your next report is due on {day(due_on)}")
    sian.clicks("Report on your progress")
    sian.finds_the_page_sound()
    sian.page.get_by_label("How does it stand?").first.select_option("Late")
    sian.fills("What has changed since last time?", "One post is filled.")
    sian.clicks("Hand in the report")
    sian.is_told_of_a_problem("Say why it is late")
    sian.page.get_by_label("Reason, if it is late or no longer needed").first.fill("Nobody applied.")
    sian.attaches("Files that show it", "rota.pdf", ROTA)
    sian.clicks("Save and come back later")
    sian.sees("saved and not handed in", "rota.pdf")
    sian.clicks("Hand in the report")
    sian.sees("Your report is handed in, thank you.")

    # Olu reads it, and asks for what is missing.
    olu.goes_home()
    olu.clicks("1 progress report handed in: accept or ask again")
    olu.clicks(day(due_on))
    olu.sees("Nobody applied.", "One post is filled.", "rota.pdf")
    olu.finds_the_page_sound()
    olu.clicks("Ask again: something is missing")
    olu.fills("What is missing?", "Which post is filled?")
    olu.clicks("Ask again")
    olu.sees("The practice is asked again.")

    # Siân follows the link of the email; all she said is still there.
    sian.follows_the_link("Something is missing")
    sian.sees("Which post is filled?")
    sian.fills("What has changed since last time?", "The manager's post. The GP post is advertised.")
    sian.clicks("Hand in the report")

    # Accepted: the money is payable, and both can read why.
    olu.goes_home()
    olu.clicks("1 progress report handed in: accept or ask again")
    olu.clicks(day(add_working_days(today(), ANSWER_WITHIN)))
    olu.clicks("Accept the report")
    olu.sees("The report is accepted.")
    olu.searches_for(reference)
    olu.turns_to("Money")
    olu.sees("Payable")
    olu.does_not_see("must be accepted first")
    assert "is open now" in sian.reads_the_letter("is accepted")
