from django.core.management.base import BaseCommand, CommandError

from resilience.demo import loading


class Command(BaseCommand):
    help = "Loads the fictional demonstration into an empty database: all of it, or nothing."

    def handle(self, *args, **options) -> None:
        if loading.is_loaded():
            raise CommandError(
                "There is data here already: the demonstration is loaded into an empty database."
            )
        loading.load()
        self.stdout.write("The demonstration is loaded.")
