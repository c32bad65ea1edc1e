"""When repayments fall due: counted from the start date, clamped in short months, never drifting."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.core.periods import MonthEnd, PeriodUnit, due_dates
from tests.spec.core.tables import rows

BY_START_DAY = """
value date | unit       | due dates
2026-11-21 | month      | 2026-12-21 2027-01-21 2027-02-21 2027-03-21
2026-12-31 | month      | 2027-01-31 2027-02-28 2027-03-31 2027-04-30
2027-12-30 | month      | 2028-01-30 2028-02-29 2028-03-30 2028-04-30
2028-02-29 | month      | 2028-03-29 2028-04-29 2028-05-29 2028-06-29
2026-11-30 | quarter    | 2027-02-28 2027-05-30 2027-08-30 2027-11-30
2028-02-29 | year       | 2029-02-28 2030-02-28 2031-02-28 2032-02-29
2026-11-21 | half_year  | 2027-05-21 2027-11-21 2028-05-21 2028-11-21
2026-11-21 | week       | 2026-11-28 2026-12-05 2026-12-12 2026-12-19
2026-11-21 | fortnight  | 2026-12-05 2026-12-19 2027-01-02 2027-01-16
2026-11-21 | day        | 2026-11-22 2026-11-23 2026-11-24 2026-11-25
2027-01-01 | half_month | 2027-01-16 2027-02-01 2027-02-16 2027-03-01
2027-01-15 | half_month | 2027-01-30 2027-02-15 2027-02-28 2027-03-15
2027-01-31 | half_month | 2027-02-16 2027-02-28 2027-03-16 2027-03-31
"""

AT_MONTH_END = """
value date | rule     | due dates
2027-02-28 | keep_day | 2027-03-28 2027-04-28 2027-05-28
2027-02-28 | sticky   | 2027-03-31 2027-04-30 2027-05-31
2027-04-30 | sticky   | 2027-05-31 2027-06-30 2027-07-31
2027-04-29 | sticky   | 2027-05-29 2027-06-29 2027-07-29
"""

ON_A_CHOSEN_DAY = """
value date | due day | at least | due dates
2026-11-21 | 5       | 1        | 2026-12-05 2027-01-05 2027-02-05
2026-11-21 | 5       | 15       | 2027-01-05 2027-02-05 2027-03-05
2026-11-05 | 5       | 1        | 2026-12-05 2027-01-05 2027-02-05
2026-11-05 | 28      | 1        | 2026-11-28 2026-12-28 2027-01-28
2026-12-15 | 31      | 20       | 2027-01-31 2027-02-28 2027-03-31
2027-02-28 | 31      | 1        | 2027-03-31 2027-04-30 2027-05-31
"""


def _dates(text: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(one) for one in text.split())


@pytest.mark.parametrize(("value_date", "unit", "expected"), rows(BY_START_DAY))
def test_by_the_start_day(value_date: str, unit: str, expected: str) -> None:
    found = due_dates(value_date=date.fromisoformat(value_date), count=4, unit=PeriodUnit(unit))
    assert found == _dates(expected)


@pytest.mark.parametrize(("value_date", "rule", "expected"), rows(AT_MONTH_END))
def test_at_the_end_of_a_month(value_date: str, rule: str, expected: str) -> None:
    found = due_dates(value_date=date.fromisoformat(value_date), count=3, month_end=MonthEnd(rule))
    assert found == _dates(expected)


@pytest.mark.parametrize(("value_date", "due_day", "at_least", "expected"), rows(ON_A_CHOSEN_DAY))
def test_on_a_chosen_day(value_date: str, due_day: str, at_least: str, expected: str) -> None:
    found = due_dates(
        value_date=date.fromisoformat(value_date), count=3, due_day=int(due_day), min_first_days=int(at_least)
    )
    assert found == _dates(expected)
