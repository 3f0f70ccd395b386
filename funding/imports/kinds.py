"""The kinds of file that finance brings: what each needs, and what it does."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from funding import actions, ledger, rules
from funding.imports.plan import Line, Reading, Wrong
from funding.models import Allocation, BudgetLine, BudgetMonth, Commitment, Kind, MoneyImport, months_of
from funding.reports.actions import set_budget
from funding.transfers import transfer_all
from practices.models import Practice
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.core.uploaded import Row, Table, Wanted
from resilience.core.words import day, money
from resilience.programmes.models import ProgrammeYear

_CCG = Wanted(
    "CCG",
    names=("commissioner", "CCG code", "CCG name", "organisation", "organisation code", "commissioner code"),
    required=True,
    filled=True,
)
_CATEGORY = Wanted("category of spend", names=("spend category",))


def _plain(words: Any) -> str:
    return " ".join(str(words or "").split()).casefold()


class _Found:
    """Rows looked up by what people write of them; each that is not found is a ``Wrong`` in words."""

    def __init__(self) -> None:
        self.wrong: list[Wrong] = []

    def say(self, row: Row, column: str, words: str) -> None:
        typed = row.values.get(column)
        self.wrong.append(Wrong(row.number, column, "" if typed is None else str(typed), words))

    def one(self, row: Row, column: str, things: dict[str, Any], among: str) -> Any:
        """The thing that a column names; None, and said, when it names none. ``among`` says of what."""
        if row[column] is None:
            return None
        found = things.get(_plain(row[column]))
        if found is None:
            self.say(row, column, f"“{row[column]}” is not {among}.")
        return found


def _commissioners(user: Any, year: ProgrammeYear) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for each in rules.commissioners_of(user, year):
        named[_plain(each.code)] = named[_plain(each.name)] = each
    return named


def _categories(year: ProgrammeYear) -> dict[str, Any]:
    return {_plain(each.name): each for each in year.spend_categories.all()}


def _key(money_import: MoneyImport, line: Line) -> str:
    return f"import-{money_import.pk}-{line.row}"


def _why(money_import: MoneyImport) -> str:
    return f"Imported from {money_import.file.name}"[:300]


@contextmanager
def _said_of(line: Line) -> Iterator[None]:
    """A refusal names the row it is about."""
    try:
        yield
    except Denied as denied:
        raise Denied(f"Row {line.row}: {denied}") from denied


# --- allocations -------------------------------------------------------------------------------


def _allocation_columns(year: ProgrammeYear) -> list[Wanted]:
    amount = Wanted(
        "allocation",
        "money",
        names=("amount", "allocated", "funding allocated", "allocation in all", "total allocation"),
        required=True,
        filled=True,
    )
    return [_CCG, _CATEGORY, amount]


def _compare_allocations(table: Table, user: Any, year: ProgrammeYear) -> tuple[list[Line], list[Wrong], int]:
    found = _Found()
    commissioners, categories = _commissioners(user, year), _categories(year)
    there = {
        (each.commissioner_id, each.category_id): each
        for each in Allocation.objects.visible_to(user, P.SET_ALLOCATIONS).filter(year=year)
    }
    figures = ledger.of_allocations(there.values())
    lines: list[Line] = []
    seen: dict[Any, int] = {}
    same = 0
    for row in table.rows:
        commissioner = found.one(
            row, "CCG", commissioners, f"a CCG or office whose allocation you may set in {year}"
        )
        category = found.one(row, "category of spend", categories, f"a category of spend of {year}")
        if commissioner is None or row["allocation"] is None:
            continue
        if categories and row["category of spend"] is None:
            found.say(row, "category of spend", f"Say which category of spend: {year} has them.")
        if (categories and category is None) or (row["category of spend"] and category is None):
            continue
        place = (commissioner.pk, category.pk if category else None)
        if place in seen:
            found.say(row, "CCG", f"This allocation stands in row {seen[place]} already: leave one of them.")
            continue
        seen[place] = row.number
        now = figures[there[place].pk] if place in there else ledger.Figures()
        if row["allocation"] < now.promised:
            found.say(
                row, "allocation", f"{money(now.promised)} is promised already: it cannot be less than that."
            )
        elif row["allocation"] == now.allocated:
            same += 1
        else:
            name = f"{commissioner.name}: {category.name}" if category else commissioner.name
            lines.append(Line(row.number, name, now.allocated, row["allocation"], (commissioner, category)))
    return lines, found.wrong, same


def _write_allocations(by: Any, money_import: MoneyImport, lines: list[Line]) -> None:
    for line in lines:
        commissioner, category = line.to
        with _said_of(line):
            actions.set_allocation(
                by=by,
                year=money_import.year,
                commissioner=commissioner,
                category=category,
                amount=line.after,
                why=_why(money_import),
                key=_key(money_import, line),
            )


# --- budgets -----------------------------------------------------------------------------------


def _budget_columns(year: ProgrammeYear) -> list[Wanted]:
    months = months_of(year)
    names = [f"{month:%B}" for month in months]
    columns = [
        _CCG,
        Wanted("budget line", names=("line", "description"), required=True, filled=True),
        Wanted("group", names=("heading", "section"), required=True, filled=True),
        Wanted("budget", "money", names=("annual budget", "year budget", "budget for the year")),
        Wanted("category of support", names=("menu category", "menu theme", "support")),
        _CATEGORY,
        Wanted("route"),
    ]
    for month in months:
        other = [f"{month:%b %Y}", f"{month:%b-%y}", f"{month:%b %y}", f"{month:%Y-%m}"]
        if names.count(f"{month:%B}") == 1:
            other += [f"{month:%B}", f"{month:%b}"]
        columns.append(Wanted(f"{month:%B %Y}", "money", names=tuple(other)))
    return columns


def _compare_budgets(table: Table, user: Any, year: ProgrammeYear) -> tuple[list[Line], list[Wrong], int]:
    found = _Found()
    commissioners, categories = _commissioners(user, year), _categories(year)
    items = {_plain(each.name): each for each in year.menu.all()}
    routes = {_plain(label): value for value, label in Commitment.Route.choices}
    months = [f"{month:%B %Y}" for month in months_of(year)]
    now = _budgets_now(user, year)
    lines: list[Line] = []
    seen: dict[Any, int] = {}
    same = 0
    for row in table.rows:
        commissioner = found.one(
            row, "CCG", commissioners, f"a CCG or office whose budget you may set in {year}"
        )
        stands_for = {
            "item": found.one(row, "category of support", items, f"on the menu of {year}"),
            "category": found.one(row, "category of spend", categories, f"a category of spend of {year}"),
            "route": found.one(row, "route", routes, "a route of money"),
        }
        pence = _pence_of(row, months, found)
        if commissioner is None or pence is None or not row["budget line"] or not row["group"]:
            continue
        place = (commissioner.pk, row["group"], row["budget line"])
        if place in seen:
            found.say(
                row, "budget line", f"This line stands in row {seen[place]} already: leave one of them."
            )
            continue
        seen[place] = row.number
        total = pence if isinstance(pence, int) else sum(pence)
        before = now.get(place)
        if before is not None and (before if isinstance(pence, list) else sum(before)) == pence:
            same += 1
            continue
        name = " – ".join(filter(None, (commissioner.name, row["group"], row["budget line"])))
        to = {
            "commissioner": commissioner,
            "group": row["group"],
            "name": row["budget line"],
            "pence": pence,
            **stands_for,
            "route": stands_for["route"] or "",
        }
        lines.append(Line(row.number, name, sum(before or []), total, to))
    return lines, found.wrong, same


def _pence_of(row: Row, months: list[str], found: _Found) -> int | list[int] | None:
    """The year's budget, or an amount for each month where the row has them."""
    each = [row[month] for month in months]
    if all(pence is None for pence in each):
        if row["budget"] is None:
            found.say(row, "budget", "Give the budget of the year, or an amount for each month.")
        return row["budget"]
    amounts = [pence or 0 for pence in each]
    if row["budget"] is not None and sum(amounts) != row["budget"]:
        found.say(
            row, "budget", f"The months add up to {money(sum(amounts))}, not to {money(row['budget'])}."
        )
        return None
    return amounts


