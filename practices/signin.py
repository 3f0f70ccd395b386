"""How people sign in: by email and password, by invitation, or through the NHS sign-in of their organisation."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest
from django.shortcuts import redirect

from practices.actions import sign_up
from practices.models import Person


class SignInBackend(AuthenticationBackend):
    """allauth's, which hashes the password of unknown people too; with one query for known and unknown."""

    def _authenticate_by_email(self, email: str, password: str) -> Person | None:
        person = Person.objects.filter(email=email.strip().lower()).first()
        return self._check_password(person, password)  # type: ignore[return-value]


class AccountAdapter(DefaultAccountAdapter):
    """What allauth says, and how it makes a person."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is not right. Check both and try again.",
        "too_many_login_attempts": (
            "There were too many attempts to sign in. Wait 10 minutes, or reset your password."
        ),
        "incorrect_password": "This is not your password. Check it and try again.",
        "enter_current_password": "This is not your password now. Check it and try again.",
    }

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Person:
        """A person without any right, on the trail."""
        typed = form.cleaned_data
        return sign_up(
            email=typed["email"],
            name=typed["name"],
            job_title=typed["job_title"],
            password=typed["password1"],
        )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        """Only what the next page does not say already."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **options)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """NHS sign-in by OpenID Connect: opens an account that is here already, and makes none.

    It gives no rights: those are role holdings, by invitation or by an officer.
    """

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Nobody joins another address to the account they are signed in to."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(redirect("people:me"))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Any, str] | None:
        """The person whose own, verified, address the provider says it has verified; nobody otherwise."""
        for address in sociallogin.email_addresses:
            # A provider may send the word "false", which is true to Python.
            if address.verified is not True:
                continue
            email = address.email.strip().lower()
            person = Person.objects.filter(
                email=email, emailaddress__email=email, emailaddress__verified=True
            ).first()
            if person:
                return person, email
        return None
