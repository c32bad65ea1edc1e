"""Business dates: an instant in the lender's zone with a stated cut-off. Instants are UTC and are arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def business_date(instant: datetime, *, zone: str, cutoff: time = time(0, 0)) -> date:
    """This function will return the business date of `instant`: the local date, or the next one at or after a
    cut-off later than midnight (cut-off 00:00 means the plain local date).
    """
    assert instant.tzinfo is not None, "an instant carries its zone"
    local = instant.astimezone(ZoneInfo(zone))
    after = cutoff != time(0, 0) and local.time() >= cutoff
    return local.date() + timedelta(days=1) if after else local.date()


def start_of(day: date, *, zone: str) -> datetime:
    """This function will return the UTC instant at which local `day` begins."""
    return datetime.combine(day, time(0, 0), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shift_days(day: date, days: int) -> date:
    """This function will return the date `days` calendar days after `day` (before it, when negative)."""
    return day + timedelta(days=days)


def instant_at(day: date, at: time, *, zone: str) -> datetime:
    """This function will return the UTC instant of local time `at` on `day`."""
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
