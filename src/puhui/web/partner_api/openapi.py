"""The description of the API (OpenAPI 3.1), finished: scopes, idempotency keys, and every answer that can come."""

from __future__ import annotations

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from puhui.journeys.notify_partner import EventType
from puhui.web.partner_api import events, examples
from puhui.web.partner_api.act import HEADER, KEY_PATTERN
from puhui.web.partner_api.problems import MEDIA_TYPE, TITLES, FieldProblem, Problem
from puhui.web.partner_api.scopes import SCOPES

PREFIX = "/api/v1"
TOKEN_PATH = f"{PREFIX}/oauth/token"
REVOKE_PATH = f"{PREFIX}/oauth/revoke"
REF = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403, 405, 413, 422, 429, 500, 503)
ON_POST = (409, 415)
Node = dict[str, Any]


def finished(schema: OpenAPISchema) -> OpenAPISchema:
    """This function will finish what django-ninja drew of the operations."""
    components: Node = schema["components"]
    for model in (FieldProblem, Problem):
        shape = model.model_json_schema(ref_template=REF, mode="serialization")
        shape.pop("$defs", None)
        components["schemas"][model.__name__] = shape
    components["securitySchemes"] = _schemes()
    components["schemas"] |= events.schemas()
    components["responses"] = {f"Problem{status}": _problem(status, _usual(status)) for status in TITLES}
    components["responses"] |= {
        f"Problem{status}Keyed": _problem(status, _usual(status, keyed=True)) for status in examples.KEYED
    }
    components["parameters"] = {"IdempotencyKey": _key()}
    for path, methods in schema["paths"].items():
        for method, one in methods.items():
            _finish(path, method, one)
    schema["paths"] |= _oauth_paths()
    schema["webhooks"] = _webhooks()
    named = {name for path in schema["paths"].values() for one in path.values() for name in one["x-problems"]}
    components["examples"] = {
        name: {"value": examples.problem(name)} for name in sorted(named | _all_usual())
    }
    schema["servers"] = [{"url": "/"}]
    schema["tags"] = _tags(schema["paths"])
    return schema


def _schemes() -> Node:
    flow = {"tokenUrl": TOKEN_PATH, "scopes": SCOPES}
    return {
        "OAuth2": {"type": "oauth2", "flows": {"clientCredentials": flow}},
        "Bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of OAuth2, in the Authorization header.",
        },
        "Client": {
            "type": "http",
            "scheme": "basic",
            "description": "Client id and secret (RFC 6749, section 2.3.1).",
        },
    }


def _usual(status: int, *, keyed: bool = False) -> tuple[str, ...]:
    """The problems of a status that every operation can stand, `keyed` for one that acts."""
    return examples.EVERYWHERE.get(status, ()) + (examples.KEYED.get(status, ()) if keyed else ())


def _all_usual() -> set[str]:
    return {
        code for table in (examples.EVERYWHERE, examples.KEYED) for codes in table.values() for code in codes
    }


def _problem(status: int, codes: tuple[str, ...]) -> Node:
    content: Node = {"schema": {"$ref": REF.format(model="Problem")}}
    if codes:
        content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    found: Node = {"description": TITLES[status][0], "content": {MEDIA_TYPE: content}}
    if status in (401, 403):
        found["headers"] = {
            "WWW-Authenticate": {"schema": {"type": "string"}, "description": "The challenge (RFC 6750)."}
        }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds to wait."}}
    return found


def _key() -> Node:
    return {
        "name": HEADER,
        "in": "header",
        "required": True,
        "description": "Chosen by the caller, one for each act; sent again with the same body it acts no second time.",
        "schema": {"type": "string", "pattern": KEY_PATTERN, "minLength": 16, "maxLength": 100},
        "example": "0f8c5b1e-6d0a-4c7e-9a43-2f6c1f1f0a11",
    }


def _finish(path: str, method: str, one: Node) -> None:
    scope, example = one["x-scope"], examples.of_operation(one["operationId"])
    for parameter in one.get("parameters", []):
        parameter.pop("examples", None)  # a schema has a list of them, a parameter has names for them
        if parameter["name"] in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    one["security"] = [{"OAuth2": [scope] if scope else [], "Bearer": []}]
    answers: Node = one["responses"]
    for status in [key for key in answers if not isinstance(key, str)]:
        answers[str(status)] = answers.pop(status)
    if media_type := one.pop("x-media-type", None):
        answers["200"]["content"] = {media_type: {"schema": {"type": "string"}}}
    if "body" in example:
        one["requestBody"]["content"]["application/json"]["example"] = example["body"]
    for success in answers.values():
        for content in success.get("content", {}).values():
            content |= _answered(example)
    if method == "post":
        one.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
        for success in [key for key in answers if key.startswith("2")]:
            answers[success]["headers"] = {
                "Idempotent-Replayed": {
                    "schema": {"type": "string", "enum": ["true"]},
                    "description": "Present when this answer was given before.",
                }
            }
    _refuse(path, method == "post", one)


