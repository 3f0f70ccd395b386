"""Every page costs the same number of queries for few rows and for many; every list filters, sorts and exports."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from funding.models import Allocation
from mou.models import Template
from resilience.core.access import Role
from resilience.core.tables import ListPage
from resilience.programmes.models import ProgrammeYear
from tests.discovery.growth import HOSTILE, grow, make_catalogue
from tests.discovery.test_access import values
from tests.discovery.urls import Address, addresses
from tests.discovery.world import Corner, make_corner, make_things
from tests.factories import client_of

pytestmark = pytest.mark.django_db


class OfSigned(Address):
    """A tab of the case whose MoU was signed: it shows more than the case whose MoU is out."""

    def fill(self, values: dict[str, Any]) -> str:
        return reverse(self.route, kwargs={"referral": values["signed_case"]})


ALL = [each for each in addresses() if "token" not in each.arguments and each.arguments != ("pk",)]
ALL.append(OfSigned("mou:case after signature", "mou:case", None, ("referral",)))
MORE = 4
"""How many times everything grows between the two counts."""


@dataclass
class World:
    corner: Corner
    clients: dict[str, Client]
    few: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    many: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    rows: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)


def _shown(response: Any) -> ListPage | None:
    found = response.context.get("list") if response.context else None
    return found if isinstance(found, ListPage) else None


def _count(world: World, into: dict[tuple[str, str], list[str]]) -> dict[tuple[str, str], int]:
    """The queries of each page that answers, by (address, role); and the rows of each list."""
    rows = {}
    for role, client in world.clients.items():
        client.get("/")
        for address in ALL:
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address.fill(values(address, world.corner)))
            if response.status_code == 200:
                # The session is written now and then, whatever the page: that is not the page's.
                into[address.name, role] = [
                    each["sql"]
                    for each in queries.captured_queries
                    if not re.search("SAVEPOINT|django_session", each["sql"])
                ]
            if shown := _shown(response):
                rows[address.name, role] = shown.total
                world.lists.setdefault(address.name, role)
    return rows


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Every page counted with few rows, then with many; the many stay for the other tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_catalogue()
        corner = make_corner()
        year: ProgrammeYear = corner.things["year"]
        corner.things |= make_things(corner)
        corner.things |= {
            "year_row": year,
            "allocation_row": Allocation.objects.get(year=year, commissioner=corner.ccg),
            "template_row": Template.objects.get(pk=corner.things["template"]),
        }
        clients = {}
        for role, person in corner.people.items():
            clients[role] = client_of(person)
        made = World(corner, clients)
        grow(corner)
        grow(corner)
        before = _count(made, made.few)
        for _ in range(MORE):
            grow(corner)
        after = _count(made, made.many)
        made.rows = {key: (before.get(key, 0), after[key]) for key in after}
        yield made
        transaction.set_rollback(True)


def _difference(few: list[str], many: list[str]) -> str:
    """The statements that are asked more often, without their numbers, as a hint."""
    counts = [Counter(re.sub(r"\d+(, \d+)*", "…", sql) for sql in each) for each in (few, many)]
    return "".join(
        f"\n    {times - counts[0][sql]} more of {sql[:80]} … {sql[sql.find(' FROM ') :][:200]}"
        for sql, times in counts[1].items()
        if times > counts[0][sql]
    )


@pytest.mark.parametrize("address", ALL, ids=lambda each: each.name)
def test_a_page_costs_the_same_for_few_rows_and_for_many(address: Address, world: World):
    wrong = []
    for role in Role.values:
        few, many = (each.get((address.name, role)) for each in (world.few, world.many))
        assert (few is None) == (many is None)
        if few is not None and many is not None and len(few) != len(many):
            wrong.append(f"{role}: {len(few)} queries became {len(many)}: {_difference(few, many)}")
    assert not wrong, f"{address.name}\n" + "\n".join(wrong)


def test_the_lists_have_grown(world: World):
    still = {name for name, _ in world.rows}
    for (name, _), (few, many) in world.rows.items():
        if 2 <= few < many - 3:
            still.discard(name)
    assert not still, f"lists that hold no more rows than before: {sorted(still)}"
    assert len(world.lists) >= 10


# --- sorts and filters ------------------------------------------------------------------------------


SMALL = {
    "mou.Template": "a few a year",
    "practices.Organisation": "a few hundred in England",
    "mou.BulkIssue": "a person's own",
    "practices.Invitation": "those one administrator deals with",
    "practices.LinkRequest": "only those that wait for an answer",
    "programmes.Programme": "a handful",
    "funding.PaymentRun": "some a month for a commissioner",
    "funding.PaymentRow": "those alone that did not match",
    "programmes.ProgrammeYear": "a handful",
    "programmes.CriteriaSet": "a handful",
    "programmes.MatrixVersion": "a handful",
    "mou.Questionnaire": "a handful",
    "mou.Agreement": "one for each supported referral: hundreds in a scope, some thousands over everything",
    "mou.ProgressReport": "a few for each signed MoU: hundreds in a scope, some thousands over everything",
    "mou.Review": "one for each case whose support ended",
    "mou.ProjectAction": "a few for each cluster or group: hundreds in a scope",
    "programmes.MatrixCell": "25 a matrix",
    "assessments.Interest": "a few a person",
    "assessments.SafetyEscalation": "rare",
    "assessments.Placement": "one programme year at a time, in scope: hundreds",
    "practices.Person": "those with a role in reach: hundreds, some thousands over everything",
    "funding.Allocation": "one for each commissioner, category of spend and year: hundreds",
    "funding.MoneyImport": "a handful a year",
    "funding.Move": "a handful a year",
    "funding.Commitment": "a few for each supported referral: hundreds in a scope, some thousands over everything",
    "funding.Invoice": "a few for each commitment: hundreds in a scope, some thousands over everything",
    "mou.PublishedStudy": "ten a region and programme year: hundreds",
    "mou.SupplierCase": "a few for each supplier and year: hundreds in a scope, some thousands over everything",
    "mou.NeedTheme": "a handful a year",
    "funding.Bid": "one or two for each referral of a scheme that takes them",
}
"""Models whose lists are short: sorted and filtered in memory in no time."""

NO_INDEX = {
    ("referrals:worklist", "due"): "one of two dates by state: worked out for the rows in scope",
    ("referrals:worklist", "rating"): "in the order of priority, worked out from the placement",
    ("referrals:worklist", "category"): "asks the categories wanted, which are indexed by referral",
    ("referrals:worklist", "assigned"): "by officer, which is indexed",
    ("referrals:worklist", "messages"): "asks the messages, which are indexed by referral",
    ("referrals:worklist", "tab"): "by state, which is indexed, after all else",
    ("referrals:worklist", "q"): "part of a name: read through the practices of the referrals in scope",
    ("mou:to_assign", "q"): "part of a name: read through the supported referrals in scope",
    ("practices:list", "q"): "finds by the index of names, codes and postcodes, then by part of a name",
    ("funding:ledger", "year"): "by either allocation, and both are indexed",
    ("funding:ledger", "commissioner"): "by either allocation, and both are indexed",
    ("funding:ledger", "category"): "by either allocation, and both are indexed",
    ("funding:ledger", "account"): "four accounts: an index would not narrow them",
    ("funding:ledger", "practice"): "by the practice of an entry or of its commitment, and both are indexed",
    ("funding:ledger", "month"): "by the day it happened, which is indexed",
    ("funding:ledger", "amount"): "looked at by hand, over what is filtered to a year or a commissioner",
    ("funding:payments", "amount"): "looked at by hand, over what is filtered to a year or a commissioner",
    ("funding:payments", "q"): "part of a name: read through the payments in scope",
    ("funding:payments", "run"): "asks the lines of one run, which are indexed by it",
    **{
        ("funding:funds", key): "of entries that allocate, which are found by their kind: hundreds"
        for key in ("amount", "received", "reference")
    },
    **{
        (
            "mou:ready_to_issue",
            key,
        ): "over the supported cases in scope that have no MoU: by state, which is indexed"
        for key in (
            "decided",
            "granted",
            "plan-agreed",
            "decided_from",
            "decided_to",
            "tab",
            "lacks",
            "what-is-missing",
        )
    },
    ("mou:case_studies", "state"): "asks the case study, which is one for each referral",
    ("mou:case_studies", "handed_in"): "asks the case study, which is one for each referral",
    ("mou:case_studies", "naming"): "asks the case study, which is one for each referral",
    ("funding:evidence", "q"): "finds by the index of names, codes and postcodes, then by part of a name",
    ("funding:evidence", "answer"): "asks the evidence, which is indexed by stage and practice",
    ("funding:evidence", "answered"): "asks the evidence, which is indexed by stage and practice",
    ("funding:evidence", "chased"): "asks the evidence, which is indexed by stage and practice",
    ("funding:evidence", "last-chased"): "asks the evidence, which is indexed by stage and practice",
}
"""Sorts and filters over long lists that need no index of their own, and why."""


def _lists(world: World) -> Iterator[tuple[str, ListPage, Client, str]]:
    for name, role in world.lists.items():
        address = next(each for each in ALL if each.name == name)
        path = address.fill(values(address, world.corner))
        client = world.clients[role]
        yield name, _asked(client, path), client, path


def _asked(client: Client, path: str, **query: Any) -> ListPage:
    response = client.get(path, query)
    assert response.status_code == 200, f"{path} {query}: {response.status_code}"
    found = _shown(response)
    assert found is not None
    _ = [found.rows, found.headers, found.chips, found.pagination]
    return found


def _tries(bound: Any) -> list[str]:
    """What one would choose or type in a filter: every choice, or a word with signs of every kind."""
    if choices := getattr(bound.field, "choices", None):
        return [str(value) for value, _ in choices if str(value)][:12]
    if isinstance(bound.field, forms.DateField):
        return ["2018-10-05"]
    if isinstance(bound.field, forms.DecimalField | forms.IntegerField):
        return ["1"]
    return ["x", "%", "'; --", "_\\", "surgery 1"]


def test_every_sort_works_both_ways(world: World):
    for name, page, client, path in _lists(world):
        for column in page.columns:
            for key in (column.key, f"-{column.key}") if column.sort else ():
                again = _asked(client, path, sort=key, page=2)
                assert (again.sort, again.total) == (key, page.total), name


def test_every_choice_of_every_filter_works_and_is_understood(world: World):
    for name, page, client, path in _lists(world):
        if page.form is None:
            continue
        for field_name in page.form.fields:
            for value in _tries(page.form[field_name]):
                again = _asked(client, path, **{field_name: value})
                assert not again.ignored, f"{name}: {again.ignored}"
                assert again.total <= page.total
        together = {each: tries[0] for each in page.form.fields if (tries := _tries(page.form[each]))}
        assert not _asked(client, path, **together).ignored, name


def _look_ups(page: ListPage) -> Iterator[tuple[str, str]]:
    """(key in the address, path of the model's field) of each sort and filter; an empty path where it is worked out."""
    for column in page.columns:
        if column.sort:
            first = column.sort if isinstance(column.sort, str) else column.sort[0]
            yield column.key, first.lstrip("-")
    for key, each in (page.filterset.filters if page.filterset else {}).items():
        yield key, "" if each.method else each.field_name


def _has_index(model: type[models.Model], path: str) -> bool | None:
    """Does an index, a unique constraint or a key begin with the field? None where there is no such field."""
    for step in path.split("__"):
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            return None
        found = (model, field)
        model = field.related_model or model
    model, field = found
    options = model._meta
    first = {each.fields[0].lstrip("-") for each in options.indexes if each.fields}
    first |= {each.fields[0] for each in options.constraints if getattr(each, "fields", ())}
    return (
        field.primary_key or field.unique or field.db_index or field.name in first or options.label in SMALL
    )


def test_every_sort_and_filter_has_an_index_or_a_reason(world: World):
    missing, idle = [], set(NO_INDEX)
    for name, page, _, _ in _lists(world):
        model = page.rows_asked.model
        if model._meta.label in SMALL:
            continue
        for key, path in _look_ups(page):
            if path and _has_index(model, path):
                continue
            idle.discard((name, key))
            if (name, key) not in NO_INDEX:
                missing.append((name, key))
    assert not missing
    assert not idle, f"these have an index by now, or are gone: {idle}"


# --- exports ----------------------------------------------------------------------------------------


def _exports(world: World) -> Iterator[tuple[str, int | None, Client, str]]:
    """Every address without a thing in it that answers with a sheet when asked: its name and how many rows."""
    lists = {name: page.total for name, page, _, _ in _lists(world)}
    for address in ALL:
        for role, client in world.clients.items():
            if address.arguments or (address.name, role) not in world.many:
                continue
            path = address.fill(values(address, world.corner))
            if "spreadsheet" in client.get(path, {"export": "xlsx"}).headers.get("Content-Type", ""):
                rows = world.rows.get((address.name, role), (0, lists.get(address.name)))[1]
                yield f"{address.name} as {role}", rows, client, path


def _sheet(content: bytes) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(content)).active.iter_rows())


