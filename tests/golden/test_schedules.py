"""Schedules that borrowers see, one file each."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from puhui.offers.domain import for_value_date
from puhui.products.domain import (
    CLASSIC,
    CapBasis,
    CapRule,
    Method,
    all_in_cost,
    build_schedule,
    fit_under_cap,
)
from tests.golden import loan_values as values
from tests.golden.golden import check
from tests.golden.loans_text import money, percent, quote_text, schedule_text


def test_mock_up_05() -> None:
    """20,000 at 14.40 %, 12 months from 2026-11-20, with a third party's fee of 8.00: the quote of the mock-up."""
    quote = values.quote()
    assert {row.payment_minor for row in quote.rows} == {1_807_51}
    assert (quote.all_in.total_minor, quote.all_in.interest_minor) == (21_690_12, 1_594_12)
    assert (quote.all_in.apr_nominal_ppm + 50) // 100 == 1525
    assert (quote.all_in.apr_effective_ppm + 50) // 100 == 1636
    assert quote.valid_until == datetime(2026, 11, 27, 15, 59, 59, 999999, tzinfo=UTC)
    assert quote.number == "Q-7F3A-20"
    check("quotes/mock-up-05.txt", quote_text(quote))


@pytest.mark.parametrize("method", list(CLASSIC))
def test_methods(method: Method) -> None:
    quote = values.quote(values.haoqidai(), method=method, amount_minor=10_000_00, months=6)
    check(f"schedules/{method.value}-6.txt", schedule_text(quote.rows, quote.all_in))


@pytest.mark.parametrize(
    ("name", "value_date", "due_day"),
    [
        ("month-end", date(2027, 1, 31), None),
        ("leap-day", date(2028, 2, 29), None),
        ("short-first-period", date(2026, 11, 20), 5),
        ("long-first-period", date(2026, 11, 20), 1),
    ],
)
def test_dates(name: str, value_date: date, due_day: int | None) -> None:
    rows = build_schedule(
        principal_minor=6_000_00,
        annual_rate_ppm=180_000,
        months=6,
        method=Method.EQUAL_INSTALMENT,
        value_date=value_date,
        due_day=due_day,
    )
    cost = all_in_cost(principal_minor=6_000_00, value_date=value_date, rows=rows)
    check(f"schedules/{name}.txt", f"paid out {value_date}\n\n{schedule_text(rows, cost)}")


@pytest.mark.parametrize("basis", list(CapBasis))
def test_at_the_cap(basis: CapBasis) -> None:
    """10,000 over 12 months at 24 % nominal: rounding alone would cross a nominal cap of 24 % (case CN-D01)."""
    fitted = fit_under_cap(
        principal_minor=10_000_00,
        annual_rate_ppm=240_000,
        months=12,
        method=Method.EQUAL_INSTALMENT,
        value_date=values.DAY,
        cap=CapRule(cap_ppm=240_000, basis=basis),
    )
    cost = all_in_cost(principal_minor=10_000_00, value_date=values.DAY, rows=fitted.rows)
    said = f"rate {percent(fitted.annual_rate_ppm)}, lowered by {money(fitted.lowered_minor)}\n\n"
    check(f"schedules/cap-{basis.value}.txt", said + schedule_text(fitted.rows, cost))


@pytest.mark.parametrize("value_date", [date(2026, 11, 24), date(2026, 12, 15)])
def test_paid_out_later(value_date: date) -> None:
    """Guarantee G4: the same table, the days without the money free; a whole month later if the first is too near."""
    quote = for_value_date(quote=values.quote(), value_date=value_date)
    check(f"quotes/mock-up-05-paid-out-{value_date}.txt", quote_text(quote))
