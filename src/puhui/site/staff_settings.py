"""Settings of the staff's second factor: django-allauth with its MFA extra, on pages of our own."""

from __future__ import annotations

import os

# The library's apps and middleware; its e-mail tables stay empty, for staff sign in by name.
ALLAUTH_APPS = ["allauth", "allauth.account", "allauth.mfa"]
ALLAUTH_MIDDLEWARE = "allauth.account.middleware.AccountMiddleware"

ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"

MFA_ADAPTER = "puhui.access.staff.second_factor.SealedAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Puhui"
MFA_TOTP_TOLERANCE = 1  # one step of 30 seconds early or late
MFA_RECOVERY_CODES_SHOW_ONCE = True


def second_factor_needed(*, demo: bool) -> bool:
    """This function will tell whether staff must have a second factor: always, but optional in the demo."""
    return os.environ.get("PUHUI_SECOND_FACTOR", "0" if demo else "1") == "1"
