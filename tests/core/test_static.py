"""Static files: hashed and compressed once collected, plain before."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.templatetags.static import static

from resilience.core.static import HashedFiles
from resilience.environment import BASE_DIR


@pytest.fixture
def collected(settings, tmp_path):
    """The storage as a process started after ``collectstatic`` has it."""
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    return HashedFiles()


def named() -> set[str]:
    """Every static file that a template names."""
    pages = BASE_DIR.joinpath("templates").rglob("*.html")
    return {name for page in pages for name in re.findall(r'{% static "([^"]+)" %}', page.read_text())}


def test_before_they_are_collected_files_keep_their_names():
    assert isinstance(staticfiles_storage._wrapped, HashedFiles)
    assert static("app.css") == "/static/app.css"
    assert {name for name in named() if not finders.find(name)} == set()


def test_what_the_templates_name_is_there_under_its_hash(collected, tmp_path):
    assert {"app.css", "app.js", "supported.js"} <= named()
    for name in named():
        url = collected.url(name)
        assert re.fullmatch(r"/static/.+\.[0-9a-f]{12}\.\w+", url)
        assert (tmp_path / url.removeprefix("/static/")).read_bytes()
    assert (tmp_path / (collected.url("app.css").removeprefix("/static/") + ".gz")).exists()


def test_the_stylesheet_finds_its_images_under_their_hashes(collected, tmp_path):
    css = (tmp_path / collected.url("app.css").removeprefix("/static/")).read_text()
    images = [name.strip("\"'") for name in re.findall(r"url\(([^)]+)\)", css)]
    files = [name for name in images if not name.startswith("data:")]
    assert files
    for name in files:
        assert re.fullmatch(r"images/.+\.[0-9a-f]{12}\.svg", name)
        assert (tmp_path / name).exists()


def test_collecting_again_changes_nothing(collected, tmp_path):
    def files():
        return {path.name for path in tmp_path.rglob("*")}

    first = files()
    call_command("collectstatic", interactive=False, verbosity=0)
    assert files() == first
