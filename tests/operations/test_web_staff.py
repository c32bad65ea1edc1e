"""The staff's pages: closed to borrowers, masked by default, found without a trace, tries limited."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from .web_kit import borrower, staff, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_staff_pages_are_closed_to_borrowers_and_open_to_staff() -> None:
    client, customer = borrower()
    assert client.get("/staff/customers").status_code == 404
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


def test_staff_passwords_are_limited() -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en", REMOTE_ADDR="198.51.100.7")
    for _ in range(5):
        assert client.post("/staff/login", {"login": "nobody", "password": "wrong"}).status_code == 422
    answer = client.post("/staff/login", {"login": "nobody", "password": "wrong"})
    assert answer.status_code == 429 and "Wait 15 minutes" in text_of(answer.content)


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
