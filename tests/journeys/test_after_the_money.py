"""What a rail can do to an order, and what then holds: one effect a key, books that tie out, she told the truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings

from puhui.contact.queries import list_messages
from puhui.journeys import payoff, rail_work, repay, settle
from puhui.ledger.queries import get_balance
from puhui.lines.queries import find_line
from puhui.loans.domain import EventKind, Loan, LoanState
from puhui.loans.queries import get_loan, list_events
from puhui.payments import operations as payments
from puhui.payments.domain import (
    CallbackForged,
    CallbackTooOld,
    Direction,
    OrderOutOfOrder,
    OrderState,
    PaymentOrder,
    RailCallback,
    RailOutcome,
    callback_body,
    sign_callback,
)
from puhui.payments.queries import get_order, list_accounts, list_orders
from puhui.runtime.transactions import transaction
from tests.journeys.world import World, count_rows, refuses


@pytest.fixture
def troubled(db: None, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world whose rail has the faults of the test's parameter."""
    made = World(faults=request.param)
    yield made
    made.check()
    made.close()


def told(loan: Loan, template: str) -> int:
    """How often she was told so."""
    return [one.template for one in list_messages(loan.customer_id)].count(template)


def pay(world: World, loan: Loan, amount: int, intent: str = "due", key: str = "pay") -> PaymentOrder:
    """She orders a payment."""
    return repay.start(
        customer_id=loan.customer_id,
        loan_id=loan.id,
        amount_minor=amount,
        intent=intent,
        key=key,
        now=world.now,
    )


def news(order: PaymentOrder, outcome: RailOutcome, world: World, *, age: int = 0) -> tuple[bytes, str, str]:
    """A callback as the rail would sign it, `age` seconds ago."""
    body = callback_body(
        RailCallback(
            callback_id=f"cb-{order.id}-{outcome.value}",
            order_id=order.id,
            outcome=outcome,
            amount_minor=order.amount_minor,
            currency=order.currency,
            settled_date=None if outcome is RailOutcome.FAILED else world.today,
            reason="",
        )
    )
    timestamp = str(int(world.now.timestamp()) - age)
    signature = sign_callback(body=body, timestamp=timestamp, secret=settings.RAIL_CALLBACK_SECRET)
    return body, signature, timestamp


def take(world: World, sent: tuple[bytes, str, str]) -> bool:
    """The callback arrives."""
    body, signature, timestamp = sent
    return settle.receive_callback(body=body, signature=signature, timestamp=timestamp, now=world.now)


@pytest.mark.parametrize("troubled", ["fail=1"], indirect=True)
def test_a_failed_payout_gives_the_line_back_and_cancels_the_loan(troubled: World) -> None:
    _, loan = troubled.signed()
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.used_minor == loan.principal_minor
    troubled.work()
    assert get_loan(id=loan.id).state is LoanState.CANCELLED
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.used_minor == 0
    assert told(loan, "payout_failed") == 1


@pytest.mark.parametrize("troubled", ["reverse=1"], indirect=True)
def test_a_returned_payout_too(troubled: World) -> None:
    _, loan = troubled.running()
    troubled.live_until(troubled.today + timedelta(days=4))
    assert get_loan(id=loan.id).state is LoanState.CANCELLED
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.used_minor == 0
    assert told(loan, "payout_returned") == 1


@pytest.mark.parametrize("troubled", ["unknown=1", "lost=1", "silent=1", "repeat=1"], indirect=True)
def test_silence_and_repeats_end_in_one_effect(troubled: World) -> None:
    """No answer, no callback, an order that never arrived, everything twice: asked under the same key, paid once."""
    _, loan = troubled.signed()
    for _ in range(6):
        troubled.work()
        troubled.wait(minutes=3)
    assert get_loan(id=loan.id).state is LoanState.ACTIVE
    assert [one.direction for one in list_orders(loan_id=loan.id)] == [Direction.PAYOUT]
    assert told(loan, "paid_out") == 1


