"""The drawdown table (domain 3.2): what each CCG's practices handed in and drew, stage by stage, and what is left."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from funding import ledger
from funding.filters import NONE
from funding.ledger import Figures, Part
from funding.models import Allocation, EvidenceEntry, StageOpening
from funding.stages.evidence import ASKED
from funding.standing.addresses import linked
from funding.standing.tables import Cell, Line, Table
from practices.finder import IS_OPEN
from practices.models import Practice
from resilience.core.spreadsheets import Heading
from resilience.programmes.models import PaymentStage, ProgrammeYear

NOTES = (
    "Drawn is what became payable, whether it is paid yet or not. "
    "The money of the stages, what is drawn without a stage, what is committed and what is uncommitted "
    "add up to the budget.",
)


@dataclass
class Practices:
    """Who is asked, and who handed in what, as sets of practices by commissioner and by (commissioner, stage)."""

    asked: dict[int, set[int]]
    handed_in: dict[tuple[int, int], set[int]]


def practices_of(stages: list[PaymentStage], commissioners: set[int]) -> Practices:
    """The open practices of these commissioners and others of theirs that answered; in as they are in the list
    of a stage: handed in, or their plan agreed.
    """
    found = Practices(defaultdict(set), defaultdict(set))
    here = Practice.objects.filter(commissioner__in=commissioners)
    for practice, ccg in here.filter(IS_OPEN).values_list("pk", "commissioner"):
        found.asked[ccg].add(practice)
    answered = EvidenceEntry.objects.filter(stage__in=stages, practice__in=here).order_by()
    for practice, ccg, stage, kind in answered.values_list(
        "practice", "practice__commissioner", "stage", "kind"
    ):
        found.asked[ccg].add(practice)
        if kind == EvidenceEntry.Kind.HANDED_IN:
            found.handed_in[ccg, stage].add(practice)
    agreed = StageOpening.objects.filter(stage__in=stages, referral__practices__practice__in=here).order_by()
    place = "referral__practices__practice"
    for practice, ccg, stage in agreed.values_list(place, f"{place}__commissioner", "stage"):
        if practice in found.asked[ccg]:
            found.handed_in[ccg, stage].add(practice)
    return found


def drawdown(year: ProgrammeYear, allocations: list[Allocation]) -> Table:
    """A line per CCG and the total. As many queries for any number of entries."""
    commissioner = {each.pk: each.commissioner_id for each in allocations}
    names = {each.commissioner_id: each.commissioner.name for each in allocations}
    drawn: dict[tuple[int, Any], Figures] = defaultdict(Figures)
    whole: dict[int, Figures] = defaultdict(Figures)
    for (allocation, stage), figures in ledger.spread(allocations, "allocation", "stage").items():
        drawn[commissioner[allocation], stage] += figures
        whole[commissioner[allocation]] += figures
    stages = _stages(year, {stage for _, stage in drawn if stage})
    asked = [stage for stage in stages if stage.opens in ASKED and stage.year_id == year.pk]
    without = any(figures.drawn for (_, stage), figures in drawn.items() if stage is None)
    columns = [*stages, None] if without else stages
    practices = practices_of(asked, set(names))

    def line(label: str, ccgs: list[int], **query: Any) -> Line:
        figures = ledger.total(whole[ccg] for ccg in ccgs)
        out_of = Cell(sum(len(practices.asked[ccg]) for ccg in ccgs))
        came_in = [Cell(sum(len(practices.handed_in[ccg, stage.pk]) for ccg in ccgs)) for stage in asked]
        of_stages = []
        for stage in columns:
            pk = stage.pk if stage else None
            found = [drawn[ccg, pk] for ccg in ccgs if (ccg, pk) in drawn]
            summed = ledger.total(found) if found else None
            of_stages.append(linked(Part.DRAWN, summed, **query, stage=pk or NONE))
        rest = [linked(part, figures, **query) for part in (Part.COMMITTED, Part.UNCOMMITTED, Part.ALLOCATED)]
        return Line(label, [out_of, *came_in, *of_stages, *rest])

    order = sorted(names, key=lambda pk: (names[pk], pk))
    lines = [line(names[pk], [pk], year=year.pk, commissioner=pk) for pk in order]
    headings = [
        Heading("CCG"),
        Heading("Practices", "number"),
        *(Heading(f"{stage.name}: in", "number") for stage in asked),
        *(Heading(f"{_name(stage, year)}: drawn", "money") for stage in columns),
        Heading("Committed, not drawn", "money"),
        Heading("Uncommitted", "money"),
        Heading("Budget", "money"),
    ]
    return Table(
        f"Drawdown of {year}", _told_apart(headings), lines, [line("Total", order, year=year.pk)], NOTES
    )


def _stages(year: ProgrammeYear, drawn: set[int]) -> list[PaymentStage]:
    """The year's stages, and those of another year under which carried money was drawn."""
    rows = PaymentStage.objects.filter(Q(year=year) | Q(pk__in=drawn)).select_related("year__programme")
    return list(rows.order_by("-year__starts_on", "year", "position"))


def _name(stage: PaymentStage | None, year: ProgrammeYear) -> str:
    if stage is None:
        return "No stage"
    return stage.name if stage.year_id == year.pk else f"{stage.name} ({stage.year})"


def _told_apart(headings: list[Heading]) -> list[Heading]:
    """No two columns share a label: stages of one name are numbered."""
    seen: dict[str, int] = defaultdict(int)
    found = []
    for heading in headings:
        seen[heading.label.casefold()] += 1
        times = seen[heading.label.casefold()]
        found.append(Heading(f"{heading.label} ({times})", heading.kind) if times > 1 else heading)
    return found
