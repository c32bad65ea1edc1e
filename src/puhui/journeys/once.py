"""One key, one effect: a journey that was asked twice answers with what it did the first time.

The hash of the body is an HMAC, because a body may hold a resident number, which a bare hash would give away.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from puhui.core.canonical import canonical_bytes
from puhui.runtime import operations as runtime
from puhui.runtime.sealing import blind_index


def _hash(body: Mapping[str, Any]) -> str:
    return blind_index(canonical_bytes(dict(body)).decode(), purpose="idempotency.body")


def recall(*, scope: str, key: str, body: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """This function will return the answer that `keep` stored under this key, or None the first time.

    Raises: KeyReusedWithOtherBody when the key came with another body.
    """
    stored = runtime.remember_key(scope=scope, key=key, body_hash=_hash(body), now=now)
    return None if stored is None else dict(stored.answer)


def keep(*, scope: str, key: str, body: Mapping[str, Any], answer: dict[str, Any], now: datetime) -> None:
    """This function will store the answer of a journey under its key, in the journey's own transaction."""
    runtime.store_answer(scope=scope, key=key, body_hash=_hash(body), answer=answer, now=now)
