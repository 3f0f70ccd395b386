"""manage.py import_indicators FILE…: take in published figures about practices."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.importing.indicators import IndicatorPlan
from practices.importing.unpack import Unreadable
from practices.management.commands.import_practices import person, read
from practices.register_actions import Unchanged, import_indicators
from resilience.core.access import Denied


class Command(BaseCommand):
    help = (
        "Imports CQC ratings, QOF achievement, workforce and deprivation figures of practices on record: csv files "
        "as published, plain or packed (xz, gz, bz2, zip). All of it is written, or nothing; twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--by", metavar="EMAIL", help="who imports, for the trail")
        parser.add_argument(
            "--period", default="", help="the year of a QOF file that does not say, such as 2018/19"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sources, by = read(options["files"]), person(options["by"])
        try:
            self.show(import_indicators(by=by, sources=sources, period=options["period"]))
        except Unchanged as unchanged:
            self.show(unchanged.plan)
            self.stdout.write(str(unchanged))
            return
        except (Unreadable, Denied) as error:
            raise CommandError(f"{error} Nothing was written.") from None
        self.stdout.write(self.style.SUCCESS("Written."))

    def show(self, plan: IndicatorPlan) -> None:
        for words, count in plan.summary().items():
            self.stdout.write(f"{words:>40}: {count:,}")
        for rejected in plan.rejected:
            self.stdout.write(f"  {rejected.file}, row {rejected.row}: {rejected.reason}")
