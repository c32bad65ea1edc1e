"""Many clients pay one loan into one pool account at once, each payment a transaction of its own. Prints what stands after.

python -m tests.postgres.pouring CLIENTS PAYMENTS, on the database that the environment names.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from threading import Barrier, Thread

import django

django.setup()

from django.db import connection  # noqa: E402

from puhui.core.ids import derive_id  # noqa: E402
from puhui.core.refusals import Refusal  # noqa: E402
from puhui.journeys import happen  # noqa: E402
from puhui.ledger.queries import get_balance  # noqa: E402
from puhui.lines.operations import use_line  # noqa: E402
from puhui.lines.queries import get_line  # noqa: E402
from puhui.loans.domain import EventKind, Loan, balances  # noqa: E402
from puhui.loans.queries import get_loan, get_position, list_events  # noqa: E402
from puhui.runtime.transactions import transaction  # noqa: E402
from tests.golden.loan_values import DAY  # noqa: E402
from tests.loans_kit import new_loan  # noqa: E402

AT = datetime(DAY.year, DAY.month, DAY.day, 4, tzinfo=UTC)
POOL = "1003"  # collections in transit: what the pool account received
TWICE = 10  # one payment in ten is sent a second time, under its own id


def move(loan: Loan, kind: EventKind, amount_minor: int, id: str) -> None:
    """Record one movement, as the answer of the rail does."""
    with transaction():
        happen.record(id=id, loan=loan, kind=kind, value_date=DAY, amount_minor=amount_minor, now=AT)


def shares(total_minor: int, count: int, dice: random.Random) -> list[int]:
    """Split a sum into `count` amounts of at least one minor unit, unevenly."""
    cuts = sorted(dice.sample(range(1, total_minor), count - 1))
    return [right - left for left, right in zip([0, *cuts], [*cuts, total_minor], strict=True)]


def main(clients: int, payments: int) -> None:
    """Open a loan, let everybody pay it, and print what the loan, the ledger and the line say."""
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    dice = random.Random(seed)
    loan = new_loan(1)
    pool = get_balance(code=POOL, currency="CNY")
    with transaction():
        use_line(line_id=loan.line_id, amount_minor=loan.principal_minor, on_date=DAY, source=loan.id, now=AT)
    move(loan, EventKind.DISBURSE, loan.principal_minor, derive_id("event", loan.id, "out"))
    amounts = shares(
        loan.principal_minor - 1, payments, dice
    )  # the day's interest is nil; one minor unit stays
    work = [(derive_id("pouring", str(n)), amount) for n, amount in enumerate(amounts)]
    work += dice.sample(work, payments // TWICE)
    dice.shuffle(work)
    barrier, said = Barrier(clients), list[str]()  # whose append no other thread can cut in two

    def pay(place: int) -> None:
        barrier.wait()
        for id, amount in work[place::clients]:
            try:
                move(loan, EventKind.REPAY, amount, id)
                said.append("done")
            except Refusal as refusal:
                said.append(refusal.code)
        connection.close()

    began = time.monotonic()
    threads = [Thread(target=pay, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = list_events(loan_id=loan.id)
    there = get_position(loan_id=loan.id, as_of=DAY)
    rebuilt = balances(there)
    print(
        json.dumps(
            {
                "seed": seed,
                "said": Counter(said),
                "events": len(events),
                "numbers": [one.seq for one in events] == list(range(1, len(events) + 1)),
                "paid": sum(one.amount_minor for one in events if one.kind is EventKind.REPAY),
                "asked": sum(amounts),
                "payoff": there.payoff_minor,
                "receivable_differs": get_balance(code="1301", currency="CNY") - rebuilt["1301"],
                "owed": get_balance(code="1301", currency="CNY"),
                "pool": get_balance(code=POOL, currency="CNY") - pool,
                "used": get_line(id=loan.line_id).used_minor,
                "state": get_loan(id=loan.id).state.value,
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
