import ctypes
import os
import signal
import socket
import subprocess  # nosec B404
import sys
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

HOST = "127.0.0.1"
PATIENCE = 30  # seconds a process may take to finish what it is doing


class Command(BaseCommand):
    help = (
        "Migrates, collects the styles and scripts, loads the demonstration on its first start, and serves with "
        "the two background workers beside."
    )

    def add_arguments(self, parser):
        parser.add_argument("--host", default=HOST, help=f"the address to listen on ({HOST})")

    def handle(self, **options):
        check_port(options["host"], settings.PORT)
        check_database()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if settings.DEMO and not get_user_model()._default_manager.exists():
            self.stdout.write("Loading the demonstration")
            call_command("load_demo")
        connection.close()
        together = Together(options["host"], settings.PORT)
        if together.wait_until_serving():
            self.say_where(options["host"])
        if not together.wait():
            raise CommandError("One of the processes ended, so the others were stopped.", returncode=1)

    def say_where(self, host: str) -> None:
        self.stdout.write(f"Serving on http://{host}:{settings.PORT} (Ctrl-C stops it)")
        if settings.DEMO:
            self.stdout.write("Sign in to the demonstration as")
            for role, email, password in import_string(settings.DEMO_SIGN_INS)():
                self.stdout.write(f"  {role:<20} {email:<44} {password}")
        self.stdout.flush()


def check_port(host: str, port: int) -> None:
    """Raises CommandError (2) when the port is taken, or not this user's to take."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as reason:
            raise CommandError(
                f"Cannot serve on {host}:{port} ({reason.strerror}): set PORT to another number.",
                returncode=2,
            ) from None


def check_database() -> None:
    """Raises CommandError (2) when the database of DATABASE_URL does not answer."""
    try:
        connection.ensure_connection()
    except OperationalError as reason:
        detail = str(reason).splitlines()[0]
        raise CommandError(f"Set DATABASE_URL to a database that answers ({detail}).", returncode=2) from None


class Together:
    """The web server and both workers: a signal to us stops all, the end of one stops the others."""

    def __init__(self, host: str, port: int):
        self.address = (host, port)
        self.stopping = False
        self.processes: list[subprocess.Popen] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        web = ["-m", "gunicorn", "resilience.wsgi:application", "--bind", f"{host}:{port}", "--threads", "4"]
        web += [
            "--workers",
            os.environ.get("WEB_CONCURRENCY", "2"),
            "--timeout",
            "120",
            "--log-level",
            "warning",
        ]
        web += ["--graceful-timeout", "10", "--no-control-socket"]
        for arguments in (web, ["manage.py", "worker"], ["manage.py", "db_worker", "--verbosity", "0"]):
            self.processes.append(
                subprocess.Popen(  # nosec B603 # fixed words and a checked port
                    [sys.executable, *arguments],
                    cwd=settings.BASE_DIR,
                    start_new_session=True,  # Ctrl-C reaches us alone, and we pass it on
                    preexec_fn=end_with_parent,
                )
            )

    def stop(self, *_: Any) -> None:
        self.stopping = True
        for process in self.processes:
            process.terminate()

    def wait_until_serving(self) -> bool:
        while all(process.poll() is None for process in self.processes):
            try:
                socket.create_connection(self.address, timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return not self.stopping
        return False

    def wait(self) -> bool:
        """Returns when all have ended: True if they were asked to."""
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        asked = self.stopping
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return asked


def end_with_parent() -> None:
    """On Linux, a process whose parent is killed outright is told to end too: the port is free again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
