"""The short way to the partner API: a program has no session, no form and no page, so nothing of those is prepared.

The middlewares behind this one serve browsers. A request of the API goes past them, straight from its language to its
view, which is behind the gate and answers everything itself, errors too.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import get_resolver

PREFIX = "/api/v1/"
PAGES = frozenset({"/api/v1/docs"})  # read by people in a browser, with the shell of every page
URLS = "puhui.web.partner_api.urls"


class PartnerApiMiddleware:
    """Answers what is addressed to the API; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """This function will answer a request of the API, or pass it on. Raises: DisallowedHost."""
        path = request.path_info
        if not path.startswith(PREFIX) or path in PAGES:
            return self.get_response(request)
        request.get_host()
        match = get_resolver(URLS).resolve(path[len(PREFIX) - 1 :])
        match.route = PREFIX[1:] + match.route.removeprefix("^/")
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if not response.streaming and not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response
