"""The demo's two models enter by the registry's own checks, and score and decide from then on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from puhui.decisions.queries import list_decisions, replay_decision
from puhui.decisions.registry import queries
from puhui.decisions.registry.domain import ModelKind, ModelState, bucket_of
from puhui.journeys import models
from puhui.lab import demo_models
from puhui.runtime.transactions import batch_transaction
from tests.journeys.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = World()
    yield made
    made.check()
    made.close()


def test_the_demo_tries_one_model_beside_and_one_for_a_share(world: World) -> None:
    with batch_transaction():
        demo_models.try_models(now=world.now)
    trees, card = sorted(
        models.list_registered(world.now)[:2], key=lambda one: one.kind is ModelKind.SCORECARD
    )
    assert (trees.kind, trees.state) == (ModelKind.TREES, ModelState.SHADOW)
    assert (card.kind, card.state, card.share_ppm) == (
        ModelKind.SCORECARD, ModelState.CHALLENGER, demo_models.SHARE_PPM,
    )  # fmt: skip
    assert {trees.signed, card.signed} == {"ed25519"}
    assert [(one.act.value, one.asked_by, one.agreed_by) for one in queries.list_model_events(card.id)][
        1:
    ] == [("challenge", "analyst", "operations")]
    arms = set()
    for index in range(40):
        borrower = world.borrower(index)
        borrower.register(world.now)
        challenged = bucket_of(borrower.customer_id, model_id=card.id) < card.share_ppm
        if challenged in arms:
            continue
        arms.add(challenged)
        borrower.say_who(world.now)
        borrower.apply(world.now)
        world.work()
        [decided] = list_decisions(borrower.customer_id)
        assignment = queries.find_assignment(decided.id)
        assert assignment is not None and assignment.challenged is challenged
        assert assignment.propensity_ppm == (100_000 if challenged else 900_000)
        assert (decided.input.model_sha256 == card.sha256) is challenged
        [beside] = queries.list_shadow_scores(decided.id)
        assert beside.model_id == trees.id and 0 < beside.pd_ppm < 1_000_000
        assert replay_decision(decided.id).identical
    assert arms == {True, False}
