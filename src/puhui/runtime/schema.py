"""Migration operations that hold on SQLite and PostgreSQL alike: append-only tables and cross-stage references.

Stages refer to each other by plain ids, so that no stage imports another's models; the constraint itself lives in
the database and is added here. On SQLite a reference is a pair of triggers, for a table cannot be altered there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import migrations


def _run(
    sqlite: list[str], postgres: list[str], sqlite_back: list[str], postgres_back: list[str]
) -> migrations.RunPython:
    def forwards(apps: Any, editor: Any) -> None:
        for statement in sqlite if editor.connection.vendor == "sqlite" else postgres:
            editor.connection.cursor().execute(statement)

    def backwards(apps: Any, editor: Any) -> None:
        for statement in sqlite_back if editor.connection.vendor == "sqlite" else postgres_back:
            editor.connection.cursor().execute(statement)

    return migrations.RunPython(forwards, backwards)


def append_only(table: str, *, remade: bool = False) -> migrations.RunPython:
    """This function will make `table` refuse UPDATE and DELETE, whoever asks, on both databases. `remade`: again, after
    a change of columns or constraints, for which SQLite makes the table anew without its triggers.
    """
    sqlite = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("update", "delete")
    ]
    postgres = [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
    ]
    if remade:
        return _run(sqlite, [], [], [])
    return _run(
        sqlite,
        postgres,
        [f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete")],
        [f"DROP TRIGGER {table}_append_only ON {table}", f"DROP FUNCTION {table}_refuse()"],
    )


def lifted(table: str, change: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """This function will return `change` as a migration runs it on an append-only table: its guard is put back at once."""
    off_sqlite = [f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete")]
    guard = append_only(table, remade=True)

    def run(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "sqlite":
            for statement in off_sqlite:
                editor.connection.cursor().execute(statement)
            change(apps, editor)
            guard.code(apps, editor)
            return
        editor.connection.cursor().execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        change(apps, editor)
        editor.connection.cursor().execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")

    return run


def reference(
    table: str, column: str, to_table: str, to_column: str = "id", *, remade: bool = False
) -> migrations.RunPython:
    """This function will make `table.column` refer to `to_table.to_column` in the database (NULL is allowed).

    `remade`: again, after a change for which SQLite makes `table` anew without its triggers.
    """
    name = f"{table}_{column}_ref"
    missing = (
        f"NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {to_table} WHERE {to_column} = NEW.{column})"
    )
    body = f"WHEN {missing} BEGIN SELECT RAISE(ABORT, '{table}.{column} refers to no {to_table}'); END"
    sqlite = [
        f"CREATE TRIGGER {name}_insert BEFORE INSERT ON {table} {body}",
        f"CREATE TRIGGER {name}_update BEFORE UPDATE OF {column} ON {table} {body}",
    ]
    postgres = [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {to_table} ({to_column})"
    ]
    if remade:
        return _run(sqlite, [], [], [])
    return _run(
        sqlite,
        postgres,
        [f"DROP TRIGGER {name}_insert", f"DROP TRIGGER {name}_update"],
        [f"ALTER TABLE {table} DROP CONSTRAINT {name}"],
    )


def audit_chain() -> migrations.RunPython:
    """This function will make the audit head follow each new link, and refuse a link that does not follow the head.

    The head moves in a trigger, so that a writer needs two statements and cannot forget it.
    """
    broken = "runtime_audit: a row must follow the head"
    follows = (
        "NEW.seq = COALESCE((SELECT seq FROM runtime_audit_head WHERE id = 1), 0) + 1 "
        f"AND NEW.prev_hash = COALESCE((SELECT hash FROM runtime_audit_head WHERE id = 1), '{'0' * 64}')"
    )
    advance = (
        "INSERT INTO runtime_audit_head (id, seq, hash) VALUES (1, NEW.seq, NEW.hash) "
        "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;"
    )
    sqlite = [
        f"CREATE TRIGGER runtime_audit_follows BEFORE INSERT ON runtime_audit WHEN NOT ({follows}) "
        f"BEGIN SELECT RAISE(ABORT, '{broken}'); END",
        f"CREATE TRIGGER runtime_audit_advance AFTER INSERT ON runtime_audit BEGIN {advance} END",
    ]
    postgres = [
        f"CREATE FUNCTION runtime_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NOT ({follows}) THEN RAISE EXCEPTION '{broken}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        f"{advance} RETURN NEW; END $$",
        "CREATE TRIGGER runtime_audit_chain BEFORE INSERT ON runtime_audit "
        "FOR EACH ROW EXECUTE FUNCTION runtime_audit_chain()",
    ]
    return _run(
        sqlite,
        postgres,
        ["DROP TRIGGER runtime_audit_follows", "DROP TRIGGER runtime_audit_advance"],
        ["DROP TRIGGER runtime_audit_chain ON runtime_audit", "DROP FUNCTION runtime_audit_chain()"],
    )
