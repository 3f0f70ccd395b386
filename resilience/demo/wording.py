"""The wordings of the demonstration beside those in use: three parties, and a draft that is being written."""

from dataclasses import replace

from mou import wording
from mou.wording.actions import start_draft
from mou.wording.words import SectionText
from resilience.demo.people import People
from resilience.programmes.models import ProgrammeYear

_REPORTING = """[optional peer visits, in] A colleague of another practice visits once, and both record what they learn.
[note: say on which day of the month the practice lead and the operational lead speak]"""


def tell_wording(people: People, years: dict[str, ProgrammeYear]) -> None:
    """The national year has a form for a supplier that co-signs, and a draft of its next version for two parties."""
    year = years["national"]
    wording.publish(year, "national-three", people.admin)
    national = wording.standard("national")
    sections = tuple(
        SectionText(each.heading, f"{each.clauses}\n{_REPORTING}", each.name)
        if each.name == "reporting"
        else each
        for each in national.sections
    )
    start_draft(by=people.admin, year=year, wording=replace(national, sections=sections), source="national")
