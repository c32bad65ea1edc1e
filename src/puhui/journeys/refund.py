"""What was paid beyond the loan goes back to the account that it came from."""

from __future__ import annotations

from datetime import datetime

from puhui.contact.domain import ScriptValue
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import happen, house, tell
from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.loans.domain import EventKind, Loan
from puhui.loans.queries import get_loan
from puhui.payments import operations as payments
from puhui.payments.domain import Direction, PaymentOrder
from puhui.payments.queries import get_account
from puhui.runtime.operations import record_audit

OVERPAID, LATE = (
    "overpayment",
    "late_payment",
)  # purposes of a refund: credit of a living loan, money for an ended one
PAYOUTS, COLLECTIONS, OWED = "1002", "1003", "2002"
MOST_ATTEMPTS = 5  # then a person looks


def keep_late_money(*, order: PaymentOrder, loan: Loan, now: datetime) -> None:
    """This function will book money that arrived for an ended loan as owed to her, and order it back."""
    _post(order, loan, debit=COLLECTIONS, credit=OWED, why="after the end", now=now)
    send_back(order=order, amount_minor=order.amount_minor, purpose=LATE, now=now)


def send_back(*, order: PaymentOrder, amount_minor: int, purpose: str, now: datetime) -> PaymentOrder:
    """This function will order a refund to the account that `order` collected from, once for each collection."""
    return payments.open_order(
        id=derive_id("refund", order.id),
        direction=Direction.REFUND,
        amount_minor=amount_minor,
        currency=order.currency,
        account_id=order.account_id,
        customer_id=order.customer_id,
        loan_id=order.loan_id,
        purpose=purpose,
        now=now,
    )


def paid(*, order: PaymentOrder, now: datetime) -> None:
    """This function will record that a refund is out, and tell her."""
    loan = _loan(order)
    if order.purpose == LATE:
        _post(order, loan, debit=OWED, credit=PAYOUTS, why="sent back", now=now)
    else:
        happen.record(
            id=derive_id("event", order.id),
            loan=loan,
            kind=EventKind.CREDIT_REFUND,
            value_date=house.today(now),
            amount_minor=order.amount_minor,
            now=now,
        )
    tail = get_account(id=order.account_id).tail
    params: dict[str, ScriptValue] = {"amount": Money(order.amount_minor, order.currency), "tail": tail}
    tell.customer(
        customer_id=order.customer_id, template="refund_sent", about=order.id, params=params, now=now
    )


def failed(*, order: PaymentOrder, now: datetime) -> None:
    """This function will attempt a failed refund anew under a new order, some times; then a person looks."""
    if order.attempt < MOST_ATTEMPTS:
        payments.open_attempt(order_id=order.id, now=now)
        return
    record_audit(
        actor="house",
        action="refund.failed",
        subject=f"loan:{order.loan_id}",
        detail={"order": order.id},
        now=now,
    )


def returned(*, order: PaymentOrder, now: datetime) -> None:
    """This function will take a refund that came back into the books as owed again; a person looks for her account."""
    loan = _loan(order)
    if order.purpose == LATE:
        _post(order, loan, debit=PAYOUTS, credit=OWED, why="came back", now=now)
    else:
        happen.reverse(event_id=derive_id("event", order.id), loan=loan, cause=order.id, now=now)
    record_audit(
        actor="house",
        action="refund.returned",
        subject=f"loan:{loan.id}",
        detail={"order": order.id},
        now=now,
    )


def _loan(order: PaymentOrder) -> Loan:
    assert order.loan_id is not None, "a refund belongs to a loan"
    return get_loan(id=order.loan_id)


def _post(order: PaymentOrder, loan: Loan, *, debit: str, credit: str, why: str, now: datetime) -> None:
    cash = Posting(debit=debit, credit=credit, amount_minor=order.amount_minor, currency=order.currency)
    post_entries(
        source=f"order:{order.id}:{order.state.value}",
        postings=[cash],
        business_date=house.today(now),
        loan_id=loan.id,
        memo=why,
        now=now,
    )
