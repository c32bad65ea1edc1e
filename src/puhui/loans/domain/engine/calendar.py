"""Days as integers: ordinals, civil dates and due dates without a date object, so that the kernel can compile them.

An ordinal is `datetime.date.toordinal()`. All arithmetic stays below 2**31.
"""

from __future__ import annotations

from datetime import date

from puhui.loans.domain.engine.codes import Unit

DAYS_400 = 146_097  # days of 400 Gregorian years
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)  # of a month in a year of 365 days


def is_leap(year: int) -> bool:
    """This function will tell whether `year` has 366 days (Gregorian calendar)."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def first_of_year(year: int) -> int:
    """This function will return the ordinal of 1 January of `year`."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + 1


def year_of(day: int) -> int:
    """This function will return the calendar year of an ordinal."""
    year = (day * 400) // DAYS_400 + 1
    while first_of_year(year) > day:
        year -= 1
    while first_of_year(year + 1) <= day:
        year += 1
    return year


def month_length(year: int, month: int) -> int:
    """This function will return the days of a month, 1 to 12."""
    return 29 if month == 2 and is_leap(year) else MONTH_DAYS[month - 1]


def civil(day: int) -> tuple[int, int, int]:
    """This function will return (year, month, day of the month) of an ordinal."""
    year = year_of(day)
    left = day - first_of_year(year)
    leap, month = 1 if is_leap(year) else 0, min(12, left // 29 + 1)
    while month > 1 and left < DAYS_BEFORE[month - 1] + (leap if month > 2 else 0):
        month -= 1
    return year, month, left + 1 - DAYS_BEFORE[month - 1] - (leap if month > 2 else 0)


def ordinal(year: int, month: int, day: int) -> int:
    """This function will return the ordinal of a civil date; a day past the month's end is clamped to it."""
    found = first_of_year(year) + DAYS_BEFORE[month - 1] + (1 if month > 2 and is_leap(year) else 0)
    return found + min(day, month_length(year, month)) - 1


def add_period(start: int, unit: int, count: int, day_of_month: int) -> int:
    """This function will add `count` units to an ordinal; months keep `day_of_month` where the month has it."""
    if unit == Unit.DAY:
        return start + count
    if unit == Unit.WEEK:
        return start + 7 * count
    year, month, _ = civil(start)
    months = (year * 12 + month - 1) + (count if unit == Unit.MONTH else 12 * count)
    return ordinal(months // 12, months % 12 + 1, day_of_month)


def leap_days(start: int, end: int, turn: int) -> int:
    """This function will count the days of (start, end] that fall in leap years. `turn` = 1: a year's interest ends on
    31 December (the peers' split); 0: it ends on 1 January.
    """
    count, at = 0, start
    while at < end:
        year = year_of(at + turn)
        boundary = min(end, first_of_year(year + 1) - turn)
        if is_leap(year):
            count += boundary - at
        at = boundary
    return count


def holds_leap_day(start: int, end: int) -> bool:
    """This function will tell whether a 29 February lies in (start, end]."""
    for year in range(year_of(start), year_of(end) + 1):
        if is_leap(year) and start < ordinal(year, 2, 29) <= end:
            return True
    return False


def day_number(day: date) -> int:
    """This function will return the ordinal of a date, 0 for none being the caller's convention."""
    return day.toordinal()
