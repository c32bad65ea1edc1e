"""Planted personal data: a phone, a name, a resident number and an account number walk through pages and journeys.

They must stand in clear in no log, no URL, no error page, and nowhere in the database: whoever reads its file, its
traces, its work payloads or its audit trail finds sealed text only.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from puhui.contact.queries import list_inbox
from puhui.facts.sandbox_files import Entry, key_of
from puhui.journeys import account, complain, consent, identify, payoff, sign
from puhui.lab.borrower import CONSENTS
from puhui.lab.people import luhn_digit, make_test_resident_number
from puhui.runtime.logs import JsonFormatter
from tests.journeys.world import GOOD_ROW, MONEY, World

PHONE = "15498761234"
NAME = "欧阳旖旎"
NUMBER = make_test_resident_number(region_code="310199", birth_date=date(1987, 6, 5), sequence=432)
ACCOUNT = "999900765432109876" + luhn_digit("999900765432109876")
PLANTED = (PHONE, NAME, NUMBER, ACCOUNT)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as the deployment's formatter writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def database_bytes() -> bytes:
    """The whole database as its file would hold it, or on PostgreSQL every table in the binary form of a copy."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        raw: bytes = connection.connection.serialize()
        return raw
    held = bytearray()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            with cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT (FORMAT binary)') as rows:
                for piece in rows:
                    held += piece
    return bytes(held)


def assert_absent(where: str, content: bytes) -> None:
    """None of the planted values stands in the content."""
    for value in PLANTED:
        assert value.encode() not in content, f"{value} stands in {where}"


class Browser:
    """A test client that remembers every URL it was sent to."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.urls: list[str] = []

    def get(self, url: str) -> str:
        """Read a page."""
        answer = self.client.get(url)
        self.urls += [url, answer.headers.get("Location", "")]
        return answer.content.decode()

    def post(self, url: str, **fields: str | list[str]) -> tuple[int, str]:
        """Send the form of a page, with its idempotency key."""
        page = self.get(url)
        keys = dict(re.findall(r'<input type="hidden" name="(key|form_key)" value="([^"]*)"', page))
        answer = self.client.post(url, {**keys, **fields})
        self.urls += [url, answer.headers.get("Location", "")]
        return answer.status_code, answer.content.decode()


def test_nothing_planted_stands_in_clear_anywhere(
    world: World, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("puhui.web.clock.now", lambda request=None: world.now)
    world.directory[key_of(NUMBER)] = Entry(row=GOOD_ROW, hit="hit")
    browser = Browser()
    browser.post("/sign-in", phone=PHONE)
    world.work()
    code = re.findall(r"\d{6}", list_inbox(limit=1)[0].text)[0]
    status, _ = browser.post("/sign-in/code", code=code)
    assert status == 302
    from puhui.customers.queries import find_by_phone

    customer = find_by_phone(PHONE)
    assert customer is not None

    # A page that breaks must not tell what it was working on.
    with monkeypatch.context() as broken:
        broken.setattr(identify, "record", _break)
        consent.give(customer_id=customer.id, purposes=CONSENTS, key="c", now=world.now)
        status, page = browser.post("/apply/2", name=NAME, number=NUMBER, identity="on", consent=["identity"])
        assert status == 500
        assert_absent("an error page", page.encode())
    assert_absent("a page that does not exist", browser.get("/loans/nothing").encode())

    browser.post("/apply/1", amount=MONEY["amount"], months="12", purpose="daily")
    browser.post("/apply/2", name=NAME, number=NUMBER, identity="on", consent=["identity"])
    loan_id = _borrow(world, customer.id)
    for url in ("/", "/loans", f"/loans/{loan_id}", f"/loans/{loan_id}/pay", "/me", "/accounts", "/help"):
        browser.get(url)
    complain.open(
        customer_id=customer.id,
        kind="complaint",
        about="",
        text=f"我是{NAME}，{PHONE}",
        key="k",
        now=world.now,
    )
    payoff.start(customer_id=customer.id, loan_id=loan_id, key="off", now=world.now)
    world.work()

    assert_absent("the database", database_bytes())
    assert_absent("a URL", "\n".join(browser.urls).encode())
    assert_absent("a log", logged.getvalue().encode())
    for path in Path(settings.VAR_DIR).glob("blobs/**/*"):
        if path.is_file():
            assert_absent(f"the blob {path.name}", path.read_bytes())


def _break(**_: object) -> None:
    raise RuntimeError(f"could not record {NUMBER} of {PHONE}")


def _borrow(world: World, customer_id: str) -> str:
    """The rest of the way, by the journeys that the pages call."""
    from puhui.journeys import apply, offer
    from puhui.loans.queries import get_loan
    from puhui.products.domain import Method

    identify.record(customer_id=customer_id, name=NAME, number=NUMBER, key="i", now=world.now)
    draft = apply.save(customer_id=customer_id, fields=MONEY, key="a", now=world.now)
    apply.submit(customer_id=customer_id, application_id=draft.id, key="s", now=world.now)
    world.work()
    quote = offer.quote(
        customer_id=customer_id,
        amount_minor=1_000_000,
        months=6,
        method=Method.EQUAL_INSTALMENT,
        key="q",
        now=world.now,
    )
    account.bind(customer_id=customer_id, number=ACCOUNT, bank_name="北辰银行", key="b", now=world.now)
    sign.request_code(customer_id=customer_id, quote_id=quote.id, code="314159", key="c", now=world.now)
    loan = sign.sign(
        customer_id=customer_id, quote_id=quote.id, code="314159", language="zh-hans", key="z", now=world.now
    )
    world.work()
    return get_loan(id=loan.id).id
