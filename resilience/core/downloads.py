"""Files that people take away."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def download(name: str, content_type: str, content: bytes) -> HttpResponse:
    """A file that a browser saves under ``name`` and never shows as a page of ours."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
