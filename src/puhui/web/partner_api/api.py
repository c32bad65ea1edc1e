"""The API itself: its operations, how its errors are said, and its description (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from puhui.core.refusals import InputRefused
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import (
    accounts,
    applications,
    cases,
    changes,
    customers,
    documents,
    loans,
    negotiation,
    problems,
    quotes,
    sandbox,
    webhooks,
)
from puhui.web.partner_api.gate import refusal_of
from puhui.web.partner_api.openapi import finished
from puhui.web.partner_api.parser import StrictParser

TITLE = "Puhui partner API"
DESCRIPTION = """\
The whole journey of a loan, for programs that act for their own customers.

Amounts are whole numbers in minor units (fen, cents) beside their currency; instants are UTC (RFC 3339), dates ISO
8601; rates are millionths a year unless they say otherwise. Unknown fields are refused. Every POST carries an
`Idempotency-Key`: the same key and body get the same answer, another body 409; keys are kept for at least 24 hours.
Errors are problem documents (RFC 9457) in Chinese or English, by `Accept-Language`."""


class PartnerAPI(NinjaAPI):
    """Django-ninja's API with our errors and a finished description."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """This function will describe every operation with its scopes, key and problem documents."""
        return finished(super().get_openapi_schema(**kwargs))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """A part that does not fit the description: an address is not there (404), anything else is refused (422)."""
    if any([one["loc"][0] == "path" for one in error.errors]):
        return problems.answer(request, NotFoundHere())
    found = [_refused(one) for one in error.errors]
    listed = [
        problems.FieldProblem(field=one.at, code=one.code, detail=problems.words_of(one).sentence)
        for one in found
    ]
    return problems.answer(request, found[0], errors=listed)


def _refused(error: dict[str, Any]) -> InputRefused:
    parts = [str(part) for part in error["loc"][1:] if part != "body"]
    name = ".".join(parts)[:100] or "body"
    match error["type"]:
        case "extra_forbidden":
            return problems.FieldUnknown(name)
        case "missing":
            return problems.FieldNeeded(name)
    return problems.FieldInvalid(name, takes=_takes(error["type"], error.get("ctx") or {}))


# What a field takes, in the words of the description (JSON Schema), so that they are the same in every language.
TYPES = {
    "int": "integer", "bool": "boolean", "string": "string", "date": "date, 2026-12-31",
    "datetime": "date-time, 2026-12-31T00:00:00Z", "timezone": "date-time, 2026-12-31T00:00:00Z",
    "list": "array", "model": "object", "dict": "object",
}  # fmt: skip
LIMITS = {
    "ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf", "min_length": "least length", "max_length": "greatest length",
    "pattern": "pattern", "expected": "enum",
}  # fmt: skip


def _takes(kind: str, context: dict[str, Any]) -> str:
    """What the field takes, by pydantic's name of an error and what it says beside it."""
    if "error" in context:  # a check of our own (fields.py), which says it in the same words
        return str(context["error"])
    limits = [f"{word} {context[name]}" for name, word in LIMITS.items() if name in context]
    return ", ".join(limits) or TYPES.get(kind.partition("_")[0], "a value of the reference")


def _unread(request: HttpRequest, error: Any) -> HttpResponse:
    """Ninja says so itself only of a body that it could not parse."""
    return problems.answer(request, problems.BodyUnreadable())


def _broken(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.answer(request, refusal_of(error))


api = PartnerAPI(
    title=TITLE,
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="partner-api",
    openapi_url=None,
    docs_url=None,
    parser=StrictParser(),
)
api.add_exception_handler(ValidationError, _invalid)
api.add_exception_handler(HttpError, _unread)
api.add_exception_handler(Http404, _broken)
api.add_exception_handler(Exception, _broken)
PARTS = (
    customers, applications, quotes, negotiation, accounts, loans, changes, documents, cases, webhooks, sandbox,
)  # fmt: skip
for part in PARTS:
    api.add_router("", part.router)
