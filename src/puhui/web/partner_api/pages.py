"""Pages of a list: an opaque cursor names the last item of the page before, so that nothing is skipped or doubled."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from puhui.web.partner_api.problems import CursorInvalid

T = TypeVar("T")
LONGEST_CURSOR = 200


def write_cursor(*parts: str) -> str:
    """This function will make a cursor of what the list is sorted by."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode("ascii").rstrip("=")


def read_cursor(cursor: str | None, parts: int) -> tuple[str, ...] | None:
    """This function will return what `write_cursor` was given, None for no cursor. Raises: CursorInvalid."""
    if cursor is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise CursorInvalid() from None
    if not isinstance(found, list) or len(found) != parts or not all([isinstance(one, str) for one in found]):
        raise CursorInvalid()
    return tuple(found)


def read_instant(cursor: str | None) -> tuple[datetime, str] | None:
    """This function will return (instant, id) of a cursor, None for no cursor. Raises: CursorInvalid."""
    parts = read_cursor(cursor, 2)
    if parts is None:
        return None
    try:
        at = datetime.fromisoformat(parts[0])
    except ValueError:
        raise CursorInvalid() from None
    if at.tzinfo is None or not parts[1].isascii() or "\x00" in parts[1]:
        raise CursorInvalid()
    return at, parts[1]


def cut(
    items: Sequence[T], *, cursor: str | None, limit: int, name: Callable[[T], str]
) -> tuple[Sequence[T], str | None]:
    """This function will return one page of a short list that is read whole, and the cursor of the next one.

    `name` gives an item's own id. Raises: CursorInvalid for a cursor that names no item of the list.
    """
    start = 0
    if (after := read_cursor(cursor, 1)) is not None:
        names = [name(one) for one in items]
        if after[0] not in names:
            raise CursorInvalid()
        start = names.index(after[0]) + 1
    page = items[start : start + limit]
    more = len(items) > start + limit
    return page, write_cursor(name(page[-1])) if more else None
