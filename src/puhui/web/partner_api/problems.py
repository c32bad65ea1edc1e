"""Errors of the API, one shape for all: a problem document (RFC 9457) in the caller's language, with a remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import translation
from pydantic import BaseModel, ConfigDict, Field

from puhui.core.refusals import InputRefused, Refusal
from puhui.web import clock
from puhui.web.shared import formats
from puhui.web.shared.refusals import Refused, refused

MEDIA_TYPE = "application/problem+json"
REALM = 'Bearer realm="puhui"'
FIRST_SENTENCE = re.compile(r"^.*?(?:[.!?](?=\s)|[。！？])\s*", re.S)
TITLES = {
    400: ("The request cannot be read", "请求无法读取"),
    401: ("A valid token is needed", "需要有效的令牌"),
    403: ("The token does not allow this", "令牌没有这项权限"),
    404: ("Nothing is here", "这里没有内容"),
    405: ("This method is not offered", "不支持这个方法"),
    409: ("Not possible as things stand", "目前的状态下办不了"),
    413: ("The body is too large", "请求内容太大"),
    415: ("The body must be JSON", "请求内容必须是 JSON"),
    422: ("A field needs a correction", "有一项需要更正"),
    429: ("Too many requests", "请求太频繁"),
    500: ("Something broke on our side", "我们这边出错了"),
    503: ("Busy; try again", "系统忙，请重试"),
}


class TokenMissing(Refusal):
    """There is no bearer token in the Authorization header."""

    field = "Authorization"
    status: ClassVar[int] = 401


class TokenInvalid(Refusal):
    """The bearer token was never given, or was ended."""

    field = "Authorization"
    status: ClassVar[int] = 401


class TokenExpired(Refusal):
    """The bearer token is over."""

    field = "Authorization"
    status: ClassVar[int] = 401


class ScopeMissing(Refusal):
    """The token does not open this act."""

    field = "Authorization"
    status: ClassVar[int] = 403


class TooManyRequests(Refusal):
    """The client asks more often than agreed."""

    status: ClassVar[int] = 429


class HostNotServed(Refusal):
    """The request names a host that this house does not answer under."""

    field = "Host"
    status: ClassVar[int] = 400


class BodyTooLarge(Refusal):
    """The body has more than 1 MB."""

    status: ClassVar[int] = 413


class BodyNotJson(Refusal):
    """The body is declared to be something else than JSON."""

    field = "Content-Type"
    status: ClassVar[int] = 415


class BodyUnreadable(Refusal):
    """The body is not one JSON value in UTF-8, or has a name twice, or is nested too deeply."""

    status: ClassVar[int] = 400


class FieldInvalid(InputRefused):
    """A field has another form than the reference says."""


class FieldUnknown(InputRefused):
    """A field is not one that this operation knows."""


class FieldNeeded(InputRefused):
    """A field that this operation needs is not there."""


class CurrencyNotOurs(InputRefused):
    """Amounts are in the currency of the lender."""

    field = "currency"


class CursorInvalid(InputRefused):
    """The cursor is not one that a page of this list gave."""

    field = "cursor"


class HttpMethodNotServed(Refusal):
    """The address is right, the method is not."""

    status: ClassVar[int] = 405


class IdempotencyKeyNeeded(Refusal):
    """A POST carries a key of 16 to 100 letters, digits, hyphens or underscores in Idempotency-Key."""

    field = "Idempotency-Key"
    status: ClassVar[int] = 400


class IdempotencyKeyReused(Refusal):
    """The key came before with another request."""

    field = "Idempotency-Key"
    status: ClassVar[int] = 409


class ConsentTextOutdated(Refusal):
    """The consent names a version of the texts that is no longer the one in force."""

    field = "text_version"
    status: ClassVar[int] = 409


class ContractTextChanged(Refusal):
    """The contract that she read is not the one that signing would store now."""

    field = "contract_sha256"
    status: ClassVar[int] = 409


class ServiceBusy(Refusal):
    """The database was busy for too long; nothing was done."""

    status: ClassVar[int] = 503


class SomethingBroke(Refusal):
    """A bug. Nothing was done."""

    status: ClassVar[int] = 500


class FieldProblem(BaseModel):
    """One field at fault."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(description="Path of the field, its parts joined by dots.")
    code: str = Field(description="What is wrong, a stable name.")
    detail: str = Field(description="What is wrong, in words.")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Where this problem is explained, relative to the host.")
    title: str = Field(description="The kind of problem, in the caller's language.")
    status: int = Field(description="The HTTP status, again.", ge=400, le=599)
    detail: str = Field(description="What happened and what to do, in the caller's language.")
    code: str = Field(description="A stable name of the problem.")
    field: str = Field(description="The field or header at fault, empty when none is.")
    remedy: str = Field(description="What to do, in the caller's language.")
    request_id: str = Field(description="Names this request in our logs.")
    errors: list[FieldProblem] = Field(
        default_factory=list, description="Every field at fault, where there are several."
    )


