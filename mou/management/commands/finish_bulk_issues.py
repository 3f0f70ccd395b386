from django.core.management.base import BaseCommand

from mou.bulk.actions import sweep


class Command(BaseCommand):
    """Safe to run at any time: no case gets two MoUs."""

    help = "Takes up the MoUs that were to be issued together when a worker stopped."

    def handle(self, **options):
        if count := sweep():
            self.stdout.write(f"Taken up: {count}")
