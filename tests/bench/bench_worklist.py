"""The worklist over 20,000 referrals against the bare cost of its own SQL and its bare rows, in the same run.

Prints "name: ours, floor, ratio". Run with ``python -m tests.bench.bench_worklist``.
"""

import datetime as dt
import tempfile
import time
from functools import partial
from typing import Any
from unittest import mock

from tests.bench import measure

REFERRALS, PRACTICES, CCGS = 20_000, 2_000, 40
PAGES = {
    "first page": "",
    "one CCG, overdue": "?ccg={ccg}&due=overdue",
    "a word of the name": "?q=street 77",
    "sorted by rating": "?sort=rating",
    "the last page": "?page=9999",
}
MOST_RATIO = 6
"""A page of few rows is mostly its frame: header, filters and counts, which the floor has not."""

MOST_EXPORT_RATIOS = {"csv": 2, "xlsx": 3}


def _fill() -> Any:
    """The country's referrals, written in bulk; an officer over everything."""
    from django.db import transaction
    from django.utils import timezone

    from practices.models import Organisation, Practice
    from resilience.core.access import Role
    from resilience.core.calendar import today
    from resilience.referrals.models import Message, Referral, ReferralCategory, ReferralPractice
    from resilience.referrals.states import State
    from tests import factories as make

    states = [state for state in State.values if state != State.DRAFT]
    with transaction.atomic():
        office = make.make_local_office()
        officer = make.make_person(Role.PROGRAMME_OFFICER)
        year = make.make_year(office)
        ccgs = Organisation.objects.bulk_create(
            Organisation(kind="ccg", code=f"C{n:04d}", name=f"CCG {n:02d}", parent=office)
            for n in range(CCGS)
        )
        practices = Practice.objects.bulk_create(
            Practice(ods_code=f"Y{n:05d}", name=f"Street {n}", commissioner=ccgs[n % CCGS])
            for n in range(PRACTICES)
        )
        day = today()
        referrals = Referral.objects.bulk_create(
            [
                Referral(
                    reference=f"2018-{n:06d}", state=states[n % len(states)], year=year,
                    lead_practice=practices[n % PRACTICES], commissioner=practices[n % PRACTICES].commissioner,
                    started_by=officer, submitted_by=officer, received_at=timezone.now(),
                    received_on=day - dt.timedelta(days=5 + n % 60), acknowledge_by=day + dt.timedelta(days=n % 20 - 5),
                    decide_by=day + dt.timedelta(days=n % 40 - 5), content_digest=str(n), list_size_total=n,
                    assigned_to=officer if n % 3 else None,
                )
                for n in range(REFERRALS)
            ],
            batch_size=1000,
        )  # fmt: skip
        ReferralCategory.objects.bulk_create(
            [ReferralCategory(referral=each, item=year.menu.first()) for each in referrals], batch_size=2000
        )
        # Written without the guard of what is received: these rows come after their referral.
        ReferralPractice.objects.bulk_create(
            [
                ReferralPractice(
                    referral=each, practice=each.lead_practice, is_lead=True, ods_code=each.lead_practice.ods_code,
                    name=each.lead_practice.name, commissioner_name="x", list_size=1,
                )
                for each in referrals
            ],
            batch_size=2000,
        )  # fmt: skip
        Message.objects.bulk_create(
            [
                Message(
                    referral=each, kind="question", is_internal=False, text="How many?", written_by=officer
                )
                for each in referrals[::4]
            ],
            batch_size=2000,
        )
    return officer


def _floor(statements: list[tuple[str, Any]]) -> None:
    """The same statements through the bare driver, every row fetched."""
    from django.db import connection

    for sql, params in statements:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            cursor.fetchall()


def _statements(ask: Any) -> list[tuple[str, Any]]:
    """What the page asks the database."""
    from django.db import connection

    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    return found


def _exports(here: str, officer: Any) -> list[str]:
    """The whole list as a file, as the worker makes it; the names of those over their limit.

    The floor reads the same rows, with all that stands on them, and writes nothing. Both by the processor's time:
    they take seconds, in which others may be at work on the machine.
    """
    from resilience.core.list_exports import ExportedList, list_file

    def export(kind: str, query: str = "") -> None:
        with tempfile.TemporaryFile() as output:
            list_file(officer, {"path": here, "query": query, "kind": kind}, lambda done, total: None, output)

    def read(page: ExportedList, *_: Any) -> tuple[str, str]:
        for _chunk in page.chunks():
            pass
        return "", ""

    def floor() -> None:
        with mock.patch.object(ExportedList, "write", read):
            export("csv")

    over = []
    before = measure.peak()
    least = measure.best(floor, 2, time.process_time)
    for kind, most in MOST_EXPORT_RATIOS.items():
        name = f"worklist of {REFERRALS:,}, {kind}"
        if measure.line(name, measure.best(partial(export, kind), 2, time.process_time), least) > most:
            over.append(name)
    print(f"worklist of {REFERRALS:,}, exports: {measure.peak() - before:.0f} MB more at the peak")
    return over


def bench() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure.set_up(folder)
        from django.conf import settings
        from django.test import Client
        from django.urls import reverse

        from practices.models import Organisation
        from resilience.core import integrity

        settings.ALLOWED_HOSTS = ["*"]
        integrity.drop_triggers()
        client = Client()
        officer = _fill()
        client.force_login(officer)
        integrity.install_triggers()
        here = reverse("referrals:worklist")
        ccg = Organisation.objects.filter(kind="ccg").first()
        over = []
        for name, query in PAGES.items():
            path = here + query.format(ccg=ccg.pk)

            def ask(path: str = path) -> None:
                assert client.get(path).status_code == 200

            ratio = measure.line(
                f"worklist of {REFERRALS:,}, {name}",
                measure.best(ask),
                measure.best(partial(_floor, _statements(ask))),
            )
            over += [name] if ratio > MOST_RATIO else []
        over += _exports(here, officer)
    if over:
        raise SystemExit(f"Over their limit: {', '.join(over)}.")


if __name__ == "__main__":
    bench()
