"""Settings of the partner API: OAuth 2.0 client credentials, held to RFC 9700, and the rate of a client."""

from __future__ import annotations

from typing import Any

from puhui.site.environment import setting
from puhui.web.partner_api.scopes import SCOPES

TOKEN_SECONDS = 900  # a token opens the API for a quarter of an hour
GATES = (
    "IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS", "TOKEN_STORAGE",
    "REFRESH_TOKEN", "REDIRECT_URI_SCHEME", "REDIRECT_URI_MATCHING", "PKCE_REQUIRED",
)  # fmt: skip

OAUTH2_PROVIDER: dict[str, Any] = {
    "SCOPES": SCOPES,
    "SCOPES_BACKEND_CLASS": "puhui.access.partners.oauth.ClientScopes",
    # The only server class without any grant but client credentials: implicit and password are not there to be asked.
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "ACCESS_TOKEN_EXPIRE_SECONDS": TOKEN_SECONDS,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOW_URI_WILDCARDS": False,
    "PKCE_REQUIRED": True,
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["client_credentials"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": [],
    **{f"COMPLIANT_BCP_RFC9700_{gate}": True for gate in GATES},
    "APPLICATION_ADMIN_CLASS": "puhui.access.partners.admin.ApplicationAdmin",
    "ACCESS_TOKEN_ADMIN_CLASS": "puhui.access.partners.admin.TokenAdmin",
    "GRANT_ADMIN_CLASS": "puhui.access.partners.admin.NothingAdmin",
    "ID_TOKEN_ADMIN_CLASS": "puhui.access.partners.admin.NothingAdmin",
    "REFRESH_TOKEN_ADMIN_CLASS": "puhui.access.partners.admin.NothingAdmin",
}


def rate(text: str) -> tuple[int, int]:
    """This function will read "per second/at once" of one client. Raises: ValueError."""
    steady, _, burst = text.partition("/")
    if int(steady) < 1 or int(burst) < 1:
        raise ValueError(text)
    return int(steady), int(burst)


# Requests of one client, across all web processes: so many a second, so many at once.
PARTNER_RATE = rate(
    setting("PUHUI_PARTNER_RATE", "50/100", takes="two whole numbers above zero, as in 50/100", read=rate)
)