def _answered(example: Node) -> Node:
    """The example of an answer, in both languages where they differ."""
    if "answer_zh" not in example:
        return {"example": example["answer"]} if "answer" in example else {}
    both = {"en": ("English", "answer"), "zh": ("中文", "answer_zh")}
    return {"examples": {name: {"summary": says, "value": example[at]} for name, (says, at) in both.items()}}


def _refuse(path: str, keyed: bool, one: Node) -> None:
    """Every problem that an operation can answer with: its own by name, the others by their status."""
    own: dict[int, tuple[str, ...]] = {}
    for code in examples.codes_of(one["operationId"]):
        status = examples.kinds()[code].status
        own[status] = (*own.get(status, ()), code)
    statuses = {*ALWAYS, *own, *(ON_POST if keyed else ()), *((404,) if "{" in path or not keyed else ())}
    for status in sorted(statuses):
        suffix = "Keyed" if keyed and status in examples.KEYED else ""
        plain = {"$ref": f"#/components/responses/Problem{status}{suffix}"}
        named = (*_usual(status, keyed=keyed), *own.get(status, ()))
        one["responses"][str(status)] = _problem(status, named) if status in own else plain
    one["x-problems"] = [code for status in sorted(own) for code in own[status]]


def _webhooks() -> Node:
    found = events.described()
    for type in EventType:
        call, headers = found[type.value]["post"], examples.event_headers(type)
        call["requestBody"]["content"]["application/json"]["example"] = examples.event(type)
        for parameter in call["parameters"]:
            parameter["example"] = headers[parameter["name"]]
    return found


FORM = "application/x-www-form-urlencoded"
TOKEN_IN: Node = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["client_credentials"]},
        "scope": {
            "type": "string",
            "description": "Separated by blanks; by default all that the client has.",
        },
    },
}
TOKEN_OUT: Node = {
    "type": "object",
    "required": ["access_token", "expires_in", "token_type", "scope"],
    "properties": {
        "access_token": {"type": "string"},
        "expires_in": {"type": "integer"},
        "token_type": {"type": "string", "enum": ["Bearer"]},
        "scope": {"type": "string"},
    },
}
REVOKE_IN: Node = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string", "minLength": 1, "maxLength": 200}},
}
OAUTH_ERROR: Node = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


TOKEN = "q7cJx2vWn0Zr5TtB8yLk1Hd4Ms9Pf6"  # an example: it was never given
OAUTH_EXAMPLES: Node = {
    "get_token": {"grant_type": "client_credentials", "scope": "customers:write quotes:read"},
    "token": {
        "access_token": TOKEN,
        "expires_in": 900,
        "token_type": "Bearer",
        "scope": "customers:write quotes:read",
    },
    "revoke_token": {"token": TOKEN},
}


def _oauth(name: str, says: tuple[str, str], description: str, asked: Node, ok: Node) -> Node:
    """One of the two endpoints whose errors have the shape of RFC 6749, section 5.2."""
    refused = [
        {"content": {"application/json": {"schema": OAUTH_ERROR, "example": {"error": error}}}}
        for error in ("unsupported_grant_type", "invalid_client")
    ]
    problems = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status in (405, 413, 415, 422, 429, 500, 503)
    }
    one = {
        "operationId": name,
        "summary": says[0],
        "x-summary-zh": says[1],
        "description": description,
        "tags": ["OAuth"],
        "security": [{"Client": []}],
        "x-problems": [],
        "requestBody": {
            "required": True,
            "content": {FORM: {"schema": asked, "example": OAUTH_EXAMPLES[name]}},
        },
        "responses": {
            "200": {"description": "OK", **ok},
            "400": {"description": "Refused (RFC 6749, section 5.2)", **refused[0]},
            "401": {"description": "The client is not known, or its secret is wrong", **refused[1]},
            **problems,
        },
    }
    return {"post": one}


def _oauth_paths() -> Node:
    given = {"content": {"application/json": {"schema": TOKEN_OUT, "example": OAUTH_EXAMPLES["token"]}}}
    grants = "Client credentials (RFC 6749, section 4.4). A token opens the API for 15 minutes."
    ends = "RFC 7009. A token that is not known is answered alike."
    return {
        TOKEN_PATH: _oauth("get_token", ("Get a token", "获取令牌"), grants, TOKEN_IN, given),
        REVOKE_PATH: _oauth("revoke_token", ("End a token", "作废令牌"), ends, REVOKE_IN, {}),
    }


def _tags(paths: Node) -> list[Node]:
    names: dict[str, None] = {}
    for methods in paths.values():
        for one in methods.values():
            names |= dict.fromkeys(one.get("tags", []))
    return [{"name": name} for name in names]
