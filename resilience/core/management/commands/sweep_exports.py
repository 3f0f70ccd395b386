from django.core.management.base import BaseCommand

from resilience.core import exports


class Command(BaseCommand):
    help = "Begins again the exports that a stopped worker left, and deletes files made longer ago than EXPORTS_KEPT."

    def handle(self, **options):
        exports.sweep()
