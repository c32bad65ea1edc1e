"""The clock of the pages: the one place of the web layer that reads the time.

The demo's clock can be moved (`/sandbox/clock`); the offset is kept in the database so that web and worker agree.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

from puhui.core.time import business_date
from puhui.runtime import queries as runtime


def offset_seconds(request: HttpRequest) -> int:
    """This function will return how far the demo's clock is moved, in seconds; 0 outside the demo."""
    if not settings.DEMO:
        return 0
    kept = getattr(request, "_clock_offset", None)
    if kept is None:
        kept = runtime.get_clock_offset()
        request._clock_offset = kept  # type: ignore[attr-defined]
    return int(kept)


def now(request: HttpRequest) -> datetime:
    """This function will return the instant of this request: real UTC plus the demo's offset, one for the whole request."""
    kept: datetime | None = getattr(request, "_now", None)
    if kept is None:
        kept = datetime.now(UTC) + timedelta(seconds=offset_seconds(request))
        request._now = kept  # type: ignore[attr-defined]
    return kept


def today(request: HttpRequest) -> date:
    """This function will return the lender's business date of this request."""
    return business_date(now(request), zone=settings.LENDER["zone"], cutoff=cutoff())


def cutoff() -> time:
    """This function will return the local time at which the lender's business date ends."""
    return time.fromisoformat(settings.LENDER["cutoff"])


def zone() -> ZoneInfo:
    """This function will return the lender's zone."""
    return ZoneInfo(settings.LENDER["zone"])
