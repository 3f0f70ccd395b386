"""One pound's way: from the allocation to the practice's own statement, everyone in a browser."""

import csv
import io

import pytest

from resilience.core.calendar import today
from tests.journeys.conftest import PHONE
from tests.journeys.town import make_scheme

pytestmark = pytest.mark.django_db(transaction=True)

INVOICE = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def what_the_bank_says(export: bytes, *more: list[str]) -> bytes:
    """Each line of a payment run as paid today, then the rows of somebody else's payments."""
    lines = list(csv.DictReader(io.StringIO(export.decode("utf-8-sig"))))
    paid = [
        [each["Line reference"], each["Amount"], today().strftime("%d/%m/%Y"), f"BACS {number}"]
        for number, each in enumerate(lines, start=4411)
    ]
    told = io.StringIO()
    csv.writer(told).writerows([["Our reference", "Amount paid", "Date paid", "BACS ref"], *paid, *more])
    return told.getvalue().encode()


def test_a_pound_goes_from_the_allocation_to_the_practice(comes, town):
    scheme = make_scheme(town)
    reference = scheme.referral.reference
    fiona, grace = (comes(town.people[who]) for who in ("finance", "approver"))
    maya = comes(scheme.manager, **PHONE)

    # Fiona sets the allocation of the scheme, and commits what was granted.
    fiona.signs_in()
    fiona.clicks("Money")
    fiona.clicks(str(scheme.year))
    fiona.sees("No allocation is set yet")
    fiona.clicks("Set an allocation")
    fiona.page.get_by_label("CCG or local office").select_option(town.ccg.name)
    fiona.fills("Allocation in all", "ten thousand")
    fiona.fills("Why?", "Allocation letter of 3 July")
    fiona.clicks("Set the allocation")
    fiona.is_told_of_a_problem("Enter an amount")
    fiona.fills("Allocation in all", "£10,000")
    fiona.clicks("Set the allocation")
    fiona.sees("£10,000")
    fiona.searches_for(reference)
    fiona.clicks("Commit money")
    fiona.fills("Amount", "1,000.01")
    fiona.fills("What is it for?", "The health check")
    fiona.clicks("Commit this money")
    fiona.is_told_of_a_problem("£1,000.01 is more than the decision leaves to commit: £1,000.")
    fiona.fills("Amount", "1,000")
    fiona.clicks("Commit this money")
    fiona.sees("£1,000 is committed")

    # Nothing can be invoiced yet: Maya reads why, hands in the health check, and the stage opens.
    maya.signs_in()
    maya.clicks("Invoices")
    maya.clicks("Raise an invoice")
    maya.sees("Nothing can be invoiced yet", "when the evidence is handed in")
    maya.goes_home()
    maya.sees("It pays £1,000.")
    maya.page.get_by_role("link", name="Hand it in, or say that you do not take part").click()
    maya.finds_the_page_sound()
    maya.attaches("File (optional)", "health-check.pdf", INVOICE)
    maya.clicks("Hand in")
    maya.sees("In since")

    # She sends a photograph of her invoice; it may ask for no more than is payable.
    maya.clicks("Invoices")
    maya.clicks("Raise an invoice")
    maya.finds_the_page_sound()
    maya.fills("The health check", "1,200")
    maya.fills("Invoice number", "HS/104")
    maya.dates("Date of the invoice", today())
    maya.attaches("The invoice itself", "invoice.pdf", INVOICE)
    maya.clicks("Send the invoice")
    maya.is_told_of_a_problem("The most that can be invoiced now is £1,000")
    maya.fills("The health check", "1,000")
    maya.attaches("The invoice itself", "invoice.pdf", INVOICE)
    maya.clicks("Send the invoice")
    maya.sees("Invoice HS/104 is sent to NHS Northvale CCG")

    # It is above Fiona's limit: she approves first, and Grace confirms.
    fiona.goes_home()
    fiona.page.get_by_role("link", name="invoice to approve").click()
    fiona.clicks("HS/104")
    fiona.clicks("Approve £1,000")
    fiona.clicks("Approve £1,000")
    fiona.sees("A second person must approve it too: Grace Holt.")
    grace.signs_in()
    grace.page.get_by_role("link", name="invoice to approve").click()
    grace.clicks("HS/104")
    grace.clicks("Approve £1,000")
    grace.sees_the_heading("Approve this invoice")
    grace.clicks("Approve £1,000")
    grace.sees("Approved")

    # Fiona puts it in a payment run and exports the run for the finance system.
    fiona.goes_home()
    fiona.page.get_by_role("link", name="in no payment run").click()
    fiona.clicks("Make a payment run")
    fiona.sees("£1,000 in 1 payment")
    fiona.clicks("Make the payment run")
    fiona.clicks("Export for the finance system")
    export = fiona.downloads("CSV")

    # The bank's file comes back with a payment that is not ours: one is recorded, the other kept to be settled.
    fiona.clicks("Upload payments made")
    stray = ["R9999-001", "62.50", today().strftime("%d/%m/%Y"), "BACS 9"]
    fiona.attaches("File of payments", "paid.csv", what_the_bank_says(export, stray))
    fiona.clicks("Upload and check")
    fiona.sees("Unknown reference")
    fiona.clicks("Record 1 payment of £1,000")
    fiona.goes_home()
    fiona.page.get_by_role("link", name="payment not reconciled").click()
    fiona.clicks("R9999-001")
    fiona.fills("How was it settled?", "Room hire, paid from the office’s own budget")
    fiona.clicks("Settle this payment")
    fiona.sees("0 payments")
    fiona.clicks("Money")
    fiona.clicks(str(scheme.year))
    fiona.sees("£1,000 (10%)", "£9,000 (90%)")

    # Maya reads in her statement what she was promised and paid, and by which payment.
    maya.goes_home()
    maya.clicks("What Harbour Street Surgery was promised and paid")
    maya.finds_the_page_sound()
    for key, pounds in (("Promised", "£1,000"), ("Paid", "£1,000"), ("Still to come", "£0")):
        maya.sees_beside(key, pounds)
    maya.sees("BACS 4411")
    assert maya.downloads("PDF of this statement").startswith(b"%PDF-")
