#!/usr/bin/env python
"""The commands of the service; a missing or bad setting stops any of them with one sentence and status 2."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resilience.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first look reads the settings
    except ImproperlyConfigured as sentence:
        print(sentence, file=sys.stderr)
        sys.exit(2)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
