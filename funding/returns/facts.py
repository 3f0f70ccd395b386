"""What a return says: every practice supported, the funding of each commissioner, the targets, and what is odd.

- A row is a practice of a referral, in one category of support and one category of spend. Funding allocated
  is what the decision granted: of a row with commitments what they promise, and in a row of its own what was
  granted and is not committed. Committed is all that was promised, paid or not; paid is net of what came back.
- What was paid before this service has a row for its practice, so that the rows sum to the funding.
All figures are pence, as they stand now.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils import timezone

from funding import ledger
from funding.bodies import below
from funding.case_studies import case_studies
from funding.models import Allocation, Commitment, Transfer
from funding.mou_status import in_mou, mou_status
from funding.reports.changes import Change, compare
from practices.models import Organisation
from resilience.core.words import money
from resilience.decisions.models import Decision
from resilience.programmes.models import Milestone, ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.states import CLOSED

NOT_COMMITTED = "Granted and not committed"
BEFORE = "Paid before this service"
_FIGURES = (
    ("allocated", "Funding allocated"),
    ("committed", "Committed"),
    ("paid", "Paid"),
    ("mou", "MoU"),
)


@dataclass(frozen=True)
class Row:
    referral: int | None
    reference: str
    practice_code: str
    practice: str
    commissioner: str
    support: str
    spend: str
    allocated: int
    committed: int
    paid: int
    mou: str
    mou_is_signed: bool
    not_in_mou: int = 0
    """Of what is committed: pence that the signed MoU does not name yet."""

    @property
    def key(self) -> Hashable:
        return (self.referral, self.practice_code, self.support, self.spend)

    @property
    def name(self) -> str:
        return ", ".join(filter(None, (self.reference, self.practice, self.support, self.spend)))


@dataclass(frozen=True)
class Funding:
    """The money of one commissioner in one category of spend."""

    commissioner: str
    spend: str
    allocated: int
    committed: int
    paid: int

    @property
    def uncommitted(self) -> int:
        return self.allocated - self.committed


@dataclass(frozen=True)
class Target:
    """A milestone that falls due at the same moment; ``is_met`` None where no figure here tells."""

    name: str
    measure: str
    target: int | None
    reached: int
    whole: int
    is_met: bool | None


@dataclass(frozen=True)
class Facts:
    year: str
    organisation: str
    milestone: str
    due_at: str
    rows: tuple[Row, ...] = ()
    funding: tuple[Funding, ...] = ()
    targets: tuple[Target, ...] = ()
    odd: tuple[str, ...] = field(default=())

    @property
    def practices(self) -> int:
        """How many practices have money granted."""
        return len({row.practice_code for row in self.rows})

    @property
    def sums(self) -> dict[str, int]:
        """Pence of all rows, by figure."""
        return {
            figure: sum(getattr(row, figure) for row in self.rows)
            for figure in ("allocated", "committed", "paid")
        }

    @property
    def funds(self) -> dict[str, int]:
        """Pence of all commissioners, by figure."""
        return {
            figure: sum(getattr(each, figure) for each in self.funding)
            for figure in ("allocated", "committed", "paid", "uncommitted")
        }

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(kept: dict[str, Any]) -> Facts:
    return Facts(
        **{
            **kept,
            "rows": tuple(Row(**row) for row in kept["rows"]),
            "funding": tuple(Funding(**each) for each in kept["funding"]),
            "targets": tuple(Target(**each) for each in kept["targets"]),
            "odd": tuple(kept["odd"]),
        }
    )


def facts_of(milestone: Milestone, organisation: Organisation) -> Facts:
    """The return of an organisation and all below it, as it would be made now.

    As many queries for many rows as for one.
    """
    year = milestone.year
    ids = below(organisation)
    allocations = list(
        Allocation.objects.filter(year=year, commissioner__in=ids).select_related("commissioner", "category")
    )
    figures = ledger.of_allocations(allocations)
    funding = tuple(
        Funding(
            each.commissioner.name,
            each.category.name if each.category else "",
            figures[each.pk].allocated,
            figures[each.pk].promised,
            figures[each.pk].paid,
        )
        for each in allocations
    )
    rows = _rows(year, ids, allocations)
    return Facts(
        str(year),
        organisation.name,
        milestone.name,
        timezone.localtime(milestone.due_at).isoformat(),
        rows,
        funding,
        _targets(milestone, organisation, rows, funding),
        _odd(rows, funding),
    )


def _rows(year: ProgrammeYear, ids: set[int], allocations: list[Allocation]) -> tuple[Row, ...]:
    there = {each.pk: each for each in allocations}
    figures = {
        key: each for key, each in ledger.of_commitments_in(allocations).items() if each.promised or each.paid
    }
    commitments = Commitment.objects.select_related("practice", "item", "referral").in_bulk(
        {commitment for _, commitment in figures}
    )
    granted = _granted(year, ids)
    status = mou_status({each.referral_id for each in commitments.values()} | set(granted))
    mous = in_mou({each.referral_id for each in commitments.values()})
    sums: dict[tuple[Any, ...], ledger.Figures] = defaultdict(ledger.Figures)
    unnamed: dict[tuple[Any, ...], int] = defaultdict(int)
    promised: dict[int, int] = defaultdict(int)
    for (allocation, pk), each in figures.items():
        commitment, found = commitments[pk], there[allocation]
        spend = found.category.name if found.category else ""
        key = (commitment.referral, commitment.practice, commitment.item.name, spend, found.commissioner.name)
        sums[key] += each
        mou = mous[commitment.referral_id]
        unnamed[key] += each.promised if mou.is_signed and pk not in mou.named else 0
        promised[commitment.referral_id] += each.promised
    rows = []
    for key, each in sums.items():
        case, practice, support, spend, name = key
        figures_of = (each.promised, each.promised, each.paid)
        rows.append(_row(case, practice, name, support, spend, *figures_of, status, unnamed[key]))
    for referral, amount in granted.values():
        if (left := amount - promised.get(referral.pk, 0)) > 0:
            lead, ccg = referral.lead_practice, referral.commissioner
            rows.append(_row(referral, lead, ccg.name if ccg else "", NOT_COMMITTED, "", left, 0, 0, status))
    rows += _paid_before(allocations)
    return tuple(
        sorted(rows, key=lambda row: (row.commissioner, row.practice, row.reference, row.support, row.spend))
    )


def _row(
    referral: Referral,
    practice: Any,
    commissioner: str,
    support: str,
    spend: str,
    allocated: int,
    committed: int,
    paid: int,
    status: dict[int, Any],
    not_in_mou: int = 0,
) -> Row:
    mou = status[referral.pk]
    return Row(
        referral.pk,
        referral.reference or "",
        practice.ods_code,
        practice.name,
        commissioner,
        support,
        spend,
        allocated,
        committed,
        paid,
        mou.words,
        mou.is_signed,
        not_in_mou,
    )


def _granted(year: ProgrammeYear, ids: set[int]) -> dict[int, tuple[Referral, int]]:
    """referral id → the referral and the pence that its decision granted."""
    decisions = Decision.objects.filter(
        outcome=Decision.Outcome.SUPPORTED, referral__year=year, referral__commissioner__in=ids
    ).exclude(referral__state__in=CLOSED)
    rows = decisions.select_related("referral__lead_practice", "referral__commissioner")
    return {each.referral_id: (each.referral, each.amount) for each in rows}


def _paid_before(allocations: list[Allocation]) -> list[Row]:
    transfers = Transfer.objects.filter(allocation__in=allocations, practice__isnull=False)
    sums = ledger.paid_net(
        transfers,
        "practice__ods_code",
        "practice__name",
        "allocation__commissioner__name",
        "allocation__category__name",
    )
    return [
        Row(None, "", code, name, commissioner, BEFORE, spend or "", pence, pence, pence, "", False)
        for (code, name, commissioner, spend), pence in sums.items()
        if pence
    ]


def agreed(rows: Iterable[Row]) -> tuple[int, int]:
    """MoUs signed, of the referrals that have money granted or committed: what "MoUs agreed" means everywhere."""
    referrals = {row.referral: row.mou_is_signed for row in rows if row.referral is not None}
    return sum(referrals.values()), len(referrals)


def agreed_by_commissioner(year: ProgrammeYear, ids: set[int]) -> dict[str, tuple[int, int]]:
    """The same for each of these commissioners that has any, by name. As many queries for many as for one."""
    allocations = list(
        Allocation.objects.filter(year=year, commissioner__in=ids).select_related("commissioner", "category")
    )
    of_one: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(year, ids, allocations):
        if row.referral is not None:
            of_one[row.commissioner].append(row)
    return {name: agreed(rows) for name, rows in of_one.items()}


def _targets(
    milestone: Milestone, organisation: Organisation, rows: tuple[Row, ...], funding: tuple[Funding, ...]
) -> tuple[Target, ...]:
    """Every milestone of the year that falls due when the return does."""
    measure = Milestone.Measure
    allocated = sum(each.allocated for each in funding)
    reached = {
        measure.COMMITTED: (sum(each.committed for each in funding), allocated),
        measure.SPENT: (sum(each.paid for each in funding), allocated),
        measure.AGREED: agreed(rows),
    }
    found = []
    for each in Milestone.objects.filter(year=milestone.year_id, due_at=milestone.due_at):
        part, whole = reached.get(measure(each.measure), (0, 0))
        told = each.measure in reached and each.target is not None
        is_met = bool(whole and part * 100 >= (each.target or 0) * whole) if told else None
        if (
            each.measure == measure.CASE_STUDIES
            and (published := case_studies(each, organisation)) is not None
        ):
            part, whole = published, each.target or 0
            is_met = part >= whole
        found.append(Target(each.name, each.measure, each.target, part, whole, is_met))
    return tuple(found)


def _odd(rows: tuple[Row, ...], funding: tuple[Funding, ...]) -> tuple[str, ...]:
    """What a reader of the return would ask about, a sentence each."""
    odd = []
    for row in rows:
        if row.referral is None:
            continue
        if row.support == NOT_COMMITTED:
            odd.append(
                f"{row.reference}, {row.practice}: {money(row.allocated)} is granted and not committed."
            )
        elif not row.mou_is_signed:
            odd.append(
                f"{row.name}: {money(row.committed)} is committed and the MoU is not signed ({row.mou})."
            )
        elif row.not_in_mou:
            odd.append(
                f"{row.name}: {money(row.not_in_mou)} is committed that the signed MoU does not name yet."
            )
    odd += [
        f"{each.commissioner}{f', {each.spend}' if each.spend else ''}: "
        f"{money(each.uncommitted)} of {money(each.allocated)} is not committed."
        for each in funding
        if each.uncommitted
    ]
    return tuple(odd)


def changes(before: Facts, after: Facts) -> list[Change]:
    """Rows of the practices and of the funding that were added, removed or changed between two returns."""
    names: dict[Hashable, str] = {}
    sides: list[dict[Hashable, dict[str, Any]]] = []
    for facts in (before, after):
        here: dict[Hashable, dict[str, Any]] = {}
        for row in facts.rows:
            here[row.key] = {name: getattr(row, name) for name, _ in _FIGURES}
            names.setdefault(row.key, row.name)
        for each in facts.funding:
            key = (each.commissioner, each.spend)
            here[key] = {name: getattr(each, name, None) for name, _ in _FIGURES}
            spend = f", {each.spend}" if each.spend else ""
            names.setdefault(key, f"Funding of {each.commissioner}{spend}")
        sides.append(here)
    return compare(sides[0], sides[1], names, _FIGURES)
