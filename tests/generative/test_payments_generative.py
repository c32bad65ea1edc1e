"""Whatever the rail and our processes do, and in whatever order: one effect per key, and in the end we agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from puhui.core.ids import derive_id
from puhui.payments import operations, queries
from puhui.payments.domain import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    BankAccount,
    Direction,
    OrderNotFailed,
    OrderOutOfOrder,
    OrderState,
    OrderStillUnknown,
    PaymentOrder,
    RailOutcome,
    RailUnknown,
    SubmitState,
    Submitted,
    flow_of,
    parse_callback,
    parse_statement,
    verify_signature,
)
from puhui.payments.gateways.sandbox import SandboxRail
from puhui.runtime.transactions import join_transaction, transaction
from tests.operations.test_payments import a_customer, an_account

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DAY = NOW.date()
SECRET = "s" * 64
MOVED = {(): OrderState.FAILED, ("done",): OrderState.DONE, ("done", "returned"): OrderState.RETURNED}


@contextmanager
def scratch() -> Iterator[None]:
    """One generated case: whatever it stores is undone."""
    with django_transaction.atomic(), join_transaction():
        yield
        django_transaction.set_rollback(True)


@dataclass
class World:
    """A lender, a rail, and a clock; every act is what a worker, a callback page or a schedule would do."""

    rail: SandboxRail
    account: BankAccount
    now: datetime = NOW
    orders: list[str] = field(default_factory=list)
    effects_here: dict[str, list[OrderState]] = field(default_factory=dict)
    next_statement: date = DAY

    def open(self, direction: Direction, amount_minor: int) -> None:
        id = derive_id("order", str(len(self.orders)))
        with transaction():
            operations.open_order(
                id=id,
                direction=direction,
                amount_minor=amount_minor,
                currency="CNY",
                account_id=self.account.id,
                customer_id=self.account.customer_id,
                loan_id=None,
                purpose="test",
                now=self.now,
            )
        self.orders.append(id)

    def changed(self, order: PaymentOrder | None) -> None:
        """The place of a journey's effect: it runs once for each change."""
        if order is not None:
            self.effects_here.setdefault(order.id, []).append(order.state)

    def send(self, id: str, *, dies: bool) -> None:
        """A worker submits, and perhaps dies before it can write down the answer."""
        asked = queries.get_submission(order_id=id)
        if asked is None:
            return
        try:
            answer = self.rail.submit(
                key=asked.key,
                direction=asked.direction,
                amount_minor=asked.amount_minor,
                currency=asked.currency,
                account_number=asked.account_number,
                now=self.now,
            )
        except RailUnknown:
            answer = Submitted(state=SubmitState.UNKNOWN)
        if not dies:
            with transaction():
                self.changed(operations.record_submitted(order_id=id, outcome=answer, now=self.now))

    def deliver(self, order_of: list[int], fates: list[str]) -> None:
        """The rail posts what is due, in any order; some posts get lost, some answers to them do."""
        due = self.rail.due_callbacks(now=self.now)
        ranked = sorted(range(len(due)), key=lambda i: (order_of[i % len(order_of)], i))
        for place, i in enumerate(ranked):
            body, headers = due[i]
            fate = fates[place % len(fates)]
            if fate == "lost":
                continue
            verify_signature(
                body=body,
                signature=headers[SIGNATURE_HEADER],
                timestamp=headers[TIMESTAMP_HEADER],
                secret=SECRET,
                now=self.now,
            )
            news = parse_callback(body)
            try:
                self.record(news.order_id, news.outcome, news.settled_date, news.amount_minor)
            except OrderOutOfOrder:
                continue  # answered 409, so the rail tells it again
            if fate != "answer lost":
                self.rail.ack(callback_id=news.callback_id)

    def record(self, id: str, how: RailOutcome, on: date | None, amount_minor: int | None = None) -> None:
        with transaction():
            self.changed(
                operations.record_outcome(
                    order_id=id, outcome=how, settled_date=on, amount_minor=amount_minor, now=self.now
                )
            )

    def ask(self) -> None:
        """The schedule that asks about unknown and silent orders."""
        for order in queries.list_orders_to_query(now=self.now):
            try:
                view = self.rail.query(key=order.id, now=self.now)
            except RailUnknown:
                continue
            with transaction():
                if view is None:
                    self.changed(operations.record_absent(order_id=order.id, now=self.now))
                    continue
                self.changed(
                    operations.record_submitted(order_id=order.id, outcome=view.submitted, now=self.now)
                )
            for news in view.outcomes:
                self.record(order.id, news.outcome, news.settled_date)

    def reconcile(self) -> None:
        """Every statement that is out and not recorded, oldest first."""
        while self.next_statement < (self.now + timedelta(hours=8)).date():
            content = self.rail.statement(day=self.next_statement, now=self.now)
            with transaction():
                match = operations.record_statement(
                    day=self.next_statement, lines=parse_statement(content).lines, now=self.now
                )
                for news in match.outcomes:
                    self.changed(
                        operations.record_outcome(
                            order_id=news.order_id,
                            outcome=news.outcome,
                            settled_date=news.settled_date,
                            amount_minor=news.amount_minor,
                            now=self.now,
                        )
                    )
            self.next_statement += timedelta(days=1)

    def attempt_again(self) -> None:
        """Somebody asks for a new attempt of everything; only what is known to have failed gets one."""
        for order in queries.list_orders(ids=self.orders):
            if order.attempt == 3:
                continue
            try:
                with transaction():
                    again = operations.open_attempt(order_id=order.id, now=self.now)
            except (OrderStillUnknown, OrderNotFailed):
                continue
            if again.id not in self.orders:
                self.orders.append(again.id)

    def settle(self) -> None:
        """Enough time and honest work for everything to come to its end."""
        for _ in range(4):
            for id in self.orders:
                self.send(id, dies=False)
            self.now += timedelta(days=3)
            self.deliver([0], ["taken"])
            self.ask()
            self.deliver([0], ["taken"])
            self.reconcile()


