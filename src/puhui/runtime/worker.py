"""Doing the work: a worker process, and the same handlers drained inline by tests, the demo and simulations.

A handler runs with no transaction open, may talk to an outside party under the item's key, and returns its local
effect; `leases.settle` commits the effect with "done". A worker that dies in between leaves a lease that ends, and the
next start sends the same key again.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta

from django.db import Error as DatabaseTrouble
from django.db import connection

from puhui.runtime.domain import Effect, Handler, Transient, WorkItem, WorkState, no_effect
from puhui.runtime.leases import Lease, LeaseLost, claim, put_back, renew, settle
from puhui.runtime.models import Worker
from puhui.runtime.schedules import Schedule, tick
from puhui.runtime.transactions import in_batch, in_transaction, join_transaction

__all__ = ["Effect", "Handler", "Schedule", "Transient", "WorkItem", "drain", "no_effect", "run_worker"]

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]

LEASE_SECONDS = 60
BATCH = 10  # items a worker takes at once; SIGTERM waits for them
DRAIN_BATCH = 50  # items an inline drain takes at once
BEAT_SECONDS = 2.0  # longest time between two signs of life
HANDLER_LIMIT_SECONDS = 900  # a handler that runs longer loses its lease: it hangs
TROUBLE_SECONDS = 2.0  # pause after the database refused us
FORGET_WORKER_AFTER = timedelta(days=1)


def _run(lease: Lease, handlers: Mapping[str, Handler], clock: Clock, *, strict: bool) -> None:
    """Run one item to its end: done, ready again, dead, or lost to another worker."""
    told = {"kind": lease.kind, "key": lease.key, "attempts": lease.attempts}
    item = WorkItem(
        key=lease.key, kind=lease.kind, payload=lease.payload, attempts=lease.attempts, now=clock()
    )
    try:
        try:
            assert in_batch() or not in_transaction(), "a handler runs with no transaction open"
            effect = handlers[lease.kind](item)
            settle(lease=lease, effect=effect, now=clock())
        except Transient as error:
            put_back(lease=lease, error=error, now=clock())
            log.info("work put off: %s", error, extra=told)
        except LeaseLost:
            raise
        except Exception as error:
            state = put_back(lease=lease, error=error, now=clock())
            level = logging.ERROR if state is WorkState.DEAD else logging.WARNING
            log.log(level, "work failed, now %s", state.value, exc_info=error, extra=told)
            if strict:
                raise
    except LeaseLost:
        log.warning("work lost to another worker; nothing was stored", extra=told)


def drain(
    *,
    handlers: Mapping[str, Handler],
    now: datetime,
    limit: int | None = None,
    nested: bool = False,
    strict: bool = False,
    batch: int = DRAIN_BATCH,
) -> int:
    """This function will run everything that is due at `now`, including what that puts, and return how many starts.

    For tests, the demo and simulations: one thread, a passed clock. `limit` ends it after so many starts.
    `nested` works inside the caller's open transaction (claims and settlements become savepoints), so that many days
    share one commit. `strict` raises what a handler raised, after putting the item back.
    """
    started = 0
    with join_transaction() if nested else nullcontext():
        while limit is None or started < limit:
            size = batch if limit is None else min(batch, limit - started)
            leases = claim(kinds=handlers.keys(), now=now, lease_seconds=LEASE_SECONDS, limit=size)
            for lease in leases:
                _run(lease, handlers, lambda: now, strict=strict)
            started += len(leases)
            if not leases:
                break
    return started


class _Heartbeat(threading.Thread):
    """Signs of life of one worker process, and longer leases while a handler takes its time."""

    def __init__(self, *, name: str, clock: Clock, lease_seconds: int) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.worker = name  # primary key of our row
        self.clock = clock  # real time, moved in the demo
        self.lease_seconds = lease_seconds  # length of a renewed lease
        self.token = ""  # claim being worked on, set by the worker's thread
        self.item_ends_at: datetime | None = None  # when the running handler counts as hanging
        self.done = 0  # starts so far, set by the worker's thread
        self.ended = threading.Event()

    def run(self) -> None:
        """This function will beat until `ended` is set; trouble with the database is logged and outlived."""
        try:
            while not self.ended.wait(min(BEAT_SECONDS, self.lease_seconds / 3)):
                try:
                    self.beat()
                except DatabaseTrouble as error:
                    log.warning("heartbeat missed", exc_info=error)
                    connection.close()
        finally:
            connection.close()

    def beat(self) -> None:
        """This function will write one sign of life and renew the leases of the claim at hand."""
        now = self.clock()
        Worker.objects.filter(name=self.worker).update(heartbeat_at=now, done=self.done)
        token, ends_at = self.token, self.item_ends_at
        if token and ends_at and now < ends_at:
            renew(token=token, until=now + timedelta(seconds=self.lease_seconds))


def run_worker(
    *,
    handlers: Mapping[str, Handler],
    schedules: Sequence[Schedule],
    clock: Clock,
    stop: threading.Event,
    once: bool = False,
    poll_seconds: float = 0.5,
    batch: int = BATCH,
    lease_seconds: int = LEASE_SECONDS,
) -> int:
    """This function will tick the schedules and run due work until `stop` is set (with `once`: until none is due).

    It ends after the batch at hand and returns the number of starts. Only kinds in `handlers` are taken. A second
    thread writes the heartbeat row and renews leases; call it in a process of its own, never in a web process.
    """
    name = f"{socket.gethostname()}:{os.getpid()}"
    while not (stop.is_set() or _sign_on(name, clock, once=once)):
        stop.wait(TROUBLE_SECONDS)
    heart = _Heartbeat(name=name, clock=clock, lease_seconds=lease_seconds)
    heart.start()
    try:
        while not stop.is_set():
            if _turn(handlers, schedules, heart, batch=batch, stop=stop, once=once):
                continue
            if once:
                break
            stop.wait(poll_seconds)
    finally:
        heart.ended.set()
        heart.join(timeout=10)
        with suppress(DatabaseTrouble):  # the row tells by its age that we are gone
            Worker.objects.filter(name=name).delete()
    return heart.done


def _sign_on(name: str, clock: Clock, *, once: bool) -> bool:
    """Write our row and forget those long silent; False when the database refused (with `once` that is raised)."""
    try:
        now = clock()
        Worker.objects.filter(heartbeat_at__lt=now - FORGET_WORKER_AFTER).delete()
        Worker.objects.update_or_create(
            name=name, defaults={"started_at": now, "heartbeat_at": now, "done": 0}
        )
    except DatabaseTrouble as error:
        if once:
            raise
        log.error("the database refused a new worker; trying again", exc_info=error)
        connection.close()
        return False
    return True


def _turn(
    handlers: Mapping[str, Handler],
    schedules: Sequence[Schedule],
    heart: _Heartbeat,
    *,
    batch: int,
    stop: threading.Event,
    once: bool,
) -> bool:
    """Tick, then run one batch; True when more may be due. A refusing database is waited for (not with `once`)."""
    try:
        tick(schedules=schedules, now=heart.clock())
        return _run_batch(handlers, heart, batch) > 0
    except DatabaseTrouble as error:
        if once:
            raise
        log.error("the database refused; trying again", exc_info=error)
        connection.close()
        stop.wait(TROUBLE_SECONDS)
        return True


def _run_batch(handlers: Mapping[str, Handler], heart: _Heartbeat, batch: int) -> int:
    """Claim one batch and run it; return how many were claimed."""
    clock = heart.clock
    leases = claim(kinds=handlers.keys(), now=clock(), lease_seconds=heart.lease_seconds, limit=batch)
    try:
        for lease in leases:
            heart.item_ends_at = clock() + timedelta(seconds=HANDLER_LIMIT_SECONDS)
            heart.token = lease.token
            _run(lease, handlers, clock, strict=False)
            heart.done += 1
    finally:
        heart.token = ""
    return len(leases)
