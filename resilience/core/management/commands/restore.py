from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from resilience.core import backups
from resilience.core.management.commands.backup import say


class Command(BaseCommand):
    help = "Brings a backup back into an empty database, and checks that everything agrees."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="what `manage.py backup` wrote")

    def handle(self, *, folder: Path, **options):
        try:
            manifest = backups.restore(folder)
        except backups.BackupError as sentence:
            raise CommandError(sentence) from None
        self.stdout.write(f"Restored, and all agrees: {say(manifest)}")
