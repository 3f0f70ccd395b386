"""The one shape of every act: atomic, on the trail, known by name."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model
from django.http import Http404

from resilience.core.access import Denied

ModelT = TypeVar("ModelT", bound=Model)

ACTIONS: dict[str, "Action"] = {}
_running: ContextVar[tuple["_Run", ...]] = ContextVar("running_acts", default=())


class Gone(Http404):
    """The row was deleted after the page with it was loaded: a draft that a colleague threw away."""


@dataclass(frozen=True)
class Action:
    """A registered act: ``name`` such as "referrals.acknowledge", ``did`` its past-tense words."""

    name: str
    did: str
    run: Callable[..., Any]


@dataclass
class _Run:
    name: str
    entries: int = 0


def action(did: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a keyword-only function an act: one transaction, at least one trail entry, or nothing.

    Its name is ``room.function``. Raises AssertionError when the act wrote no trail entry.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        room = function.__module__.removeprefix("resilience.").split(".")[0]
        name = f"{room}.{function.__name__}"

        @wraps(function)
        def run(**kwargs: Any) -> Any:
            current = _Run(name)
            token = _running.set((*_running.get(), current))
            try:
                with transaction.atomic():
                    result = function(**kwargs)
                    if not current.entries:
                        raise AssertionError(f"{name} left nothing on the trail")
                    return result
            finally:
                _running.reset(token)

        if name in ACTIONS:
            raise ValueError(f"two acts are named {name}")
        ACTIONS[name] = Action(name, did, run)
        return run

    return decorate


def running() -> str:
    """The name of the act under way. Raises LookupError outside one."""
    runs = _running.get()
    if not runs:
        raise LookupError("the trail is written inside an action only")
    for run in runs:
        run.entries += 1
    return runs[-1].name


def lock(thing: ModelT) -> ModelT:
    """The same row read afresh and held until the transaction ends.

    On SQLite the write lock is the transaction's own (IMMEDIATE); see docs/decisions.md. Raises Gone.
    """
    # Not type(thing): request.user is a lazy stand-in for the person.
    model: Any = thing._meta.model
    try:
        return model._default_manager.select_for_update(of=("self",)).get(pk=thing.pk)
    except ObjectDoesNotExist:
        raise Gone(f"{thing._meta.label} {thing.pk}") from None


__all__ = ["ACTIONS", "Action", "Denied", "Gone", "action", "lock", "running"]
