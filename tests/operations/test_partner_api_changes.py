"""A partner's program asks for another way to repay a running loan, and its customer signs it with her code."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

import pytest

from tests.journeys.world import World
from tests.operations.partner_kit import Partner, code_on, lend, other_due_day, person, sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    with sandbox() as made:
        yield made


def test_ask_read_sign_and_see_it_in_the_position(world: World) -> None:
    partner, who = Partner(), person(1)
    _customer, loan_id = lend(partner, who)
    at, key = f"/loans/{loan_id}/changes", secrets.token_urlsafe(18)
    asked = partner.send(at, {"due_day": 5, "payments": 18}, key=key)
    assert partner.send(at, {"due_day": 5, "payments": 18}, key=key) == asked, "one key, one answer"
    assert partner.post(at, {"due_day": 6}, key=key).status_code == 409
    [change] = asked["changes"]
    assert change["state"] == "open" and change["after"]["payments_count"] == 18
    assert {one["due_date"][-2:] for one in change["after"]["payments"]} == {"05"}
    assert partner.read(f"{at}/{change['id']}") == change
    before = [one for one in partner.read(f"/loans/{loan_id}/position")["rows"] if one["open_minor"]]
    assert [one["open_minor"] for one in before] == [
        one["amount_minor"] for one in change["before"]["payments"]
    ]
    partner.send(f"{at}/{change['id']}/codes")
    text = partner.get(f"{at}/{change['id']}/text", language="en")
    body = {
        "code": code_on(partner, who.phone),
        "language": "en",
        "text_sha256": hashlib.sha256(text.content).hexdigest(),
    }
    wrong = partner.post(f"{at}/{change['id']}/sign", {**body, "text_sha256": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "ContractTextChanged")
    signed = partner.send(f"{at}/{change['id']}/sign", body, key=key + "s")
    assert partner.send(f"{at}/{change['id']}/sign", body, key=key + "s") == signed
    assert signed["text_sha256"] == body["text_sha256"]
    after = [one for one in partner.read(f"/loans/{loan_id}/position")["rows"] if one["open_minor"]]
    assert [(one["due_date"], one["open_minor"]) for one in after] == [
        (one["due_date"], one["amount_minor"]) for one in change["after"]["payments"]
    ]
    assert [one["state"] for one in partner.read(at)["items"]] == ["signed"]
    again = partner.post(at, {"due_day": 7})
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (
        409,
        "ChangeTooSoon",
        "change",
    )


def test_a_lower_price_is_answered_with_what_would_bring_it(world: World) -> None:
    partner = Partner()
    _customer, loan_id = lend(partner, person(1))
    answer = partner.send(f"/loans/{loan_id}/changes", {"lower_price": True})
    assert answer["changes"] == [] and answer["price"]["answer_ppm"] >= answer["price"]["now_ppm"]
    rates = [one["rate_at_best_ppm"] for one in answer["price"]["proofs"]]
    assert rates == sorted(rates) and all(one < answer["price"]["now_ppm"] for one in rates)
    both = partner.send(f"/loans/{loan_id}/changes", {"lower_price": True, "due_day": other_due_day()})
    assert both["changes"][0]["after"]["annual_rate_ppm"] == both["price"]["now_ppm"]


def test_another_partner_sees_nothing_of_it(world: World) -> None:
    partner, other = Partner(), Partner("two")
    _customer, loan_id = lend(partner, person(1))
    change = partner.send(f"/loans/{loan_id}/changes", {"due_day": other_due_day()})["changes"][0]
    at = f"/loans/{loan_id}/changes"
    for answer in (
        other.get(at),
        other.get(f"{at}/{change['id']}"),
        other.post(at, {"due_day": 6}),
        other.post(f"{at}/{change['id']}/codes"),
    ):
        assert answer.status_code == 404, answer.content
    refused = partner.post(at, {})
    assert (refused.status_code, refused.json()["code"]) == (422, "ChangeNothingAsked")
