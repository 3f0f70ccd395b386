"""Acts at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable

from django.db import connection

from resilience.core.access import Denied


def together(**jobs: Callable[[], object]) -> dict[str, str]:
    """Run these at once, each in a thread; what each answered: "done", or why not."""
    start = threading.Barrier(len(jobs))
    said: dict[str, str] = {}

    def run(name: str, job: Callable[[], object]) -> None:
        try:
            start.wait(20)
            job()
            said[name] = "done"
        except Denied as denied:
            said[name] = str(denied)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(said) == set(jobs), said
    return said
