"""The README is the front door: every command, setting, role, state and room that it names exists."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from resilience.core.access import Role
from resilience.demo import SIGN_INS
from resilience.referrals.states import ACTS, State

README = (settings.BASE_DIR / "README.md").read_text()


def test_every_command_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert {"start", "worker", "backup", "restore", "verify_trail"} <= named
    assert named <= set(get_commands())


def test_every_make_target_exists():
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    for target in set(re.findall(r"`?(?:\w+=\S+ )?make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_settings_are_those_that_are_read():
    read = set()
    for file in ("resilience/environment.py", "resilience/settings.py"):
        source = (settings.BASE_DIR / file).read_text()
        read |= set(re.findall(r"(?:text|switch)\(\s*\"([A-Z][A-Z0-9_]+)\"", source))
    named = set(re.findall(r"`([A-Z][A-Z0-9_]{3,})`", README))
    assert read <= named, f"the README does not name {sorted(read - named)}"
    assert {each for each in named - read if not each.startswith("OIDC_")} == set()


def test_the_tour_has_every_role_and_its_sign_in():
    for role, email in SIGN_INS:
        assert f"| {role} | {email} |" in README
    assert {role for role, _ in SIGN_INS} == set(Role.labels)


def test_the_diagram_is_the_table_of_states():
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)$", README, re.M))
    table = {
        (state, after, act.name.partition(".")[2])
        for act in ACTS.values()
        for state, after in act.moves.items()
        if state != after
    }
    assert drawn == {tuple(map(str, each)) for each in table}
    assert {name for before, after, _ in drawn for name in (before, after)} == set(State.values)


@pytest.mark.parametrize("path", re.findall(r"`((?:resilience|practices|funding|mou)[\w/.]*)`", README))
def test_every_path_exists(path):
    assert (settings.BASE_DIR / path).exists() or path == "resilience.wsgi"
