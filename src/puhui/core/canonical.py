"""Canonical bytes: one text for one value, so that a hash or a replay compares byte for byte.

JSON with sorted keys, no spaces, UTF-8; integers, strings, booleans, None, lists and string-keyed mappings only.
Floats are refused: a number that matters is an integer with its unit in its name. Dates are ISO 8601 text; instants
are UTC with a trailing Z.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_JSON = frozenset({type(None), bool, int, str})  # what stands in JSON as it is


@lru_cache(maxsize=512)
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def plain(value: Any) -> Any:
    """This function will turn a domain value into JSON's own types. Raises: TypeError for a float or unknown type."""
    if type(value) in _JSON:
        return value
    if isinstance(value, (int, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("an instant without a zone has no canonical form")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _field_names(type(value))}
    if isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


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
