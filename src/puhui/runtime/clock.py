"""The clock of worker and commands: real UTC, moved by the demo's offset. Pages have theirs in `puhui.web.clock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings

from puhui.runtime.queries import get_clock_offset


def utc_now() -> datetime:
    """This function will return real UTC, plus the demo's offset in the demo."""
    offset = get_clock_offset() if settings.DEMO else 0
    return datetime.now(UTC) + timedelta(seconds=offset)
