"""Write verbs of the runtime. Each runs inside the caller's transaction, so that what must hold together does."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from puhui.core.canonical import canonical_bytes
from puhui.core.refusals import Refusal
from puhui.runtime import blobs
from puhui.runtime.domain import GENESIS, StoredAnswer, WorkState, audit_hash
from puhui.runtime.models import (
    Audit,
    Blob,
    Clock,
    IdempotencyKey,
    Inbox,
    Work,
    lock_audit_head,
    mark_answered,
)
from puhui.runtime.rows import insert_if_absent, insert_soon, new_row
from puhui.runtime.transactions import require_transaction

log = logging.getLogger(__name__)


class KeyReusedWithOtherBody(Refusal):
    """The same idempotency key arrived with another body than the first time."""

    field = "key"
    status = 409


class WorkNotDead(Refusal):
    """Only a dead work item can be requeued, and this one is not dead (or does not exist)."""

    field = "key"
    status = 409


def put_work(
    *, key: str, kind: str, payload: dict[str, Any], now: datetime, run_at: datetime | None = None
) -> bool:
    """This function will put one item of work, to be taken at or after `run_at` (default: `now`).

    Returns False, and changes nothing, when the key was put before. `payload` has JSON values only, no personal data
    in the clear. One query. Raises: AssertionError outside a transaction; TypeError for a payload without a
    canonical form.
    """
    return insert_if_absent(_work(key, kind, payload, now, run_at))


def put_work_soon(*, key: str, kind: str, payload: dict[str, Any], now: datetime) -> None:
    """This function will put one item of work with what the transaction does next, for who need not know if it is new.

    Raises: as `put_work`.
    """
    insert_soon(_work(key, kind, payload, now, None), if_absent=True)


def _work(key: str, kind: str, payload: dict[str, Any], now: datetime, run_at: datetime | None) -> Work:
    require_transaction()
    assert 0 < len(key) <= 200 and 0 < len(kind) <= 60, "a work key has 1 to 200 characters, a kind 1 to 60"
    return new_row(
        Work,
        key=key,
        kind=kind,
        payload=canonical_bytes(payload).decode(),
        state=WorkState.READY.value,
        run_at=run_at or now,
        put_at=now,
    )


def requeue_work(*, key: str, now: datetime) -> None:
    """This function will make a dead item ready again, with its attempts and deferrals at zero.

    Raises: WorkNotDead.
    """
    require_transaction()
    changed = Work.objects.filter(key=key, state=WorkState.DEAD.value).update(
        state=WorkState.READY.value, run_at=now, attempts=0, deferrals=0, settled_at=None
    )
    if changed != 1:
        raise WorkNotDead(key=key)


def delete_done_work(*, before: datetime, limit: int) -> int:
    """This function will delete up to `limit` done items settled before `before` and return how many.

    The caller keeps `before` older than every outside party's own key retention.
    """
    require_transaction()
    ids = list(
        Work.objects.filter(state=WorkState.DONE.value, settled_at__lt=before).values_list("id", flat=True)[
            :limit
        ]
    )
    return Work.objects.filter(id__in=ids).delete()[0]


def remember_key(*, scope: str, key: str, body_hash: str, now: datetime) -> StoredAnswer | None:
    """This function will claim an idempotency key, or return the answer that it has already been given.

    None means: act now, then `store_answer` in the same transaction. A second caller with the same key waits for the
    first one's commit (PostgreSQL: on the unique row; SQLite: on the write lock) and then gets its answer. A key whose
    act was refused is free again, with any body. Raises: KeyReusedWithOtherBody (HTTP 409).
    """
    require_transaction()
    mine = new_row(IdempotencyKey, scope=scope, key=key, body_hash=body_hash, remembered_at=now)
    if insert_if_absent(mine):
        return None
    kept = IdempotencyKey.objects.select_for_update().get(scope=scope, key=key)
    if kept.answer is None or kept.answered_at is None:
        IdempotencyKey.objects.filter(id=kept.id).update(body_hash=body_hash, remembered_at=now)
        return None
    if kept.body_hash != body_hash:
        raise KeyReusedWithOtherBody(scope=scope)
    return StoredAnswer(answer=json.loads(kept.answer), answered_at=kept.answered_at)


def store_answer(*, scope: str, key: str, body_hash: str, answer: dict[str, Any], now: datetime) -> None:
    """This function will store the answer of an act under its idempotency key. JSON values only.

    Raises: AssertionError when the key was not remembered first, or has an answer already.
    """
    require_transaction()
    text = canonical_bytes(answer).decode()
    mark_answered(scope=scope, key=key, body_hash=body_hash, answer=text, at=now)


def record_inbox(*, party: str, callback_id: str, body_hash: str, now: datetime) -> bool:
    """This function will record a callback of `party`; False when it was received before (answer it 200, do nothing)."""
    require_transaction()
    mine = Inbox(party=party, callback_id=callback_id, body_hash=body_hash, received_at=now)
    if insert_if_absent(mine):
        return True
    if not Inbox.objects.filter(party=party, callback_id=callback_id, body_hash=body_hash).exists():
        log.warning("a repeated callback of %s has another body; the first one stands", party)
    return False


def put_blob(*, content: bytes, content_type: str, now: datetime) -> str:
    """This function will keep `content` and return its SHA-256 (hex), the name under which it is found again.

    The content lies sealed below VAR_DIR/blobs; equal content is kept once. A rolled-back caller leaves at most a
    file without a row, which nobody can read by name and the next equal content adopts.
    """
    require_transaction()
    sha256 = blobs.write_file(content)
    insert_if_absent(Blob(sha256=sha256, content_type=content_type, size_bytes=len(content), stored_at=now))
    return sha256


def record_audit(*, actor: str, action: str, subject: str, detail: dict[str, Any], now: datetime) -> None:
    """This function will append one link to the audit chain. Two queries; the head row stays locked until commit.

    `detail` has JSON values and never personal data.
    """
    require_transaction()
    seq, prev_hash = lock_audit_head()
    prev_hash = prev_hash or GENESIS
    digest = audit_hash(
        prev_hash=prev_hash, seq=seq + 1, at=now, actor=actor, action=action, subject=subject, detail=detail
    )
    row = Audit(
        seq=seq + 1,
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        detail=canonical_bytes(detail).decode(),
        prev_hash=prev_hash,
        hash=digest,
    )
    assert insert_if_absent(row), "the head of the audit chain is locked, so its next number is free"


def set_clock_offset(*, seconds: int, now: datetime) -> None:
    """This function will move the demo's clock: every page and worker then reads real UTC plus `seconds`."""
    require_transaction()
    Clock.objects.update_or_create(id=1, defaults={"offset_seconds": seconds})
    record_audit(
        actor="demo", action="clock.moved", subject="clock", detail={"offset_seconds": seconds}, now=now
    )
