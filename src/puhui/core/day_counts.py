"""Day counts: what part of a year lies between two dates, exactly.

Every convention returns a `Fraction`, never a float: two systems that agree on the dates then agree on the cent. Names
and rules follow the 2006 ISDA Definitions section 4.16, ICMA Rule 251 and, where those are silent, the ISO 20022
interest computation codes (`InterestComputationMethod2Code`). Reversed dates give the negative of the forward count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import Enum
from fractions import Fraction

from puhui.core.calendars import HolidayCalendar
from puhui.core.periods import MonthEnd, Period, add_months, is_leap, is_month_end
from puhui.core.refusals import InputRefused
from puhui.core.rounding import Rounding, divide


class DayCountUnknown(InputRefused):
    """The name is not that of a day count which this version knows."""

    field = "day_count"


class ReferencePeriodMissing(InputRefused):
    """The convention measures against a regular payment period, and none was given, or one that is not regular."""

    field = "reference_period"


class CalendarMissing(InputRefused):
    """The convention counts business days, and no calendar was given."""

    field = "calendar"


class DayCount(Enum):
    """A convention; its value is the name in contracts and files."""

    ONE_ONE = "1/1"  # ISDA 2006 4.16(a)
    ACT_ACT_ISDA = "ACT/ACT ISDA"  # ISDA 2006 4.16(b): days in leap years / 366, others / 365
    ACT_ACT_ICMA = "ACT/ACT ICMA"  # ISDA 2006 4.16(c), ICMA Rule 251: against regular periods
    ACT_ACT_AFB = "ACT/ACT AFB"  # FBF master agreement 1994: whole years back from the end, then 365 or 366
    ACT_365F = "ACT/365F"  # ISDA 2006 4.16(d)
    ACT_360 = "ACT/360"  # ISDA 2006 4.16(e)
    THIRTY_360_BOND = "30/360"  # ISDA 2006 4.16(f), Bond Basis
    THIRTY_E_360 = "30E/360"  # ISDA 2006 4.16(g), Eurobond Basis
    THIRTY_E_360_ISDA = "30E/360 ISDA"  # ISDA 2006 4.16(h)
    THIRTY_360_US = "30/360 US"  # SIA Standard Securities Calculation Methods: with the end-of-February rule
    THIRTY_E_PLUS_360 = "30E+/360"  # a 31st at the end becomes the 1st of the next month
    THIRTY_365 = "30/365"  # ISO 20022 A002: days as 30E, year of 365
    ACT_364 = "ACT/364"  # ISO 20022 A020
    ACT_365_25 = "ACT/365.25"  # the mean Julian year
    ACT_366 = "ACT/366"
    ACT_365L = (
        "ACT/365L"  # ICMA Rule 251 (sterling): the year is 366 by the end date, or by a 29 February inside
    )
    ACT_365_CANADIAN = "ACT/365 Canadian"  # IIAC: a regular period is 1/frequency, a broken one days / 365
    NL_365 = "NL/365"  # ISO 20022 A014: 29 February is no day
    NL_360 = "NL/360"
    BUSINESS_252 = "BUS/252"  # business days of the calendar


def day_count(*, start: date, end: date, convention: DayCount, termination: date | None = None) -> int:
    """This function will return the days from `start` to `end` as `convention` counts them (its numerator).

    `termination` is the last date of the loan, which 30E/360 ISDA treats apart. Conventions without a day rule of their
    own (ACT/…, 1/1, BUS/252) count actual days.
    """
    if end < start:
        return -day_count(start=end, end=start, convention=convention, termination=termination)
    if start == end:  # the thirties' formulas would find a day between the 31st and itself
        return 0
    if convention is DayCount.THIRTY_E_360_ISDA:
        return _thirty_e_isda(start, end, termination)
    return _NUMERATORS.get(convention, _actual)(start, end)


def year_fraction(
    *,
    start: date,
    end: date,
    convention: DayCount,
    termination: date | None = None,
    reference: Period | None = None,
    periods_per_year: int | None = None,
    calendar: HolidayCalendar | None = None,
) -> Fraction:
    """This function will return the part of a year from `start` to `end`, exactly; negative for reversed dates.

    `reference` is the regular payment period that ACT/ACT ICMA and ACT/365 Canadian measure against, `periods_per_year`
    its frequency (taken from its length if absent; 1 for ACT/365L), `calendar` the business days of BUS/252.
    Raises: ReferencePeriodMissing, CalendarMissing, CalendarYearMissing.
    """
    if end < start:
        start, end, sign = end, start, -1
    else:
        sign = 1
    if convention in _DENOMINATORS:
        days = day_count(start=start, end=end, convention=convention, termination=termination)
        return sign * days / _DENOMINATORS[convention]
    match convention:
        case DayCount.ONE_ONE:
            part = Fraction(1)
        case DayCount.ACT_ACT_ISDA:
            part = _act_act_isda(start, end)
        case DayCount.ACT_ACT_AFB:
            part = _act_act_afb(start, end)
        case DayCount.ACT_ACT_ICMA:
            part = _act_act_icma(start, end, _regular(reference, convention), periods_per_year)
        case DayCount.ACT_365_CANADIAN:
            part = _act_365_canadian(start, end, _regular(reference, convention), periods_per_year)
        case DayCount.ACT_365L:
            part = _act_365l(start, end, periods_per_year or 1)
        case _:
            assert convention is DayCount.BUSINESS_252
            if calendar is None:
                raise CalendarMissing(day_count=convention.value)
            part = Fraction(calendar.business_days_between(start, end), 252)
    return sign * part


def parse_day_count(name: str) -> DayCount:
    """This function will return the convention that `name` means in the field's usual spellings ("Actual/365 (Fixed)",
    "act/act ISMA", "30/360 Bond Basis (ISDA 4.16(f))"). Raises: DayCountUnknown.
    """
    spelled = name.upper().replace("ACTUAL", "ACT").replace("FIXED", "F").replace("BUSINESS", "BUS")
    for text in (
        spelled,
        spelled.split("(")[0],
    ):  # the remark in brackets may be part of the name, or a mere source
        if found := _NAMES.get(_bare(text)):
            return found
    raise DayCountUnknown(day_count=name)


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Z+./]", "", text)


# Numerators --------------------------------------------------------------------------------------------------------


def _actual(start: date, end: date) -> int:
    return (end - start).days


def _thirty(start: date, end: date, first: int, last: int) -> int:
    """The 30/360 formula: whole months of 30 days, with the two days of the month already adjusted."""
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _thirty_bond(start: date, end: date) -> int:
    """A 31st at the start is a 30th; a 31st at the end only after a 30th or 31st at the start."""
    first = min(start.day, 30)
    return _thirty(start, end, first, 30 if end.day == 31 and first == 30 else end.day)


def _thirty_us(start: date, end: date) -> int:
    """As the bond basis, and the last of February counts as a 30th: at the end only if the start is one too."""
    first, last = start.day, end.day
    if _february_end(start):
        last = 30 if _february_end(end) else last
        first = 30
    first = min(first, 30)
    return _thirty(start, end, first, 30 if last == 31 and first == 30 else last)


def _thirty_e(start: date, end: date) -> int:
    """Every 31st is a 30th."""
    return _thirty(start, end, min(start.day, 30), min(end.day, 30))


def _thirty_e_plus(start: date, end: date) -> int:
    """A 31st at the start is a 30th, at the end the 1st of the month after (30 days and one more)."""
    return _thirty(start, end, min(start.day, 30), end.day)


def _thirty_e_isda(start: date, end: date, termination: date | None) -> int:
    """Every last day of a month is a 30th, but not the last of February that is the termination date."""
    first = 30 if is_month_end(start) else start.day
    ends = is_month_end(end) and not (end == termination and end.month == 2)
    return _thirty(start, end, min(first, 30), 30 if ends else end.day)


def _no_leap(start: date, end: date) -> int:
    """Actual days without any 29 February after the start."""
    return (end - start).days - (_leap_days_through(end) - _leap_days_through(start))


def _february_end(day: date) -> bool:
    return day.month == 2 and is_month_end(day)


def _leap_days_through(day: date) -> int:
    """How many 29 Februaries the calendar had up to and including `day`."""
    past = day.year - 1
    count = past // 4 - past // 100 + past // 400
    return count + (is_leap(day.year) and (day.month, day.day) >= (2, 29))


# Conventions that are more than days over a constant ------------------------------------------------------------------


def _act_act_isda(start: date, end: date) -> Fraction:
    """Days in a leap year over 366 and days in another year over 365, summed."""
    total = Fraction(0)
    for year in range(start.year, end.year + 1):
        inside = (min(end, date(year + 1, 1, 1)) - max(start, date(year, 1, 1))).days if year < 9999 else 0
        total += Fraction(inside, 366 if is_leap(year) else 365)
    return total


def _act_act_afb(start: date, end: date) -> Fraction:
    """Whole years counted back from the end, then days over 366 if the rest holds a 29 February, else over 365.

    Counting back from 28 February lands on 29 February where the year has one (FBF; ISDA paper of 1998).
    """
    years = 0
    rest = end
    while True:
        earlier = add_months(end, -12 * (years + 1))
        if (end.month, end.day) == (2, 28) and is_leap(earlier.year):
            earlier = date(earlier.year, 2, 29)
        if earlier < start:
            break
        years, rest = years + 1, earlier
    leap = any(
        is_leap(year) and start <= date(year, 2, 29) < rest for year in range(start.year, rest.year + 1)
    )
    return years + Fraction((rest - start).days, 366 if leap else 365)


def _act_act_icma(start: date, end: date, reference: Period, periods_per_year: int | None) -> Fraction:
    """Days over (days of the regular period × periods a year), each regular period of a broken one for itself.

    Regular periods continue from `reference` to both sides at its day of the month; from one end of a month to another
    of another day (28 February to 31 August), they stay at the ends.
    """
    months = _months_of(reference, periods_per_year)
    ends = is_month_end(reference.start) and is_month_end(reference.end)
    sticky = ends and reference.start.day != reference.end.day
    day = None if sticky else max(reference.start.day, reference.end.day)
    rule = MonthEnd.STICKY if sticky else MonthEnd.KEEP_DAY

    def edge(k: int) -> date:
        if k in (0, 1):
            return reference.start if k == 0 else reference.end
        return add_months(reference.start, k * months, month_end=rule, start_day=day)

    wanted = Period(start=start, end=end)
    k = 0
    while edge(k) > start:
        k -= 1
    total = Fraction(0)
    while edge(k) < end:
        if edge(k + 1) <= edge(k):  # the frequency and the reference period do not belong together
            raise ReferencePeriodMissing(day_count=DayCount.ACT_ACT_ICMA.value)
        regular = Period(start=edge(k), end=edge(k + 1))
        total += Fraction(regular.overlap_days(wanted) * months, 12 * regular.days)
        k += 1
    return total


def _act_365_canadian(start: date, end: date, reference: Period, periods_per_year: int | None) -> Fraction:
    """Within a regular period: days / 365 while they are fewer than 365 / frequency, else 1 / frequency less the days
    that are missing to its end / 365; a whole regular period is 1 / frequency.
    """
    frequency = Fraction(12, _months_of(reference, periods_per_year))
    days = (end - start).days
    if days < Fraction(365) / frequency and days != reference.days:
        return Fraction(days, 365)
    return 1 / frequency - Fraction(reference.days - days, 365)


def _act_365l(start: date, end: date, periods_per_year: int) -> Fraction:
    """Yearly periods: 366 if a 29 February lies after the start, up to the end; others: 366 if the end's year is leap."""
    inside = _leap_days_through(end) > _leap_days_through(start)
    leap = inside if periods_per_year == 1 else is_leap(end.year)
    return Fraction((end - start).days, 366 if leap else 365)


