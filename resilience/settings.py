"""Composition only: what the environment says is read and checked in ``resilience.environment``."""

import datetime as dt

from csp.constants import NONE, SELF

from resilience import environment

BASE_DIR = environment.BASE_DIR
VAR = environment.data_dir()
DEMO = environment.demo()
DEBUG = False
SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS = environment.allowed_hosts()
PORT = environment.port()
PUBLIC_URL = environment.public_url()
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
IS_HTTPS = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "crispy_forms",
    "django_filters",
    "post_office",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "practices",
    "resilience.programmes",
    "resilience.referrals",
    "resilience.assessments",
    "resilience.decisions",
    "funding",
    "mou",
    "resilience.demo",
    "resilience.core",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "resilience.core.middleware.NoStore",
    "allauth.account.middleware.AccountMiddleware",
    "resilience.core.middleware.SessionLimits",
    "resilience.core.middleware.SecondFactor",
    "resilience.core.errors.MethodPage",
]

ROOT_URLCONF = "resilience.urls"
WSGI_APPLICATION = "resilience.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["resilience.core.templatetags.nhsuk"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "resilience.home.context.page",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["nhsuk"]
CRISPY_TEMPLATE_PACK = "nhsuk"

DATABASES = {"default": environment.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "practices.Person"
AUTHENTICATION_BACKENDS = ["practices.signin.SignInBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "practices.signin.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # nosec B105 # the name of a class
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# A whole health centre, or the NHS network, may come from one address: the person's own limit is the tight one.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/10m/ip,5/10m/key"}
ACCOUNT_FORMS = {
    "login": "practices.signin_forms.SignInForm",
    "signup": "practices.signin_forms.SignUpForm",
    "change_password": "practices.signin_forms.ChangePasswordForm",  # nosec B105 # the name of a class
    "set_password": "practices.signin_forms.SetPasswordForm",  # nosec B105 # the name of a class
    "reset_password": "practices.signin_forms.ResetPasswordForm",  # nosec B105 # the name of a class
    "reset_password_from_key": "practices.signin_forms.ResetPasswordKeyForm",  # nosec B105 # the name of a class
    "reauthenticate": "practices.signin_forms.ReauthenticateForm",
}
PASSWORD_RESET_TIMEOUT = 60 * 60
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Resilience programmes"
MFA_TOTP_TOLERANCE = 1  # half minutes by which the clock of a phone may be wrong
MFA_ADAPTER = "practices.signin.SecondStepAdapter"
MFA_FORMS = {
    "authenticate": "practices.signin_forms.CodeForm",
    "reauthenticate": "practices.signin_forms.CodeAgainForm",
    "activate_totp": "practices.signin_forms.ActivateForm",
    "deactivate_totp": "practices.signin_forms.DeactivateForm",
    "generate_recovery_codes": "practices.signin_forms.RecoveryCodesForm",
}
REQUIRE_SECOND_FACTOR = not DEMO
SOCIALACCOUNT_ADAPTER = "practices.signin.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = environment.single_sign_on()
ALLAUTH_TRUSTED_PROXY_COUNT = environment.proxies()

# Sign-in attempts and used codes are counted here, by every process of every machine alike.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"},
}

SESSION_IDLE_LIMIT = dt.timedelta(minutes=15)
SESSION_LIMIT = dt.timedelta(hours=12)
SESSION_COOKIE_AGE = int(SESSION_LIMIT.total_seconds())
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
# A cookie would keep people's names in the browser.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *environment.single_sign_on_origin()],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
STORAGES = {
    "default": {"BACKEND": "resilience.core.files.StoredFiles"},
    "staticfiles": {"BACKEND": "resilience.core.static.HashedFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

MAX_UPLOAD = 10 * 1024 * 1024
MAX_REGISTER_UPLOAD = 50 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

_EMAIL = environment.email()
EMAIL_BACKEND = "resilience.core.outbox.Backend"
POST_OFFICE = {
    "BACKENDS": {"default": _EMAIL.pop("EMAIL_BACKEND")},
    "DEFAULT_PRIORITY": "medium",
    "MAX_RETRIES": 5,
    "RETRY_INTERVAL": dt.timedelta(minutes=10),
}
globals().update(_EMAIL)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.default_from_email()
EMAIL_KEPT = dt.timedelta(days=7)  # after it was sent: time to look into a letter that did not arrive

WORKER_PAUSE = 20
WORKER_COMMANDS = [
    "send_reminders",
    "expire_mous",
    "send_mou_reminders",
    "seal_signed_mous",
    "end_mous",
    "finish_bulk_issues",
    "open_dated_stages",
    "forget_sent_email",
    "sweep_exports",
]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
EXPORTS_KEPT = dt.timedelta(days=3)  # over a weekend; they hold what their person might see that day

BACKUP_TOTALS = ["funding.Transfer.amount"]  # added up in each backup, and again when it is restored

SEAL_DIR = VAR / "seal"
SEAL_PKCS12 = environment.text("SEAL_PKCS12")
SEAL_PASSPHRASE = environment.text("SEAL_PASSPHRASE")
SEAL_NAME = environment.text("SEAL_NAME", "Resilience programmes")

DEMO_SIGN_INS = "resilience.demo.sign_ins"

LOGGING = environment.logging_config()
SILENCED_SYSTEM_CHECKS: list[str] = []
