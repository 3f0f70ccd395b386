from django.core.management.base import BaseCommand

from mou.agreement.stopping import expire_all


class Command(BaseCommand):
    help = "Ends each MoU that was not signed by its last day, and tells everyone concerned."

    def handle(self, **options):
        if count := expire_all():
            self.stdout.write(f"{count} MoUs expired")
