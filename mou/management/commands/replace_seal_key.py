from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mou.seal_key import SealError, replace_own_key


class Command(BaseCommand):
    """Documents sealed before stay verifiable: their certificate is kept."""

    help = "Make a new key to seal documents with, and keep the old certificate to check by."
    requires_system_checks = ()

    def handle(self, **options):
        if settings.SEAL_PKCS12:
            raise CommandError("The key is one you were given: set SEAL_PKCS12 to the new file, and restart.")
        try:
            key = replace_own_key(Path(settings.SEAL_DIR), settings.SEAL_NAME)
        except SealError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Documents are now sealed by a new key of {key.certificate.name}. "
            f"SHA-256 of its certificate: {key.certificate.fingerprint}"
        )
