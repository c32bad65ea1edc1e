"""Several processes at once: killed workers, two workers, slow handlers, and people who act at the same instant."""

from __future__ import annotations

import random
import select
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from puhui.runtime.models import Worker
from puhui.runtime.worker import run_worker
from tests.operations.house import House, new_house
from tests.seeds import seed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with new_house(tmp_path) as opened:
        yield opened


def test_a_worker_that_starts_while_the_database_refuses_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("puhui.runtime.worker.TROUBLE_SECONDS", 0)
    stop, asked = threading.Event(), count(1)

    def clock() -> datetime:
        if next(asked) <= 2:
            raise OperationalError("database is locked")
        stop.set()
        return datetime.now(UTC)

    assert run_worker(handlers={}, schedules=[], clock=clock, stop=stop) == 0
    assert next(asked) > 3 and not Worker.objects.exists(), "it signed on at last, and off"
    asked = count(1)
    with pytest.raises(OperationalError):
        run_worker(handlers={}, schedules=[], clock=clock, stop=threading.Event(), once=True)


def finish(house: House, *, lease_seconds: int) -> None:
    """Let the leases of the dead end, then run a worker until nothing is due."""
    time.sleep(lease_seconds + 0.2)
    house.ask("work", "0", str(lease_seconds), "once")


def report(house: House) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in house.ask("report"))


def test_a_worker_killed_five_times_loses_and_doubles_nothing(house: House) -> None:
    chance = random.Random(seed())
    assert house.ask("put", "150") == ["150"]
    for _ in range(5):
        worker = house.start("work", "0.004", "1", "on")
        assert worker.stdout is not None
        for _ in range(chance.randrange(1, 12)):  # far fewer than there are: it does more than we read
            assert worker.stdout.readline().startswith("done")
        time.sleep(chance.random() * 0.01)
        worker.kill()
        worker.communicate()
        time.sleep(1.1)
    finish(house, lease_seconds=1)
    found = report(house)
    assert found["not_once"] == "[]" and found["open"] == "0 leased 0 dead 0", found
    assert found["done"] == "150" and found["chain"] == "True", found


def test_two_workers_share_the_work_and_each_item_runs_once(house: House) -> None:
    house.ask("put", "120")
    workers = [house.start("work", "0.002", "30", "once") for _ in range(2)]
    for worker in workers:
        worker.communicate(timeout=240)
        assert worker.returncode == 0
    found = report(house)
    assert found["not_once"] == "[]" and found["done"] == "120" and found["called_twice"] == "0", found


def test_a_worker_told_to_stop_ends_after_its_batch(house: House) -> None:
    house.ask("put", "120")  # six seconds of work: the signal comes long before its end
    worker = house.start("work", "0.05", "30", "on")
    assert worker.stdout is not None and worker.stdout.readline().startswith("done")
    worker.send_signal(signal.SIGTERM)
    out, _ = worker.communicate(timeout=240)
    assert worker.returncode == 0 and out.splitlines()[-1] == "ended"
    found = report(house)
    done = int(found["done"])
    assert done % 10 == 0 and 10 <= done < 120, found
    assert found["open"] == f"{120 - done} leased 0 dead 0", found


def test_a_long_handler_keeps_its_lease(house: House) -> None:
    house.ask("put", "1")
    workers = [house.start("work", "9", "4", "on") for _ in range(2)]
    said, _, _ = select.select([worker.stdout for worker in workers], [], [], 240)
    assert [one.readline().split()[0] for one in said] == ["done"]
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=240)
    found = report(house)
    assert found["not_once"] == "[]" and found["called_twice"] == "0" and found["done"] == "1", found


@pytest.mark.postgres
def test_a_worker_outlives_a_lost_connection(house: House) -> None:
    if connection.vendor != "postgresql":
        pytest.skip(
            "a file does not hang up; on PostgreSQL tests/postgres/test_same_suite.py runs it (make release-check)"
        )
    house.ask("put", "60")
    worker = house.start("work", "0.02", "2", "on")
    assert worker.stdout is not None
    for _ in range(3):
        for _ in range(5):
            assert worker.stdout.readline().startswith("done")
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [house.name]
            )
    time.sleep(10)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=240)
    finish(house, lease_seconds=2)
    found = report(house)
    assert found["not_once"] == "[]" and found["done"] == "60", found


def together(house: House, verb: str, count: int, people: int) -> list[str]:
    """Let several processes do the same things from the same instant on, and return all their lines."""
    actors = [house.start(verb, str(count), str(house.folder)) for _ in range(people)]
    while len(list(house.folder.glob("here.*"))) < people:
        assert all(actor.poll() is None for actor in actors)
        time.sleep(0.01)
    (house.folder / "start").touch()
    lines: list[str] = []
    for actor in actors:
        out, _ = actor.communicate(timeout=240)
        assert actor.returncode == 0, out
        lines += out.splitlines()
    return lines


def test_of_simultaneous_redemptions_exactly_one_is_ok(house: House) -> None:
    house.ask("open_codes", "40")
    lines = together(house, "redeem", 40, people=3)
    assert Counter(lines) == Counter([f"s{n} {how}" for n in range(40) for how in ("ok", "used", "used")])


def test_of_simultaneous_acts_with_one_key_exactly_one_acts(house: House) -> None:
    lines = together(house, "act_once", 40, people=3)
    assert Counter(lines) == Counter(
        [f"k{n} {how}" for n in range(40) for how in ("acted", "stored", "stored")]
    )


def test_simultaneous_postings_of_one_source_are_in_the_books_once(house: House) -> None:
    together(house, "post", 40, people=3)
    assert house.ask("balance") == ["-4000"]


def test_simultaneous_puts_of_one_key_are_one_item(house: House) -> None:
    people = [house.start("put", "60") for _ in range(3)]
    new = [int(actor.communicate(timeout=240)[0]) for actor in people]
    assert sum(new) == 60
    assert all(isinstance(actor, subprocess.Popen) and actor.returncode == 0 for actor in people)
