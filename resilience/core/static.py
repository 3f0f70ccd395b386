"""Styles, scripts and images under names that hold their hash, compressed: a browser asks for each once."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Hashed names once ``collectstatic`` has run; before that (tests, ``runserver``), the plain ones.

    ``manage.py start`` runs it; whoever serves ``resilience.wsgi`` another way runs it after each update.
    """

    def stored_name(self, name: str) -> str:
        return self.hashed_files.get(self.hash_key(name), name)
