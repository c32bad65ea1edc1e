"""Partitioned tables on PostgreSQL: what a table of events needs once it is large. On SQLite nothing is done.

Two kinds. By hash of an id, so that everything of one loan lies in one part. By month, so that old months can be kept
elsewhere and the current one stays small; months are made ahead by a schedule, and whatever has no month yet lies in
a part of its own until its month is made, so nothing is ever refused for want of a partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, migrations

from puhui.runtime.transactions import require_transaction

MONTHS_AHEAD = 3  # months that are there before they begin
HASH_PARTS = 16
MONTHLY: dict[str, str] = {"runtime_audit": "at"}  # table → the instant that it is parted by


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """One of the two shapes of a table, before and after a migration."""

    by: str  # what follows PARTITION BY, empty for a plain table
    keys: Sequence[str]  # constraints and indexes: "ADD CONSTRAINT …" or "CREATE INDEX …"
    triggers: Sequence[str]  # statements that make its triggers


def _rebuild(cursor: Any, table: str, shape: _Shape) -> None:
    """Put a table of another shape, with the same rows and checks, in the place of `table`."""
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        + (f" PARTITION BY {shape.by}" if shape.by else "")
    )
    if shape.by.startswith("HASH"):
        for part in range(HASH_PARTS):
            cursor.execute(
                f"CREATE TABLE {table}_h{part:02d} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {HASH_PARTS}, REMAINDER {part})"
            )
    elif shape.by:
        cursor.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
        for month in _months_of(cursor, f"{table}_before", MONTHLY[table]):
            _make_month(cursor, table, MONTHLY[table], month)
    cursor.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")
    cursor.execute(f"DROP TABLE {table}_before")
    for statement in (*shape.keys, *shape.triggers):
        cursor.execute(f"ALTER TABLE {table} {statement}" if statement.startswith("ADD ") else statement)


def _months_of(cursor: Any, table: str, column: str) -> list[date]:
    """Every month from the first row's to the last one that is made ahead."""
    cursor.execute(f"SELECT min({column}) AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' FROM {table}")
    first, now = cursor.fetchone()
    return _month_range((first or now).date(), now.date())


def _month_range(first: date, today: date) -> list[date]:
    start, end = first.year * 12 + first.month - 1, today.year * 12 + today.month - 1 + MONTHS_AHEAD
    return [date(number // 12, number % 12 + 1, 1) for number in range(min(start, end), end + 1)]


def _make_month(cursor: Any, table: str, column: str, month: date) -> bool:
    """Make one month's part, and move into it what lies in the rest. False when it is there."""
    name = f"{table}_{month:%Y_%m}"
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
    if cursor.fetchone()[0]:
        return False
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    start, end = f"'{month} 00:00+00'", f"'{after} 00:00+00'"
    rest, within = f"{table}_rest", f"{column} >= {start} AND {column} < {end}"
    cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    cursor.execute(f"LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE")
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {rest} WHERE {within})")
    if cursor.fetchone()[0]:
        # The rows stay what they are and only lie elsewhere, so the trigger that refuses edits is lifted for it.
        cursor.execute(f"ALTER TABLE {rest} DISABLE TRIGGER USER")
        cursor.execute(f"INSERT INTO {name} SELECT * FROM {rest} WHERE {within}")
        cursor.execute(f"DELETE FROM {rest} WHERE {within}")
        cursor.execute(f"ALTER TABLE {rest} ENABLE TRIGGER USER")
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})")
    return True


def make_months_ahead(*, today: date) -> list[str]:
    """This function will make the partitions of this month and the next three, and return "table month" of the new ones.

    Two workers at once make each of them once. On SQLite it returns nothing.
    """
    require_transaction()
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('puhui.partitions'))")
        return [
            f"{table} {month:%Y-%m}"
            for table, column in MONTHLY.items()
            for month in _month_range(today, today)
            if _make_month(cursor, table, column, month)
        ]


def _swap(table: str, plain: _Shape, parted: _Shape) -> migrations.RunPython:
    def to(shape: _Shape) -> Any:
        def run(apps: Any, editor: Any) -> None:
            if editor.connection.vendor == "postgresql":
                with editor.connection.cursor() as cursor:
                    _rebuild(cursor, table, shape)

        return run

    return migrations.RunPython(to(parted), to(plain))


def _refuses(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )


def part_by_hash(
    table: str, *, column: str, to_table: str, unique: tuple[str, Sequence[str]]
) -> migrations.RunPython:
    """This function will part an append-only table by the hash of `column`, which refers to `to_table`; reversible.

    `unique` is (name, columns) of its other unique constraint, which must hold `column`. The id stays the primary key
    together with `column`, and has an index of its own.
    """
    name, columns = unique
    assert column in columns, "a partitioned table is unique only together with what parts it"
    both = (
        f"ADD CONSTRAINT {name} UNIQUE ({', '.join(columns)})",
        f"ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY ({column}) REFERENCES {to_table} (id) "
        "DEFERRABLE INITIALLY DEFERRED",
    )
    plain = _Shape(
        by="", keys=(f"ADD CONSTRAINT {table}_pkey PRIMARY KEY (id)", *both), triggers=[_refuses(table)]
    )
    parted = _Shape(
        by=f"HASH ({column})",
        keys=(
            f"ADD CONSTRAINT {table}_pkey PRIMARY KEY ({column}, id)",
            *both,
            f"CREATE INDEX {table}_id ON {table} (id)",
        ),
        triggers=[_refuses(table)],
    )
    return _swap(table, plain, parted)


def part_audit_by_month() -> migrations.RunPython:
    """This function will part the audit trail by month; reversible. Its numbers stay unique by the chain's trigger."""
    table = "runtime_audit"
    triggers = (
        f"CREATE TRIGGER runtime_audit_chain BEFORE INSERT ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION runtime_audit_chain()",
        _refuses(table),
    )
    subject = f"CREATE INDEX runtime_audit_subject ON {table} (subject, seq)"
    plain = _Shape(by="", keys=(f"ADD CONSTRAINT {table}_pkey PRIMARY KEY (seq)", subject), triggers=triggers)
    parted = _Shape(
        by="RANGE (at)",
        keys=(f"ADD CONSTRAINT {table}_pkey PRIMARY KEY (seq, at)", subject),
        triggers=triggers,
    )
    return _swap(table, plain, parted)
