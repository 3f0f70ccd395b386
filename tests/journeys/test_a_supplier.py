"""A supplier from the assignment of a practice to its invoice, everyone in a browser."""

import datetime as dt

import pytest

from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.referrals.states import State
from tests.factories import make_organisation, make_person, make_referral
from tests.funding.groups import grant
from tests.journeys.conftest import PHONE
from tests.mou.supplying import again

pytestmark = pytest.mark.django_db(transaction=True)

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SOON = today() + dt.timedelta(days=40)


def test_a_supplier_goes_from_assignment_to_invoice(comes, town):
    unit = make_organisation("supplier", town.office, name="Westmere Support Unit")
    rival = make_organisation("supplier", town.office, name="Rival Consulting")
    make_person(Role.SUPPLIER_USER, rival, name="Rita Vale")
    dev_row = make_person(Role.SUPPLIER_USER, unit, name="Dev Kapoor", email="dev@example.nhs.uk")
    maya_row = make_person(Role.PRACTICE_USER, town.harbour, name="Maya Ellis", email="maya@example.nhs.uk")
    referral = make_referral(
        town.harbour, town.year, State.SUPPORTED, by=maya_row, contact_name="Maya Ellis",
        contact_email=maya_row.email,
    )  # fmt: skip
    grant(referral, 3_050_00)
    town.year.stages.update(opens="progress", pays_before_mou=True)
    olu, fiona, dev = comes(town.people["officer"]), comes(town.people["finance"]), comes(dev_row)
    maya = comes(maya_row, **PHONE)

    # Dev has no practice yet.
    dev.signs_in()
    dev.sees("No practice is in your care")

    # Olu assigns Harbour Street to the unit, at first with a change manager of another supplier.
    olu.signs_in()
    olu.searches_for(referral.reference)
    olu.turns_to("Delivery")
    olu.clicks("Assign to a supplier")
    olu.finds_the_page_sound()
    olu.page.get_by_label("Supplier", exact=True).select_option(unit.name)
    olu.page.get_by_label("Who is the change manager?").select_option("Rita Vale, Rival Consulting")
    olu.clicks("Assign")
    olu.is_told_of_a_problem("Rita Vale does not work for Westmere Support Unit")
    olu.page.get_by_label("Who is the change manager?").select_option("Dev Kapoor, Westmere Support Unit")
    olu.clicks("Assign")
    olu.sees("The practice is assigned. Both sides are told by email.", "0 of 4 deliverables accepted")

    # Fiona commits the supplier's price.
    fiona.signs_in()
    fiona.searches_for(referral.reference)
    fiona.clicks("Commit money")
    fiona.fills("Amount", "3,050")
    fiona.fills("What is it for?", "Change management")
    fiona.chooses("Supplier")
    fiona.page.get_by_role("combobox", name="Supplier").select_option(unit.name)
    fiona.clicks("Commit this money")
    fiona.sees("£3,050 is committed")

    # Dev finds the practice, and nothing of what it wrote; he cannot invoice yet, and reads why.
    dev.goes_home()
    dev.sees("Harbour Street Surgery", "Readiness for change conversation")
    dev.clicks(f"Harbour Street Surgery ({town.harbour.ods_code})")
    dev.finds_the_page_sound()
    dev.sees("The commissioner has not shared it.", "£3,050", "“Improvement plan” must be accepted first")
    dev.does_not_see(referral.issues)
    dev.clicks("Invoices")
    dev.clicks("Raise an invoice")
    dev.sees("Nothing can be invoiced yet", "“Improvement plan” must be accepted first: it is due on")

    # He books a visit, in the past by mistake.
    dev.goes_home()
    dev.clicks(f"Harbour Street Surgery ({town.harbour.ods_code})")
    dev.clicks("Book a visit")
    dev.dates("When is the visit?", today() - dt.timedelta(days=1))
    dev.clicks("Book the visit")
    dev.is_told_of_a_problem("A visit is booked for today or a later day.")
    dev.dates("When is the visit?", today())
    dev.clicks("Book the visit")
    dev.sees("The visit is booked.")

    # Maya, on her telephone, reads the data pack and confirms what the practice commits itself to.
    maya.signs_in()
    maya.follows_the_link("Westmere Support Unit will support Harbour Street Surgery")
    maya.finds_the_page_sound()
    maya.sees("Booked for")
    maya.page.get_by_role("button", name="Engage fully with the support").click()
    maya.sees("Confirmed: Engage fully with the support.")
    maya.clicks("What is known of the practice, beside its peers")
    maya.finds_the_page_sound()
    maya.sees("Registered patients")

    # Dev records the visit, then writes the plan: first without saying who does it.
    dev.clicks("Record this visit")
    dev.fills("What is worth noting? (optional)", "All partners came.")
    dev.clicks("Record the visit")
    dev.sees("All partners came.", "Engage fully with the support: Confirmed")
    dev.clicks("Improvement plan")
    dev.clicks("Hand it in")
    dev.clicks("Hand it in")
    dev.is_told_of_a_problem("Add at least one action, or hand in a file.")
    dev.clicks("Back to “Improvement plan”")
    dev.clicks("Add an action")
    dev.finds_the_page_sound()
    dev.chooses("Workforce")
    dev.fills("What will be done?", "Recruit a clinical pharmacist")
    dev.fills("What will be different, and how will we know?", "One starts in June")
    dev.chooses("Medium term: 3 to 12 months")
    dev.dates("By when?", SOON)
    dev.clicks("Save the action")
    dev.is_told_of_a_problem("Answer the question: Who does it?")
    dev.fills("Who does it?", "Maya Ellis")
    dev.clicks("Save the action")
    dev.clicks("Hand it in")
    dev.attaches("File (optional)", "costs.pdf", b"not a PDF at all")
    dev.clicks("Hand it in")
    dev.is_told_of_a_problem("is not a whole PDF")
    dev.attaches("File (optional)", "costs.pdf", PDF)
    dev.clicks("Hand it in")
    dev.sees("Handed in. The officer is told by email.")

    # Olu asks again without saying what for, then says so; Dev hands it in once more, and it is accepted.
    olu.goes_home()
    olu.page.get_by_role("link", name="whose supplier handed something in").click()
    olu.clicks("Harbour Street Surgery")
    olu.clicks("Answer: Improvement plan")
    olu.sees("Recruit a clinical pharmacist")
    olu.clicks("Answer it")
    olu.finds_the_page_sound()
    olu.chooses("No, ask for it again")
    olu.clicks("Send the answer")
    olu.is_told_of_a_problem("Say what is missing")
    olu.fills("What do you want to say? (optional)", "Who covers until June?")
    olu.clicks("Send the answer")
    dev.goes_home()
    dev.sees("Asked again")
    dev.clicks(f"Harbour Street Surgery ({town.harbour.ods_code})")
    dev.clicks("Improvement plan")
    dev.sees("Who covers until June?")
    dev.clicks("Hand it in")
    dev.fills("A note to the officer (optional)", "A locum covers until June.")
    dev.clicks("Hand it in")
    olu.page.reload()
    olu.clicks("Answer it")
    olu.sees("A locum covers until June.")
    olu.chooses("Yes, accept it")
    olu.clicks("Send the answer")
    olu.sees("Accepted")

    # The plan need not be typed again: Maya takes it over into the improvement plan of the case.
    maya.goes_back()
    maya.page.reload()
    maya.clicks("Take the supplier’s plan over into the improvement plan")
    maya.sees("The supplier’s actions are in the improvement plan now.", "Recruit a clinical pharmacist")

    # The invoice is open: for no more than the price.
    dev.clicks("Invoices")
    dev.clicks("Raise an invoice")
    dev.finds_the_page_sound()
    label = "Harbour Street Surgery: Change management"
    dev.fills(label, "4,000")
    dev.fills("Invoice number", "WSU 7")
    dev.dates("Date of the invoice", today())
    dev.attaches("The invoice itself", "invoice.pdf", PDF)
    dev.clicks("Send the invoice")
    dev.is_told_of_a_problem("The most that can be invoiced now is £3,050")
    dev.fills(label, "3,050")
    dev.attaches("The invoice itself", "invoice.pdf", PDF)
    dev.clicks("Send the invoice")
    dev.sees("Invoice WSU 7 is sent to NHS Northvale CCG")

    # The work is done: Olu ends the assignment, with the reason, and Dev no longer sees the practice.
    olu.clicks("Back to the assignment")
    olu.clicks("End the assignment")
    olu.clicks("End the assignment")
    olu.is_told_of_a_problem("Why does the assignment end?")
    olu.fills("Why does the assignment end?", "Everything is delivered.")
    olu.clicks("End the assignment")
    olu.sees("The assignment has ended.", "Everything is delivered.")
    dev.goes_home()
    dev.sees("No practice is in your care")
    assert again(dev_row).reach("view_practices").practices == set()
