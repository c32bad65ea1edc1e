"""On every schedule: it repays the principal, keeps the cap, and a later payout never costs more (guarantee G4)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding
from puhui.offers.domain import (
    cost_lines,
    for_value_date,
    quote_from_plain,
    quote_sha256,
    quote_to_plain,
)
from puhui.products.domain import (
    CLASSIC,
    CapBasis,
    CapRule,
    Method,
    build_schedule,
    fit_under_cap,
    is_within_cap,
)
from tests.golden import loan_values as values

QUICK = settings(max_examples=100, deadline=None, print_blob=True)
DATES = st.dates(date(2024, 1, 1), date(2032, 12, 31))
CAPS = st.builds(CapRule, cap_ppm=st.integers(30_000, 360_000), basis=st.sampled_from(list(CapBasis)))


@QUICK
@given(
    principal=st.integers(1, 10**9),
    rate=st.integers(0, 1_000_000),
    months=st.integers(1, 60),
    method=st.sampled_from(list(CLASSIC)),
    value_date=DATES,
    due_day=st.one_of(st.none(), st.integers(1, 28)),
    rounding=st.sampled_from(list(Rounding)),
    fee=st.integers(0, 1000),
)
def test_every_schedule_repays_its_principal(
    principal: int,
    rate: int,
    months: int,
    method: Method,
    value_date: date,
    due_day: int | None,
    rounding: Rounding,
    fee: int,
) -> None:
    rows = build_schedule(
        principal_minor=principal,
        annual_rate_ppm=rate,
        months=months,
        method=method,
        value_date=value_date,
        due_day=due_day,
        rounding=rounding,
        fee_minor=fee,
    )
    assert len(rows) == months and sum(row.principal_minor for row in rows) == principal
    left, start = principal, value_date
    for row in rows:
        exact = Fraction(left * rate * row.interest_days, 12_000_000 * row.period_days)
        assert abs(row.interest_minor - exact) <= Fraction(1, 2)
        left -= row.principal_minor
        assert row.principal_minor >= 0 and row.balance_minor == left and row.fee_minor == fee
        assert row.due_date > start
        assert due_day is None or row.due_date.day == due_day
        start = row.due_date
    if due_day is not None:
        assert 15 <= (rows[0].due_date - value_date).days <= 46
    level = {row.payment_minor for row in rows[1:-1]}
    if method is Method.EQUAL_INSTALMENT and principal > 1000 * months:
        assert len(level) <= 1


@QUICK
@given(
    principal=st.integers(5, 2000),
    rate=st.integers(0, 4000),
    months=st.sampled_from([1, 3, 6, 12, 24]),
    method=st.sampled_from(list(CLASSIC)),
    value_date=DATES,
    due_day=st.one_of(st.none(), st.integers(1, 28)),
    rounding=st.sampled_from(list(Rounding)),
    share=st.integers(0, 20),
    cap=CAPS,
)
def test_no_schedule_is_shown_above_the_cap(
    principal: int,
    rate: int,
    months: int,
    method: Method,
    value_date: date,
    due_day: int | None,
    rounding: Rounding,
    share: int,
    cap: CapRule,
) -> None:
    minor = principal * 100_00
    try:
        fitted = fit_under_cap(
            principal_minor=minor,
            annual_rate_ppm=rate * 100,
            months=months,
            method=method,
            value_date=value_date,
            cap=cap,
            due_day=due_day,
            fee_minor=minor * share // 10_000,
            rounding=rounding,
        )
    except Refusal:
        assert share > 0
        return
    assert is_within_cap(principal_minor=minor, value_date=value_date, rows=fitted.rows, cap=cap)
    assert fitted.annual_rate_ppm <= rate * 100 and 0 <= fitted.lowered_minor <= months
    assert sum(row.principal_minor for row in fitted.rows) == minor


@QUICK
@given(
    amount=st.integers(5, 2000),
    rate=st.integers(0, 2400),
    months=st.sampled_from([3, 6, 12]),
    method=st.sampled_from(list(CLASSIC)),
    stated=st.dates(date(2026, 11, 20), date(2028, 3, 31)),
    due_day=st.one_of(st.none(), st.integers(1, 28)),
    later=st.integers(0, 400),
)
def test_a_later_payout_never_costs_more_per_day(
    amount: int, rate: int, months: int, method: Method, stated: date, due_day: int | None, later: int
) -> None:
    """G4: each day of each period costs at most what the same day of the quoted table costs, fees included."""
    quote = values.quote(
        amount_minor=max(amount * 100_00, 10_000_00),
        annual_rate_ppm=rate * 100,
        months=months,
        method=method,
        value_date=stated,
        due_day=due_day,
    )
    moved = for_value_date(quote=quote, value_date=stated + timedelta(days=later))
    start, quoted_start = moved.value_date, quote.value_date
    for row, quoted in zip(moved.rows, quote.rows, strict=True):
        days, quoted_days = (row.due_date - start).days, (quoted.due_date - quoted_start).days
        assert row.principal_minor == quoted.principal_minor
        assert row.interest_minor * quoted_days <= quoted.interest_minor * days
        assert row.fee_minor * quoted_days <= quoted.fee_minor * days
        assert row.interest_minor <= quoted.interest_minor and row.fee_minor <= quoted.fee_minor
        start, quoted_start = row.due_date, quoted.due_date
    assert moved.all_in.total_cost_minor <= quote.all_in.total_cost_minor
    assert (moved.rows[0].due_date - moved.value_date).days >= min(10, (quote.rows[0].due_date - stated).days)
    assert is_within_cap(
        principal_minor=moved.amount_minor, value_date=moved.value_date, rows=moved.rows, cap=moved.cap
    )
    if later <= 5 and due_day is None:
        assert [row.due_date for row in moved.rows] == [row.due_date for row in quote.rows]
    for one in (quote, moved):
        assert sum(line.amount_minor for line in cost_lines(one)) == one.all_in.total_cost_minor
        assert quote_from_plain(quote_to_plain(one)) == one
    assert (quote_sha256(quote) == quote_sha256(moved)) == (later == 0)
