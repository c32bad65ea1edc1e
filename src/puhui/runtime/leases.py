"""Taking work and giving it back: fenced leases.

A claim is its own transaction and leaves a token on the rows. Everything later asks for the token again: whoever lost
the lease (a pause longer than it, a second worker) settles nothing. `settle` is the exactly-once point: "done" and
the local effect are one commit.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from puhui.runtime.domain import (
    ATTEMPT_CAP,
    DEFERRAL_CAP,
    Effect,
    Transient,
    WorkState,
    backoff,
    deferral_wait,
)
from puhui.runtime.logs import redact
from puhui.runtime.models import Work, mark_done
from puhui.runtime.rows import list_rows_where, prepared
from puhui.runtime.transactions import transaction

ERROR_LENGTH_MAX = 500
NOT_LEASED: dict[str, Any] = {"token": "", "lease_until": None}


class LeaseLost(Exception):
    """Another worker holds the item by now; whatever this one did locally is rolled back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One claimed item."""

    id: int  # primary key of the row
    token: str  # fence; the items of one claim share it
    key: str  # unique name
    kind: str  # names the handler
    payload: dict[str, Any]  # JSON values
    attempts: int  # starts so far, this one included
    deferrals: int  # polite "again later" answers so far


def claim(*, kinds: Collection[str], now: datetime, lease_seconds: int, limit: int) -> list[Lease]:
    """This function will lease up to `limit` due items of `kinds` to the caller, oldest `run_at` first.

    An item that was started before is taken alone, so that one that kills its worker takes no innocent ones with it.
    Items whose lease ended at the cap become dead. Other kinds wait for a worker that knows them.
    """
    token = uuid.uuid4().hex
    until = now + timedelta(seconds=lease_seconds)
    with transaction():
        rows = _due(kinds, now, limit)
        while gone := [row.id for row in rows if row.attempts >= ATTEMPT_CAP]:
            error = f"started {ATTEMPT_CAP} times and never ended"
            Work.objects.filter(id__in=gone).update(**_dead(error, now))
            rows = _due(kinds, now, limit)
        rows = rows[:1] if rows and rows[0].attempts else list(takewhile(lambda row: not row.attempts, rows))
        if rows:
            _take([row.id for row in rows], token, until)
    return [
        Lease(
            id=row.id,
            token=token,
            key=row.key,
            kind=row.kind,
            payload=json.loads(row.payload),
            attempts=row.attempts + 1,
            deferrals=row.deferrals,
        )
        for row in rows
    ]


def _due(kinds: Collection[str], now: datetime, limit: int) -> list[Work]:
    """Return due rows, locked where the database has row locks (others' rows are skipped, not waited for)."""
    marks = ", ".join(["%s"] * len(kinds))
    skip = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    return list_rows_where(
        Work,
        f"settled_at IS NULL AND run_at <= %s AND kind IN ({marks})",
        [prepared(now), *kinds],
        ending=f"ORDER BY run_at, id LIMIT {limit:d}{skip}",
    )


def _take(ids: list[int], token: str, until: datetime) -> None:
    ends = prepared(until)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE runtime_work SET state = 'leased', token = %s, lease_until = %s, run_at = %s, "
            f"attempts = attempts + 1 WHERE id IN ({', '.join(['%s'] * len(ids))})",
            [token, ends, ends, *ids],
        )


def _dead(error: str, now: datetime) -> dict[str, Any]:
    return {**NOT_LEASED, "state": WorkState.DEAD.value, "error": error, "settled_at": now}


def _mine(lease: Lease) -> QuerySet[Work]:
    return Work.objects.filter(id=lease.id, token=lease.token, state=WorkState.LEASED.value)


def settle(*, lease: Lease, effect: Effect, now: datetime) -> None:
    """This function will commit "done" and the local effect together. Raises: LeaseLost, or what the effect raises;
    then nothing of either is stored.
    """
    with transaction():
        if not mark_done(id=lease.id, token=lease.token, at=now):
            raise LeaseLost(lease.key)
        effect(now)


def put_back(*, lease: Lease, error: Exception, now: datetime) -> WorkState:
    """This function will make a failed item ready again later, or dead at its cap, and return which.

    Transient gives its start back and counts as a deferral instead. Raises: LeaseLost.
    """
    said = redact(f"{type(error).__name__}: {error}")[:ERROR_LENGTH_MAX]
    ready = {**NOT_LEASED, "state": WorkState.READY.value, "error": said}
    if isinstance(error, Transient):
        wait = deferral_wait(
            key=lease.key, retry_in_seconds=error.retry_in_seconds, deferrals=lease.deferrals
        )
        dead = lease.deferrals + 1 >= DEFERRAL_CAP
        counts = {"attempts": lease.attempts - 1, "deferrals": lease.deferrals + 1}
    else:
        wait = backoff(key=lease.key, attempts=lease.attempts)
        dead = lease.attempts >= ATTEMPT_CAP
        counts = {}
    values = _dead(said, now) if dead else {**ready, **counts, "run_at": now + wait}
    with transaction():
        if _mine(lease).update(**values) != 1:
            raise LeaseLost(lease.key)
    return WorkState.DEAD if dead else WorkState.READY


def renew(*, token: str, until: datetime) -> int:
    """This function will move the end of every lease of one claim to `until` and return how many are still held."""
    with transaction():
        held = Work.objects.filter(token=token, lease_until__isnull=False)
        return held.update(lease_until=until, run_at=until)
