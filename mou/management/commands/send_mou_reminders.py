from django.core.management.base import BaseCommand

from mou.reminders import send_all


class Command(BaseCommand):
    help = "Reminds people of MoUs to sign and of what is due in delivery; each reminder once."

    def handle(self, **options):
        if count := send_all():
            self.stdout.write(f"{count} reminders")