@pytest.mark.parametrize("troubled", ["reverse=1,reorder=1,unknown=0"], indirect=True)
def test_a_return_that_comes_before_its_payment_waits_for_it(troubled: World) -> None:
    _, loan = troubled.signed()
    troubled.work()
    troubled.live_until(troubled.today + timedelta(days=5))
    assert get_loan(id=loan.id).state is LoanState.CANCELLED


def test_a_callback_twice_forged_old_and_out_of_order(world: World) -> None:
    _, loan = world.running()
    order = pay(world, loan, 100_000)
    body, signature, timestamp = news(order, RailOutcome.DONE, world)
    refuses(CallbackForged, lambda: take(world, (body, "0" * 64, timestamp)))
    refuses(CallbackForged, lambda: take(world, (body + b" ", signature, timestamp)))
    refuses(CallbackTooOld, lambda: take(world, news(order, RailOutcome.DONE, world, age=600)))
    refuses(OrderOutOfOrder, lambda: take(world, news(order, RailOutcome.RETURNED, world)))
    # The rail does take the order meanwhile, so that its statement knows of it.
    world.work()
    before = count_rows()
    assert take(world, news(order, RailOutcome.DONE, world)) in (True, False)
    assert take(world, news(order, RailOutcome.DONE, world)) is False
    kinds = [event.kind for event in list_events(loan_id=loan.id)]
    assert kinds == [EventKind.DISBURSE, EventKind.REPAY]
    after = count_rows()
    assert {name for name, count in after.items() if count != before[name]} <= {
        "runtime_inbox",
        "runtime_seal",
    }


@pytest.mark.parametrize("troubled", ["silent=1"], indirect=True)
def test_a_callback_that_never_comes(troubled: World) -> None:
    """The statement of the day is the last word, and asking is faster still."""
    _, loan = troubled.running()
    order = pay(troubled, loan, 100_000)
    troubled.work()
    assert get_order(id=order.id).state is OrderState.DONE
    assert told(loan, "receipt") == 1


