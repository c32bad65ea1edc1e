"""Letters that she and the desk take away: right for where the thing stands, the same bytes again, and nobody else's."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from puhui.access import operations as access
from puhui.journeys import complain, payoff
from puhui.loans.domain import Loan
from puhui.loans.queries import get_contract, get_position
from puhui.runtime.paper import text_of
from puhui.runtime.queries import get_blob, list_audit
from puhui.runtime.transactions import transaction
from tests.journeys.world import World
from tests.operations.web_kit import client_of


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = World()
    yield made
    made.close()


def words(answer: Any) -> str:
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf", answer.content[:300]
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def address(letter: str, about_id: str) -> str:
    return reverse("letter", args=[letter, about_id])


def test_letters_of_a_loan_from_its_first_day_to_its_last(world: World) -> None:
    _borrower, loan = world.running(0)
    client = client_of(loan.customer_id)
    pages = {
        name: client.get(reverse(name, args=[loan.id])).content.decode()
        for name in ("loan", "statement", "payoff_letter")
    }
    assert address("contract", loan.contract_id) in pages["loan"]
    for name, letter in (("statement", "statement"), ("payoff_letter", "payoff")):
        assert reverse(name, args=[loan.id]) in pages["loan"], name
        offered = re.search(rf'href="({re.escape(address(letter, loan.id))}[^"]*)"', pages[name])
        assert offered, letter
        assert loan.number in words(client.get(offered[1].replace("&amp;", "&")))
    text, _kind = get_blob(get_contract(id=loan.contract_id).text_sha256)
    contract = words(client.get(address("contract", loan.contract_id)))
    assert re.sub(r"\s+", "", text_of(text.decode()))[:200] == re.sub(r"\s+", "", contract)[:200]
    first = world.position(loan).rows[0]
    assert client.get(address("arrears", loan.id), {"as_of": world.today.isoformat()}).status_code == 409
    world.live_until(first.due_date + timedelta(days=12))
    check_figures(world, loan)
    said = words(client.get(address("arrears", loan.id), {"as_of": world.today.isoformat()}))
    there = get_position(loan_id=loan.id, as_of=world.today)
    assert (
        there.late_minor and f"{there.late_minor / 100:,.2f}" in said and f"{there.dpd_days} days ago" in said
    )


def check_figures(world: World, loan: Loan) -> None:
    """Every figure of the position stands in the letters, and a second look gives the same bytes."""
    client = client_of(loan.customer_id)
    on = {"as_of": world.today.isoformat()}
    there = get_position(loan_id=loan.id, as_of=world.today)
    statement = client.get(address("statement", loan.id), on)
    said = words(statement)
    assert f"{there.payoff_minor / 100:,.2f}" in said and loan.number in said
    for row in there.rows:
        assert f"{row.payment_minor / 100:,.2f}" in said and row.due_date.isoformat() in said
    again = client.get(address("statement", loan.id), on)
    assert again.content == statement.content and again["ETag"] == statement["ETag"]
    assert statement["Content-Disposition"].endswith(f'statement-{loan.number}.pdf"')
    assert f"{there.payoff_minor / 100:,.2f}" in words(client.get(address("payoff", loan.id), on))
    chinese = words(client_of(loan.customer_id, "zh-CN").get(address("statement", loan.id), on))
    assert "还款对账单" in chinese and f"{there.payoff_minor / 100:,.2f}" in chinese


def test_a_closed_loan_has_its_proof_of_settlement(world: World) -> None:
    _borrower, loan = world.running(0)
    payoff.start(customer_id=loan.customer_id, loan_id=loan.id, key="p", now=world.now)
    world.work()
    client = client_of(loan.customer_id)
    said = words(client.get(address("payoff", loan.id)))
    assert "Proof of settlement" in said and "nothing" in said
    assert client.get(address("reminder", loan.id)).status_code == 409
    assert "Proof of settlement (PDF)" in client.get(reverse("loan", args=[loan.id])).content.decode()


def test_a_complaint_has_its_receipt_and_no_answer_before_there_is_one(world: World) -> None:
    borrower = world.borrower(0)
    borrower.register(world.now)
    case = complain.open(
        customer_id=borrower.customer_id,
        kind="complaint",
        about="",
        text="The <rate> is wrong",
        key="c",
        now=world.now,
    )
    client = client_of(borrower.customer_id)
    said = words(client.get(address("received", case.id)))
    assert case.number in said and "The <rate> is wrong" in said
    assert client.get(address("answer", case.id)).status_code == 409


def test_nobody_else_has_her_letters_and_the_desk_leaves_a_trace(world: World) -> None:
    _borrower, loan = world.running(0)
    other = world.borrower(1)
    other.register(world.now)
    foreign = client_of(other.customer_id)
    for letter, about in (("contract", loan.contract_id), ("statement", loan.id), ("surprise", loan.id)):
        assert foreign.get(address(letter, about)).status_code == 404, letter
    assert Client().get(address("statement", loan.id)).status_code == 302
    with transaction():
        pk = access.create_staff(
            login="desk", password="long-enough-password", role="operations", now=world.now
        )
    desk = Client()
    desk.force_login(get_user_model()._default_manager.get(pk=pk))
    url = reverse("staff_letter", args=[loan.customer_id, "statement", loan.id])
    assert loan.number in words(desk.get(url))
    assert url in desk.get(reverse("staff_customer", args=[loan.customer_id])).content.decode()
    acts = [one.action for one in list_audit(f"customer:{loan.customer_id}", limit=20)]
    assert "customer.document_viewed" in acts
    assert (
        desk.get(reverse("staff_letter", args=[other.customer_id, "statement", loan.id])).status_code == 404
    )
