import os
import socket

import pytest


@pytest.fixture
def office_environment(tmp_path):
    """A whole office's settings for a process of its own, on an SQLite and a port that nobody else uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DEMO", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "DEFAULT_FROM_EMAIL")
    }
    return inherited | {
        "SECRET_KEY": "0123456789" * 5,
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "https://resilience.example.nhs.uk",
        "EMAIL_URL": f"file://{tmp_path}/mail",
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
    }
