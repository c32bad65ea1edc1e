"""A promise before the proof: it binds us when the proof shows enough, and only then, and it can be replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

import pytest
from django.db import DatabaseError

from puhui.core.time import instant_at
from puhui.evidence.gateways.sandbox import SandboxEvidence
from puhui.journeys import commit, offer, parties, prove, staff_again_quote
from puhui.journeys.standing import get_standing
from puhui.lab.borrower import Borrower
from puhui.lines import operations as lines
from puhui.lines.queries import find_line
from puhui.offers.models import CommitmentRow
from puhui.offers.queries import list_commitments
from puhui.products.domain import Method
from puhui.runtime.transactions import transaction
from tests.journeys.world import ZONE, World, refuses

pytestmark = pytest.mark.django_db(transaction=True)
MIDDLING = 33
FUND = {"months": 70, "base_minor": 1_500_000}


@pytest.fixture
def talk(world: World) -> Iterator[tuple[World, Borrower]]:
    world.now = instant_at(date(2026, 11, 23), time(10, 0), zone=ZONE)
    parties.put(name="evidence", party=SandboxEvidence(figures={"housing_fund": FUND}))
    yield world, world.approved(row=MIDDLING, amount="3000")
    parties.put(name="evidence", party=None)


def rate(world: World, her: Borrower) -> int:
    return get_standing(customer_id=her.customer_id, now=world.now).price.base_rate_ppm


def dearer(world: World, her: Borrower) -> None:
    """Whatever is learnt meanwhile: her line's own rate rises."""
    line = find_line(customer_id=her.customer_id)
    assert line is not None
    with transaction():
        lines.regrant_line(
            line_id=line.id,
            decision_id=line.decision_id,
            limit_minor=line.limit_minor,
            grade=line.grade,
            annual_rate_ppm=line.annual_rate_ppm + 30_000,
            source="test",
            now=world.now,
        )


def test_a_promise_binds_when_the_proof_shows_enough(talk: tuple[World, Borrower]) -> None:
    world, her = talk
    before = rate(world, her)
    made = commit.commit(customer_id=her.customer_id, kind="housing_fund", key="k1", now=world.now)
    assert made.base_rate_ppm < before and made.until > world.now and len(made.input_hash) == 64
    again = commit.commit(customer_id=her.customer_id, kind="housing_fund", key="k1", now=world.now)
    assert again == made and CommitmentRow.objects.count() == 1
    assert rate(world, her) == before, "a promise alone changes nothing"
    proof = prove.give(customer_id=her.customer_id, kind="housing_fund", key="g1", now=world.now)
    world.work()
    dearer(world, her)
    own = get_standing(customer_id=her.customer_id, now=world.now)
    assert own.price.base_rate_ppm == made.base_rate_ppm
    assert own.price.held_by == f"commitment:{made.id}"
    quote = offer.quote(
        customer_id=her.customer_id,
        amount_minor=3000_00,
        months=12,
        method=Method.EQUAL_INSTALMENT,
        key="q1",
        now=world.now,
    )
    row = staff_again_quote.quote(quote.id)
    assert staff_again_quote.quote_again(quote.id, row)["body"] == row["body"], "what a promise holds replays"
    prove.withdraw(customer_id=her.customer_id, proof_id=proof.id, key="w1", now=world.now)
    assert rate(world, her) >= before, "without the proof the promise rests"


def test_too_little_or_too_late_holds_nothing(talk: tuple[World, Borrower]) -> None:
    world, her = talk
    made = commit.commit(customer_id=her.customer_id, kind="housing_fund", key="k1", now=world.now)
    less = {"months": 0, "base_minor": 0}
    parties.put(name="evidence", party=SandboxEvidence(figures={"housing_fund": less}))
    prove.give(customer_id=her.customer_id, kind="housing_fund", key="g1", now=world.now)
    world.work()
    assert rate(world, her) > made.base_rate_ppm
    world.wait(days=30)
    assert list_commitments(customer_id=her.customer_id, now=world.now) == []


def test_where_nothing_could_help_nothing_is_promised(talk: tuple[World, Borrower]) -> None:
    world, her = talk
    refuses(
        commit.NothingToPromise,
        lambda: commit.commit(customer_id=her.customer_id, kind="hardship", key="k1", now=world.now),
    )


def test_a_promise_is_never_changed(talk: tuple[World, Borrower]) -> None:
    world, her = talk
    commit.commit(customer_id=her.customer_id, kind="housing_fund", key="k1", now=world.now)
    with pytest.raises(DatabaseError):
        CommitmentRow.objects.update(base_rate_ppm=999_999)
