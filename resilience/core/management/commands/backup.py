from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from resilience.core import backups


class Command(BaseCommand):
    help = "Backs up the database and the seal's keys into a new folder, while the service works on."

    def add_arguments(self, parser):
        parser.add_argument(
            "folder", type=Path, help="a new or an empty folder; it holds secrets: keep it safe"
        )

    def handle(self, *, folder: Path, **options):
        try:
            manifest = backups.backup(folder)
        except backups.BackupError as sentence:
            raise CommandError(sentence) from None
        for name, digest in manifest["files"].items():
            self.stdout.write(f"{digest}  {folder / name}")
        self.stdout.write(say(manifest))


def say(manifest: dict) -> str:
    rows, head = sum(manifest["rows"].values()), manifest["trail_head"]
    ending = f"the trail ends at {head['sequence']}, head {head['hash']}" if head else "the trail is empty"
    return f"{rows} rows in {len(manifest['rows'])} tables; {ending}."