def words_of(refusal: Refusal) -> Refused:
    """This function will put a refusal into words of the request's language."""
    return refused(
        refusal,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        currency=settings.LENDER["currency"],
        zone=settings.LENDER["zone"],
    )


def title_of(status: int) -> str:
    """This function will name a kind of problem in the request's language."""
    english, chinese = TITLES.get(status, TITLES[400 if status < 500 else 500])
    return chinese if formats.is_chinese(translation.get_language() or "") else english


def remedy_of(sentence: str) -> str:
    """This function will return what to do: the sentence after the first one, or the whole of a single one."""
    return FIRST_SENTENCE.sub("", sentence, count=1).strip() or sentence


def body_of(
    request: HttpRequest,
    refusal: Refusal,
    *,
    fields: Mapping[str, Any] | None = None,
    errors: list[FieldProblem] | None = None,
) -> dict[str, Any]:
    """This function will write a refusal as a problem document; `fields` are the body's, to name the right one."""
    said = words_of(refusal)
    problem = Problem(
        type=f"/api/v1/docs#{said.code}",
        title=title_of(said.status),
        status=said.status,
        detail=said.sentence,
        code=said.code,
        field=_field(said.field, fields or {}),
        remedy=remedy_of(said.sentence),
        request_id=getattr(request, "request_id", ""),
        errors=errors or [],
    )
    return problem.model_dump(mode="json")


def _field(name: str, fields: Mapping[str, Any]) -> str:
    """The stages name what a form asks for ("amount"); here the amount says its unit ("amount_minor")."""
    spelled = {"account_number": "number", "case": "case_id", "account": "account_id", "loan": "loan_id"}
    for candidate in (name, f"{name}_minor", spelled.get(name, "")):
        if candidate in fields:
            return candidate
    return name


def headers_of(refusal: Refusal, now: datetime) -> dict[str, str]:
    """This function will return what a refusal says in headers: the challenge (RFC 6750), or when to come again."""
    match refusal:
        case TokenMissing():
            return {"WWW-Authenticate": REALM}
        case TokenInvalid() | TokenExpired():
            return {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        case ScopeMissing():
            scope = refusal.facts["scope"]
            return {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}
        case Refusal(facts={"seconds": int(seconds)}) if refusal.status in (429, 503):
            return {"Retry-After": str(seconds)}
        case Refusal(facts={"until": datetime() as until}) if refusal.status == 429:
            return {"Retry-After": str(max(1, -((now - until) // timedelta(seconds=1))))}
    return {}


def answer(
    request: HttpRequest, refusal: Refusal, *, errors: list[FieldProblem] | None = None
) -> JsonResponse:
    """This function will answer a request with a refusal."""
    body = body_of(request, refusal, errors=errors)
    response = JsonResponse(
        body, status=refusal.status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False}
    )
    for name, value in headers_of(refusal, clock.now(request)).items():
        response.headers[name] = value
    return response
