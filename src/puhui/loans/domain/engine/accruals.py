"""When interest is accrued in the books: each day, or at month ends and before due dates. Dates only; amounts follow from
positions on those dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from puhui.loans.domain.engine.calendar import civil, month_length

ONE_DAY = timedelta(days=1)


def accrual_dates(*, start: date, end: date, due_dates: Sequence[date], daily: bool) -> list[date]:
    """This function will list the days of [start, end] at whose end interest is accrued: every day, or the last of each
    month and the day before each due date. Nothing accrues from the last due date on.
    """
    last = min(end, max(due_dates) - ONE_DAY) if due_dates else end
    stops = {due - ONE_DAY for due in due_dates}
    found, day = [], start
    while day <= last:
        year, month, of_month = civil(day.toordinal())
        if daily or day in stops or of_month == month_length(year, month):
            found.append(day)
        day += ONE_DAY
    return found
