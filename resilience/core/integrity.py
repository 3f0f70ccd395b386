"""What the database itself refuses, on SQLite and PostgreSQL alike.

A model declares ``integrity = AppendOnly()`` or ``integrity = FrozenOnce(...)``; the triggers are
(re)made after every migrate, so a table that a migration rebuilt cannot lose them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import CheckConstraint, Model, Q


@dataclass(frozen=True)
class AppendOnly:
    """Rows are only ever added: the database refuses UPDATE and, unless ``erasable``, DELETE."""

    erasable: bool = False


@dataclass(frozen=True)
class FrozenOnce:
    """Once ``field`` is set, the row cannot be deleted and only the fields in ``mutable`` may change."""

    field: str
    mutable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FrozenWith:
    """Once ``field`` of the row that ``parent`` points at is set, rows neither change nor go.

    Unless ``grows``, none is added either.
    """

    parent: str
    field: str
    grows: bool = False


Rule = AppendOnly | FrozenOnce | FrozenWith


def both_or_neither(name: str, *fields: str) -> CheckConstraint:
    """A constraint: columns that belong together, such as ``x_at`` and ``x_by``, are all set or none is."""
    return CheckConstraint(
        condition=Q(**{f"{field}__isnull": True for field in fields})
        | Q(**{f"{field}__isnull": False for field in fields}),
        name=name,
    )


def guarded_models() -> Iterator[tuple[type[Model], Rule]]:
    for model in apps.get_models():
        rule = model.__dict__.get("integrity")
        if rule is not None:
            yield model, rule


def _guards(model: type[Model], rule: Rule, vendor: str) -> Iterator[tuple[str, str]]:
    """(event, condition) for each trigger of a model; an empty condition means always."""
    if isinstance(rule, AppendOnly):
        yield "UPDATE", ""
        if not rule.erasable:
            yield "DELETE", ""
        return
    options = model._meta
    if isinstance(rule, FrozenWith):
        yield "UPDATE", _parent_frozen(model, rule, "OLD")
        yield "DELETE", _parent_frozen(model, rule, "OLD")
        if not rule.grows:
            yield "INSERT", _parent_frozen(model, rule, "NEW")
        return
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    once = f'OLD."{_column(model, rule.field)}" IS NOT NULL'
    frozen = [field.column for field in options.concrete_fields if field.name not in rule.mutable]
    changed = " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in frozen)
    yield "UPDATE", f"{once} AND ({changed})"
    yield "DELETE", once


def _column(model: Any, field: str) -> str:
    return model._meta.get_field(field).column


def _parent_frozen(model: type[Model], rule: FrozenWith, row: str) -> str:
    key: Any = model._meta.get_field(rule.parent)
    parent = key.related_model._meta
    return (
        f'EXISTS (SELECT 1 FROM "{parent.db_table}" p WHERE p."{parent.pk.column}" = {row}."{key.column}" '  # nosec B608 # names of our models
        f'AND p."{parent.get_field(rule.field).column}" IS NOT NULL)'
    )


def _name(model: type[Model], event: str) -> str:
    return f"guard_{model._meta.db_table}_{event.lower()}"


def _statements(model: type[Model], rule: Rule, vendor: str) -> Iterator[str]:
    table = model._meta.db_table
    for event, condition in _guards(model, rule, vendor):
        name = _name(model, event)
        when = f"WHEN ({condition})" if condition else ""
        message = f"{table} refuses {event}: what is on record stays as it was"
        if vendor == "sqlite":
            yield f'DROP TRIGGER IF EXISTS "{name}"'
            yield (
                f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" {when} '
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        else:
            yield f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"'
            if isinstance(rule, FrozenWith):
                # A PostgreSQL WHEN clause cannot look at another table: a function of its own does.
                row = "NEW" if event == "INSERT" else "OLD"
                passes = "OLD" if event == "DELETE" else "NEW"
                yield (
                    f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger AS $$ BEGIN '
                    f"IF {_parent_frozen(model, rule, row)} THEN RAISE EXCEPTION '{message}' "
                    f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {passes}; END "
                    f"$$ LANGUAGE plpgsql"
                )
                yield (
                    f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW '
                    f'EXECUTE FUNCTION "{name}"()'
                )
                continue
            yield (
                f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW {when} '
                f"EXECUTE FUNCTION core_refuse('{message}')"
            )
    if vendor != "sqlite" and not (isinstance(rule, AppendOnly) and rule.erasable):
        name = _name(model, "TRUNCATE")
        yield f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"'
        yield (
            f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT '
            f"EXECUTE FUNCTION core_refuse('{table} refuses TRUNCATE: what is on record stays')"
        )


_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION core_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END
$$ LANGUAGE plpgsql
"""


def install_triggers(using: str = "default") -> None:
    """Make every declared trigger anew for the tables that exist. Safe to run twice."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for model, rule in guarded_models():
            if model._meta.db_table not in tables:
                continue
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" LIMIT 0')  # nosec B608 # a name of our models
            columns = {name for name, *_ in cursor.description}
            if {field.column for field in model._meta.concrete_fields} <= columns:
                for statement in _statements(model, rule, connection.vendor):
                    cursor.execute(statement)


def drop_triggers(using: str = "default") -> None:
    """Take every trigger away: to empty a test database, or to fill a new column in a migration, which makes
    them again when it ends. Nothing else.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        for model, rule in guarded_models():
            for statement in _statements(model, rule, connection.vendor):
                if statement.startswith("DROP"):
                    cursor.execute(statement)


def before_migrate(sender, using: str, plan: list, **_) -> None:
    """Signal handler: SQLite renames no table that a trigger of another table looks at, as rebuilding one does."""
    if (
        plan
        and connections[using].vendor == "sqlite"
        and sender.label == next(iter(apps.get_app_configs())).label
    ):
        drop_triggers(using)


def after_migrate(sender, using: str, **_) -> None:
    """Signal handler: once per migrate is enough, after the last app."""
    if sender.label == list(apps.get_app_configs())[-1].label:
        install_triggers(using)
