"""100,000 rows of 10 columns to .xlsx and .csv, against bare XlsxWriter (constant_memory) and the bare csv module.

Ours and the floor write the same cells in the same run, each in a process of its own, so that the peak of memory
is its own too; the time is the processor's, whoever else is at work on the machine. Prints "name: ours, floor,
ratio". Run with ``python -m tests.bench.bench_spreadsheets``.
"""

import csv
import datetime as dt
import io
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from tests.bench import measure

ROWS = 100_000
MOST_RATIO = {"xlsx": 1.3, "csv": 2.5}
MOST_PEAK = 150
ROUNDS = 3
KINDS = ("number", "date", "text", "text", "text", "text", "money", "money", "percent", "moment")
LABELS = (
    "Entry", "Happened on", "Commissioner", "Practice", "Kind", "Why", "Amount", "Left", "Share", "Made at"
)  # fmt: skip


def _rows() -> Iterator[list[Any]]:
    """Entries such as a ledger holds: no two rows alike, and no list of them all."""
    first, moment = dt.date(2018, 4, 1), dt.datetime(2018, 4, 1, 9)  # noqa: DTZ001 - as bare XlsxWriter takes it
    for n in range(ROWS):
        yield [
            n, first + dt.timedelta(days=n % 365), f"NHS Commissioner {n % 40:02d} CCG", f"Street {n} Surgery",
            "Committed", f"Agreed in round {n % 7} for line {n}", n * 37 % 5_000_000, -n, n % 100 / 100,
            moment + dt.timedelta(minutes=n),
        ]  # fmt: skip


def _ours_xlsx(output: io.BufferedIOBase) -> None:
    from resilience.core.spreadsheets import Heading, Sheet, write_workbook

    headings = [Heading(label, kind) for label, kind in zip(LABELS, KINDS, strict=True)]
    write_workbook(output, [Sheet("Ledger", headings, _rows())])


def _bare_xlsx(output: io.BufferedIOBase) -> None:
    from xlsxwriter import Workbook

    book = Workbook(output, {"constant_memory": True})
    page = book.add_worksheet("Ledger")
    page.freeze_panes(1, 0)
    page.write_row(0, 0, LABELS, book.add_format({"bold": True}))
    formats = {
        "money": book.add_format({"num_format": "£#,##0.00;-£#,##0.00"}),
        "date": book.add_format({"num_format": "d mmmm yyyy"}),
        "moment": book.add_format({"num_format": "d mmmm yyyy hh:mm"}),
        "percent": book.add_format({"num_format": "0.0%"}),
    }
    looks = [formats.get(kind) for kind in KINDS]
    columns = list(zip(range(len(KINDS)), KINDS, looks, strict=True))
    for number, row in enumerate(_rows(), 1):
        for column, kind, look in columns:
            value = row[column]
            if kind == "text":
                page.write_string(number, column, value)
            elif kind in ("date", "moment"):
                page.write_datetime(number, column, value, look)
            else:
                page.write_number(number, column, value / 100 if kind == "money" else value, look)
    book.close()


def _ours_csv(output: io.BufferedIOBase) -> None:
    from resilience.core.spreadsheets import Heading, write_csv

    write_csv(output, [Heading(label, kind) for label, kind in zip(LABELS, KINDS, strict=True)], _rows())


def _bare_csv(output: io.BufferedIOBase) -> None:
    out = io.TextIOWrapper(output, "utf-8", newline="")
    writer = csv.writer(out)
    writer.writerow(LABELS)
    writer.writerows(_rows())
    out.detach()


def _measured(name: str, answer: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure.set_up(folder)
        start = measure.peak()
        with tempfile.TemporaryFile() as output:
            began = time.process_time()
            globals()[name](output)
            answer.send((time.process_time() - began, measure.peak(), start))


def _run(name: str) -> tuple[float, float, float]:
    """Seconds, the process's peak in MB, and what it held before it began."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_measured, args=(name, there))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    return found


def bench() -> None:
    over = []
    for kind in ("xlsx", "csv"):
        runs: dict[str, list[tuple[float, float, float]]] = {"_ours_": [], "_bare_": []}
        for _ in range(ROUNDS):  # one after the other: the machine's moods are shared
            for name, found in runs.items():
                found.append(_run(name + kind))
        ours, bare = (min(each)[0] for each in runs.values())
        ratio = measure.line(f"{ROWS:,} rows x {len(LABELS)} to .{kind}", ours, bare)
        peak, start = max((each[1], each[2]) for each in runs["_ours_"])
        bare_peak = max(each[1] for each in runs["_bare_"])
        print(f"  at the peak {peak:.0f} MB, of which {start:.0f} MB is the program; bare {bare_peak:.0f} MB")
        if ratio > MOST_RATIO[kind]:
            over.append(f".{kind} took {ratio:.2f} times its floor, not {MOST_RATIO[kind]}")
        if peak > MOST_PEAK:
            over.append(f".{kind} held {peak:.0f} MB, not {MOST_PEAK}")
    if over:
        raise SystemExit("; ".join(over))


if __name__ == "__main__":
    bench()
