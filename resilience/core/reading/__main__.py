"""The process that reads one file: its limits first, then the request, then the answer; nothing is written.

    python -E -s -S -m resilience.core.reading MEMORY CPU WALL

On its input: a line of JSON (name, columns), then the file. On its output: JSON, {"found": …} or {"unreadable": …}.
"""

import json
import resource
import signal
import sys
from typing import Any

MOST_ANSWER = 20 * 1024 * 1024


def limit(memory: int, cpu: int, wall: int) -> None:
    """Bytes of memory, seconds of work, seconds at all: past them this process ends. It can write no file."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(wall)


def answer(request: bytes) -> dict[str, Any]:
    from resilience.core.reading.table import Wanted, read
    from resilience.core.reading.unpack import Unreadable

    asked, _, content = request.partition(b"\n")
    given = json.loads(asked)
    try:
        found = read(given["name"], content, [Wanted(**each) for each in given["columns"]])
    except Unreadable as reason:
        return {"unreadable": str(reason)}
    return {"found": found.plain()}


def main() -> None:
    limit(*map(int, sys.argv[1:4]))
    try:
        text = json.dumps(answer(sys.stdin.buffer.read()), default=str)
        if len(text) > MOST_ANSWER:
            raise MemoryError
    except (MemoryError, RecursionError):
        text = json.dumps({"too_large": True})
    except Exception as error:  # said without its message, which may hold what people typed
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        sys.exit(f"{type(error).__name__} at {where}")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
