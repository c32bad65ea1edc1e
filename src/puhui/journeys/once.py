"""One key, one effect: a journey that was asked twice answers with what it did the first time.

The hash of the body is an HMAC, because a body may hold a resident number, which a bare hash would give away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from puhui.core.canonical import canonical_bytes
from puhui.runtime import operations as runtime
from puhui.runtime.sealing import blind_index
from puhui.runtime.transactions import require_transaction

_covered: ContextVar[bool] = ContextVar("puhui_key_covered", default=False)


@contextmanager
def covered() -> Iterator[None]:
    """This function will let the journeys in its block keep no key of their own: one around them holds the answer.

    Only inside the transaction that claims that key, and with ids that follow from it.
    """
    require_transaction()
    token = _covered.set(True)
    try:
        yield
    finally:
        _covered.reset(token)


def body_hash(body: Mapping[str, Any]) -> str:
    """This function will return the hash by which the body of a request is known again."""
    return blind_index(canonical_bytes(dict(body)).decode(), purpose="idempotency.body")


def recall(*, scope: str, key: str, body: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """This function will return the answer that `keep` stored under this key, or None the first time.

    Raises: KeyReusedWithOtherBody when the key came with another body.
    """
    if _covered.get():
        return None
    stored = runtime.remember_key(scope=scope, key=key, body_hash=body_hash(body), now=now)
    return None if stored is None else dict(stored.answer)


def keep(*, scope: str, key: str, body: Mapping[str, Any], answer: dict[str, Any], now: datetime) -> None:
    """This function will store the answer of a journey under its key, in the journey's own transaction."""
    if _covered.get():
        return
    runtime.store_answer(scope=scope, key=key, body_hash=body_hash(body), answer=answer, now=now)
