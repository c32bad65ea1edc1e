"""The page of a loan with a long history beside that of one with a short history, on a private SQLite database: run by
`puhui.lab.bench` in a process of its own. Prints one JSON line.

The payments of a history are recorded as they are by a journey, so every check of theirs runs; a page is answered by
Django's own client, so what is timed is the platform without a network.
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

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from puhui.core.ids import derive_id  # noqa: E402
from puhui.customers.queries import get_customer  # noqa: E402
from puhui.journeys import happen, house  # noqa: E402
from puhui.journeys.handlers import HANDLERS  # noqa: E402
from puhui.lab.bench_journeys import SEED, WISH  # noqa: E402
from puhui.lab.borrower import Borrower  # noqa: E402
from puhui.lab.people import invent_person  # noqa: E402
from puhui.loans.domain import EventKind, Loan  # noqa: E402
from puhui.loans.domain.compute import forget_positions  # noqa: E402
from puhui.loans.queries import list_events  # noqa: E402
from puhui.runtime.clock import utc_now  # noqa: E402
from puhui.runtime.remembered import forget_stories  # noqa: E402
from puhui.runtime.transactions import transaction  # noqa: E402
from puhui.runtime.worker import drain  # noqa: E402

SHORT, LONG = 8, 700  # events
PEOPLE = 40  # tried until two have a loan
PAGES = 15  # of each loan, the median counts
PART_MINOR = 500  # of a payment: a little of one instalment after the other


def work(at: datetime) -> None:
    """This function will do the background work that waits at an instant."""
    drain(handlers=HANDLERS, now=at, strict=True)


def paid_out(now: datetime, count: int) -> list[tuple[Borrower, Loan]]:
    """This function will bring borrowers to a loan that is paid out, `count` of them."""
    found: list[tuple[Borrower, Loan]] = []
    for number in range(PEOPLE):
        at = now + timedelta(seconds=number)
        she = Borrower(
            person=invent_person(seed=SEED, index=number), wish=WISH, language="zh-hans", seed=SEED, work=work
        )
        if she.ask(at).line is None or (loan := she.borrow(at)) is None:
            continue
        for minutes in range(1, 30):
            work(at + timedelta(minutes=minutes))
            if any(event.kind is EventKind.DISBURSE for event in list_events(loan_id=loan.id)):
                found.append((she, loan))
                break
        if len(found) == count:
            return found
    raise RuntimeError(f"only {len(found)} of {PEOPLE} borrowers got a loan")


def lengthen(loan: Loan, events: int, now: datetime) -> None:
    """This function will record small payments until the loan has so many events."""
    today = house.today(now)
    for number in range(events - len(list_events(loan_id=loan.id))):
        with transaction():
            happen.record(
                id=derive_id("bench_payment", loan.id, str(number)),
                loan=loan,
                kind=EventKind.REPAY,
                value_date=today,
                amount_minor=PART_MINOR,
                now=now,
            )


def page_ms(she: Borrower, loan: Loan) -> tuple[float, float]:
    """This function will return the CPU milliseconds of her loan's page: of the first look in a process, and the median of
    PAGES more.
    """
    user_id = get_customer(she.customer_id).user_id
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-CN")
    client.force_login(get_user_model().objects.get(pk=user_id))
    took = []
    client.get(reverse("loan", args=[loan.id]))  # templates and statements are read once, whoever looks
    forget_positions()
    forget_stories()
    for _ in range(PAGES + 1):
        start = time.process_time()
        answer = client.get(reverse("loan", args=[loan.id]))
        took.append(time.process_time() - start)
        assert answer.status_code == 200, answer.status_code
    return took[0] * 1e3, statistics.median(took[1:]) * 1e3


def main() -> None:
    """This function will lengthen two loans, ask for their pages and print the figures."""
    call_command("migrate", verbosity=0)
    now = utc_now()
    (first, short), (second, long) = paid_out(now, 2)
    lengthen(short, SHORT, now)
    lengthen(long, LONG, now)
    (_, few), (first_look, many) = page_ms(first, short), page_ms(second, long)
    found = {"loan_page_8_ms": few, "loan_page_700_ms": many, "loan_page_700_first_ms": first_look}
    print(json.dumps(found | {"loan_page_700_vs_8": many / few}))


if __name__ == "__main__":
    main()
