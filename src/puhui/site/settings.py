"""Settings of one deployment, read from the environment. One deployment is one lender."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from puhui.site.environment import (
    SettingRefused,
    clock_time,
    currency,
    optional_secret,
    secret,
    setting,
    zone,
)
from puhui.site.partner_settings import OAUTH2_PROVIDER as OAUTH2_PROVIDER
from puhui.site.partner_settings import PARTNER_RATE as PARTNER_RATE
from puhui.site.staff_settings import *  # noqa: F403
from puhui.site.staff_settings import ALLAUTH_APPS, ALLAUTH_MIDDLEWARE, second_factor_needed

BASE_DIR = Path(__file__).resolve().parents[3]
ENVIRONMENT = setting("PUHUI_ENV", "demo", takes="demo or production", read=("demo", "production").index)
DEMO = ENVIRONMENT == "demo"
VAR_DIR = Path(os.environ.get("PUHUI_VAR", str(BASE_DIR / "var")))
POLICIES_DIR = Path(os.environ.get("PUHUI_POLICIES", str(BASE_DIR / "policies")))
# Texts that two people published through the pages; on several machines a folder that all of them share.
PUBLISHED_DIR = Path(os.environ.get("PUHUI_PUBLISHED", str(VAR_DIR / "policies")))
# Against this key (Ed25519 public key in PEM, or a shared secret) the signature of a proposed model is checked.
MODEL_KEY_FILE = os.environ.get("PUHUI_MODEL_KEY", "")
DATA_DIR = BASE_DIR / "data"

SECRET_KEY = secret("PUHUI_SECRET_KEY", var_dir=VAR_DIR, demo=DEMO)
# Sealing keys, newest first: "k2:<hex>,k1:<hex>"; 32 bytes each. See puhui.runtime.sealing.
SEALING_KEYS = secret("PUHUI_SEALING_KEYS", var_dir=VAR_DIR, demo=DEMO)
# Every sealed column, (table, primary key, column): what `puhui seal_rotate` walks. A stage adds its own here.
SEALED_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("protection_case", "id", "text_sealed"),
    ("protection_case_event", "id", "text_sealed"),
    ("customers_customer", "id", "phone_sealed"),
    ("customers_customer", "id", "name_sealed"),
    ("customers_customer", "id", "number_sealed"),
    ("customers_identity_card", "id", "content_sealed"),
    ("contact_message", "id", "phone_sealed"),
    ("contact_message", "id", "text_sealed"),
    ("payments_account", "id", "number_sealed"),
    ("payments_suspense", "id", "memo_sealed"),
    ("access_endpoint", "id", "secret_sealed"),
    ("access_endpoint", "id", "old_secret_sealed"),
    ("access_approval", "id", "why_sealed"),
    ("access_approval_answer", "approval_id", "note_sealed"),
    ("access_note", "id", "text_sealed"),
    ("evidence_proof", "id", "fields_sealed"),
    ("evidence_paper", "proof_id", "content_sealed"),
    ("evidence_paper", "proof_id", "view_sealed"),
    ("evidence_paper", "proof_id", "reading_sealed"),
    ("relief_offer", "id", "body_sealed"),
)
# Rows of every table of ours are sealed (puhui.runtime.row_seals) but these, each for its reason; and these of libraries.
UNSEALED_TABLES: dict[str, str] = {
    "runtime_audit": "has a chain of its own",
    "runtime_audit_head": "is checked with the audit chain",
    "runtime_seal": "holds the seals",
    "runtime_work": "passing state: what is still to do; what was done stands in the tables of its stage",
    "runtime_worker": "passing state: signs of life",
    "runtime_schedule": "passing state: up to when a schedule was put as work",
    "runtime_key": "passing state: answers kept for a repeated call, which write nothing again",
    "runtime_clock": "the demo's clock; each move is in the audit chain",
    "loans_snapshot": "a copy for lists, never read for money; the replay of a position compares it",
    "relief_prepared": "passing state: plans worked out ahead, made again at any time",
    "access_code": "passing state: one-time codes of a few minutes",
    "access_gate": "passing state: wrong tries of a few minutes",
}
SEALED_LIBRARY_TABLES = ("mfa_authenticator", "oauth2_provider_application")
# Key of the blind indexes; never rotated in place (a rotation is a re-index).
INDEX_KEY = secret("PUHUI_INDEX_KEY", var_dir=VAR_DIR, demo=DEMO)
# Shared with the payment rail to sign callbacks.
RAIL_CALLBACK_SECRET = secret("PUHUI_RAIL_SECRET", var_dir=VAR_DIR, demo=DEMO)

DEBUG = False
ALLOWED_HOSTS = os.environ.get("PUHUI_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("PUHUI_ORIGINS", "").split(",") if o]

STAGES = [
    "runtime", "access", "ledger", "protection", "customers", "contact", "payments",
    "facts", "evidence", "products", "decisions", "lines", "offers", "loans", "relief",
]  # fmt: skip
INSTALLED_APPS = [
    "puhui.site.apps.RawTablesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "oauth2_provider",
    *ALLAUTH_APPS,
    *(f"puhui.{stage}.apps.{stage.capitalize()}Config" for stage in STAGES),
    "puhui.web.apps.WebConfig",
    "puhui.site.apps.SiteConfig",
]
MIDDLEWARE = [
    "puhui.web.partner_api.straight.PartnerApiMiddleware",
    "puhui.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "puhui.web.middleware.LanguageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    ALLAUTH_MIDDLEWARE,
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "puhui.web.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "puhui.site.urls"
WSGI_APPLICATION = "puhui.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "src/puhui/web/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "puhui.web.context.shell",
            ],
            "builtins": ["puhui.web.templatetags.puhui"],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """This function will turn a database URL (sqlite:///path or postgres://…) into Django's settings.

    Raises: SettingRefused for another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "puhui.runtime.databases.sqlite",
            "NAME": unquote(parts.path),
            # Kept open: closing the last connection copies the whole log into the file, at the end of every request.
            "CONN_MAX_AGE": 60,
            "TEST": {"NAME": ":memory:"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous="
                + ("NORMAL" if DEMO else "FULL")
                + "; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        query = dict(pair.split("=", 1) for pair in parts.query.split("&") if pair)
        return {
            "ENGINE": "puhui.runtime.databases.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.get("host") or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
        }
    raise SettingRefused(
        f"PUHUI_DATABASE_URL: unknown scheme {parts.scheme!r}; use sqlite:///… or postgres://… (see docs/reference/settings.md)"
    )


DATABASES = {
    "default": database(os.environ.get("PUHUI_DATABASE_URL", f"sqlite://{VAR_DIR / 'puhui.sqlite3'}"))
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.User"
LOGIN_URL = "/sign-in"
# Staff need a second factor beside the password; optional in the demo.
SECOND_FACTOR_NEEDED = second_factor_needed(demo=DEMO)
CSRF_FAILURE_VIEW = "puhui.web.errors.csrf_failure"

# The lender: one jurisdiction, one zone, one cut-off, one base currency.
LENDER = {
    "jurisdiction": os.environ.get("PUHUI_JURISDICTION", "CN"),
    "zone": setting("PUHUI_ZONE", "Asia/Shanghai", takes="a time zone, as in Asia/Shanghai", read=zone),
    # local time at which a business date ends
    "cutoff": setting("PUHUI_CUTOFF", "00:00", takes="a local time, HH:MM", read=clock_time),
    "currency": setting("PUHUI_CURRENCY", "CNY", takes="a currency that we know, ISO 4217", read=currency),
}
# Adapters of outside parties, by dotted name. Sandboxes unless the deployment names a provider's.
GATEWAYS = {
    "rail": os.environ.get("PUHUI_RAIL", "puhui.payments.gateways.sandbox.SandboxRail"),
    "bureau": os.environ.get("PUHUI_BUREAU", "puhui.facts.gateways.sandbox.SandboxBureau"),
    "scan": os.environ.get("PUHUI_SCAN", "puhui.facts.gateways.scan.SandboxScan"),
    "evidence": os.environ.get("PUHUI_EVIDENCE", "puhui.evidence.gateways.sandbox.SandboxEvidence"),
    "papers": os.environ.get("PUHUI_PAPERS", "puhui.evidence.gateways.papers.reader.PaperDesk"),
    "register": os.environ.get("PUHUI_REGISTER", "puhui.customers.gateways.sandbox.SandboxRegister"),
    "face": os.environ.get("PUHUI_FACE", "puhui.customers.gateways.sandbox.SandboxFace"),
    "messenger": os.environ.get("PUHUI_MESSENGER", "puhui.contact.gateways.sandbox.SandboxMessenger"),
}
# The provider of face checks, where PUHUI_FACE names puhui.customers.gateways.face.HttpFace; without it none is asked.
FACE_URL = os.environ.get("PUHUI_FACE_URL", "")
FACE_KEY_ID = os.environ.get("PUHUI_FACE_KEY_ID", "")
FACE_SECRET = optional_secret("PUHUI_FACE_SECRET", demo=DEMO)
FACE_TIMEOUT_SECONDS = int(os.environ.get("PUHUI_FACE_TIMEOUT_SECONDS", "10"))
# Roots (PEM files) to which the certificate of a signed paper must lead; the demo trusts its own invented offices.
EVIDENCE_ROOTS = [
    Path(one)
    for one in os.environ.get(
        "PUHUI_EVIDENCE_ROOTS", str(DATA_DIR / "evidence-sandbox-root.pem") if DEMO else ""
    ).split(os.pathsep)
    if one
]
# Faults of the sandbox rail, each a share of orders: fail, repeat, unknown, reverse, delay (seconds).
SANDBOX_RAIL = os.environ.get("PUHUI_SANDBOX_RAIL", "")

USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / f"src/puhui/web/{part}/locale" for part in ("borrower", "staff", "shared")]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "src/puhui/web/static"]
WHITENOISE_USE_FINDERS = True

# Papers stay in memory until they are sealed: nothing of them is ever written to a disk in clear.
FILE_UPLOAD_HANDLERS = [
    "puhui.web.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 11_000_000

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not DEMO:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = setting("PUHUI_TLS_AT_PROXY", "1", takes="1 or 0", read=("0", "1").index) == "1"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "puhui.runtime.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("PUHUI_LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "ERROR"}},
}
