"""The money pages over 100,000 entries against one bare sum over the same entries, in the same run.

Prints each page's queries at 100 and at 100,000 entries, then "name: ours, floor, ratio".
Run with ``python -m tests.bench.bench_money``.
"""

import datetime as dt
import random
import re
import tempfile
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

from tests.bench import measure

FEW, ENTRIES, CCGS, PRACTICES = 100, 100_000, 10, 400
CUTS = ("commissioner", "category", "item", "route", "practice", "supplier", "month")
PAGES = {
    **{f"cut by {by}": f"/money/?year={{year}}&by={by}" for by in CUTS},
    "month by month": "/money/months/?year={year}",
    "drawdown": "/money/drawdown/?year={year}",
    "ledger": "/money/ledger/",
    "ledger, one CCG paid": "/money/ledger/?year={year}&commissioner={ccg}&account=paid",
    "ledger, the year promised": "/money/ledger/?year={year}&account=promised",
    "ledger, one month": "/money/ledger/?year={year}&month={month}&account=paid",
}
MOST_RATIO = 10
"""The slowest page is month by month: it works out what is still expected of each of 20,000 commitments."""
_keys = count(1)


class Town:
    """Ten CCGs with three categories of spend, 400 practices, and the people and rows that entries point at."""

    def __init__(self) -> None:
        from funding.models import Allocation
        from practices.models import Organisation, Practice
        from resilience.core.access import Role
        from tests import factories as make

        office = make.make_local_office()
        self.person = make.make_person(Role.FINANCE_LEAD)
        self.year = year = make.make_year(office)
        year.milestones.create(name="All committed", due_at=year.closes_at, measure="committed", target=100)
        year.stages.create(
            position=2,
            name="Progress",
            per_cent=10,
            opens="date",
            opens_on=year.ends_on - dt.timedelta(days=40),
        )
        categories = [
            year.spend_categories.create(position=n, name=f"Spend {n}", indicative_share=share)
            for n, share in ((1, 50), (2, 30), (3, 20))
        ]
        self.ccgs = [make.make_ccg(office) for _ in range(CCGS)]
        self.supplier = Organisation.objects.create(
            kind="supplier", code="S1", name="Supplier", parent=office
        )
        self.allocations = [
            Allocation.objects.create(year=year, commissioner=ccg, category=each)
            for ccg in self.ccgs
            for each in categories
        ]
        self.practices = Practice.objects.bulk_create(
            Practice(ods_code=f"Y{n:05d}", name=f"Street {n}", commissioner=self.ccgs[n % CCGS])
            for n in range(PRACTICES)
        )
        self.referrals = [
            make.make_referral(each, year, "agreed", by=self.person) for each in self.practices[:40]
        ]
        self.random = random.Random(20181005)

    def fill(self, entries: int) -> None:
        """As many more transfers: commitments that are committed, made payable, paid and taken back."""
        from funding.models import ROUTES, Commitment, Kind, Transfer

        rnd, year = self.random, self.year
        items, stage = list(year.menu.all()), year.stages.first()
        routes = cycle(Commitment.Route.values)
        steps = {Kind.COMMIT: 100, Kind.MAKE_PAYABLE: 90, Kind.PAY: 50, Kind.CLAW_BACK: 10, Kind.REVERSE: 5}
        commitments = Commitment.objects.bulk_create(
            [
                Commitment(
                    allocation=self.allocations[n % len(self.allocations)], item=items[n % len(items)],
                    referral=self.referrals[n % len(self.referrals)], practice=self.practices[n % PRACTICES],
                    purpose="Support", route=(route := next(routes)), committed_by=self.person,
                    supplier=self.supplier if route == "supplier" else None,
                )
                for n in range(entries // len(steps))
            ],
            batch_size=2000,
        )  # fmt: skip

        def rows() -> Iterator[Transfer]:
            amounts = [rnd.randint(1, 5_000) for _ in commitments]
            for n, kind in ((n, kind) for n in range(len(commitments)) for kind in steps):
                yield Transfer(
                    kind=kind, debit=ROUTES[kind][0], credit=ROUTES[kind][1], allocation=commitments[n].allocation,
                    commitment=commitments[n], amount=amounts[n] * steps[kind], why="Support",
                    key=f"bench-{next(_keys)}", made_by=self.person,
                    stage=stage if kind == Kind.MAKE_PAYABLE else None,
                    happened_on=year.starts_on + dt.timedelta(days=rnd.randint(0, 200)),
                )  # fmt: skip

        Transfer.objects.bulk_create(rows(), batch_size=2000)


def _floor() -> None:
    """One sum by both accounts over every entry, through the bare driver."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT debit, credit, SUM(amount) FROM funding_transfer GROUP BY debit, credit")
        cursor.fetchall()


def bench() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure.set_up(folder)
        from django.conf import settings
        from django.db import connection, transaction
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        settings.ALLOWED_HOSTS = ["*"]
        with transaction.atomic():
            town = Town()
            town.fill(FEW)
        client = Client()
        client.force_login(town.person)
        month = f"{town.year.starts_on + dt.timedelta(days=60):%Y-%m}"
        paths = {
            name: path.format(year=town.year.pk, ccg=town.ccgs[0].pk, month=month)
            for name, path in PAGES.items()
        }

        def ask(path: str) -> Any:
            response = client.get(path)
            assert response.status_code == 200, path

        def queries(path: str) -> int:
            ask(path)
            with CaptureQueriesContext(connection) as asked:
                ask(path)
            # The session is written now and then, whatever the page: that is not the page's.
            own = [each for each in asked if not re.search("SAVEPOINT|django_session", each["sql"])]
            return len(own)

        few = {name: queries(path) for name, path in paths.items()}
        with transaction.atomic():
            town.fill(ENTRIES - FEW)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        many = {name: queries(path) for name, path in paths.items()}
        floor, over = measure.best(_floor), []
        for name, path in paths.items():
            print(f"money, {name}: {few[name]} queries at {FEW}, {many[name]} at {ENTRIES:,}")
            ratio = measure.line(
                f"money of {ENTRIES:,}, {name}", measure.best(lambda path=path: ask(path), 3), floor
            )
            over += [name] if ratio > MOST_RATIO or few[name] != many[name] else []
    if over:
        raise SystemExit(
            f"Over {MOST_RATIO} times the floor, or more queries than before: {', '.join(over)}."
        )


if __name__ == "__main__":
    bench()
