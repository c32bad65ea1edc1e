"""Whole journeys, timed on a private database: run by `puhui.lab.bench` in a process of its own.

Prints one JSON line. SQLite is on disk with the demo's settings, PostgreSQL keeps its commits; the outside parties are the sandboxes without
faults, so what is timed is the platform.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from datetime import datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from puhui.customers.queries import get_customer  # noqa: E402
from puhui.decisions.domain.decide import decide  # noqa: E402
from puhui.decisions.domain.rules import Rules  # noqa: E402
from puhui.decisions.domain.values import DecisionInput  # noqa: E402
from puhui.decisions.queries import choose_rules, get_application  # noqa: E402
from puhui.facts.queries import get_facts  # noqa: E402
from puhui.journeys import assess, decision_input, house  # noqa: E402
from puhui.journeys.handlers import HANDLERS  # noqa: E402
from puhui.lab.borrower import Borrower, Wish  # noqa: E402
from puhui.lab.people import invent_person  # noqa: E402
from puhui.products.domain import Method  # noqa: E402
from puhui.runtime.clock import utc_now  # noqa: E402
from puhui.runtime.worker import drain  # noqa: E402

BORROWERS = 60
AGAIN = 20  # times that each decision is made again in process
SEED = 20261120
WISH = Wish(
    fields={
        "amount": "8000", "purpose": "education", "months": "12", "income": "12000", "rent": "2000",
        "living": "2200", "other_instalments": "0", "other_lenders": "0",
    },
    amount_minor=8_000_00, months=12, method=Method.EQUAL_INSTALMENT, autopay=True,
)  # fmt: skip


def main() -> None:
    """This function will walk borrowers from application to signature and print the figures."""
    call_command("migrate", verbosity=0)
    now = utc_now()
    walks: list[float] = []
    decisions: list[float] = []
    seen: list[tuple[DecisionInput, Rules]] = []

    def work(at: datetime) -> None:
        drain(handlers=HANDLERS, now=at, strict=True)

    for number in range(BORROWERS):
        at = now + timedelta(seconds=number)
        person = invent_person(seed=SEED, index=number)
        she = Borrower(person=person, wish=WISH, language="zh-hans", seed=SEED, work=work)
        she.register(at)
        she.say_who(at)
        start = time.perf_counter()
        she.apply(at)
        work(at)
        if assess.get_state(customer_id=she.customer_id, application_id=she.application_id).line is None:
            continue
        if she.borrow(at) is not None:
            walks.append(time.perf_counter() - start)
        for _ in range(5):
            took, input, rules = _decide(she, at)
            decisions.append(took)
        seen.append((input, rules))
    decisions.sort()
    alone = sorted(_time(input, rules) for input, rules in seen for _ in range(AGAIN))
    print(
        json.dumps(
            {
                "journey_apply_to_signed_ms": round(statistics.median(walks) * 1e3, 2),
                "decision_from_db_p99_ms": round(decisions[int(len(decisions) * 0.99)] * 1e3, 3),
                "decision_p50_us": round(alone[len(alone) // 2] * 1e6, 1),
                "decision_p99_us": round(alone[int(len(alone) * 0.99)] * 1e6, 1),
                "signed": len(walks),
            }
        )
    )


def _time(input: DecisionInput, rules: Rules) -> float:
    """Make one whole decision in process: score, tables, price, affordability, verdict, trace."""
    start = time.perf_counter()
    decide(input, rules=rules)
    return time.perf_counter() - start


def _decide(she: Borrower, at: datetime) -> tuple[float, DecisionInput, Rules]:
    """Gather everything from the database and decide once more; nothing is stored."""
    start = time.perf_counter()
    customer = get_customer(she.customer_id)
    policy = house.policy(at)
    rules = choose_rules(customer.id, jurisdiction=policy.jurisdiction, on_date=house.today(at)).rules
    seen = decision_input.gather(
        application=get_application(she.application_id),
        facts=get_facts(customer.id, known_at=at),
        region_code=customer.region_code,
        policy=policy,
        product=house.product(at),
        rules=rules,
        now=at,
    )
    decide(seen, rules=rules)
    return time.perf_counter() - start, seen, rules


if __name__ == "__main__":
    main()
