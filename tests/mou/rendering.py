"""What processes that render are given in tests: found by name in them, so nothing here knows the service."""

import os
import signal

from resilience.core import pdf


def shout(html, **options):
    return html.upper().encode()


def die(html, **options):
    os.kill(os.getpid(), signal.SIGKILL)


def poisoned(html, **options):
    """Of one practice, the document ends its process."""
    if "Street 0" in html:
        die(html)
    return pdf.render(html, **options)
