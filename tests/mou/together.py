"""Acts at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import connection


def together(*jobs: Callable[[], Any], **named: Callable[[], Any]) -> dict[str, Any]:
    """Run these at once, each in a thread; by its name, or its number, what each answered or the error it raised."""
    every = {str(number): job for number, job in enumerate(jobs)} | named
    start = threading.Barrier(len(every))
    said: dict[str, Any] = {}

    def run(name: str, job: Callable[[], Any]) -> None:
        try:
            start.wait(20)
            said[name] = job()
        except Exception as error:
            said[name] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each, name=each[0]) for each in every.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(said) == set(every), said
    return said


def done(said: dict[str, Any]) -> set[str]:
    """Those that went through."""
    return {name for name, answer in said.items() if not isinstance(answer, Exception)}


def wait_after(act: Callable[..., Any], meet: threading.Barrier) -> Callable[..., Any]:
    """``act``, after which the thread waits for the other to come as far."""

    def done(*given: Any, **more: Any) -> Any:
        found = act(*given, **more)
        with suppress(threading.BrokenBarrierError):  # the other waits for this act to end, as it should
            meet.wait(1)
        return found

    return done
