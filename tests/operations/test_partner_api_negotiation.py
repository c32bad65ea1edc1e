"""A partner's program negotiates for its customer: trades, values of proofs, promises, giving and taking back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from puhui.evidence.gateways.sandbox import SandboxEvidence
from puhui.facts.sandbox_files import Entry
from puhui.facts.sandbox_files import key_of as bureau_key
from puhui.journeys import parties
from tests.journeys.world import World
from tests.operations.partner_kit import (
    MONTH,
    Partner,
    approve,
    identify,
    introduce,
    other_due_day,
    person,
    quote,
    sandbox,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
DRAW = {"amount_minor": 1_000_000, "months": 12}
SMALL = {"amount_minor": 300_000, "months": 12}
STRONG = {
    "income_tax": {"months": 12, "total_minor": 12 * 2_500_000},
    "housing_fund": {"months": 70, "base_minor": 1_500_000},
}
MIDDLING = 33  # a row of data/lending_club_applicants.csv with something left to prove


@pytest.fixture
def world() -> Iterator[World]:
    with sandbox() as made:
        parties.put(name="evidence", party=SandboxEvidence(figures=STRONG))
        yield made
        parties.put(name="evidence", party=None)


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner()


def test_three_dials_are_talked_about(partner: Partner) -> None:
    at = f"/customers/{approve(partner, person(1))}"
    now = partner.read(f"{at}/trades", dial="price", **DRAW)["now"]
    wanted = now["apr_nominal_ppm"] - 2_000
    answer = partner.read(f"{at}/trades", dial="price", apr_at_most_ppm=wanted, **DRAW)
    assert answer["trades"] and all(one["apr_nominal_ppm"] <= wanted for one in answer["trades"])
    costs = [one["total_cost_minor"] for one in answer["trades"]]
    assert costs == sorted(costs), "the cheapest for her household comes first"
    best = answer["trades"][0]
    assert best["changed"] and best["highest_payment_minor"] <= answer["payment_bears_minor"]
    taken = partner.send(
        f"{at}/quotes",
        {**{name: best[name] for name in ("amount_minor", "months", "method")}, "currency": "CNY"},
    )
    assert taken["apr_nominal_ppm"] == best["apr_nominal_ppm"], "an alternative binds as it was answered"
    assert taken["total_minor"] == best["total_minor"] and taken["state"] == "open"
    more = partner.read(f"{at}/trades", dial="limit", wanted_amount_minor=1_200_000, **DRAW)
    assert all(one["amount_minor"] >= 1_200_000 for one in more["trades"]) and more["trades"]
    day = other_due_day()
    longer = partner.read(f"{at}/trades", dial="repayment", wanted_due_day=day, wanted_months=12, **DRAW)
    assert longer["trades"][0]["due_day"] == day
    free = partner.read(f"{at}/trades", dial="price", apr_at_most_ppm=0, **DRAW)
    assert free["trades"] == [] and free["nearest"] is not None, "never a bare refusal"


def with_something_to_prove(partner: Partner, world: World) -> str:
    """Somebody with a line whose price has room, and whose sources show a strong record."""
    who = person(1)
    world.directory[bureau_key(who.resident_number)] = Entry(row=MIDDLING, hit="hit")
    customer_id = introduce(partner, who)
    identify(partner, who, customer_id)
    small = {**MONTH, "amount_minor": SMALL["amount_minor"]}
    opened = partner.send(f"/customers/{customer_id}/applications", small)
    partner.send(f"/applications/{opened['id']}/submission", {"truthful": True})
    work()
    return customer_id


def test_the_worth_is_told_the_proof_given_and_taken_back(partner: Partner, world: World) -> None:
    customer_id = with_something_to_prove(partner, world)
    at = f"/customers/{customer_id}"
    before = quote(partner, customer_id, **SMALL)
    values = partner.read(f"{at}/proof-values", **SMALL)["items"]
    best = next(one for one in values if one["kind"] == "income_tax")
    assert best["worth"]["at_most_ppm"] > 0 and best["minutes"] > 0 and best["reads"]
    assert 0 <= best["worth"]["typical_ppm"] <= best["worth"]["at_most_ppm"]
    promise = partner.send(f"{at}/promises", {"kind": best["kind"]})
    assert partner.read(f"{at}/promises")["items"] == [promise]
    given = partner.send(f"{at}/proofs", {"kind": best["kind"]})
    assert given["state"] == "asked"
    work()
    stands = partner.read(f"/proofs/{given['id']}")
    assert stands["state"] == "accepted" and stands["delete_on"]
    after = quote(partner, customer_id, **SMALL)
    assert after["apr_nominal_ppm"] <= before["apr_nominal_ppm"], "a proof never hurts"
    shown = {one["kind"]: one for one in partner.read(f"{at}/proof-values", **SMALL)["items"]}
    assert shown[best["kind"]]["given"] == given["id"] and shown[best["kind"]]["worth"] is None
    gone = partner.send(f"/proofs/{given['id']}/withdrawal", None)
    assert gone["state"] == "withdrawn"
    again = partner.read(f"{at}/trades", dial="price", **SMALL)["now"]
    assert again["apr_nominal_ppm"] == before["apr_nominal_ppm"], "back to the earlier terms"
    assert [one["state"] for one in partner.read(f"{at}/proofs")["items"]] == ["withdrawn"]


def test_a_new_draft_does_not_hide_the_answer_that_stands(partner: Partner, world: World) -> None:
    at = f"/customers/{with_something_to_prove(partner, world)}"
    before = partner.read(f"{at}/trades", dial="price", **SMALL)["now"]
    partner.send(f"{at}/applications", {"currency": "CNY", "amount_minor": 500_000})
    assert partner.read(f"{at}/proof-values", **SMALL)["items"], "what a proof is worth is still told"
    promise = partner.send(f"{at}/promises", {"kind": "income_tax"})
    assert partner.read(f"{at}/promises")["items"] == [promise]
    partner.send(f"{at}/proofs", {"kind": "income_tax"})
    work()
    after = partner.read(f"{at}/trades", dial="price", **SMALL)["now"]
    assert after["apr_nominal_ppm"] < before["apr_nominal_ppm"], "and giving it lowers the price"


def test_a_quote_is_handed_out_as_signed(partner: Partner) -> None:
    offered = quote(partner, approve(partner, person(1)))
    found = partner.read(f"/quotes/{offered['id']}/signed-text")
    key = load_pem_public_key(found["pem"].encode())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(bytes.fromhex(found["signature"].split(":")[2]), found["text"].encode())
    assert str(offered["amount_minor"]) in found["text"] and offered["id"] in found["text"]


def test_another_partner_and_a_wrong_word_get_nothing(partner: Partner) -> None:
    customer_id = approve(partner, person(1))
    at = f"/customers/{customer_id}"
    given = partner.send(f"{at}/proofs", {"kind": "income_tax"})
    other = Partner("two")
    for path in (f"{at}/proofs", f"{at}/promises", f"/proofs/{given['id']}"):
        assert other.get(path).status_code == 404 and partner.get(path).status_code == 200, path
    assert other.post(f"/proofs/{given['id']}/withdrawal", None).status_code == 404
    unknown = partner.post(f"{at}/proofs", {"kind": "palm_reading"})
    assert unknown.status_code == 404 and unknown.json()["code"] == "EvidenceKindUnknown"
    twice = partner.post(f"{at}/proofs", {"kind": "income_tax"})
    assert twice.status_code == 409 and twice.json()["code"] == "ProofAlreadyGiven"
    assert partner.get(f"{at}/trades?dial=mood&amount_minor=1000000&months=12").status_code == 422
    assert (
        partner.get(f"{at}/trades?dial=price&amount_minor=1000000&months=12&words=please").status_code == 422
    )
