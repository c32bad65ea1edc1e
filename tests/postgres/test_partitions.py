"""The parts of the large tables: they are there, months come before they begin, and a loan is read from one part."""

from __future__ import annotations

import json
from datetime import date

import psycopg
import pytest

from tests.postgres.conftest import Run

pytestmark = pytest.mark.postgres
PARTS = (
    "SELECT p.relname FROM pg_inherits JOIN pg_class p ON p.oid = inhrelid "
    "WHERE inhparent = %s::regclass ORDER BY 1"
)


def parts(url: str, table: str) -> list[str]:
    """The partitions of a table."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(PARTS, [table]).fetchall()]


def month_names(first: date, count: int) -> list[str]:
    """Names of `count` months from `first` on."""
    start = first.year * 12 + first.month - 1
    return [f"runtime_audit_{n // 12:04d}_{n % 12 + 1:02d}" for n in range(start, start + count)]


def test_the_parts_are_there(migrated: str) -> None:
    assert parts(migrated, "loans_event") == [f"loans_event_h{n:02d}" for n in range(16)]
    with psycopg.connect(migrated) as connection:
        row = connection.execute("SELECT (now() AT TIME ZONE 'UTC')::date").fetchone()
    assert row is not None
    assert parts(migrated, "runtime_audit") == [*month_names(row[0], 4), "runtime_audit_rest"]


def test_a_loan_is_read_from_one_part(run: Run) -> None:
    found = json.loads(run("tests.postgres.pruned"))
    one_loan, several = found["parts_read"][:-1], found["parts_read"][-1]
    assert one_loan and set(one_loan) == {1}, found
    assert several <= found["loans"] and found["spread"] <= found["loans"], found


def test_months_are_made_ahead_and_nothing_is_refused_before(run: Run, copied: str) -> None:
    """Links of a month without a part wait in the rest; the schedule's work makes the month and moves them, unaltered."""
    before = parts(copied, "runtime_audit")
    found = json.loads(run("tests.postgres.months"))
    assert found["made"] == [f"runtime_audit 2031-{n:02d}" for n in (1, 2, 3, 4)]
    assert found["made_again"] == []
    assert found["in_rest_before"] == 3 and found["in_rest_after"] == 1
    assert found["in_month"] == 2 and found["chain"] == "whole" and found["rows_equal"] is True
    assert found["edit"] == "refused" and found["scheduled"] is True
    assert set(parts(copied, "runtime_audit")) == {*before, *month_names(date(2031, 1, 1), 4)}
