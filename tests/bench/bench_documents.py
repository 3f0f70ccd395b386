"""What our own steps cost beside WeasyPrint alone: run as `python -m tests.bench.bench_documents`."""

import logging
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import weasyprint

from mou.seal import seal, verify
from mou.seal_key import own_key
from resilience.core import pdf as pdfs
from tests.core.documents import TITLE, sample_html

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


if __name__ == "__main__":
    bench()
