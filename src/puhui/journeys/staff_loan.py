"""A member of staff enters an event on a loan: she sees what it does, another person agrees, and exactly that happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from puhui.access.staff.domain import Approval
from puhui.core.canonical import canonical_bytes
from puhui.core.ids import derive_id
from puhui.journeys import happen, house, merchant_return, refund
from puhui.journeys.repay import PaymentUnderWay
from puhui.loans.domain import AskedEvent, EventKind, Loan, LoanEvent, TriedEvent, read_event, try_event
from puhui.loans.queries import get_loan, get_terms, list_events
from puhui.payments import operations as payments
from puhui.payments.domain import Direction
from puhui.payments.queries import AccountNotFound, has_open_order, list_accounts


def read(*, loan_id: str, typed: Mapping[str, str], now: datetime) -> AskedEvent:
    """This function will read what was typed into the form of an event of this loan. Raises: what `read_event` refuses."""
    loan = get_loan(id=loan_id)
    events = list_events(loan_id=loan_id)
    return read_event(typed=typed, events=events, currency=loan.currency, today=house.today(now))


def preview(*, loan_id: str, asked: AskedEvent, now: datetime) -> TriedEvent:
    """This function will return what the event would do today, by the function that records it. Raises: what it refuses."""
    return try_event(
        terms=get_terms(loan_id=loan_id),
        events=list_events(loan_id=loan_id),
        event=_event(asked, id="tried", loan_id=loan_id, now=now),
    )


def body_of(*, loan_id: str, asked: AskedEvent) -> dict[str, str]:
    """This function will write an asked event as the arguments of an approval."""
    return {
        "loan_id": loan_id,
        "kind": asked.kind.value,
        "value_date": asked.value_date.isoformat(),
        "amount_minor": str(asked.amount_minor),
        "payload": canonical_bytes(asked.payload).decode(),
    }


def asked_of(body: Mapping[str, str]) -> AskedEvent:
    """This function will read back what `body_of` wrote."""
    return AskedEvent(
        kind=EventKind(body["kind"]),
        value_date=date.fromisoformat(body["value_date"]),
        amount_minor=int(body["amount_minor"]),
        payload=json.loads(body["payload"]),
    )


def carry_out(approval: Approval, now: datetime) -> None:
    """This function will record the event that two people agreed on, in the second one's commit.

    Raises: what recording it refuses by now; PaymentUnderWay, AccountNotFound for money that goes back to her.
    """
    loan, asked = get_loan(id=approval.body["loan_id"]), asked_of(approval.body)
    id = derive_id("event", approval.id)
    if asked.kind is EventKind.CREDIT_REFUND:
        _order_back(loan, asked, approval, now)
    elif asked.kind is EventKind.REFUND:
        merchant_return.record(
            id=id,
            loan=loan,
            amount_minor=asked.amount_minor,
            value_date=asked.value_date,
            notice=asked.payload.get("notice", ""),
            now=now,
        )
    else:
        happen.record(
            id=id,
            loan=loan,
            kind=asked.kind,
            value_date=asked.value_date,
            amount_minor=asked.amount_minor,
            payload=asked.payload,
            now=now,
        )


def _order_back(loan: Loan, asked: AskedEvent, approval: Approval, now: datetime) -> None:
    """What she overpaid goes to the account that she bound last; its event is recorded when the bank has paid it."""
    preview(loan_id=loan.id, asked=asked, now=now)
    if has_open_order(loan_id=loan.id, direction=Direction.REFUND):
        raise PaymentUnderWay()
    account = next((one for one in list_accounts(customer_id=loan.customer_id) if one.verified_at), None)
    if account is None:
        raise AccountNotFound()
    payments.open_order(
        id=derive_id("refund", approval.id),
        direction=Direction.REFUND,
        amount_minor=asked.amount_minor,
        currency=loan.currency,
        account_id=account.id,
        customer_id=loan.customer_id,
        loan_id=loan.id,
        purpose=refund.OVERPAID,
        now=now,
    )


def _event(asked: AskedEvent, *, id: str, loan_id: str, now: datetime) -> LoanEvent:
    return LoanEvent(
        id=id,
        loan_id=loan_id,
        seq=0,
        kind=asked.kind,
        value_date=asked.value_date,
        booking_date=house.today(now),
        booked_at=now,
        amount_minor=asked.amount_minor,
        payload=asked.payload,
    )
