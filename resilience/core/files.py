"""Files of the parts we did not write (attachments of queued email), kept in the database with everything else."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

from resilience.core.models import StoredFile


class StoredFiles(Storage):
    """Keeps what it is given as a ``StoredFile``, so that it commits, or vanishes, with the act.

    A file's name is "id/name". The same bytes are kept once.
    """

    def _save(self, name: str, content: File) -> str:
        data = content.read()
        plain = name.rpartition("/")[2][-80:]
        digest = hashlib.sha256(data).hexdigest()
        found = StoredFile.objects.filter(sha256=digest, export=None).first()  # an export goes
        if found is None:
            kind = getattr(content, "content_type", None) or "application/octet-stream"
            found = StoredFile.keep(name=plain, content_type=kind, content=data, by=None)
        return f"{found.pk}/{plain}"

    def _find(self, name: str) -> StoredFile:
        number = name.partition("/")[0]
        found = StoredFile.objects.filter(pk=number).first() if number.isdigit() else None
        if found is None:
            raise FileNotFoundError(name)
        return found

    def _open(self, name: str, mode: str = "rb") -> File:
        return ContentFile(bytes(self._find(name).content), name=name)

    def exists(self, name: str) -> bool:
        """Never in the way: each file has its own number."""
        return False

    def size(self, name: str) -> int:
        return self._find(name).size

    def delete(self, name: str) -> Any:
        """Nothing: the record may point at the same bytes."""
