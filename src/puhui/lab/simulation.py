"""A day in the life under fire: borrowers book loans and pay, two real workers work, one is killed again and again.

Run in a process of its own on a database of its own (`python -m puhui.lab.simulation --loans 50`). The rail fails,
repeats and stays unknown; time is the demo's movable clock. At the end every account is rebuilt from what everybody
else knows, and the result is one line of JSON. Nobody of the staff does anything.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

LENDS = {
    "amount": "12000", "purpose": "daily", "months": "6", "income": "16000", "rent": "2500", "living": "2500",
    "other_instalments": "0", "other_lenders": "0",
}  # fmt: skip
PATIENCE_SECONDS = 900  # of real time, for any one wait
EXPIRED_LEASE = 61  # seconds after which a killed worker's lease has ended
FAULTS = "fail=0.05,repeat=0.05,unknown=0.05,seed=3"  # of the rail, unless PUHUI_SANDBOX_RAIL says otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the simulation found. What is wrong is listed; the lists and `open_orders` must be empty, `bank_minor` 0."""

    loans: int  # signed
    orders: int  # payment orders opened
    kills: int  # workers killed in the middle of their work
    decisions: int  # made and replayed
    seconds: int  # real time
    work_done: int  # items of work done
    dead: list[str]  # items given up, each with its last error
    open_orders: int  # orders without the rail's last word
    failed: int  # orders that the rail refused: proof that it was troubled
    double_effects: list[str]  # orders whose money did not move exactly as often and as much as they say
    payouts_differ: list[str]  # loans without exactly one payout order
    strangers: list[str]  # keys that the rail knows and we do not
    differences: list[dict[str, Any]]  # control accounts that do not agree
    bank_minor: int  # ledger less the rail's own statements, minor units
    decisions_differ: list[str]  # decisions that do not replay
    positions_differ: list[str]  # loans whose stored figures are not what their events say

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of what is not as it must be."""
        quiet = (
            "dead", "open_orders", "double_effects", "payouts_differ", "strangers", "differences", "bank_minor",
            "decisions_differ", "positions_differ",
        )  # fmt: skip
        return tuple(name for name in quiet if getattr(self, name))


class _Workers:
    """Two workers; the second one is killed and replaced by one that is already starting."""

    def __init__(self, *, kills: int, seed: int) -> None:
        self.wanted = kills  # how often to kill
        self.done = 0  # how often killed
        self.seed = seed  # of the moments
        self.steady = self.start()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.stopping = threading.Event()
        self.extra: list[subprocess.Popen[bytes]] = []

    @staticmethod
    def start() -> subprocess.Popen[bytes]:
        """Start one real worker."""
        return subprocess.Popen(
            [sys.executable, "-m", "puhui.site.command", "worker", "--poll", "0.05"],
            stdout=subprocess.DEVNULL,
        )

    def run(self) -> None:
        """Kill a worker while it works, as often as wanted."""
        from django.db import connection

        from puhui.lab.borrower import draw

        now, following = self.start(), self.start()
        self.extra += [now, following]
        while self.done < self.wanted and not self.stopping.is_set():
            if self.has_begun(now.pid):
                time.sleep(draw(self.seed, "kill", self.done) % 300 / 1000)
                now.send_signal(signal.SIGKILL)
                now.wait()
                self.done += 1
                move_clock(EXPIRED_LEASE)
                now, following = following, self.start()
                self.extra.append(following)
            elif now.poll() is not None:  # it ended by itself: take the next one, or this would wait for ever
                now, following = following, self.start()
                self.extra.append(following)
            time.sleep(0.02)
        connection.close()

    @staticmethod
    def has_begun(pid: int) -> bool:
        """Whether a worker has reported."""
        from puhui.runtime.queries import list_worker_names

        return any(name.endswith(f":{pid}") for name in list_worker_names())

    def stop(self) -> None:
        """End all of them politely."""
        self.stopping.set()
        self.thread.join(timeout=60)
        for process in (self.steady, *self.extra):
            if process.poll() is None:
                process.terminate()
        for process in (self.steady, *self.extra):
            process.wait(timeout=60)


def move_clock(seconds: int) -> None:
    """This function will move the demo's clock on by `seconds`."""
    from puhui.runtime.clock import utc_now
    from puhui.runtime.operations import set_clock_offset
    from puhui.runtime.queries import get_clock_offset
    from puhui.runtime.transactions import transaction

    with transaction():
        set_clock_offset(seconds=get_clock_offset() + seconds, now=utc_now())


