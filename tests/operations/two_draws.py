"""Many draws on one line at the same instant, in threads of one process of a test house (`house.py`).

A line of 10,000 is granted; eight threads each draw 3,000 under sources of their own, then eight more repeat one source.
Prints the outcomes as JSON. On SQLite the house is a file, so the threads really wait for each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier, Thread

import django

THREADS = 8
NOW = datetime(2026, 11, 20, 12, 9, tzinfo=UTC)


def grant() -> str:
    """A customer, her decided application, and the line."""
    from puhui.access.operations import create_borrower_login
    from puhui.core.ids import derive_id
    from puhui.customers.operations import open_customer
    from puhui.decisions import operations as decisions
    from puhui.decisions.domain import decide
    from puhui.decisions.queries import get_rules
    from puhui.lab.people import invent_person
    from puhui.lines.operations import grant_line
    from puhui.runtime.transactions import transaction
    from tests.decisions_kit import ASKED, TODAY, build_input

    her, asked, line = (derive_id(kind, "at once") for kind in ("customer", "application", "line"))
    rules = get_rules(jurisdiction="CN", on_date=TODAY)
    with transaction():
        user_id = create_borrower_login(login="c.once", now=NOW)
        phone = invent_person(seed=8, index=1).phone
        open_customer(id=her, user_id=user_id, phone=phone, language="zh-hans", now=NOW)
        decisions.save_application(id=asked, customer_id=her, fields={}, now=NOW)
        decisions.submit_application(id=asked, application=ASKED, now=NOW)
        input = replace(build_input(by=rules), application_id=asked)
        stored = decisions.record_decision(
            id=derive_id("decision", asked),
            application_id=asked,
            input=input,
            decision=decide(input, rules=rules),
            now=NOW,
        )
        verdict = stored.decision.line
        assert verdict is not None
        grant_line(
            id=line,
            customer_id=her,
            product_id=input.product.id,
            decision_id=stored.id,
            limit_minor=10_000_00,
            currency="CNY",
            grade=verdict.grade,
            annual_rate_ppm=verdict.annual_rate_ppm,
            expires_on=verdict.expires_on,
            now=NOW,
        )
    return line


def at_once(act: Callable[[int], None]) -> list[str]:
    """Run one act in every thread, all started together; return how each ended, sorted."""
    from django.db import connection

    from puhui.core.refusals import Refusal
    from puhui.runtime.transactions import transaction

    barrier, found = Barrier(THREADS), [""] * THREADS

    def run(place: int) -> None:
        barrier.wait()
        try:
            with transaction():
                act(place)
            found[place] = "done"
        except Refusal as refusal:
            found[place] = refusal.code
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def main() -> None:
    """Draw at once, twice, and say what happened."""
    django.setup()
    from django.core.management import call_command

    from puhui.lines.operations import restore_line, use_line
    from puhui.lines.queries import get_line, list_line_events
    from puhui.runtime.transactions import transaction
    from tests.decisions_kit import TODAY

    call_command("migrate", verbosity=0)  # the house comes with the foundations' tables only
    line = grant()

    def draw(source: str) -> None:
        use_line(line_id=line, amount_minor=3_000_00, on_date=TODAY, source=source, now=NOW)

    first = at_once(lambda place: draw(f"contract:{place}"))
    full = get_line(id=line)
    with transaction():
        restore_line(line_id=line, amount_minor=9_000_00, source="event:back", now=NOW)
    second = at_once(lambda place: draw("contract:one"))
    after = get_line(id=line)
    print(
        json.dumps(
            {
                "first": first,
                "used": full.used_minor,
                "available": full.available_minor,
                "second": second,
                "used_after": after.used_minor,
                "events": len(list_line_events(line_id=line)),
            }
        )
    )


if __name__ == "__main__":
    main()
