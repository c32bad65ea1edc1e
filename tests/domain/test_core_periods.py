"""Calendar arithmetic over forty years: nothing drifts, nothing overlaps, what goes forward comes back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.periods import (
    DateOutOfRange,
    DueDayInvalid,
    MonthEnd,
    Period,
    PeriodReversed,
    PeriodUnit,
    add_months,
    add_periods,
    days_in_month,
    due_dates,
    first_due_date,
    is_month_end,
    months_back,
)

FIRST, LAST = date(2000, 1, 1), date(2040, 12, 31)
DAYS = st.dates(FIRST, LAST)


def test_every_start_day_of_forty_years() -> None:
    """Every start day: due dates rise, keep the day or are clamped to the month's end, and never skip a month."""
    for offset in range((LAST - FIRST).days + 1):
        start = FIRST + timedelta(days=offset)
        found = due_dates(value_date=start, count=13)
        assert found[11] == date(
            start.year + 1, start.month, min(start.day, days_in_month(start.year + 1, start.month))
        )
        for k, day in enumerate(found, 1):
            assert day.day == min(start.day, days_in_month(day.year, day.month))
            assert day.year * 12 + day.month == start.year * 12 + start.month + k
        assert months_back(start=start, end=found[12], day_of_month=start.day) == (13, start)


@settings(print_blob=True)
@given(day=DAYS, months=st.integers(-600, 600))
def test_months_forward_and_back(day: date, months: int) -> None:
    there = add_months(day, months)
    assert add_months(there, -months, start_day=day.day) == day
    if is_month_end(day):
        sticky = add_months(day, months, month_end=MonthEnd.STICKY)
        assert is_month_end(sticky) and (sticky.year, sticky.month) == (there.year, there.month)
        assert add_months(sticky, -months, month_end=MonthEnd.STICKY) == day


@settings(print_blob=True)
@given(day=DAYS, unit=st.sampled_from(PeriodUnit), count=st.integers(1, 60), rule=st.sampled_from(MonthEnd))
def test_due_dates_rise_in_every_unit(day: date, unit: PeriodUnit, count: int, rule: MonthEnd) -> None:
    found = due_dates(value_date=day, count=count, unit=unit, month_end=rule)
    assert len(found) == count
    assert all(earlier < later for earlier, later in zip((day, *found), found, strict=False))


@settings(print_blob=True)
@given(day=DAYS, due_day=st.integers(1, 31), least=st.integers(0, 45))
def test_the_first_due_date_is_the_first_that_is_far_enough(day: date, due_day: int, least: int) -> None:
    found = first_due_date(value_date=day, due_day=due_day, min_first_days=least)
    assert (found - day).days >= least
    assert found.day == min(due_day, days_in_month(found.year, found.month))
    before = add_months(found, -1, start_day=due_day)
    assert (before - day).days < least


@settings(print_blob=True)
@given(start=DAYS, length=st.integers(0, 4000), step=st.sampled_from([1, 3, 12]))
def test_counting_back_takes_every_whole_step(start: date, length: int, step: int) -> None:
    end = start + timedelta(days=length)
    count, reached = months_back(start=start, end=end, step=step)
    assert start <= reached <= end and reached == add_months(end, -count * step)
    assert add_months(end, -(count + 1) * step) < start


@settings(print_blob=True)
@given(a=DAYS, b=DAYS, c=DAYS, d=DAYS)
def test_periods_are_half_open(a: date, b: date, c: date, d: date) -> None:
    one, other = Period(start=min(a, b), end=max(a, b)), Period(start=min(c, d), end=max(c, d))
    shared = (
        sum((one.start + timedelta(days=k)) in other for k in range(one.days)) if one.days < 400 else None
    )
    assert shared is None or one.overlap_days(other) == other.overlap_days(one) == shared
    assert one.end not in one and (one.days == 0 or one.start in one)


def test_what_cannot_be() -> None:
    with pytest.raises(PeriodReversed):
        Period(start=date(2027, 1, 2), end=date(2027, 1, 1))
    with pytest.raises(DateOutOfRange):
        add_months(date(9999, 12, 1), 1)
    with pytest.raises(DateOutOfRange):
        add_periods(date(9999, 12, 31), 1, PeriodUnit.DAY)
    for day in (0, 32):
        with pytest.raises(DueDayInvalid):
            add_months(date(2027, 1, 1), 1, start_day=day)
        with pytest.raises(DueDayInvalid):
            due_dates(value_date=date(2027, 1, 1), count=1, due_day=day)
    with pytest.raises(DueDayInvalid):
        due_dates(value_date=date(2027, 1, 1), count=1, unit=PeriodUnit.WEEK, due_day=5)
