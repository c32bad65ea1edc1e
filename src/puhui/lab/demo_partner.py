"""The demo's partner: its credentials, and one customer whom it introduced, with a running loan, to look at."""

from __future__ import annotations

from datetime import datetime

from puhui.access.partners.queries import list_delegations
from puhui.customers.domain import Customer
from puhui.journeys import introduce
from puhui.journeys.handlers import HANDLERS
from puhui.journeys.partners import DemoClient
from puhui.journeys.partners import ensure_demo_client as ensure_client
from puhui.lab.borrower import Borrower, Wish
from puhui.lab.people import invent_person
from puhui.products.domain import Method
from puhui.runtime.worker import drain

SEED = 20261122
FIRST_INDEX, TRIES = 990_001, 12  # people of the demo's partner; not all of them are approved
FIELDS = {
    "amount": "20000",
    "purpose": "daily",
    "months": "12",
    "income": "18000",
    "rent": "3000",
    "living": "2500",
    "other_instalments": "0",
    "other_lenders": "0",
}


class Introduced(Borrower):
    """Somebody who comes through a partner's program."""

    client_id = ""  # the partner's program

    def register(self, now: datetime) -> Customer:
        """She proves her phone to the partner."""
        phone, language, code = self.person.phone, self.language, self.code("sign in")
        introduce.request_code(phone=phone, language=language, code=code, key=self.key("ask code"), now=now)
        customer = introduce.confirm_code(
            client_id=self.client_id,
            phone=phone,
            code=code,
            language=language,
            key=self.key("give code"),
            now=now,
        )
        self.customer_id = customer.id
        return customer


def ensure_demo_client(*, now: datetime) -> DemoClient:
    """This function will return the demo's client, made at the first call together with a customer of its own."""
    demo = ensure_client(now=now)
    if not list_delegations(client_id=demo.client.id, limit=1):
        _introduce(demo.client.id, now)
    return demo


def _introduce(client_id: str, now: datetime) -> None:
    """Bring people until one of them has a loan; those before her stay, with their verdicts, to look at too."""
    for index in range(FIRST_INDEX, FIRST_INDEX + TRIES):
        wish = Wish(
            fields=FIELDS,
            amount_minor=1_200_000,
            months=12,
            method=Method.EQUAL_INSTALMENT,
            autopay=True,
        )
        person = invent_person(seed=SEED, index=index)
        one = Introduced(person=person, wish=wish, language="en", seed=SEED, work=_work)
        one.client_id = client_id
        if one.ask(now).line is not None and one.borrow(now) is not None:
            _work(now)
            return


def _work(now: datetime) -> None:
    drain(handlers=HANDLERS, now=now, limit=500)
