"""Where two documents differ, field by field, so that an auditor is shown the fields and not a red light."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

MOST = 200  # differences that are listed; more only say that everything is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One field that is not what it should be."""

    path: str  # e.g. "rows[3].interest_minor"
    stored: str  # as stored, JSON; "" when the field is not there
    again: str  # as worked out now, JSON; "" when the field is not there


def list_differences(stored: Any, again: Any, *, limit: int = MOST) -> tuple[FieldDifference, ...]:
    """This function will list the fields in which two values of JSON's own types differ, in order, at most `limit`.

    `True` and `1` differ: what is compared is the text, not Python's idea of equality.
    """
    return tuple(islice(_walk(stored, again, ""), limit))


def _walk(stored: Any, again: Any, path: str) -> Iterator[FieldDifference]:
    if isinstance(stored, dict) and isinstance(again, dict):
        for key in sorted(stored.keys() | again.keys()):
            where = f"{path}.{key}" if path else key
            yield from _child(stored, again, key, where)
    elif isinstance(stored, list) and isinstance(again, list):
        for i in range(max(len(stored), len(again))):
            where = f"{path}[{i}]"
            one, other = dict(enumerate(stored)), dict(enumerate(again))
            yield from _child(one, other, i, where)
    elif type(stored) is not type(again) or stored != again:
        yield FieldDifference(path=path, stored=_text(stored), again=_text(again))


def _child(stored: dict[Any, Any], again: dict[Any, Any], key: Any, where: str) -> Iterator[FieldDifference]:
    if key in stored and key in again:
        yield from _walk(stored[key], again[key], where)
    else:
        yield FieldDifference(
            path=where,
            stored=_text(stored[key]) if key in stored else "",
            again=_text(again[key]) if key in again else "",
        )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
