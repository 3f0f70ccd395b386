from django.core.management.base import BaseCommand

from resilience.core.words import plural
from resilience.referrals.reminders import send_all


class Command(BaseCommand):
    help = "Reminds officers of acknowledgements that fall due soon or are overdue. Safe to run at any time, twice too."

    def handle(self, *args, **options) -> None:
        count = send_all()
        if count:
            self.stdout.write(f"Reminded of {plural(count, 'referral')}.")
