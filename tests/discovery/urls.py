"""Every address of the product, found in the URL table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

OF_THE_SIGN_IN_LIBRARY = "account/"
"""allauth's own views declare their access in its way and are tested by it; ours all declare theirs."""


@dataclass(frozen=True)
class Address:
    name: str
    route: str
    view: Any
    arguments: tuple[str, ...]

    def fill(self, values: dict[str, Any]) -> str:
        return reverse(self.name, kwargs={each: values[each] for each in self.arguments})


def _walk(patterns: list, route: str, space: str) -> Iterator[Address]:
    for each in patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _walk(each.url_patterns, here, inner)
        elif isinstance(each, URLPattern):
            yield Address(f"{space}{each.name}", here, each.callback, tuple(each.pattern.converters))


def addresses() -> list[Address]:
    """All of our own addresses; allauth's are left to allauth."""
    return [
        each
        for each in _walk(get_resolver().url_patterns, "", "")
        if not each.route.startswith(OF_THE_SIGN_IN_LIBRARY)
    ]
