import os
import shutil
import socket
import subprocess
import sys

import pytest

from resilience.environment import BASE_DIR


def settings_of(folder, port: int = 8000) -> dict[str, str]:
    """A whole office's settings for a process of its own, on an SQLite in this folder."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DEMO", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "DEFAULT_FROM_EMAIL")
    }
    return inherited | {
        "SECRET_KEY": "0123456789" * 5,
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "https://resilience.example.nhs.uk",
        "EMAIL_URL": f"file://{folder}/mail",
        "DATA_DIR": str(folder),
        "PORT": str(port),
    }


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A data folder whose migrations are done: they take longer than all else that a start does."""
    folder = tmp_path_factory.mktemp("migrated")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=BASE_DIR, env=settings_of(folder), check=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def new_office(tmp_path):
    """The settings of an office that was never started, on a port that nobody else uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return settings_of(tmp_path, free.getsockname()[1])


@pytest.fixture
def office_environment(new_office, migrated):
    """The same, where only the migrations are done."""
    shutil.copytree(migrated, new_office["DATA_DIR"], dirs_exist_ok=True)
    return new_office
