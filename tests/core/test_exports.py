"""Files made in the background: for one person, with the rights of the moment, once, and never left half made."""

import pytest
from django.http import Http404
from django.test import override_settings

from resilience.core import exports
from resilience.core.access import Denied, P, Role
from resilience.core.models import Export
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@exports.maker
def greeting(person, arguments, progress, output):
    if arguments.get("raises"):
        raise {"denied": Denied("Not for you."), "gone": Http404(), "broken": ZeroDivisionError()}[
            arguments["raises"]
        ]
    progress(1, 2)
    output.write(f"Hello {person.name}{arguments['mark']}".encode())
    return "hello.txt", "text/plain"


def begin(person, **arguments):
    return exports.begin(by=person, maker=greeting, arguments={"mark": "!"} | arguments, what="A greeting")


@pytest.fixture
def person():
    return make_person(Role.PROGRAMME_OFFICER, name="Pat")


def test_it_is_made_and_kept_for_its_person(person):
    export = begin(person)

    assert (export.state, export.attempts, export.total) == ("done", 1, 2)
    assert bytes(export.file.content) == b"Hello Pat!"
    assert (export.file.name, export.file.content_type) == ("hello.txt", "text/plain")
    exports.check_can_download(person, export)
