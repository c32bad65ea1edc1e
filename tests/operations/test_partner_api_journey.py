"""A partner's program walks the whole journey of a loan through the API, and meets each thing that can go wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.journeys.world import World
from tests.operations.partner_kit import Partner, approve, bind, lend, person, quote, sandbox, sign, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    with sandbox() as made:
        yield made


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner()


def test_from_a_phone_number_to_a_closed_loan(partner: Partner, world: World) -> None:
    who = person(1)
    customer_id = approve(partner, who)
    line = partner.read(f"/customers/{customer_id}/line")
    assert line["state"] == "active" and line["available_minor"] == line["limit_minor"] > 0
    asked = {"amount_minor": 1_000_000, "months": 6}
    look = partner.read(f"/customers/{customer_id}/quote-preview", **asked)
    offered = quote(partner, customer_id)
    assert look["instalments"] == offered["instalments"] and look["id"] is None
    assert sum(row["principal_minor"] for row in offered["instalments"]) == 1_000_000
    bound = bind(partner, who, customer_id)
    partner.send(f"/customers/{customer_id}/mandates", {"account_id": bound["id"], "agreed": True})
    signed = sign(partner, who, offered["id"])
    assert signed["loan_state"] == "pending"
    work()
    loan_id = signed["loan_id"]
    position = partner.read(f"/loans/{loan_id}/position")
    assert position["state"] == "active" and position["principal_outstanding_minor"] == 1_000_000
    schedule = partner.read(f"/loans/{loan_id}/schedule")
    assert schedule["rows"] == offered["instalments"]
    document = partner.get(f"/customers/{customer_id}/documents/{signed['contract_sha256']}")
    assert hashlib.sha256(document.content).hexdigest() == signed["contract_sha256"]
    part = {"intent": "prepay", "amount_minor": 300_000, "currency": "CNY"}
    started = partner.send(f"/loans/{loan_id}/repayments", {"repayment": part})
    work()
    assert partner.read(f"/repayments/{started['id']}")["state"] == "done"
    assert partner.read(f"/loans/{loan_id}/position")["principal_outstanding_minor"] == 700_000
    whole = partner.send(f"/loans/{loan_id}/repayments", {"repayment": {"intent": "payoff"}})
    work()
    assert partner.read(f"/repayments/{whole['id']}")["state"] == "done"
    assert partner.read(f"/loans/{loan_id}")["state"] == "closed"
    kinds = [one["kind"] for one in partner.read(f"/loans/{loan_id}/events")["items"]]
    assert kinds == ["disburse", "prepay", "payoff"]
    assert partner.read(f"/customers/{customer_id}/line")["used_minor"] == 0
    world.now = world.now
    world.check()


def test_another_partner_sees_nothing(partner: Partner, world: World) -> None:
    who = person(2)
    customer_id, loan_id = lend(partner, who)
    quote_id = partner.read(f"/customers/{customer_id}/quotes")["items"][0]["id"]
    application_id = partner.read(f"/customers/{customer_id}/applications")["items"][0]["id"]
    other = Partner("two")
    for path in (
        f"/customers/{customer_id}", f"/customers/{customer_id}/consents", f"/customers/{customer_id}/line",
        f"/customers/{customer_id}/documents", f"/customers/{customer_id}/cases", f"/applications/{application_id}",
        f"/quotes/{quote_id}", f"/quotes/{quote_id}/contract", f"/loans/{loan_id}", f"/loans/{loan_id}/position",
        f"/loans/{loan_id}/events", f"/customers/{customer_id}/bank-accounts",
    ):  # fmt: skip
        response = other.get(path)
        assert response.status_code == 404, path
        assert response.json()["code"] == "NotFoundHere"
        assert partner.get(path).status_code == 200, path
    assert other.read("/customers")["items"] == []
    refused = other.post(f"/loans/{loan_id}/repayments", {"repayment": {"intent": "payoff"}})
    assert refused.status_code == 404
    assert partner.read(f"/loans/{loan_id}/repayments")["items"] == []
