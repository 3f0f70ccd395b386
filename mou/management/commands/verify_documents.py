from collections import Counter

from django.core.management.base import BaseCommand, CommandError

from mou.proof import conformance
from mou.proof.documents import check_all
from mou.seal_key import SealError
from resilience.core.words import plural


class Command(BaseCommand):
    """Reads and writes nothing else; one document at a time, so its memory does not grow with their number."""

    help = (
        "Checks every stored file against its hash, every MoU against its signatures, the trail and its seal, and "
        "names what is bad; exits 1 when anything is."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "--conformance", action="store_true",
            help="check every rule of PDF/A-3a and PDF/UA-1, too (needs the package page-validation)",
        )  # fmt: skip

    def handle(self, **options):
        validator = None
        if options["conformance"]:
            if not conformance.is_installed():
                raise CommandError(
                    "The checker of PDF/A-3a and PDF/UA-1 is not installed: pip install page-validation. "
                    "Without --conformance, everything else is checked."
                )
            validator = conformance.validator()
        counts: Counter[str] = Counter()
        bad: set[str] = set()
        try:
            for each in check_all(validator):
                counts[each.what] += 1
                for sentence in each.wrong:
                    bad.add(each.name)
                    self.stdout.write(f"{each.name}: {sentence}")
        except SealError as error:
            raise CommandError(str(error)) from error
        checked = ", ".join(plural(count, what) for what, count in counts.items()) or "nothing is stored yet"
        if bad:
            raise CommandError(f"{plural(len(bad), 'document')} not as on record. Checked: {checked}.")
        self.stdout.write(f"Every document is as on record. Checked: {checked}.")
