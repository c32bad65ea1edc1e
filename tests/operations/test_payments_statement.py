"""A day's statement against our orders: suspense in the ledger, discrepancies, and a second look at the same file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from puhui.ledger.queries import get_balance
from puhui.payments import operations, queries
from puhui.payments.domain import (
    BankAccount,
    Direction,
    DiscrepancyKind,
    OrderState,
    RailOutcome,
    StatementLine,
    StatementMatch,
    SuspenseReason,
)
from puhui.payments.operations import (
    ItemAlreadyClosed,
    ItemHowMissing,
    ItemNotFound,
    StatementAlreadyRecorded,
)
from puhui.runtime.transactions import transaction
from tests.domain.test_payments_statements import line
from tests.operations.test_payments import (
    ACCEPTED,
    DONE,
    FAILED,
    a_customer,
    an_account,
    an_order,
    outcome,
    submitted,
)

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


@pytest.fixture
def account(db: None) -> BankAccount:
    return an_account(a_customer())


def record(*lines: StatementLine, day: date = DAY) -> StatementMatch:
    with transaction():
        return operations.record_statement(day=day, lines=lines, now=NOW)


def close(id: str, how: str = "repayment:x", **other: Any) -> None:
    with transaction():
        operations.close_suspense(id=id, how=how, business_date=DAY, now=NOW, **other)


def balances() -> tuple[int, int]:
    return get_balance(code="1001", currency="CNY"), get_balance(code="2001", currency="CNY")


def test_a_statement_brings_news_suspense_and_discrepancies(account: BankAccount) -> None:
    sent, done, failed = (an_order(account, name) for name in ("sent", "done", "failed"))
    for order in (sent, done, failed):
        submitted(order, ACCEPTED)
    outcome(done, DONE)
    outcome(failed, FAILED)
    match = record(
        line(1, sent.id),
        line(2, failed.id),
        line(3, "", direction=None, amount_minor=50_00, memo="李四还款"),
        line(4, "not ours", direction=Direction.PAYOUT, amount_minor=7),
    )
    assert [(one.order_id, one.outcome) for one in match.outcomes] == [(sent.id, RailOutcome.DONE)]
    for news in match.outcomes:
        outcome(sent, news.outcome, news.settled_date, amount_minor=news.amount_minor)
    assert queries.get_order(id=sent.id).state is OrderState.DONE
    items = queries.list_suspense()
    assert [(item.line_id, item.reason, item.order_id) for item in items] == [
        ("M2", SuspenseReason.CONTRADICTS, failed.id),
        ("M3", SuspenseReason.NO_ORDER, None),
        ("M4", SuspenseReason.NO_ORDER, None),
    ]
    (missing,) = queries.list_discrepancies()
    assert (missing.kind, missing.order_id) == (DiscrepancyKind.MISSING, done.id)
    owed = 1_807_51 + 50_00 - 7
    assert balances() == (owed, -owed) and queries.get_suspense_balance(currency="CNY") == owed
    recorded = queries.find_statement(day=DAY)
    assert recorded is not None
    assert (recorded.lines, recorded.matched, recorded.in_minor, recorded.out_minor) == (4, 1, 3_665_02, 7)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM payments_suspense")
        assert "李四" not in str(cursor.fetchall()), "a payer's words are sealed"


def test_the_same_statement_again_writes_nothing(account: BankAccount) -> None:
    order = an_order(account)
    submitted(order, ACCEPTED)
    lines = (line(1, order.id), line(2, "", direction=None))
    first = record(*lines)
    outcome(order, DONE)
    again = record(*lines)
    assert first.outcomes and not again.outcomes
    assert len(queries.list_suspense()) == 1 and balances() == (1_807_51, -1_807_51)
    with pytest.raises(StatementAlreadyRecorded) as refused:
        record(line(1, order.id))
    assert refused.value.facts == {"day": DAY}


def test_an_order_done_today_and_returned_tomorrow(account: BankAccount) -> None:
    order = an_order(account, direction=Direction.PAYOUT)
    submitted(order, ACCEPTED)
    paid = line(1, order.id, direction=Direction.PAYOUT)
    tomorrow = DAY + timedelta(days=1)
    back = StatementLine(
        **{
            name: getattr(line(2, order.id, direction=Direction.PAYOUT, outcome=RailOutcome.RETURNED), name)
            for name in StatementLine.__dataclass_fields__
        }
        | {"day": tomorrow}
    )
    for day, lines in ((DAY, [paid]), (tomorrow, [back])):
        for news in record(*lines, day=day).outcomes:
            outcome(order, news.outcome, news.settled_date)
    found = queries.get_order(id=order.id)
    assert (found.state, found.settled_date, found.returned_date) == (OrderState.RETURNED, DAY, tomorrow)
    assert queries.list_suspense() == [] == queries.list_discrepancies()


def test_suspense_is_settled_once_and_booked_out(account: BankAccount) -> None:
    record(line(1, "", direction=None, amount_minor=50_00))
    (item,) = queries.list_suspense()
    close(item.id)
    close(item.id)
    assert balances() == (0, 0) and queries.get_suspense_balance(currency="CNY") == 0
    assert queries.list_suspense() == []
    (closed,) = queries.list_suspense(open_only=False)
    assert (closed.closed_at, closed.closed_how) == (NOW, "repayment:x")
    with pytest.raises(ItemAlreadyClosed):
        close(item.id, "refund:y")
    with pytest.raises(ItemNotFound):
        close("stranger")
    with pytest.raises(ItemHowMissing):
        close(item.id, "")


@pytest.mark.parametrize(
    "table", ["payments_statement", "payments_suspense", "payments_discrepancy", "payments_closing"]
)
def test_what_went_wrong_is_append_only(account: BankAccount, table: str) -> None:
    order = an_order(account)
    submitted(order, ACCEPTED)
    outcome(order, DONE)
    record(line(1, "", direction=None))
    close(queries.list_suspense()[0].id)
    with pytest.raises(DatabaseError), transaction(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
