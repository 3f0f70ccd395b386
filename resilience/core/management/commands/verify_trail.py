from django.core.management.base import BaseCommand, CommandError

from resilience.core import trail


class Command(BaseCommand):
    help = "Walks the trail and names the first bad entry. --head HASH also proves that nothing was cut off."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--head", default="", help="a head printed earlier (in an MoU or a backup)")

    def handle(self, *args, **options) -> None:
        for sentence in trail.verify():
            raise CommandError(sentence)
        wanted = options["head"].strip().lower()
        if wanted and not trail.TrailEntry.objects.filter(hash=wanted).exists():
            raise CommandError("The trail does not hold that head: entries were cut off or replaced.")
        last = trail.head()
        if last is None:
            self.stdout.write("The trail is empty.")
        else:
            self.stdout.write(f"The trail is whole: {last.sequence} entries. Head {last.hash}")
