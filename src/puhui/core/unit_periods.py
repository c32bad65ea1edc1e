"""Time as a cost of credit measures it: in unit-periods (United States, China) or in years (European Union).

Both laws count whole periods backwards from the later date and then the odd days; what they divide the days by differs.
A schedule of the 29th to 31st is clamped in short months: `series_day` says what day was meant, so that the last of
February is a whole month before the last of March, or of 30 March, as the schedule has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from puhui.core.periods import MONTHS_IN, PeriodUnit, add_months, days_in_month, months_back
from puhui.core.refusals import InputRefused


class UnitPeriodInvalid(InputRefused):
    """The unit-period is longer than a year, shorter than a day, or not of the kind that this law measures in."""

    field = "unit_period"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthClock:
    """A stretch of time in months and odd days, as each law counts them."""

    months: int  # whole months, Appendix J
    odd_days: int  # days before them, each 1/30 of a month
    eu_months: int  # whole months, European rule
    eu_odd_days: int  # days before them
    eu_year_days: int  # 365 or 366: the days of the year that the odd days are part of

    @property
    def eu_years(self) -> Fraction:
        """The stretch in years, European rule."""
        return Fraction(self.eu_months, 12) + Fraction(self.eu_odd_days, self.eu_year_days)


def periods_per_year(unit: PeriodUnit, *, multiple: int = 1) -> Fraction:
    """This function will return how many unit-periods of `multiple` units make a year: 365 days, 52 weeks, 24 half
    months or 12 months over the multiple (12 CFR 1026 Appendix J (b)(5)). Raises: UnitPeriodInvalid.
    """
    per_year = Fraction(_PER_YEAR[unit], multiple) if multiple > 0 else Fraction(0)
    if per_year < 1 or (unit is PeriodUnit.HALF_MONTH and multiple != 1):
        raise UnitPeriodInvalid(unit_period=f"{multiple} {unit.value}")
    return per_year


def unit_periods_between(
    *, start: date, end: date, unit: PeriodUnit, multiple: int = 1, series_day: int | None = None
) -> Fraction:
    """This function will return the unit-periods from `start` to `end`: whole ones and the fraction of the odd days.

    Source: 12 CFR 1026 Appendix J (b)(3)(iv) and (b)(5)(ii)–(v): months back from the later date, a last day of a month
    back to a last day; odd days over 30 (a month), over 15 or 30 × months (half months, several months), months over 12
    or days over 365 (a year), days over the period's days (days, weeks). Raises: UnitPeriodInvalid, PeriodReversed.
    """
    per_year = periods_per_year(unit, multiple=multiple)
    day = _meant_day(start, end, series_day, sticky=True)
    if unit in (PeriodUnit.DAY, PeriodUnit.WEEK, PeriodUnit.FORTNIGHT):
        months_back(start=start, end=end)  # refuses reversed dates
        return Fraction((end - start).days, _DAYS[unit] * multiple)
    if per_year == 1:
        years, reached = months_back(start=start, end=end, step=12, day_of_month=day)
        months, rest = months_back(start=start, end=reached, day_of_month=day)
        return years + (Fraction(months, 12) if rest == start else Fraction((reached - start).days, 365))
    months, reached = months_back(start=start, end=end, day_of_month=day)
    days_per_period = 15 if unit is PeriodUnit.HALF_MONTH else 30 * MONTHS_IN[unit] * multiple
    return Fraction(30 * months + (reached - start).days, days_per_period)


def years_between(
    *, start: date, end: date, unit: PeriodUnit = PeriodUnit.MONTH, series_day: int | None = None
) -> Fraction:
    """This function will return the years from `start` to `end` as the European Union's annual percentage rate does.

    Whole years, months (1/12) or weeks (1/52) back from `end`; the days left over are divided by the 365 or 366 days of
    the year that ends where they end. Source: Directive 2008/48/EC Annex I remark (c) with SWD(2012) 128 section 4.1.1;
    Directive 2014/17/EU Annex I; Directive (EU) 2023/2225 Annex III. Raises: UnitPeriodInvalid, PeriodReversed.
    """
    day = _meant_day(start, end, series_day, sticky=False)
    if unit in (PeriodUnit.MONTH, PeriodUnit.YEAR):
        step = MONTHS_IN[unit]
        count, reached = months_back(start=start, end=end, step=step, day_of_month=day)
        whole = Fraction(count * step, 12)
    elif unit in (PeriodUnit.WEEK, PeriodUnit.DAY):
        months_back(start=start, end=end)  # refuses reversed dates
        weeks = (end - start).days // 7 if unit is PeriodUnit.WEEK else 0
        whole, reached = Fraction(weeks, 52), date.fromordinal(end.toordinal() - 7 * weeks)
    else:
        raise UnitPeriodInvalid(unit_period=unit.value)
    if reached == start:
        return whole
    year_days = (reached - add_months(reached, -12)).days
    return whole + Fraction((reached - start).days, year_days)


@lru_cache(maxsize=4096)  # of the same few dates for every choice of a day
def month_clock(*, start: date, end: date, series_day: int | None = None) -> MonthClock:
    """This function will measure `start` to `end` in months for both laws at once: what `unit_periods_between` and
    `years_between` give for months, without their fractions. Raises: PeriodReversed.
    """
    day = _meant_day(start, end, series_day, sticky=True)
    months, reached = months_back(start=start, end=end, day_of_month=day)
    odd_days = (reached - start).days
    if (eu_day := _meant_day(start, end, series_day, sticky=False)) != day:
        eu_months, reached = months_back(start=start, end=end, day_of_month=eu_day)
    else:
        eu_months = months
    eu_days = (reached - start).days
    year_days = (reached - add_months(reached, -12)).days if eu_days else 365
    return MonthClock(
        months=months, odd_days=odd_days, eu_months=eu_months, eu_odd_days=eu_days, eu_year_days=year_days
    )


def find_series_day(days: Iterable[date], *, start: date) -> int | None:
    """This function will return the one day of the month that all due dates keep (clamped in short months), or None.

    It is the start's own day if they keep that one (a lone 28 February after 31 January); a lone date keeps no other.
    """
    dates = set(days)
    for among in ({*dates, start}, dates if len(dates) > 1 else set()):
        wanted = max((one.day for one in among), default=0)
        if among and all(one.day == min(wanted, days_in_month(one.year, one.month)) for one in among):
            return wanted
    return None


def _meant_day(start: date, end: date, series_day: int | None, *, sticky: bool) -> int:
    """The day of the month that `end` stands for.

    The schedule's day, if `end` keeps it; else the start's own day, if `end` is that one clamped (30 November to 28
    February is three months); else the last day, where months are measured between last days; else its own.
    """
    last = days_in_month(end.year, end.month)
    for day in (series_day, start.day):
        if day is not None and end.day == min(day, last):
            return day
    return 31 if sticky and end.day == last else end.day


_DAYS = {PeriodUnit.DAY: 1, PeriodUnit.WEEK: 7, PeriodUnit.FORTNIGHT: 14}
_PER_YEAR = {
    PeriodUnit.DAY: Fraction(365),
    PeriodUnit.WEEK: Fraction(52),
    PeriodUnit.FORTNIGHT: Fraction(26),
    PeriodUnit.HALF_MONTH: Fraction(24),
    PeriodUnit.MONTH: Fraction(12),
    PeriodUnit.QUARTER: Fraction(4),
    PeriodUnit.HALF_YEAR: Fraction(2),
    PeriodUnit.YEAR: Fraction(1),
}
