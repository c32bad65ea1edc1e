"""The books balance at every date, whatever is posted, and say what a plain sum over the postings says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puhui.ledger import queries
from puhui.ledger.domain import ACCOUNTS, Posting
from puhui.ledger.operations import post_entries

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DAY = date(2026, 1, 1)

POSTINGS = st.builds(
    lambda pair, amount, currency: Posting(
        debit=pair[0], credit=pair[1], amount_minor=amount, currency=currency
    ),
    st.permutations(sorted(ACCOUNTS)).map(lambda codes: codes[:2]),
    st.integers(1, 10**13),
    st.sampled_from(["CNY", "EUR", "JPY"]),
)
ACTS = st.lists(st.tuples(st.integers(0, 30), st.lists(POSTINGS, max_size=5)), max_size=12)


@settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS, at=st.integers(-1, 31), repeats=st.booleans())
@pytest.mark.django_db
def test_the_books_balance_at_every_date(
    acts: list[tuple[int, list[Posting]]], at: int, repeats: bool
) -> None:
    as_of = DAY + timedelta(days=at)
    expected: Counter[tuple[str, str]] = Counter()
    with django_transaction.atomic():
        for number, (offset, postings) in enumerate(acts):
            for _ in range(2 if repeats else 1):
                post_entries(
                    source=f"act:{number}",
                    postings=postings,
                    business_date=DAY + timedelta(days=offset),
                    loan_id=None,
                    memo="",
                    now=NOW,
                )
            for posting in postings if offset <= at else []:
                expected[posting.debit, posting.currency] += posting.amount_minor
                expected[posting.credit, posting.currency] -= posting.amount_minor
        rows = queries.get_trial_balance(as_of=as_of)
        assert {(r.account.code, r.currency): r.balance_minor for r in rows} == dict(expected)
        for currency in ("CNY", "EUR", "JPY"):
            mine = [row for row in rows if row.currency == currency]
            assert sum(row.debit_minor for row in mine) == sum(row.credit_minor for row in mine)
        for (code, currency), balance in expected.items():
            assert queries.get_balance(code=code, currency=currency, as_of=as_of) == balance
        django_transaction.set_rollback(True)
