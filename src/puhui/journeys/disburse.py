"""The money of a signed contract goes out once, or the loan never was."""

from __future__ import annotations

from datetime import datetime

from puhui.contact.domain import ScriptValue
from puhui.contact.queries import get_script_book
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import happen, house, tell
from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.loans.domain import EventKind, LaterEventDepends, Loan, LoanClosed
from puhui.loans.queries import get_loan, get_terms
from puhui.payments.domain import PaymentOrder
from puhui.payments.queries import get_account
from puhui.runtime.operations import record_audit

PAYOUTS, OWED = "1002", "2002"


def paid(*, order: PaymentOrder, now: datetime) -> None:
    """This function will record that the money is out: the loan lives from its settlement date."""
    loan = _loan(order)
    assert order.settled_date is not None, "a paid order has a date"
    happened = happen.record(
        id=derive_id("event", order.id),
        loan=loan,
        kind=EventKind.DISBURSE,
        value_date=order.settled_date,
        amount_minor=order.amount_minor,
        now=now,
    )
    params = _named(order)
    params["due"] = happened.after.next_due_date or order.settled_date
    params["days"] = get_terms(loan_id=loan.id).withdrawal_days
    said = "paid_out_merchant" if get_account(id=order.account_id).merchant_id else "paid_out"
    if said in get_script_book(on_date=house.today(now)).scripts:  # the first has no word for merchants
        tell.customer(customer_id=order.customer_id, template=said, about=order.id, params=params, now=now)


def failed(*, order: PaymentOrder, now: datetime) -> None:
    """This function will cancel the loan whose payout failed for good, give its line back and tell her."""
    happen.record(
        id=derive_id("event", order.id),
        loan=_loan(order),
        kind=EventKind.CANCEL,
        value_date=house.today(now),
        amount_minor=0,
        now=now,
    )
    tell.customer(
        customer_id=order.customer_id, template="payout_failed", about=order.id, params=_named(order), now=now
    )


def returned(*, order: PaymentOrder, now: datetime) -> None:
    """This function will cancel the loan whose payout came back, or keep the cash for her where she has paid since."""
    loan = _loan(order)
    assert order.returned_date is not None, "a returned order has a date"
    try:
        happen.record(
            id=derive_id("event", order.id, "returned"),
            loan=loan,
            kind=EventKind.DISBURSE_RETURNED,
            value_date=order.returned_date,
            amount_minor=order.amount_minor,
            now=now,
        )
    except (LaterEventDepends, LoanClosed):
        _keep_cash(order, loan, now)
        return
    params = _named(order)
    tell.customer(
        customer_id=order.customer_id, template="payout_returned", about=order.id, params=params, now=now
    )


def _keep_cash(order: PaymentOrder, loan: Loan, now: datetime) -> None:
    cash = Posting(debit=PAYOUTS, credit=OWED, amount_minor=order.amount_minor, currency=order.currency)
    post_entries(
        source=f"order:{order.id}:returned",
        postings=[cash],
        business_date=house.today(now),
        loan_id=loan.id,
        memo="payout returned after payments",
        now=now,
    )
    record_audit(
        actor="house",
        action="payout.returned_after_payments",
        subject=f"loan:{loan.id}",
        detail={"order": order.id},
        now=now,
    )


def _loan(order: PaymentOrder) -> Loan:
    assert order.loan_id is not None, "a payout serves a loan"
    return get_loan(id=order.loan_id)


def _named(order: PaymentOrder) -> dict[str, ScriptValue]:
    amount = Money(order.amount_minor, order.currency)
    return {"amount": amount, "tail": get_account(id=order.account_id).tail}
