"""Schedules by a product's options: other periods, interest-only months, flat interest, tables of its own, fees.

Without options this is the plain monthly schedule. Every figure is rounded once; the table that results is what is
signed, and what the loan is computed from.
"""

from __future__ import annotations

from datetime import date, timedelta

from puhui.core.calendars import Adjustment, HolidayCalendar
from puhui.core.periods import add_months, due_dates
from puhui.core.refusals import InputRefused
from puhui.core.rounding import Rounding, divide
from puhui.products.domain.options import DueUnit, HolidayRule, LoanOptions, MonthEndRule
from puhui.products.domain.schedule import (
    MAX_MONTHS,
    YEAR_PPM,
    Method,
    ScheduleRow,
    build_plain_schedule,
    split_principal,
)


class ScheduleNeverEnds(InputRefused):
    """A level payment, rounded to its multiple, would not even pay the interest: the debt would not shrink."""

    field = "amount"


PPM = 1_000_000
WEEKS = {DueUnit.WEEK: 1, DueUnit.FORTNIGHT: 2}
LEVELLED = (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.FLAT)
DAYS_OF_A_YEAR = 365  # a week's interest is 7/365 of a year's


def build_schedule(
    *,
    principal_minor: int,
    annual_rate_ppm: int,
    months: int,
    method: Method,
    value_date: date,
    due_day: int | None = None,
    fee_minor: int = 0,
    rounding: Rounding = Rounding.HALF_EVEN,
    first_period_min_days: int = 15,
    options: LoanOptions | None = None,
    holidays: HolidayCalendar | None = None,
) -> tuple[ScheduleRow, ...]:
    """This function will build the schedule of `months` instalments (amounts in minor units, rate in ppm a year); where
    the options say weeks, `months` counts those. See `build_plain_schedule` for what holds without options.

    A bullet is one instalment after `months` months. A down payment is an instalment of the payout's day, on top.
    Raises: ScheduleNeverEnds.
    """
    if options is None and method not in (Method.FLAT, Method.BULLET):
        return build_plain_schedule(
            principal_minor=principal_minor,
            annual_rate_ppm=annual_rate_ppm,
            months=months,
            method=method,
            value_date=value_date,
            due_day=due_day,
            fee_minor=fee_minor,
            rounding=rounding,
            first_period_min_days=first_period_min_days,
        )
    assert principal_minor > 0 and annual_rate_ppm >= 0 and 1 <= months <= MAX_MONTHS
    options = options or LoanOptions()
    dates = _dates(options, method, value_date, months, due_day, first_period_min_days)
    down = divide(principal_minor * options.down_payment_ppm, PPM, rounding)
    financed = principal_minor - down
    parts = _parts(options, method, financed, annual_rate_ppm, len(dates), rounding)
    fee = fee_minor + divide(principal_minor * options.instalment_fee_ppm, PPM, Rounding.HALF_EVEN)
    at_payout = divide(principal_minor * options.payout_fee_ppm, PPM, Rounding.HALF_EVEN)
    rows = [_down_payment(value_date, down, financed)] if down else []
    left, start, plain_start = financed, value_date, value_date
    for index, (plain_due, part) in enumerate(zip(dates, parts, strict=True)):
        due = _adjusted(plain_due, options, holidays)
        days = of_days = (due - start).days
        if method is Method.BULLET:
            days *= months
        elif options.unit not in WEEKS:
            stub = due_day is not None and not index
            of_days = (plain_due - (add_months(plain_due, -1) if stub else plain_start)).days
        bearing = principal_minor if method is Method.FLAT else left
        base = DAYS_OF_A_YEAR * PPM if options.unit in WEEKS else YEAR_PPM * of_days
        interest = divide(bearing * annual_rate_ppm * days, base, Rounding.HALF_EVEN)
        left -= part
        rows.append(
            ScheduleRow(
                number=len(rows) + 1,
                due_date=due,
                principal_minor=part,
                interest_minor=interest,
                fee_minor=fee + (0 if index else at_payout),
                balance_minor=left,
                interest_days=days,
                period_days=of_days,
            )
        )
        start, plain_start = due, plain_due
    return tuple(rows)


def _dates(
    options: LoanOptions, method: Method, value_date: date, months: int, due_day: int | None, min_first: int
) -> list[date]:
    """Due dates before holidays."""
    if options.unit in WEEKS:
        return [value_date + timedelta(days=7 * WEEKS[options.unit] * n) for n in range(1, months + 1)]
    if method is Method.BULLET:
        return [add_months(value_date, months)]
    found = due_dates(
        value_date=value_date, count=months, due_day=due_day, min_first_days=min_first if due_day else 1
    )
    day = due_day or value_date.day
    if options.month_end is MonthEndRule.NEXT_DAY:
        return [one + timedelta(days=1) if one.day < day else one for one in found]
    return list(found)


def _parts(
    options: LoanOptions, method: Method, principal: int, rate: int, count: int, rounding: Rounding
) -> list[int]:
    """What of the principal each instalment repays."""
    if method is Method.BULLET:
        return [principal]
    if options.weights:
        whole = sum(options.weights)
        ends = [divide(principal * sum(options.weights[: n + 1]), whole, rounding) for n in range(count)]
        return [end - (ends[n - 1] if n else 0) for n, end in enumerate(ends)]
    later = split_principal(
        principal_minor=principal,
        annual_rate_ppm=rate * 12 * 7 * WEEKS[options.unit] // DAYS_OF_A_YEAR
        if options.unit in WEEKS
        else rate,
        months=count - options.interest_only,
        method=method,
        rounding=rounding,
        multiple_minor=options.multiple_minor,
    )
    if options.multiple_minor > 1 and len(later) > 1 and max(later[:-1]) == 0 and method in LEVELLED:
        raise ScheduleNeverEnds(multiple_minor=options.multiple_minor, currency="CNY")
    return [0] * options.interest_only + later


def _adjusted(due: date, options: LoanOptions, holidays: HolidayCalendar | None) -> date:
    if options.holidays is HolidayRule.STAYS or holidays is None:
        return due
    return holidays.adjust(due, Adjustment.FOLLOWING)


def _down_payment(value_date: date, amount: int, left: int) -> ScheduleRow:
    return ScheduleRow(
        number=1,
        due_date=value_date,
        principal_minor=amount,
        interest_minor=0,
        fee_minor=0,
        balance_minor=left,
        interest_days=0,
        period_days=0,
    )


def affordable_principal(
    *,
    payment_minor: int,
    annual_rate_ppm: int,
    months: int,
    method: Method,
    max_minor: int,
    step_minor: int,
    fee_minor: int = 0,
    rounding: Rounding = Rounding.HALF_EVEN,
    options: LoanOptions | None = None,
) -> int:
    """This function will return the largest principal (a multiple of `step_minor`, at most `max_minor`, 0 if none)
    whose highest instalment, fees included, is at most `payment_minor`.

    The highest one counts, so an interest-first loan is bounded by its last payment: a month that she cannot pay
    is a month that she cannot pay.
    """
    low, high = 0, max_minor // step_minor
    while low < high:
        middle = (low + high + 1) // 2
        rows = build_schedule(
            principal_minor=middle * step_minor,
            annual_rate_ppm=annual_rate_ppm,
            months=months,
            method=method,
            value_date=date(2001, 1, 1),  # any first of a month: regular periods, no figure depends on it
            fee_minor=fee_minor,
            rounding=rounding,
            options=options,
        )
        if max(row.payment_minor for row in rows) <= payment_minor:
            low = middle
        else:
            high = middle - 1
    return low * step_minor
