"""Read → values: work, worker health, blobs, the audit chain, the demo's clock."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min

from puhui.runtime import blobs
from puhui.runtime.domain import (
    GENESIS,
    AuditEntry,
    ChainCheck,
    WorkCounts,
    WorkerStatus,
    WorkRow,
    WorkState,
    audit_hash,
)
from puhui.runtime.models import Audit, AuditHead, Blob, Clock, IdempotencyKey, Work, Worker
from puhui.runtime.rows import find_row

WORKER_SILENCE_SECONDS = 30  # a worker not heard of for longer is taken for gone
OVERDUE_SECONDS = 60


def get_clock_offset() -> int:
    """This function will return how far the demo's clock is moved, in seconds (0 when it never was)."""
    row = find_row(Clock, id=1)
    return row.offset_seconds if row else 0


def get_work(key: str) -> WorkRow | None:
    """This function will return the work item of `key`, or None."""
    row = Work.objects.filter(key=key).first()
    return row.to_domain() if row else None


def list_work(*, state: WorkState | None = None, kind: str | None = None, limit: int = 200) -> list[WorkRow]:
    """This function will return the newest work items, optionally of one state or kind, at most `limit`."""
    rows = Work.objects.order_by("-id")
    if state is not None:
        rows = rows.filter(state=state.value)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return [row.to_domain() for row in rows[:limit]]


def work_counts() -> WorkCounts:
    """This function will count work items by state. One query."""
    found = dict(Work.objects.values_list("state").annotate(n=Count("id")))
    return WorkCounts(**{state.value: found.get(state.value, 0) for state in WorkState})


def get_worker_status(*, now: datetime) -> WorkerStatus:
    """This function will return whether a worker is alive at `now` (real time plus the demo's offset) and what waits."""
    beats = Worker.objects.filter(heartbeat_at__gt=now - timedelta(seconds=WORKER_SILENCE_SECONDS)).count()
    last = Worker.objects.aggregate(last=Max("heartbeat_at"))["last"]
    late = now - timedelta(seconds=OVERDUE_SECONDS)
    overdue = Work.objects.filter(settled_at=None, run_at__lte=late).count()
    dead = Work.objects.filter(state=WorkState.DEAD.value).count()
    return WorkerStatus(alive=beats > 0, workers=beats, last_heartbeat_at=last, overdue=overdue, dead=dead)


def find_answer(*, scope: str, key: str) -> dict[str, Any] | None:
    """This function will return the answer that an idempotency key was given, None when it was not."""
    row = IdempotencyKey.objects.filter(scope=scope, key=key).first()
    found: dict[str, Any] | None = (
        json.loads(row.answer) if row is not None and row.answer is not None else None
    )
    return found


def next_open_work_at() -> datetime | None:
    """This function will return when the next open item of work may be taken, None when nothing is open."""
    found: datetime | None = Work.objects.filter(settled_at=None).aggregate(at=Min("run_at"))["at"]
    return found


def list_worker_names() -> list[str]:
    """This function will return the names ("host:pid") of the workers that have reported and not ended."""
    return list(Worker.objects.order_by("name").values_list("name", flat=True))


def has_blob(sha256: str) -> bool:
    """This function will tell whether the content named `sha256` was put."""
    return Blob.objects.filter(sha256=sha256).exists()


def get_blob(sha256: str) -> tuple[bytes, str]:
    """This function will return (content, content type). Raises: BlobMissing, BlobDamaged."""
    row = Blob.objects.filter(sha256=sha256).first()
    if row is None:
        raise blobs.BlobMissing(f"no blob has the name {sha256}")
    return blobs.read_file(sha256), row.content_type


def list_audit(subject: str, *, limit: int = 200) -> list[AuditEntry]:
    """This function will return the newest audit rows about `subject`, at most `limit`, newest first."""
    return [row.to_domain() for row in Audit.objects.filter(subject=subject).order_by("-seq")[:limit]]


def list_audit_times(subject: str, action: str) -> list[tuple[int, datetime]]:
    """This function will return (seq, at) of every audit row of one action about `subject`, oldest first. One query."""
    rows = Audit.objects.filter(subject=subject, action=action).order_by("seq")
    return list(rows.values_list("seq", "at"))


def list_audit_of_actions(prefix: str, *, limit: int = 200) -> list[AuditEntry]:
    """This function will return the newest audit rows whose action begins with `prefix`, newest first."""
    return [
        row.to_domain() for row in Audit.objects.filter(action__startswith=prefix).order_by("-seq")[:limit]
    ]


def has_audit_link(*, seq: int, hash: str) -> bool:
    """This function will tell whether row `seq` of the chain has `hash` (row 0 is before the first)."""
    return hash == GENESIS if seq == 0 else Audit.objects.filter(seq=seq, hash=hash).exists()


def verify_audit_chain() -> ChainCheck:
    """This function will walk the whole audit chain and name the first row that was edited, removed or moved.

    The head is returned so that it can be kept outside: only that detects a chain re-written from some row to its end.
    """
    count, last = 0, GENESIS
    for row in Audit.objects.order_by("seq").iterator(chunk_size=2000):
        if row.seq != count + 1 or row.prev_hash != last or row.hash != _recomputed(row):
            return ChainCheck(ok=False, count=count, first_bad=count + 1, head=last)
        count, last = row.seq, row.hash
    head = AuditHead.objects.filter(id=1).values_list("seq", "hash").first() or (0, GENESIS)
    ok = head == (count, last)
    return ChainCheck(ok=ok, count=count, first_bad=None if ok else count + 1, head=last)


def list_audit_hashes() -> list[tuple[int, str]]:
    """This function will return the number and the hash of every link of the audit chain, in order. One query."""
    return list(Audit.objects.order_by("seq").values_list("seq", "hash"))


def _recomputed(row: Audit) -> str:
    try:
        detail = json.loads(row.detail)
        return audit_hash(
            prev_hash=row.prev_hash,
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=detail,
        )
    except (ValueError, TypeError):
        return ""  # edited into what no writer of ours produces
