"""SQLite: threads that meet at the write lock stand in line and share commits; each act is still all or nothing."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections

from puhui.runtime.databases.sqlite.base import DatabaseWrapper
from puhui.runtime.databases.sqlite.line import Line, commits_alone, line_of
from puhui.site.settings import database
from tests.seeds import seed

THREADS, ACTS = 6, 25


class Desk:
    """A database file that threads write to, each by a connection of its own."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._own = threading.local()
        self._opened: list[DatabaseWrapper] = []
        with closing(sqlite3.connect(file)) as made:
            made.execute("CREATE TABLE house (id INTEGER PRIMARY KEY)")
            made.execute(
                "CREATE TABLE room (id TEXT PRIMARY KEY, "
                "house INTEGER REFERENCES house (id) DEFERRABLE INITIALLY DEFERRED)"
            )

    @property
    def line(self) -> Line:
        return line_of(str(self.file))

    def connection(self) -> DatabaseWrapper:
        found: DatabaseWrapper | None = getattr(self._own, "found", None)
        if found is None:
            settings = {**connections["default"].settings_dict, **database(f"sqlite://{self.file}")}
            settings["OPTIONS"] = {**settings["OPTIONS"], "timeout": 60}
            found = self._own.found = DatabaseWrapper(settings, alias="desk")
            found.inc_thread_sharing()
            self._opened.append(found)
        return found

    @contextmanager
    def act(self) -> Iterator[DatabaseWrapper]:
        """One transaction, as Django's `atomic` begins and ends it."""
        own = self.connection()
        own.ensure_connection()
        own.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        try:
            yield own
        except BaseException:
            own.rollback()
            raise
        else:
            try:
                own.commit()
            except BaseException:
                own.rollback()
                raise
        finally:
            own.set_autocommit(True)

    def put(self, name: str, *, house: int | None = None) -> None:
        with self.act() as own:
            own.change("INSERT INTO room (id, house) VALUES (%s, %s)", [name, house])

    def stored(self) -> set[str]:
        """What another process sees."""
        with closing(sqlite3.connect(self.file)) as other:
            return {row[0] for row in other.execute("SELECT id FROM room")}

    def close(self) -> None:
        for one in self._opened:
            one.close()


@pytest.fixture
def desk(tmp_path: Path, django_db_blocker: Any) -> Iterator[Desk]:
    with django_db_blocker.unblock():  # the test database stays untouched
        opened = Desk(tmp_path / "desk.sqlite3")
        yield opened
        opened.close()


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.002)


def behind(desk: Desk, pool: ThreadPoolExecutor, calls: list[Callable[[], Any]]) -> list[Future[Any]]:
    """Start calls in other threads while we have the turn, and wait until all of them stand in line, in this order."""
    started = []
    for place, call in enumerate(calls, start=1):
        started.append(pool.submit(call))
        until(lambda place=place: len(desk.line._waiting) == place)  # type: ignore[misc]
    return started


def test_every_act_is_on_the_disk_when_it_returns_and_what_raised_is_nowhere(desk: Desk) -> None:
    chance = random.Random(seed())
    bad = {f"{thread}-{n}" for thread in range(THREADS) for n in range(ACTS) if chance.random() < 0.2}
    lost: list[str] = []

    def work(thread: int) -> None:
        for n in range(ACTS):
            name = f"{thread}-{n}"
            try:
                with desk.act() as own:
                    own.change("INSERT INTO room (id) VALUES (%s)", [name])
                    if name in bad:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                continue
            if name not in desk.stored():
                lost.append(name)

    with ThreadPoolExecutor(THREADS) as pool:
        for one in [pool.submit(work, thread) for thread in range(THREADS)]:
            one.result()
    everything = {f"{thread}-{n}" for thread in range(THREADS) for n in range(ACTS)}
    assert not lost
    assert bad and desk.stored() == everything - bad
    assert desk.line.open is None and not desk.line._waiting and not desk.line._taken


