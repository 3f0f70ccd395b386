"""`manage.py start`: the web server and the two workers live and end together."""

import http.client
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from resilience.environment import BASE_DIR


def start(environment, **more):
    return subprocess.Popen(
        [sys.executable, "manage.py", "start"],
        cwd=BASE_DIR, env=environment | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextmanager
def serving(environment):
    with start(environment) as process:
        try:
            assert any(line.startswith("Serving on") for line in process.stdout), process.stderr.read()
            yield process
        finally:
            process.kill()


def children(process) -> dict[str, int]:
    """The processes under `process`, by what they do."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == process.pid:
                words = (folder / "cmdline").read_text().split("\0")
                found[next((each for each in ("worker", "db_worker") if each in words), "web")] = int(
                    folder.name
                )
        except OSError:
            continue
    return found


def wait_for_end(pids):
    """Returns when none of these processes, which are not our own children, is left."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([handle], [], [], 30)[0], f"process {pid} is still there"
        os.close(handle)


def answers(environment) -> bool:
    """Does it send a stranger to https?"""
    with socket.create_connection(("127.0.0.1", int(environment["PORT"])), timeout=60) as client:
        client.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return client.recv(100).startswith(b"HTTP/1.0 301 ")


def test_the_first_start_needs_nothing_and_the_second_keeps_the_data(new_office):
    database = Path(new_office["DATA_DIR"], "db.sqlite3")
    made = []
    for _ in range(2):
        with serving(new_office):
            assert answers(new_office)
        made.append((database.stat().st_ino, count(database, "django_migrations")))
    assert made[0] == made[1]
    assert count(database, "core_trailentry") == 0


def count(database, table) -> int:
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all(office_environment, number):
    with serving(office_environment) as process:
        all_of_them = children(process)
        assert set(all_of_them) == {"web", "worker", "db_worker"}
        assert answers(office_environment)
        process.send_signal(number)
        assert process.wait(30) == 0
        wait_for_end(all_of_them.values())


@pytest.mark.parametrize("victim", ["web", "worker", "db_worker"])
def test_the_end_of_one_is_the_end_of_the_others(office_environment, victim):
    with serving(office_environment) as process:
        all_of_them = children(process)
        os.kill(all_of_them[victim], signal.SIGKILL)
        assert process.wait(30) == 1
        wait_for_end(all_of_them.values())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_killed_outright_it_leaves_the_port_free(office_environment):
    with serving(office_environment) as process:
        all_of_them = children(process)
        process.kill()
        wait_for_end(all_of_them.values())
    with serving(office_environment):
        pass


def test_styles_are_served_compressed_under_a_name_that_holds_their_hash(office_environment):
    with serving(office_environment):
        names = json.loads(Path(office_environment["DATA_DIR"], "static/staticfiles.json").read_text())[
            "paths"
        ]
        web = http.client.HTTPConnection("127.0.0.1", int(office_environment["PORT"]), timeout=10)
        web.request(
            "GET",
            f"/static/{names['app.css']}",
            headers={"Accept-Encoding": "gzip", "X-Forwarded-Proto": "https"},
        )
        answer = web.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        web.close()


def test_a_port_in_use_is_said_in_a_sentence(office_environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(office_environment["PORT"])))
        taken.listen()
        process = start(office_environment)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.splitlines()[-1].endswith("set PORT to another number.")
    assert (out, "Traceback" in err) == ("", False)


@pytest.mark.parametrize(
    "url", ["postgres://u:secret@127.0.0.1:1/name", "sqlite:////proc/nowhere/file.sqlite3"]
)
def test_a_database_that_does_not_answer_is_said_in_a_sentence(office_environment, url):
    process = start(office_environment, DATABASE_URL=url)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Set DATABASE_URL to a database that answers" in err.splitlines()[-1]
    assert (out, "Traceback" in err) == ("", False)
    assert "secret" not in err