@pytest.mark.parametrize("troubled", ["unknown=1"], indirect=True)
def test_news_that_only_the_statement_brings(troubled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rail that can be asked nothing: the day's file still finishes the order."""
    _, loan = troubled.signed()
    monkeypatch.setattr(type(troubled.rail), "query", lambda *_, **__: _unknown())
    troubled.work()
    assert get_loan(id=loan.id).state is LoanState.PENDING
    troubled.live_until(troubled.today + timedelta(days=1))
    assert get_loan(id=loan.id).state is LoanState.ACTIVE


def _unknown() -> object:
    from puhui.payments.domain import RailUnknown

    raise RailUnknown("asked nothing")


def test_a_payment_that_is_returned_never_happened(world: World) -> None:
    _, loan = world.running()
    due = world.position(loan).rows[0]
    world.live_until(due.due_date)
    order = pay(world, loan, due.payment_minor)
    world.work()
    assert world.position(loan).due_minor == 0
    used = find_line(customer_id=loan.customer_id)
    assert used is not None and used.used_minor == loan.principal_minor - due.principal_minor

    world.wait(hours=30)
    _return(world, order)
    position = world.position(loan)
    assert position.late_minor == due.payment_minor + position.penalty_outstanding_minor
    used = find_line(customer_id=loan.customer_id)
    assert used is not None and used.used_minor == loan.principal_minor
    assert told(loan, "payment_returned") == 1


def _return(world: World, order: PaymentOrder) -> None:
    """The rail's word that a payment came back; its own book says so too, for the statement."""
    with transaction():
        settle.record(
            order_id=order.id,
            outcome=RailOutcome.RETURNED,
            settled_date=world.today,
            reason="account_closed",
            amount_minor=order.amount_minor,
            now=world.now,
        )


def test_a_returned_payment_before_a_payoff_opens_the_loan_again(world: World) -> None:
    """What paid it off was worked out from a payment that never happened: it counts as a part paid early now."""
    _, loan = world.running()
    world.live_until(world.position(loan).rows[0].due_date)
    first = pay(world, loan, world.position(loan).due_minor)
    world.work()
    world.wait(hours=25)
    last = payoff.start(customer_id=loan.customer_id, loan_id=loan.id, key="off", now=world.now)
    world.work()
    assert get_loan(id=loan.id).state is LoanState.CLOSED
    world.wait(hours=20)
    _return(world, first)
    position = world.position(loan)
    assert position.state is LoanState.ACTIVE and position.payoff_minor > 0
    assert last.amount_minor == position.paid_minor
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.used_minor == position.principal_outstanding_minor


def _order(world: World, loan: Loan, id: str, amount: int, purpose: str = "due") -> PaymentOrder:
    """A collection that slipped past the journey's own refusals, as a race on another database might let it."""
    account = list_accounts(customer_id=loan.customer_id)[0]
    with transaction():
        return payments.open_order(
            id=id,
            direction=Direction.COLLECT,
            amount_minor=amount,
            currency=loan.currency,
            account_id=account.id,
            customer_id=loan.customer_id,
            loan_id=loan.id,
            purpose=purpose,
            now=world.now,
        )


def test_money_for_a_loan_that_has_ended_goes_back_to_her(world: World) -> None:
    _, loan = world.running()
    payoff.start(customer_id=loan.customer_id, loan_id=loan.id, key="off", now=world.now)
    late = _order(world, loan, "late-money", 77_700)
    world.work()
    assert get_loan(id=loan.id).state is LoanState.CLOSED
    refunds = [one for one in list_orders(loan_id=loan.id) if one.direction is Direction.REFUND]
    assert [(one.amount_minor, one.state) for one in refunds] == [(late.amount_minor, OrderState.DONE)]
    assert get_balance(code="2002", currency="CNY") == 0
    assert told(loan, "refund_sent") == 1
    assert late.id not in [event.id for event in list_events(loan_id=loan.id)]


def test_what_she_overpaid_is_a_credit_and_goes_back(world: World) -> None:
    """Two payments pass each other; the second one finds less owed than it was made for."""
    _, loan = world.running()
    off = world.position(loan).payoff_minor
    _order(world, loan, "first-half", off - 100_000, "prepay")
    _order(world, loan, "second-half", 150_000, "prepay")
    world.work()
    assert get_loan(id=loan.id).state is LoanState.CLOSED
    assert world.position(loan).credit_minor == 0
    kinds = [event.kind for event in list_events(loan_id=loan.id)]
    assert kinds[-1] is EventKind.CREDIT_REFUND
    refunds = [one for one in list_orders(loan_id=loan.id) if one.direction is Direction.REFUND]
    assert [one.amount_minor for one in refunds] == [50_000]
    assert get_balance(code="2001", currency="CNY") == 0


def test_cash_that_nobody_ordered_waits_in_suspense(world: World) -> None:
    world.running()
    world.rail.deposit(
        reference="stray", amount_minor=12_345, currency="CNY", account_tail="0000", memo="?", now=world.now
    )
    world.live_until(world.today + timedelta(days=1))
    assert get_balance(code="2001", currency="CNY") == -12_345


def test_every_journey_asked_twice_has_one_effect(world: World) -> None:
    one, loan = world.running(autopay=True)
    quote_id = list_quotes_of(loan)
    pay(world, loan, 50_000)
    world.work()
    before = count_rows()
    one.register(world.now)
    one.say_who(world.now)
    one.bind(world.now)
    one.sign(quote_id, world.now)
    pay(world, loan, 50_000)
    rail_work.deliver(now=world.now)
    world.work()
    assert count_rows() == before


def list_quotes_of(loan: Loan) -> object:
    """The quote that the loan came from."""
    from puhui.loans.queries import get_contract
    from puhui.offers.queries import get_quote

    return get_quote(id=get_contract(id=loan.contract_id).quote_id)
