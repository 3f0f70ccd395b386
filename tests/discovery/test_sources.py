"""Rules of the house that can be read off the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

from resilience.core.access import ScopedQuerySet

ROOMS = ("resilience", "practices", "funding", "mou")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(settings.BASE_DIR), ast.parse(path.read_text())


def is_view_module(path: Path) -> bool:
    return "views" in path.stem


def scoped_models() -> set[str]:
    return {
        model.__name__
        for model in apps.get_models()
        if isinstance(getattr(model, "objects", None) and model.objects.all(), ScopedQuerySet)
    }


def reaches_rows(tree: ast.Module, models: set[str]) -> Iterator[str]:
    """Each place where a scoped model's rows are reached by another way than ``visible_to``."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in ("objects", "_default_manager")
            and isinstance(node.value.value, ast.Name)
            and node.value.value.id in models
            and node.attr != "visible_to"
        ):
            yield f"line {node.lineno}: {node.value.value.id}.objects.{node.attr}"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("get_object_or_404", "get_list_or_404")
            and node.args
            and isinstance(node.args[0], ast.Name)
            and node.args[0].id in models
        ):
            yield f"line {node.lineno}: {node.func.id}({node.args[0].id})"


def test_views_reach_scoped_rows_only_through_visible_to():
    models = scoped_models()
    assert {"Referral", "Practice", "Agreement", "Allocation"} <= models
    found = [
        f"{path} {place}"
        for path, tree in sources()
        if is_view_module(path)
        for place in reaches_rows(tree, models)
    ]
    assert not found, "\n".join(found)


def test_the_test_above_sees_what_it_looks_for():
    tree = ast.parse(
        "Referral.objects.get(pk=1)\nget_object_or_404(Referral, pk=1)\nReferral.objects.visible_to(u)"
    )
    assert len(list(reaches_rows(tree, {"Referral"}))) == 2


def test_models_know_no_request():
    wrong = [
        f"{path} line {node.lineno}"
        for path, tree in sources()
        if path.stem == "models" or "models" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in ("request", "HttpRequest")
    ]
    assert not wrong, "\n".join(wrong)


def test_forms_never_write():
    wrong = [
        f"{path} line {node.lineno}"
        for path, tree in sources()
        if "forms" in path.stem
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("create", "bulk_create", "update_or_create", "get_or_create", "bulk_update")
    ]
    assert not wrong, "\n".join(wrong)


def test_referral_state_is_written_in_one_place():
    writers = [
        f"{path} line {node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr == "state"
        and isinstance(target.value, ast.Name)
        and target.value.id == "referral"
        and path != Path("resilience/referrals/moves.py")
    ]
    assert not writers, "\n".join(writers)


def test_no_inline_script_or_style_in_templates():
    wrong = []
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        text = path.read_text()
        for mark in ("<script>", "<style", ' style="', " onclick=", " onchange=", " onsubmit=", "|safe"):
            if mark in text:
                wrong.append(f"{path.relative_to(settings.BASE_DIR)}: {mark}")
    assert not wrong, "\n".join(wrong)
