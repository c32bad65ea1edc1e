"""Acts and answers: every POST has a key, and one effect and one answer under it, however often it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from puhui.core.canonical import canonical_bytes
from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.journeys.answer_partner import (
    Answer,
    KeyReusedWithOtherBody,
    Request,
    once,
    once_with_party,
)
from puhui.web import clock
from puhui.web.partner_api import problems
from puhui.web.partner_api.auth import caller_of

HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[A-Za-z0-9_-]{16,100}$"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,100}")
JSON_TYPE = "application/json"
Act = Callable[[str, datetime], BaseModel]


def reply(out: BaseModel, *, status: int = 200) -> HttpResponse:
    """This function will answer with a value of the API."""
    return HttpResponse(out.model_dump_json(), status=status, content_type=JSON_TYPE)


def key_of(request: HttpRequest) -> str:
    """This function will return the request's idempotency key. Raises: IdempotencyKeyNeeded."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not _KEY.fullmatch(key):
        raise problems.IdempotencyKeyNeeded()
    return key


def act(
    request: HttpRequest,
    body: BaseModel | None,
    do: Act,
    *,
    status: int = 200,
    audit: tuple[str, str] | None = None,
    with_party: bool = False,
) -> HttpResponse:
    """This function will run `do(key, now)` once for the request's key and body, and answer with what it returned.

    `do` calls one journey with the key that it is given; a refusal of it is an answer too. `audit` is (action,
    subject) of an act that binds or moves money. `with_party`: the journey speaks to an outside party by itself first.
    Raises: IdempotencyKeyNeeded, IdempotencyKeyReused, FieldUnknown for a body where none is asked for.
    """
    if body is None and request.body.strip() not in (b"", b"{}"):
        raise problems.FieldUnknown("body")
    caller, now, sent = caller_of(request), clock.now(request), key_of(request)
    fields = {} if body is None else body.model_dump(mode="json", exclude_unset=True)
    asked = Request(
        client_id=caller.client_id,
        key=sent,
        body={"method": request.method, "path": request.path, "fields": _without_floats(fields)},
        audit=audit,
    )
    key = derive_id("partner", caller.client_id, sent)
    do_once = once_with_party if with_party else once
    try:
        answer = do_once(request=asked, act=lambda: _answer(request, fields, do, key, status, now), now=now)
    except KeyReusedWithOtherBody:
        raise problems.IdempotencyKeyReused() from None
    return _write(answer)


def _answer(
    request: HttpRequest, fields: Mapping[str, Any], do: Act, key: str, status: int, now: datetime
) -> Answer:
    try:
        out = do(key, now)
    except Refusal as refusal:
        body = problems.body_of(request, refusal, fields=fields)
        headers = problems.headers_of(refusal, now)
        return Answer(status=refusal.status, body={"problem": body, "headers": headers})
    return Answer(status=status, body={"out": out.model_dump(mode="json")})


def _write(answer: Answer) -> HttpResponse:
    refused = "problem" in answer.body
    said = answer.body["problem"] if refused else answer.body["out"]
    response = HttpResponse(
        canonical_bytes(said),
        status=answer.status,
        content_type=problems.MEDIA_TYPE if refused else JSON_TYPE,
    )
    for name, value in answer.body.get("headers", {}).items():
        response.headers[name] = value
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _without_floats(fields: Any) -> Any:
    """Bodies have no floats; should one ever come in, its text is what counts."""
    if isinstance(fields, dict):
        return {name: _without_floats(one) for name, one in fields.items()}
    if isinstance(fields, list):
        return [_without_floats(one) for one in fields]
    return repr(fields) if isinstance(fields, float) else fields
