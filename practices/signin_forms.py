"""allauth's forms in our words; what they check and do is theirs."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.recovery_codes import forms as recovery
from allauth.mfa.totp import forms as totp
from django import forms

from practices.models import Person
from resilience.core.forms import Form

EMAIL_HELP = "The one you sign in with"
PASSWORD_HELP = "At least 12 characters. Three words that you can remember work well."  # nosec B105 # words on the page


class Plain(Form):
    """No placeholder, which vanishes as one types; labels and hints in our words."""

    labels: dict[str, str] = {}
    hints: dict[str, str] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = self.hints.get(name, "")
            if name in self.labels:
                field.label = self.labels[name]
                self._dress_required(field)

    @staticmethod
    def _dress_required(field: forms.Field) -> None:
        label = str(field.label)
        field.error_messages["required"] = f"Enter {label[:1].lower()}{label[1:]}"


class SignInForm(Plain, account.LoginForm):
    labels = {"login": "Email address", "password": "Password"}  # nosec B105 # words on the page


class SignUpForm(Plain, account.SignupForm):
    name = forms.CharField(label="Your full name", max_length=120)
    job_title = forms.CharField(
        label="Your job title", max_length=120, help_text="For example, practice manager or GP partner"
    )
    field_order = ("name", "job_title", "email", "password1", "password2")
    labels = {
        "name": "Your full name",
        "job_title": "Your job title",
        "email": "Your work email address",
        "password1": "Choose a password",
        "password2": "The password again",
    }
    hints = {
        "job_title": "For example, practice manager or GP partner",
        "email": "We send a link to it, to check that it is yours",
        "password1": PASSWORD_HELP,
    }


class ChangePasswordForm(Plain, account.ChangePasswordForm):
    labels = {
        "oldpassword": "Your password now",
        "password1": "New password",
        "password2": "The new password again",
    }
    hints = {"password1": PASSWORD_HELP}


class SetPasswordForm(Plain, account.SetPasswordForm):
    labels = {"password1": "New password", "password2": "The new password again"}
    hints = {"password1": PASSWORD_HELP}


class ResetPasswordKeyForm(Plain, account.ResetPasswordKeyForm):
    labels = {"password1": "New password", "password2": "The new password again"}
    hints = {"password1": PASSWORD_HELP}


class ResetPasswordForm(Plain, account.ResetPasswordForm):
    """One query for known and unknown addresses alike; both get an email."""

    labels = {"email": "Email address"}
    hints = {"email": EMAIL_HELP}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.users = list(Person.objects.filter(email=email, is_active=True))
        return email


class ReauthenticateForm(Plain, account.ReauthenticateForm):
    labels = {"password": "Password"}  # nosec B105 # words on the page


class CodeForm(Plain, mfa.AuthenticateForm):
    labels = {"code": "Code"}
    hints = {"code": "From your authenticator app, or one of your recovery codes"}


class CodeAgainForm(Plain, mfa.ReauthenticateForm):
    labels = {"code": "Code"}
    hints = {"code": "From your authenticator app, or one of your recovery codes"}


class ActivateForm(Plain, totp.ActivateTOTPForm):
    labels = {"code": "Code from the app"}
    hints = {"code": "6 numbers"}


class DeactivateForm(Plain, totp.DeactivateTOTPForm):
    pass


class RecoveryCodesForm(Plain, recovery.GenerateRecoveryCodesForm):
    pass
