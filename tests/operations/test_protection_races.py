"""Two at the same instant: one identity, one number of a case, one consent. Row locks are real on PostgreSQL only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from django.db import connection

from puhui.access.operations import create_borrower_login
from puhui.core.ids import derive_id
from puhui.customers.operations import IdentityAlreadyUsed, PhoneAlreadyUsed, open_customer, record_identity
from puhui.lab.people import invent_person
from puhui.protection import operations, queries
from puhui.protection.domain import ConsentNotGiven, last_instant
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HER = derive_id("customer", "race")
pytestmark = [
    pytest.mark.skipif(
        connection.vendor == "sqlite",
        reason="SQLite has one writer at a time by itself; tests/postgres/test_same_suite.py runs these (make release-check)",
    ),
    pytest.mark.django_db(transaction=True),
]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run each act in a thread of its own, all started together; return results, or the exceptions raised."""
    barrier, found = Barrier(len(acts)), [object()] * len(acts)

    def run(place: int) -> None:
        barrier.wait()
        try:
            with transaction():
                found[place] = acts[place]()
        except Exception as fault:
            found[place] = fault
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def new_login(index: int) -> int:
    with transaction():
        return create_borrower_login(login=f"c.race{index}", now=NOW)


def new_customer(index: int) -> str:
    id, user_id = derive_id("customer", str(index)), new_login(index)
    with transaction():
        open_customer(
            id=id, user_id=user_id, phone=invent_person(seed=1, index=index).phone, language="zh", now=NOW
        )
    return id


def test_one_number_is_one_person() -> None:
    someone = invent_person(seed=1, index=9)
    ids = [new_customer(index) for index in range(4)]
    acts = [
        lambda id=id: record_identity(  # type: ignore[misc]
            customer_id=id, name=someone.name, number=someone.resident_number, now=NOW
        )
        for id in ids
    ]
    refused = [one for one in at_once(*acts) if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [IdentityAlreadyUsed] * 3


def test_one_phone_is_one_customer() -> None:
    logins = [new_login(index) for index in range(4)]
    acts = [
        lambda n=n, user_id=user_id: open_customer(  # type: ignore[misc]
            id=derive_id("customer", str(n)), user_id=user_id, phone="15400000001", language="zh", now=NOW
        )
        for n, user_id in enumerate(logins)
    ]
    refused = [one for one in at_once(*acts) if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [PhoneAlreadyUsed] * 3


def test_case_numbers_run_without_a_gap_or_a_double() -> None:
    acts = [
        lambda n=n: operations.open_case(  # type: ignore[misc]
            id=derive_id("case", str(n)),
            customer_id=HER,
            kind="question",
            about="",
            text="?",
            now=NOW,
            due_at=last_instant(NOW, days=2, zone="Asia/Shanghai"),
            hold=False,
        )
        for n in range(6)
    ]
    at_once(*acts)
    numbers = sorted(case.number for case in queries.list_cases(HER))
    assert numbers == [f"C-1126-{n:03d}" for n in range(1, 7)]


def test_a_consent_is_withdrawn_once() -> None:
    with transaction():
        operations.give_consent(
            id=derive_id("c"), customer_id=HER, purpose="service", text_version="v", subject="", now=NOW
        )
    acts = [lambda: operations.withdraw_consent(customer_id=HER, purpose="service", now=NOW)] * 3
    refused = [one for one in at_once(*acts) if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [ConsentNotGiven] * 2


def test_a_consent_given_on_two_pages_is_one() -> None:
    acts = [
        lambda n=n: operations.give_consent(  # type: ignore[misc]
            id=derive_id("c", str(n)),
            customer_id=HER,
            purpose="service",
            text_version="v",
            subject="",
            now=NOW,
        )
        for n in range(3)
    ]
    found = at_once(*acts)
    assert len({getattr(one, "id", one) for one in found}) == 1 and len(queries.list_consents(HER)) == 1
