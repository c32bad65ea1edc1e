"""The rail's word on an order is recorded, with everything that it means, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.conf import settings

from puhui.core.canonical import content_hash
from puhui.journeys import collected, disburse, refund, reverse
from puhui.payments import operations as payments
from puhui.payments.domain import (
    Direction,
    OrderState,
    PaymentOrder,
    RailOutcome,
    parse_callback,
    verify_signature,
)
from puhui.runtime.operations import record_inbox
from puhui.runtime.transactions import transaction

Consequence = Callable[..., None]

# What follows when an order of this direction reaches this state. Other states have no consequence of their own.
CONSEQUENCES: dict[tuple[Direction, OrderState], Consequence] = {
    (Direction.PAYOUT, OrderState.DONE): disburse.paid,
    (Direction.PAYOUT, OrderState.FAILED): disburse.failed,
    (Direction.PAYOUT, OrderState.RETURNED): disburse.returned,
    (Direction.COLLECT, OrderState.DONE): collected.received,
    (Direction.COLLECT, OrderState.FAILED): collected.failed,
    (Direction.COLLECT, OrderState.RETURNED): reverse.returned,
    (Direction.REFUND, OrderState.DONE): refund.paid,
    (Direction.REFUND, OrderState.FAILED): refund.failed,
    (Direction.REFUND, OrderState.RETURNED): refund.returned,
}


def apply(*, order: PaymentOrder, now: datetime) -> None:
    """This function will record what an order's new state means for loan, line, ledger and customer."""
    consequence = CONSEQUENCES.get((order.direction, order.state))
    if consequence is not None:
        consequence(order=order, now=now)


def record(
    *,
    order_id: str,
    outcome: RailOutcome,
    settled_date: date | None,
    reason: str,
    amount_minor: int | None,
    now: datetime,
) -> None:
    """This function will record one piece of the rail's news and its consequence, inside the caller's transaction.

    Raises: OrderNotFound, OrderOutOfOrder.
    """
    order = payments.record_outcome(
        order_id=order_id,
        outcome=outcome,
        settled_date=settled_date,
        reason=reason,
        amount_minor=amount_minor,
        now=now,
    )
    if order is not None:
        apply(order=order, now=now)


def receive_callback(*, body: bytes, signature: str, timestamp: str, now: datetime) -> bool:
    """This function will take one callback of the rail; False when it was taken before (answer both with 200).

    Raises: CallbackForged, CallbackTooOld, CallbackUnreadable, OrderNotFound, OrderOutOfOrder (the rail tells it
    again).
    """
    verify_signature(
        body=body, signature=signature, timestamp=timestamp, secret=settings.RAIL_CALLBACK_SECRET, now=now
    )
    news = parse_callback(body)
    with transaction():
        if not record_inbox(
            party="rail", callback_id=news.callback_id, body_hash=content_hash(body), now=now
        ):
            return False
        record(
            order_id=news.order_id,
            outcome=news.outcome,
            settled_date=news.settled_date,
            reason=news.reason,
            amount_minor=news.amount_minor,
            now=now,
        )
    return True
