"""The short way to the partner API: a program has no session, no form and no page, so nothing of those is prepared.

The middlewares behind this one serve browsers. A request of the API goes past them, straight from its language to its
view, which is behind the gate and answers everything itself, errors too. Its view is found part by part of the address,
and not by trying each pattern of Django's in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch, URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from puhui.web.partner_api.problems import HostNotServed, answer

PREFIX = "/api/v1/"
PAGES = frozenset({"/api/v1/docs"})  # read by people in a browser, with the shell of every page
URLS = "puhui.web.partner_api.urls"
ANY = "<str:"  # how a part of an address begins that may be anything


class _Part:
    """What may follow one part of an address."""

    __slots__ = ("any", "named", "pattern")

    def __init__(self) -> None:
        self.named: dict[str, _Part] = {}
        self.any: _Part | None = None
        self.pattern: tuple[URLPattern, str, tuple[str, ...]] | None = (
            None  # with its route and names of its parts
        )


@lru_cache(maxsize=1)
def _first() -> _Part:
    """The addresses of the API, part by part. Two patterns never share a part that is named in one and any in the other."""
    first = _Part()
    for pattern in get_resolver(URLS).url_patterns:
        if not isinstance(pattern, URLPattern) or not isinstance(pattern.pattern, RoutePattern):
            continue
        route, names, at = str(pattern.pattern), [], first
        for part in route.split("/"):
            if part.startswith(ANY):
                names.append(part[len(ANY) : -1])
                at.any = at = at.any or _Part()
            else:
                at = at.named.setdefault(part, _Part())
        at.pattern = (pattern, PREFIX[1:] + route, tuple(names))
    return first


def _find(path: str) -> ResolverMatch | None:
    """The view of an address, None where it takes Django's own way to say."""
    at, values = _first(), []
    for part in path.split("/"):
        following = at.named.get(part)
        if following is None:
            if at.any is None or not part:
                return None
            following = at.any
            values.append(part)
        at = following
    if at.pattern is None:
        return None
    pattern, route, names = at.pattern
    kwargs: dict[str, Any] = dict(zip(names, values, strict=True))
    return ResolverMatch(
        pattern.callback, (), kwargs, pattern.name, route=route, captured_kwargs=kwargs, extra_kwargs={}
    )


class PartnerApiMiddleware:
    """Answers what is addressed to the API; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """This function will answer a request of the API, or pass it on."""
        path = request.path_info
        if not path.startswith(PREFIX) or path in PAGES:
            return self.get_response(request)
        try:
            request.get_host()
        except DisallowedHost:
            return answer(request, HostNotServed())
        match = _find(path[len(PREFIX) :])
        if match is None:
            match = get_resolver(URLS).resolve(path[len(PREFIX) - 1 :])
            match.route = PREFIX[1:] + match.route.removeprefix("^/")
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if not response.streaming and not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response
