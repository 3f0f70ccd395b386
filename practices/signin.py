"""How people sign in: by email and password, by invitation, or through the NHS sign-in of their organisation."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.encoding import force_bytes

from practices.actions import sign_up
from practices.models import Person
from resilience.core import outbox


class SignInBackend(AuthenticationBackend):
    """allauth's, which hashes the password of unknown people too; with one query for known and unknown."""

    def _authenticate_by_email(self, email: str, password: str) -> Person | None:
        person = Person.objects.filter(email=email.strip().lower()).first()
        return self._check_password(person, password)


class AccountAdapter(DefaultAccountAdapter):
    """What allauth says, and how it makes a person."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is not right. Check both and try again.",  # nosec B105 # words
        "too_many_login_attempts": (
            "There were too many attempts to sign in. Wait 10 minutes, or reset your password."
        ),
        "incorrect_password": "This is not your password. Check it and try again.",  # nosec B105 # words
        "enter_current_password": "This is not your password now. Check it and try again.",  # nosec B105 # words
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

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the public address, whatever host the request named."""
        return outbox.link(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """At the public address, whatever host the request named."""
        return outbox.link(urlsplit(super().get_email_confirmation_url(request, emailconfirmation)).path)

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

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """A sign-in of the last 15 minutes is proof enough; allauth would ask again at once."""
        proofs = get_authentication_records(self.request, self.request.user)
        return not proofs or time.time() - proofs[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


class SecondStepAdapter(DefaultMFAAdapter):
    """Secrets of the second step lie in the database encrypted: whoever reads a backup cannot make codes."""

    @staticmethod
    def _cipher() -> MultiFernet:
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        digests = (hashlib.sha256(b"second step" + force_bytes(key)).digest() for key in keys)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])

    def encrypt(self, text: str) -> str:
        return self._cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._cipher().decrypt(encrypted_text.encode()).decode()


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
