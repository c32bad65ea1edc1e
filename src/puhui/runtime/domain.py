"""Values of the runtime: work items and how long they wait, audit rows and their chain, stored answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from puhui.core.canonical import canonical_bytes

ATTEMPT_CAP = 8  # starts of one item before it is dead: a job that kills its worker must not live for ever
DEFERRAL_CAP = 200  # polite "again later" answers of one item before it is dead
DONE_RETENTION_DAYS = 400  # done keys are kept at least so long: longer than any outside party keeps ours
BACKOFF_FIRST_SECONDS = 5  # wait after the first failure; it doubles
BACKOFF_LONGEST_SECONDS = 3600  # no wait is longer (before jitter)
GENESIS = "0" * 64  # hash before the first audit row


class WorkState(Enum):
    """Where a work item stands."""

    READY = "ready"  # may be taken at or after its run_at
    LEASED = "leased"  # a worker has it until its lease ends
    DONE = "done"  # its effect is committed
    DEAD = "dead"  # given up; staff may requeue it


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """What a handler is given."""

    key: str  # unique; also the idempotency key towards an outside party
    kind: str  # names the handler
    payload: dict[str, Any]  # JSON values; no personal data in the clear
    attempts: int  # starts so far, this one included (1 = first)
    now: datetime  # instant at which this start happens


Effect = Callable[[datetime], None]  # the local effect, run inside the settling transaction with its instant
Handler = Callable[[WorkItem], Effect]  # runs with no transaction open; talks to outside parties


class Transient(Exception):
    """A handler says: not now, again later. The key stays, so the outside party sees the same request."""

    def __init__(self, retry_in_seconds: int, reason: str = "") -> None:
        super().__init__(reason or f"again in {retry_in_seconds} s")
        self.retry_in_seconds = retry_in_seconds  # wait before the next start, before jitter and slowing


def no_effect(now: datetime) -> None:
    """This function will do nothing: the effect of a handler whose work is done without a local write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """A work item as staff see it."""

    key: str  # unique name
    kind: str  # names the handler
    payload: dict[str, Any]  # JSON values
    state: WorkState  # ready, leased, done, dead
    run_at: datetime  # next instant at which it may be taken (end of the lease while leased)
    put_at: datetime  # instant of the act that put it
    attempts: int  # starts so far
    deferrals: int  # polite "again later" answers so far
    error: str  # last failure, redacted; empty when none
    settled_at: datetime | None  # instant at which it became done or dead


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCounts:
    """How much work stands where."""

    ready: int  # may run now or later
    leased: int  # with a worker
    done: int  # kept for the retention of the outside parties' keys
    dead: int  # waiting for staff


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """What the health page says of the workers."""

    alive: bool  # a worker reported within the last WORKER_SILENCE_SECONDS
    workers: int  # how many did
    last_heartbeat_at: datetime | None  # newest report, None when no worker ever ran
    overdue: int  # open items whose instant passed more than a minute ago
    dead: int  # items waiting for staff


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The answer that an idempotency key has already been given."""

    answer: dict[str, Any]  # JSON values, as stored
    answered_at: datetime  # instant of the first answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of the audit chain."""

    seq: int  # 1, 2, 3, … without a gap
    at: datetime  # instant of the act
    actor: str  # who acted: "staff:7", "customer:<id>", "worker"
    action: str  # what was done, a stable name
    subject: str  # on what, "loan:<id>"
    detail: dict[str, Any]  # JSON values; never personal data
    prev_hash: str  # hash of the row before, GENESIS for the first
    hash: str  # SHA-256 over prev_hash and the canonical row


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What a walk over the whole audit chain found."""

    ok: bool  # every link holds and the head agrees
    count: int  # rows that held, from the first
    first_bad: int | None  # seq at which the chain first breaks, None when it holds
    head: str  # hash of the last row that held: keep it outside to detect a re-written chain


def audit_hash(
    *, prev_hash: str, seq: int, at: datetime, actor: str, action: str, subject: str, detail: dict[str, Any]
) -> str:
    """This function will return the hex SHA-256 that links an audit row to the one before it."""
    row = {"seq": seq, "at": at, "actor": actor, "action": action, "subject": subject, "detail": detail}
    return hashlib.sha256(prev_hash.encode("ascii") + canonical_bytes(row)).hexdigest()


def jitter_permille(key: str, attempt: int) -> int:
    """This function will return 0…999, spread evenly over keys and attempts, the same for the same input."""
    return int.from_bytes(hashlib.sha256(f"{key}\x1f{attempt}".encode()).digest()[:8], "big") % 1000


def backoff(*, key: str, attempts: int) -> timedelta:
    """This function will return the wait after a failure: 5 s doubling to one hour, plus up to half of it as jitter."""
    base = min(BACKOFF_FIRST_SECONDS * 2 ** max(attempts - 1, 0), BACKOFF_LONGEST_SECONDS)
    return timedelta(milliseconds=base * (1000 + jitter_permille(key, attempts) // 2))


def deferral_wait(*, key: str, retry_in_seconds: int, deferrals: int) -> timedelta:
    """This function will return the wait after a polite "again later": as asked, doubling after every tenth answer
    up to 32 times, plus up to a tenth as jitter. `deferrals` counts the earlier ones.
    """
    base = max(retry_in_seconds, 0) * 2 ** min(deferrals // 10, 5)
    return timedelta(milliseconds=base * (1000 + jitter_permille(key, deferrals) // 10))
