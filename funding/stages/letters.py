"""What practices read about a stage: that it is in, and that it is still expected."""

from django.urls import reverse

from funding.models import EvidenceEntry
from funding.stages.evidence import addresses_of
from funding.stages.ways import way_of
from practices.models import Practice
from resilience.core import outbox
from resilience.core.access import P, allows
from resilience.core.words import day, money
from resilience.programmes.letters import fill
from resilience.programmes.models import PaymentStage, ProgrammeYear

CHASE_SUBJECT = "{stage} of {practice}: please hand it in"
CHASE_BODY = """Dear colleague

We have not had this from {practice} yet: {stage}.
{deadline}
Hand it in, or tell us that you do not wish to take part, here:
{link}

If something keeps you from it, reply to this email or ask:

{programme_contact}
"""
CHASE_WORDS = {
    "practice": "The name of the practice",
    "stage": "What is asked for",
    "deadline": "A sentence with the deadline, where there is one",
    "link": "The page where it is handed in",
    "programme_contact": "Name, email and telephone of the year’s contact",
}
"""Words that may stand in curly brackets in the text of a chase, and what they become."""


def contact_of(year: ProgrammeYear) -> str:
    """The year's contact, a line each."""
    return "\n".join(filter(None, (year.contact_name, year.contact_email, year.contact_phone)))


def page_of(stage: PaymentStage, practice: Practice) -> str:
    """The full address of the page where the practice hands it in, or says that it does not take part."""
    if way := way_of(stage.pk):
        return outbox.link(way.href(practice))
    kwargs = {"stage": stage.pk, "ods_code": practice.ods_code}
    return outbox.link(reverse("funding:practice_evidence", kwargs=kwargs))


def filled(text: str, stage: PaymentStage, practice: Practice) -> str:
    """The text of a chase as this practice reads it."""
    deadline = f"The deadline is {day(stage.due_on)}.\n" if stage.due_on else ""
    return fill(
        text,
        {
            "practice": practice.name,
            "stage": stage.name,
            "deadline": deadline,
            "link": page_of(stage, practice),
            "programme_contact": contact_of(stage.year),
        },
    )


def chase(stage: PaymentStage, practice: Practice, subject: str, body: str) -> list[str]:
    """Write to the practice; answers the addresses."""
    to = addresses_of(stage, practice)
    outbox.queue(
        to=to, subject=filled(subject, stage, practice), body=filled(body, stage, practice), about=practice
    )
    return to


def answered(entry: EvidenceEntry) -> None:
    """Confirm to the practice what is on record now."""
    stage, practice = entry.stage, entry.practice
    said = {
        EvidenceEntry.Kind.HANDED_IN: f"We have this from {practice.name}, thank you: {stage.name}.",
        EvidenceEntry.Kind.DECLINED: f"{practice.name} does not wish to take part: {stage.name}. "
        "If that changes, you can still hand it in on the same page.",
        EvidenceEntry.Kind.TAKEN_BACK: f"{practice.name} takes part after all: {stage.name}. Hand it in here.",
    }[EvidenceEntry.Kind(entry.kind)]
    worth = f" It pays {money(stage.amount)}." if stage.amount and entry.kind == "handed_in" else ""
    if not allows(entry.made_by, P.REFER, practice):
        worth += f"\n\n{entry.made_by.name} recorded this for you. If it is not right, tell us."
    to = addresses_of(stage, practice)
    if not to:
        return
    outbox.queue(
        to=to,
        subject=f"{stage.name} of {practice.name}: {entry.get_kind_display().lower()}",
        body=f"Dear colleague\n\n{said}{worth}\n\n{page_of(stage, practice)}\n\n{contact_of(stage.year)}\n",
        about=practice,
    )
