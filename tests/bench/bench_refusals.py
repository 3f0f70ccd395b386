"""Every hostile file of the tests, against the largest honest table that is taken.

What a file costs us is the processor's time, of this process and of the one that reads tables; ours and the floor
are measured in the same run. A refusal costs about as much as the largest honest file, at most a quarter more.
Prints the dearest of each kind as "name: ours, floor, ratio". Run with ``python -m tests.bench.bench_refusals``.
"""

import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from django.core.exceptions import ValidationError

from tests.bench import measure

MOST_RATIO = 1.25

Act = Callable[[], object]


def worked() -> float:
    """Seconds of the processor that this process and those it waited for have had."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _hostile() -> Iterator[tuple[str, str, Act]]:
    """Of each hostile file: its kind, its name, and what reads and refuses it."""
    from mou.agreement.check import judge
    from practices.importing.compare import plan_import
    from practices.register_actions import Source
    from resilience.core.uploaded import read_table
    from resilience.referrals.uploads import check_file
    from tests.core.test_uploaded_refusals import REFUSED as tables
    from tests.core.uploads import WANTED, sent
    from tests.mou.test_agreement_seal import HOSTILE as copies
    from tests.practices.test_import_files import REFUSED as registers
    from tests.referrals.drafts import upload
    from tests.referrals.test_practice_uploads import HOSTILE as attachments

    for what, (make, _) in tables.items():
        yield (
            "a table",
            what,
            partial(lambda content: read_table(sent(content, "money.xlsx"), WANTED), make()),
        )
    for name, (make, _) in attachments.items():
        yield (
            "an attachment",
            name,
            partial(lambda name, content: check_file(upload(name, content)), name, make()),
        )
    for what, content in copies.items():
        yield "a copy of an MoU", what, partial(judge, content)
    for content, sentence in registers:
        source = Source("upload.csv", content() if callable(content) else content)
        yield "a register", sentence, partial(plan_import, [source])


def _refused(act: Act) -> None:
    with suppress(ValueError, ValidationError):
        act()


def bench() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure.set_up(folder)
        from resilience.core.uploaded import read_table
        from tests.core.test_uploaded_refusals import filled
        from tests.core.uploads import WANTED, sent

        largest = filled(19_999, 25)
        floor = measure.best(lambda: read_table(sent(largest, "money.xlsx"), WANTED), rounds=3, clock=worked)
        dearest: dict[str, tuple[float, str]] = {}
        for kind, name, act in _hostile():
            taken = measure.best(partial(_refused, act), rounds=2, clock=worked)
            dearest[kind] = max(dearest.get(kind, (0.0, "")), (taken, name))
    over = [
        f"{kind}: {name}"
        for kind, (taken, name) in dearest.items()
        if measure.line(f"{kind}, the dearest to refuse ({name})", taken, floor) > MOST_RATIO
    ]
    if over:
        raise SystemExit(f"dearer to refuse than the largest table is to read: {'; '.join(over)}")


if __name__ == "__main__":
    bench()
