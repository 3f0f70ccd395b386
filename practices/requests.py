"""What a view that asks for a sign-in is given."""

from django.http import HttpRequest

from practices.models import Person


class SignedInRequest(HttpRequest):
    """A request of somebody who has signed in: of every view under ``@requires`` or ``@signed_in``."""

    user: Person
