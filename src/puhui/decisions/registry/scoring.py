"""Which rules decide for a customer, and what shadows say about the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from puhui.decisions.domain.challenger import Challenger
from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.scorecard import Scorecard
from puhui.decisions.domain.values import DecisionInput
from puhui.decisions.registry.domain import (
    Assignment,
    ModelState,
    RegisteredModel,
    ShadowScore,
    assign,
)

Scoring = Sequence[tuple[RegisteredModel, Scorecard | Challenger]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What decides for one customer."""

    rules: Rules  # policy, model and prices
    assignment: Assignment | None  # None when no challenger is being tried
    shadows: Scoring  # models that only score beside


def choose_model(
    customer_id: str, *, named: Scorecard, scoring: Scoring
) -> tuple[Scorecard, Assignment | None]:
    """This function will return the scorecard that decides for a customer; `named` is the one the policy names."""
    by_state = {one.state: (one, model) for one, model in scoring if isinstance(model, Scorecard)}
    champion = by_state[ModelState.CHAMPION][1] if ModelState.CHAMPION in by_state else named
    assert isinstance(champion, Scorecard)
    if ModelState.CHALLENGER not in by_state:
        return champion, None
    one, challenger = by_state[ModelState.CHALLENGER]
    assert isinstance(challenger, Scorecard)
    assignment = assign(
        customer_id,
        model_id=one.id,
        challenger_sha256=challenger.sha256,
        champion_sha256=champion.sha256,
        share_ppm=one.share_ppm,
    )
    return (challenger if assignment.challenged else champion), assignment


def score_shadows(input: DecisionInput, *, rules: Rules, shadows: Scoring) -> list[ShadowScore]:
    """This function will score the very values of a decision with models that decide nothing, proofs left out."""
    if not shadows:
        return []
    seen = run_flow(input, rules=rules).values
    values = {one.name: seen[one.fact] for one in rules.policy.features}
    found = []
    for one, model in shadows:
        score = model.evaluate(values)
        found.append(ShadowScore(model_id=one.id, pd_ppm=score.pd_ppm, reasons=tuple(score.reasons)))
    return found