def until(true: Callable[[], bool], what: str) -> None:
    """This function will wait until `true()`. Raises: TimeoutError naming what did not happen."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError(what)
        time.sleep(0.02)


def settle_down(*, within: timedelta) -> None:
    """This function will let time pass until no work is open that falls due `within` the clock's present.

    The clock stands while anybody works: moved over a lease, it would take the item from a worker who is busy with it.
    (Who was killed is busy no more: the kill itself moves the clock past that lease.)
    """
    from puhui.runtime.clock import utc_now
    from puhui.runtime.queries import next_open_work_at, work_counts

    begun = utc_now()
    ends = time.monotonic() + PATIENCE_SECONDS
    while (at := next_open_work_at()) is not None and at < begun + within:
        if time.monotonic() > ends:
            raise TimeoutError("work that never ends")
        if not work_counts().leased and (ahead := at - utc_now()) > timedelta(seconds=1):
            move_clock(int(ahead.total_seconds()) + 1)
        time.sleep(0.05)


def book(count: int, *, seed: int) -> list[tuple[Any, str]]:
    """This function will let borrowers come until `count` loans are signed; it returns (borrower, loan id)."""
    from puhui.decisions.domain.application import ApplicationState
    from puhui.decisions.queries import get_application
    from puhui.lab.borrower import Borrower, Wish
    from puhui.lab.people import invent_person
    from puhui.products.domain import Method
    from puhui.runtime.clock import utc_now

    found: list[tuple[Any, str]] = []
    index = 0
    while len(found) < count:
        group: list[Borrower] = []
        for _ in range(min(20, count - len(found))):
            wish = Wish(
                fields=LENDS, amount_minor=1_200_000, months=6, method=Method.EQUAL_INSTALMENT, autopay=index % 2 == 0
            )  # fmt: skip
            person = invent_person(seed=seed, index=index)
            group.append(
                Borrower(person=person, wish=wish, language="zh-hans", seed=seed, work=lambda _: None)
            )
            index += 1
        for one in group:
            one.register(utc_now())
            one.say_who(utc_now())
            one.apply(utc_now())
        for one in group:
            id = one.application_id
            until(lambda id=id: get_application(id).state is ApplicationState.DECIDED, "a decision")  # type: ignore[misc]
            loan = one.borrow(utc_now()) if _has_line(one.customer_id) else None
            if loan is not None:
                found.append((one, loan.id))
    return found


def _has_line(customer_id: str) -> bool:
    from puhui.lines.queries import find_line

    return find_line(customer_id=customer_id) is not None


def pay(loans: Sequence[tuple[Any, str]], *, turn: int) -> int:
    """This function will let some borrowers pay a part early, pay off, or withdraw; it returns how many could."""
    from puhui.core.refusals import Refusal
    from puhui.journeys import payoff, repay, withdraw_loan
    from puhui.runtime.clock import utc_now

    could = 0
    for number, (borrower, loan_id) in enumerate(loans):
        kind = (number + turn * 7) % 10
        who = {
            "customer_id": borrower.customer_id,
            "loan_id": loan_id,
            "key": f"{loan_id}:{turn}",
            "now": utc_now(),
        }
        try:
            if kind < 4:
                repay.start(**who, amount_minor=30_000 + kind, intent="prepay")
            elif kind == 4 and turn:
                payoff.start(**who)
            elif kind == 5 and not turn:
                withdraw_loan.start(**who)
            else:
                continue
            could += 1
        except Refusal:
            continue  # not paid out yet, failed, or paid off: she is told so on the page
    return could


def inspect(*, kills: int, seconds: int) -> Result:
    """This function will hold the database, the rail's file and the books against each other."""
    from puhui.batch.tie_out import differences
    from puhui.core.time import business_date
    from puhui.decisions.queries import list_decision_ids, replay_decision
    from puhui.journeys import parties
    from puhui.ledger.queries import get_balance
    from puhui.loans.domain import snapshot_of
    from puhui.loans.queries import count_loans, get_position, list_snapshots
    from puhui.payments.domain import Direction, OrderState, RailOutcome, parse_statement
    from puhui.payments.queries import list_order_page, list_statement_days
    from puhui.runtime.clock import utc_now
    from puhui.runtime.domain import WorkState
    from puhui.runtime.queries import list_work, work_counts

    now = utc_now()
    today: date = business_date(now, zone="Asia/Shanghai")
    rail: Any = parties.rail()
    orders = list_order_page(limit=1_000_000)
    double = []
    moves = {  # what the rail must have done for an order that stands so, each once
        OrderState.DONE: [RailOutcome.DONE],
        OrderState.RETURNED: [RailOutcome.DONE, RailOutcome.RETURNED],
        OrderState.FAILED: [],
    }
    for order in orders:
        wanted = [(outcome, order.amount_minor) for outcome in moves.get(order.state, [])]
        found = [one for one in rail.effects(key=order.id) if one[0] is not RailOutcome.FAILED]
        if sorted(found, key=str) != sorted(wanted, key=str):
            double.append(order.id)
    paid_out = Counter(one.loan_id for one in orders if one.direction is Direction.PAYOUT)
    strangers = sorted(set(rail.keys()) - {order.id for order in orders})
    bank = 0
    for day in list_statement_days():
        statement = parse_statement(rail.statement(day=day.day, now=now))
        bank += statement.in_minor - statement.out_minor
    decisions = list_decision_ids(limit=1_000_000)
    snapshots = list_snapshots(limit=1_000_000)
    moved = [
        one.loan_id
        for one in snapshots
        if snapshot_of(
            loan_id=one.loan_id,
            customer_id=one.customer_id,
            position=get_position(loan_id=one.loan_id, as_of=one.as_of),
        )
        != one
    ]
    counts = work_counts()
    return Result(
        loans=count_loans(),
        orders=len(orders),
        kills=kills,
        decisions=len(decisions),
        seconds=seconds,
        work_done=counts.done,
        dead=[f"{one.key}: {one.error}" for one in list_work(state=WorkState.DEAD)],
        open_orders=sum(order.is_open for order in orders),
        failed=sum(order.state is OrderState.FAILED for order in orders),
        double_effects=double,
        payouts_differ=[one.loan_id for one in snapshots if paid_out[one.loan_id] != 1],
        strangers=strangers,
        differences=[asdict(one) for one in differences(currency="CNY", as_of=today)],
        bank_minor=get_balance(code="1001", currency="CNY") - bank,
        decisions_differ=[id for id in decisions if not replay_decision(id).identical],
        positions_differ=moved,
    )


