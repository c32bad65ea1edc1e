"""Business days: which dates a payment can move on, with China's make-up workdays (调休).

A calendar is dated text, one file a year, reviewed like any policy. A year without a file is not guessed: a strict
calendar refuses it, a lenient one (for plans far ahead, marked as such) knows only the weekend.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise
from typing import Any

from puhui.core.refusals import InputRefused, Refusal

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_DAY = timedelta(days=1)


class CalendarInvalid(InputRefused):
    """The calendar's text breaks a rule of its form; facts name the file and the place."""

    field = "calendar"


class CalendarYearMissing(Refusal):
    """A strict calendar was asked about a year for which no official arrangement is stored."""

    field = "date"


class Adjustment(Enum):
    """Where a date goes that is no business day (ISDA 2006 section 4.12)."""

    UNADJUSTED = "unadjusted"
    FOLLOWING = "following"  # the next business day
    MODIFIED_FOLLOWING = "modified_following"  # the next, unless that is in another month: then the previous
    PRECEDING = "preceding"  # the previous business day
    MODIFIED_PRECEDING = "modified_preceding"  # the previous, unless that is in another month: then the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """One official rest, both ends included."""

    first_date: date  # first day off
    last_date: date  # last day off
    name_en: str  # for people who read English
    name_zh: str  # 给读中文的人


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """One year of one calendar, as its file says."""

    name: str  # pack, for example "CN"
    year: int  # calendar year that the file covers wholly
    source: str  # the official text that it was taken from
    weekend: frozenset[int]  # days of the week off, Monday = 0
    holidays: tuple[Holiday, ...]  # in order of date, without overlap
    workdays: frozenset[date]  # make-up workdays: weekend days that are worked


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayCalendar:
    """Several years of one calendar."""

    name: str  # pack, for example "CN"
    years: frozenset[int]  # years with official data
    weekend: frozenset[int]  # days of the week off, Monday = 0
    holidays: frozenset[date]  # days off beside the weekend rule
    workdays: frozenset[date]  # weekend days that are worked
    strict: bool = True  # refuse a year without data instead of knowing only its weekends

    def is_business_day(self, day: date) -> bool:
        """This function will tell whether `day` is worked. Raises: CalendarYearMissing (strict calendars only)."""
        if self.strict and day.year not in self.years:
            raise CalendarYearMissing(calendar=self.name, year=day.year)
        if day in self.workdays:
            return True
        return day not in self.holidays and day.weekday() not in self.weekend

    def adjust(self, day: date, adjustment: Adjustment) -> date:
        """This function will return the business day that `day` moves to. Raises: CalendarYearMissing."""
        if adjustment is Adjustment.UNADJUSTED:
            return day
        if adjustment in (Adjustment.FOLLOWING, Adjustment.MODIFIED_FOLLOWING):
            moved, other = self._walk(day, ONE_DAY), -ONE_DAY
        else:
            moved, other = self._walk(day, -ONE_DAY), ONE_DAY
        modified = adjustment in (Adjustment.MODIFIED_FOLLOWING, Adjustment.MODIFIED_PRECEDING)
        return self._walk(day, other) if modified and moved.month != day.month else moved

    def add_business_days(self, day: date, count: int) -> date:
        """This function will return the business day `count` (any sign) business days from `day`; 0 means `day` or
        the next business day. Raises: CalendarYearMissing.
        """
        step = ONE_DAY if count >= 0 else -ONE_DAY
        day = self._walk(day, ONE_DAY) if count == 0 else day
        for _ in range(abs(count)):
            day = self._walk(day + step, step)
        return day

    def business_days_between(self, start: date, end: date) -> int:
        """This function will count the business days of the half-open stretch, negative if `end` is before `start`.

        Raises: CalendarYearMissing.
        """
        if end < start:
            return -self.business_days_between(end, start)
        return sum(self.is_business_day(start + k * ONE_DAY) for k in range((end - start).days))

    def _walk(self, day: date, step: timedelta) -> date:
        while not self.is_business_day(day):
            day += step
        return day


