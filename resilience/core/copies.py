"""A row once more."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def copy_of(row: Row, value_of: Callable[[Any], Any] = lambda value: value, **changed: Any) -> Row:
    """An unsaved copy of ``row`` with ``changed`` in place; ``value_of`` makes each other value of the copy."""
    fields = [
        field for field in row._meta.concrete_fields if not field.primary_key and field.name not in changed
    ]
    values = {field.attname: value_of(getattr(row, field.attname)) for field in fields}
    return type(row)(**values, **changed)
