from django.core.management.base import BaseCommand, CommandError

from mou.agreement.actions import seal_now, unsealed
from resilience.core.words import plural


class Command(BaseCommand):
    """Safe to run at any time and twice at once: an MoU is sealed once."""

    help = "Finish the seal of every MoU that both sides have signed and that bears none yet."

    def handle(self, **options):
        waiting = unsealed()
        done = [seal_now(agreement) for agreement in waiting]
        if sum(done):
            self.stdout.write(f"Sealed {plural(sum(done), 'MoU')}.")
        if not all(done):
            raise CommandError(
                f"{plural(len(done) - sum(done), 'MoU')} could not be sealed: the log says why. "
                "Put that right and run this again."
            )
