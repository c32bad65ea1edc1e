"""How an operation is run: its gate, the values of its view, the view.

Django-ninja describes the operations. Its own way to run them prepares a response that no view here uses and reads each
part of a request through a model made for it. Here the parts are held against the very types of the view; only what does
not fit them takes ninja's way, which then says what is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja.operation import Operation, PathView
from pydantic import BaseModel, TypeAdapter, ValidationError

from puhui.web.partner_api.parser import read_json
from puhui.web.partner_api.problems import BodyUnreadable

Way = Callable[[HttpRequest, Mapping[str, Any]], HttpResponseBase]
Read = Callable[[Any], Any]


def running(view: PathView) -> Callable[..., HttpResponseBase]:
    """This function will return the view of an address: the operation of the request's method is run, others are a 405."""
    ways = {method: _way(one) for one in view.operations for method in one.methods}

    def run(request: HttpRequest, **path: Any) -> HttpResponseBase:
        way = ways.get(
            "GET" if request.method == "HEAD" else str(request.method)
        )  # the server drops the body
        return view._not_allowed() if way is None else way(request, path)

    return run


def _way(operation: Operation) -> Way:
    gate, view, read = operation.auth_callbacks[0], operation.view_func, _reader(operation)

    def way(request: HttpRequest, path: Mapping[str, Any]) -> HttpResponseBase:
        try:
            request.auth = gate(request)  # type: ignore[attr-defined]
            answer: HttpResponseBase = view(request, **read(request, path))
        except Exception as error:
            return operation.api.on_exception(request, error)
        return answer

    return way


def _reader(operation: Operation) -> Callable[[HttpRequest, Mapping[str, Any]], dict[str, Any]]:
    """How the values of a view are read from a request: parts of its address and its body, by their own types."""
    ids: dict[str, Read] = {}
    body: tuple[str, type[BaseModel]] | None = None
    for name, one in inspect.signature(operation.view_func, eval_str=True).parameters.items():
        if name == "request":
            continue
        if inspect.isclass(one.annotation) and issubclass(one.annotation, BaseModel):
            body = (name, one.annotation)
        elif f"{{{name}}}" in operation.path:
            ids[name] = TypeAdapter(one.annotation).validate_python
        else:  # a query parameter
            return lambda request, path: _ninjas(operation, request, path)

    def read(request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        try:
            found = {name: check(path[name]) for name, check in ids.items()}
            if body is not None:
                name, model = body
                found[name] = model.model_validate(read_json(request.body))
        except (ValidationError, BodyUnreadable):
            return _ninjas(operation, request, path)
        return found

    return read


def _ninjas(operation: Operation, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
    """What ninja reads. Raises: its ValidationError, which names every part at fault; HttpError for an unreadable body."""
    return dict(operation._get_values(request, dict(path), None))  # type: ignore[arg-type]  # no view asks for it
