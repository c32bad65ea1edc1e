"""What each event of a loan must say, by the order or the signed change that caused it: for auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from puhui.core.canonical import plain
from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.collected import KINDS, value_date_of
from puhui.loans.domain import ContractTerms, EventKind, LoanEvent, position, settlement_kind
from puhui.loans.queries import get_change
from puhui.payments.domain import Direction, PaymentOrder
from puhui.payments.queries import list_orders

SAME_DAY = frozenset(
    {EventKind.PENALTY_FREEZE, EventKind.PENALTY_THAW, EventKind.CREDIT_REFUND, EventKind.CANCEL}
)
MOST = 5000  # orders of one loan


def stored(events: Sequence[LoanEvent]) -> dict[str, Any]:
    """This function will return what the events say, by id."""
    return {one.id: _said(one) for one in events}


def again(*, loan_id: str, terms: ContractTerms, events: Sequence[LoanEvent]) -> dict[str, Any]:
    """This function will say what the events must say: kind, date and amount from the order behind each of them."""
    orders = list_orders(loan_id=loan_id, limit=MOST)
    by_event = {
        **{derive_id("event", one.id): one for one in orders},
        **{derive_id("event", one.id, "returned"): one for one in orders},
    }
    known = {one.id: one for one in events}
    found: dict[str, Any] = {}
    before: list[LoanEvent] = []
    for event in events:
        order = by_event.get(event.id)
        expected = _without_order(event, known) if order is None else _of_order(event, order, terms, before)
        found[event.id] = _said(replace(expected, booking_date=house.today(event.booked_at)))
        before.append(event)
    return found


def _said(event: LoanEvent) -> dict[str, Any]:
    names = ("kind", "value_date", "booking_date", "amount_minor")
    return {name: plain(getattr(event, name)) for name in names}


def _of_order(
    event: LoanEvent, order: PaymentOrder, terms: ContractTerms, before: Sequence[LoanEvent]
) -> LoanEvent:
    amount = order.amount_minor
    if order.direction is Direction.COLLECT:
        day = value_date_of(order)
        there = position(terms=terms, events=before, as_of=day)
        kind = settlement_kind(intent=KINDS[order.purpose], amount_minor=amount, position=there)
        return replace(event, kind=kind, value_date=day, amount_minor=amount)
    if order.direction is Direction.REFUND:
        today = house.today(event.booked_at)
        return replace(event, kind=EventKind.CREDIT_REFUND, value_date=today, amount_minor=amount)
    if event.id == derive_id("event", order.id, "returned"):
        returned = order.returned_date or event.value_date
        return replace(event, kind=EventKind.DISBURSE_RETURNED, value_date=returned, amount_minor=amount)
    if order.settled_date is None:
        return replace(event, kind=EventKind.CANCEL, value_date=house.today(event.booked_at), amount_minor=0)
    return replace(event, kind=EventKind.DISBURSE, value_date=order.settled_date, amount_minor=amount)


def _without_order(event: LoanEvent, known: dict[str, LoanEvent]) -> LoanEvent:
    if event.kind is EventKind.REVERSE:
        target = known.get(event.payload.get("event_id", ""), event)
        return replace(event, value_date=target.value_date, amount_minor=0)
    if "change" in event.payload:
        return _of_change(event)
    if event.kind in SAME_DAY:
        return replace(event, value_date=house.today(event.booked_at))
    return event


def _of_change(event: LoanEvent) -> LoanEvent:
    """What a signed change says of its event; one that it does not name moves nothing on the day of its booking."""
    quote = get_change(id=event.payload["change"])
    for place, step in enumerate(quote.steps):
        if event.id == derive_id("event", quote.id, str(place)):
            return replace(event, kind=step.kind, value_date=step.value_date, amount_minor=0)
    return replace(event, value_date=house.today(event.booked_at), amount_minor=0)
