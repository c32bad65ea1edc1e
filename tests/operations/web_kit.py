"""What the tests of pages share: a signed-in borrower on Django's own client, and the hidden key of a form."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from puhui.access import operations as access
from puhui.customers import operations as customers
from puhui.customers.domain import Customer
from puhui.customers.queries import get_customer
from puhui.runtime.clock import utc_now
from puhui.runtime.transactions import transaction

_numbers = count(1)


def begin_anew() -> None:
    """Number people from the first again, as the first test of a process does."""
    global _numbers
    _numbers = count(1)


def key_of(html: bytes) -> str:
    """Return the idempotency key of the page's last form."""
    return re.findall(r'name="key" value="([^"]+)"', html.decode())[-1]


def text_of(html: bytes) -> str:
    """Return the words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.decode()))


def borrower(language: str = "zh-hans") -> tuple[Client, Customer]:
    """Return a client signed in as a new customer."""
    number = next(_numbers)
    now = utc_now()
    with transaction():
        user_id = access.create_borrower_login(login=f"c.web{number:08d}", now=now)
        customer = customers.open_customer(
            id=f"webtest{number:019d}".translate(str.maketrans("0189", "abcd")),
            user_id=user_id,
            phone=f"154{number:08d}",
            language=language,
            now=now,
        )
    client = Client(HTTP_ACCEPT_LANGUAGE="en" if language == "en" else "zh-CN")
    client.force_login(get_user_model().objects.get(pk=user_id))
    return client, customer


def client_of(customer_id: str, language: str = "en") -> Client:
    """Return a client signed in as a customer that is there already."""
    user = get_user_model()._default_manager.get(pk=get_customer(customer_id).user_id)
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def staff(role: str = "operations") -> Client:
    """Return a client signed in as a member of staff."""
    with transaction():
        user_id = access.create_staff(
            login=f"{role}.{next(_numbers)}",
            password="long-enough-password",
            role=role,
            now=datetime.now(UTC),
        )
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(get_user_model().objects.get(pk=user_id))
    return client


def post(client: Client, path: str, data: dict[str, Any], *, page: str = "") -> Any:
    """Open the page, take its key, send the form."""
    key = key_of(client.get(page or path).content)
    return client.post(path, {**data, "key": key})
