"""PostgreSQL as a source of facts: typed columns, a column of another type, a connection that drops in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from puhui.facts.gateways import sources
from puhui.facts.gateways.sources import open_rows
from puhui.facts.intake import AsideCode, AsideRow, FactSource, SourceUnreadable, parse_source
from puhui.facts.intake_check import RowCheck
from puhui.lab.people import invent_person

pytestmark = pytest.mark.postgres
FILE = "sources/payroll-2026-11-22.toml"
TEXT = (Path(__file__).resolve().parents[2] / "policies" / FILE).read_text(encoding="utf-8")
NUMBERS = sorted(invent_person(seed=7, index=n).resident_number for n in range(500))
FOURTH = NUMBERS[3]
COLUMNS = "resident_number text, paid_on date, net_salary {money}, months_employed {months}, employer_kind text, fund_rate numeric"


@pytest.fixture
def database(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    monkeypatch.setattr(sources, "BATCH", 50)  # rows in flight when a connection drops
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection
        drop(connection)  # also a reader that a failed test left open
        connection.execute("DROP TABLE IF EXISTS salaries")


def fill(database: psycopg.Connection[Any], *, money: str = "numeric", months: str = "integer") -> None:
    database.execute("DROP TABLE IF EXISTS salaries")
    database.execute(f"CREATE TABLE salaries ({COLUMNS.format(money=money, months=months)})".encode())
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO salaries VALUES (%s, %s, %s, %s, 'private', 12)",
            [(one, date(2026, 10, 15), f"{5000 + n}.50", str(n % 400)) for n, one in enumerate(NUMBERS)],
        )


def source() -> FactSource:
    return parse_source(TEXT, file=FILE)


def slept(waits: list[float]) -> Callable[[float], None]:
    return waits.append


def drop(database: psycopg.Connection[Any]) -> int:
    """End every other connection, as a restart of the server does, and return how many there were."""
    found = database.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database()"
    ).fetchone()
    assert found is not None
    return int(found[0])


def test_typed_columns_say_what_a_file_says(server: str, database: psycopg.Connection[Any]) -> None:
    fill(database)
    named, rows = open_rows(server, source=source())
    assert named == [name.split()[0] for name in COLUMNS.split(", ")]
    found = list(rows)
    assert [line for line, _ in found] == list(range(1, len(NUMBERS) + 1))
    _, first = found[7]
    assert first is not None and str(first["net_salary"]) == "5007.50" and first["months_employed"] == 7
    assert first["paid_on"] == date(2026, 10, 15)


def test_a_connection_that_drops_is_made_again_and_no_row_comes_twice(
    server: str, database: psycopg.Connection[Any]
) -> None:
    fill(database)
    waits: list[float] = []
    _, rows = open_rows(server, source=source(), sleep=slept(waits))
    found = []
    for line, row in rows:
        assert row is not None
        found.append((line, row["resident_number"]))
        if line in (60, 260):
            assert drop(database) == 1
    assert found == list(enumerate(NUMBERS, 1))
    assert waits == [sources.FIRST_WAIT_SECONDS] * 2


def test_rows_that_changed_meanwhile_are_no_longer_read_past(
    server: str, database: psycopg.Connection[Any]
) -> None:
    fill(database)
    _, rows = open_rows(server, source=source(), sleep=slept([]))
    with pytest.raises(SourceUnreadable) as refused:
        for line, _row in rows:
            if line == 60:
                database.execute("UPDATE salaries SET net_salary = 1 WHERE resident_number = %s", [FOURTH])
                assert drop(database) == 1
    assert "other rows" in str(refused.value.facts["problem"])


def test_a_server_that_stays_away_is_said_with_the_last_row(
    server: str, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    waits: list[float] = []
    _, rows = open_rows(server, source=source(), sleep=slept(waits))
    connect = psycopg.connect

    def away(*given: Any, **named: Any) -> Any:
        raise psycopg.OperationalError("connection refused")

    with pytest.raises(SourceUnreadable) as refused:
        for line, _row in rows:
            if line == 60:
                monkeypatch.setattr(psycopg, "connect", away)
                assert drop(database) == 1
    monkeypatch.setattr(psycopg, "connect", connect)
    problem = str(refused.value.facts["problem"])
    assert problem.startswith("after row ") and int(problem.split()[2].rstrip(":")) >= 60
    assert waits == [0.5, 1.0, 2.0, 4.0] and len(waits) == sources.TRIES - 1
    assert "password" not in str(refused.value.facts["place"])


@pytest.mark.parametrize(
    ("types", "column", "value"),
    [
        ({"months": "text"}, "months_employed", "thirty"),
        ({"months": "numeric"}, "months_employed", "3.5"),
        ({"money": "double precision"}, "net_salary", "Infinity"),
        ({"money": "double precision"}, "net_salary", "NaN"),
    ],
)
def test_a_column_of_another_type_sets_its_rows_aside(
    server: str, database: psycopg.Connection[Any], types: dict[str, str], column: str, value: str
) -> None:
    fill(database, **types)
    database.execute(
        f"UPDATE salaries SET {column} = %s WHERE resident_number = %s".encode(), [value, FOURTH]
    )
    check = RowCheck(source(), zone="Asia/Shanghai", now=datetime(2026, 11, 22, 4, tzinfo=UTC))
    _, rows = open_rows(server, source=source())
    aside = [one for line, row in rows if isinstance(one := check.check(line, row), AsideRow)]
    assert aside == [AsideRow(line=4, column=column, code=AsideCode.TYPE)]
    assert check.rows == len(NUMBERS)
