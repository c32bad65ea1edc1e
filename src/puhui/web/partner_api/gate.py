"""The door in front of every address of the API: size and kind of the body, and no error without a problem document."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, UnreadablePostError

from puhui.core.refusals import Refusal
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import problems

LARGEST = 1_048_576  # bytes of a body
WITH_BODY = frozenset({"POST", "PATCH", "PUT"})
View = Callable[..., HttpResponseBase]
log = logging.getLogger("puhui.web.partner_api")


def _take_chunks(request: HttpRequest) -> None:
    """Read a body that is sent in chunks, without a length: Django, which asks for a length, would see none of it."""
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    if not chunked or request.META.get("CONTENT_LENGTH"):
        return
    body = request.META["wsgi.input"].read(LARGEST + 1)
    if len(body) > LARGEST:
        raise problems.BodyTooLarge()
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._body = body  # where Django keeps a body that was read


def _check_body(request: HttpRequest, kind: str) -> None:
    _take_chunks(request)
    declared = request.META.get("CONTENT_LENGTH", "")
    if declared and (not declared.isdigit() or int(declared) > LARGEST):
        raise problems.BodyTooLarge()
    if request.method in WITH_BODY and declared not in ("", "0") and request.content_type != kind:
        raise problems.BodyNotJson(kind=kind)


def refusal_of(error: Exception) -> Refusal:
    """This function will say what an exception means to a caller; a bug is logged, and says nothing of the inside."""
    match error:
        case Refusal():
            return error
        case Http404():
            return NotFoundHere()
        case RequestDataTooBig():
            return problems.BodyTooLarge()
        case UnreadablePostError() | SuspiciousOperation() | UnicodeError():
            return problems.BodyUnreadable()
        case OperationalError():
            log.warning("the database was busy", exc_info=error)
            return problems.ServiceBusy(seconds=1)
    log.error("an API request broke", exc_info=error)
    return problems.SomethingBroke()


def guarded(view: View, *, kind: str = "application/json") -> View:
    """This function will stand in front of a view: it refuses what is too large or not of `kind`, catches what breaks."""

    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _check_body(request, kind)
            response = view(request, *args, **kwargs)
        except Exception as error:
            return problems.answer(request, refusal_of(error))
        if response.status_code == 405:
            allowed = response.headers.get("Allow", "")
            response = problems.answer(request, problems.HttpMethodNotServed(method=request.method))
            response.headers["Allow"] = allowed
        return response

    entered.csrf_exempt = True  # type: ignore[attr-defined]  # a bearer token is no cookie: no browser sends it by itself
    return entered


def nothing_here(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """This function will answer every address that names nothing."""
    raise NotFoundHere()
