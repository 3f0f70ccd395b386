from django.core.management.base import BaseCommand

from resilience.core import outbox


class Command(BaseCommand):
    help = "Deletes the letters of the queue that were sent, or given up on, longer ago than EMAIL_KEPT."

    def handle(self, **options):
        if count := outbox.forget():
            self.stdout.write(f"{count} letters deleted.")
