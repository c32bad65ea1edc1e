"""The bank takes a payment back: it never happened, and what was worked out from it is worked out again."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import happen, house, tell
from puhui.journeys.collected import value_date_of
from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.loans.domain import EventKind, LaterEventDepends, Loan, LoanEvent, settlement_kind, standing
from puhui.loans.domain.checks import AGREED_LATER, CLOSING
from puhui.loans.queries import get_loan, get_position, list_events
from puhui.payments.domain import PaymentOrder
from puhui.runtime.operations import record_audit

COLLECTIONS, OWED = "1003", "2002"


def returned(*, order: PaymentOrder, now: datetime) -> None:
    """This function will reverse the payment's event, ledger and line, and tell her; she pays nothing for trying."""
    assert order.loan_id is not None, "a collection serves a loan"
    loan = get_loan(id=order.loan_id)
    events = {one.id: one for one in standing(list_events(loan_id=loan.id))}
    target = events.get(derive_id("event", order.id))
    if target is None:
        _owe(order, loan, "the payment had come after the end", now)
        return
    try:
        happen.reverse(event_id=target.id, loan=loan, cause=order.id, now=now)
    except LaterEventDepends:
        if any([one.kind in AGREED_LATER and _after(one, target) for one in events.values()]):
            _charge_back(target, loan, order, now)
        else:
            _unwind(target, list(events.values()), loan, order, now)
    tell.customer(
        customer_id=order.customer_id,
        template="payment_returned",
        about=order.id,
        params={"amount": Money(order.amount_minor, order.currency), "paid_on": value_date_of(order)},
        now=now,
    )


def _charge_back(target: LoanEvent, loan: Loan, order: PaymentOrder, now: datetime) -> None:
    """A later step was agreed on the strength of the payment and stands: what the payment settled is owed again."""
    happen.record(
        id=derive_id("event", target.id, "charged back", order.id),
        loan=loan,
        kind=EventKind.CHARGEBACK,
        value_date=house.today(now),
        amount_minor=target.amount_minor,
        payload={"event_id": target.id, "via": "rail"},
        now=now,
    )


def _unwind(
    target: LoanEvent, events: list[LoanEvent], loan: Loan, order: PaymentOrder, now: datetime
) -> None:
    """Reverse what closed the loan after `target`, then `target`, then let the later money count as what it now is."""
    later = [one for one in events if one.kind in CLOSING and _after(one, target)]
    if any([one.kind is EventKind.CREDIT_REFUND for one in later]):
        _owe(order, loan, "what it overpaid was sent back", now)
        return
    for one in reversed(later):
        happen.reverse(event_id=one.id, loan=loan, cause=order.id, now=now)
    happen.reverse(event_id=target.id, loan=loan, cause=order.id, now=now)
    for one in later:
        there = get_position(loan_id=loan.id, as_of=one.value_date)
        happen.record(
            id=derive_id("event", one.id, "again", order.id),
            loan=loan,
            kind=settlement_kind(intent=one.kind, amount_minor=one.amount_minor, position=there),
            value_date=one.value_date,
            amount_minor=one.amount_minor,
            now=now,
            may_overpay=True,
        )


def _after(one: LoanEvent, target: LoanEvent) -> bool:
    return (one.value_date, one.seq) > (target.value_date, target.seq)


def _owe(order: PaymentOrder, loan: Loan, why: str, now: datetime) -> None:
    """The money went back to her by another way already: the books show it as hers to return, a person looks."""
    cash = Posting(debit=OWED, credit=COLLECTIONS, amount_minor=order.amount_minor, currency=order.currency)
    post_entries(
        source=f"order:{order.id}:{order.state.value}",
        postings=[cash],
        business_date=house.today(now),
        loan_id=loan.id,
        memo="payment returned",
        now=now,
    )
    record_audit(
        actor="house",
        action="payment.returned_unmatched",
        subject=f"loan:{loan.id}",
        detail={"order": order.id, "why": why},
        now=now,
    )
