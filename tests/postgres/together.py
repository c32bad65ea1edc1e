"""Eight threads at one instant on the database that the environment names. Prints the outcomes as JSON."""

from __future__ import annotations

import json
import time
from threading import Thread

import django

django.setup()

from django.db import connection  # noqa: E402

from puhui.core.ids import derive_id  # noqa: E402
from puhui.decisions.models import ApplicationRow  # noqa: E402
from puhui.decisions.operations import save_application  # noqa: E402
from puhui.runtime.models import Inbox, Work  # noqa: E402
from puhui.runtime.operations import put_work, record_audit, record_inbox  # noqa: E402
from puhui.runtime.queries import verify_audit_chain  # noqa: E402
from puhui.runtime.transactions import transaction  # noqa: E402
from tests.loans_kit import NOW, new_borrower  # noqa: E402
from tests.operations.race import at_once  # noqa: E402

THREADS = 8


def callback(place: int) -> str:
    """The same callback, with the effect that it has in the same commit."""
    if not record_inbox(party="rail", callback_id="one", body_hash="0" * 64, now=NOW):
        return "known"
    time.sleep(0.05)
    put_work(key=f"effect:{place}", kind="effect", payload={}, now=NOW)
    return "effect"


def link(place: int) -> str:
    """A link of the audit chain."""
    record_audit(actor=f"a{place}", action="race", subject="s", detail={}, now=NOW)
    return "linked"


def halves() -> tuple[int, int]:
    """Two rows are always written together; a reader counts how often it saw one without the other."""
    seen, reads, over = 0, 0, False

    def write() -> None:
        nonlocal over
        try:
            for number in range(100):
                with transaction():
                    put_work(key=f"left:{number}", kind="half", payload={}, now=NOW)
                    put_work(key=f"right:{number}", kind="half", payload={}, now=NOW)
        finally:
            over = True
            connection.close()

    writer = Thread(target=write)
    writer.start()
    while not over or not reads:
        reads += 1
        seen += Work.objects.filter(kind="half").count() % 2
    writer.join()
    return seen, reads


def main() -> None:
    """Run every race."""
    her, _, _ = new_borrower(3)
    ApplicationRow.objects.update(state="decided", submitted_at=NOW, decided_at=NOW)

    def apply(place: int) -> str:
        save_application(id=derive_id("race", str(place)), customer_id=her, fields={}, now=NOW)
        return "opened"

    callbacks = at_once(THREADS, callback)
    applications = at_once(THREADS, apply)
    audit = at_once(THREADS, link)
    seen, reads = halves()
    print(
        json.dumps(
            {
                "callbacks": callbacks,
                "effects": Work.objects.filter(kind="effect").count() * Inbox.objects.count(),
                "applications": applications,
                "halves_seen": seen,
                "reads": reads,
                "audit": audit,
                "chain": "whole" if verify_audit_chain().ok else "broken",
            },
            sort_keys=True,
        )
    )


if __name__ == "__main__":
    main()