def test_every_export_is_every_row_with_unique_labels_and_no_formula(world: World):
    hostile_seen, count = set(), 0
    for name, rows, client, path in _exports(world):
        count += 1
        sheet = _sheet(client.get(path, {"export": "xlsx", "page": 2}).content)
        labels = [str(cell.value).casefold() for cell in sheet[0]]
        assert len(set(labels)) == len(labels), f"{name}: {labels}"
        assert rows is None or len(sheet) == rows + 1, f"{name}: {len(sheet) - 1} rows of {rows}"
        kinds = {cell.data_type for line in sheet for cell in line}
        assert kinds <= {"s", "n", "d", "inlineStr"}, f"{name}: {kinds}"
        for line in sheet:
            for cell in line:
                if isinstance(cell.value, str) and cell.value.strip().startswith(("=", "+", "-", "@")):
                    assert cell.quotePrefix, f"{name}: {cell.value!r} would be typed in as a formula"
                    hostile_seen.add(cell.value.strip()[0])
    assert count >= 12
    assert hostile_seen >= {text.strip()[0] for text in HOSTILE}


def test_every_csv_is_every_row_and_no_formula(world: World):
    defused = 0
    for name, page, client, path in _lists(world):
        response = client.get(path, {"export": "csv", "page": 2})
        if not page.exports:
            assert "text/html" in response["Content-Type"]
            continue
        lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
        assert len(lines) == page.total + 1, f"{name}: {len(lines) - 1} rows of {page.total}"
        numbers = [each.is_number for each in page.columns if each.export]
        assert len(numbers) == len(lines[0])
        for line in lines:
            for text, is_number in zip(line, numbers, strict=True):
                assert is_number or not text.startswith(("=", "+", "-", "@", "\t", "\r")), f"{name}: {text!r}"
                defused += text.startswith("'")
    assert defused > 50


def test_the_test_above_would_see_a_live_formula():
    live = io.BytesIO()
    book = Workbook()
    book.active.append(["=1+1"])
    book.save(live)
    assert _sheet(live.getvalue())[0][0].data_type == "f"
