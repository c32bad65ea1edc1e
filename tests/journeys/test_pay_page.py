"""The page that takes a payment: what was seen is what is taken, once, however often and from wherever it is sent."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from puhui.customers.queries import get_customer
from puhui.journeys import payoff
from puhui.lab.borrower import Borrower
from puhui.loans.domain import Loan
from puhui.payments.queries import list_orders
from tests.journeys.world import World


@pytest.fixture
def due(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, Borrower, Loan]:
    """A signed-in borrower with an instalment due today."""
    monkeypatch.setattr("puhui.web.clock.now", lambda request=None: world.now)
    one, loan = world.running()
    first = world.position(loan).rows[0].due_date
    world.wait(days=(first - world.today).days)
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    user_id = get_customer(one.customer_id).user_id
    client.force_login(get_user_model().objects.get(pk=user_id))
    return client, one, loan


def _form(client: Client, loan: Loan, intent: str = "due") -> dict[str, str]:
    """What a browser would send of the page as it was rendered."""
    html = client.get(f"/loans/{loan.id}/pay?intent={intent}").content.decode()
    hidden = dict(re.findall(r'name="(key|seen)" value="([^"]*)"', html))
    return {**hidden, "intent": intent, "amount": "", "act": "pay"}


def _collected(loan: Loan) -> int:
    return sum(order.amount_minor for order in list_orders(loan_id=loan.id) if order.purpose != "disburse")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Nothing is due any more"), ("zh-CN", "到期的已经还清")]
)
def test_what_is_due_is_taken_once_from_two_pages_or_from_one(
    world: World, due: tuple[Client, Borrower, Loan], language: str, words: str
) -> None:
    client, _one, loan = due
    amount = world.position(loan).due_minor
    first, other = _form(client, loan), _form(client, loan)
    assert client.post(f"/loans/{loan.id}/pay", first).status_code == 302
    world.work()
    assert world.position(loan).due_minor == 0 and _collected(loan) == amount
    for form in (first, other):
        answer = client.post(f"/loans/{loan.id}/pay", form, headers={"Accept-Language": language})
        assert answer.status_code == 409 and words in unescape(answer.content.decode())
    world.work()
    assert _collected(loan) == amount


def test_a_payment_on_its_way_is_not_sent_twice(world: World, due: tuple[Client, Borrower, Loan]) -> None:
    client, _one, loan = due
    first, other = _form(client, loan), _form(client, loan)
    for form in (first, first):
        assert client.post(f"/loans/{loan.id}/pay", form).status_code == 302
    answer = client.post(f"/loans/{loan.id}/pay", other)
    assert answer.status_code == 409 and "with the bank" in unescape(answer.content.decode())
    assert len([order for order in list_orders(loan_id=loan.id) if order.purpose == "due"]) == 1
    world.work()


def test_an_amount_that_has_changed_since_is_shown_first(
    world: World, due: tuple[Client, Borrower, Loan]
) -> None:
    client, _one, loan = due
    stale = _form(client, loan, "payoff")
    world.now += timedelta(days=1)
    answer = client.post(f"/loans/{loan.id}/pay", stale)
    assert answer.status_code == 409 and "not what the page showed" in unescape(answer.content.decode())
    assert _collected(loan) == 0
    fresh = _form(client, loan, "payoff")
    assert client.post(f"/loans/{loan.id}/pay", fresh).status_code == 302
    world.work()


def test_a_loan_that_is_paid_off_takes_nothing_more(world: World, due: tuple[Client, Borrower, Loan]) -> None:
    client, one, loan = due
    stale = _form(client, loan)
    payoff.start(customer_id=one.customer_id, loan_id=loan.id, key="off", now=world.now)
    world.work()
    taken = _collected(loan)
    answer = client.post(f"/loans/{loan.id}/pay", stale)
    assert answer.status_code == 409 and "was paid off on" in unescape(answer.content.decode())
    assert _collected(loan) == taken
