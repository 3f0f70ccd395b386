"""Limits of a session, the second factor, and what a browser may keep."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionLimits:
    """Signs out after 15 minutes idle and 12 hours at most (NHS practice)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            started = request.session.setdefault("started_at", now)
            seen = request.session.get("seen_at", now)
            idle, whole = settings.SESSION_IDLE_LIMIT.total_seconds(), settings.SESSION_LIMIT.total_seconds()
            if now - seen > idle or now - started > whole:
                logout(request)
                messages.info(
                    request, "You were signed out to keep your information safe. Sign in to carry on."
                )
            elif now - seen > 30 or seen == now:
                request.session["seen_at"] = now
        return self.get_response(request)


class SecondFactor:
    """People of the office set up a second factor before they do anything else (not in the demo)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_SECOND_FACTOR and self._must_set_up(request):
            messages.info(request, "Set up a second step for signing in. Your role needs one.")
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        from allauth.mfa.utils import is_mfa_enabled

        if not request.user.is_authenticated or not request.user.is_office:
            return False
        free = (reverse("mfa_index"), reverse("account_logout"), reverse("account_reauthenticate"))
        return not request.path.startswith(free) and not is_mfa_enabled(request.user)


class NoStore:
    """What needs a sign-in is never kept by a browser or a proxy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        came_signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if (came_signed_in or request.user.is_authenticated) and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
