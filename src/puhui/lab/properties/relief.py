"""G7 to G9: asking freezes at once, what is offered is borne and stands, the cheapest is shown beside "no change".

The checks do not reuse what they test: months are counted scenario by scenario, a card's worth is worked out by the other path
(on every FULL-th case against all plans, for it takes long), the freeze is held against the day before and against not asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from puhui.core.refusals import Refusal
from puhui.lab.properties.relief_cases import ReliefCase, event, make_relief_case
from puhui.loans.domain import EventKind, freeze_payload, position
from puhui.relief.domain import (
    NO_CHANGE,
    TAIL,
    ReliefAnswer,
    ReliefChoice,
    ReliefLoan,
    ReliefPlan,
    ReliefReason,
    ReliefStep,
    recompute_worth,
    refused_by,
    solve_relief,
    surplus,
)

FULL = 50  # of so many cases one is searched exhaustively by the other path
NINE_IN_TEN = Fraction(9, 10)

Function = Callable[..., Any]
ReliefCheck = Callable[[ReliefCase, ReliefAnswer, "ReliefParts"], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefParts:
    """The functions under test, so that a test can put a broken one in the place of each."""

    solve: Function = solve_relief
    position: Function = position


def chance(case: ReliefCase, month: int, asks_minor: int) -> Fraction:
    """This function will count the weight of the scenarios in which a month bears what it asks for."""
    scenarios = case.policy.scenarios_of(case.cause)
    bears = sum(
        one.weight for one in scenarios if not asks_minor or surplus(case.budget, one, month) >= asks_minor
    )
    return Fraction(bears, sum(one.weight for one in scenarios))


def is_borne(case: ReliefCase, plan: ReliefPlan) -> bool:
    """This function will tell whether every month bears a plan in nine of ten scenarios."""
    return all(chance(case, month, asks) >= NINE_IN_TEN for month, asks in enumerate(plan.months))


def stands(case: ReliefCase, plan: ReliefPlan) -> bool:
    """This function will tell by the other path whether a plan loses no more than its waiver and the pool bear."""
    if plan.choice == NO_CHANGE:
        return True
    base = next(one for one in case.plans if one.choice == NO_CHANGE)
    gain = recompute_worth(
        plan, base, budget=case.budget, scenarios=case.policy.scenarios_of(case.cause), cohort=case.policy.cohort,
        discount_ppm=case.policy.discount_ppm, months=max(len(one.months) for one in case.plans) + TAIL,
    )  # fmt: skip
    return gain >= 0 or -gain <= min(case.pool_minor, plan.waived_minor)


def freeze_first(case: ReliefCase, answer: ReliefAnswer, parts: ReliefParts) -> Iterator[str]:
    """G7: no penalty for the day of asking or any frozen day after it; what was there before stays as it was."""
    loan, asked = case.loan, case.loan.asked_on
    until = asked + timedelta(days=case.random.randrange(1, 40))
    day = asked + timedelta(days=case.random.randrange((until - asked).days))
    payload = freeze_payload(from_date=asked, until_date=until)
    freeze = event(2, EventKind.PENALTY_FREEZE, asked, **payload)
    before = penalty_before(parts.position, loan)
    then = parts.position(terms=loan.terms, events=[*loan.events, freeze], as_of=day)
    if then.penalty_outstanding_minor != before:
        yield f"asked on {asked}: {before} became {then.penalty_outstanding_minor} by {day}"


_before: dict[tuple[int, int], int] = {}  # by function and loan, which live as long as the run


def penalty_before(position_of: Function, loan: ReliefLoan) -> int:
    """This function will return the penalty on the day before asking, once for each loan of the run."""
    key = (id(position_of), id(loan))
    if key not in _before:
        there = position_of(terms=loan.terms, events=loan.events, as_of=loan.asked_on - timedelta(days=1))
        _before[key] = there.penalty_outstanding_minor
    return _before[key]


def relief_is_sustainable(case: ReliefCase, answer: ReliefAnswer, parts: ReliefParts) -> Iterator[str]:
    """G8: each card is borne in each month with nine chances in ten, and over all who take it worth no less than no action."""
    for card in answer.cards:
        if not is_borne(case, card.plan):
            yield f"{card.plan.choice} asks for more than a month bears"
        if card.draw_minor > min(case.pool_minor, card.plan.waived_minor):
            yield f"{card.plan.choice} draws {card.draw_minor}"
    for card in answer.cards if case.number % FULL == 0 else answer.cards[:1]:
        if case.number % 5 == 0 and not stands(case, card.plan):
            yield f"{card.plan.choice} loses against no action"


def no_worse_trap(case: ReliefCase, answer: ReliefAnswer, parts: ReliefParts) -> Iterator[str]:
    """G9: the cheapest plan that passes comes first, no change is there, and where nothing passes there is a way and a reason."""
    costs = [sum(one.amount_minor for one in card.plan.payments) for card in answer.cards]
    if costs != sorted(costs):
        yield f"cards are not in the household's order: {costs}"
    if answer.no_change.plan.choice != NO_CHANGE:
        yield "no change is not shown"
    reasons = {one.plan.choice: one.reason for one in answer.refused}
    shown = {card.plan.choice for card in answer.cards}
    for plan in case.plans:
        total = sum(one.amount_minor for one in plan.payments)
        if plan.choice in shown or (costs and total >= costs[0]):
            continue
        reason = reasons.get(plan.choice)
        if reason is None:
            yield f"{plan.choice} costs {total}, passes, and is not the first card"
        elif reason is ReliefReason.MONTH_TOO_DEAR and is_borne(case, plan):
            yield f"{plan.choice} is refused as too dear, yet every month bears it"
        elif reason is not ReliefReason.MONTH_TOO_DEAR and case.number % FULL == 0 and stands(case, plan):
            yield f"{plan.choice} is refused for its cost, yet it stands"
    if not answer.cards and (answer.because is None or answer.steps[-1:] != (ReliefStep.DEBT_ADVICE,)):
        yield "nothing is offered, and neither reason nor way is told"


RELIEF_CHECKS: dict[str, ReliefCheck] = {
    "G7": freeze_first,
    "G8": relief_is_sustainable,
    "G9": no_worse_trap,
}


_refused: dict[
    tuple[int, ReliefChoice], Refusal | None
] = {}  # by loan and choice, which live as long as the run


def refused_once(plan: ReliefPlan, loan: ReliefLoan) -> Refusal | None:
    """This function will ask the loan's own checks, once for each plan of the run: they do not depend on the budget."""
    key = (id(loan), plan.choice)
    if key not in _refused:
        _refused[key] = refused_by(plan, loan)
    return _refused[key]


def check_household(seed: int, number: int, parts: ReliefParts) -> Iterator[tuple[str, list[str]]]:
    """This function will check one case and return what broke, by guarantee."""
    case = make_relief_case(seed, number)
    answer = parts.solve(
        loan=case.loan, plans=case.plans, budget=case.budget, scenarios=case.policy.scenarios_of(case.cause),
        policy=case.policy, pool_minor=case.pool_minor, refuses=refused_once,
    )  # fmt: skip
    for name, check in RELIEF_CHECKS.items():
        yield name, list(check(case, answer, parts))
