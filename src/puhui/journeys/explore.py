"""Somebody refused for risk alone may be let in on a small line, within a month's budget, so that we learn who repays."""

from __future__ import annotations

from dataclasses import replace

from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.exploration import (
    ExplorationChance,
    bucket_of,
    exploration_of,
    may_explore,
)
from puhui.decisions.domain.stored import StoredDecision
from puhui.decisions.domain.values import Decision, DecisionInput, Declined
from puhui.decisions.exploring import operations as exploring
from puhui.decisions.exploring.queries import find_exploration_budget, has_exploration
from puhui.decisions.queries import find_answer
from puhui.decisions.registry.scoring import Chosen


def decide_below(seen: DecisionInput, *, customer_id: str, chosen: Chosen) -> tuple[DecisionInput, Decision]:
    """This function will decide, and where the text in force may explore the refusal, decide again with her chance in it.

    The month is held until commit, so that two decisions at once never spend the same money.
    """
    made = decide(seen, rules=chosen.rules)
    if not isinstance(made.verdict, Declined):
        return seen, made
    budget = find_exploration_budget(jurisdiction=seen.house.jurisdiction, on_date=seen.on_date)
    challenged = chosen.assignment is not None and chosen.assignment.challenged
    reasons = [one.code for one in made.verdict.reasons]
    if budget is None or not may_explore(budget, challenged=challenged, reasons=reasons):
        return seen, made
    chance = ExplorationChance(
        budget=budget,
        bucket_ppm=bucket_of(customer_id, budget_id=budget.id),
        challenged=challenged,
        spent=exploring.lock_month(budget_id=budget.id, on_date=seen.on_date),
        most_minor=budget.amount_most_minor,
    )
    seen = replace(seen, exploration=chance)
    return seen, decide(seen, rules=chosen.rules)


def record(decided: StoredDecision) -> None:
    """This function will keep, beside a decision, what exploration answered and how likely that was; in its commit."""
    chance, found = decided.input.exploration, exploration_of(decided.decision.trace)
    if chance is not None and found is not None:
        exploring.record_exploration(
            decision_id=decided.id,
            customer_id=decided.customer_id,
            budget=chance.budget,
            exploration=found,
            on_date=decided.input.on_date,
            now=decided.decided_at,
        )


def keep(seen: DecisionInput) -> DecisionInput:
    """This function will give a request that is decided again the chance that let her in: a proof never takes it (G1)."""
    if not has_exploration():
        return seen
    answer = find_answer(seen.application_id)
    found = exploration_of(answer.decision.trace) if answer else None
    if answer is None or answer.input.exploration is None or found is None or not found.limit_minor:
        return seen
    return replace(seen, exploration=replace(answer.input.exploration, most_minor=found.limit_minor))
