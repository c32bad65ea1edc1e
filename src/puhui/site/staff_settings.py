"""Settings of the staff's second factor: django-allauth with its MFA extra, on pages of our own."""

from __future__ import annotations

from puhui.site.environment import count, setting, switch

# The library's apps and middleware; its e-mail tables stay empty, for staff sign in by name.
ALLAUTH_APPS = ["allauth", "allauth.account", "allauth.mfa"]
ALLAUTH_MIDDLEWARE = "allauth.account.middleware.AccountMiddleware"

# How many proxies of ours stand in front and each add an address to X-Forwarded-For. 0: nobody is believed, and the
# address is the connection's. One too many would let a caller choose the address by which his tries are counted.
PROXIES = int(setting("PUHUI_PROXIES", "0", takes="the number of proxies in front, 0 or more", read=count))
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

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
    return switch("PUHUI_SECOND_FACTOR", default=not demo)
