import fcntl
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connection

logger = logging.getLogger("resilience.worker")
LOCK = 8_231_064  # the advisory lock of a round: any number no other program of this database uses


class Command(BaseCommand):
    help = "Sends queued email and runs the commands of WORKER_COMMANDS, every WORKER_PAUSE seconds."

    def add_arguments(self, parser):
        parser.add_argument(
            "--once", action="store_true", help="one round, then exit; 1 if a part of it failed"
        )

    def handle(self, **options):
        if options["once"]:
            if not one_round():
                raise CommandError("A part of the round failed; the log says which.")
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        logger.debug("The worker is at work")
        while not stopping.is_set():
            one_round(stopping)
            stopping.wait(settings.WORKER_PAUSE)


def one_round(stopping: threading.Event | None = None) -> bool:
    """Runs each command once; one that fails is logged and keeps none of the others. True if none failed.

    Only one worker at a time has a round; another one finds the lock taken and has nothing to do.
    """
    failed = []
    try:
        with only_worker() as ours:
            commands = [("send_queued_mail", {"lockfile": str(settings.VAR / "send_queued_mail")})]
            commands += [(name, {}) for name in settings.WORKER_COMMANDS]
            for name, options in commands if ours else ():
                if stopping and stopping.is_set():
                    break
                try:
                    call_command(name, **options)
                except Exception:
                    failed.append(name)
                    logger.exception("%s failed; it runs again in the next round", name)
                finally:
                    close_old_connections()
    except Exception:
        failed.append("the round's lock")
        logger.exception("A worker's round could not begin")
    return not failed


@contextmanager
def only_worker() -> Iterator[bool]:
    """Whether this process alone works now: a PostgreSQL advisory lock, or a locked file beside SQLite.

    Either goes with the process that holds it, however that ends. The advisory lock has a connection of
    its own, as a command may close the usual one.
    """
    if connection.vendor == "postgresql":
        holder = connection.copy(DEFAULT_DB_ALIAS)
        try:
            with holder.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                yield cursor.fetchone()[0]
        finally:
            holder.close()
        return
    with open(settings.VAR / "worker.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
