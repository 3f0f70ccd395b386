"""A backup made while people work comes back whole, and one that was touched does not come back at all."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from funding import actions
from funding.models import Transfer
from mou.seal_key import seal_key
from resilience.core import backups, trail
from resilience.core.access import Role
from resilience.core.models import TrailEntry
from resilience.environment import BASE_DIR
from tests.factories import make_ccg, make_local_office, make_person, make_year
from tests.mou.world import make_world, send_mou, sign_both

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = ("rows", "totals", "trail_head", "database")


@pytest.fixture
def seal(settings, tmp_path):
    settings.SEAL_DIR = tmp_path / "seal"
    seal_key()
    return settings.SEAL_DIR


@pytest.fixture
def allocate(seal):
    """Sets the allocation once more, to another sum each time."""
    office = make_local_office()
    person, year, ccg = make_person(Role.FINANCE_LEAD), make_year(office), make_ccg(office)
    numbers = itertools.count(1)

    def allocate():
        n = next(numbers)
        return actions.set_allocation(
            by=person, year=year, commissioner=ccg, amount=n * 100, why="Letter", key=f"key {n}"
        )

    allocate()
    return allocate


@pytest.fixture
def place(tmp_path):
    """The environment of another machine, whose database is empty."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")
    } | {"DEMO": "1", "DATA_DIR": str(tmp_path / "other")}
    if connection.vendor == "sqlite":
        yield environment
        return
    settings = connection.settings_dict
    name = f"{settings['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    person = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
    yield environment | {
        "DATABASE_URL": f"postgres://{person}@{settings['HOST']}:{settings['PORT'] or 5432}/{quote(name)}"
    }
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}"')


def command(environment, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def refusal(environment, folder) -> str:
    done = command(environment, "restore", folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_backup_under_load_comes_back_as_it_was(allocate, place, tmp_path, capsys):
    stopping, busy, wrong = threading.Event(), threading.Event(), []

    def work():
        try:
            while not stopping.is_set():
                allocate()
                busy.set()
        except Exception as reason:
            wrong.append(reason)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    assert busy.wait(30)
    before = TrailEntry.objects.count()
    try:
        manifests = [backups.backup(tmp_path / f"backup{n}") for n in range(3)]
    finally:
        stopping.set()
        worker.join()
    assert wrong == []
    heads = [manifest["trail_head"]["sequence"] for manifest in manifests]
    assert before <= heads[0] < heads[-1], "nobody wrote while the backups were made"
    for manifest in manifests:
        # Each allocation leaves one entry and one transfer of £1: a torn copy would not add up.
        assert manifest["rows"]["core_trailentry"] == manifest["trail_head"]["sequence"]
        assert manifest["rows"]["funding_transfer"] * 100 == manifest["totals"]["funding.Transfer.amount"]
    done = command(place, "restore", tmp_path / "backup2")
    assert done.returncode == 0, done.stderr
    assert manifests[2]["trail_head"]["hash"] in done.stdout
    assert command(place, "backup", tmp_path / "again").returncode == 0
    again = json.loads((tmp_path / "again" / backups.MANIFEST).read_text())
    assert {name: again[name] for name in FACTS} == {name: manifests[2][name] for name in FACTS}
    sealed = {name: digest for name, digest in manifests[2]["files"].items() if name.startswith("seal/")}
    assert any("trusted" in name for name in sealed)
    assert sealed.items() <= again["files"].items()
    assert oct((tmp_path / "other" / "seal" / "seal.pem").stat().st_mode)[-3:] == "600"


def test_documents_come_back_as_they_were_sealed(seal, place, tmp_path):
    world = make_world()
    sign_both(world, send_mou(world))
    backups.backup(tmp_path / "backup")
    assert command(place, "restore", tmp_path / "backup").returncode == 0
    checked = command(place, "verify_documents", "--conformance")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 document, 1 seal, 2 signatures" in checked.stdout
    shutil.rmtree(tmp_path / "other" / "seal" / "trusted")
    unknown = command(place, "verify_documents")
    assert unknown.returncode == 1
    assert f"{world.referral.reference}, MoU-" in unknown.stdout


def test_the_command_says_what_it_wrote(allocate, tmp_path, capsys):
    call_command("backup", tmp_path / "backup")
    said = capsys.readouterr().out
    assert backups.DATABASE[connection.vendor] in said
    assert "seal/seal.pem" in said
    assert trail.head().hash in said
    assert oct((tmp_path / "backup").stat().st_mode)[-3:] == "700"
    with pytest.raises(CommandError, match="holds something already"):
        call_command("backup", tmp_path / "backup")


def test_a_touched_backup_is_refused_before_anything_is_written(allocate, place, tmp_path):
    made = tmp_path / "backup"
    backups.backup(made)
    name = backups.DATABASE[connection.vendor]

    def touched(change) -> str:
        copy = tmp_path / "touched"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(made, copy)
        change(copy)
        return refusal(place, copy)

    def flip(copy):
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)

    assert f"{name} is not what its manifest says" in touched(flip)
    assert "seal/seal.pem is missing" in touched(lambda copy: (copy / "seal/seal.pem").unlink())
    assert "extra.txt is not what its manifest says" in touched(
        lambda copy: (copy / "extra.txt").write_text("x")
    )
    assert "is no backup" in touched(lambda copy: (copy / backups.MANIFEST).unlink())
    assert command(place, "restore", made).returncode == 0, "a refusal left something behind"


def test_a_manifest_that_tells_of_another_trail_is_found_out(allocate, place, tmp_path):
    """As when the tail of the trail was cut off before a forged backup was made."""
    backups.backup(tmp_path / "backup")
    file = tmp_path / "backup" / backups.MANIFEST
    manifest = json.loads(file.read_text())
    manifest["trail_head"]["hash"] = "0" * 64
    manifest["rows"]["funding_transfer"] += 1
    manifest["totals"]["funding.Transfer.amount"] += 1
    file.write_text(json.dumps(manifest))
    said = refusal(place, tmp_path / "backup")
    assert "Do not use the restored database" in said
    assert "The trail does not end where the backup's did" in said
    assert f"funding_transfer should have {Transfer.objects.count() + 1} rows" in said
    assert "funding.Transfer.amount should add up to" in said


def test_it_is_restored_into_an_empty_database_only(allocate, place, tmp_path):
    backups.backup(tmp_path / "backup")
    count = TrailEntry.objects.count()
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", tmp_path / "backup")
    assert TrailEntry.objects.count() == count


def test_another_key_of_the_seal_is_not_written_over(allocate, place, tmp_path):
    backups.backup(tmp_path / "backup")
    own = tmp_path / "other" / "seal" / "seal.pem"
    own.parent.mkdir(parents=True)
    own.write_text("another")
    assert "move it away first" in refusal(place, tmp_path / "backup")
    assert own.read_text() == "another"


def test_a_backup_of_another_kind_of_database_is_refused(allocate, place, tmp_path):
    backups.backup(tmp_path / "backup")
    file = tmp_path / "backup" / backups.MANIFEST
    manifest = json.loads(file.read_text())
    manifest["database"] = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    file.write_text(json.dumps(manifest))
    assert "name a database of the same kind" in refusal(place, tmp_path / "backup")


def test_missing_programs_of_postgresql_are_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(backups.BackupError, match="pg_dump is not installed: install PostgreSQL's client"):
        backups._run_postgresql("pg_dump")
