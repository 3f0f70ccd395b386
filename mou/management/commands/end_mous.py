from django.core.management.base import BaseCommand

from mou.ending.actions import end_what_is_due
from resilience.core.words import plural


class Command(BaseCommand):
    """Safe to run at any time and twice at once: an MoU ends once."""

    help = "End every MoU whose notice has run out or whose end date has passed."

    def handle(self, **options):
        if count := end_what_is_due():
            self.stdout.write(f"Ended {plural(count, 'MoU')}.")
