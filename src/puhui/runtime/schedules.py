"""Schedules: every due instant becomes one work item, the missed ones too, however many workers tick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from puhui.runtime.models import ScheduleCursor
from puhui.runtime.operations import put_work
from puhui.runtime.rows import find_row, insert_if_absent, update_row
from puhui.runtime.transactions import transaction

CATCH_UP_LIMIT = 1000  # instants put by one tick of one schedule; the next tick goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Something that happens by the clock."""

    name: str  # unique; the work kind is "schedule.<name>"
    cron: str  # five fields, minute to weekday
    zone: str  # IANA zone that the fields are read in


def due_instants(schedule: Schedule, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """This function will yield the schedule's instants (UTC) later than `after`, up to and including `until`."""
    for local in CronSim(schedule.cron, after.astimezone(ZoneInfo(schedule.zone))):
        instant = local.astimezone(UTC)
        if instant > until:
            return
        yield instant


def tick(*, schedules: Sequence[Schedule], now: datetime) -> int:
    """This function will put one work item for each instant since the last tick, and return how many it put.

    Key `sched:<name>:<instant>`, kind `schedule.<name>`, payload `{"instant": UTC, "local_date": date in its zone}`,
    `run_at` the instant itself. A schedule seen for the first time starts at `now` and owes nothing for the past.
    """
    cursors = dict(ScheduleCursor.objects.values_list("name", "last_at"))
    put = 0
    for schedule in schedules:
        last_at = cursors.get(schedule.name)
        if last_at is None:
            with transaction():
                insert_if_absent(ScheduleCursor(name=schedule.name, last_at=now))
        elif any(True for _ in islice(due_instants(schedule, after=last_at, until=now), 1)):
            with transaction():
                put += _catch_up(schedule, now)
    return put


def _catch_up(schedule: Schedule, now: datetime) -> int:
    # Read again under the lock: another worker may have ticked in between.
    cursor = find_row(ScheduleCursor, lock=True, name=schedule.name)
    assert cursor is not None, "the caller has seen it"
    instants = list(islice(due_instants(schedule, after=cursor.last_at, until=now), CATCH_UP_LIMIT))
    put = sum(_put(schedule, instant, now) for instant in instants)
    if instants:
        cursor.last_at = instants[-1]
        update_row(cursor, ["last_at"])
    return put


def _put(schedule: Schedule, instant: datetime, now: datetime) -> bool:
    stamp = instant.isoformat().replace("+00:00", "Z")
    local_date = instant.astimezone(ZoneInfo(schedule.zone)).date()
    return put_work(
        key=f"sched:{schedule.name}:{stamp}",
        kind=f"schedule.{schedule.name}",
        payload={"instant": stamp, "local_date": local_date.isoformat()},
        now=now,
        run_at=instant,
    )
