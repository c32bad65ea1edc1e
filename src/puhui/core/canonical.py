"""Canonical bytes: one text for one value, so that a hash or a replay compares byte for byte.

JSON with sorted keys, no spaces, UTF-8; integers, strings, booleans, None, lists and string-keyed mappings only.
Floats are refused: a number that matters is an integer with its unit in its name. Dates are ISO 8601 text; instants
are UTC with a trailing Z.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_WAYS: dict[type, Callable[[Any], Any]] = {}  # filled as types are met
_JSON = frozenset({type(None), bool, int, str})  # what stands in JSON as it is


def plain(value: Any) -> Any:
    """This function will turn a domain value into JSON's own types. Raises: TypeError for a float or unknown type."""
    kind = type(value)
    if kind in _JSON:
        return value
    way = _WAYS.get(kind)
    if way is None:
        way = _WAYS[kind] = _way(kind)
    return way(value)


def _way(kind: type) -> Callable[[Any], Any]:
    """How values of a type become JSON: found once, for a decision has hundreds of values of a dozen types."""
    if issubclass(kind, Enum):
        return _enum
    if issubclass(kind, (int, str)):
        return _as_it_is
    if dataclasses.is_dataclass(kind):
        return _fields_of(kind)
    ways: list[tuple[type | tuple[type, ...], Callable[[Any], Any]]] = [
        (datetime, _instant),
        (date, date.isoformat),
        (dict, _mapping),
        ((list, tuple), _sequence),
        ((set, frozenset), _sorted),
    ]
    for types, way in ways:
        if issubclass(kind, types):
            return way
    raise TypeError(f"{kind.__name__} has no canonical form")


def _fields_of(kind: type) -> Callable[[Any], Any]:
    names = tuple(field.name for field in dataclasses.fields(kind))
    if len(names) < 2:  # of one name the getter below would give the bare value
        return lambda value: {name: plain(getattr(value, name)) for name in names}
    read = attrgetter(*names)

    def way(value: Any) -> dict[str, Any]:
        return dict(
            zip(names, [one if type(one) in _JSON else plain(one) for one in read(value)], strict=True)
        )

    return way


def _enum(value: Enum) -> Any:
    return plain(value.value)


def _as_it_is(value: Any) -> Any:
    return value


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("an instant without a zone has no canonical form")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _mapping(value: dict[Any, Any]) -> dict[str, Any]:
    return {
        key if type(key) is str else _key(key): item if type(item) in _JSON else plain(item)
        for key, item in value.items()
    }


def _sequence(value: Sequence[Any]) -> list[Any]:
    return [item if type(item) in _JSON else plain(item) for item in value]


def _sorted(value: Collection[Any]) -> list[Any]:
    return sorted(plain(item) for item in value)


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    if not isinstance(key, str):
        raise TypeError("a canonical mapping has string keys")
    return key


def canonical_bytes(value: Any) -> bytes:
    """This function will return the canonical UTF-8 JSON bytes of `value`. Raises: TypeError as `plain` does."""
    return _ENCODER.encode(plain(value)).encode()


def content_hash(value: Any) -> str:
    """This function will return the hex SHA-256 of the canonical bytes of `value` (or of raw bytes as they are)."""
    data = value if isinstance(value, bytes) else canonical_bytes(value)
    return hashlib.sha256(data).hexdigest()
