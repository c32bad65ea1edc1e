"""A partner's request is one commit: the act, and the answer that it gets whenever it is sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from puhui.journeys.once import body_hash, covered
from puhui.runtime.operations import KeyReusedWithOtherBody as KeyReusedWithOtherBody
from puhui.runtime.operations import record_audit, remember_key, store_answer
from puhui.runtime.transactions import share_transaction, transaction

AGAIN = frozenset({429, 503})  # answers that say "later": the key stays free for the same request


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request is answered with."""

    status: int  # of HTTP
    body: dict[str, Any]  # JSON values without personal data in the clear: it is kept under the key
    replayed: bool = False  # whether it was given before


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that asks for an effect."""

    client_id: str  # who asks
    key: str  # the idempotency key that the partner chose
    body: Mapping[str, Any]  # everything that the effect depends on: operation, address, fields
    audit: tuple[str, str] | None = None  # (action, subject) of acts that bind or move money


def once(*, request: Request, act: Callable[[], Answer], now: datetime) -> Answer:
    """This function will act and keep the answer in one commit, or give the kept one; a refusal is an answer too.

    Of simultaneous requests with one key the second waits for the first and gets its answer. What raises is stored
    nowhere, and the key stays free. Raises: KeyReusedWithOtherBody.
    """
    digest = body_hash(request.body)
    with transaction():
        if (kept := _recall(request, digest, now)) is not None:
            return kept
        with share_transaction() as shared, covered():
            answer = act()
        if not shared.undone:
            _keep(request, digest, answer, now)
            return answer
    with transaction():  # it was refused, and its claim of the key went with what it wrote
        if (kept := _recall(request, digest, now)) is not None:
            return kept
        _keep(request, digest, answer, now)
    return answer


def once_with_party(*, request: Request, act: Callable[[], Answer], now: datetime) -> Answer:
    """This function will do the same for an act that speaks to an outside party first, so with no transaction open.

    The act is a journey with a key of its own: simultaneous requests make one effect and one answer.
    Raises: KeyReusedWithOtherBody.
    """
    digest = body_hash(request.body)
    with transaction():
        kept = _recall(request, digest, now)
    if kept is not None:
        return kept
    answer = act()
    with transaction():
        if (kept := _recall(request, digest, now)) is not None:
            return kept
        _keep(request, digest, answer, now)
    return answer


def _scope(request: Request) -> str:
    return f"api:{request.client_id}"


def _recall(request: Request, digest: str, now: datetime) -> Answer | None:
    stored = remember_key(scope=_scope(request), key=request.key, body_hash=digest, now=now)
    if stored is None:
        return None
    return Answer(status=stored.answer["status"], body=stored.answer["body"], replayed=True)


def _keep(request: Request, digest: str, answer: Answer, now: datetime) -> None:
    if answer.status in AGAIN:
        return
    kept = {"status": answer.status, "body": answer.body}
    store_answer(scope=_scope(request), key=request.key, body_hash=digest, answer=kept, now=now)
    if request.audit is not None and answer.status < 300:
        action, subject = request.audit
        record_audit(
            actor=f"client:{request.client_id}",
            action=action,
            subject=subject,
            detail={"key": request.key},
            now=now,
        )
