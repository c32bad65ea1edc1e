"""Worked examples of the description, from one place: what a program sent and was told, and what each problem says.

`examples.json` is written by a walk through the whole API (`tests/operations/test_partner_examples.py`); the problems
say what the catalogue of refusals says. `refused.toml` names the problems of each operation.
"""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.utils import translation

from puhui.access.partners.domain import SECRET_BYTES, make_secret, sign
from puhui.core.canonical import canonical_bytes
from puhui.core.ids import derive_id
from puhui.core.refusals import InputRefused, Refusal, all_refusals
from puhui.journeys.notify_partner import EventType
from puhui.web.partner_api.problems import FieldProblem, body_of, words_of

Node = dict[str, Any]
HERE = Path(__file__).parent
SECRET = make_secret(b"an example: opens nothing at all"[:SECRET_BYTES])
REQUEST_ID = "McZvfmeHSSG9HCwpBfC8_CEP"
ALIKE = {EventType.LOAN_CANCELLED: EventType.LOAN_PAID_OUT, EventType.PAYMENT_RETURNED: EventType.PAYMENT_RECEIVED}  # fmt: skip
# What every operation can stand, by status; with a key those of KEYED, too.
EVERYWHERE: dict[int, tuple[str, ...]] = {
    400: ("BodyUnreadable", "HostNotServed"),
    401: ("TokenMissing", "TokenInvalid", "TokenExpired"),
    403: ("ScopeMissing",),
    404: ("NotFoundHere",),
    405: ("HttpMethodNotServed",),
    413: ("BodyTooLarge",),
    415: ("BodyNotJson",),
    422: ("FieldInvalid", "FieldNeeded", "FieldUnknown"),
    429: ("TooManyRequests",),
    500: ("SomethingBroke",),
    503: ("ServiceBusy",),
}
KEYED: dict[int, tuple[str, ...]] = {400: ("IdempotencyKeyNeeded",), 409: ("IdempotencyKeyReused",)}
FIELD = "amount_minor"  # at fault in the examples of a field that is wrong, missing or not known


@cache
def kept() -> Node:
    """This function will return {"operations": {name: {parameters, body, answer, answer_zh}}, "events": {type: body}}."""
    found: Node = json.loads((HERE / "examples.json").read_text(encoding="utf-8"))
    return found


def of_operation(name: str) -> Node:
    """This function will return the example of an operation, empty for none."""
    found: Node = kept()["operations"].get(name, {})
    return found


def event(type: EventType) -> Node:
    """This function will return an event of a type as it is sent. One that the walk did not meet is told like its kin."""
    found: Node = kept()["events"][ALIKE.get(type, type).value]
    return {**found, "type": type.value}


def event_headers(type: EventType) -> dict[str, str]:
    """This function will return the headers of that event's call, signed with SECRET."""
    body, id = canonical_bytes(event(type)), derive_id("example.event", type.value)
    timestamp = int(datetime.fromisoformat(event(type)["timestamp"]).timestamp())
    signature = sign(id=id, timestamp=timestamp, body=body, secrets=[SECRET])
    return {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


@cache
def refused() -> Node:
    """This function will return `refused.toml`."""
    return tomllib.loads((HERE / "refused.toml").read_text(encoding="utf-8"))


def codes_of(operation: str) -> tuple[str, ...]:
    """This function will name the problems that are an operation's own."""
    return tuple(refused()["operations"].get(operation, ()))


@cache
def kinds() -> dict[str, type[Refusal]]:
    """This function will return every refusal by its name."""
    return {one.__name__: one for one in all_refusals()}


@cache
def problem(code: str, *, chinese: bool = False) -> Node:
    """This function will return the problem document of a refusal, its facts those of `refused.toml`."""
    facts = dict(refused()["facts"])
    own = facts.get(code, {})
    facts = {name: one for name, one in facts.items() if not isinstance(one, dict)} | own
    kind, request = kinds()[code], HttpRequest()
    request.request_id = REQUEST_ID  # type: ignore[attr-defined]  # as the middleware sets it
    with translation.override("zh-hans" if chinese else "en"):
        if not issubclass(kind, InputRefused) or kind.field:
            return body_of(request, kind(**facts), fields=_fields())
        refusal = kind(FIELD, **facts)  # of any field
        errors = [FieldProblem(field=FIELD, code=code, detail=words_of(refusal).sentence)]
        return body_of(request, refusal, fields=_fields(), errors=errors)


@cache
def _fields() -> dict[str, None]:
    """Every name that a body of an example has."""
    bodies = [one.get("body", {}) for one in kept()["operations"].values()]
    return dict.fromkeys(name for body in bodies for name in body)
