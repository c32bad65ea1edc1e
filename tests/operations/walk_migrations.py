"""Walks every migration back to nothing and forth again, or cuts one off in the middle. Prints JSON.

python -m tests.operations.walk_migrations walk
python -m tests.operations.walk_migrations cut NUMBER   # the process dies inside the NUMBERth migration
python -m tests.operations.walk_migrations shape
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.migrations import Migration  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

POSTGRES = """
SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(character_maximum_length::text, '')
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, regexp_replace(indexname, '_[0-9a-f]{8}', '_#', 'g'),
regexp_replace(indexdef, '_[0-9a-f]{8}', '_#', 'g') FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3, 4"""
SQLITE = "SELECT type, tbl_name, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2, 3"


def shape() -> list[Any]:
    """Every table, column, index, constraint and trigger."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRES if connection.vendor == "postgresql" else SQLITE)
        return [[re.sub(r"\s+", " ", str(cell)) for cell in row] for row in cursor.fetchall()]


def walk() -> dict[str, Any]:
    """Forth, back to nothing, forth again."""
    executor = MigrationExecutor(connection)
    targets = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(targets)
    executor.migrate(targets)
    first = shape()
    executor = MigrationExecutor(connection)
    apps = sorted({one.app_label for one, _ in plan})
    executor.migrate([(app, None) for app in apps])
    nothing = [row for row in shape() if "django_migrations" not in row[1]]
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    second = shape()
    return {
        "migrations": len(plan),
        "left_at_nothing": nothing,
        "parts": len(first),
        "lost": [row for row in first if row not in second],
        "new": [row for row in second if row not in first],
    }


def cut(number: int) -> None:
    """Die as by a power cut, after everything that the NUMBERth migration of ours does and before its commit."""
    apply, seen = Migration.apply, 0

    def dying(self: Migration, state: Any, editor: Any, collect_sql: bool = False) -> Any:
        nonlocal seen
        found = apply(self, state, editor, collect_sql)
        seen += self.__module__.startswith("puhui.")
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    Migration.apply = dying  # type: ignore[method-assign]
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


if __name__ == "__main__":
    if sys.argv[1] == "walk":
        print(json.dumps(walk()))
    elif sys.argv[1] == "shape":
        print(json.dumps(shape()))
    else:
        cut(int(sys.argv[2]))
