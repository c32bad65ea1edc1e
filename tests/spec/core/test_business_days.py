"""Which days are worked in China, make-up workdays (调休) included, and where a date moves that is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from puhui.core.calendars import Adjustment, HolidayCalendar, join_years, parse_calendar_year
from tests.spec.core.tables import rows

POLICIES = Path(__file__).resolve().parents[3] / "policies" / "calendars"


@pytest.fixture(scope="module")
def china() -> HolidayCalendar:
    return join_years(
        parse_calendar_year(path.read_text(encoding="utf-8"), file=path.name)
        for path in POLICIES.glob("cn-*.toml")
    )


WORKED = """
day        | worked | why
2025-01-01 | no     | New Year, a Wednesday without neighbours
2025-01-26 | yes    | a Sunday made up for Spring Festival
2025-01-27 | yes    | the Monday between
2025-01-28 | no     | Spring Festival begins
2025-02-08 | yes    | a Saturday made up
2025-06-02 | no     | Dragon Boat, a Monday
2025-10-08 | no     | National Day and Mid-Autumn run eight days
2026-01-04 | yes    | a Sunday made up for New Year
2026-02-14 | yes    | a Saturday made up for Spring Festival
2026-02-23 | no     | Spring Festival's ninth day
2026-02-28 | yes    | a Saturday made up
2026-03-01 | no     | a plain Sunday
2026-09-20 | yes    | a Sunday made up for National Day
2026-10-08 | yes    | the first day after
2026-11-21 | no     | a plain Saturday
"""

MOVED = """
day        | following  | modified_following | preceding  | modified_preceding | unadjusted
2026-02-15 | 2026-02-24 | 2026-02-24         | 2026-02-14 | 2026-02-14         | 2026-02-15
2026-10-01 | 2026-10-08 | 2026-10-08         | 2026-09-30 | 2026-10-08         | 2026-10-01
2026-05-31 | 2026-06-01 | 2026-05-29         | 2026-05-29 | 2026-05-29         | 2026-05-31
2026-11-20 | 2026-11-20 | 2026-11-20         | 2026-11-20 | 2026-11-20         | 2026-11-20
"""

COUNTED = """
from       | business days | lands on
2026-02-13 | 1             | 2026-02-14
2026-02-13 | 2             | 2026-02-24
2026-02-24 | -1            | 2026-02-14
2026-02-16 | 0             | 2026-02-24
2026-09-30 | 3             | 2026-10-10
"""


@pytest.mark.parametrize(("day", "worked", "why"), rows(WORKED))
def test_worked(china: HolidayCalendar, day: str, worked: str, why: str) -> None:
    assert china.is_business_day(date.fromisoformat(day)) is (worked == "yes"), why


@pytest.mark.parametrize("row", rows(MOVED), ids=lambda row: row[0])
def test_moved(china: HolidayCalendar, row: tuple[str, ...]) -> None:
    names = [name.strip() for name in MOVED.strip().splitlines()[0].split("|")[1:]]
    found = [china.adjust(date.fromisoformat(row[0]), Adjustment(name)).isoformat() for name in names]
    assert found == list(row[1:])


@pytest.mark.parametrize(("start", "count", "lands"), rows(COUNTED))
def test_counted(china: HolidayCalendar, start: str, count: str, lands: str) -> None:
    assert china.add_business_days(date.fromisoformat(start), int(count)) == date.fromisoformat(lands)


def test_the_years_have_the_workdays_that_the_state_counts(china: HolidayCalendar) -> None:
    """365 days less 104 of weekends less the 13 statutory ones, whatever was moved."""
    worked = {
        year: china.business_days_between(date(year, 1, 1), date(year + 1, 1, 1))
        for year in sorted(china.years)
    }
    assert worked == {2025: 248, 2026: 248}
