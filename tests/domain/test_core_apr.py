"""Whatever the loan: the stated rate balances it, both methods agree where they must, and nothing depends on scale."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from puhui.core import roots
from puhui.core.apr import (
    CostAmbiguous,
    CostUndefined,
    DatedFlow,
    TimedFlow,
    apr_effective,
    apr_nominal,
    cost_of_flows,
    percent_to_ppm,
)
from puhui.core.periods import PeriodUnit, due_dates
from puhui.core.rounding import Rounding
from puhui.core.unit_periods import find_series_day, unit_periods_between, years_between

FLAT = (10**11, 330 * 10**9, 363_000_000_010, 133_100_000_011)  # 10^11 (x − 1.1)((x − 1.1)² + 1e-10)
AMOUNTS = st.integers(10_000, 50_000_000)
PAYMENTS = st.lists(st.integers(1, 5_000_000), min_size=1, max_size=48)
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


def _timed(amounts: list[int], at: list[Fraction]) -> list[TimedFlow]:
    return [TimedFlow(at=time, amount_minor=amount) for time, amount in zip(at, amounts, strict=True)]


def _balance(rate: Fraction, lent: int, paid: list[TimedFlow]) -> Fraction:
    """Advance less payments, each discounted by the general equation, exactly."""
    worths = (
        Fraction(flow.amount_minor) / ((1 + flow.at % 1 * rate) * (1 + rate) ** math.floor(flow.at))
        for flow in paid
    )
    return lent - sum(worths, Fraction(0))


@settings(print_blob=True, deadline=None)
@given(lent=AMOUNTS, paid=PAYMENTS, odd_days=st.integers(0, 29))
def test_the_nominal_rate_balances_exactly(lent: int, paid: list[int], odd_days: int) -> None:
    """With exact fractions the balance changes its sign within 1e-9 percent of the stated rate."""
    assume(lent // 50 < sum(paid) < lent * 20)
    payments = _timed(paid, [k + Fraction(odd_days, 30) for k in range(1, len(paid) + 1)])
    advances = [TimedFlow(at=Fraction(0), amount_minor=lent)]
    percent = apr_nominal(advances=advances, payments=payments, unit_periods_per_year=12)
    per_period = Fraction(percent) / 1200
    width = Fraction(1, 10**9) / 1200 * max(1, abs(int(per_period)))
    assert _balance(per_period - width, lent, payments) < 0 < _balance(per_period + width, lent, payments)


@settings(print_blob=True, deadline=None)
@given(lent=AMOUNTS, paid=PAYMENTS)
def test_both_methods_agree_over_whole_months(lent: int, paid: list[int]) -> None:
    """effective = (1 + nominal / 12)^12 − 1."""
    assume(lent // 10 < sum(paid) < lent * 5)
    advances = [TimedFlow(at=Fraction(0), amount_minor=lent)]
    months = [Fraction(k) for k in range(1, len(paid) + 1)]
    nominal = apr_nominal(advances=advances, payments=_timed(paid, months), unit_periods_per_year=12)
    effective = apr_effective(advances=advances, payments=_timed(paid, [m / 12 for m in months]))
    compounded = 100 * ((1 + nominal / 1200) ** 12 - 1)
    assert abs(effective - compounded) <= Decimal("1e-7") * max(1, abs(compounded))
    assert effective >= nominal - Decimal("1e-8")


@settings(print_blob=True, deadline=None)
@given(
    value_date=DAYS,
    lent=AMOUNTS,
    count=st.integers(1, 36),
    due_day=st.integers(1, 28) | st.none(),
    extra=st.integers(0, 400),
)
def test_dated_flows_cost_what_their_times_cost(
    value_date: date, lent: int, count: int, due_day: int | None, extra: int
) -> None:
    dates = due_dates(value_date=value_date, count=count, due_day=due_day, min_first_days=10)
    amount = lent * (1000 + extra) // 1000 // count + 1
    advances = [DatedFlow(on_date=value_date, amount_minor=lent)]
    payments = [DatedFlow(on_date=day, amount_minor=amount) for day in dates]
    cost = cost_of_flows(advances=advances, payments=payments)
    series = find_series_day(dates, start=value_date)
    lent_then = [TimedFlow(at=Fraction(0), amount_minor=lent)]
    in_months = [
        unit_periods_between(start=value_date, end=day, unit=PeriodUnit.MONTH, series_day=series)
        for day in dates
    ]
    in_years = [years_between(start=value_date, end=day, series_day=series) for day in dates]
    nominal = apr_nominal(
        advances=lent_then, payments=_timed([amount] * count, in_months), unit_periods_per_year=12
    )
    effective = apr_effective(advances=lent_then, payments=_timed([amount] * count, in_years))
    assert cost.nominal_ppm == percent_to_ppm(nominal, Rounding.CEILING)
    assert cost.effective_ppm == percent_to_ppm(effective, Rounding.CEILING)
    assert cost.cost_minor == amount * count - lent == cost.paid_minor - cost.advanced_minor
    if due_day is None:
        assert in_months == list(range(1, count + 1))


def test_every_start_day_measures_whole_months() -> None:
    """For every start day of forty years, a schedule by its own day is whole months on both clocks."""
    day = date(2000, 1, 1)
    while day <= date(2040, 12, 31):
        dates = due_dates(value_date=day, count=4)
        series = find_series_day(dates, start=day)
        for k, due in enumerate(dates, 1):
            assert unit_periods_between(start=day, end=due, unit=PeriodUnit.MONTH, series_day=series) == k
            assert years_between(start=day, end=due, series_day=series) == Fraction(k, 12)
        day += timedelta(days=1)


@settings(print_blob=True, deadline=None)
@given(lent=AMOUNTS, paid=PAYMENTS, scale=st.integers(2, 1000), more=st.integers(1, 1000))
def test_scale_changes_nothing_and_a_dearer_payment_costs_more(
    lent: int, paid: list[int], scale: int, more: int
) -> None:
    assume(lent // 10 < sum(paid) < lent * 5)
    times = [Fraction(k, 12) for k in range(1, len(paid) + 1)]

    def effective(factor: int, plus: int) -> Decimal:
        amounts = [amount * factor for amount in paid]
        amounts[-1] += plus * lent // 100
        return apr_effective(
            advances=[TimedFlow(at=Fraction(0), amount_minor=lent * factor)], payments=_timed(amounts, times)
        )

    plain = effective(1, 0)
    assert abs(effective(scale, 0) - plain) <= Decimal("1e-9") * max(1, abs(plain))  # the last stated decimal
    assert plain < effective(1, more)


def test_a_day_is_enough_to_measure() -> None:
    advances = [TimedFlow(at=Fraction(0), amount_minor=10**13)]
    for days, paid in ((1, 10**13 + 1), (1, 10**13 + 10**9), (3, 11 * 10**12)):
        rate = apr_effective(advances=advances, payments=_timed([paid], [Fraction(days, 365)]))
        exact = 100 * ((Decimal(paid) / 10**13) ** (Decimal(365) / days) - 1)
        assert abs(rate - exact) <= Decimal("1e-9") * max(1, abs(exact))


def test_where_floats_do_not_suffice_sixty_digits_do() -> None:
    """(x − 1.1)((x − 1.1)² + 1e-10): so flat at 10 % that a float's noise hides the sign; the stated rate is exact."""
    advances = _timed([10**11, 363_000_000_010], [Fraction(0), Fraction(2)])
    payments = _timed([330 * 10**9, 133_100_000_011], [Fraction(1), Fraction(3)])
    terms = [(0.0, 0.0, 1e11), (1.0, 0.0, -3.3e11), (2.0, 0.0, 363000000010.0), (3.0, 0.0, -133100000011.0)]
    assert not roots.is_certified(terms, math.log(1.1), 5e-13)
    assert apr_effective(advances=advances, payments=payments) == Decimal(10)


