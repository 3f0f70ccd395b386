import logging
import signal
import threading

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from resilience.core.alone import alone

logger = logging.getLogger("resilience.worker")


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
        with alone("worker") as ours:
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
