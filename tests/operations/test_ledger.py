"""The ledger in a real database: it balances at every date, and nobody edits it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection

from puhui.ledger import queries
from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def cny(debit: str, credit: str, amount_minor: int) -> Posting:
    return Posting(debit=debit, credit=credit, amount_minor=amount_minor, currency="CNY")


def post(source: str, *postings: Posting, on: date = date(2026, 11, 20), loan_id: str | None = None) -> None:
    with transaction():
        post_entries(
            source=source, postings=postings, business_date=on, loan_id=loan_id, memo="test", now=NOW
        )


@pytest.mark.django_db
def test_balances_at_each_date() -> None:
    post("event:1", cny("1301", "1001", 20_000_00), on=date(2026, 1, 31), loan_id="l1")
    post(
        "event:2",
        cny("1001", "1301", 1_600_00),
        cny("1001", "4001", 240_00),
        on=date(2026, 2, 28),
        loan_id="l1",
    )
    assert queries.get_balance(code="1301", currency="CNY", as_of=date(2026, 1, 30)) == 0
    assert queries.get_balance(code="1301", currency="CNY", as_of=date(2026, 1, 31)) == 20_000_00
    assert queries.get_balance(code="1301", currency="CNY", as_of=date(2026, 2, 28)) == 18_400_00
    assert queries.get_balance(code="4001", currency="CNY") == -240_00
    rows = {row.account.code: row for row in queries.get_trial_balance(as_of=date(2026, 2, 28))}
    assert set(rows) == {"1001", "1301", "4001"}
    assert sum(row.balance_minor for row in rows.values()) == 0
    assert rows["1001"].debit_minor == 1_840_00 and rows["1001"].credit_minor == 20_000_00


@pytest.mark.django_db
def test_currencies_do_not_mix() -> None:
    post("event:1", cny("1301", "1001", 500))
    post("event:2", Posting(debit="1301", credit="1001", amount_minor=700, currency="EUR"))
    found = {(row.account.code, row.currency): row.balance_minor for row in queries.get_trial_balance()}
    assert found == {("1001", "CNY"): -500, ("1301", "CNY"): 500, ("1001", "EUR"): -700, ("1301", "EUR"): 700}


@pytest.mark.django_db
def test_a_source_is_posted_once() -> None:
    post("event:1", cny("1301", "1001", 500), loan_id="l1")
    post("event:1", cny("1301", "1001", 500), loan_id="l1")
    assert len(queries.list_entries(source="event:1")) == 1
    with pytest.raises(AssertionError, match="other content"):
        post("event:1", cny("1301", "1001", 501), loan_id="l1")
    with pytest.raises(AssertionError, match="other content"):
        post("event:1", cny("1301", "1001", 500), loan_id="l2")
    with pytest.raises(AssertionError, match="other content"):
        post("event:1", cny("1301", "1001", 500), on=date(2026, 11, 21), loan_id="l1")


@pytest.mark.django_db
def test_entries_come_in_booking_order_with_their_number() -> None:
    post("event:1", cny("1301", "1001", 500), cny("1001", "4003", 5), loan_id="l1")
    post("event:2", cny("1001", "1301", 100), loan_id="l2")
    assert [(e.source, e.seq) for e in queries.list_entries()] == [
        ("event:1", 1),
        ("event:1", 2),
        ("event:2", 1),
    ]
    assert [e.posting.amount_minor for e in queries.list_entries(loan_id="l1")] == [500, 5]


@pytest.mark.django_db
def test_nothing_to_post_writes_nothing() -> None:
    post("event:1")
    assert queries.list_entries() == []


@pytest.mark.django_db
def test_posting_takes_two_queries(django_assert_max_num_queries: object) -> None:
    with transaction(), django_assert_max_num_queries(2):  # type: ignore[operator]
        post_entries(
            source="event:1",
            postings=[cny("1301", "1001", 500), cny("1001", "4003", 5), cny("1001", "4001", 7)],
            business_date=date(2026, 11, 20),
            loan_id=None,
            memo="",
            now=NOW,
        )


@pytest.mark.django_db
def test_posting_needs_a_transaction() -> None:
    with pytest.raises(AssertionError, match="open transaction"):
        post_entries(source="e", postings=[], business_date=date(2026, 1, 1), loan_id=None, memo="", now=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_minor = 1",
        "UPDATE ledger_entry SET memo = 'x'",
        "DELETE FROM ledger_entry",
    ],
)
def test_the_database_refuses_change_and_removal(statement: str) -> None:
    post("event:1", cny("1301", "1001", 500))
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement)
    assert [e.posting.amount_minor for e in queries.list_entries()] == [500]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("debit", "credit", "amount"), [("1301", "1001", 0), ("1301", "1001", -5), ("1001", "1001", 5)]
)
def test_the_database_refuses_an_impossible_entry(debit: str, credit: str, amount: int) -> None:
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (source, seq, debit, credit, amount_minor, currency, business_date, memo, recorded_at)"
            " VALUES ('raw', 1, %s, %s, %s, 'CNY', '2026-01-01', '', '2026-01-01 00:00:00')",
            [debit, credit, amount],
        )
