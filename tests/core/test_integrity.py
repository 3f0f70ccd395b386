"""Every model that declares its integrity: the database itself refuses what is declared, and only that.

Rows are written bare, with dangling keys and unchecked, so that the triggers alone answer.
"""

import datetime as dt
from contextlib import suppress
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from resilience.core.integrity import (
    AppendOnly,
    FrozenOnce,
    FrozenWith,
    drop_triggers,
    guarded_models,
    install_triggers,
)

GUARDED = {model._meta.label: (model, rule) for model, rule in guarded_models()}


def those(kind: type) -> Any:
    found = [(model, rule) for model, rule in GUARDED.values() if isinstance(rule, kind)]
    assert found, f"no model is {kind.__name__}"
    return pytest.mark.parametrize(("model", "rule"), found, ids=[model._meta.label for model, _ in found])


@pytest.fixture
def table(db):
    """A place where rows need not be valid, gone after the test."""
    with transaction.atomic():
        _without_rows_of_migrations()
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA defer_foreign_keys = ON")
                cursor.execute("PRAGMA ignore_check_constraints = ON")
            else:
                for one, _ in GUARDED.values():
                    for constraint in one._meta.constraints:
                        if isinstance(constraint, models.CheckConstraint):
                            cursor.execute(
                                f'ALTER TABLE "{one._meta.db_table}" DROP CONSTRAINT "{constraint.name}"'
                            )
        yield
        transaction.set_rollback(True)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def _without_rows_of_migrations() -> None:
    written = [model for model, _ in GUARDED.values() if model._base_manager.exists()]
    if written:
        drop_triggers()
        for model in written:
            model._base_manager.all().delete()
        install_triggers()


def value_for(field: models.Field, n: int) -> Any:
    """Some value of the field's kind; another for another ``n``."""
    if field.is_relation:
        return n
    kinds = {
        models.BooleanField: bool(n % 2),
        models.DateTimeField: dt.datetime(2018, 1, n, tzinfo=dt.UTC),
        models.DateField: dt.date(2018, 1, n),
        models.JSONField: {"n": n},
        models.BinaryField: bytes([n]),
        models.DecimalField: n,
        models.IntegerField: n,
        models.GenericIPAddressField: f"10.0.0.{n}",
        models.TextField: str(n),
        models.CharField: str(n),
    }
    return next(value for kind, value in kinds.items() if isinstance(field, kind))


def prepared(field: models.Field, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def insert(model: type[models.Model], **given: Any) -> None:
    """Row 1 of ``model``: what may be empty is, unless ``given``."""
    values = {
        field: given[field.name] if field.name in given else None if field.null else value_for(field, 1)
        for field in model._meta.concrete_fields
    }
    values[model._meta.pk] = 1
    columns = ", ".join(f'"{field.column}"' for field in values)
    holes = ", ".join(["%s"] * len(values))
    execute(
        f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({holes})',
        [prepared(field, value) for field, value in values.items()],
    )


def execute(sql: str, values: list[Any] | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values or [])


def update(model: type[models.Model], field: models.Field, n: int = 2) -> None:
    execute(
        f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s', [prepared(field, value_for(field, n))]
    )


def delete(model: type[models.Model]) -> None:
    execute(f'DELETE FROM "{model._meta.db_table}"')


def refused() -> Any:
    return pytest.raises(IntegrityError, match="refuses")


def changeable(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@those(AppendOnly)
def test_what_is_append_only_never_changes(table, model, rule):
    insert(model)
    for field in changeable(model):
        with refused():
            update(model, field)
    if rule.erasable:
        delete(model)
    else:
        with refused():
            delete(model)


@those(FrozenOnce)
def test_what_freezes_once_is_frozen_but_for_its_mutable_fields(table, model, rule):
    insert(model, **{rule.field: value_for(model._meta.get_field(rule.field), 1)})
    for field in changeable(model):
        if field.name in rule.mutable:
            update(model, field)
        else:
            with refused():
                update(model, field)
    with refused():
        delete(model)


@those(FrozenOnce)
def test_what_is_not_yet_frozen_changes_freely(table, model, rule):
    freezes = model._meta.get_field(rule.field)
    if not freezes.null:
        return  # every row has it: frozen from the first moment
    insert(model)
    for field in changeable(model):
        if field is not freezes:
            update(model, field)
    delete(model)


@those(FrozenWith)
def test_what_freezes_with_its_parent(table, model, rule):
    parent = model._meta.get_field(rule.parent).related_model
    freezes = parent._meta.get_field(rule.field)
    insert(parent)
    insert(model, **{rule.parent: 1})
    for field in changeable(model):
        if field.name != rule.parent:
            update(model, field)
    delete(model)
    insert(model, **{rule.parent: 1})
    update(parent, freezes, 1)
    for field in changeable(model):
        with refused():
            update(model, field, 3)
    with refused():
        delete(model)


@those(FrozenWith)
def test_whether_what_is_frozen_may_grow(table, model, rule):
    parent = model._meta.get_field(rule.parent).related_model
    insert(parent, **{rule.field: value_for(parent._meta.get_field(rule.field), 1)})
    if rule.grows:
        insert(model, **{rule.parent: 1})
    else:
        with refused():
            insert(model, **{rule.parent: 1})


@pytest.mark.parametrize("label", GUARDED)
def test_nothing_is_emptied_at_one_stroke(db, label):
    model, rule = GUARDED[label]
    if connection.vendor != "postgresql" or getattr(rule, "erasable", False):
        return
    with refused():
        execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')


def test_without_the_triggers_these_tests_would_fail(table):
    """The control: it is the triggers that refuse, and nothing else."""
    drop_triggers()
    try:
        for model, rule in GUARDED.values():
            given = (
                {rule.field: value_for(model._meta.get_field(rule.field), 1)}
                if isinstance(rule, FrozenOnce)
                else {}
            )
            insert(model, **given)
            update(model, changeable(model)[-1])
            delete(model)
    finally:
        with suppress(IntegrityError):
            install_triggers()
