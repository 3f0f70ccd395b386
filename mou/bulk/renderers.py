"""Documents rendered by as many processes as the machine has cores, in memory that does not grow.

These processes touch no database: a page goes in, a PDF comes out. They end with the process that uses them,
however that ends.
"""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from types import TracebackType
from typing import Any

from resilience.core import pdf

RENEWED_AFTER = 200
"""Documents that a set of processes makes before others take their place: what a library leaks goes with them."""

_context = get_context("forkserver")
_context.set_forkserver_preload(["resilience.core.pdf"])


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    """In a new process: Ctrl-C is the parent's to answer, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _work(function: Callable[..., bytes], *given: Any, **options: Any) -> tuple[bytes, int]:
    return function(*given, **options), os.getpid()


class Renderers:
    """A context: ``begin`` hands out a document, ``get`` waits for its PDF. At most ``ahead`` should be handed out."""

    def __init__(self, processes: int = 0, function: Callable[..., bytes] = pdf.render) -> None:
        self.processes = processes or cores()
        self.ahead = 2 * self.processes
        self.used: set[int] = set()
        self._function = function
        self._given = 0
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Renderers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, html: str, **options: Any) -> Future[tuple[bytes, int]]:
        """Have a document made."""
        pool = self._pool if self._pool and self._given < RENEWED_AFTER else self._renewed()
        self._given += 1
        try:
            return pool.submit(_work, self._function, html, **options)
        except BrokenProcessPool:
            return self._renewed().submit(_work, self._function, html, **options)

    def get(self, future: Future[tuple[bytes, int]], html: str, **options: Any) -> bytes:
        """The PDF. One of a process that died, perhaps by another document, is made once more, with none beside it.

        Raises BrokenProcessPool when that ends its process, too.
        """
        try:
            made, process = future.result()
        except BrokenProcessPool:
            made, process = self._renewed().submit(_work, self._function, html, **options).result()
        self.used.add(process)
        return made

    def _renewed(self) -> ProcessPoolExecutor:
        """Processes that are at work finish it, and end, before others begin: memory stays what it was."""
        if self._pool:
            self._pool.shutdown()
        self._pool = ProcessPoolExecutor(self.processes, mp_context=_context, initializer=_begin)
        self._given = 0
        return self._pool
