"""Run in a process of its own on a PostgreSQL: what is kept back is sent in order, and raised or undone as ever."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
django.setup()

import psycopg  # noqa: E402
from django.db import OperationalError, connection  # noqa: E402
from django.db.transaction import atomic  # noqa: E402

from puhui.runtime.rows import direct  # noqa: E402

INSERT = "INSERT INTO round (id, text) VALUES (%s, %s)"
UPDATE = "UPDATE round SET text = %s WHERE id = %s"
found: dict[str, Any] = {}


def ids() -> list[int]:
    """Which rows are there, by a session of its own."""
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None}) as other:
        return [row[0] for row in other.execute("SELECT id FROM round ORDER BY id")]


def raised(act: Callable[[], object]) -> str:
    """The name of what an act in a transaction raises; nothing may be left open by it."""
    said = ""
    try:
        with atomic():
            act()
    except Exception as error:
        said = type(error).__name__
    assert connection.get_autocommit() and not connection.in_atomic_block
    assert connection.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    return said


def soon(id: int, text: str = "a") -> None:
    """Insert a row with what comes next."""
    direct().write_soon(INSERT, [id, text], certain="it is new")


def order() -> None:
    """What is kept back stands before what is read, by our way, by Django's, and by a savepoint."""
    with atomic():
        soon(1)
        assert direct().fetch("SELECT text FROM round WHERE id = %s", [1]) == [("a",)]
        direct().write_soon(UPDATE, ["b%", 1], certain="it is there")
        with connection.cursor() as cursor:
            cursor.execute("SELECT text FROM round WHERE id = 1")
            assert cursor.fetchone() == ("b%",)
        soon(2)
        try:
            with atomic():
                soon(3)
                raise KeyError
        except KeyError:
            pass
        assert ids() == []
    found["order"] = ids()


def many() -> None:
    """More than travels in one round, and two looks in one."""
    with atomic():
        for id in range(100, 150):
            soon(id, "x" * 3000)
        asked = [
            ("SELECT count(*) FROM round WHERE id >= %s", [100]),
            ("SELECT id FROM round WHERE id = %s", [1]),
        ]
        assert direct().fetch_all(asked) == [[(50,)], [(1,)]]
    found["many"] = len(ids())


def errors() -> None:
    """What is wrong is raised by the next statement or the commit, and nothing of the transaction is stored."""

    def next_raises() -> None:
        soon(4)
        soon(1)
        direct().fetch("SELECT id FROM round WHERE id = %s", [1])

    def commit_raises() -> None:
        soon(4)
        soon(1)

    def none_written() -> None:
        soon(4)
        direct().write_soon(UPDATE, ["c", 999], certain="it is there")

    def may_be_none() -> None:
        direct().write_soon(UPDATE, ["c", 999], certain="")

    def caller_raises() -> None:
        soon(4)
        raise KeyError

    found["next"], found["commit"] = raised(next_raises), raised(commit_raises)
    found["none"], found["may"], found["caller"] = (
        raised(none_written),
        raised(may_be_none),
        raised(caller_raises),
    )
    found["nul"] = raised(lambda: soon(4, "a\0b"))
    found["empty"] = raised(lambda: None)
    found["left"] = 4 in ids()


def lost() -> None:
    """A session that the server ended raises once, and the next one begins anew, its plans too."""
    pid = direct().fetch("SELECT pg_backend_pid()", [])[0][0]
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    found["lost"] = ""
    try:
        with atomic():
            soon(5)
            direct().fetch("SELECT id FROM round WHERE id = %s", [1])
    except OperationalError as error:
        found["lost"] = type(error).__name__
    connection.close_if_unusable_or_obsolete()
    with atomic():
        soon(6)
    found["again"] = [id for id in ids() if id in (5, 6)]


def forgotten() -> None:
    """More statements than a session keeps plans of: the eldest go, and every one still answers."""
    for turn in range(2):
        for number in range(450):
            assert direct().fetch(f"SELECT {number}, %s::int", [turn]) == [(number, turn)]
    found["plans"] = direct().fetch("SELECT count(*) <= 401 FROM pg_prepared_statements", [])[0][0]


def main() -> None:
    """Run everything on a table of its own and print what was found."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE round (id int PRIMARY KEY, text text)")
    for part in (order, many, errors, lost, forgotten):
        part()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
