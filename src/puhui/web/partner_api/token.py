"""Tokens: django-oauth-toolkit's endpoints for client credentials, with a rate, and errors as RFC 6749 has them."""

from __future__ import annotations

import json
import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from oauth2_provider.views import RevokeTokenView, TokenView

from puhui.access.partners.oauth import forget_tokens
from puhui.web.partner_api.gate import View
from puhui.web.partner_api.problems import TooManyRequests
from puhui.web.partner_api.rates import Buckets
from puhui.web.who import place_of

FORM = "application/x-www-form-urlencoded"
CREDENTIALS = frozenset(
    {"client_id", "client_secret"}
)  # may stand in the form (RFC 6749 §2.3.1), better in the header
GRANT = "grant_type"
TOKEN_FIELDS = frozenset({GRANT, "scope"}) | CREDENTIALS
REVOKE_FIELDS = frozenset({"token", "token_type_hint"}) | CREDENTIALS
_FIT = re.compile(r"[\x20-\x7e]*")  # RFC 6749, appendix A: visible ASCII and the blank
buckets = Buckets(kind="address", per_second=1, at_once=20)  # checking a secret is dear on purpose


# What each error of RFC 6749, section 5.2, asks of the caller; visible ASCII, as the section wants it.
REMEDIES = {
    "invalid_client": "The client is not known or closed, or its secret is wrong. Check both and send them by HTTP Basic.",
    "invalid_scope": "A scope is unknown or not given to this client. Ask for fewer, or for none to get all it has.",
    "unsupported_grant_type": "The only grant here is client_credentials. Send grant_type=client_credentials.",
}


def _refused(error: str, description: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"error": error, "error_description": description}, status=status)


def _wrong(request: HttpRequest, known: frozenset[str], needed: str) -> JsonResponse | None:
    """What is wrong with a form. Unknown parameters are ignored, as RFC 6749, section 3.2, demands; none comes twice."""
    if request.GET:
        return _refused("invalid_request", "Parameters go into the form, never into the address.")
    for name in known & set(request.POST):
        values = request.POST.getlist(name)
        if len(values) != 1:
            return _refused("invalid_request", f"{name} may come only once.")
        if not _FIT.fullmatch(values[0]):
            return _refused("invalid_request", f"{name} may have visible ASCII characters only.")
    if not request.POST.get(needed):
        return _refused("invalid_request", f"{needed} is missing. Add it to the form.")
    if needed == GRANT and request.POST[GRANT] != "client_credentials":
        return _refused("unsupported_grant_type", REMEDIES["unsupported_grant_type"])
    return None


def _said(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The library's answer; an error also says what to do, and challenges by the scheme that the client used."""
    if not isinstance(response, HttpResponse) or response.status_code < 400:
        return response
    error = json.loads(response.content or b"{}").get("error", "invalid_request")
    told = _refused(error, REMEDIES.get(error, "Check the form against the reference."), response.status_code)
    for name in ("Cache-Control", "Pragma"):
        if name in response.headers:
            told.headers[name] = response.headers[name]
    if response.status_code == 401:
        told.headers["WWW-Authenticate"] = 'Basic realm="puhui"'
    return told


def _checked(view: View, known: frozenset[str], needed: str) -> View:
    def entered(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if wait := buckets.take(place_of(request)):
            raise TooManyRequests(seconds=wait)
        return _wrong(request, known, needed) or _said(request, view(request))

    return entered


get_token = _checked(TokenView.as_view(), TOKEN_FIELDS, GRANT)
_revoke: View = RevokeTokenView.as_view()


def _revoked(request: HttpRequest) -> HttpResponseBase:
    try:
        return _revoke(request)
    finally:
        forget_tokens()


revoke_token = _checked(_revoked, REVOKE_FIELDS, "token")
