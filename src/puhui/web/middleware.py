"""What happens to every request: an id, a language, safe headers, and a refusal turned into a page.

A view raises the refusals of its journey and never catches them. `RefusalMiddleware` renders the same page again,
with what was typed, the sentence beside its field, and status 422: the view sees `request.refused` and a GET.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from puhui.core.refusals import Refusal
from puhui.runtime.logs import request_id as request_id_var
from puhui.web import counting, errors
from puhui.web.errors import wants_document
from puhui.web.shared.inputs import new_key
from puhui.web.shared.refusals import Refused, refused

Next = Callable[[HttpRequest], HttpResponseBase]
LANGUAGE_COOKIE = "lang"
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /policy-reports; report-to policy"
)
REPORTS_TO = 'policy="/policy-reports"'  # where browsers send what the policy refused
SAFE_HEADERS = (  # of every answer, unless its view says otherwise
    ("Content-Security-Policy", CONTENT_POLICY),
    ("Reporting-Endpoints", REPORTS_TO),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
)
VARIES_BY = ("Cookie", "Accept-Language")  # what the language of an answer follows from
log = logging.getLogger("puhui.web")


class RequestIdMiddleware:
    """Gives every request an id, shown in the response and in each line of the log, and the safe headers."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """This function will pass the request on under its id."""
        name = name_request(request)
        token = request_id_var.set(name)
        try:
            response = self.get_response(request)
            route = (request.resolver_match.route or "/") if request.resolver_match else "-"
            counting.count(request.method or "-", route, response.status_code)
        finally:
            request_id_var.reset(token)
        response.headers["X-Request-Id"] = name
        for header, value in SAFE_HEADERS:
            response.headers.setdefault(header, value)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def name_request(request: HttpRequest) -> str:
    """This function will give a request its id: the one that it brought, if that can be one, else a new one."""
    sent = request.META.get("HTTP_X_REQUEST_ID", "")
    name = sent if sent and _REQUEST_ID.fullmatch(sent) else new_key()
    request.request_id = name  # type: ignore[attr-defined]
    return name


class LanguageMiddleware:
    """Chooses the language: the reader's own choice (cookie), else what the browser asks for, else Chinese."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """This function will answer the request in the chosen language and say which in the header."""
        language = choose_language(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if response.status_code == 405 and not getattr(response, "content", b""):
                allowed = response.headers.get("Allow", "")
                response = errors.not_allowed(request)
                response.headers["Allow"] = allowed
        response.headers.setdefault("Content-Language", tag_of(language))
        patch_vary_headers(response, VARIES_BY)
        return response


def tag_of(language: str) -> str:
    """This function will return the language tag (RFC 5646) of a language of the interface."""
    return "zh-Hans" if language == "zh-hans" else language


def choose_language(request: HttpRequest) -> str:
    """This function will return one of the languages of the interface for this request."""
    if "HTTP_COOKIE" in request.META:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        if chosen in {code for code, _ in settings.LANGUAGES}:
            return chosen
    first = request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower().split(",")[0]
    return "en" if first.startswith("en") else str(settings.LANGUAGE_CODE)


class RefusalMiddleware:
    """Turns a refusal of the core into the same page with its sentence, or into a problem document."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """This function will pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """This function will answer a Refusal; any other exception is left to Django."""
        if not isinstance(exception, Refusal):
            return None
        said = words_of(exception)
        log.info("refused", extra={"kind": said.code, "status": said.status})
        if wants_document(request):
            return problem(request, said)
        if request.method == "POST" and request.resolver_match is not None:
            match = request.resolver_match
            request.refused = said  # type: ignore[attr-defined]
            request.method = "GET"
            try:
                response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            except Refusal as again:
                return refusal_page(request, words_of(again))
            if response.status_code == 200:
                response.status_code = said.status
                return response
        return refusal_page(request, said)


def words_of(refusal: Refusal) -> Refused:
    """This function will put a refusal into words of the current language."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return refused(
        refusal, language=language, currency=settings.LENDER["currency"], zone=settings.LENDER["zone"]
    )


def problem(request: HttpRequest, said: Refused) -> HttpResponse:
    """This function will answer with a problem document (RFC 9457) without personal data."""
    body = {
        "type": f"https://puhui.example/problems/{said.code}",
        "title": said.code,
        "status": said.status,
        "detail": said.sentence,
        "field": said.field,
        "request_id": getattr(request, "request_id", ""),
    }
    return JsonResponse(body, status=said.status, content_type="application/problem+json")


def refusal_page(request: HttpRequest, said: Refused) -> HttpResponse:
    """This function will answer with a page whose heading is the refusal's sentence and a way back."""
    template = "errors/refused_fragment.html" if request.headers.get("HX-Request") else "errors/refused.html"
    return render(request, template, {"said": said}, status=said.status)