def _budgets_now(user: Any, year: ProgrammeYear) -> dict[Any, list[int]]:
    """Pence by month of each line as it is set now, by (commissioner, group, name)."""
    found: dict[Any, list[int]] = {}
    lines = BudgetLine.objects.visible_to(user).filter(year=year)
    places = {each.pk: (each.commissioner_id, each.group, each.name) for each in lines}
    latest: dict[int, int] = {}
    amounts: dict[int, list[int]] = defaultdict(list)
    rows = BudgetMonth.objects.filter(revision__line__in=places).order_by("revision_id", "month")
    for line, revision, pence in rows.values_list("revision__line_id", "revision_id", "pence"):
        latest[line] = revision
        amounts[revision].append(pence)
    for line, revision in latest.items():
        found[places[line]] = amounts[revision]
    return found


def _write_budgets(by: Any, money_import: MoneyImport, lines: list[Line]) -> None:
    for line in lines:
        with _said_of(line):
            set_budget(
                by=by,
                year=money_import.year,
                why=_why(money_import),
                key=_key(money_import, line),
                **line.to,
            )


# --- payments made before this service ---------------------------------------------------------


def _payment_columns(year: ProgrammeYear) -> list[Wanted]:
    return [
        Wanted(
            "practice code",
            names=("ODS code", "practice", "organisation code", "GP practice code"),
            required=True,
            filled=True,
        ),
        Wanted(
            "paid",
            "money",
            names=(
                "amount", "amount paid", "payment", "paid so far", "opening balance",
                "General Practice Forward View", "GP Forward View",
            ),
            required=True,
        ),
        Wanted("paid on", "date", names=("date paid", "payment date", "date")),
        Wanted("reference", names=("payment reference",)),
        _CATEGORY,
    ]  # fmt: skip


