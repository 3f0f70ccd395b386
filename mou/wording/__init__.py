"""The wording of the MoU: what a template may say, and the two wordings of our own.

Each line of a section is a numbered clause. A line may hold ``{fields}``, filled from the case; a line that
is one ``{block}`` and nothing else becomes a table or list; a line that begins with ``[case study]`` stands
only where the plan has a case study.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mou.wording.lines import BLOCKS, CASE_STUDY, line_of
from resilience.core.access import Denied
from resilience.programmes.letters import unknown_words
from resilience.programmes.models import ProgrammeYear

__all__ = ["BLOCKS", "CASE_STUDY", "FIELDS", "Wording", "check_wording", "publish", "standard"]

if TYPE_CHECKING:
    from mou.models import Template

FIELDS = {
    "practice_names": "every practice of the MoU, with its code",
    "practice_name": "the practice, or the one that leads the group",
    "commissioner_name": "the commissioner",
    "office_name": "the body that owns the programme",
    "programme_name": "the programme",
    "programme_year": "the year of the programme",
    "reference": "the reference of the referral",
    "categories": "the categories of support that money is committed to",
    "money_total": "all the money committed",
    "supplier_name": "the supplier that signs as operational partner",
    "notice_period": "the notice to end the MoU, such as “three months’”: {notice_period} notice",
    "notice_period_failure": "the notice where the practice failed to cooperate, such as “one month’s”",
    "exit_strategy": "the plan's exit strategy",
    "ends_on": "the date the plan ends",
    "practice_lead": "the practice lead's name",
    "operational_lead": "the operational lead's name",
    "strategic_lead": "the strategic lead's name",
}
"""Words in braces that any clause may use, and what each stands for."""


@dataclass(frozen=True)
class Wording:
    """A wording before it is published: headings with their clauses, a line each."""

    title: str
    plan_layout: str
    has_contributions: bool
    sections: tuple[tuple[str, str], ...]
    support_sources: str = ""
    has_supplier: bool = False
    notice_months: int = 3
    notice_months_failure: int | None = 1
    may_extend: bool = True


def check_wording(wording: Wording) -> None:
    """Raise Denied, naming the section, for a wording that could not be filled in or read."""
    if not wording.title.strip():
        raise Denied("Give the wording a title.")
    if not wording.sections:
        raise Denied("Write at least one section.")
    for number, (heading, clauses) in enumerate(wording.sections, start=1):
        where = f"Section {number}"
        if not heading.strip():
            raise Denied(f"{where} has no heading.")
        if not clauses.strip():
            raise Denied(f"{where} has no clauses. To leave it out, empty its heading too.")
        for line in clauses.splitlines():
            understood = line_of(line)
            if understood.block:
                continue
            if unknown := unknown_words(understood.text, tuple(FIELDS)):
                words = ", ".join(unknown)
                if unknown[0].strip("{}") in BLOCKS:
                    raise Denied(f"{where}: {words} must stand on a line of its own.")
                raise Denied(f"{where}: the service cannot fill in {words}. See the list of words it knows.")
    if not any("{signatories}" in clauses for _, clauses in wording.sections):
        raise Denied("Say where each side signs: a line with {signatories} alone.")


def standard(kind: str) -> Wording:
    """Our own wording: "national" or "local". Raises KeyError for any other."""
    from mou.wording import local, national

    return {"national": national.WORDING, "local": local.WORDING}[kind]


def publish(year: ProgrammeYear, kind: str, by: Any) -> "Template":
    """Publish our own wording, "national" or "local", for ``year``. Raises Denied, KeyError."""
    from mou.wording.actions import publish_wording  # the act stands on this module

    return publish_wording(by=by, year=year, wording=standard(kind))
