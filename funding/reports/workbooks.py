"""The workbooks finance asks for: ledger, commitments, payments, of one programme year, in the person's scope."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

from django.db.models import Q, QuerySet
from django.utils.text import slugify

from funding import ledger
from funding.models import Account, Allocation, Commitment, Kind, Transfer
from resilience.core import exports
from resilience.core.access import Denied
from resilience.core.calendar import today
from resilience.core.spreadsheets import Heading, Sheet, write_workbook
from resilience.core.words import moment
from resilience.programmes.models import ProgrammeYear

_CHUNK = 2000
_KINDS = dict(Kind.choices)
_ACCOUNTS = dict(Account.choices)
_ROUTES = dict(Commitment.Route.choices)
_MOVED = (Account.UNCOMMITTED, Account.COMMITTED, Account.PAYABLE, Account.PAID)
_PAYMENTS = (Kind.PAY, Kind.REVERSE, Kind.CLAW_BACK, Kind.PAID_BEFORE, Kind.RECOVERED_BEFORE)

Rows = Iterator[Sequence[Any]]


def _allocations(person: Any, year: ProgrammeYear) -> QuerySet[Allocation]:
    return Allocation.objects.visible_to(person).filter(year=year)


def _transfers(person: Any, year: ProgrammeYear) -> QuerySet[Transfer]:
    mine = _allocations(person, year)
    return (
        Transfer.objects.visible_to(person)
        .filter(Q(allocation__in=mine) | Q(to_allocation__in=mine))
        .order_by("id")
    )


def _payments(person: Any, year: ProgrammeYear) -> QuerySet[Transfer]:
    return _transfers(person, year).filter(kind__in=_PAYMENTS).order_by("happened_on", "id")


def _commitments(person: Any, year: ProgrammeYear) -> QuerySet[Commitment]:
    """Those that stand in the year, or stood there."""
    there = _transfers(person, year).filter(commitment__isnull=False).values("commitment")
    return Commitment.objects.visible_to(person).filter(pk__in=there).order_by("id")


LEDGER = [
    Heading("Entry", "number"),
    Heading("Made", "moment"),
    Heading("Happened on", "date"),
    Heading("Kind", width=22),
    Heading("Amount", "money"),
    Heading("From"),
    Heading("To"),
    *(Heading(f"{each.label} moved", "money", total=True, width=18) for each in _MOVED),
    Heading("CCG"),
    Heading("Category of spend"),
    Heading("To CCG"),
    Heading("To category of spend"),
    Heading("Practice code"),
    Heading("Practice"),
    Heading("Referral"),
    Heading("Commitment", "number"),
    Heading("Category of support"),
    Heading("Route"),
    Heading("Supplier"),
    Heading("Cost centre"),
    Heading("Payment stage"),
    Heading("Why", width=40),
    Heading("By"),
]
_LEDGER_FIELDS = (
    "pk", "made_at", "happened_on", "kind", "amount", "debit", "credit", "allocation", "to_allocation",
    "allocation__commissioner__name", "allocation__category__name", "to_allocation__commissioner__name",
    "to_allocation__category__name", "practice__ods_code", "practice__name", "commitment__practice__ods_code",
    "commitment__practice__name", "commitment__referral__reference", "commitment", "commitment__item__name",
    "commitment__route", "commitment__supplier__name", "commitment__cost_centre", "stage__name", "why",
    "made_by__name",
)  # fmt: skip


def _ledger_rows(person: Any, year: ProgrammeYear) -> Rows:
    """What each entry moved in each account of the year: the totals are where the money stands."""
    mine = set(_allocations(person, year).values_list("pk", flat=True))
    for row in _transfers(person, year).values_list(*_LEDGER_FIELDS).iterator(chunk_size=_CHUNK):
        (pk, made_at, happened_on, kind, amount, debit, credit, left, reached, ccg, spend, to_ccg, to_spend, code,
         name, commitment_code, commitment_name, *rest, route, supplier, cost_centre, stage, why, by) = row  # fmt: skip
        moved = [
            amount * ((credit == each and (reached or left) in mine) - (debit == each and left in mine))
            for each in _MOVED
        ]
        yield [
            pk, made_at, happened_on, _KINDS[kind], amount, _ACCOUNTS[debit], _ACCOUNTS[credit], *moved, ccg, spend,
            to_ccg, to_spend, commitment_code or code, commitment_name or name, *rest, _ROUTES.get(route), supplier,
            cost_centre, stage, why, by or "The service",
        ]  # fmt: skip


COMMITMENTS = [
    Heading("Commitment", "number"),
    Heading("Referral"),
    Heading("Practice code"),
    Heading("Practice"),
    Heading("CCG"),
    Heading("Category of spend"),
    Heading("Category of support", width=40),
    Heading("Purpose", width=40),
    Heading("Route"),
    Heading("Supplier"),
    Heading("Cost centre"),
    Heading("Promised in all", "money", total=True, width=18),
    Heading("Committed, not payable", "money", total=True, width=18),
    Heading("Payable, not paid", "money", total=True, width=18),
    Heading("Paid", "money", total=True, width=18),
    Heading("Committed on", "date"),
    Heading("Committed by"),
]


def _commitment_rows(person: Any, year: ProgrammeYear) -> Rows:
    """A row for each allocation in which a commitment stands or stood, by the money that is there."""
    allocations = {
        each.pk: each for each in _allocations(person, year).select_related("commissioner", "category")
    }
    figures = ledger.of_commitments_in(allocations.values())
    places: dict[int, list[int]] = {}
    for allocation, commitment in figures:
        places.setdefault(commitment, []).append(allocation)
    rows = _commitments(person, year).select_related(
        "referral", "practice", "item", "supplier", "committed_by"
    )
    for each in rows.iterator(chunk_size=_CHUNK):
        for place in places.get(each.pk, []):
            found, there = figures[place, each.pk], allocations[place]
            yield [
                each.pk, each.referral.reference, each.practice.ods_code, each.practice.name, there.commissioner.name,
                there.category and there.category.name, each.item.name, each.purpose, each.get_route_display(),
                each.supplier and each.supplier.name, each.cost_centre, found.promised, found.committed,
                found.payable, found.paid, each.committed_at, each.committed_by.name,
            ]  # fmt: skip


PAYMENTS = [
    Heading("Entry", "number"),
    Heading("Paid on", "date"),
    Heading("Reference or reason", width=40),
    Heading("Kind", width=26),
    Heading("Paid, less what came back", "money", total=True, width=20),
    Heading("Payee"),
    Heading("Practice code"),
    Heading("Practice"),
    Heading("Route"),
    Heading("CCG"),
    Heading("Category of spend"),
    Heading("Category of support"),
    Heading("Referral"),
    Heading("Commitment", "number"),
    Heading("Cost centre"),
    Heading("Payment stage"),
    Heading("Recorded", "moment"),
    Heading("Recorded by"),
]
_PAYMENT_FIELDS = (
    "pk", "happened_on", "why", "kind", "amount", "credit", "commitment__supplier__name", "practice__ods_code",
    "practice__name", "commitment__practice__ods_code", "commitment__practice__name", "commitment__route",
    "allocation__commissioner__name", "allocation__category__name", "commitment__item__name",
    "commitment__referral__reference", "commitment", "commitment__cost_centre", "stage__name", "made_at",
    "made_by__name",
)  # fmt: skip


def _payment_rows(person: Any, year: ProgrammeYear) -> Rows:
    for row in _payments(person, year).values_list(*_PAYMENT_FIELDS).iterator(chunk_size=_CHUNK):
        (pk, day, why, kind, amount, credit, supplier, code, name, commitment_code, commitment_name, route, *rest,
         by) = row  # fmt: skip
        code, name = commitment_code or code, commitment_name or name
        paid = amount if credit == Account.PAID else -amount
        yield [pk, day, why, _KINDS[kind], paid, supplier or name, code, name, _ROUTES.get(route), *rest,
               by or "The service"]  # fmt: skip


Counted = Callable[[Any, ProgrammeYear], QuerySet]
WORKBOOKS: dict[str, tuple[str, str, list[Heading], Callable[[Any, ProgrammeYear], Rows], Counted]] = {
    "ledger": (
        "Ledger",
        "Every entry, with what it moved in each account: the totals are where the money stands.",
        LEDGER,
        _ledger_rows,
        _transfers,
    ),
    "commitments": (
        "Commitments",
        "Every commitment with what is promised, payable and paid of it.",
        COMMITMENTS,
        _commitment_rows,
        _commitments,
    ),
    "payments": (
        "Payments",
        "Every payment and what came back, with its date, reference and payee.",
        PAYMENTS,
        _payment_rows,
        _payments,
    ),
}
"""By name: the title, what it holds, its columns, its rows, and the rows to count."""

AT_ONCE = 5_000
"""Up to so many rows a workbook is made while the person waits; a larger one in the background."""


def size_of(name: str, person: Any, year: ProgrammeYear) -> int:
    """About how many rows it has."""
    return WORKBOOKS[name][4](person, year).count()


def _told(rows: Rows, progress: Callable[[int, int], None], total: int) -> Rows:
    for done, row in enumerate(rows, 1):
        if done % _CHUNK == 0:
            progress(done, max(total, done))
        yield row


@exports.maker
def workbook(
    person: Any, arguments: dict[str, Any], progress: Callable[[int, int], None], output: IO[bytes]
) -> tuple[str, str]:
    """One of ``WORKBOOKS`` (``arguments``: its "name" and the "year") as .xlsx, of what the person may see."""
    year = ProgrammeYear.objects.select_related("programme").get(pk=arguments["year"])
    name = arguments["name"]
    if not _allocations(person, year).exists():
        raise Denied(f"There is no money of {year} in your scope.")
    title, about, headings, rows_of, _ = WORKBOOKS[name]
    rows: Iterable[Sequence[Any]] = _told(rows_of(person, year), progress, size_of(name, person, year))
    now = dt.datetime.now(dt.UTC)
    sheet = Sheet(title, headings, rows, title=f"{title}: {year}", notes=[f"{about} Made {moment(now)}."])
    write_workbook(output, [sheet], made_at=now)
    return f"{slugify(f'{name} {year}')}-{today():%Y-%m-%d}.xlsx", exports.XLSX
