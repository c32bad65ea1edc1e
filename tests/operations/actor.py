"""One process of a test house (`house.py`): a worker with toy handlers, or somebody who acts at the same time as others."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import django

OUTSIDE = (
    Path(os.environ["PUHUI_VAR"]) / "outside"
)  # what the toy outside party has been told, one line a call
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


def call_outside(key: str) -> None:
    """The outside party notes a call at once and for good, whatever becomes of us."""
    handle = os.open(OUTSIDE, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{key}\n".encode())
    os.close(handle)


def work(seconds: str, lease_seconds: str, once: str) -> None:
    """Run a worker: each toy item calls outside, takes `seconds`, and its effect is one audit row."""
    from puhui.runtime.operations import record_audit
    from puhui.runtime.worker import Effect, WorkItem, run_worker

    def toy(item: WorkItem) -> Effect:
        call_outside(item.key)
        time.sleep(float(seconds))

        def effect(now: datetime) -> None:
            record_audit(actor="toy", action="toy.done", subject=item.key, detail={}, now=now)
            print("done", item.key)

        return effect

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_worker(
        handlers={"toy": toy},
        schedules=(),
        clock=utc_now,
        stop=stop,
        once=once == "once",
        poll_seconds=0.05,
        lease_seconds=int(lease_seconds),
    )
    print("ended")


def put(count: str) -> None:
    """Put toy items; the answer is how many were new."""
    from puhui.runtime.operations import put_work
    from puhui.runtime.transactions import transaction

    new = 0
    for number in range(int(count)):
        with transaction():
            new += put_work(key=f"toy:{number}", kind="toy", payload={}, now=utc_now())
    print(new)


def report() -> None:
    """Say how the house stands: effects that are not exactly one, open work, dead work, the audit chain."""
    from puhui.runtime.domain import WorkState
    from puhui.runtime.models import Audit
    from puhui.runtime.queries import list_work, verify_audit_chain, work_counts

    effects = Counter(Audit.objects.filter(actor="toy").values_list("subject", flat=True))
    keys = {row.key for row in list_work(limit=10_000)}
    counts = work_counts()
    print("not_once", sorted(key for key in keys | set(effects) if effects[key] != 1)[:5])
    print("open", counts.ready + counts.leased, "leased", counts.leased, "dead", counts.dead)
    print("done", len(list_work(state=WorkState.DONE, limit=10_000)))
    print("chain", verify_audit_chain().ok)
    calls = Counter(OUTSIDE.read_text().split()) if OUTSIDE.exists() else Counter[str]()
    print("called_twice", sum(1 for count in calls.values() if count > 1))


def wait_for_start(folder: str) -> None:
    """Say that we are here, and return when everyone may start."""
    (Path(folder) / f"here.{os.getpid()}").touch()
    while not (Path(folder) / "start").exists():
        time.sleep(0.002)


def open_codes(count: str) -> None:
    """Open one code for each of `count` subjects."""
    from puhui.access.operations import open_code
    from puhui.runtime.transactions import transaction

    with transaction():
        for number in range(int(count)):
            open_code(id=f"c{number}", purpose="sign_in", subject=f"s{number}", code="135790", now=NOW)


def redeem(count: str, folder: str) -> None:
    """Try the right code of every subject, and say how each try ended."""
    from puhui.access.operations import redeem_code
    from puhui.runtime.transactions import transaction

    wait_for_start(folder)
    for number in range(int(count)):
        with transaction():
            outcome = redeem_code(purpose="sign_in", subject=f"s{number}", code="135790", now=NOW)
        print(f"s{number}", outcome.value)


def act_once(count: str, folder: str) -> None:
    """Do `count` acts, each under its idempotency key; say who acted and who was given the stored answer."""
    from puhui.runtime.operations import record_audit, remember_key, store_answer
    from puhui.runtime.transactions import transaction

    wait_for_start(folder)
    for number in range(int(count)):
        name = {"scope": "toy", "key": f"k{number}", "body_hash": "same"}
        with transaction():
            stored = remember_key(**name, now=NOW)
            if stored is None:
                record_audit(actor="toy", action="acted", subject=f"k{number}", detail={}, now=NOW)
                store_answer(**name, answer={"by": os.getpid()}, now=NOW)
        print(f"k{number}", "acted" if stored is None else "stored")


def post(count: str, folder: str) -> None:
    """Post the same `count` sources into the ledger as everyone else."""
    from django.db import IntegrityError

    from puhui.ledger.domain import Posting
    from puhui.ledger.operations import post_entries
    from puhui.runtime.transactions import transaction

    wait_for_start(folder)
    posting = Posting(debit="1301", credit="1001", amount_minor=100, currency="CNY")
    for number in range(int(count)):
        try:
            with transaction():
                post_entries(
                    source=f"e{number}",
                    postings=[posting],
                    business_date=NOW.date(),
                    loan_id=None,
                    memo="",
                    now=NOW,
                )
        except IntegrityError:
            pass  # PostgreSQL: the other was first, and our act is rolled back whole


def balance() -> None:
    """Say the balance of the bank account."""
    from puhui.ledger.queries import get_balance

    print(get_balance(code="1001", currency="CNY"))


def migrate() -> None:
    """Make the foundations' tables."""
    from django.core.management import call_command

    for stage in ("runtime", "access", "ledger"):
        call_command("migrate", stage, verbosity=0, skip_checks=True)


if __name__ == "__main__":
    django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
