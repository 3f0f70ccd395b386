"""Health check to payment: filled in on a phone, left and come back to, handed in, invoiced, approved and paid."""

import pytest

from mou.health_checks import actions, ours
from resilience.core.calendar import today
from resilience.programmes.models import PaymentStage
from tests.factories import make_person
from tests.funding.groups import key
from tests.journeys.conftest import PHONE
from tests.journeys.test_money import INVOICE, what_the_bank_says
from tests.journeys.town import make_scheme

pytestmark = pytest.mark.django_db(transaction=True)


def answers_everything(someone, section: ours.SectionContent) -> None:
    """The second of every scale, no to every question, a number, a date, a few words."""
    for each in section.questions:
        if each.kind == "scale":
            someone.chooses(each.scale[1], of=each.words)
        elif each.kind == "yes_no":
            someone.chooses("No", of=each.words)
        elif each.kind == "number":
            someone.fills(each.words, "3.5")
        elif each.kind == "text":
            someone.fills(each.words, "The phones are busy until ten.")


def test_a_health_check_becomes_a_payment(comes, town):
    from funding import actions as funding

    scheme = make_scheme(town)
    ada, olu, fiona, grace = (comes(town.people[who]) for who in ("admin", "officer", "finance", "approver"))
    maya = comes(scheme.manager, **PHONE)

    # Ada publishes the questionnaire that comes with the service, and gives it to the stage.
    ada.signs_in()
    ada.opens("/questionnaires/publish/")
    ada.fills("Name of the questionnaire", "Practice health check")
    ada.clicks("Publish")
    ada.sees("Practice health check, version 1 is published")
    stage = scheme.year.stages.get(opens=PaymentStage.Opens.EVIDENCE)
    ada.opens(f"/programmes/years/{scheme.year.pk}/")
    ada.page.get_by_role("link", name="How it is handed in").click()
    ada.chooses("Practice health check, version 1")
    ada.clicks("Save")
    ada.sees("It is on record how")

    # The money is committed: it waits for the health check.
    funding.set_allocation(
        by=town.people["finance"], year=scheme.year, commissioner=town.ccg, amount=10_000_00,
        why="Allocation letter", key=key(),
    )  # fmt: skip
    funding.commit(
        by=town.people["finance"], referral=scheme.referral, item=scheme.year.menu.first(), amount=1_000_00,
        purpose="The health check", key=key(),
    )  # fmt: skip

    # Maya opens it on her phone from her home page. What she types wrong is told; what is right is saved.
    maya.signs_in()
    maya.sees("It pays £1,000.")
    maya.page.get_by_role("link", name="Fill in the health check, or say that you do not take part").click()
    maya.sees("0 of 4 mandatory sections are complete", "Cannot hand in yet")
    maya.finds_the_page_sound()
    maya.page.get_by_role("main").get_by_role("link", name="Workforce").first.click()
    maya.fills("How many GPs, in whole-time equivalents?", "about four")
    maya.fills("How many practice nurses, in whole-time equivalents?", "2.5")
    maya.clicks("Save and come back later")
    maya.is_told_of_a_problem("Enter a number, such as 4 or 4.5")
    maya.sees("What is right on this page is saved")
    maya.sees_in("How many GPs, in whole-time equivalents?", "about four")
    maya.finds_the_page_sound()

    # She is called away, and comes back another time: the nurses are there, and a colleague did a section meanwhile.
    maya.goes_home()
    ros = comes(make_person("practice_user", town.harbour, name="Ros Keane", email="ros@example.nhs.uk"))
    ros.signs_in()
    ros.page.get_by_role("link", name="Fill in the health check, or say that you do not take part").click()
    ros.page.get_by_role("main").get_by_role("link", name="Operational").first.click()
    answers_everything(ros, ours.OPERATIONAL)
    ros.clicks("Save and continue")
    ros.sees_the_heading("Business")
    maya.page.get_by_role("link", name="Fill in the health check, or say that you do not take part").click()
    maya.sees("1 of 4 mandatory sections are complete", "9 questions to answer")
    maya.page.get_by_role("main").get_by_role("link", name="Workforce").first.click()
    maya.sees_in("How many practice nurses, in whole-time equivalents?", "2.5")
    answers_everything(maya, ours.WORKFORCE_SECTION)
    maya.clicks("Save and continue")
    answers_everything(maya, ours.FEEDBACK)
    maya.clicks("Save and continue")

    # Olu sees in the one list of the office how far the practice is.
    olu.signs_in()
    olu.opens(f"/money/stages/{stage.pk}/practices/")
    olu.sees("Started, 3 of 4 sections done")

    maya.page.get_by_role("main").get_by_role("link", name="Business").first.click()
    answers_everything(maya, ours.BUSINESS)
    maya.clicks("Save and continue")
    maya.sees("4 of 4 mandatory sections are complete")
    maya.clicks("Check your answers and hand in")
    maya.finds_the_page_sound()
    maya.clicks("Hand in the health check")
    maya.sees("Your health check is handed in", "What happens next", "£1,000 payable")
    maya.finds_the_page_sound()

    # Olu reads it, and what practices have in common; nobody can change it any more.
    olu.opens(f"/money/stages/{stage.pk}/practices/")
    olu.clicks("Harbour Street Surgery")
    olu.clicks("What the practice answered")
    olu.sees("The phones are busy until ten.")
    olu.finds_the_page_sound()
    olu.opens(f"/money/stages/{stage.pk}/practices/")
    olu.clicks("What the health checks say")
    olu.sees("Workforce planning", "1 of 1 (100%)")
    olu.finds_the_page_sound()

    # From here it is the way of every pound: the invoice, two approvals, the payment run, the bank's file.
    maya.clicks("send an invoice")
    maya.clicks("Raise an invoice")
    maya.fills("The health check", "1,000")
    maya.fills("Invoice number", "HS/1")
    maya.dates("Date of the invoice", today())
    maya.attaches("The invoice itself", "invoice.pdf", INVOICE)
    maya.clicks("Send the invoice")
    fiona.signs_in()
    fiona.page.get_by_role("link", name="invoice to approve").click()
    fiona.clicks("HS/1")
    fiona.clicks("Approve £1,000")
    fiona.clicks("Approve £1,000")
    grace.signs_in()
    grace.page.get_by_role("link", name="invoice to approve").click()
    grace.clicks("HS/1")
    grace.clicks("Approve £1,000")
    grace.clicks("Approve £1,000")
    fiona.goes_home()
    fiona.page.get_by_role("link", name="in no payment run").click()
    fiona.clicks("Make a payment run")
    fiona.clicks("Make the payment run")
    fiona.clicks("Export for the finance system")
    export = fiona.downloads("CSV")
    fiona.clicks("Upload payments made")
    fiona.attaches("File of payments", "paid.csv", what_the_bank_says(export))
    fiona.clicks("Upload and check")
    fiona.clicks("Record 1 payment of £1,000")
    maya.goes_home()
    maya.clicks("What Harbour Street Surgery was promised and paid")
    maya.sees_beside("Paid", "£1,000")
    assert actions.HealthCheck.objects.get().handed_in_at is not None
