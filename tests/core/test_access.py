"""What a page says to a person whose roles do not open it."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from resilience.core.access import Denied, P, Role, requires
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def page(request):
    return HttpResponse("Come in")


def asked_by(person):
    request = RequestFactory().get("/")
    request.user = person
    return page(request)


def test_it_names_every_permission_that_would_open_it():
    with pytest.raises(Denied) as refused:
        asked_by(make_person(Role.FINANCE_LEAD))
    assert (
        str(refused.value)
        == f"Your role does not let you {P.MANAGE_PEOPLE.label} or {P.CONFIRM_LINKS.label}."
    )


def test_any_one_of_them_opens_it():
    for role in (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER):
        assert asked_by(make_person(role)).content == b"Come in"
