"""Longer stretches of a journey that more than one of them walks. Every one happens in the browser."""

import datetime as dt

from resilience.core.calendar import today
from tests.journeys.people import Someone
from tests.journeys.town import Town

ISSUES = "Two of our four GPs have left and we cannot fill the posts.\nPatients wait three weeks."
WANTED = "Help to recruit, and a practice manager for a while."
SOON = today() + dt.timedelta(days=60)
LATER = today() + dt.timedelta(days=150)


def answers_about_support(maya: Someone, *categories: str) -> None:
    maya.chooses("Yes", of="support this request?")
    for category in categories:
        maya.ticks(category)
    maya.chooses("No", of="RCGP peer support")
    maya.chooses("No", of="Vulnerable Practice Programme")
    maya.chooses("No", of="support from this programme before")
    maya.clicks("Save and continue")


def assesses_every_criterion(olu: Someone) -> None:
    """All 16: concern on workforce, none elsewhere."""
    for number in range(1, 17):
        row = olu.page.locator(".app-criterion").nth(number - 1)
        row.get_by_label("High concern" if number == 5 else "No concern").check()
        olu.fills(f"Evidence for criterion {number}", f"What we know of criterion {number}.")
        olu.fills(f"Source for criterion {number}", "Local knowledge")


def decides_to_support(grace: Someone, reference: str, pounds: str) -> None:
    grace.searches_for(reference)
    grace.clicks("Decide")
    grace.sees("Two of our four GPs have left", "Free to grant: £20,000")
    grace.chooses("Supported")
    grace.fills("Up to how much?", pounds)
    grace.fills("Reason", "The need is clear, and support will last.")
    grace.clicks("Go on to the letter")
    grace.sees_the_heading("Check the decision and its letter")
    grace.clicks("Decide and send the letter")
    grace.sees("The decision is on record")


def commits(fiona: Someone, reference: str, pounds: str, category: str = "") -> None:
    """``category``: which of those granted, where there are several."""
    fiona.searches_for(reference)
    fiona.clicks("Commit money")
    if category:
        fiona.chooses(category)
    fiona.fills("Amount", pounds)
    fiona.fills("What is it for?", "Recruitment advice")
    fiona.clicks("Commit this money")
    fiona.sees(f"£{pounds} is committed")


def drafts_the_plan(olu: Someone, town: Town, reference: str) -> None:
    """Objectives, an action, a service, contributions, leads, and how it ends."""
    olu.searches_for(reference)
    olu.turns_to("Plan")
    olu.clicks("Start the plan")
    olu.clicks("Add an objective")
    olu.chooses("Securing operational stability")
    olu.fills("Objective", "Two salaried GPs recruited")
    olu.fills("How will we know that it is achieved?", "Both contracts are signed")
    olu.dates("When will it be achieved?", SOON)
    olu.clicks("Save the objective")
    olu.clicks("Add an action")
    for label, words in {
        "Deliverable": "A recruitment plan",
        "Action": "Write it and advertise",
        "Owner": "Maya Ellis",
        "Resources (optional)": "Two days a week",
        "Outcomes": "Both posts filled",
        "Monitoring (optional)": "A call each month",
    }.items():
        olu.fills(label, words)
    olu.dates("Completion date", SOON)
    olu.clicks("Save the action")
    olu.clicks("Add a support service")
    olu.fills("Support service", "Recruitment advice")
    olu.fills("Who provides it?", "The federation")
    olu.clicks("Save the support service")
    for theme in town.year.menu.filter(is_contribution_theme=True):
        olu.clicks(f"Change {theme.name}")
        olu.ticks("This theme does not apply")
        olu.clicks("Save the contributions")
    olu.clicks("Change Leads")
    for lead, name in (
        ("Practice lead", "Maya Ellis"),
        ("Operational lead", olu.name),
        ("Strategic lead", "Grace Holt"),
    ):
        olu.fills(f"{lead}’s name", name)
        olu.fills(f"{lead}’s email address", f"{name.split()[0].lower()}@example.nhs.uk")
    olu.clicks("Save the leads")
    olu.clicks("Change Exit strategy and end date")
    olu.fills("Exit strategy", "The new GPs carry on; no money is needed after that.")
    olu.dates("When does the plan end?", LATER)
    olu.clicks("Save")


def signs(someone: Someone, role: str, what: str = "the Memorandum of Understanding") -> None:
    """From the signing page on: read, confirm, type the name."""
    someone.sees("Sign it")
    someone.fills("Your role", role)
    someone.page.get_by_role("checkbox").check()
    someone.fills("Your name", someone.name)
    someone.clicks(f"Sign {what}")
    someone.sees_the_heading("You have signed")
