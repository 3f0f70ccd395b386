from django.core.management.base import BaseCommand

from funding.stages.actions import open_by_date
from resilience.core.words import plural


class Command(BaseCommand):
    help = "Makes payable the payment stages that open on a date that has come. Safe to run at any time, twice too."

    def handle(self, *args, **options) -> None:
        if count := open_by_date():
            self.stdout.write(f"{plural(count, 'payment')} became payable.")
