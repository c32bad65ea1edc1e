"""Callbacks of outside parties: signed, small, idempotent; answered with a document, never with a page."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from puhui.core.refusals import Refusal
from puhui.journeys import settle
from puhui.payments.domain import SIGNATURE_HEADER, TIMESTAMP_HEADER
from puhui.web import clock

LARGEST = 1_048_576  # bytes


class CallbackTooLarge(Refusal):
    """The body has more than 1 MB."""

    status: ClassVar[int] = 413


@csrf_exempt
@require_POST
def rail(request: HttpRequest) -> HttpResponseBase:
    """This function will take one callback of the payment rail; a repeated one is answered alike."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        raise CallbackTooLarge()
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise CallbackTooLarge()
    new = settle.receive_callback(
        body=body,
        signature=request.headers.get(SIGNATURE_HEADER, ""),
        timestamp=request.headers.get(TIMESTAMP_HEADER, ""),
        now=clock.now(request),
    )
    return JsonResponse({"status": "taken" if new else "known"})
