"""What is not a published file is refused in one sentence, and nothing is written."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from practices.importing import columns
from practices.importing.columns import REGISTER_KINDS, recognise
from practices.importing.compare import plan_import
from practices.importing.unpack import MAX_ROWS, Unreadable, rows
from practices.models import Practice
from practices.register_actions import Source
from tests.practices.registers import register, row

GOOD = register(row("Y00001"), row("Y00002")).content


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return made.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        GOOD,
        GOOD.replace(b"\r\n", b"\n"),
        b"\xef\xbb\xbf" + GOOD,
        lzma.compress(GOOD),
        lzma.compress(GOOD[:100]) + lzma.compress(GOOD[100:]),
        gzip.compress(GOOD),
        bz2.compress(GOOD),
        zipped(epraccur_csv=GOOD, epraccur_pdf=b"%PDF-1.4"),
    ],
    ids=["crlf", "lf", "bom", "xz", "xz of two streams", "gz", "bz2", "zip"],
)
def test_a_file_is_taken_as_it_is_published(packed):
    found = recognise("file", packed, REGISTER_KINDS)
    assert found.kind is columns.REGISTER
    assert [cells[0] for _, cells in found.rows] == ["Y00001", "Y00002"]


def test_names_of_another_age_are_read():
    content = register(row("Y00001", name="CAFÉ STREET")).content.decode().encode("cp1252")
    assert next(rows("file", content))[1] == "CAFÉ STREET"


BOMB = b"0" * (60 * 1024 * 1024)


def rows_without_end() -> bytes:
    bad = [row("Y00001", status="Q")] * 40
    return register(*[row(f"Y1{n:04d}") for n in range(60)], *bad * 500).content


# What is large is made in the test, not while tests are collected.
REFUSED = [
    (b"", "is empty"),
    (b"  \r\n ", "is empty"),
    (b"\x00\x01\x02" * 1000, "is not a text file"),
    (bytes(range(128, 256)) * 100, "is not a text file"),
    (b"%PDF-1.7 and more", "is not a text file"),
    (lzma.compress(GOOD)[:-20], "is damaged"),
    (gzip.compress(GOOD)[:-10], "is damaged"),
    (b"PK\x03\x04 rubbish", "is damaged"),
    (b"\xfd7zXZ\x00rubbish", "is damaged"),
    (zipped(readme_txt=b"hello"), "no csv file in it"),
    (zipped(one_csv=GOOD, two_csv=GOOD), "2 csv files in it"),
    (lambda: lzma.compress(BOMB), "unpacks to more than 50 MB"),
    (lambda: gzip.compress(BOMB), "unpacks to more than 50 MB"),
    (lambda: bz2.compress(BOMB), "unpacks to more than 50 MB"),
    (lambda: zipped(bomb_csv=BOMB), "unpacks to more than 50 MB"),
    (lambda: zipped(rows_csv=GOOD * 30 + b",\n" * MAX_ROWS), "more than 200,000 rows"),
    (b"name,town\nA,B\n", "none of the files taken here"),
    (b'"' + b"a" * 200_000 + b'"\n', "cannot be read as a csv file"),
    (register(row("Y00001")[:26], row("Y00002")[:26]).content, "has 26 columns where those files have 27"),
    (register(row("Y00001", status="Z"), row("Y00002", status="Z")).content, "column 13"),
    (b"PUBLICATION,TYPE,CODE,SEX,AGE,NUMBER_OF_PATIENTS\nx,GP,Y00001,ALL,ALL,5\n", "no column for: extract date"),
    (b"EXTRACT_DATE,PRACTICE_CODE,PCN_NAME\n01JAN2021,Y00001,x\n", "no column for: PCN code"),
    (b"EXTRACT_DATE,CODE,SEX,AGE,NUMBER_OF_PATIENTS\n01JAN2021,Y00001,MALE,5,7\n", "choose gp-reg-pat-prac-all"),
    (b"Practice.Code,Year,latest_rating\nY00001,2018,Good\n", "import_indicators"),
    (rows_without_end, "over 1,000 rows that cannot be taken"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.django_db
def test_what_cannot_be_taken_is_refused(content, sentence):
    content = content() if callable(content) else content
    with pytest.raises(Unreadable, match=sentence) as refused:
        plan_import([Source("upload.csv", content)])
    assert str(refused.value).startswith("upload.csv ")
    assert "\n" not in str(refused.value)


# The command.


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "epraccur.csv"
    path.write_bytes(GOOD)
    return path


@pytest.mark.django_db
def test_the_command_shows_and_writes_only_when_told(file, capsys):
    call_command("import_practices", file)
    said = capsys.readouterr().out
    assert "New practices: 2" in said
    assert "Add --yes" in said
    assert not Practice.objects.exists()
    call_command("import_practices", file, "--yes")
    assert Practice.objects.count() == 2
    call_command("import_practices", file, "--yes")
    assert "Nothing to write" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["missing.csv"], "cannot be opened"),
        (["--by", "nobody@example.nhs.uk"], "Nobody signs in with"),
    ],
)
def test_the_command_says_what_is_wrong(file, options, sentence):
    files = [] if options[0].endswith(".csv") else [file]
    with pytest.raises(CommandError, match=sentence):
        call_command("import_practices", *files, *options, "--yes")


KILLED = """
import os, signal, django
django.setup()
from django.core.management import call_command
from practices.importing import write
whole = write.put
def put(model, *args, **options):
    whole(model, *args, **options)
    if model.__name__ == "Membership":
        os.kill(os.getpid(), signal.SIGKILL)
write.put = put
call_command("import_practices", {file!r}, "--yes")
"""


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the process that is killed has an SQLite of its own"
)
@pytest.mark.django_db(transaction=True)
def test_killed_half_way_leaves_nothing(file, tmp_path):
    """kill -9 after the practices are in the database and before the act is whole."""
    (tmp_path / "data").mkdir()
    connection.cursor().execute("VACUUM INTO %s", [str(tmp_path / "data" / "db.sqlite3")])
    environment = {
        "DEMO": "1", "DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "resilience.settings",
        "PATH": "/usr/bin:/bin",
    }  # fmt: skip

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )

    counts = (
        "import django; django.setup(); from practices.models import *; from resilience.core.models import TrailEntry;"
        "print(*(m.objects.count() for m in (Practice, Organisation, Membership, DataImport, TrailEntry)))"
    )
    killed = run("-c", KILLED.format(file=str(file)))
    assert killed.returncode == -9, killed.stderr
    assert run("-c", counts).stdout.split() == ["0", "0", "0", "0", "0"]
    again = run("manage.py", "import_practices", str(file), "--yes", "--skip-checks")
    assert again.returncode == 0, again.stderr
    assert run("-c", counts).stdout.split() == ["2", "3", "2", "1", "1"]
