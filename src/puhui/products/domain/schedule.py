"""Repayment schedules: how a principal comes back, instalment by instalment, in whole minor units.

One rounding per figure and each one named. The annuity is an exact rational, never a float, so that the same terms
give the same table on every machine, and the table that was signed can be recomputed by anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import lru_cache

from puhui.core.periods import add_months, due_dates
from puhui.core.rounding import Rounding, divide

YEAR_PPM = 12_000_000  # a monthly rate is annual_rate_ppm / YEAR_PPM
MAX_MONTHS = 600  # no product of ours runs longer
MIN_MOVED_FIRST_DAYS = 10  # after a late payout nobody owes the first instalment sooner than this


class Method(Enum):
    """How the principal comes back."""

    EQUAL_INSTALMENT = "equal_instalment"  # 等额本息
    EQUAL_PRINCIPAL = "equal_principal"  # 等额本金
    INTEREST_FIRST = "interest_first"  # 先息后本: interest monthly, principal with the last instalment
    FLAT = "flat"  # 等本等息: level principal, interest on the original amount in every instalment
    BULLET = "bullet"  # 到期还本付息: principal and interest in one payment at the end


CLASSIC = (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_FIRST)  # without options


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One instalment of a schedule."""

    number: int  # 1, 2, … in the order of due dates
    due_date: date  # the day on which it is due; late from the day after
    principal_minor: int  # principal part, minor units
    interest_minor: int  # interest part, minor units
    fee_minor: int  # fees collected with it, third parties' included, minor units
    balance_minor: int  # principal still to come after it, minor units
    interest_days: int  # days of the period that bear interest
    period_days: (
        int  # days of the whole period: the row bears interest_days/period_days of a month's interest
    )

    @property
    def payment_minor(self) -> int:
        """What is to pay on the due date, minor units."""
        return self.principal_minor + self.interest_minor + self.fee_minor


def level_instalment(*, principal_minor: int, annual_rate_ppm: int, months: int, rounding: Rounding) -> int:
    """This function will return the level monthly payment (principal and interest, minor units) that repays
    `principal_minor` in `months` at annual_rate_ppm / 12 a month: P·i·(1+i)ⁿ / ((1+i)ⁿ − 1), exact, rounded once.
    """
    above, below = annuity_of(annual_rate_ppm, months)
    return divide(principal_minor * above, below, rounding)


@lru_cache(maxsize=4096)
def annuity_of(annual_rate_ppm: int, months: int) -> tuple[int, int]:
    """This function will return the level payment of one unit of principal as an exact fraction (above, below).

    A house has a few rates and terms, and their powers are long numbers: they are kept once worked out.
    """
    if annual_rate_ppm == 0:
        return 1, months
    growth, unit = (YEAR_PPM + annual_rate_ppm) ** months, YEAR_PPM**months
    return annual_rate_ppm * growth, YEAR_PPM * (growth - unit)


def split_principal(
    *,
    principal_minor: int,
    annual_rate_ppm: int,
    months: int,
    method: Method,
    rounding: Rounding,
    multiple_minor: int = 1,
) -> list[int]:
    """This function will split `principal_minor` over `months` instalments by `method`; the last one takes the rest.

    The parts are never negative and add up to `principal_minor` exactly. A level payment is rounded to a multiple of
    `multiple_minor`.
    """
    if method is Method.INTEREST_FIRST:
        return [0] * (months - 1) + [principal_minor]
    if method in (Method.EQUAL_PRINCIPAL, Method.FLAT):
        level = divide(principal_minor, months * multiple_minor, rounding) * multiple_minor
        parts = [min(level, max(0, principal_minor - level * before)) for before in range(months - 1)]
        return [*parts, principal_minor - sum(parts)]
    level = level_instalment(
        principal_minor=principal_minor, annual_rate_ppm=annual_rate_ppm, months=months, rounding=rounding
    )
    if multiple_minor > 1:
        level = divide(level, multiple_minor, rounding) * multiple_minor
    left, parts = principal_minor, []
    for _ in range(months - 1):
        interest = divide(left * annual_rate_ppm, YEAR_PPM, Rounding.HALF_EVEN)
        part = min(left, max(0, level - interest))
        parts.append(part)
        left -= part
    return [*parts, left]


def build_plain_schedule(
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
) -> tuple[ScheduleRow, ...]:
    """This function will build the schedule of `months` instalments (amounts in minor units, rate in ppm a year).

    Interest of a month = balance × rate / 12, half-even; the instalment is rounded by `rounding` and the last row
    repays the rest. Due on the value date's day, at the month's end where the month is shorter; or on `due_day`
    (1–28), then the first period runs to the first such day at least `first_period_min_days` away and bears
    actual days / days of the regular period of a month's interest. `fee_minor` is collected with every instalment.
    """
    assert principal_minor > 0 and annual_rate_ppm >= 0 and 1 <= months <= MAX_MONTHS
    assert due_day is None or 1 <= due_day <= 28
    dates = due_dates(
        value_date=value_date,
        count=months,
        due_day=due_day,
        min_first_days=first_period_min_days if due_day else 1,
    )
    parts = split_principal(
        principal_minor=principal_minor,
        annual_rate_ppm=annual_rate_ppm,
        months=months,
        method=method,
        rounding=rounding,
    )
    rows, left, start = [], principal_minor, value_date
    for index, (due, part) in enumerate(zip(dates, parts, strict=True)):
        days = (due - start).days
        whole = days if index or due_day is None else (due - add_months(due, -1)).days
        interest = divide(left * annual_rate_ppm * days, YEAR_PPM * whole, Rounding.HALF_EVEN)
        left -= part
        rows.append(
            ScheduleRow(
                number=index + 1,
                due_date=due,
                principal_minor=part,
                interest_minor=interest,
                fee_minor=fee_minor,
                balance_minor=left,
                interest_days=days,
                period_days=whole,
            )
        )
        start = due
    return tuple(rows)


def move_schedule(*, rows: Sequence[ScheduleRow], value_date: date, to_date: date) -> tuple[ScheduleRow, ...]:
    """This function will return the schedule for a payout on `to_date` instead of the quoted `value_date`.

    The payments rule of guarantee G4: principal parts and, as a rule, due dates stay; interest and fees of a period
    are charged for the days that it then has, at most at the quoted price per day, rounded down. So each day costs
    no more than the same day of the quoted table, and a later payout never costs more. If the first instalment
    would fall due within ten days, the whole table moves by whole months.

    Raises: AssertionError for a date before the quoted one (money never leaves before the quote's date).
    """
    assert to_date >= value_date, "a payout is never earlier than its quote's value date"
    if to_date == value_date:
        return tuple(rows)
    moved_by = 0
    while (add_months(rows[0].due_date, moved_by) - to_date).days < MIN_MOVED_FIRST_DAYS:
        moved_by += 1
    day = max(row.due_date.day for row in rows)  # the unclamped day, where the table reaches a long month
    moved, start, quoted_start = [], to_date, value_date
    for row in rows:
        due = add_months(row.due_date, moved_by, start_day=day) if moved_by else row.due_date
        quoted = (row.due_date - quoted_start).days
        days = min((due - start).days, quoted)
        moved.append(
            replace(
                row,
                due_date=due,
                interest_minor=row.interest_minor * days // quoted,
                fee_minor=row.fee_minor * days // quoted,
                interest_days=row.interest_days * days,
                period_days=row.period_days * quoted,
            )
        )
        start, quoted_start = due, row.due_date
    return tuple(moved)