def test_acts_that_wait_share_the_commit_and_none_returns_before_it(desk: Desk) -> None:
    seen: list[set[str]] = []

    def last() -> None:
        with desk.act() as own:
            seen.append(desk.stored())  # what others see while three acts are done and one is not
            own.change("INSERT INTO room (id) VALUES (%s)", ["last"])

    with ThreadPoolExecutor(3) as pool:
        with desk.act() as own:
            own.change("INSERT INTO room (id) VALUES (%s)", ["first"])
            desk.line.open.closes_at += 60  # type: ignore[union-attr]  # however slow the machine is
            waiting = behind(desk, pool, [lambda: desk.put("second"), lambda: desk.put("third"), last])
        for one in waiting:
            one.result()
    assert seen == [set()]
    assert desk.stored() == {"first", "second", "third", "last"}


def test_an_act_that_raises_takes_nothing_with_it(desk: Desk) -> None:
    def raises() -> None:
        with desk.act() as own:
            own.change("INSERT INTO room (id) VALUES (%s)", ["never"])
            raise ZeroDivisionError

    with ThreadPoolExecutor(2) as pool:
        with desk.act() as own:
            own.change("INSERT INTO room (id) VALUES (%s)", ["first"])
            desk.line.open.closes_at += 60  # type: ignore[union-attr]
            broken, good = behind(desk, pool, [raises, lambda: desk.put("second")])
        with pytest.raises(ZeroDivisionError):
            broken.result()
        good.result()
    assert desk.stored() == {"first", "second"}


def test_a_commit_that_fails_stores_none_of_its_acts_and_tells_each(desk: Desk) -> None:
    with ThreadPoolExecutor(2) as pool:
        with (
            pytest.raises(OperationalError, match="the commit that this act shared failed"),
            desk.act() as own,
        ):
            own.change("INSERT INTO room (id) VALUES (%s)", ["first"])
            desk.line.open.closes_at += 60  # type: ignore[union-attr]
            others = behind(
                desk, pool, [lambda: desk.put("second"), lambda: desk.put("third", house=404)]
            )  # the third refers to a house that is not there, which the database sees at the commit
        for one in others:
            with pytest.raises(OperationalError, match="the commit that this act shared failed"):
                one.result()
    assert desk.stored() == set()
    desk.put("afterwards")
    assert desk.stored() == {"afterwards"}


def test_a_long_transaction_has_its_commit_to_itself(desk: Desk) -> None:
    order: list[tuple[str, set[str]]] = []

    def long() -> None:
        with commits_alone(), desk.act() as own:
            order.append(("long", desk.stored()))  # the first one is stored: it does not wait for a long one
            own.change("INSERT INTO room (id) VALUES (%s)", ["long"])
            until(lambda: bool(desk.line._waiting))

    def short() -> None:
        with desk.act() as own:
            order.append(("short", desk.stored()))  # and a long one is not kept open for others
            own.change("INSERT INTO room (id) VALUES (%s)", ["short"])

    with ThreadPoolExecutor(2) as pool:
        with desk.act() as own:
            own.change("INSERT INTO room (id) VALUES (%s)", ["first"])
            desk.line.open.closes_at += 60  # type: ignore[union-attr]
            waiting = behind(desk, pool, [long, short])
        for one in waiting:
            one.result()
    assert order == [("long", {"first"}), ("short", {"first", "long"})]
    assert desk.stored() == {"first", "long", "short"}


def test_who_gets_no_turn_is_told_so_and_holds_nobody_up(desk: Desk) -> None:
    def impatient() -> None:
        desk.connection().settings_dict["OPTIONS"]["timeout"] = 0.05
        desk.put("impatient")

    with ThreadPoolExecutor(1) as pool:
        with desk.act() as own:
            own.change("INSERT INTO room (id) VALUES (%s)", ["first"])
            with pytest.raises(OperationalError, match="no turn to write"):
                pool.submit(impatient).result()
        pool.submit(desk.put, "second").result()
    assert desk.stored() == {"first", "second"}
