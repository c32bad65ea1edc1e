"""The short way to the partner API: a program has no session, no form and no page, so nothing of those is prepared.

The other middlewares serve browsers. A request of the API goes past them, straight through a door of its own to its
view, which is behind the gate and answers everything itself, errors too. Its view is found part by part of the address,
and not by trying each pattern of Django's in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from typing import Any

from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, URLPattern, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import translation
from django.utils.log import log_response

from puhui.runtime.logs import request_id as request_id_var
from puhui.web.counting import count
from puhui.web.middleware import SAFE_HEADERS, VARIES_BY, choose_language, name_request, tag_of
from puhui.web.partner_api.gate import refusal_of
from puhui.web.partner_api.problems import HostNotServed, answer

PREFIX = "/api/v1/"
PAGES = frozenset({"/api/v1/docs"})  # read by people in a browser, with the shell of every page
URLS = "puhui.web.partner_api.urls"
MOST_HOSTS = 100  # of which a door remembers that they are served
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


def is_for_api(path: str) -> bool:
    """This function will tell whether an address is the API's, for programs."""
    return path.startswith(PREFIX) and path not in PAGES


class PartnerApiMiddleware:
    """Answers what is addressed to the API; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._door = Door()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """This function will answer a request of the API, or pass it on."""
        if not is_for_api(request.path_info):
            return self.get_response(request)
        with translation.override(translation.get_language()):
            return self._door.answer(request)


class Door:
    """What the middlewares of a page do for it, for the API in one: the request's id, TLS, language, headers, count."""

    def __init__(self) -> None:
        self._security = SecurityMiddleware(lambda request: HttpResponse())
        self._hosts: set[str] = set()  # that this house was seen to answer under
        self._always = {scheme: self._headers(scheme) for scheme in ("http", "https")}

    def _headers(self, scheme: str) -> dict[str, tuple[str, str]]:
        """What every answer has unless its view says otherwise, as Django keeps headers: by name in small letters."""
        environ = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": scheme, "wsgi.input": BytesIO()}
        response = self._security.process_response(WSGIRequest(environ), HttpResponse())
        del response.headers["Content-Type"]
        for name, value in (*SAFE_HEADERS, ("Cache-Control", "no-store"), ("Vary", ", ".join(VARIES_BY))):
            response.headers.setdefault(name, value)
        return {name.lower(): (name, value) for name, value in response.items()}

    def answer(self, request: HttpRequest) -> HttpResponse:
        """This function will answer a request of the API, and leave this thread in the language of the request."""
        name, language = name_request(request), choose_language(request)
        request.LANGUAGE_CODE = language
        token = request_id_var.set(name)
        try:
            translation.activate(language)
            response = self._answer(request)
            match = request.resolver_match
            count(request.method or "-", match.route if match else "-", response.status_code)
        finally:
            request_id_var.reset(token)
        response.headers._store = {  # in a tenth of the time of setting them one by one
            **self._always[request.scheme or "http"],
            "content-language": ("Content-Language", tag_of(language)),
            "content-length": ("Content-Length", str(len(response.content))),
            **response.headers._store,
            "x-request-id": ("X-Request-Id", name),
        }
        return response

    def _check_host(self, request: HttpRequest) -> None:
        host = request.META.get("HTTP_HOST", "")
        if not host or host not in self._hosts:
            request.get_host()
            if host and len(self._hosts) < MOST_HOSTS:
                self._hosts.add(host)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            self._check_host(request)
            if (elsewhere := self._security.process_request(request)) is not None:
                return elsewhere
            match = request.resolver_match = _match(request.path_info)
            response = match.func(request, *match.args, **match.kwargs)
        except DisallowedHost:
            return answer(request, HostNotServed())
        except Exception as error:
            return answer(request, refusal_of(error))
        assert isinstance(response, HttpResponse), "nothing of the API is streamed"
        return response


def _match(path: str) -> ResolverMatch:
    found = _find(path[len(PREFIX) :])
    if found is None:
        found = get_resolver(URLS).resolve(path[len(PREFIX) - 1 :])
        found.route = PREFIX[1:] + found.route.removeprefix("^/")
    return found


class Handler(WSGIHandler):
    """The house's WSGI application: a request of the API goes straight to the door.

    For each request Django's own handler sends signals, whose listeners here close connections that broke or grew old,
    and hands the body out piece by piece. For the API the former is done by itself, and the body goes out whole.
    """

    def __init__(self) -> None:
        super().__init__()
        self._door = Door()

    def __call__(  # type: ignore[override]  # the stubs name the one iterable that Django's own returns
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """This function will answer a request as a WSGI server asks (PEP 3333)."""
        if environ.get("SCRIPT_NAME") or not is_for_api(environ.get("PATH_INFO", "")):
            return super().__call__(environ, start_response)
        database = connections[DEFAULT_DB_ALIAS]
        database.close_if_unusable_or_obsolete()
        request = self.request_class(environ)
        response = self._door.answer(request)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        start_response(
            f"{response.status_code} {response.reason_phrase}", list(response.headers._store.values())
        )
        request.close()
        database.close_if_unusable_or_obsolete()
        return [response.content]
