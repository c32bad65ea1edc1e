"""好期贷 on semantics version 2, from application to payoff, early money and lateness included; the books tie out after each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from puhui.core.ids import derive_id
from puhui.journeys import happen
from puhui.loans.domain import EventKind, LoanState
from puhui.loans.queries import get_terms
from puhui.payments.domain.callbacks import RailOutcome
from puhui.payments.queries import get_order
from puhui.runtime.transactions import transaction
from tests.journeys.test_after_the_money import news, pay, take
from tests.journeys.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world after the first day of version 2."""
    made = World(start=date(2026, 11, 2))
    yield made
    made.check()
    made.close()


def test_early_partial_and_late_money_until_the_end(world: World) -> None:
    _, loan = world.running(months=3)
    assert get_terms(loan_id=loan.id).semantics_version == 2
    first = world.position(loan)
    world.live_until(world.today + timedelta(days=10))
    pay(world, loan, first.next_due_minor, key="early")
    world.wait(minutes=5)
    world.work()
    world.check()
    assert world.position(loan).rows[0].paid_minor == first.next_due_minor
    before = world.position(loan)
    pay(world, loan, 300_000, intent="prepay", key="part")
    world.wait(minutes=5)
    world.work()
    after = world.position(loan)
    assert after.principal_outstanding_minor < before.principal_outstanding_minor
    assert after.payoff_minor == before.payoff_minor - 300_000
    world.check()
    world.live_until(after.rows[1].due_date + timedelta(days=6))
    late = world.position(loan)
    assert late.dpd_days == 6 and late.penalty_outstanding_minor > 0
    pay(world, loan, late.payoff_minor, intent="payoff", key="end")
    world.wait(minutes=5)
    world.work()
    assert world.position(loan).state is LoanState.CLOSED and world.position(loan).credit_minor == 0


def test_a_payment_that_returns_after_a_restructure_is_owed_again(world: World) -> None:
    _, loan = world.running(months=3)
    first = world.position(loan)
    order = pay(world, loan, first.next_due_minor, key="early")
    world.wait(minutes=5)
    world.work()
    owed = world.position(loan).principal_outstanding_minor
    with transaction():
        happen.record(
            id=derive_id("extend", loan.id), loan=loan, kind=EventKind.EXTEND, value_date=world.today, amount_minor=0,
            payload={"count": 3}, now=world.now,
        )  # fmt: skip
    world.check()
    take(world, news(get_order(id=order.id), RailOutcome.RETURNED, world))
    world.work()
    assert len(world.position(loan).rows) == 6
    assert world.position(loan).principal_outstanding_minor > owed
