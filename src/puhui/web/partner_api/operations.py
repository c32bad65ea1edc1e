"""How an operation of the API is declared: its scope, its words in two languages, what it answers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase
from ninja import Router
from pydantic import BaseModel

from puhui.web.partner_api.auth import Allowed
from puhui.web.partner_api.problems import FieldInvalid, FieldNeeded

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
_IN_PATH = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header that an operation reads."""

    name: str  # as it is sent
    pattern: str  # what it must look like
    says: str  # what it is

    def described(self) -> dict[str, Any]:
        """This function will describe it for OpenAPI."""
        shape = {"type": "string", "pattern": f"^{self.pattern}$"}
        return {
            "name": self.name,
            "in": "header",
            "required": True,
            "schema": shape,
            "description": self.says,
        }

    def read(self, request: HttpRequest) -> str:
        """This function will return its value. Raises: FieldNeeded, FieldInvalid."""
        value = request.headers.get(self.name, "")
        if not value:
            raise FieldNeeded(self.name)
        if not re.fullmatch(self.pattern, value):
            raise FieldInvalid(self.name, takes=f"pattern ^{self.pattern}$")
        return value


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    scope: str,
    says: tuple[str, str],
    answers: type[BaseModel] | None,
    status: int = 200,
    media_type: str = "application/json",
    headers: tuple[Header, ...] = (),
) -> Callable[[View], View]:
    """This function will add a view to `router` as an operation of the API.

    `says` is its summary in English and Chinese; `answers` the shape of its answer, None for another media type.
    Whatever of the view's arguments is not in the path and is no body is a query parameter.
    """

    def declare(view: View) -> View:
        in_path = set(_IN_PATH.findall(path))
        hints = inspect.signature(view, eval_str=True).parameters
        query = [
            name
            for name, one in hints.items()
            if name != "request" and name not in in_path and not _is_body(one.annotation)
        ]
        extra: dict[str, Any] = {"x-summary-zh": says[1], "x-scope": scope}
        if media_type != "application/json":
            extra["x-media-type"] = media_type
        if headers:
            extra["parameters"] = [one.described() for one in headers]
        router.api_operation(
            [method],
            path,
            auth=Allowed(scope=scope, query=frozenset(query)),
            response={status: answers},
            operation_id=view.__name__,
            summary=says[0],
            description=inspect.getdoc(view),
            url_name=view.__name__,
            openapi_extra=extra,
        )(view)
        return view

    return declare


def _is_body(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)
