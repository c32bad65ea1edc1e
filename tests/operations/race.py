"""Races of threads in a process of its own, against the database that the environment names. Prints the outcomes."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from threading import Barrier, Thread

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from puhui.core.refusals import Refusal  # noqa: E402
from puhui.journeys import account, identify, payoff, repay  # noqa: E402
from puhui.lab.people import invent_person  # noqa: E402
from puhui.loans.domain import EventKind, Loan  # noqa: E402
from puhui.loans.models import LoanEventRow  # noqa: E402
from puhui.loans.operations import record_event  # noqa: E402
from puhui.loans.queries import get_loan, get_position  # noqa: E402
from puhui.offers.models import SignatureRow  # noqa: E402
from puhui.offers.operations import sign_quote  # noqa: E402
from puhui.payments.queries import list_orders  # noqa: E402
from puhui.runtime.transactions import transaction  # noqa: E402
from tests.golden.loan_values import DAY  # noqa: E402
from tests.loans_kit import NOW, event, new_borrower, new_quote, paid_out  # noqa: E402


def at_once(count: int, act: Callable[[int], str], *, inside: bool = True) -> Counter[str]:
    """Run `act` in `count` threads started together, each in its own transaction (or opening one by itself); count what
    each said.
    """
    barrier, said = Barrier(count), list[str]()  # whose append no other thread can cut in two

    def run(place: int) -> None:
        barrier.wait()
        try:
            with transaction() if inside else nullcontext():
                found = act(place)
        except Refusal as refusal:
            found = refusal.code
        said.append(found)
        connection.close()

    threads = [Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(said)


def sign(count: int) -> Counter[str]:
    """Everybody signs one quote; the last two are somebody else."""
    quote = new_quote(1)
    other, _, _ = new_borrower(2)

    def act(place: int) -> str:
        sign_quote(
            quote_id=quote.id,
            signer_customer_id=other if place >= count - 2 else quote.customer_id,
            code_id=f"code{place}",
            language="en",
            contract_sha256="5" * 64,
            now=NOW,
        )
        return "signed"

    said = at_once(count, act)
    said["rows"] = SignatureRow.objects.count()
    return said


def pay(count: int, loan: Loan, kind: EventKind, amount_minor: int) -> Counter[str]:
    """Everybody pays one loan."""

    def act(place: int) -> str:
        record_event(loan_id=loan.id, event=event(loan, kind, DAY, amount_minor, id=str(place)))
        return "recorded"

    said = at_once(count, act)
    said["rows"] = LoanEventRow.objects.count()
    return said


def start(count: int) -> Counter[str]:
    """On one loan everybody begins to pay what is due, or everything, each from a page of her own."""
    loan, her = paid_out(1), invent_person(seed=7, index=1)
    identify.record(
        customer_id=loan.customer_id, name=her.name, number=her.resident_number, key="who", now=NOW
    )
    account.bind(
        customer_id=loan.customer_id, number=her.account_number, bank_name=her.bank_name, key="bind", now=NOW
    )

    def act(place: int) -> str:
        who = {"customer_id": loan.customer_id, "loan_id": loan.id, "key": f"page{place}", "now": NOW}
        order = payoff.start(**who) if place % 2 else repay.start(**who, amount_minor=1_00, intent="due")
        return order.state.value

    said = at_once(count, act, inside=False)
    said["orders"] = len(list_orders(loan_id=loan.id))
    return said


def main(what: str, count: int) -> None:
    """Run one race."""
    call_command("migrate", verbosity=0)
    if what == "sign":
        said = sign(count)
    elif what == "start":
        said = start(count)
    elif what == "payoff":
        loan = paid_out(1)
        said = pay(count, loan, EventKind.PAYOFF, loan.principal_minor)
        said["closed"] = int(get_loan(id=loan.id).state.value == "closed")
    else:
        loan = paid_out(1)
        said = pay(count, loan, EventKind.REPAY, 1_00)
        said["paid"] = get_position(loan_id=loan.id, as_of=DAY).paid_minor
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
