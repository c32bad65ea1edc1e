"""Aggregate accruals: what positions say, once a business date, and nothing lost over the month."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.batch.accruals import accrued, post_accruals
from puhui.ledger.queries import get_balance
from puhui.loans.domain import EventKind
from puhui.runtime.transactions import transaction
from tests import loans_kit
from tests.golden import loan_values as values


@pytest.mark.django_db
def test_accruals_are_posted_once_a_date_and_follow_the_positions() -> None:
    loan = loans_kit.paid_out(61, product=values.general())
    moved = {}
    for day in (date(2026, 12, 5), date(2026, 12, 5), date(2026, 12, 20), date(2027, 1, 3)):
        if day == date(2027, 1, 3):
            loans_kit.record(loan, loans_kit.event(loan, EventKind.REPAY, date(2026, 12, 28), 179_951))
        with transaction():
            moved.setdefault(day, []).append(
                post_accruals(business_date=day, currency="CNY", now=loans_kit.NOW)
            )
        assert get_balance(code="1302", currency="CNY") == accrued(as_of=day)
        assert get_balance(code="4004", currency="CNY") == -accrued(as_of=day)
    assert moved[date(2026, 12, 5)][0] > 0 and moved[date(2026, 12, 5)][1] == 0
    assert moved[date(2027, 1, 3)][0] < 0
