from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from resilience.core.access import Denied
from resilience.core.erasure import erase_reason
from resilience.core.models import TrailEntry


class Command(BaseCommand):
    help = "Erases the words of a reason from the trail (a person's right); the chain stays whole."

    def add_arguments(self, parser) -> None:
        parser.add_argument("sequence", type=int, help="the number of the trail's entry")
        parser.add_argument("--by", required=True, help="the email address of the administrator who does it")
        parser.add_argument("--why", required=True, help="the reason, which stays on the trail")

    def handle(self, *args, **options) -> None:
        person = get_user_model().objects.filter(email__iexact=options["by"].strip()).first()
        if person is None:
            raise CommandError(f"Nobody has the address {options['by']}.")
        entry = TrailEntry.objects.filter(pk=options["sequence"]).first()
        if entry is None:
            raise CommandError(f"The trail has no entry {options['sequence']}.")
        if not options["why"].strip():
            raise CommandError("Say why, with --why.")
        try:
            erase_reason(by=person, entry=entry, why=options["why"].strip())
        except Denied as denied:
            raise CommandError(str(denied)) from denied
        self.stdout.write(f"The words given with entry {entry.pk} are erased; the trail is whole.")
