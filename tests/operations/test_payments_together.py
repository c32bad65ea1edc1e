"""Several processes hear the same news and open the same attempts at the same instant: each counts once.

Run as a program (`python -m tests.operations.test_payments_together COMMAND …`) this file is one of those processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

COUNT = 30
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def prepare() -> None:
    """Make the tables, and open orders that the rail has accepted."""
    from django.core.management import call_command

    from tests.operations.test_payments import ACCEPTED, a_customer, an_account, an_order, submitted

    for stage in ("payments", "customers"):
        call_command("migrate", stage, verbosity=0, skip_checks=True)
    call_command("migrate", "runtime", verbosity=0, skip_checks=True)
    account = an_account(a_customer())
    for number in range(COUNT):
        submitted(an_order(account, f"o{number}"), ACCEPTED)


def hear(folder: str) -> None:
    """Open orders, bind cards and hear of outcomes as everyone else does; say what each of them led to here."""
    from puhui.core.ids import derive_id
    from puhui.payments.domain import RailOutcome
    from puhui.payments.operations import bind_account, open_attempt, record_outcome
    from puhui.payments.queries import list_accounts
    from puhui.runtime.transactions import transaction
    from tests.operations.actor import wait_for_start
    from tests.operations.test_payments import a_card, an_order

    customer = derive_id("customer", "li")
    (account,) = list_accounts(customer_id=customer)
    wait_for_start(folder)
    for number in range(COUNT):
        an_order(account, f"new {number}")
        with transaction():
            card = a_card(number)
            bound = bind_account(
                id=derive_id("a", folder, str(os.getpid()), card), customer_id=customer, number=card,
                bank_name="好银行", verified=True, now=NOW,
            )  # fmt: skip
        print("bound", bound.id)
        how = RailOutcome.FAILED if number % 2 else RailOutcome.DONE
        id = derive_id("order", f"o{number}")
        with transaction():
            day = None if how is RailOutcome.FAILED else date(2026, 11, 20)
            changed = record_outcome(order_id=id, outcome=how, settled_date=day, now=NOW)
        if changed is not None:
            print("changed", number)
        if how is RailOutcome.FAILED:
            with transaction():
                print("attempt", open_attempt(order_id=id, now=NOW).id)


def report() -> None:
    """Say how many changes, orders and pieces of work there are."""
    from puhui.payments.models import OrderEvent, OrderRow
    from puhui.runtime.models import Work

    print(OrderEvent.objects.count(), OrderRow.objects.count(), Work.objects.count())


@pytest.mark.django_db(transaction=True)
def test_one_change_however_many_hear_of_it(tmp_path: Path) -> None:
    from tests.operations.house import REPO, new_house

    folder = tmp_path
    with new_house(folder) as house:

        def start(*command: str) -> subprocess.Popen[str]:
            line = [sys.executable, "-u", "-m", "tests.operations.test_payments_together", *command]
            return subprocess.Popen(line, cwd=REPO, env=house.env, stdout=subprocess.PIPE, text=True)

        first = start("prepare")
        first.communicate(timeout=240)
        assert first.returncode == 0
        listeners = [start("hear", str(folder)) for _ in range(3)]
        while len(list(folder.glob("here.*"))) < 3:
            assert all(one.poll() is None for one in listeners)
            time.sleep(0.01)
        (folder / "start").touch()
        said: Counter[str] = Counter()
        for one in listeners:
            out, _ = one.communicate(timeout=240)
            assert one.returncode == 0
            said.update(out.splitlines())
        changed = {line: count for line, count in said.items() if line.startswith("changed")}
        attempts = {line for line in said if line.startswith("attempt")}
        assert len(changed) == COUNT and set(changed.values()) == {1}
        assert len(attempts) == COUNT // 2
        events, orders, work = map(int, start("report").communicate(timeout=240)[0].split())
        assert events == 4 * COUNT + len(attempts)
        assert orders == work == 2 * COUNT + len(attempts)
        assert len([line for line in said if line.startswith("bound")]) == COUNT


if __name__ == "__main__":
    import django

    django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
