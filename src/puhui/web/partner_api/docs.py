"""The description of the API, for programs (JSON) and for people (one plain page without script)."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from puhui.access.partners.domain import WAITS_SECONDS
from puhui.core.canonical import canonical_bytes
from puhui.core.refusals import all_refusals
from puhui.web.partner_api import examples
from puhui.web.partner_api.api import api
from puhui.web.partner_api.openapi import FORM, PREFIX
from puhui.web.partner_api.scopes import SCOPES, SCOPES_ZH
from puhui.web.shared.formats import is_chinese
from puhui.web.shared.refusals import catalogue

WORDS = Path(__file__).with_name("words_zh.toml")


@cache
def words() -> dict[str, str]:
    """This function will return {English text of the description: Chinese}, white space as one blank."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def said(text: str, chinese: bool) -> str:
    """This function will return a text of the description in the reader's language, "" for none."""
    return words()[" ".join(text.split())] if chinese and text else text


@cache
def description() -> dict[str, Any]:
    """This function will return the description; it is the same for the life of the process."""
    return dict(api.get_openapi_schema(path_prefix=f"{PREFIX}/"))


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponseBase:
    """This function will answer with the OpenAPI 3.1 document."""
    return JsonResponse(description(), json_dumps_params={"ensure_ascii": False})


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = description()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _type(node: dict[str, Any]) -> str:
    if "$ref" in node:
        return str(node["$ref"].rsplit("/", 1)[-1])
    for many in ("anyOf", "oneOf"):
        if many in node:
            return " | ".join(_type(one) for one in node[many])
    if "enum" in node:
        return " | ".join(str(one) for one in node["enum"])
    if "const" in node:
        return str(node["const"]).lower() if isinstance(node["const"], bool) else str(node["const"])
    if node.get("type") == "array":
        return f"[{_type(node.get('items', {}))}]"
    return str(node.get("format") or node.get("type") or "any")


def _says(one: dict[str, Any], chinese: bool) -> str:
    """What is said of a field or parameter: beside it, or of the one type that it has besides null."""
    schema = one.get("schema", {})
    placed = (one, schema, *one.get("anyOf", ()), *schema.get("anyOf", ()))
    return said(next((each["description"] for each in placed if "description" in each), ""), chinese)


def _pieces(type: str) -> list[tuple[str, str]]:
    """A type as (text, name of the shape after it), for links to shapes; the last name is "" where text ends it."""
    pieces = [*re.split(rf"\b({'|'.join(description()['components']['schemas'])})\b", type), ""]
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def _fields(node: dict[str, Any], chinese: bool) -> list[dict[str, Any]]:
    shape = _resolve(node)
    needed = set(shape.get("required", []))
    return [
        {
            "name": name,
            "type": _pieces(_type(one)),
            "needed": name in needed,
            "says": _says(one, chinese),
        }
        for name, one in shape.get("properties", {}).items()
    ]


def _operation(path: str, method: str, one: dict[str, Any], chinese: bool) -> dict[str, Any]:
    content = one.get("requestBody", {}).get("content", {})
    body = [one["schema"] for one in content.values()]
    good = next(status for status in one["responses"] if status.startswith("2"))
    answered = one["responses"][good].get("content", {})
    return {
        "id": one["operationId"],
        "method": method.upper(),
        "path": path,
        "name": one["x-summary-zh"] if chinese else one["summary"],
        "says": said(one.get("description", ""), chinese),
        "scope": one.get("x-scope", ""),
        "parameters": [_parameter(_resolve(each), chinese) for each in one.get("parameters", [])],
        "body": _fields(body[0], chinese) if body else [],
        "status": good,
        "media_type": ", ".join(answered),
        "answer": [field for each in answered.values() for field in _fields(each["schema"], chinese)],
        "own": [(examples.kinds()[code].status, code) for code in one["x-problems"]],
        "usual": [status for status, each in one["responses"].items() if "$ref" in each],
        "example": _transcript(path, method, one, chinese),
    }


