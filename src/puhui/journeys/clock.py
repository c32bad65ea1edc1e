"""The demo's clock is moved: every page and worker then reads real time plus an offset. Never outside the demo."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from puhui.core.refusals import Refusal
from puhui.runtime import operations as runtime
from puhui.runtime.transactions import transaction


class ClockNotMovable(Refusal):
    """Only the demo's clock can be moved."""

    field = "clock"
    status = 403


def move(*, seconds: int, now: datetime) -> None:
    """This function will set the clock's offset to `seconds` (0: real time again). Raises: ClockNotMovable."""
    if not settings.DEMO:
        raise ClockNotMovable()
    with transaction():
        runtime.set_clock_offset(seconds=seconds, now=now)
