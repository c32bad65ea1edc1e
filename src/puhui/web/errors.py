"""Error pages, in both languages, that say what happened and what to do, and nothing about the inside or the person."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from puhui.core.refusals import Refusal


class NotFoundHere(Refusal):
    """The address names nothing, or nothing that this person may see; both answer alike."""

    status: ClassVar[int] = 404


class SignInNeeded(Refusal):
    """The act needs a signed-in person."""

    status: ClassVar[int] = 403


def wants_document(request: HttpRequest) -> bool:
    """This function will tell whether the caller is a program and not a page."""
    return (
        request.path.startswith(("/callbacks/", "/api/", "/policy-reports"))
        or request.content_type == "application/json"
    )


def _answer(request: HttpRequest, kind: str, status: int) -> HttpResponse:
    if wants_document(request):
        body = {
            "type": "about:blank",
            "title": kind,
            "status": status,
            "request_id": getattr(request, "request_id", ""),
        }
        return JsonResponse(body, status=status, content_type="application/problem+json")
    request.bare = status >= 500  # type: ignore[attr-defined]  # the database may be what broke
    return render(request, f"errors/{kind}.html", {"kind": kind, "status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This function will answer 400."""
    return _answer(request, "bad_request", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This function will answer 403."""
    return _answer(request, "forbidden", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This function will answer 404."""
    return _answer(request, "not_found", 404)


def not_allowed(request: HttpRequest) -> HttpResponse:
    """This function will answer 405."""
    return _answer(request, "not_allowed", 405)


def server_error(request: HttpRequest) -> HttpResponse:
    """This function will answer 500 with the request id only."""
    return _answer(request, "server_error", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """This function will answer a form whose token has expired: nothing was sent, open the page again."""
    return _answer(request, "csrf", 403)
