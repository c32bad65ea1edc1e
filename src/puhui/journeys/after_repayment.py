"""What follows a repayment: one work item for each subscriber, put in the repayment's own commit."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from puhui.contact.domain import ScriptValue
from puhui.core.money import Money
from puhui.journeys import refund, tell
from puhui.loans.domain import Allocation, LoanState, Position, RecordedEvent
from puhui.loans.queries import get_position, list_events
from puhui.payments.domain import PaymentOrder
from puhui.payments.queries import get_order
from puhui.runtime.domain import Effect, WorkItem, no_effect
from puhui.runtime.operations import put_work

RECEIPT, REFUND = "after_repayment.receipt", "after_repayment.refund"  # kinds of work
SCRIPTS = {
    LoanState.CLOSED: "paid_off",
    LoanState.WITHDRAWN: "withdrawn",
}  # what a receipt says when it ended a loan


def put(*, order: PaymentOrder, recorded: RecordedEvent, now: datetime) -> None:
    """This function will put the work of every subscriber, once for each event, in the caller's transaction."""
    event = recorded.event
    kinds = [RECEIPT, *([REFUND] if _of(recorded.after, event.id).credit_minor else [])]
    for kind in kinds:
        put_work(
            key=f"{kind}:{event.id}",
            kind=kind,
            payload={"order_id": order.id, "event_id": event.id},
            now=now,
        )


def _of(position: Position, event_id: str) -> Allocation:
    return next(one for one in position.allocations if one.event_id == event_id)


def _gather(item: WorkItem) -> tuple[PaymentOrder, Position | None]:
    """The order, and the position as it was booked with the event; None where the event was reversed since."""
    order, event_id = get_order(id=item.payload["order_id"]), item.payload["event_id"]
    assert order.loan_id is not None, "a collection serves a loan"
    event = next(one for one in list_events(loan_id=order.loan_id) if one.id == event_id)
    position = get_position(loan_id=order.loan_id, as_of=event.booking_date)
    stands = any([one.event_id == event_id for one in position.allocations])
    return order, position if stands else None


def receipt(item: WorkItem) -> Effect:
    """This function will tell her what arrived and what is left."""
    order, position = _gather(item)
    return no_effect if position is None else partial(_tell, order, position)


def _tell(order: PaymentOrder, position: Position, now: datetime) -> None:
    params: dict[str, ScriptValue] = {"amount": Money(order.amount_minor, order.currency)}
    template = SCRIPTS.get(position.state, "receipt")
    if template == "receipt":
        params["left"] = Money(position.principal_outstanding_minor, position.currency)
    tell.customer(customer_id=order.customer_id, template=template, about=order.id, params=params, now=now)


def give_back(item: WorkItem) -> Effect:
    """This function will order back what this payment overpaid."""
    order, position = _gather(item)
    credit = _of(position, item.payload["event_id"]).credit_minor if position else 0
    return partial(_send_back, order, credit) if credit else no_effect


def _send_back(order: PaymentOrder, credit_minor: int, now: datetime) -> None:
    refund.send_back(order=order, amount_minor=credit_minor, purpose=refund.OVERPAID, now=now)
