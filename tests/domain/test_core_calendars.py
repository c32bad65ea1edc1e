"""Calendars are read strictly, and a year that nobody has published is not guessed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.calendars import (
    Adjustment,
    CalendarInvalid,
    CalendarYearMissing,
    HolidayCalendar,
    join_years,
    parse_calendar_year,
)

FOLDER = Path(__file__).resolve().parents[2] / "policies" / "calendars"
GOOD = """
calendar = "XX"
year = 2027
source = "a test"
[[holiday]]
first = 2027-01-01
last = 2027-01-03
en = "New Year"
zh = "元旦"
[[workday]]
date = 2027-01-09
"""


def _china(*, strict: bool = True) -> HolidayCalendar:
    years = [
        parse_calendar_year(path.read_text(encoding="utf-8"), file=path.name)
        for path in FOLDER.glob("cn-*.toml")
    ]
    return join_years(years, strict=strict)


CHINA, LENIENT = _china(), _china(strict=False)


def test_the_stored_years_name_their_source() -> None:
    for path in sorted(FOLDER.glob("*.toml")):
        year = parse_calendar_year(path.read_text(encoding="utf-8"), file=path.name)
        assert path.stem == f"{year.name.lower()}-{year.year}"
        assert "国务院办公厅" in year.source


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("calendar", "calender"),
        ("year = 2027", 'year = "2027"'),
        ("year = 2027", "year = true"),
        ('source = "a test"\n', ""),
        ('source = "a test"', 'source = "a test"\nweekend = ["caturday"]'),
        ("last = 2027-01-03", "last = 2026-12-31"),
        ("last = 2027-01-03", "last = 2028-01-03"),
        ("last = 2027-01-03", "last = 2027-01-03T00:00:00"),
        ("last = 2027-01-03", ""),
        ('zh = "元旦"', 'zh = "元旦"\npaid = true'),
        (
            "[[workday]]",
            '[[holiday]]\nfirst = 2027-01-03\nlast = 2027-01-04\nen = "a"\nzh = "b"\n[[workday]]',
        ),
        ("date = 2027-01-09", "date = 2027-01-08"),
        ("date = 2027-01-09", "date = 2027-01-02"),
        ("date = 2027-01-09", "date = 2028-01-08"),
        ("date = 2027-01-09", "date = 2027-01-09\n[[workday]]\ndate = 2027-01-09"),
        ("[[workday]]", "workday = 5\n[[x]]"),
        ("calendar", "= 5"),
    ],
)
def test_a_text_that_breaks_the_form_is_refused(old: str, new: str) -> None:
    assert parse_calendar_year(GOOD, file="xx-2027.toml").year == 2027
    assert old in GOOD
    with pytest.raises(CalendarInvalid) as refused:
        parse_calendar_year(GOOD.replace(old, new), file="xx-2027.toml")
    assert refused.value.facts["file"] == "xx-2027.toml" and refused.value.facts["at"]


def test_years_that_do_not_belong_together() -> None:
    one = parse_calendar_year(GOOD, file="a")
    other = parse_calendar_year(
        GOOD.replace('"XX"', '"YY"').replace("2027", "2028").replace("01-09", "01-08"), file="b"
    )
    for years in ([], [one, one], [one, other]):
        with pytest.raises(CalendarInvalid):
            join_years(years)


def test_a_year_without_data_is_refused() -> None:
    for act in (CHINA.is_business_day, lambda day: CHINA.adjust(day, Adjustment.FOLLOWING)):
        with pytest.raises(CalendarYearMissing) as refused:
            act(date(2027, 1, 1))
        assert refused.value.facts == {"calendar": "CN", "year": 2027}
    with pytest.raises(CalendarYearMissing):
        CHINA.add_business_days(date(2026, 12, 31), 1)
    assert LENIENT.is_business_day(date(2027, 1, 1)) and not LENIENT.is_business_day(date(2027, 1, 2))


@settings(print_blob=True)
@given(
    day=st.dates(date(2025, 1, 15), date(2026, 12, 15)),
    adjustment=st.sampled_from([one for one in Adjustment if one is not Adjustment.UNADJUSTED]),
)
def test_a_moved_date_is_worked_and_near(day: date, adjustment: Adjustment) -> None:
    moved = CHINA.adjust(day, adjustment)
    assert CHINA.is_business_day(moved) and abs((moved - day).days) <= 15
    assert (moved == day) == CHINA.is_business_day(day)
    if adjustment is Adjustment.FOLLOWING:
        assert not any(CHINA.is_business_day(day + timedelta(days=k)) for k in range((moved - day).days))
    if adjustment.value.startswith("modified"):
        assert moved.month == day.month


@settings(print_blob=True)
@given(day=st.dates(date(2025, 6, 1), date(2026, 6, 1)), count=st.integers(-60, 60).filter(bool))
def test_adding_and_counting_business_days_agree(day: date, count: int) -> None:
    lands = CHINA.add_business_days(day, count)
    if count > 0:
        assert CHINA.business_days_between(day + timedelta(days=1), lands + timedelta(days=1)) == count
    else:
        assert CHINA.business_days_between(lands, day) == -count
    assert CHINA.business_days_between(lands, day) == -CHINA.business_days_between(day, lands)
