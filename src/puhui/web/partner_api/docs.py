"""The description of the API, for programs (JSON) and for people (one plain page without script)."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from puhui.core.refusals import all_refusals
from puhui.web.partner_api.api import api
from puhui.web.partner_api.openapi import PREFIX
from puhui.web.partner_api.scopes import SCOPES, SCOPES_ZH
from puhui.web.shared.formats import is_chinese
from puhui.web.shared.refusals import catalogue


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


def _fields(node: dict[str, Any]) -> list[dict[str, Any]]:
    shape = _resolve(node)
    needed = set(shape.get("required", []))
    return [
        {
            "name": name,
            "type": _type(one),
            "needed": name in needed,
            "says": one.get("description", ""),
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
        "says": one.get("description", ""),
        "scope": one.get("x-scope", ""),
        "parameters": [_parameter(_resolve(each)) for each in one.get("parameters", [])],
        "body": _fields(body[0]) if body else [],
        "status": good,
        "media_type": ", ".join(answered),
        "answer": [field for each in answered.values() for field in _fields(each["schema"])],
        "refused": [status for status in one["responses"] if not status.startswith("2")],
    }


def _parameter(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one["name"],
        "type": f"{_type(one['schema'])}, {one['in']}",
        "needed": one["required"],
        "says": one.get("description", ""),
    }


def _parts(chinese: bool) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description()["paths"].items():
        for method, one in methods.items():
            found.setdefault(one["tags"][0], []).append(_operation(path, method, one, chinese))
    return [{"name": name, "operations": ones} for name, ones in found.items()]


def _problems(chinese: bool) -> list[dict[str, Any]]:
    said = catalogue()
    return [
        {
            "code": one.__name__,
            "status": one.status,
            "says": said[one.__name__]["zh" if chinese else "en"],
            "means": inspect.getdoc(one) or "",
        }
        for one in all_refusals()
        if one.__name__ in said
    ]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """This function will list every operation, scope and problem."""
    chinese = is_chinese(get_language() or "")
    scopes = [{"name": name, "says": SCOPES_ZH[name] if chinese else words} for name, words in SCOPES.items()]
    context = {
        "chinese": chinese,
        "title": description()["info"]["title"],
        "says": description()["info"]["description"],
        "parts": _parts(chinese),
        "scopes": scopes,
        "problems": _problems(chinese),
    }
    return render(request, "partner_api/docs.html", context)
