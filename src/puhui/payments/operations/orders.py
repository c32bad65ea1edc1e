"""Opening payment orders, and recording what the rail says of them.

The rail's news is recorded through one door, `_record_news`, by one table. A piece of news that contradicts what the
rail said before changes nothing and is kept as a discrepancy, for it may be money.
"""

from __future__ import annotations

from datetime import date, datetime

from puhui.core.ids import derive_id
from puhui.core.money import MAX_MINOR, exponent
from puhui.core.refusals import InputRefused
from puhui.payments.domain import (
    AUTOPAY,
    Direction,
    DiscrepancyKind,
    Heard,
    MandateDebit,
    OrderNews,
    OrderOutOfOrder,
    OrderState,
    PaymentOrder,
    RailOutcome,
    Submitted,
    attempt_id,
    check_new_attempt,
    hear,
)
from puhui.payments.models import OPENED, DiscrepancyRow, OrderEvent, OrderRow
from puhui.payments.operations.accounts import AccountNotVerified, check_debit, own_account
from puhui.payments.queries import OrderNotFound
from puhui.runtime.operations import put_work
from puhui.runtime.rows import find_row, insert_if_absent, insert_row, update_row
from puhui.runtime.transactions import require_transaction

SEND = "payments.send"  # kind of the work that hands an order to the rail
WHAT_CHANGED = ("state", "changes", "reason", "changed_at", "settled_date", "returned_date")


class OrderAmountInvalid(InputRefused):
    """An order moves more than nothing, and no more than the largest amount that we book."""

    field = "amount"


def open_order(
    *,
    id: str,
    direction: Direction,
    amount_minor: int,
    currency: str,
    account_id: str,
    customer_id: str,
    loan_id: str | None,
    purpose: str,
    now: datetime,
    debit: MandateDebit | None = None,
) -> PaymentOrder:
    """This function will open an order and put the work that sends it; `id` is the key that the rail will know.

    `debit` makes a collect order a debit by mandate; purpose "autopay" always needs it. An overpayment goes back as
    direction refund. The same id again gives the order as it stands. Refuses in this order: OrderAmountInvalid,
    CurrencyUnknown, AccountNotFound, AccountNotVerified, MandateNotActive, DebitWithoutNotice.
    """
    require_transaction()
    direction = Direction(direction)
    assert 0 < len(id) <= 26 and 0 < len(purpose) <= 24
    assert debit is None or direction is Direction.COLLECT, "a mandate collects"
    assert debit is not None or purpose != AUTOPAY, "autopay debits by mandate"
    if not 0 < amount_minor <= MAX_MINOR:
        raise OrderAmountInvalid(currency=currency)
    exponent(currency)
    account = own_account(account_id, customer_id)
    known = find_row(OrderRow, id=id)
    if known is not None:
        asked = (direction.value, amount_minor, currency, account_id, customer_id, loan_id, purpose)
        assert asked == _terms(known), "one id, one order"
        return known.to_domain()
    if account.verified_at is None:
        raise AccountNotVerified()
    if debit is not None:
        check_debit(debit, account_id, now)
    row = OrderRow(
        id=id,
        direction=direction.value,
        amount_minor=amount_minor,
        currency=currency,
        account_id=account_id,
        customer_id=customer_id,
        loan_id=loan_id,
        purpose=purpose,
        mandate_id=debit.mandate_id if debit else None,
        first_id=id,
        attempt=1,
    )
    return _insert_order(row, now)


def open_attempt(*, order_id: str, now: datetime, debit: MandateDebit | None = None) -> PaymentOrder:
    """This function will open a new order for the same movement after `order_id` is known to have failed.

    Its id is derived from the first attempt's id and the attempt's number, so that it is opened once. A debit by
    mandate is announced anew or still covered by an earlier notice: `debit` says so. Refuses in this order:
    OrderNotFound, OrderStillUnknown, OrderNotFailed, MandateNotActive, DebitWithoutNotice.
    """
    require_transaction()
    failed = _locked_order(order_id)
    check_new_attempt(failed.to_domain())
    assert (debit is None) == (failed.mandate_id is None), "a debit by mandate is attempted again by mandate"
    id = attempt_id(failed.first_id, failed.attempt + 1)
    if (known := find_row(OrderRow, id=id)) is not None:
        return known.to_domain()
    if debit is not None:
        check_debit(debit, failed.account_id, now)
    row = OrderRow(
        id=id,
        direction=failed.direction,
        amount_minor=failed.amount_minor,
        currency=failed.currency,
        account_id=failed.account_id,
        customer_id=failed.customer_id,
        loan_id=failed.loan_id,
        purpose=failed.purpose,
        mandate_id=debit.mandate_id if debit else None,
        first_id=failed.first_id,
        attempt=failed.attempt + 1,
    )
    return _insert_order(row, now)


