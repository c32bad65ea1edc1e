"""What part of a year lies between two dates, by convention."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from puhui.core.calendars import HolidayCalendar
from puhui.core.day_counts import (
    CalendarMissing,
    DayCount,
    DayCountUnknown,
    ReferencePeriodMissing,
    day_count,
    parse_day_count,
    year_fraction,
)
from puhui.core.periods import Period
from tests.spec.core.tables import rows

# One short stretch over a leap day and one plain half year show what each convention does.
EVERY_CONVENTION = """
convention       | 2028-01-31 to 2028-03-31 | 2026-07-01 to 2027-01-01
1/1              | 1/1                      | 1/1
ACT/ACT ISDA     | 60/366                   | 184/365
ACT/ACT AFB      | 60/366                   | 184/365
ACT/365F         | 60/365                   | 184/365
ACT/360          | 60/360                   | 184/360
ACT/364          | 60/364                   | 184/364
ACT/366          | 60/366                   | 184/366
ACT/365.25       | 240/1461                 | 736/1461
ACT/365L         | 60/366                   | 184/365
NL/365           | 59/365                   | 184/365
NL/360           | 59/360                   | 184/360
30/360           | 60/360                   | 180/360
30/360 US        | 60/360                   | 180/360
30E/360          | 60/360                   | 180/360
30E/360 ISDA     | 60/360                   | 180/360
30E+/360         | 61/360                   | 180/360
30/365           | 60/365                   | 180/365
"""

# Where the thirties differ: days between the two dates.
THIRTIES = """
start      | end        | 30/360 | 30/360 US | 30E/360 | 30E/360 ISDA | 30E+/360 | 30/365
2027-01-15 | 2027-01-31 | 16     | 16        | 15      | 15           | 16       | 15
2027-01-30 | 2027-01-31 | 0      | 0         | 0       | 0            | 1        | 0
2027-01-31 | 2027-02-28 | 28     | 28        | 28      | 30           | 28       | 28
2027-02-28 | 2027-03-31 | 33     | 30        | 32      | 30           | 33       | 32
2027-02-28 | 2028-02-29 | 361    | 360       | 361     | 360          | 361      | 361
2028-02-28 | 2028-02-29 | 1      | 1         | 1       | 2            | 1        | 1
"""

# Against regular periods: ICMA Rule 251, short and long stubs included.
ICMA = """
start      | end        | reference start | reference end | part
2027-01-15 | 2027-07-15 | 2027-01-15      | 2027-07-15    | 1/2
2027-03-15 | 2027-07-15 | 2027-01-15      | 2027-07-15    | 61/181
2026-09-15 | 2027-07-15 | 2027-01-15      | 2027-07-15    | 153/184
2027-11-30 | 2028-04-30 | 2027-11-30      | 2028-02-29    | 153/368
2027-01-31 | 2027-02-28 | 2027-01-31      | 2027-02-28    | 1/12
"""

NAMES = """
name                            | convention
Actual/365 (Fixed)              | ACT/365F
act/365                         | ACT/365F
Actual/Actual (ISDA)            | ACT/ACT ISDA
ACT/ACT ISMA                    | ACT/ACT ICMA
Actual/Actual (Bond)            | ACT/ACT ICMA
30/360 Bond Basis (ISDA 4.16(f)) | 30/360
30/360 US (NASD/SIA EOM)        | 30/360 US
30E/360 (ISDA)                  | 30E/360 ISDA
Eurobond Basis                  | 30E/360
Business/252                    | BUS/252
NL/365                          | NL/365
"""


@pytest.mark.parametrize(("name", "leap", "plain"), rows(EVERY_CONVENTION))
def test_every_convention(name: str, leap: str, plain: str) -> None:
    convention = DayCount(name)
    assert year_fraction(start=date(2028, 1, 31), end=date(2028, 3, 31), convention=convention) == Fraction(
        leap
    )
    assert year_fraction(start=date(2026, 7, 1), end=date(2027, 1, 1), convention=convention) == Fraction(
        plain
    )


@pytest.mark.parametrize("row", rows(THIRTIES), ids=lambda row: f"{row[0]}..{row[1]}")
def test_where_the_thirties_differ(row: tuple[str, ...]) -> None:
    names = THIRTIES.strip().splitlines()[0].split("|")[2:]
    start, end = (date.fromisoformat(text) for text in row[:2])
    found = [day_count(start=start, end=end, convention=DayCount(name.strip())) for name in names]
    assert found == [int(days) for days in row[2:]]


def test_the_termination_date_in_february_stays() -> None:
    start, end = date(2027, 1, 31), date(2027, 2, 28)
    ends, goes_on = (
        day_count(start=start, end=end, convention=DayCount.THIRTY_E_360_ISDA, termination=last)
        for last in (end, date(2027, 8, 31))
    )
    assert (ends, goes_on) == (28, 30)


@pytest.mark.parametrize(("start", "end", "ref_start", "ref_end", "part"), rows(ICMA))
def test_against_regular_periods(start: str, end: str, ref_start: str, ref_end: str, part: str) -> None:
    found = year_fraction(
        start=date.fromisoformat(start),
        end=date.fromisoformat(end),
        convention=DayCount.ACT_ACT_ICMA,
        reference=Period(start=date.fromisoformat(ref_start), end=date.fromisoformat(ref_end)),
    )
    assert found == Fraction(part)


def test_canadian_bonds_and_short_sterling() -> None:
    half = Period(start=date(2027, 1, 15), end=date(2027, 7, 15))
    canadian = [
        year_fraction(start=half.start, end=end, convention=DayCount.ACT_365_CANADIAN, reference=half)
        for end in (date(2027, 3, 15), half.end)
    ]
    assert canadian == [Fraction(59, 365), Fraction(1, 2)]
    yearly, monthly = (
        year_fraction(
            start=date(2027, 12, 1), end=date(2028, 2, 1), convention=DayCount.ACT_365L, periods_per_year=n
        )
        for n in (1, 12)
    )
    assert (yearly, monthly) == (Fraction(62, 365), Fraction(62, 366))


def test_years_back_from_a_28_february_land_on_the_29th_where_there_is_one() -> None:
    """28 February 2027 goes back to 29 February 2024; of 1 February to there, no 29 February is inside."""
    part = year_fraction(start=date(2024, 2, 1), end=date(2027, 2, 28), convention=DayCount.ACT_ACT_AFB)
    assert part == 3 + Fraction(28, 365)


def test_business_days() -> None:
    plain = HolidayCalendar(
        name="plain",
        years=frozenset({2027}),
        weekend=frozenset({5, 6}),
        holidays=frozenset(),
        workdays=frozenset(),
    )
    part = year_fraction(
        start=date(2027, 1, 4), end=date(2027, 1, 18), convention=DayCount.BUSINESS_252, calendar=plain
    )
    assert part == Fraction(10, 252)


@pytest.mark.parametrize(("name", "convention"), rows(NAMES))
def test_spellings(name: str, convention: str) -> None:
    assert parse_day_count(name) is DayCount(convention)


def test_every_own_name_is_understood() -> None:
    assert [parse_day_count(one.value) for one in DayCount] == list(DayCount)


def test_what_is_missing_is_refused() -> None:
    start, end = date(2027, 1, 1), date(2027, 7, 1)
    with pytest.raises(DayCountUnknown):
        parse_day_count("31/365")
    for convention in (DayCount.ACT_ACT_ICMA, DayCount.ACT_365_CANADIAN):
        with pytest.raises(ReferencePeriodMissing):
            year_fraction(start=start, end=end, convention=convention)
    with pytest.raises(ReferencePeriodMissing):  # a year is no period of twelve a year
        year_fraction(
            start=start,
            end=date(2028, 5, 1),
            convention=DayCount.ACT_ACT_ICMA,
            reference=Period(start=start, end=date(2028, 1, 1)),
            periods_per_year=12,
        )
    with pytest.raises(CalendarMissing):
        year_fraction(start=start, end=end, convention=DayCount.BUSINESS_252)
