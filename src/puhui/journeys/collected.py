"""A collected payment arrives or fails; what arrives counts from the day on which she ordered it."""

from __future__ import annotations

from datetime import date, datetime

from puhui.contact.domain import ScriptValue
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import after_repayment, happen, house, refund, tell
from puhui.journeys.repay import INTENTS
from puhui.loans.domain import EventKind, LoanClosed, RepaymentAfterPayoff, settlement_kind
from puhui.loans.queries import get_loan, get_position
from puhui.payments.domain import AUTOPAY, PaymentOrder
from puhui.payments.queries import get_account

KINDS = {**INTENTS, AUTOPAY: EventKind.REPAY}  # what a collected order was meant for, by its purpose


def received(*, order: PaymentOrder, now: datetime) -> None:
    """This function will record that a collected payment arrived, and put the work of those who wait for it."""
    assert order.loan_id is not None, "a collection serves a loan"
    loan, day = get_loan(id=order.loan_id), value_date_of(order)
    there = get_position(loan_id=loan.id, as_of=day)
    kind = settlement_kind(intent=KINDS[order.purpose], amount_minor=order.amount_minor, position=there)
    try:
        recorded = happen.record(
            id=derive_id("event", order.id),
            loan=loan,
            kind=kind,
            value_date=day,
            amount_minor=order.amount_minor,
            now=now,
            may_overpay=True,
        )
    except (RepaymentAfterPayoff, LoanClosed):
        refund.keep_late_money(order=order, loan=loan, now=now)
        return
    after_repayment.put(order=order, recorded=recorded, now=now)


def value_date_of(order: PaymentOrder) -> date:
    """This function will return the date from which a payment counts: the business date on which it was ordered."""
    return house.today(order.created_at)


def failed(*, order: PaymentOrder, now: datetime) -> None:
    """This function will tell her that a collection did not work; nothing else has changed."""
    amount = Money(order.amount_minor, order.currency)
    params: dict[str, ScriptValue] = {"amount": amount, "tail": get_account(id=order.account_id).tail}
    template = "payment_failed"
    if order.purpose == AUTOPAY:
        template, params = "debit_failed", {**params, "due": value_date_of(order)}
    tell.customer(customer_id=order.customer_id, template=template, about=order.id, params=params, now=now)