def parse_calendar_year(text: str, *, file: str) -> CalendarYear:
    """This function will read one year of a calendar from TOML: `calendar`, `year`, `source`, optional `weekend`,
    tables `[[holiday]]` (first, last, en, zh) and `[[workday]]` (date).

    Raises: CalendarInvalid for an unknown or missing field, a wrong type, a date of another year, an overlap, a make-up
    workday that is no weekend day or lies in a holiday.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CalendarInvalid(file=file, at=str(error)) from None
    _only(data, {"calendar", "year", "source", "weekend", "holiday", "workday"}, file, "the file")
    name, year, source = (_typed(data, key, kind, file, key) for key, kind in _HEAD)
    weekend = frozenset(_weekday(day, file) for day in data.get("weekend", ["saturday", "sunday"]))
    holidays = tuple(
        _holiday(row, year, f"holiday {n}", file) for n, row in enumerate(data.get("holiday", []), 1)
    )
    for earlier, later in pairwise(holidays):
        if later.first_date <= earlier.last_date:
            raise CalendarInvalid(file=file, at=f"{later.name_en}: overlaps or is out of order")
    workdays = [_workday(row, year, f"workday {n}", file) for n, row in enumerate(data.get("workday", []), 1)]
    for day in workdays:
        resting = any(one.first_date <= day <= one.last_date for one in holidays)
        if resting or day.weekday() not in weekend or workdays.count(day) > 1:
            raise CalendarInvalid(file=file, at=f"workday {day}: not a free weekend day, or twice")
    return CalendarYear(
        name=name, year=year, source=source, weekend=weekend, holidays=holidays, workdays=frozenset(workdays)
    )


def join_years(years: Iterable[CalendarYear], *, strict: bool = True) -> HolidayCalendar:
    """This function will join the years of one calendar. Raises: CalendarInvalid for none, two names, two weekends, or
    a year twice.
    """
    parts = sorted(years, key=lambda one: one.year)
    if not parts:
        raise CalendarInvalid(file="", at="no year")
    first = parts[0]
    if len({one.year for one in parts}) != len(parts):
        raise CalendarInvalid(file=first.name, at="a year twice")
    if any(one.name != first.name or one.weekend != first.weekend for one in parts):
        raise CalendarInvalid(file=first.name, at="two names or two weekends")
    days = {
        rest.first_date + k * ONE_DAY
        for one in parts
        for rest in one.holidays
        for k in range((rest.last_date - rest.first_date).days + 1)
    }
    return HolidayCalendar(
        name=first.name,
        years=frozenset(one.year for one in parts),
        weekend=first.weekend,
        holidays=frozenset(days),
        workdays=frozenset().union(*(one.workdays for one in parts)),
        strict=strict,
    )


_HEAD: tuple[tuple[str, type], ...] = (("calendar", str), ("year", int), ("source", str))


def _only(row: Any, known: set[str], file: str, at: str) -> None:
    if not isinstance(row, dict):
        raise CalendarInvalid(file=file, at=f"{at}: not a table")
    if unknown := sorted(set(row) - known):
        raise CalendarInvalid(file=file, at=f"{at}: unknown field {unknown[0]}")


def _typed(row: dict[str, Any], key: str, kind: type, file: str, at: str) -> Any:
    value = row.get(key)
    if type(value) is not kind:
        raise CalendarInvalid(file=file, at=f"{at}: {key} must be {kind.__name__}")
    return value


def _weekday(name: object, file: str) -> int:
    if name not in WEEKDAYS:
        raise CalendarInvalid(file=file, at=f"weekend: {name}")
    return WEEKDAYS.index(str(name))


def _holiday(row: Any, year: int, at: str, file: str) -> Holiday:
    _only(row, {"first", "last", "en", "zh"}, file, at)
    first, last = (_typed(row, key, date, file, at) for key in ("first", "last"))
    name_en, name_zh = (_typed(row, key, str, file, at) for key in ("en", "zh"))
    if not (first <= last and first.year == last.year == year):
        raise CalendarInvalid(file=file, at=f"{at}: {first} to {last} is not a stretch of {year}")
    return Holiday(first_date=first, last_date=last, name_en=name_en, name_zh=name_zh)


def _workday(row: Any, year: int, at: str, file: str) -> date:
    _only(row, {"date"}, file, at)
    day: date = _typed(row, "date", date, file, at)
    if day.year != year:
        raise CalendarInvalid(file=file, at=f"{at}: {day} is not in {year}")
    return day
