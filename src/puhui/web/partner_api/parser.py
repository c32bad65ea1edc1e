"""Reading a JSON body strictly: what two readers could read in two ways is not read at all."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from puhui.web.partner_api.problems import BodyUnreadable

DEEPEST = 32  # levels of nesting; the API's own bodies have three
_UNFIT = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores no NUL, UTF-8 no lone surrogate


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str) and _UNFIT.search(value):
        raise ValueError("a character that no text has")
    if isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)


def read_json(body: bytes) -> Any:
    """This function will return the one JSON value (RFC 8259) in `body`.

    Raises: BodyUnreadable for anything but UTF-8, a name twice in one object, NaN or Infinity, a NUL or a lone
    surrogate in a text, more than 32 levels, or text after the value.
    """
    try:
        text = body.decode("utf-8")
        value = _DECODER.decode(text)
        # UTF-8 brings no lone surrogate, and JSON no bare NUL: only an escape does
        if "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
            _check(value, 0)
    except (ValueError, RecursionError):
        raise BodyUnreadable() from None
    return value


class StrictParser(Parser):
    """The parser of every operation."""

    def parse_body(self, request: HttpRequest) -> Any:
        """This function will read the request's body. Raises: BodyUnreadable."""
        return read_json(request.body)
