"""Links of the audit trail in a month that has no part yet, and the schedule that makes it. Prints JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import django

django.setup()

from django.db import DatabaseError, connection  # noqa: E402

from puhui.journeys.handlers import HANDLERS, SCHEDULES  # noqa: E402
from puhui.runtime.operations import record_audit  # noqa: E402
from puhui.runtime.partitions import make_months_ahead  # noqa: E402
from puhui.runtime.queries import verify_audit_chain  # noqa: E402
from puhui.runtime.schedules import tick  # noqa: E402
from puhui.runtime.transactions import transaction  # noqa: E402
from puhui.runtime.worker import drain  # noqa: E402


def ask(sql: str) -> Any:
    """Every row of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def main() -> None:
    """Write, make, look."""
    first, night = datetime(2031, 1, 5, tzinfo=UTC), datetime(2031, 1, 9, tzinfo=UTC)
    for at in (first, night, datetime(2032, 6, 1, tzinfo=UTC)):
        with transaction():
            record_audit(actor="a", action="b", subject="c", detail={}, now=at)
    rows, rest = (
        ask("SELECT * FROM runtime_audit ORDER BY seq"),
        ask("SELECT count(*) FROM runtime_audit_rest"),
    )
    before = set(ask("SELECT relname FROM pg_class WHERE relname LIKE 'runtime_audit_2%'"))
    tick(schedules=SCHEDULES, now=first)
    tick(schedules=[one for one in SCHEDULES if one.name == "partitions"], now=night)
    done = drain(handlers=HANDLERS, now=night, strict=True)
    after = set(ask("SELECT relname FROM pg_class WHERE relname LIKE 'runtime_audit_2%' AND relkind = 'r'"))
    with transaction():
        again = make_months_ahead(today=date(2031, 1, 9))
    try:
        with transaction():
            ask("UPDATE runtime_audit_2031_01 SET actor = 'x' RETURNING seq")
        edit = "let through"
    except DatabaseError:
        edit = "refused"
    print(
        json.dumps(
            {
                "made": [f"runtime_audit {name[-7:-3]}-{name[-2:]}" for (name,) in sorted(after - before)],
                "made_again": again,
                "in_rest_before": rest[0][0],
                "in_rest_after": ask("SELECT count(*) FROM runtime_audit_rest")[0][0],
                "in_month": ask("SELECT count(*) FROM runtime_audit_2031_01")[0][0],
                "rows_equal": ask("SELECT * FROM runtime_audit ORDER BY seq") == rows,
                "chain": "whole" if verify_audit_chain().ok else "broken",
                "edit": edit,
                "scheduled": bool(done),
            }
        )
    )


if __name__ == "__main__":
    main()
