"""Two people put money right by hand: cash in suspense finds its loan, a wrong payment leaves its loan and goes back."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff.domain import Approval
from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.journeys import happen, house, refund
from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.loans.domain import EventKind, standing
from puhui.loans.queries import get_loan, list_events
from puhui.payments import operations as payments
from puhui.payments.domain import Direction, Flow, OrderState, SuspenseItem
from puhui.payments.operations import ItemNotFound
from puhui.payments.queries import get_order, list_suspense

BANK, COLLECTIONS, OWED = "1001", "1003", "2002"
BY_STAFF = "staff"  # payload "why" of a reversal by two people; the tie-out reads it


class PaymentNotReversible(Refusal):
    """The payment has not settled, or does not count on its loan (any more)."""

    field = "order"
    status = 409


class SuspensePairDiffers(Refusal):
    """The two items do not cancel: same way, other amounts or other currencies."""

    field = "other_id"


class SuspenseFlowWrong(Refusal):
    """Money that went out cannot be a repayment."""

    field = "item"


def find_item(item_id: str) -> SuspenseItem | None:
    """This function will return an open item of suspense, None when it is closed or never was."""
    return next((one for one in list_suspense(limit=5000) if one.id == item_id), None)


def get_item(item_id: str) -> SuspenseItem:
    """This function will return an open item of suspense. Raises: ItemNotFound."""
    found = find_item(item_id)
    if found is None:
        raise ItemNotFound()
    return found


def apply_suspense(approval: Approval, now: datetime) -> None:
    """This function will count an item as a repayment of a loan, from the day on which the cash came.

    Raises: ItemNotFound, SuspenseFlowWrong, LoanNotFound, and what a repayment is refused for.
    """
    item, loan = get_item(approval.body["item_id"]), get_loan(id=approval.body["loan_id"])
    if item.flow is not Flow.IN:
        raise SuspenseFlowWrong()
    today = house.today(now)
    payments.close_suspense(id=item.id, how=f"approval:{approval.id}", business_date=today, now=now)
    arrived = Posting(debit=BANK, credit=COLLECTIONS, amount_minor=item.amount_minor, currency=item.currency)
    post_entries(
        source=f"suspense:{item.id}:applied",
        postings=[arrived],
        business_date=today,
        loan_id=loan.id,
        memo="suspense applied",
        now=now,
    )
    happen.record(
        id=derive_id("event", item.id),
        loan=loan,
        kind=EventKind.REPAY,
        value_date=item.day,
        amount_minor=item.amount_minor,
        now=now,
        may_overpay=True,
    )


def pair_suspense(approval: Approval, now: datetime) -> None:
    """This function will close two items that cancel each other. Raises: ItemNotFound, SuspensePairDiffers."""
    one, other = get_item(approval.body["item_id"]), get_item(approval.body["other_id"])
    same = (one.amount_minor, one.currency) == (other.amount_minor, other.currency)
    if one.flow is other.flow or not same:
        raise SuspensePairDiffers()
    for item in (one, other):
        payments.close_suspense(
            id=item.id, how=f"approval:{approval.id}", business_date=house.today(now), now=now
        )


def refund_payment(approval: Approval, now: datetime) -> None:
    """This function will take a settled payment off its loan and order it back to the account it came from.

    Raises: OrderNotFound, PaymentNotReversible, LaterEventDepends.
    """
    order = get_order(id=approval.body["order_id"])
    if order.direction is not Direction.COLLECT or order.state is not OrderState.DONE or not order.loan_id:
        raise PaymentNotReversible()
    loan = get_loan(id=order.loan_id)
    events = {one.id: one for one in standing(list_events(loan_id=loan.id))}
    target = events.get(derive_id("event", order.id))
    if target is None:
        raise PaymentNotReversible()
    happen.record(
        id=derive_id("event", target.id, "reversed", approval.id),
        loan=loan,
        kind=EventKind.REVERSE,
        value_date=target.value_date,
        amount_minor=0,
        payload={"event_id": target.id, "why": BY_STAFF},
        now=now,
    )
    owed = Posting(debit=COLLECTIONS, credit=OWED, amount_minor=order.amount_minor, currency=order.currency)
    post_entries(
        source=f"approval:{approval.id}",
        postings=[owed],
        business_date=house.today(now),
        loan_id=loan.id,
        memo="taken off the loan",
        now=now,
    )
    refund.send_back(order=order, amount_minor=order.amount_minor, purpose=refund.LATE, now=now)
