"""Files made in the background: for one person, with the rights of the moment, once, and never left half made."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from resilience.core import exports
from resilience.core.access import Denied, Role
from resilience.core.alone import alone
from resilience.core.models import Export, StoredFile
from tests.factories import make_person

QUEUE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@exports.maker
def greeting(person, arguments, progress, output):
    if raises := arguments.get("raises"):
        raise {"denied": Denied("Not for you."), "gone": Http404(), "broken": ZeroDivisionError()}[raises]
    progress(1, 2)
    output.write(f"Hello {person.name}{arguments['mark']}".encode())
    return "hello.txt", "text/plain"


@exports.maker
def endless(person, arguments, progress, output):
    """Says that it has begun, and never ends."""
    progress(1, 3)
    threading.Event().wait()


@exports.maker
def overtaken(person, arguments, progress, output):
    """While it works, another worker begins the same export."""
    Export.objects.update(attempts=9)
    return "late.txt", "text/plain"


def begin(person, maker=greeting, **arguments):
    return exports.begin(by=person, maker=maker, arguments={"mark": "!"} | arguments, what="A greeting")


def work():
    """What the worker does, on the test's own connection, which the library's worker would close."""
    for row in DBTaskResult.objects.filter(status="READY"):
        row.claim("the test")
        row.task.call(**row.args_kwargs["kwargs"])
        row.set_successful(None)


@pytest.fixture
def person():
    return make_person(Role.PROGRAMME_OFFICER, name="Pat")


@pytest.fixture
def queued(settings, db):
    """What is begun waits for a worker."""
    settings.TASKS = QUEUE


pytestmark = pytest.mark.django_db


def test_it_is_made_and_kept_for_its_person(person):
    export = begin(person)

    assert (export.state, export.attempts, export.total) == ("done", 1, 2)
    assert bytes(export.file.content) == b"Hello Pat!"
    assert (export.file.name, export.file.content_type) == ("hello.txt", "text/plain")
    exports.check_can_download(person, export)


@pytest.mark.parametrize(
    ("raises", "why"), [("denied", "Not for you."), ("gone", exports.GONE), ("broken", exports.BROKEN)]
)
def test_why_it_failed_is_said_in_words_and_it_may_be_tried_again(person, raises, why, caplog):
    export = begin(person, raises=raises)

    assert (export.state, export.why_failed, export.file) == ("failed", why, None)
    assert ("ZeroDivisionError" in caplog.text) == (raises == "broken")
    Export.objects.update(arguments={"mark": "?"})
    export.refresh_from_db()
    assert bytes(exports.again(export).file.content) == b"Hello Pat?"
    assert Export.objects.count() == 1


def test_only_what_is_marked_as_a_maker_runs(person):
    with pytest.raises(ValueError, match="no maker"):
        exports.begin(by=person, maker="os.system", arguments={}, what="x")


def test_it_waits_for_the_worker_which_asks_who_the_person_is_by_then(queued, person):
    export = begin(person)
    assert (export.state, StoredFile.objects.count()) == ("waiting", 0)
    with pytest.raises(Denied, match="not ready"):
        exports.check_can_download(person, export)
    person.name = "Sam"
    person.save()
    work()
    export.refresh_from_db()
    assert bytes(export.file.content) == b"Hello Sam!"


def test_a_closed_account_gets_nothing(queued, person):
    export = begin(person)
    person.is_active = False
    person.save()
    work()
    export.refresh_from_db()
    assert (export.state, export.file) == ("failed", None)


def test_a_file_made_with_other_rights_is_not_given(person):
    export = begin(person)
    person.holdings.update(ended_at=timezone.now(), ended_by=person)
    now = type(person).objects.get(pk=person.pk)
    with pytest.raises(Denied, match="Make it again"):
        exports.check_can_download(now, export)


def test_the_same_asked_again_is_the_same_until_it_is_made(queued, person):
    first = begin(person)
    assert begin(person) == first
    assert begin(person, mark="?") != first
    assert begin(make_person()) != first
    assert DBTaskResult.objects.count() == 3
    work()
    assert begin(person) != first


def test_the_database_itself_refuses_a_second(queued, person):
    first = begin(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.create(person=person, what="x", maker=first.maker, arguments={}, digest=first.digest)


def test_nobody_has_more_than_a_few_made_at_once(queued, person):
    for number in range(exports.MOST_AT_ONCE):
        begin(person, mark=str(number))
    with pytest.raises(Denied, match="when one is ready"):
        begin(person, mark="one more")
    begin(make_person())


def test_what_another_worker_took_over_is_not_kept(person):
    export = begin(person, overtaken)
    assert (export.state, StoredFile.objects.count()) == ("running", 0)


def test_old_files_are_deleted_and_young_ones_kept(person, settings):
    settings.EXPORTS_KEPT = dt.timedelta(days=3)
    old, failed, young = begin(person), begin(person, raises="denied"), begin(person, mark="?")
    long_ago = timezone.now() - dt.timedelta(days=4)
    Export.objects.filter(pk__in=[old.pk, failed.pk]).update(finished_at=long_ago)
    call_command("sweep_exports")
    assert list(Export.objects.all()) == [young]
    assert list(StoredFile.objects.all()) == [young.file]


# --- a worker that ends midway ----------------------------------------------------------------------


def left_running(person, attempts):
    """As a worker leaves it that is killed: the library's row and ours say it runs, and nobody is at it."""
    export = begin(person)
    DBTaskResult.objects.update(status="RUNNING")
    Export.objects.filter(pk=export.pk).update(state="running", attempts=attempts)
    return export


