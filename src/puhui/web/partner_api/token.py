"""Tokens: django-oauth-toolkit's endpoints for client credentials, with a rate, and a form that is read strictly."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from oauth2_provider.views import RevokeTokenView, TokenView

from puhui.access.partners.oauth import forget_tokens
from puhui.web.partner_api.gate import View
from puhui.web.partner_api.problems import FieldNeeded, FieldUnknown, TooManyRequests
from puhui.web.partner_api.rates import Buckets
from puhui.web.who import place_of

FORM = "application/x-www-form-urlencoded"
CREDENTIALS = frozenset(
    {"client_id", "client_secret"}
)  # may stand in the form (RFC 6749 §2.3.1), better in the header
TOKEN_FIELDS = frozenset({"grant_type", "scope"}) | CREDENTIALS
REVOKE_FIELDS = frozenset({"token", "token_type_hint"}) | CREDENTIALS
_FIT = re.compile(r"[\x20-\x7e]*")  # RFC 6749, appendix A: visible ASCII and the blank
buckets = Buckets(kind="address", per_second=1, at_once=20)  # checking a secret is dear on purpose


def _read(request: HttpRequest, known: frozenset[str], needed: str) -> None:
    if wait := buckets.take(place_of(request)):
        raise TooManyRequests(seconds=wait)
    for name in request.GET:
        raise FieldUnknown(name[:60])
    for name, values in request.POST.lists():
        if name not in known or len(values) != 1:
            raise FieldUnknown(name[:60])
        if not _FIT.fullmatch(values[0]):
            raise FieldUnknown(name)
    if not request.POST.get(needed):
        raise FieldNeeded(needed)


def _checked(view: View, known: frozenset[str], needed: str) -> View:
    def entered(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        _read(request, known, needed)
        grant = request.POST.get("grant_type", "client_credentials")
        if grant != "client_credentials":
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        return view(request)

    return entered


get_token = _checked(TokenView.as_view(), TOKEN_FIELDS, "grant_type")
_revoke: View = RevokeTokenView.as_view()


def _revoked(request: HttpRequest) -> HttpResponseBase:
    try:
        return _revoke(request)
    finally:
        forget_tokens()


revoke_token = _checked(_revoked, REVOKE_FIELDS, "token")
