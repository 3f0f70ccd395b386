"""manage.py import_practices FILE…: take in the register of practices as it is published."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.importing.compare import plan_import
from practices.importing.plan import LineKind, Plan
from practices.importing.unpack import Unreadable
from practices.models import Person
from practices.register_actions import Outdated, Source, Unchanged, import_register
from resilience.core.access import Denied

_SHOWN = 20


def read(paths: list[str]) -> list[Source]:
    """The files named on the command line. Raises CommandError for one that cannot be opened."""
    sources = []
    for path in map(Path, paths):
        try:
            sources.append(Source(path.name, path.read_bytes()))
        except OSError as error:
            raise CommandError(f"{path} cannot be opened: {error.strerror}.") from None
    return sources


def person(email: str | None) -> Person | None:
    """Who runs the command, for the trail; nobody when not said. Raises CommandError for an unknown email."""
    if not email:
        return None
    found = Person.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise CommandError(f"Nobody signs in with {email}: give the email of a person on record after --by.")
    return found


class Command(BaseCommand):
    help = (
        "Imports the ODS register of practices (epraccur), commissioners' names (eccg), registered patients, "
        "networks and NHS payments' names: csv files as published, plain or packed (xz, gz, bz2, zip). "
        "Shows what would change, then writes all of it or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--yes", action="store_true", help="write without asking")
        parser.add_argument("--by", metavar="EMAIL", help="who imports, for the trail")

    def handle(self, *args: Any, **options: Any) -> None:
        sources, by = read(options["files"]), person(options["by"])
        try:
            if options["yes"]:
                self.show(import_register(by=by, sources=sources))
            elif not self.ask(sources, by):
                return
        except Unchanged as unchanged:
            self.show(unchanged.plan)
            self.stdout.write(str(unchanged))
            return
        except (Unreadable, Outdated, Denied) as error:
            raise CommandError(f"{error} Nothing was written.") from None
        self.stdout.write(self.style.SUCCESS("Written."))

    def ask(self, sources: list[Source], by: Person | None) -> bool:
        plan = plan_import(sources)
        self.show(plan)
        if plan.is_empty:
            self.stdout.write("Nothing to write.")
            return False
        if not sys.stdin.isatty():
            self.stdout.write("Nothing was written. Add --yes to write this.")
            return False
        if input("Write this? (yes or no) ").strip().lower() not in ("y", "yes"):
            self.stdout.write("Nothing was written.")
            return False
        import_register(by=by, sources=sources, digest=plan.digest)
        return True

    def show(self, plan: Plan) -> None:
        """The preview: every count, the first lines of each part, all that is rejected."""
        for words, count in plan.summary().items():
            self.stdout.write(f"{words:>60}: {count:,}")
        for kind in LineKind:
            lines = plan.of(kind)
            if lines:
                self.stdout.write(f"\n{kind}: {len(lines):,}")
            for line in lines[:_SHOWN]:
                self.stdout.write(f"  {line.code} {line.name}: {line.words}")
            if len(lines) > _SHOWN:
                self.stdout.write(f"  and {len(lines) - _SHOWN:,} more")
        if plan.rejected:
            self.stdout.write(f"\nRejected: {len(plan.rejected):,}")
        for rejected in plan.rejected:
            self.stdout.write(f"  {rejected.file}, row {rejected.row}: {rejected.reason}")
        for note in plan.notes:
            self.stdout.write(note)
