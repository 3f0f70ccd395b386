"""The return as the workbook that is sent, and what has changed between two returns as a sheet."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.text import slugify

from funding.reports.changes import Change
from funding.returns.facts import Facts, changes
from resilience.core.spreadsheets import Heading, Sheet, write_workbook
from resilience.core.words import moment

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def name_of(facts: Facts, number: int) -> str:
    return f"{slugify(f'return {number} {facts.organisation} {facts.year}')}.xlsx"


def _practices(facts: Facts) -> Sheet:
    def rows() -> Iterator[Sequence[Any]]:
        for row in facts.rows:
            yield [row.practice_code, row.practice, row.commissioner, row.reference, row.support, row.spend,
                   row.allocated, row.committed, row.paid, row.mou]  # fmt: skip

    headings = [
        Heading("Practice code", width=14),
        Heading("Practice", width=36),
        Heading("CCG"),
        Heading("Referral", width=14),
        Heading("Category of support", width=40),
        Heading("Category of spend"),
        Heading("Funding allocated", "money", total=True),
        Heading("Committed", "money", total=True),
        Heading("Paid", "money", total=True),
        Heading("MoU status", width=34),
    ]
    return Sheet("Practices supported", headings, rows())


def _funding(facts: Facts) -> Sheet:
    def rows() -> Iterator[Sequence[Any]]:
        for each in facts.funding:
            whole = each.allocated or None
            yield [each.commissioner, each.spend, each.allocated, each.committed, each.paid, each.uncommitted,
                   whole and each.committed / whole, whole and each.paid / whole]  # fmt: skip

    headings = [
        Heading("CCG", width=36),
        Heading("Category of spend"),
        *(
            Heading(label, "money", total=True)
            for label in ("Allocation", "Committed", "Paid", "Uncommitted")
        ),
        Heading("Committed %", "percent"),
        Heading("Paid %", "percent"),
    ]
    return Sheet("Funding", headings, rows())


_COUNTED = {"agreed": "MoUs", "case_studies": "Case studies"}


def _targets(facts: Facts) -> Sheet:
    """The figures are pounds, MoUs or case studies, as what is counted says."""

    def rows() -> Iterator[Sequence[Any]]:
        for each in facts.targets:
            met = {True: "Met", False: "Not met", None: "Not told by these figures"}[each.is_met]
            is_money = each.measure in ("committed", "spent")
            reached, whole = (
                (each.reached / 100, each.whole / 100) if is_money else (each.reached, each.whole)
            )
            counted = "£" if is_money else _COUNTED.get(each.measure, "")
            share = each.reached / each.whole if each.whole else None
            target: float | None = each.target
            if each.is_met is not None:  # so many case studies are the whole of what is asked for
                target = 1 if each.measure == "case_studies" else (each.target or 0) / 100
            there = (reached, whole) if counted else (None, None)
            yield [each.name, target, counted, *there, share, met]

    headings = [
        Heading("Milestone", width=50),
        Heading("Target", "percent"),
        Heading("Counted in"),
        Heading("Reached", "number"),
        Heading("Of", "number"),
        Heading("Reached %", "percent"),
        Heading("Target met"),
    ]
    return Sheet("Targets", headings, rows())


def _changes(found: Sequence[Change], name: str) -> Sheet:
    headings = [
        Heading("Row", width=70),
        Heading("What"),
        Heading("Before", width=34),
        Heading("After", width=34),
    ]
    return Sheet(name, headings, ([each.row, each.what, *each.said] for each in found))


def _book(sheets: list[Sheet], made_at: dt.datetime | None) -> bytes:
    out = io.BytesIO()
    write_workbook(out, sheets, made_at=made_at)
    return out.getvalue()


def workbook(
    facts: Facts, *, number: int, made_at: dt.datetime, note: str = "", last: Facts | None = None
) -> bytes:
    """Practices supported, funding, targets, what is odd, and what has changed since the last return.

    The same input gives the same bytes.
    """
    about = [
        ["Return", f"{number} of {facts.organisation}, {facts.year}"],
        ["Milestone", facts.milestone],
        ["Due", moment(dt.datetime.fromisoformat(facts.due_at))],
        ["Made", moment(made_at)],
        ["Practices supported", str(facts.practices)],
        ["Note", note],
        *(["To look at", sentence] for sentence in facts.odd),
    ]
    sheets = [_practices(facts), _funding(facts), _targets(facts)]
    sheets.append(
        Sheet("About", [Heading("What"), Heading("Says", width=90)], [row for row in about if row[1]])
    )
    if last is not None:
        sheets.append(_changes(changes(last, facts), "Changed since the last"))
    return _book(sheets, made_at)


def sheet_of_changes(found: Sequence[Change]) -> bytes:
    """What has changed, as a workbook of one sheet."""
    return _book([_changes(found, "Changed")], None)