def _compare_payments(table: Table, user: Any, year: ProgrammeYear) -> tuple[list[Line], list[Wrong], int]:
    found = _Found()
    categories = _categories(year)
    practices = {
        each.ods_code.casefold(): each
        for each in Practice.objects.visible_to(user, P.SET_ALLOCATIONS).select_related("commissioner")
    }
    allocations = {
        (each.commissioner_id, each.category_id): each
        for each in Allocation.objects.visible_to(user, P.SET_ALLOCATIONS)
        .filter(year=year)
        .select_related("commissioner", "category", "year__programme")
    }
    lines: list[Line] = []
    for row in table.rows:
        practice = found.one(
            row, "practice code", practices, "the code of a practice whose money you look after"
        )
        category = found.one(row, "category of spend", categories, f"a category of spend of {year}")
        if practice is None or (row["category of spend"] and category is None):
            continue
        if categories and category is None:
            found.say(row, "category of spend", f"Say which category of spend: {year} has them.")
            continue
        allocation = allocations.get((practice.commissioner_id, category.pk if category else None))
        if allocation is None:
            found.say(
                row, "practice code", f"{practice.commissioner} has no allocation in {year}: set it first."
            )
        elif row["paid on"] and row["paid on"] > today():
            found.say(row, "paid on", f"{day(row['paid on'])} is still to come.")
        elif row["paid"]:
            lines.append(
                Line(
                    row.number,
                    " ".join(filter(None, (practice.ods_code, practice.name, row["reference"]))),
                    0,
                    row["paid"],
                    (practice, allocation, row["paid on"], row["reference"]),
                )
            )
    return lines, found.wrong + _over(lines), 0


def _over(lines: list[Line]) -> list[Wrong]:
    """Allocations that the payments together would overdraw, said at the last row of each."""
    taken: dict[Any, int] = defaultdict(int)
    last: dict[Any, int] = {}
    for line in lines:
        taken[line.to[1]] += line.after
        last[line.to[1]] = line.row
    left = ledger.of_allocations(taken)
    return [
        Wrong(
            last[allocation],
            "paid",
            money(pence),
            f"The payments of {allocation.name} come to {money(pence)}, "
            f"and {money(left[allocation.pk].uncommitted)} of its allocation is uncommitted.",
        )
        for allocation, pence in taken.items()
        if pence > left[allocation.pk].uncommitted
    ]


def _write_payments(by: Any, money_import: MoneyImport, lines: list[Line]) -> None:
    """Each a transfer of its own. Without a day of its own it counts on the first of the programme year."""
    first = min(money_import.year.starts_on, today())
    transfer_all(
        {
            "kind": Kind.PAID_BEFORE if line.after > 0 else Kind.RECOVERED_BEFORE,
            "allocation": allocation,
            "amount": abs(line.after),
            "practice": practice,
            "happened_on": paid_on or first,
            "by": by,
            "why": reference or _why(money_import),
            "key": _key(money_import, line),
        }
        for line in lines
        for practice, allocation, paid_on, reference in [line.to]
    )


READINGS: dict[str, Reading] = {
    MoneyImport.Kind.ALLOCATIONS: Reading(
        "Columns: CCG (code or name), allocation; and category of spend, where the year has them. "
        "The allocation is what each has in all, not what is added.",
        _allocation_columns,
        _compare_allocations,
        _write_allocations,
    ),
    MoneyImport.Kind.BUDGETS: Reading(
        "Columns: CCG, budget line, group; and either the budget of the year, which is spread evenly, or a "
        "column for each month. What a line stands for, if it stands for something in the ledger: category of "
        "support, category of spend or route.",
        _budget_columns,
        _compare_budgets,
        _write_budgets,
    ),
    MoneyImport.Kind.PAID_BEFORE: Reading(
        "Columns: practice code, paid; and, if you have them, paid on, reference, category of spend. "
        "What was recovered is a minus, or in brackets. Each is paid out of what is uncommitted.",
        _payment_columns,
        _compare_payments,
        _write_payments,
    ),
}
