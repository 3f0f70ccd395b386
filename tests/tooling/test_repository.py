"""What is committed names no package registry and no machine, and every part is locked by its hash."""

import json
import re
import subprocess

import pytest

from resilience.environment import BASE_DIR

# Spelled apart, so that this file passes its own test.
FORBIDDEN = [
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js.",
    "yarn" + "pkg.",
    "index" + "-url",
    '"res' + 'olved":',
    *(f"/{folder}/" for folder in ("work", "root", "home", "opt")),
]
LOCKS = ["requirements.lock", "tests/requirements.lock", ".ci/node.lock"]


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if (BASE_DIR / name).is_file()]


def pins(lock: str) -> dict[str, str]:
    """Name and version of each part, with its hashes, as pip reads the file."""
    text = re.sub(r"#.*", "", (BASE_DIR / lock).read_text()).replace("\\\n", " ")
    return dict(line.split("==", 1) for line in text.splitlines() if line.strip())


def test_no_file_names_a_registry_or_a_machine():
    found = []
    for name in committed():
        text = (BASE_DIR / name).read_bytes().decode("utf-8", "ignore").lower()
        found += [f"{name}: {word}" for word in FORBIDDEN if word in text]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_hashes_only(lock):
    parts = pins(lock)
    assert parts
    for name, rest in parts.items():
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name)
        assert re.fullmatch(r"[^\s;]+( *;[^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", rest), (name, rest)


def test_the_tests_run_on_the_versions_that_are_served():
    tested = pins("tests/requirements.lock")
    served = pins("requirements.lock")
    assert {name: tested.get(name) for name in served} == served


def test_the_front_end_lock_holds_hashes_only():
    packages = json.loads((BASE_DIR / "static/package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert name == "" or package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