def record_submitted(*, order_id: str, outcome: Submitted, now: datetime) -> PaymentOrder | None:
    """This function will record how a submission ended: accepted, rejected or without an answer.

    Returns the order when its state changed, None when this was known (or contradicts: see `list_discrepancies`).
    Raises: OrderNotFound.
    """
    require_transaction()
    row = _locked_order(order_id)
    return _record_news(row, OrderNews.of(outcome.state), day=None, reason=outcome.reason, now=now)


def record_outcome(
    *,
    order_id: str,
    outcome: RailOutcome,
    settled_date: date | None,
    now: datetime,
    reason: str = "",
    amount_minor: int | None = None,
) -> PaymentOrder | None:
    """This function will record the rail's word on an order: done, failed or returned, on its business date.

    `amount_minor`, if given, is the amount that the rail named. Returns the order when its state changed; None when
    this was known, or when it contradicts the rail's earlier word or names another amount: then it stands in
    `list_discrepancies` and the order stays as it was. Raises: OrderNotFound; OrderOutOfOrder when it came before
    the news it builds on (answer the rail with an error, and it tells it again).
    """
    require_transaction()
    outcome = RailOutcome(outcome)
    assert outcome is RailOutcome.FAILED or settled_date is not None, "money moves on a date"
    row = _locked_order(order_id)
    news = OrderNews.of(outcome)
    if amount_minor is not None and amount_minor != row.amount_minor:
        _record_discrepancy(
            row, DiscrepancyKind.AMOUNT_DIFFERS, news, amount_minor, settled_date, reason, now
        )
        return None
    return _record_news(row, news, day=settled_date, reason=reason, now=now)


def record_absent(*, order_id: str, now: datetime) -> PaymentOrder | None:
    """This function will record that the rail, asked, has never heard of the order's key.

    An unknown order is then sent again, under the same key. Returns the order when its state changed. Raises:
    OrderNotFound.
    """
    require_transaction()
    row = _locked_order(order_id)
    order = _record_news(row, OrderNews.ABSENT, day=None, reason="", now=now)
    if order is not None:
        _put_send(row, now)
    return order


def _locked_order(order_id: str) -> OrderRow:
    row = find_row(OrderRow, lock=True, id=order_id)
    if row is None:
        raise OrderNotFound()
    return row


def _terms(row: OrderRow) -> tuple[str, int, str, str, str, str | None, str]:
    return (
        row.direction,
        row.amount_minor,
        row.currency,
        row.account_id,
        row.customer_id,
        row.loan_id,
        row.purpose,
    )


def _insert_order(row: OrderRow, now: datetime) -> PaymentOrder:
    row.state, row.changes, row.reason = OrderState.CREATED.value, 1, ""
    row.created_at = row.changed_at = now
    if not insert_if_absent(row):
        # PostgreSQL: the same act at the same instant, and the other one opened it.
        return OrderRow.objects.get(id=row.id).to_domain()
    _append(row, OPENED, before="", now=now)
    _put_send(row, now)
    return row.to_domain()


def _put_send(row: OrderRow, now: datetime) -> None:
    # The work's key names this sending; the rail's key is the order's id, the same in every sending.
    key = f"pay:{row.id}" if row.changes == 1 else f"pay:{row.id}:{row.changes}"
    put_work(key=key, kind=SEND, payload={"order_id": row.id}, now=now)


def _record_news(
    row: OrderRow, news: OrderNews, *, day: date | None, reason: str, now: datetime
) -> PaymentOrder | None:
    before = OrderState(row.state)
    after = hear(before, news)
    if after is Heard.KNOWN:
        return None
    if after is Heard.EARLY:
        raise OrderOutOfOrder(outcome=news.value)
    if after is Heard.CONTRADICTS:
        _record_discrepancy(row, DiscrepancyKind.OUT_OF_ORDER, news, row.amount_minor, day, reason, now)
        return None
    row.state, row.changes, row.changed_at, row.reason = after.value, row.changes + 1, now, reason[:64]
    if after is OrderState.DONE:
        row.settled_date = day
    elif after is OrderState.RETURNED:
        row.returned_date = day
    update_row(row, WHAT_CHANGED)
    _append(row, news.value, before=before.value, now=now)
    return row.to_domain()


def _append(row: OrderRow, news: str, *, before: str, now: datetime) -> None:
    insert_row(
        OrderEvent(
            order_id=row.id,
            seq=row.changes,
            news=news,
            before=before,
            after=row.state,
            reason=row.reason,
            at=now,
        )
    )


def _record_discrepancy(
    row: OrderRow,
    kind: DiscrepancyKind,
    heard: OrderNews,
    amount_minor: int,
    day: date | None,
    reason: str,
    now: datetime,
) -> None:
    # The order's row is locked, so looking first and inserting after cannot be overtaken.
    id = derive_id("payment discrepancy", row.id, kind.value, heard.value, str(amount_minor))
    if DiscrepancyRow.objects.filter(id=id).exists():
        return
    insert_row(
        DiscrepancyRow(
            id=id,
            kind=kind.value,
            order_id=row.id,
            state=row.state,
            heard=heard.value,
            amount_minor=amount_minor,
            currency=row.currency,
            day=day,
            reason=reason[:64],
            recorded_at=now,
        )
    )