def _regular(reference: Period | None, convention: DayCount) -> Period:
    if reference is None or reference.days == 0:
        raise ReferencePeriodMissing(day_count=convention.value)
    return reference


def _months_of(reference: Period, periods_per_year: int | None) -> int:
    """Months of a regular period: from its frequency, else from its length in days, at least one."""
    if periods_per_year:
        return max(1, 12 // periods_per_year)
    return max(1, divide(12 * reference.days, 365, Rounding.HALF_UP))


# Tables --------------------------------------------------------------------------------------------------------------

_NUMERATORS: dict[DayCount, Callable[[date, date], int]] = {
    DayCount.THIRTY_360_BOND: _thirty_bond,
    DayCount.THIRTY_360_US: _thirty_us,
    DayCount.THIRTY_E_360: _thirty_e,
    DayCount.THIRTY_365: _thirty_e,
    DayCount.THIRTY_E_PLUS_360: _thirty_e_plus,
    DayCount.NL_365: _no_leap,
    DayCount.NL_360: _no_leap,
}

_DENOMINATORS: dict[DayCount, Fraction] = {
    DayCount.ACT_365F: Fraction(365),
    DayCount.ACT_360: Fraction(360),
    DayCount.ACT_364: Fraction(364),
    DayCount.ACT_365_25: Fraction(1461, 4),
    DayCount.ACT_366: Fraction(366),
    DayCount.THIRTY_360_BOND: Fraction(360),
    DayCount.THIRTY_360_US: Fraction(360),
    DayCount.THIRTY_E_360: Fraction(360),
    DayCount.THIRTY_E_360_ISDA: Fraction(360),
    DayCount.THIRTY_E_PLUS_360: Fraction(360),
    DayCount.THIRTY_365: Fraction(365),
    DayCount.NL_365: Fraction(365),
    DayCount.NL_360: Fraction(360),
}

_SPELLINGS: dict[DayCount, str] = {
    DayCount.ONE_ONE: "1/1",
    DayCount.ACT_ACT_ISDA: "ACT/ACTISDA ACT/ACT ACT/ACTHISTORICAL",
    DayCount.ACT_ACT_ICMA: "ACT/ACTICMA ACT/ACTISMA ACT/ACTBOND ISMA-99",
    DayCount.ACT_ACT_AFB: "ACT/ACTAFB ACT/ACTFBF ACT/ACTEURO",
    DayCount.ACT_365F: "ACT/365F ACT/365 A/365F A/365 ENGLISH",
    DayCount.ACT_360: "ACT/360 A/360 FRENCH",
    DayCount.ACT_364: "ACT/364",
    DayCount.ACT_365_25: "ACT/365.25",
    DayCount.ACT_366: "ACT/366",
    DayCount.ACT_365L: "ACT/365L ACT/ACTL ISMA-YEAR",
    DayCount.ACT_365_CANADIAN: "ACT/365CANADIAN ACT/365CANADIANBOND ACT/365FCANADIANBOND",
    DayCount.NL_365: "NL/365 ACT/365NL ACT/365NOLEAP ACT/365FNOLEAP NOLEAP/365",
    DayCount.NL_360: "NL/360 ACT/360NL",
    DayCount.THIRTY_360_BOND: "30/360 360/360 BONDBASIS 30/360BOND 30/360BONDBASIS 30A/360 30/360ISDA",
    DayCount.THIRTY_360_US: "30/360US 30/360USA 30U/360 30US/360 30/360SIA 30/360USEOM 30/360EOM",
    DayCount.THIRTY_E_360: (
        "30E/360 30E/360EUROBOND 30E/360EUROBONDBASIS EUROBONDBASIS 30S/360 SPECIALGERMAN 30/360ICMA 30/360ISMA "
        "30/360EUROPEAN 30/360EUROBONDBASIS 30E/360ICMA 30E/360ISMA"
    ),
    DayCount.THIRTY_E_360_ISDA: "30E/360ISDA 30/360GERMAN GERMAN 30E/360GERMAN",
    DayCount.THIRTY_E_PLUS_360: "30E+/360 30E+/360ISDA",
    DayCount.THIRTY_365: "30/365 30E/365",
    DayCount.BUSINESS_252: "BUS/252 BD/252",
}

_NAMES: dict[str, DayCount] = {
    _bare(spelling): convention
    for convention, spellings in _SPELLINGS.items()
    for spelling in spellings.split()
}
