"""The open hand from end to end: see the worth, give, pay less, take back, pay as before; and what may go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest

from puhui.core.time import instant_at
from puhui.decisions.queries import list_decision_ids, replay_decision
from puhui.evidence.domain import Dial, ProofState
from puhui.evidence.gateways.sandbox import SandboxEvidence
from puhui.evidence.models import ProofRow
from puhui.evidence.operations import ProofAlreadyGiven
from puhui.evidence.queries import ProofNotFound, get_proof
from puhui.journeys import negotiate, offer, parties, prove, sign, staff_again_quote
from puhui.journeys.standing import QuoteProofWithdrawn, get_standing
from puhui.lab.borrower import Borrower
from puhui.offers.domain import Quote
from puhui.offers.domain.negotiate import Ask, Choice
from puhui.products.domain import Method
from tests.journeys.world import ZONE, World, refuses

pytestmark = pytest.mark.django_db(transaction=True)
MIDDLING = 33  # a row of data/lending_club_applicants.csv with something left to prove
STRONG = {
    "income_tax": {"months": 12, "total_minor": 12 * 2_500_000},
    "housing_fund": {"months": 70, "base_minor": 1_500_000},
}


@pytest.fixture
def talk(world: World) -> Iterator[tuple[World, Borrower]]:
    """Somebody with a line, on a day when proofs can be given, whose sources show a strong record."""
    world.now = instant_at(date(2026, 11, 23), time(10, 0), zone=ZONE)
    parties.put(name="evidence", party=SandboxEvidence(figures=STRONG))
    yield world, world.approved(row=MIDDLING, amount="3000")
    parties.put(name="evidence", party=None)


def quote(world: World, her: Borrower, *, key: str, months: int = 12) -> Quote:
    return offer.quote(
        customer_id=her.customer_id,
        amount_minor=3000_00,
        months=months,
        method=Method.EQUAL_INSTALMENT,
        key=key,
        now=world.now,
    )


def give(world: World, her: Borrower, kind: str = "income_tax", key: str = "g1") -> str:
    proof = prove.give(customer_id=her.customer_id, kind=kind, key=key, now=world.now)
    world.work()
    return proof.id


def test_give_pays_less_and_withdraw_returns(talk: tuple[World, Borrower]) -> None:
    world, her = talk
    first = quote(world, her, key="q1")
    proof = give(world, her)
    assert get_proof(proof, customer_id=her.customer_id).state is ProofState.ACCEPTED
    world.wait(minutes=1)
    second = quote(world, her, key="q2")
    assert second.annual_rate_ppm < first.annual_rate_ppm
    world.wait(minutes=1)
    prove.withdraw(customer_id=her.customer_id, proof_id=proof, key="w1", now=world.now)
    assert ProofRow.objects.get(id=proof).fields_sealed == "", "what was read is deleted"
    refuses(
        QuoteProofWithdrawn,
        lambda: sign.request_code(
            customer_id=her.customer_id, quote_id=second.id, code="123456", key="c1", now=world.now
        ),
    )
    world.wait(minutes=1)
    third = quote(world, her, key="q3")
    assert third.annual_rate_ppm == first.annual_rate_ppm and third.line_id == first.line_id
    for one in (first, second, third):
        row = staff_again_quote.quote(one.id)
        assert staff_again_quote.quote_again(one.id, row)["body"] == row["body"]
    assert all(replay_decision(id).identical for id in list_decision_ids())
    her.bind(world.now)
    assert her.sign(third, world.now).principal_minor == 3000_00


def test_an_earlier_quote_holds_the_price_for_its_time(talk: tuple[World, Borrower]) -> None:
    """The card of the bureau gets worse and the proof runs out: what was promised stays promised, then ends."""
    world, her = talk
    give(world, her)
    best = quote(world, her, key="q1")
    ProofRow.objects.update(valid_until=world.today.replace(day=19))  # it ran out yesterday
    give(world, her, "housing_fund", key="g2")  # a new decision, now without the tax record
    world.wait(minutes=1)
    held = quote(world, her, key="q2")
    assert held.annual_rate_ppm <= best.annual_rate_ppm
    assert (
        staff_again_quote.quote_again(held.id, staff_again_quote.quote(held.id))["body"]
        == staff_again_quote.quote(held.id)["body"]
    )


def test_the_order_of_giving_does_not_matter(world: World) -> None:
    world.now = instant_at(date(2026, 11, 23), time(10, 0), zone=ZONE)
    parties.put(name="evidence", party=SandboxEvidence(figures=STRONG))
    rates = []
    for index, order in enumerate((("income_tax", "housing_fund"), ("housing_fund", "income_tax"))):
        her = world.approved(index, row=MIDDLING, amount="3000")
        for place, kind in enumerate(order):
            give(world, her, kind, key=f"g{index}{place}")
        rates.append(get_standing(customer_id=her.customer_id, now=world.now).price.base_rate_ppm)
    parties.put(name="evidence", party=None)
    assert rates[0] == rates[1]


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        ({"fields": {"months": 12, "total_minor": 99_000_000}}, "NOT_GENUINE"),
        ({"name": "someone else"}, "NOT_GENUINE"),
    ],
)
def test_an_altered_record_is_refused_and_changes_nothing(
    talk: tuple[World, Borrower], alter: dict[str, Any], reason: str
) -> None:
    world, her = talk
    before = get_standing(customer_id=her.customer_id, now=world.now)
    parties.put(name="evidence", party=SandboxEvidence(figures=STRONG, alter=alter))
    proof = get_proof(give(world, her), customer_id=her.customer_id)
    assert (proof.state, proof.reason, dict(proof.fields)) == (ProofState.REFUSED, reason, {})
    assert get_standing(customer_id=her.customer_id, now=world.now).price == before.price


def test_giving_twice_and_anothers_proof_are_refused(talk: tuple[World, Borrower]) -> None:
    world, her = talk
    proof = give(world, her)
    again = prove.give(customer_id=her.customer_id, kind="income_tax", key="g1", now=world.now)
    assert again.id == proof, "the same key is the same act"
    refuses(
        ProofAlreadyGiven,
        lambda: prove.give(customer_id=her.customer_id, kind="income_tax", key="g9", now=world.now),
    )
    refuses(
        ProofNotFound,
        lambda: prove.withdraw(customer_id="a" * 26, proof_id=proof, key="w9", now=world.now),
    )


def test_the_table_talks(talk: tuple[World, Borrower]) -> None:
    """Every trade can be taken, and what is taken is what was shown; the worth of a given proof is what it did."""
    world, her = talk
    choice = Choice(amount_minor=3000_00, months=12, method=Method.EQUAL_INSTALMENT, due_day=None)
    own = negotiate.get_own(customer_id=her.customer_id, now=world.now)
    cards = negotiate.list_cards(customer_id=her.customer_id, own=own, choice=choice, now=world.now)
    worth = {one.kind.code: one.worth for one in cards}
    assert len(worth) == 12 and worth["income_tax"] is not None and worth["income_tax"].at_most_ppm > 0
    answer = negotiate.get_answer(
        own=own, ask=Ask(dial=Dial.PRICE, apr_at_most_ppm=own.price.base_rate_ppm - 5_000), choice=choice
    )
    assert answer.trades
    for place, trade in enumerate(answer.trades[:3]):
        made = offer.quote(
            customer_id=her.customer_id,
            amount_minor=trade.choice.amount_minor,
            months=trade.choice.months,
            method=trade.choice.method,
            due_day=trade.choice.due_day,
            key=f"t{place}",
            now=world.now,
            preview=True,
        )
        assert made.all_in == trade.all_in and made.annual_rate_ppm == trade.annual_rate_ppm
    give(world, her)
    after = negotiate.get_own(customer_id=her.customer_id, now=world.now)
    assert after.price.base_rate_ppm == worth["income_tax"].rate_at_best_ppm
