"""What a form takes is its own fields, and only things of the person's own."""

import datetime as dt
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lxml.html
import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import resolve

from practices.models import Person
from resilience.demo import SIGN_INS, loading
from tests.discovery.urls import addresses
from tests.discovery.world import Corner, make_corner, make_things
from tests.security import world
from tests.security.forms import Sent, sent_by
from tests.security.watch import writes

pytestmark = pytest.mark.django_db

_MADE = re.compile(
    r"<\d[^>]*@[^>]*>|[\w-]{40,}|\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16})\b|\d{4}-\d\d-\d\d[ T]\d\d:[\d:.+]+"
)
"""What the service makes anew each time: numbers of emails, tokens, digests, salts, moments."""
MADE_ANEW = {"core_storedfile"}
"""A PDF says at which moment it was made."""
NAMES_NOTHING = ("seen_", "sections-", "stages-", "rows", "practice_lead")
"""What stood on the page, how many rows it had, and who leads, by name."""
NOTHING_NEW = 4
"""So many pages of one address in a row without a form that works, and the role is done with it."""
HOSTILE = "hostile words of nobody"


@dataclass
class Works:
    """A form that a person sent with success, and what that wrote."""

    name: str
    role: str
    client: Client
    sent: Sent
    wrote: list[Any]

    def __str__(self) -> str:
        return f"{self.name} as {self.role}, {self.sent}"


def _plain(value: Any) -> Any:
    """A value of a statement without what differs each time: moments, tokens and digests."""
    if isinstance(value, (dt.datetime, memoryview, bytes)):
        return type(value).__name__
    return _MADE.sub("made", str(value))


def _plainly(made: list[tuple[str, str, Any]]) -> list[Any]:
    return [
        (sql, [_plain(each) for each in params or () if table not in MADE_ANEW])
        for table, sql, params in made
    ]


def send(client: Client, sent: Sent, **changed: Any) -> tuple[Any, list[tuple[str, str, Any]]]:
    """The answer and what was written; nothing of it stays."""
    with transaction.atomic():
        with writes() as made:
            response = sent.post(client, **changed)
        transaction.set_rollback(True)
    assert response.status_code < 500, f"{sent} {changed}"
    return response, made


@pytest.fixture(scope="module")
def foreign(django_db_setup, django_db_blocker) -> Iterator[Corner]:
    """A corner that the demonstration's people know nothing of, beside the demonstration."""
    if connection.vendor != "sqlite":
        pytest.skip("what a form takes is the same on any database; tests/discovery sends every form on both")
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load()
        corner = make_corner()
        corner.things |= make_things(corner)
        yield corner
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def working(foreign, django_db_blocker) -> list[Works]:
    """Each button of each form that somebody can use, used once."""
    found: dict[tuple[str, str], Works] = {}
    logging.disable(logging.WARNING)
    with django_db_blocker.unblock():
        for role, email in SIGN_INS:
            person = Person.objects.get(email=email)
            client = Client(raise_request_exception=False)
            client.force_login(person)
            for address in addresses():
                tried: dict[str, int] = defaultdict(int)
                idle = 0
                for path in world.paths(person, address, most=12):
                    if idle == NOTHING_NEW:
                        break
                    idle += 1
                    page = client.get(path)
                    if page.status_code != 200 or b"<form" not in page.content:
                        continue
                    for sent in sent_by(path, page):
                        target = resolve(sent.action.split("?")[0]).view_name
                        key = (address.name, f"{target} {sorted(sent.values)}")
                        if key in found or tried[key[1]] > 1:
                            continue
                        tried[key[1]] += 1
                        response, made = send(client, sent)
                        if response.status_code == 302 and made:
                            found[key] = Works(address.name, role, client, sent, _plainly(made))
                            idle = 0
    logging.disable(logging.NOTSET)
    return list(found.values())


def hostile_values(foreign: Corner) -> dict[str, Any]:
    """Every field's name of every model of ours, with a value that somebody would like it to have."""
    values: dict[str, Any] = {}
    for model in apps.get_models():
        if model._meta.app_label not in world.OURS:
            continue
        for each in model._meta.concrete_fields:
            value: Any = HOSTILE
            if isinstance(each, models.BooleanField):
                value = "True" if not each.default else ""
            elif each.is_relation:
                value = (
                    each.related_model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
                )
            elif isinstance(each, (models.DateTimeField, models.DateField)):
                value = "1999-12-31"
            elif isinstance(each, (models.IntegerField, models.DecimalField)):
                value = "777777"
            elif each.choices:
                value = list(dict(each.flatchoices))[-1]
            for name in (each.name, each.attname):
                values[name] = "" if value is None else value
    return values | {
        "state": "agreed",
        "is_superuser": "on",
        "is_staff": "on",
        "by": "1",
        "role": "administrator",
    }


def test_the_forms_of_the_product_are_used(working):
    assert len({each.name for each in working}) > 95, sorted({each.name for each in working})


def test_only_the_forms_own_fields_change(working, foreign):
    values = hostile_values(foreign)
    assert len(values) > 200
    wrong = []
    for each in working:
        own = set(each.sent.values) | each.sent.chosen
        dates = {name.rpartition("_")[0] for name in own if name.endswith(("_day", "_month", "_year"))}
        more = {name: value for name, value in values.items() if name not in own | dates}
        _, made = send(each.client, each.sent, **more)
        now = _plainly(made)
        if now != each.wrote:
            extra = [one for one in now if one not in each.wrote]
            wrong.append(f"{each}: {extra[:2]}")
    assert not wrong, "\n".join(wrong)


def test_things_of_others_are_refused(working, foreign):
    """Every field that names a thing, given each thing of a corner the person knows nothing of."""
    keys = {str(value) for value in foreign.things.values() if isinstance(value, int)}
    keys |= {str(person.pk) for person in foreign.people.values()}
    keys |= {str(foreign.things["year"]), str(foreign.ccg.pk), str(foreign.supplier.pk), "0", "-1", "9" * 30}
    wrong = []
    tried: set[tuple[str, str, str]] = set()
    for each in working:
        for name, (now, *_) in ((name, many) for name, many in each.sent.values.items() if many):
            if not isinstance(now, str) or name.startswith(NAMES_NOTHING):
                continue
            offered = _offered(each.sent, name, each.client)
            if name.startswith(("practice", "others", "codes")):
                candidates = {foreign.practice.ods_code}
            elif now.isdigit() and name in each.sent.chosen | each.sent.hidden:
                candidates = keys - offered
            else:
                continue
            for value in candidates:
                tried.add((each.name, name, value))
                response, made = send(each.client, each.sent, **{name: value})
                if response.status_code == 302 and made:
                    wrong.append(f"{each}: {name}={value}")
    assert len(tried) > 150
    assert not wrong, "\n".join(wrong)


def _offered(sent: Sent, name: str, client: Client) -> set[str]:
    tree = lxml.html.document_fromstring(client.get(sent.page).content)
    return {
        str(value)
        for value in [
            *tree.xpath("//*[@name=$name]/@value", name=name),
            *tree.xpath("//select[@name=$name]/option/@value", name=name),
        ]
    }