def test_a_flat_root_with_an_odd_period_is_exact_too() -> None:
    """The same, each time half a period later at simple interest; 60 digits take the odd half with them."""
    half = Fraction(1, 2)
    advances = _timed([10**11, 363_000_000_010], [half, 2 + half])
    payments = _timed([330 * 10**9, 133_100_000_011], [1 + half, 3 + half])
    assert apr_nominal(advances=advances, payments=payments, unit_periods_per_year=1) == Decimal(10)


def test_a_dated_loan_whose_rate_is_flat_is_exact() -> None:
    """The same flows on dates a month apart: R is 10 % a month, so 120 % a year, or 1.1^12 − 1."""
    dates = (date(2026, 11, 21), *due_dates(value_date=date(2026, 11, 21), count=3))
    flows = [DatedFlow(on_date=day, amount_minor=amount) for day, amount in zip(dates, FLAT, strict=True)]
    cost = cost_of_flows(advances=flows[0::2], payments=flows[1::2])
    assert (cost.nominal_ppm, cost.effective_ppm) == (1_200_000, 2_138_429)


def test_a_rate_beyond_all_numbers_is_refused() -> None:
    for paid in (10_000, 10**9):
        with pytest.raises(CostUndefined):
            apr_effective(advances=_timed([1000], [Fraction(0)]), payments=_timed([paid], [Fraction(1, 365)]))


def test_two_changes_of_sign_may_balance_nowhere() -> None:
    with pytest.raises(CostUndefined):
        apr_effective(
            advances=_timed([100, 300], [Fraction(0), Fraction(2)]), payments=_timed([100], [Fraction(1)])
        )


def test_a_triple_root_cannot_be_certified() -> None:
    advances = _timed([1000, 3630], [Fraction(0), Fraction(2)])
    payments = _timed([3300, 1331], [Fraction(1), Fraction(3)])
    with pytest.raises(CostAmbiguous):
        apr_effective(advances=advances, payments=payments)


def test_the_solver_names_what_it_cannot_find() -> None:
    assert roots.find_bracket(lambda _: 1.0, 0.0) is None
    assert roots.halve(lambda x: x * x + 1, -1.0, 1.0) is None
    assert roots.halve(lambda x: x, 0.0, 1.0) == 0.0
    assert roots.newton(lambda x: (x * x + 1, 2 * x), 0.5, lower=-1.0) is None
    assert roots.newton(lambda _: (1.0, 0.0), 0.5, lower=-1.0) is None
    assert roots.find_roots(lambda x: (x - 0.25) * (x - 1), -2.0, 2.0, cells=7) == [0.25, 1.0]
    double = [(Fraction(k), Fraction(0), amount) for k, amount in enumerate((1, -2, 1))]
    assert roots.refine(double, 0.3) is None
    assert roots.refine([(Fraction(0), Fraction(0), 100), (Fraction(1), Fraction(0), -100)], 0.1) is not None
