"""The README is the front door: every command, setting, role, state, route of money and limit in it is true."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from funding.models import ROUTES, Account, Kind, Transfer
from mou.agreement.states import AGREEMENT_ACTS
from mou.models import Agreement
from resilience.core import list_exports
from resilience.core.access import Role
from resilience.core.reading import lines, unpack
from resilience.demo import SIGN_INS
from resilience.referrals.states import ACTS, Act, State

README = (settings.BASE_DIR / "README.md").read_text()
DECISIONS = (settings.BASE_DIR / "docs/decisions.md").read_text()
MB = 1024 * 1024


def test_every_command_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert {"start", "worker", "db_worker", "backup", "restore", "verify_trail"} <= named
    assert named <= set(get_commands())


def test_all_that_the_worker_runs_is_named():
    (row,) = re.findall(r"^\| `manage\.py worker` \|.*$", README, re.M)
    assert re.findall(r"`(\w+)`", row) == settings.WORKER_COMMANDS


def test_every_make_target_exists():
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    for target in set(re.findall(r"(?:`|^    )(?:\w+=\S+ )?make (\w+)", README, re.M)):
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


REFERRAL, MOU = re.findall(r"```mermaid\n(.*?)```", README, re.S)


def drawn(diagram: str) -> set[tuple[str, str, str]]:
    return set(re.findall(r"^    (\w+|\[\*\]) --> (\w+): (\w+)$", diagram, re.M))


def told(acts: dict[str, Act]) -> set[tuple[str, str, str]]:
    """What a table says of moves from one state to another; before the first state there is none."""
    return {
        (str(state) or "[*]", str(after), act.name.partition(".")[2])
        for act in acts.values()
        for state, after in act.moves.items()
        if state != after
    }


def test_the_diagram_of_a_referral_is_the_table():
    moves = drawn(REFERRAL)
    assert moves == told(ACTS)
    assert {name for before, after, _ in moves for name in (before, after)} == set(State.values)


def test_the_diagram_of_an_mou_is_the_table():
    assert drawn(MOU) == told(AGREEMENT_ACTS)
    assert {name for before, after, _ in drawn(MOU) for name in (before, after)} == {
        "[*]",
        *Agreement.State.values,
    }


@pytest.mark.django_db
def test_the_table_of_money_is_the_routes_that_the_database_knows():
    rows = re.findall(
        r"^\| ([\w, ]+?) \| (\w+)(?: \(.*?\)| same \(.*?\))? \| (`.*?) \|(.*) \|$", README, re.M
    )
    drawn: set[tuple[str, str, str]] = set()
    for here, there, by, back_by in rows:
        for account in here.split(", "):
            reached = account if there == "the" else there
            drawn |= {(kind, account, reached) for kind in re.findall(r"`(\w+)`", by)}
            drawn |= {(kind, reached, account) for kind in re.findall(r"`(\w+)`", back_by)}
    (known,) = (each for each in Transfer._meta.constraints if each.name == "transfer_takes_a_known_route")
    carried = {
        (Kind.CARRY_FORWARD.value, account, account)
        for account in Account.values
        if known.condition.check({"kind": Kind.CARRY_FORWARD.value, "debit": account, "credit": account})
    }
    assert drawn == carried | {(kind.value, *map(str, route)) for kind, route in ROUTES.items()}
    assert {kind for kind, _, _ in drawn} == set(Kind.values)


@pytest.mark.parametrize(
    "said",
    [
        f"(.xlsx, .csv) has at most {settings.MAX_UPLOAD // MB} MB, {unpack.MAX_UNPACKED // MB} MB unpacked",
        f"{lines.MAX_ROWS:,} rows and {lines.MAX_COLUMNS} columns",
        f"the register {settings.MAX_REGISTER_UPLOAD // MB} MB",
        f"an attachment {settings.MAX_UPLOAD // MB} MB",
        f"more than {list_exports.LONG:,} rows",
        f"kept for {settings.EXPORTS_KEPT.days} days",
    ],
)
def test_the_limits_are_those_that_are_kept(said):
    assert said in " ".join(README.split())


@pytest.mark.parametrize(
    "path", re.findall(r"`((?:resilience|practices|funding|mou|docs)(?:/[\w/.]*)?)`", README + DECISIONS)
)
def test_every_path_exists(path):
    assert (settings.BASE_DIR / path).exists()
