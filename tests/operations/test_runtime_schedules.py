"""Schedules: each missed instant becomes one item, however late and however many tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from puhui.runtime import queries
from puhui.runtime.operations import put_work
from puhui.runtime.schedules import CATCH_UP_LIMIT, Schedule, tick
from puhui.runtime.transactions import batch_transaction, transaction
from puhui.runtime.worker import Effect, WorkItem, drain, no_effect

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
DAILY = Schedule(name="day_roll", cron="30 0 * * *", zone="Asia/Shanghai")

pytestmark = pytest.mark.django_db


def test_the_first_tick_owes_nothing_for_the_past() -> None:
    assert tick(schedules=[DAILY], now=NOW) == 0
    assert tick(schedules=[DAILY], now=NOW) == 0
    assert queries.list_work() == []


def test_each_missed_day_is_caught_up_in_order() -> None:
    tick(schedules=[DAILY], now=NOW)
    assert tick(schedules=[DAILY], now=NOW + timedelta(days=3)) == 3
    seen: list[tuple[str, str, str]] = []

    def handler(item: WorkItem) -> Effect:
        seen.append((item.key, item.payload["instant"], item.payload["local_date"]))
        return no_effect

    drain(handlers={"schedule.day_roll": handler}, now=NOW + timedelta(days=3))
    assert seen == [
        (f"sched:day_roll:2026-11-{day}T16:30:00Z", f"2026-11-{day}T16:30:00Z", f"2026-11-{day + 1}")
        for day in (20, 21, 22)
    ]
    assert tick(schedules=[DAILY], now=NOW + timedelta(days=3)) == 0


def test_an_instant_is_due_at_its_very_moment_and_once() -> None:
    at = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    tick(schedules=[DAILY], now=NOW)
    assert tick(schedules=[DAILY], now=at - timedelta(seconds=1)) == 0
    assert tick(schedules=[DAILY], now=at) == 1
    assert tick(schedules=[DAILY], now=at) == 0
    assert tick(schedules=[DAILY], now=at + timedelta(hours=23)) == 0
    assert tick(schedules=[DAILY], now=at + timedelta(days=1)) == 1


def test_an_instant_that_somebody_put_already_is_one_item() -> None:
    tick(schedules=[DAILY], now=NOW)
    with transaction():
        put_work(key="sched:day_roll:2026-11-20T16:30:00Z", kind="schedule.day_roll", payload={}, now=NOW)
    assert tick(schedules=[DAILY], now=NOW + timedelta(days=1)) == 0
    assert len(queries.list_work()) == 1


def test_a_long_absence_is_caught_up_in_portions_without_a_gap() -> None:
    every = Schedule(name="often", cron="* * * * *", zone="UTC")
    tick(schedules=[every], now=NOW)
    end = NOW + timedelta(minutes=2 * CATCH_UP_LIMIT + 7)
    assert [tick(schedules=[every], now=end) for _ in range(4)] == [CATCH_UP_LIMIT, CATCH_UP_LIMIT, 7, 0]
    rows = queries.list_work(limit=10_000)
    assert {row.run_at for row in rows} == {
        NOW + timedelta(minutes=n + 1) for n in range(2 * CATCH_UP_LIMIT + 7)
    }


def test_a_clock_moved_back_owes_nothing() -> None:
    tick(schedules=[DAILY], now=NOW)
    tick(schedules=[DAILY], now=NOW + timedelta(days=3))
    assert tick(schedules=[DAILY], now=NOW + timedelta(days=1)) == 0
    assert tick(schedules=[DAILY], now=NOW + timedelta(days=4)) == 1


def test_several_schedules_of_several_zones() -> None:
    london = Schedule(name="london", cron="30 1 * * *", zone="Europe/London")
    start = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
    tick(schedules=[DAILY, london], now=start)
    # 01:30 does not exist in London on 29 March 2026: it runs right after the gap, and the day is not lost.
    assert tick(schedules=[DAILY, london], now=start + timedelta(days=3)) == 6
    found = sorted(row.run_at for row in queries.list_work(kind="schedule.london"))
    assert [at.isoformat() for at in found] == [
        "2026-03-28T01:30:00+00:00",
        "2026-03-29T01:00:00+00:00",
        "2026-03-30T00:30:00+00:00",
    ]


def test_ticks_work_inside_a_batch() -> None:
    with batch_transaction():
        tick(schedules=[DAILY], now=NOW)
        assert tick(schedules=[DAILY], now=NOW + timedelta(days=2)) == 2
        assert (
            drain(
                handlers={"schedule.day_roll": lambda i: no_effect}, now=NOW + timedelta(days=2), nested=True
            )
            == 2
        )
