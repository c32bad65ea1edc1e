"""The staff's pages: closed to borrowers, masked by default, found without a trace, tries limited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.utils import url_str_to_user_pk
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from puhui.access import operations as access
from puhui.access.staff.second_factor import SealedAdapter
from puhui.runtime.transactions import transaction

from .web_kit import borrower, staff, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_staff_pages_are_closed_to_borrowers_and_open_to_staff() -> None:
    client, customer = borrower()
    lost = client.get("/staff/customers")
    assert lost.status_code == 404
    assert "我要帮助" not in text_of(lost.content), "the pill of borrowers is none of the desk's"
    assert Client().get("/staff/customers").headers["Location"].startswith("/staff/login")
    desk = staff()
    assert desk.get("/staff/customers").status_code == 200
    assert desk.get(f"/staff/customers/{customer.id}").status_code == 200
    assert desk.get("/me").status_code == 302


def test_only_some_roles_may_unmask_and_it_is_written_down() -> None:
    from puhui.runtime.queries import list_audit

    _client, customer = borrower()
    page = f"/staff/customers/{customer.id}"
    closed = staff("analyst")
    assert "your role may not unmask" in text_of(closed.get(page).content)
    assert closed.post(f"{page}/unmask", {"key": "k" * 24}).status_code == 403
    desk = staff("operations")
    assert "154 **** " in text_of(desk.get(page).content)
    shown = desk.post(f"{page}/unmask", {"key": "k" * 24})
    assert customer.phone_tail in text_of(shown.content) and "154 **** " not in text_of(shown.content)
    assert [row.action for row in list_audit(f"customer:{customer.id}")].count("customer.unmasked") == 1


def test_staff_passwords_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count is the database's: another web process, whose memory is empty, goes on with it."""
    start = datetime.now(UTC)
    clock = {"now": start}
    monkeypatch.setattr("puhui.web.clock.now", lambda request=None: clock["now"])
    with transaction():
        access.create_staff(login="limited", password="long-enough-password", role="auditor", now=start)

    def try_in(password: str, place: str = "198.51.100.7") -> Any:
        cache.clear()
        client = Client(HTTP_ACCEPT_LANGUAGE="en", REMOTE_ADDR=place)
        return client.post("/staff/login", {"login": "limited", "password": password})

    for _ in range(5):
        assert try_in("wrong").status_code == 422
    answer = try_in("long-enough-password")
    assert answer.status_code == 429 and "Too many attempts. Wait until" in text_of(answer.content)
    assert try_in("wrong", "198.51.100.8").status_code == 422
    clock["now"] = start + timedelta(minutes=15, seconds=1)
    assert try_in("wrong").status_code == 422
    assert try_in("long-enough-password").status_code == 302
    for _ in range(5):  # the right one ended the count
        assert try_in("wrong").status_code == 422
    assert try_in("wrong").status_code == 429


def test_tries_of_a_second_factor_are_limited_too() -> None:
    with transaction():
        assert [
            access.take_try(purpose="staff_factor", subject="s", now=datetime(2026, 1, 1, tzinfo=UTC))
            for _ in range(6)
        ] == [None] * 5 + [datetime(2026, 1, 1, 0, 15, tzinfo=UTC)]
        later = datetime(2026, 1, 1, 0, 15, tzinfo=UTC)
        assert access.take_try(purpose="staff_factor", subject="other", now=later) is None
        assert access.take_try(purpose="staff_factor", subject="s", now=later) is None


@pytest.mark.parametrize("pk", [1, 9, 10, 13, 35, 36, 2_000_000])
def test_a_passkey_names_the_login_that_bound_it(pk: int) -> None:
    """The kept library reads the id that a device gives back in its own way: ten and above differ from plain digits."""
    said = SealedAdapter().get_public_key_credential_user_entity(get_user_model()(pk=pk, login="a-login"))
    assert url_str_to_user_pk(said["id"].decode()) == pk
    assert said["name"] == said["display_name"] == "a-login"


def test_the_staff_list_asks_a_fixed_number_of_questions() -> None:
    desk = staff()
    counts = []
    for _ in range(2):
        borrower()
        borrower()
        desk.get("/staff/customers")
        with CaptureQueriesContext(connection) as asked:
            desk.get("/staff/customers")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 8


def test_staff_find_a_customer_without_writing_her_phone_anywhere() -> None:
    desk = staff()
    _client, customer = borrower()
    from puhui.customers.queries import get_phone

    phone = get_phone(customer.id)
    found = desk.post("/staff/customers", {"search": phone})
    assert found.headers["Location"] == f"/staff/customers/{customer.id}"
    nobody = desk.post("/staff/customers", {"search": "15400000000"})
    assert nobody.status_code == 422 and "Nobody was found" in text_of(nobody.content)
