"""Calendar arithmetic that a schedule rests on: unit periods, ends of months, due dates.

A due date is always counted from the start date, never from the previous due date: 31 January plus one month, plus one
month, is 31 March, not 28 March. Periods are half open, so that neighbours share no day and lose none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import Enum
from functools import lru_cache

from puhui.core.refusals import InputRefused


class DueDayInvalid(InputRefused):
    """The day of the month for repayments is not 1 to 31, or the period is not counted in months."""

    field = "due_day"


class DateOutOfRange(InputRefused):
    """The date lies before year 1 or after year 9999."""

    field = "date"


class PeriodReversed(InputRefused):
    """The end lies before the start."""

    field = "end"


class PeriodUnit(Enum):
    """The unit that a schedule steps by."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"  # two weeks
    HALF_MONTH = "half_month"  # a day of the month and the one 15 days from it
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


DAYS_IN = {PeriodUnit.DAY: 1, PeriodUnit.WEEK: 7, PeriodUnit.FORTNIGHT: 14}
MONTHS_IN = {PeriodUnit.MONTH: 1, PeriodUnit.QUARTER: 3, PeriodUnit.HALF_YEAR: 6, PeriodUnit.YEAR: 12}


class MonthEnd(Enum):
    """What the last day of a short month means for the months after it."""

    KEEP_DAY = "keep_day"  # 28 February + 1 month = 28 March; a missing day is clamped to the month's last
    STICKY = "sticky"  # a last day of a month stays a last day: 28 February + 1 month = 31 March


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A half-open stretch of days."""

    start: date  # first day inside
    end: date  # first day after; never before `start`

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodReversed(start=self.start.isoformat(), end=self.end.isoformat())

    @property
    def days(self) -> int:
        """Number of days inside."""
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlap_days(self, other: Period) -> int:
        """Number of days that both contain."""
        return max(0, (min(self.end, other.end) - max(self.start, other.start)).days)


def is_leap(year: int) -> bool:
    """This function will tell whether `year` has a 29 February (Gregorian)."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """This function will return the number of days of `month` (1 to 12) in `year`."""
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_month_end(day: date) -> bool:
    """This function will tell whether `day` is the last day of its month."""
    return day.day == days_in_month(day.year, day.month)


def add_months(
    day: date, months: int, *, month_end: MonthEnd = MonthEnd.KEEP_DAY, start_day: int | None = None
) -> date:
    """This function will return the date `months` (any sign) from `day`, at the same day of the month.

    `start_day` (1 to 31) is the wanted day of the month where `day` itself is already clamped (30 April of a schedule
    of the 31st). A day that the month lacks becomes its last. With STICKY a last day stays a last day.
    Raises: DateOutOfRange, DueDayInvalid.
    """
    if start_day is not None and not 1 <= start_day <= 31:
        raise DueDayInvalid(due_day=start_day)
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    if not MINYEAR <= year <= MAXYEAR:
        raise DateOutOfRange(year=year)
    last = days_in_month(year, month)
    if month_end is MonthEnd.STICKY and start_day is None and is_month_end(day):
        return date(year, month, last)
    return date(year, month, min(start_day or day.day, last))


def _add_half_months(day: date, halves: int, month_end: MonthEnd, start_day: int | None) -> date:
    """Half months alternate between a day and the one 15 days from it (1st and 16th, 10th and 25th)."""
    months, odd = divmod(halves, 2)
    if not odd:
        return add_months(day, months, month_end=month_end, start_day=start_day)
    wanted = start_day or day.day
    if wanted <= 15:
        return add_months(day, months, start_day=wanted + 15)
    return add_months(day, months + 1, start_day=wanted - 15)


def add_periods(
    day: date,
    count: int,
    unit: PeriodUnit,
    *,
    month_end: MonthEnd = MonthEnd.KEEP_DAY,
    start_day: int | None = None,
) -> date:
    """This function will return the date `count` (any sign) units from `day`; months as `add_months` counts them.

    Raises: DateOutOfRange, DueDayInvalid.
    """
    if unit in DAYS_IN:
        try:
            return day + timedelta(days=count * DAYS_IN[unit])
        except OverflowError:
            raise DateOutOfRange(days=count * DAYS_IN[unit]) from None
    if unit is PeriodUnit.HALF_MONTH:
        return _add_half_months(day, count, month_end, start_day)
    return add_months(day, count * MONTHS_IN[unit], month_end=month_end, start_day=start_day)


def first_due_date(*, value_date: date, due_day: int, min_first_days: int = 1) -> date:
    """This function will return the first date on `due_day` (1 to 31, clamped to the month) that lies at least
    `min_first_days` after `value_date`. Raises: DueDayInvalid, DateOutOfRange.
    """
    if not 1 <= due_day <= 31:
        raise DueDayInvalid(due_day=due_day)
    earliest = value_date + timedelta(days=min_first_days)
    found = add_months(earliest, 0, start_day=due_day)
    return found if found >= earliest else add_months(earliest, 1, start_day=due_day)


@lru_cache(maxsize=1024)  # the choices of one day share their dates: three terms, a few due days
def due_dates(
    *,
    value_date: date,
    count: int,
    unit: PeriodUnit = PeriodUnit.MONTH,
    due_day: int | None = None,
    min_first_days: int = 1,
    month_end: MonthEnd = MonthEnd.KEEP_DAY,
) -> tuple[date, ...]:
    """This function will return `count` due dates after `value_date`, rising strictly, one unit apart.

    Without `due_day` the k-th is k units after the value date, at its day of the month (clamped; sticky if asked).
    With it, the first is `first_due_date` and the others follow at that day: the first period is then odd.
    Raises: DueDayInvalid (not 1 to 31, or a unit not counted in months), DateOutOfRange.
    """
    assert count >= 0, "a schedule has no negative length"
    if due_day is None:
        return tuple(add_periods(value_date, k, unit, month_end=month_end) for k in range(1, count + 1))
    if unit not in MONTHS_IN:
        raise DueDayInvalid(due_day=due_day, unit=unit.value)
    first = first_due_date(value_date=value_date, due_day=due_day, min_first_days=min_first_days)
    return tuple(add_periods(first, k, unit, start_day=due_day) for k in range(count))


def months_back(
    *, start: date, end: date, step: int = 1, day_of_month: int | None = None
) -> tuple[int, date]:
    """This function will count whole steps of `step` months from `end` backwards while they stay on or after `start`,
    and return the count and the date reached (days from `start` to it are the odd days).

    `day_of_month` is the schedule's day where `end` is a clamped one. Raises: PeriodReversed.
    """
    if end < start:
        raise PeriodReversed(start=start.isoformat(), end=end.isoformat())
    count = ((end.year - start.year) * 12 + end.month - start.month) // step
    while count > 0:
        reached = add_months(end, -count * step, start_day=day_of_month)
        if reached >= start:
            return count, reached
        count -= 1
    return 0, end