def test_what_a_killed_worker_left_is_begun_again(queued, person):
    export = left_running(person, attempts=1)
    exports.sweep()
    exports.sweep()
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    work()
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("done", 2)


def test_what_ended_two_workers_is_given_up_in_words(queued, person):
    export = left_running(person, attempts=exports.ATTEMPTS)
    exports.sweep()
    export.refresh_from_db()
    assert (export.state, export.why_failed) == ("failed", exports.STOPPED)
    assert not DBTaskResult.objects.filter(status="READY").exists()


def test_what_a_worker_is_at_is_left_to_it(queued, person):
    export = left_running(person, attempts=1)
    with alone("export", export.pk) as ours:
        assert ours
        exports.sweep()
        exports.make.func(export=export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("running", 1)


@contextmanager
def another_process_at(export):
    """A worker of its own, in the midst of the export."""
    code = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {str(connection.settings_dict["NAME"])!r}
from django.conf import settings
settings.VAR = __import__("pathlib").Path({str(exports.settings.VAR)!r})
from resilience.core import exports
exports.make.func(export={export.pk})
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=exports.settings.BASE_DIR) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_midway_leaves_nothing_running(settings):
    settings.TASKS = QUEUE
    person = make_person(name="Pat")
    export = begin(person, endless)
    DBTaskResult.objects.update(status="RUNNING")
    with another_process_at(export) as process:
        far = threading.Event()
        for _ in range(600):
            export.refresh_from_db()
            if export.total:
                break
            assert process.poll() is None
            far.wait(0.1)
        assert (export.state, export.done, export.total) == ("running", 1, 3), "its progress is seen outside"
        exports.sweep()
        assert not DBTaskResult.objects.filter(status="READY").exists(), "somebody is at it"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
    Export.objects.update(maker=f"{__name__}.greeting")
    exports.sweep()
    call_command("db_worker", batch=True, startup_delay=False, verbosity=0)
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("done", 2)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one(settings):
    settings.TASKS = QUEUE
    person = make_person()
    together, found = threading.Barrier(4), []

    def click():
        try:
            together.wait(30)
            found.append(begin(person).pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(60)
    assert len(found) == 4
    assert set(found) == {Export.objects.get().pk}
    assert DBTaskResult.objects.count() == 1
