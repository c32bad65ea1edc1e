"""Aggregate accruals: what positions say, once a business date, late and repeated runs harmless, tied out at any date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from puhui.batch.tie_out import tie_out_loans
from puhui.journeys import accrue
from puhui.ledger.operations import post_entries
from puhui.ledger.queries import get_balance
from puhui.loans.domain import EventKind, LoanEvent
from puhui.loans.queries import get_accrued
from puhui.runtime.transactions import transaction
from tests import loans_kit
from tests.golden import loan_values as values


def run(day: date) -> int:
    with transaction():
        return accrue.post(business_date=day, accrued_minor=get_accrued(as_of=day), now=loans_kit.NOW)


def book(one: LoanEvent) -> None:
    """Record an event with its entries, as a journey does."""
    with transaction():
        recorded = loans_kit.record_event(loan_id=one.loan_id, event=one)
        post_entries(
            source=f"event:{one.id}", postings=recorded.postings, business_date=one.booking_date, loan_id=one.loan_id,
            memo="", now=loans_kit.NOW,
        )  # fmt: skip


@pytest.mark.django_db
def test_accruals_are_posted_once_a_date_and_tie_out_at_any_date() -> None:
    loan = loans_kit.new_loan(61, product=values.general())
    book(loans_kit.event(loan, EventKind.DISBURSE, values.DAY, loan.principal_minor))
    assert run(date(2026, 12, 5)) > 0 and run(date(2026, 12, 5)) == 0
    early = get_accrued(as_of=date(2026, 12, 5))
    assert run(date(2026, 12, 20)) > 0
    assert run(date(2026, 12, 10)) == 0  # late: the newer date covers it
    back = loans_kit.event(loan, EventKind.REPAY, date(2026, 12, 1), 179_951, booked=date(2026, 12, 28))
    book(back)  # back-dated: what was accrued before it was booked stays what it was
    assert get_accrued(as_of=date(2026, 12, 5)) == early
    assert run(date(2027, 1, 3)) < 0
    level = get_accrued(as_of=date(2027, 1, 3))
    assert get_balance(code="1302", currency="CNY") == level == -get_balance(code="4004", currency="CNY")
    book(loans_kit.event(loan, EventKind.RATE_CHANGE, date(2027, 1, 5), annual_rate_ppm=90_000))
    book(loans_kit.event(loan, EventKind.CHARGE_OFF, date(2027, 1, 9)))
    book(loans_kit.event(loan, EventKind.WRITE_OFF, date(2027, 1, 12)))
    run(date(2027, 1, 12))
    assert get_balance(code="1302", currency="CNY") == 0
    for days in range(60):
        day = values.DAY + timedelta(days=days)
        assert all(one.agrees for one in tie_out_loans(currency="CNY", as_of=day)), day