ACTS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(list(Direction)), st.integers(1, 10**9)),
    st.tuples(st.just("send"), st.integers(0, 9), st.booleans()),
    st.tuples(
        st.just("deliver"),
        st.lists(st.integers(0, 9), min_size=1, max_size=4),
        st.lists(st.sampled_from(["taken", "lost", "answer lost"]), min_size=1, max_size=4),
    ),
    st.tuples(st.just("ask")),
    st.tuples(st.just("reconcile")),
    st.tuples(st.just("attempt")),
    st.tuples(st.just("wait"), st.sampled_from([1, 29, 61, 601, 3_600, 40_000, 90_000])),
)
SHARE = st.sampled_from(["0", "0.05", "0.5", "1"])
FAULTS = st.fixed_dictionaries(
    {name: SHARE for name in ("fail", "repeat", "unknown", "lost", "silent", "reverse", "reorder")}
    | {"delay": st.sampled_from(["0", "30", "7200"]), "seed": st.integers(0, 10**6).map(str)}
)


def act(world: World, what: str, *how: Any) -> None:
    if what == "open":
        world.open(*how)
    elif what == "send" and world.orders:
        world.send(world.orders[how[0] % len(world.orders)], dies=how[1])
    elif what == "deliver":
        world.deliver(*how)
    elif what == "ask":
        world.ask()
    elif what == "reconcile":
        world.reconcile()
    elif what == "attempt":
        world.attempt_again()
    elif what == "wait":
        world.now += timedelta(seconds=how[0])


def check(world: World) -> None:
    lines = [
        one
        for day in range((world.next_statement - DAY).days)
        for one in parse_statement(world.rail.statement(day=DAY + timedelta(days=day), now=world.now)).lines
    ]
    orders = queries.list_orders(ids=world.orders)
    assert len(orders) == len(world.orders)
    for order in orders:
        moved = tuple(str(how) for how, _ in world.rail.effects(key=order.id))
        assert MOVED[moved] is order.state, (order, moved)
        assert world.rail.query(key=order.id, now=world.now) is not None, (
            "nothing is given up before the rail heard it"
        )
        assert all(amount == order.amount_minor for _, amount in world.rail.effects(key=order.id))
        said = {(one.outcome.value, one.day) for one in lines if one.key == order.id}
        ours = {("done", order.settled_date), ("returned", order.returned_date)}
        assert said == {(how, on) for how, on in ours if on is not None}
        changes = queries.list_order_changes(order_id=order.id)
        assert [one.seq for one in changes] == list(range(1, len(changes) + 1))
        assert all(one.before == before.after for before, one in pairwise(changes))
        lasting = [state for state in world.effects_here.get(order.id, []) if state in MOVED.values()]
        assert lasting == [OrderState(word) for word in moved] or (
            not moved and lasting == [OrderState.FAILED]
        )
    chains: dict[str, list[OrderState]] = {}
    for order in sorted(orders, key=lambda one: one.attempt):
        chains.setdefault(order.first_id, []).append(order.state)
    for states in chains.values():
        assert all(state is OrderState.FAILED for state in states[:-1]), "a new attempt only after a failure"
    assert queries.list_suspense() == [] == queries.list_discrepancies()
    assert all(one.flow is flow_of(one.direction, one.outcome) for one in lines if one.direction)


@settings(
    max_examples=80,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(faults=FAULTS, acts=st.lists(ACTS, min_size=1, max_size=25))
@pytest.mark.django_db
def test_one_effect_per_key_and_we_agree_with_the_rail(
    faults: dict[str, str], acts: list[tuple[Any, ...]]
) -> None:
    text = ",".join(f"{name}={value}" for name, value in faults.items())
    note(f"rail: {text}")
    with scratch():
        rail = SandboxRail(path=":memory:", secret=SECRET, faults=text, zone="Asia/Shanghai")
        world = World(rail=rail, account=an_account(a_customer()))
        world.open(Direction.PAYOUT, 20_000_00)
        for what, *how in acts:
            act(world, what, *how)
        world.settle()
        check(world)
        rail.close()
