"""One thing happens to a loan: event, ledger and line move together, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.ledger.operations import post_entries
from puhui.lines import operations as lines
from puhui.loans import operations as loans
from puhui.loans.domain import EventKind, EventNotFound, Loan, LoanEvent, RecordedEvent
from puhui.loans.queries import get_contract, list_events
from puhui.offers.queries import get_quote
from puhui.products.queries import get_product

# An event that ends a loan before anything was repaid gives the whole draw back to the line.
NEVER_WAS = frozenset({EventKind.DISBURSE_RETURNED, EventKind.CANCEL})


def record(
    *,
    id: str,
    loan: Loan,
    kind: EventKind,
    value_date: date,
    amount_minor: int,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
    may_overpay: bool = False,
) -> RecordedEvent:
    """This function will record an event, post it, and restore or use the line by the principal that it moved.

    The same id again changes nothing. Raises: what `loans.record_event` refuses.
    """
    today = house.today(now)
    event = LoanEvent(
        id=id,
        loan_id=loan.id,
        seq=0,
        kind=kind,
        value_date=value_date,
        booking_date=today,
        booked_at=now,
        amount_minor=amount_minor,
        payload=payload or {},
    )
    recorded = loans.record_event(loan_id=loan.id, event=event, may_overpay=may_overpay)
    if recorded.repeated:
        return recorded
    post_entries(
        source=f"event:{id}",
        postings=recorded.postings,
        business_date=today,
        loan_id=loan.id,
        memo=kind.value,
        now=now,
    )
    _move_line(loan, recorded, now)
    return recorded


def _move_line(loan: Loan, recorded: RecordedEvent, now: datetime) -> None:
    back = recorded.principal_repaid_minor
    if recorded.event.kind in NEVER_WAS:
        back = loan.principal_minor
    if not back or not _restores(loan):
        return
    source = f"event:{recorded.event.id}"
    if back > 0:
        lines.restore_line(line_id=loan.line_id, amount_minor=back, source=source, now=now)
    elif back < 0:
        lines.reuse_line(line_id=loan.line_id, amount_minor=abs(back), source=source, now=now)


def _restores(loan: Loan) -> bool:
    """Whether the product that the loan was quoted from gives repaid principal back to the line."""
    quote = get_quote(id=get_contract(id=loan.contract_id).quote_id)
    return get_product(id=quote.product_id, on_date=date.fromisoformat(quote.product_version)).restores


def reverse(*, event_id: str, loan: Loan, cause: str, now: datetime) -> RecordedEvent:
    """This function will record that an event of the loan never happened, because of the order `cause`.

    Raises: EventNotFound, EventNotReversible, LaterEventDepends.
    """
    target = next((one for one in list_events(loan_id=loan.id) if one.id == event_id), None)
    if target is None:
        raise EventNotFound()
    return record(
        id=derive_id("event", event_id, "reversed", cause),
        loan=loan,
        kind=EventKind.REVERSE,
        value_date=target.value_date,
        amount_minor=0,
        payload={"event_id": event_id},
        now=now,
    )
