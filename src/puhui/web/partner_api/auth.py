"""Who calls, and may they: a bearer token with the operation's scope, at the client's rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest

from puhui.access.partners.domain import ClientToken
from puhui.access.partners.queries import find_token
from puhui.web.partner_api.problems import (
    FieldUnknown,
    ScopeMissing,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TooManyRequests,
)
from puhui.web.partner_api.rates import Buckets

LONGEST_TOKEN = 200
buckets = Buckets(kind="client", per_second=settings.PARTNER_RATE[0], at_once=settings.PARTNER_RATE[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls an operation."""

    client_id: str  # the partner's program
    scopes: frozenset[str]  # what its token opens


def token_of(request: HttpRequest) -> ClientToken:
    """This function will return what the request's bearer token says, by real time, not the demo's clock.

    Only the Authorization header counts, never a query string (RFC 9700 §4.3.2). Raises: TokenMissing, TokenInvalid,
    TokenExpired.
    """
    kind, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        raise TokenMissing()
    if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise TokenInvalid()
    found = find_token(token)
    if found is None:
        raise TokenInvalid()
    if found.expires_at <= datetime.now(UTC):
        raise TokenExpired()
    return found


class Allowed:
    """The gate of one operation: token, scope, rate, and no query parameter that it does not know."""

    def __init__(self, *, scope: str, query: frozenset[str]) -> None:
        self.scope = scope  # "" for an operation that any token opens
        self.query = query  # names of its query parameters

    def __call__(self, request: HttpRequest) -> Caller:
        """This function will return the caller. Raises: 401, 403, 429 and 422 refusals, in this order."""
        token = token_of(request)
        if self.scope and self.scope not in token.scopes:
            raise ScopeMissing(scope=self.scope)
        if wait := buckets.take(token.client_id):
            raise TooManyRequests(seconds=wait)
        if request.META.get("QUERY_STRING"):
            for name in request.GET:
                if name not in self.query or len(request.GET.getlist(name)) > 1:
                    raise FieldUnknown(name[:60])
        return Caller(client_id=token.client_id, scopes=token.scopes)


def caller_of(request: HttpRequest) -> Caller:
    """This function will return who was let in."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller
