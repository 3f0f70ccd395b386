"""What a request writes to the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_WRITE = re.compile(
    r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+\"?(\w+)", re.I
)
OF_A_SESSION = {"django_session"}


@contextmanager
def writes() -> Iterator[list[tuple[str, str, Any]]]:
    """Every write inside the block but those of the session: (table, statement, parameters)."""
    made: list[tuple[str, str, Any]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = _WRITE.match(sql)
        if found and found[1] not in OF_A_SESSION:
            made.append((found[1], sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield made
