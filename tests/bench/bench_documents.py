"""What our own steps cost beside WeasyPrint alone: run as `python -m tests.bench.bench_documents`.

One document, step by step; then 100 MoUs issued in one go by all cores.
"""

import logging
import os
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import weasyprint

from mou.seal import seal, verify
from mou.seal_key import own_key
from resilience.core import pdf as pdfs
from tests.bench import measure
from tests.core.documents import TITLE, sample_html

MANY, FEW, MOST_RATIO, MOST_GROWTH = 100, 20, 1.3, 1.15
MOMENT = datetime(2018, 10, 5, 14, 5, tzinfo=UTC)


def seconds(act, *, repeat: int) -> float:
    """Median of `repeat` calls, after one that does not count."""
    act()
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def megabytes() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bench(repeat: int = 11) -> dict[str, float]:
    """Milliseconds and ratios by name; also printed."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    html = sample_html()
    fonts, css = pdfs._fonts(), pdfs._stylesheet()

    def bare():
        page = weasyprint.HTML(string=html)
        return page.write_pdf(font_config=fonts, stylesheets=[css], pdf_tags=True)

    def ours():
        return pdfs.render(html, title=TITLE, moment=MOMENT)

    with tempfile.TemporaryDirectory() as folder:
        key = own_key(Path(folder), "Northvale CCG")
        plain = ours()
        given = {"reason": "Signed", "location": "England", "moment": MOMENT, "key": key}
        sealed = seal(plain, **given)
        found = {
            "bare WeasyPrint, tagged (ms)": seconds(bare, repeat=repeat) * 1000,
            "render (ms)": seconds(ours, repeat=repeat) * 1000,
            "seal (ms)": seconds(lambda: seal(plain, **given), repeat=repeat) * 1000,
            "verify (ms)": seconds(lambda: verify(sealed, trusted=[key.certificate]), repeat=repeat) * 1000,
        }
    before = megabytes()
    for _ in range(repeat):
        ours()
    found["growth over as many renders (MB)"] = megabytes() - before
    base = found["bare WeasyPrint, tagged (ms)"]
    found["render / bare"] = found["render (ms)"] / base
    found["(render + seal) / bare"] = (found["render (ms)"] + found["seal (ms)"]) / base
    for name, value in found.items():
        print(f"{name:36} {value:8.2f}")
    return found


def _tree() -> float:
    """MB that this process and all below it hold now; what they share is counted for each."""
    below: dict[int, list[int]] = {}
    held: dict[int, float] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        below.setdefault(int(fields[1]), []).append(int(name))
        held[int(name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1024**2
    found, left = 0.0, [os.getpid()]
    while left:
        pid = left.pop()
        found += held.get(pid, 0)
        left += below.get(pid, [])
    return found


def bench_bulk() -> None:
    """Issue 100 MoUs in one go, as the worker does, and render the same documents barely on one core.

    SystemExit when that takes over MOST_RATIO times as long, or memory grew after the first documents.
    """
    from funding import actions as funding
    from mou.agreement import documents
    from mou.bulk import actions
    from mou.models import BulkCase
    from tests.mou.world import make_ready, make_world, more

    world = make_world()
    funding.set_allocation(
        by=world.finance,
        year=world.year,
        commissioner=world.ccg,
        amount=MANY * 100_000,
        why="More",
        key="bench",
    )
    worlds = more(world, MANY)
    make_ready(worlds)
    pages = [documents.render(each.referral) for each in worlds]
    fonts, css = pdfs._fonts(), pdfs._stylesheet()

    def bare(some: list[str]) -> float:
        begun = time.perf_counter()
        for page in some:
            weasyprint.HTML(string=page).write_pdf(font_config=fonts, stylesheets=[css], pdf_tags=True)
        return time.perf_counter() - begun

    # Half before and half after, so that whatever else the machine does then weighs on both sides.
    floor = bare(pages[::2])
    bulk = actions.begin_bulk(by=world.officer, referrals=[each.referral for each in worlds])
    held: list[float] = []
    finish = actions._finish

    def watched(*given):
        finish(*given)
        held.append(_tree())

    begun = time.perf_counter()
    with mock.patch.object(actions, "_finish", watched):
        used = actions.issue_all(bulk).used
    ours = time.perf_counter() - begun
    assert BulkCase.objects.filter(state="issued").count() == MANY
    floor += bare(pages[1::2])
    ratio = measure.line(f"{MANY} MoUs issued in one go", ours, floor)
    early, late = max(held[:FEW]), max(held[FEW:])
    print(f"{MANY} MoUs issued in one go: {len(used)} processes rendered them")
    print(
        f"{MANY} MoUs issued in one go: {early:.0f} MB up to document {FEW}, {late:.0f} MB up to document {MANY}"
    )
    if (
        ratio > MOST_RATIO
        or late > MOST_GROWTH * early
        or (len(os.sched_getaffinity(0)) > 1 and len(used) < 2)
    ):
        raise SystemExit(
            f"Issuing {MANY} MoUs takes over {MOST_RATIO} times bare WeasyPrint on one core, holds over "
            f"{MOST_GROWTH} times the memory of the first {FEW}, or leaves a core idle."
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        measure.set_up(place)
        bench()
        bench_bulk()
