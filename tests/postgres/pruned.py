"""What PostgreSQL reads when we ask for the events of loans. Prints, for each of our queries, the parts it looks into."""

from __future__ import annotations

import json
import re

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from puhui.loans.domain import EventKind  # noqa: E402
from puhui.loans.operations import record_event  # noqa: E402
from puhui.loans.queries import get_position, list_positions  # noqa: E402
from puhui.runtime.transactions import transaction  # noqa: E402
from tests.golden.loan_values import DAY  # noqa: E402
from tests.loans_kit import event, paid_out  # noqa: E402


def main() -> None:
    """Pay one loan, look at it, and explain every query that read events."""
    loans = [paid_out(number) for number in (1, 2, 3)]
    with CaptureQueriesContext(connection) as asked:
        with transaction():
            record_event(loan_id=loans[0].id, event=event(loans[0], EventKind.REPAY, DAY, 1_00, id="a"))
        get_position(loan_id=loans[0].id, as_of=DAY)
        list_positions(loan_ids=[one.id for one in loans], as_of=DAY)
    found = []
    with connection.cursor() as cursor:
        for one in asked.captured_queries:
            if one["sql"].startswith("SELECT") and "loans_event" in one["sql"]:
                cursor.execute("EXPLAIN " + one["sql"])
                plan = "\n".join(row[0] for row in cursor.fetchall())
                found.append(len(set(re.findall(r"loans_event_h\d\d", plan))))
        cursor.execute("SELECT count(DISTINCT tableoid) FROM loans_event")
        spread = cursor.fetchone()[0]
    print(json.dumps({"parts_read": found, "loans": len(loans), "spread": spread}))


if __name__ == "__main__":
    main()