def _transcript(path: str, method: str, one: dict[str, Any], chinese: bool) -> str:
    """A request and its answer as they go over the line, short of what every request carries."""
    parameters = [each for each in map(_resolve, one.get("parameters", [])) if "example" in each]
    placed = {
        place: {each["name"]: each["example"] for each in parameters if each["in"] == place}
        for place in ("path", "query", "header")
    }
    query = f"?{urlencode(placed['query'])}" if placed["query"] else ""
    lines = [f"{method.upper()} {path.format(**placed['path'])}{query}"]
    lines += [f"{name}: {value}" for name, value in placed["header"].items()]
    for type, content in one.get("requestBody", {}).get("content", {}).items():
        lines += [f"Content-Type: {type}", "", _written(type, _example(content, chinese))]
    for status, each in one["responses"].items():
        if status.startswith("2"):
            answered = each.get("content", {}).items()
            lines += ["", status, *(_written(type, _example(content, chinese)) for type, content in answered)]
    return "\n".join(lines)


def _example(content: dict[str, Any], chinese: bool) -> Any:
    named = content.get("examples")
    return named["zh" if chinese else "en"]["value"] if named else content["example"]


def _written(type: str, value: Any) -> str:
    if type == FORM:
        return urlencode(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _event(type: str, one: dict[str, Any], chinese: bool) -> dict[str, Any]:
    [content] = one["requestBody"]["content"].values()
    headers = [f"{each['name']}: {each['example']}" for each in one["parameters"]]
    lines = [
        "POST /hooks",
        *headers,
        "",
        canonical_bytes(content["example"]).decode(),
    ]  # the bytes that were signed
    return {
        "type": type,
        "name": one["x-summary-zh"] if chinese else one["summary"],
        "body": _fields(content["schema"], chinese),
        "example": "\n".join(lines),
    }


def _parameter(one: dict[str, Any], chinese: bool) -> dict[str, Any]:
    return {
        "name": one["name"],
        "type": _pieces(f"{_type(one['schema'])}, {one['in']}"),
        "needed": one["required"],
        "says": _says(one, chinese),
    }


def _parts(chinese: bool) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description()["paths"].items():
        for method, one in methods.items():
            found.setdefault(one["tags"][0], []).append(_operation(path, method, one, chinese))
    return [{"name": said(name, chinese), "operations": ones} for name, ones in found.items()]


def _shapes(chinese: bool, parts: list[dict[str, Any]], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shapes that fields are made of, however deep, and that of a problem, by name."""
    schemas: dict[str, Any] = description()["components"]["schemas"]
    fields = [each for part in parts for one in part["operations"] for each in (*one["body"], *one["answer"])]
    fields += [each for one in events for each in one["body"]]
    found: dict[str, dict[str, Any]] = {}
    names = ["Problem", *_named(fields)]
    while names:
        name = names.pop()
        if name not in found:
            fields = _fields(schemas[name], chinese)
            found[name] = {
                "name": name,
                "says": said(schemas[name].get("description", ""), chinese),
                "fields": fields,
            }
            names += _named(fields)
    return [found[name] for name in sorted(found)]


def _named(fields: list[dict[str, Any]]) -> list[str]:
    return [name for each in fields for _, name in each["type"] if name]


def _problems(chinese: bool) -> list[dict[str, Any]]:
    sentences = catalogue()
    return [
        {
            "code": one.__name__,
            "status": one.status,
            "says": sentences[one.__name__]["zh" if chinese else "en"],
        }
        for one in all_refusals()
        if one.__name__ in sentences
    ]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """This function will list every operation, scope and problem."""
    chinese = is_chinese(get_language() or "")
    about, parts = description()["info"], _parts(chinese)
    events = [_event(type, one["post"], chinese) for type, one in description()["webhooks"].items()]
    headers = next(iter(description()["webhooks"].values()))["post"]["parameters"]
    scopes = [{"name": name, "says": SCOPES_ZH[name] if chinese else one} for name, one in SCOPES.items()]
    context = {
        "chinese": chinese,
        "title": said(about["title"], chinese),
        "says": said(about["description"], chinese),
        "house": f"{request.scheme}://{request.get_host()}",
        "waits": len(WAITS_SECONDS),
        "rate": dict(zip(("per_second", "at_once"), settings.PARTNER_RATE, strict=True)),
        "parts": parts,
        "events": events,
        "headers": [_parameter(one, chinese) for one in headers],
        "secret": examples.SECRET,
        "problem": _written("", examples.problem("TermNotOffered", chinese=chinese)),
        "shapes": _shapes(chinese, parts, events),
        "scopes": scopes,
        "problems": _problems(chinese),
    }
    return render(request, "partner_api/docs.html", context)
