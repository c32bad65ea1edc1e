"""How the two laws measure time: whole periods back from the later date, then odd days."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from puhui.core.periods import PeriodReversed, PeriodUnit
from puhui.core.unit_periods import (
    UnitPeriodInvalid,
    find_series_day,
    month_clock,
    periods_per_year,
    unit_periods_between,
    years_between,
)
from tests.spec.core.tables import rows

# 12 CFR 1026 Appendix J (b)(5); the examples of (c) are in the conformance cases.
UNIT_PERIODS = """
start      | end        | unit       | multiple | unit-periods | why
1978-01-10 | 1978-02-10 | month      | 1        | 1            | a whole month
1978-02-10 | 1978-04-01 | month      | 1        | 1+19/30      | back to 1 March, 19 days before it
2026-12-16 | 2027-03-15 | month      | 1        | 3            | 30 odd days are a month
2026-11-30 | 2027-02-28 | month      | 1        | 3            | the 30th is clamped in February
2027-01-10 | 2027-02-28 | month      | 1        | 1+21/30      | a last day goes back to a last day
1978-01-10 | 1978-03-01 | month      | 2        | 52/60        | 1 month and 22 days of two months' 60
1978-06-23 | 1978-10-01 | quarter    | 1        | 1+8/90       | 3 months and 8 days
2026-11-21 | 2026-12-13 | half_month | 1        | 1+7/15       | 22 days
1978-03-18 | 1978-04-20 | week       | 4        | 1+5/28       | 33 days
1978-04-03 | 1978-04-11 | fortnight  | 1        | 8/14         | 8 days
2026-11-21 | 2026-12-21 | day        | 1        | 30           | days are days
2026-11-21 | 2028-11-21 | year       | 1        | 2            | whole years
2026-11-21 | 2028-02-21 | year       | 1        | 1+3/12       | a rest of whole months
2026-11-21 | 2028-02-22 | year       | 1        | 1+93/365     | a rest that is not
2026-11-21 | 2026-11-21 | month      | 1        | 0            | no time at all
"""

# SWD(2012) 128, section 4.1.1: days over the year that ends where they end.
YEARS = """
start      | end        | unit  | years          | why
2012-01-12 | 2012-02-15 | month | 1/12+3/365     | the three days end on 15 January 2012, a year of 365
2013-01-12 | 2013-02-15 | month | 1/12+3/366     | the year to 15 January 2013 holds 29 February 2012
2012-01-12 | 2012-02-15 | year  | 34/365         | no whole year
2013-01-12 | 2013-02-15 | week  | 4/52+6/366     | four weeks and six days
2013-01-12 | 2013-02-15 | day   | 34/366         | days alone
2012-03-12 | 2012-05-01 | month | 1/12+20/366    | the year to 1 April 2012
2027-01-31 | 2027-02-28 | month | 1/12           | the 31st is clamped in February
2026-11-21 | 2029-11-21 | year  | 3              | whole years
2026-11-21 | 2029-12-05 | month | 36/12+14/365   | years as months
"""


def _fraction(text: str) -> Fraction:
    return sum((Fraction(part) for part in text.split("+")), Fraction(0))


@pytest.mark.parametrize("row", rows(UNIT_PERIODS), ids=lambda row: row[5])
def test_unit_periods(row: tuple[str, ...]) -> None:
    found = unit_periods_between(
        start=date.fromisoformat(row[0]),
        end=date.fromisoformat(row[1]),
        unit=PeriodUnit(row[2]),
        multiple=int(row[3]),
    )
    assert found == _fraction(row[4])


@pytest.mark.parametrize("row", rows(YEARS), ids=lambda row: row[4])
def test_years(row: tuple[str, ...]) -> None:
    start, end = (date.fromisoformat(text) for text in row[:2])
    assert years_between(start=start, end=end, unit=PeriodUnit(row[2])) == _fraction(row[3])


def test_a_schedules_day_decides_what_a_last_day_means() -> None:
    start, end = date(2027, 1, 28), date(2027, 2, 28)
    on_the_28th = unit_periods_between(start=date(2027, 1, 10), end=end, unit=PeriodUnit.MONTH, series_day=28)
    on_the_30th = unit_periods_between(start=date(2027, 1, 10), end=end, unit=PeriodUnit.MONTH, series_day=30)
    assert (on_the_28th, on_the_30th) == (1 + Fraction(18, 30), 1 + Fraction(20, 30))
    assert unit_periods_between(start=start, end=end, unit=PeriodUnit.MONTH) == 1


SERIES = """
start      | due dates                        | day  | why
2026-12-31 | 2027-01-31 2027-02-28 2027-04-30 | 31   | its own day, clamped
2027-01-31 | 2027-02-28                       | 31   | a lone date may keep the start's day
2027-01-10 | 2027-02-28                       | none | a lone date keeps no other
2027-01-10 | 2027-02-05 2027-03-05            | 5    | a day of its own
2027-01-10 | 2027-02-28 2027-03-30            | 30   | clamped in February
2027-01-10 | 2027-02-28 2027-03-28            | 28   | the 28th, though February ends there
2027-01-10 | 2027-02-05 2027-03-06            | none | no day at all
2027-01-10 |                                  | 10   | no due date yet
"""


@pytest.mark.parametrize(("start", "dates", "day", "why"), rows(SERIES))
def test_the_day_that_a_series_keeps(start: str, dates: str, day: str, why: str) -> None:
    found = find_series_day(
        (date.fromisoformat(one) for one in dates.split()), start=date.fromisoformat(start)
    )
    assert found == (None if day == "none" else int(day)), why


def test_both_clocks_at_once() -> None:
    for start, end in ((date(2026, 11, 21), date(2027, 2, 5)), (date(2027, 1, 10), date(2027, 2, 28))):
        clock = month_clock(start=start, end=end)
        assert clock.months + Fraction(clock.odd_days, 30) == unit_periods_between(
            start=start, end=end, unit=PeriodUnit.MONTH
        )
        assert clock.eu_years == years_between(start=start, end=end)


def test_how_many_make_a_year() -> None:
    found = [periods_per_year(PeriodUnit.DAY), periods_per_year(PeriodUnit.WEEK, multiple=4)]
    found += [periods_per_year(PeriodUnit.MONTH, multiple=3), periods_per_year(PeriodUnit.HALF_MONTH)]
    assert found == [365, 13, 4, 24]


def test_what_no_law_measures_in_is_refused() -> None:
    for unit, multiple in ((PeriodUnit.MONTH, 13), (PeriodUnit.HALF_MONTH, 3), (PeriodUnit.WEEK, 0)):
        with pytest.raises(UnitPeriodInvalid):
            periods_per_year(unit, multiple=multiple)
    with pytest.raises(UnitPeriodInvalid):
        years_between(start=date(2026, 1, 1), end=date(2027, 1, 1), unit=PeriodUnit.QUARTER)
    for unit in (PeriodUnit.DAY, PeriodUnit.MONTH):
        with pytest.raises(PeriodReversed):
            unit_periods_between(start=date(2027, 1, 2), end=date(2027, 1, 1), unit=unit)
        with pytest.raises(PeriodReversed):
            years_between(start=date(2027, 1, 2), end=date(2027, 1, 1), unit=unit)
