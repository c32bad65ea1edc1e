"""The description of the API (OpenAPI 3.1), finished: scopes, idempotency keys, and every answer that can come."""

from __future__ import annotations

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from puhui.web.partner_api.act import HEADER, KEY_PATTERN
from puhui.web.partner_api.problems import MEDIA_TYPE, TITLES, FieldProblem, Problem
from puhui.web.partner_api.scopes import SCOPES

PREFIX = "/api/v1"
TOKEN_PATH = f"{PREFIX}/oauth/token"
REVOKE_PATH = f"{PREFIX}/oauth/revoke"
REF = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403, 405, 413, 429, 500, 503)
ON_POST = (409, 415, 422)
Node = dict[str, Any]


def finished(schema: OpenAPISchema) -> OpenAPISchema:
    """This function will finish what django-ninja drew of the operations."""
    components: Node = schema["components"]
    for model in (FieldProblem, Problem):
        shape = model.model_json_schema(ref_template=REF, mode="serialization")
        shape.pop("$defs", None)
        components["schemas"][model.__name__] = shape
    components["securitySchemes"] = _schemes()
    components["responses"] = {f"Problem{status}": _problem(status) for status in TITLES}
    components["parameters"] = {"IdempotencyKey": _key()}
    for path, methods in schema["paths"].items():
        for method, one in methods.items():
            _finish(path, method, one)
    schema["paths"] |= _oauth_paths()
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


def _problem(status: int) -> Node:
    found: Node = {
        "description": TITLES[status][0],
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}},
    }
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
    scope = one["x-scope"]
    for parameter in one.get("parameters", []):
        if isinstance(
            parameter.get("examples"), list
        ):  # a schema has a list of them, a parameter has names for them
            parameter["example"] = parameter.pop("examples")[0]
    one["security"] = [{"OAuth2": [scope] if scope else [], "Bearer": []}]
    answers: Node = one["responses"]
    for status in [key for key in answers if not isinstance(key, str)]:
        answers[str(status)] = answers.pop(status)
    if media_type := one.pop("x-media-type", None):
        answers["200"]["content"] = {media_type: {"schema": {"type": "string"}}}
    statuses = [*ALWAYS]
    if "{" in path:
        statuses.append(404)
    if method == "post":
        statuses += [*ON_POST, 404]
        one.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
        for success in [key for key in answers if key.startswith("2")]:
            answers[success]["headers"] = {
                "Idempotent-Replayed": {
                    "schema": {"type": "string", "enum": ["true"]},
                    "description": "Present when this answer was given before.",
                }
            }
    else:
        statuses += [404, 409, 422]
    for number in sorted(set(statuses)):
        answers[str(number)] = {"$ref": f"#/components/responses/Problem{number}"}


FORM = "application/x-www-form-urlencoded"
TOKEN_IN: Node = {
    "type": "object",
    "required": ["grant_type"],
    "additionalProperties": False,
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
    "additionalProperties": False,
    "properties": {"token": {"type": "string", "minLength": 1, "maxLength": 200}},
}
OAUTH_ERROR: Node = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def _oauth(name: str, says: tuple[str, str], description: str, asked: Node, ok: Node) -> Node:
    """One of the two endpoints whose errors have the shape of RFC 6749, section 5.2."""
    refused = {"content": {"application/json": {"schema": OAUTH_ERROR}}}
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
        "requestBody": {"required": True, "content": {FORM: {"schema": asked}}},
        "responses": {
            "200": {"description": "OK", **ok},
            "400": {"description": "Refused (RFC 6749, section 5.2)", **refused},
            "401": {"description": "The client is not known, or its secret is wrong", **refused},
            **problems,
        },
    }
    return {"post": one}


def _oauth_paths() -> Node:
    given = {"content": {"application/json": {"schema": TOKEN_OUT}}}
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
