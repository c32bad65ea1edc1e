"""From a phone number to a paid-off loan, with the books and the replay checked at the end."""

from __future__ import annotations

from datetime import timedelta

from puhui.contact.queries import list_messages
from puhui.journeys import payoff, repay, withdraw_loan
from puhui.lines.queries import find_line
from puhui.loans.domain import LoanState
from puhui.loans.queries import find_contract_of_quote, get_contract, get_loan, list_events
from puhui.payments.domain import OrderState
from puhui.payments.queries import get_order, list_orders
from puhui.runtime.queries import get_blob, verify_audit_chain
from tests.journeys.world import World


def test_she_borrows_by_herself_and_autopay_pays_until_the_end(world: World) -> None:
    borrower, loan = world.running(autopay=True, months=3, amount_minor=600_000)
    contract = get_contract(id=loan.contract_id)
    text, kind = get_blob(contract.text_sha256)
    assert kind.startswith("text/html") and borrower.person.name in text.decode()
    assert find_contract_of_quote(quote_id=contract.quote_id) == contract
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.used_minor == 600_000

    last = world.position(loan).rows[-1].due_date
    world.live_until(last + timedelta(days=1))

    assert get_loan(id=loan.id).state is LoanState.CLOSED
    kinds = [event.kind.value for event in list_events(loan_id=loan.id)]
    assert kinds == ["disburse", "repay", "repay", "repay"]
    dates = [event.value_date for event in list_events(loan_id=loan.id)[1:]]
    assert dates == [row.due_date for row in world.position(loan).rows]
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.used_minor == 0
    told = [one.template for one in list_messages(loan.customer_id)]
    assert told.count("debit_notice") == 3 and not any("reminder" in one for one in told)
    assert told.count("receipt") == 2 and told.count("paid_off") == 1
    assert verify_audit_chain().ok


def test_what_she_sees_before_is_what_is_booked(world: World) -> None:
    _borrower, loan = world.running()
    world.live_until(world.today + timedelta(days=20))
    before = repay.preview(loan_id=loan.id, amount_minor=500_000, intent="prepay", now=world.now)
    repay.start(
        customer_id=loan.customer_id,
        loan_id=loan.id,
        amount_minor=500_000,
        intent="prepay",
        key="p",
        now=world.now,
    )
    world.work()
    after = world.position(loan)
    assert after.rows == before.rows and after.payoff_minor == before.payoff_minor


def test_she_pays_off_early_and_owes_nothing(world: World) -> None:
    _borrower, loan = world.running()
    world.live_until(world.today + timedelta(days=40))
    order = payoff.start(customer_id=loan.customer_id, loan_id=loan.id, key="off", now=world.now)
    world.work()
    assert get_order(id=order.id).state is OrderState.DONE
    position = world.position(loan)
    assert position.state is LoanState.CLOSED and position.payoff_minor == 0 and position.credit_minor == 0


def test_she_takes_the_loan_back_and_pays_only_the_interest_of_the_days(world: World) -> None:
    _borrower, loan = world.running()
    world.live_until(world.today + timedelta(days=10))
    shown = world.position(loan)
    assert shown.withdrawal_minor == loan.principal_minor + shown.interest_accrued_minor
    withdraw_loan.start(customer_id=loan.customer_id, loan_id=loan.id, key="back", now=world.now)
    world.work()
    assert world.position(loan).state is LoanState.WITHDRAWN
    line = find_line(customer_id=loan.customer_id)
    assert line is not None and line.available_minor == line.limit_minor
    assert [one.template for one in list_messages(loan.customer_id)].count("withdrawn") == 1


def test_a_payment_counts_from_the_day_she_ordered_it(world: World) -> None:
    """A rail that answers three days later costs her nothing: no penalty, no interest of the days between."""
    _borrower, loan = world.running()
    due = world.position(loan).rows[0].due_date
    world.live_until(due)
    order = repay.start(
        customer_id=loan.customer_id,
        loan_id=loan.id,
        amount_minor=world.position(loan).due_minor,
        intent="due",
        key="slow",
        now=world.now,
    )
    world.wait(days=3)
    world.work()
    event = list_events(loan_id=loan.id)[-1]
    assert event.value_date == due and event.booking_date == due + timedelta(days=3)
    position = world.position(loan)
    assert position.late_minor == 0 and position.penalty_outstanding_minor == 0
    assert [one.id for one in list_orders(loan_id=loan.id, state=OrderState.DONE)].count(order.id) == 1
