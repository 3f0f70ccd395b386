"""What the benchmarks share: a database of their own, the clock, the memory, and the line they print."""

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def set_up(folder: str) -> None:
    """The demonstration's settings over an empty database in ``folder``."""
    os.environ |= {"DEMO": "1", "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "resilience.settings"}
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)


def best(act: Callable[[], object], rounds: int = 5, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the quickest of so many runs, by the wall's clock; time.process_time counts our own work alone."""
    taken = []
    for _ in range(rounds):
        start = clock()
        act()
        taken.append(clock() - start)
    return min(taken)


def peak() -> float:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(name: str, ours: float, floor: float) -> float:
    """Print "name: ours, floor, ratio"; the ratio."""
    print(f"{name}: {ours * 1000:.1f} ms, floor {floor * 1000:.1f} ms, ratio {ours / floor:.2f}")
    return ours / floor