def simulate(*, loans: int, kills: int, seed: int) -> Result:
    """This function will run the whole simulation on the configured database and return what it found."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    workers = _Workers(kills=kills, seed=seed)
    workers.thread.start()
    try:
        signed = book(loans, seed=seed)
        turn = 0
        while turn < 3 or workers.done < kills:
            pay(signed, turn=turn)
            settle_down(within=timedelta(minutes=30))
            turn += 1
        for days in (28, 2, 1, 3):  # the first due date: reminders, notices, autopay, late days, statements
            move_clock(days * 86_400)
            time.sleep(0.3)
            settle_down(within=timedelta(hours=30))
    finally:
        workers.stop()
    return inspect(kills=workers.done, seconds=int(time.monotonic() - began))


def main() -> None:
    """This function will run the simulation that the command line asks for and print its result as one line of JSON.

    The status is 1 when anything is wrong, and what it is stands on standard error.
    """
    parser = argparse.ArgumentParser(prog="python -m puhui.lab.simulation")
    parser.add_argument("--loans", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
    os.environ.setdefault("PUHUI_SANDBOX_RAIL", FAULTS)
    import django

    django.setup()
    result = simulate(loans=chosen.loans, kills=chosen.kills, seed=chosen.seed)
    print(json.dumps(asdict(result)))
    if result.wrong:
        sys.exit(f"wrong: {', '.join(result.wrong)}")


if __name__ == "__main__":
    main()
