"""What holds of day counts for any two dates."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.day_counts import DayCount, day_count, year_fraction
from puhui.core.periods import Period, add_months

DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
PLAIN = [
    one
    for one in DayCount
    if one not in (DayCount.ACT_ACT_ICMA, DayCount.ACT_365_CANADIAN, DayCount.BUSINESS_252, DayCount.ONE_ONE)
]
# Differences of a function of one date: the parts of a stretch add up to the whole.
ADDITIVE = [
    DayCount.ACT_ACT_ISDA,
    DayCount.ACT_365F,
    DayCount.ACT_360,
    DayCount.ACT_364,
    DayCount.ACT_366,
    DayCount.ACT_365_25,
    DayCount.NL_365,
    DayCount.NL_360,
    DayCount.THIRTY_E_360,
    DayCount.THIRTY_365,
    DayCount.THIRTY_E_360_ISDA,
]


@settings(print_blob=True)
@given(start=DAYS, end=DAYS, convention=st.sampled_from(PLAIN))
def test_reversed_is_negative(start: date, end: date, convention: DayCount) -> None:
    there = year_fraction(start=start, end=end, convention=convention)
    assert there == -year_fraction(start=end, end=start, convention=convention)
    assert day_count(start=start, end=end, convention=convention) == -day_count(
        start=end, end=start, convention=convention
    )
    assert year_fraction(start=start, end=start, convention=convention) == 0


@settings(print_blob=True)
@given(start=DAYS, middle=DAYS, end=DAYS, convention=st.sampled_from(ADDITIVE))
def test_parts_add_up(start: date, middle: date, end: date, convention: DayCount) -> None:
    first, second, whole = (
        year_fraction(start=a, end=b, convention=convention)
        for a, b in ((start, middle), (middle, end), (start, end))
    )
    assert first + second == whole


@settings(print_blob=True)
@given(start=DAYS, length=st.integers(0, 15000), convention=st.sampled_from(PLAIN))
def test_close_to_the_calendar(start: date, length: int, convention: DayCount) -> None:
    """No convention strays from days / 365.25 by more than 1.7 % and three days; more days are never much less time."""
    end = start + timedelta(days=length)
    part = year_fraction(start=start, end=end, convention=convention)
    true = Fraction(4 * length, 1461)
    assert abs(part - true) <= true * Fraction(17, 1000) + Fraction(3, 360)


@settings(print_blob=True)
@given(start=DAYS, years=st.integers(1, 30))
def test_whole_years_are_whole(start: date, years: int) -> None:
    end = add_months(start, 12 * years)
    thirties = (
        DayCount.THIRTY_360_BOND,
        DayCount.THIRTY_360_US,
        DayCount.THIRTY_E_360,
        DayCount.THIRTY_E_360_ISDA,
    )
    if start.month != 2:  # there the ends of February differ from year to year
        assert {year_fraction(start=start, end=end, convention=one) for one in thirties} == {Fraction(years)}
        assert year_fraction(start=start, end=end, convention=DayCount.ACT_ACT_AFB) == years


@settings(print_blob=True)
@given(
    start=st.dates(date(2000, 1, 1), date(2040, 12, 31)),
    months=st.sampled_from([1, 3, 6, 12]),
    count=st.integers(1, 8),
)
def test_regular_periods_are_equal_parts_of_a_year(start: date, months: int, count: int) -> None:
    """ICMA Rule 251: whatever their days, k regular periods of m months are k × m / 12 years."""
    day = min(start.day, 28)
    start = start.replace(day=day)
    reference = Period(start=start, end=add_months(start, months))
    found = year_fraction(
        start=start,
        end=add_months(start, count * months),
        convention=DayCount.ACT_ACT_ICMA,
        reference=reference,
        periods_per_year=12 // months,
    )
    assert found == Fraction(count * months, 12)
