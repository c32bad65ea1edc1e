"""Recording the rail's daily statement, and settling what it left open.

Cash that no order explains is booked to suspense in the ledger in the same act, so that the suspense list and its
ledger account cannot differ. Settling an item books it back out; the act that explains the cash (a repayment, a refund)
then books it like any other cash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from puhui.core.canonical import content_hash
from puhui.core.ids import derive_id
from puhui.core.refusals import InputRefused, Refusal
from puhui.ledger.operations import post_entries
from puhui.payments.domain import (
    DiscrepancyKind,
    Flow,
    OrderNews,
    StatementLine,
    StatementMatch,
    match_statement,
    suspense_posting,
)
from puhui.payments.models import Closing, DiscrepancyRow, StatementDay, SuspenseRow
from puhui.payments.queries import list_orders, list_orders_on
from puhui.runtime.rows import find_row, insert_row
from puhui.runtime.sealing import seal
from puhui.runtime.transactions import require_transaction


class StatementAlreadyRecorded(Refusal):
    """Another statement of this day was recorded before; the rail must say which one is right."""

    field = "statement"
    status = 409


class ItemNotFound(Refusal):
    """There is no such suspense item or discrepancy."""

    field = "item"
    status = 404


class ItemAlreadyClosed(Refusal):
    """The item was settled before, in another way."""

    field = "item"
    status = 409


class ItemHowMissing(InputRefused):
    """How an item was settled is not said, or not in at most 80 characters."""

    field = "how"


def record_statement(*, day: date, lines: Sequence[StatementLine], now: datetime) -> StatementMatch:
    """This function will hold one day's lines against our orders and keep what does not fit.

    Unmatched lines become suspense items, booked in the ledger on `day`; orders without their line become
    discrepancies. The orders themselves do not change: the caller records each of the match's `outcomes` with
    `record_outcome` and the business effect that belongs to it, in the same transaction. The same lines again write
    nothing. Raises: StatementAlreadyRecorded for other lines of a day already recorded.
    """
    require_transaction()
    assert all(line.day == day for line in lines), "a line belongs to its statement's day"
    named = list_orders(ids={line.key for line in lines if line.key})
    orders = {order.id: order for order in (*named, *list_orders_on(day=day))}
    match = match_statement(day=day, orders=list(orders.values()), lines=lines)
    sha256 = content_hash(list(lines))
    known = find_row(StatementDay, day=day)
    if known is not None:
        if known.sha256 != sha256:
            raise StatementAlreadyRecorded(day=day)
        return match
    insert_row(
        StatementDay(
            day=day,
            lines=len(lines),
            matched=len(match.matched),
            in_minor=sum(line.amount_minor for line in lines if line.flow is Flow.IN),
            out_minor=sum(line.amount_minor for line in lines if line.flow is Flow.OUT),
            sha256=sha256,
            recorded_at=now,
        )
    )
    _record_suspense(match, now)
    _record_missing(match, {order.id: order.state.value for order in orders.values()}, now)
    return match


def close_suspense(*, id: str, how: str, business_date: date, now: datetime) -> None:
    """This function will settle a suspense item and book it out of suspense; `how` says what explains the cash.

    `how` is a reference such as "repayment:<order>", never personal data. The same `how` again does nothing. Raises:
    ItemHowMissing, ItemNotFound, ItemAlreadyClosed.
    """
    require_transaction()
    row = find_row(SuspenseRow, lock=True, id=id)
    if row is None:
        raise ItemNotFound()
    if _close(id, how, now):
        posting = suspense_posting(
            flow=Flow(row.flow), amount_minor=row.amount_minor, currency=row.currency, closing=True
        )
        post_entries(
            source=f"suspense:{id}:closed",
            postings=[posting],
            business_date=business_date,
            loan_id=None,
            memo="suspense settled",
            now=now,
        )


def close_discrepancy(*, id: str, how: str, now: datetime) -> None:
    """This function will settle a discrepancy; `how` says what was found. The same `how` again does nothing.

    Raises: ItemHowMissing, ItemNotFound, ItemAlreadyClosed.
    """
    require_transaction()
    if not DiscrepancyRow.objects.select_for_update().filter(id=id).exists():
        raise ItemNotFound()
    _close(id, how, now)


def _close(id: str, how: str, now: datetime) -> bool:
    if not 0 < len(how) <= 80:
        raise ItemHowMissing(longest=80)
    known = find_row(Closing, item_id=id)
    if known is not None and known.how != how:
        raise ItemAlreadyClosed()
    if known is None:
        insert_row(Closing(item_id=id, how=how, closed_at=now))
    return known is None


def _record_suspense(match: StatementMatch, now: datetime) -> None:
    for one in match.unmatched:
        line = one.line
        id = derive_id("suspense", match.day.isoformat(), line.line_id)
        insert_row(
            SuspenseRow(
                id=id,
                statement_id=match.day,
                line_id=line.line_id,
                flow=line.flow.value,
                amount_minor=line.amount_minor,
                currency=line.currency,
                reason=one.reason.value,
                order_id=one.order_id,
                account_tail=line.account_tail,
                memo_sealed=seal(line.memo),
                recorded_at=now,
            )
        )
        post_entries(
            source=f"suspense:{id}",
            postings=[
                suspense_posting(flow=line.flow, amount_minor=line.amount_minor, currency=line.currency)
            ],
            business_date=match.day,
            loan_id=None,
            memo="suspense",
            now=now,
        )


def _record_missing(match: StatementMatch, states: dict[str, str], now: datetime) -> None:
    DiscrepancyRow.objects.bulk_create(
        DiscrepancyRow(
            id=derive_id("payment missing", one.order_id, one.outcome.value, match.day.isoformat()),
            kind=DiscrepancyKind.MISSING.value,
            order_id=one.order_id,
            state=states[one.order_id],
            heard=OrderNews.of(one.outcome).value,
            amount_minor=one.amount_minor,
            currency=one.currency,
            day=match.day,
            reason="",
            recorded_at=now,
        )
        for one in match.missing
    )
