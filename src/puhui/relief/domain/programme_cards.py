"""Plans of programmes among the cards: what a programme offers is borne like any other plan, but its own budget stands in for
what it costs the lender.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from puhui.relief.domain.budget import HouseholdBudget
from puhui.relief.domain.options import ReliefChoice, ReliefLoan
from puhui.relief.domain.plans import ReliefPlan, make_plan, refused_by
from puhui.relief.domain.policy import ReliefPolicy
from puhui.relief.domain.programmes import PLAN, Programme, fits
from puhui.relief.domain.solve import ReliefAnswer, ReliefCard, household_order, record_effect, too_dear
from puhui.relief.domain.worth import CohortWorth


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeOffer:
    """A programme that a loan is treated by, with what its budget has left."""

    programme: Programme  # which
    left_minor: int  # of its budget, minor units


def plan_programmes(
    programmes: Sequence[Programme], loan: ReliefLoan, *, region_code: str, cause: str
) -> Iterator[Programme]:
    """This function will name the programmes of plans that a loan fits on its day of asking: each helps a loan whose terms
    were not eased before, once.
    """
    for one in programmes:
        if (
            one.kind == PLAN and not loan.now.restructured and meant(one, loan) is not None
            and fits(one, position=loan.now, region_code=region_code, cause=cause, on_date=loan.asked_on)
        ):  # fmt: skip
            yield one


def meant(programme: Programme, loan: ReliefLoan) -> ReliefChoice | None:
    """This function will return what a programme changes of a loan: of what is not late nothing is given up or spread, and no
    rate falls below zero. None where no instalment is to come that could be put off.
    """
    if not any(row.due_date > loan.asked_on and row.open_minor for row in loan.now.rows):
        return None
    choice = replace(
        programme.choice, rate_off_ppm=min(programme.choice.rate_off_ppm, loan.terms.annual_rate_ppm)
    )
    if not loan.now.late_minor:
        choice = replace(choice, waiver="none", spreads_arrears=False)
    return choice if choice.changes else None


def add_programmes(
    answer: ReliefAnswer,
    offers: Sequence[ProgrammeOffer],
    *,
    loan: ReliefLoan,
    plans: Sequence[ReliefPlan],
    budget: HouseholdBudget,
    policy: ReliefPolicy,
    cause: str,
) -> ReliefAnswer:
    """This function will put what programmes offer among the cards, in the household's order. A plan that some month does not
    bear (G8), that the loan refuses, that its budget cannot pay, or that is shown already, is left out. Where the cards become too
    many, others give way, never the cheapest.
    """
    base = next(plan for plan in plans if plan.is_no_change)
    found = list(answer.cards)
    for offer in offers:
        choice = meant(offer.programme, loan)
        if choice is None or any(card.plan.choice == choice for card in found):
            continue
        plan = make_plan(choice, loan)
        line = answer.bears_minor + answer.bears_minor[-1:] * (len(plan.months) - len(answer.bears_minor))
        bears = [max(0, one) for one in line]
        if (
            too_dear(plan, bears=bears, line=line, budget=budget) is not None
            or refused_by(plan, loan) is not None
        ):
            continue
        worth = CohortWorth(
            budget=budget, scenarios=policy.scenarios_of(cause), cohort=policy.cohort, discount_ppm=policy.discount_ppm,
            base=base, months=max(len(one.months) for one in (*plans, plan)),
        )  # fmt: skip
        cost = worth.of(plan).shortfall_minor
        if cost > offer.left_minor:
            continue
        found.append(ReliefCard(
            plan=plan, tags=(), draw_minor=cost, costs_more_minor=0, record=record_effect(plan, loan),
            why_not_cheaper=None, programme=offer.programme.name,
        ))  # fmt: skip
    if len(found) == len(answer.cards):
        return answer
    found.sort(key=lambda one: household_order(one.plan))
    while len(found) > policy.cards_most and (spare := _spare(found)) is not None:
        found.remove(spare)
    least = found[0].plan.total_minor
    cards = tuple(replace(one, costs_more_minor=one.plan.total_minor - least) for one in found)
    return replace(answer, cards=cards, steps=(), because=None)


def _spare(cards: Sequence[ReliefCard]) -> ReliefCard | None:
    """The card that gives way to a programme's: the dearest one without a distinction, else the dearest, never the cheapest."""
    own = [one for one in cards[1:] if not one.programme]
    return next((one for one in reversed(own) if not one.tags), own[-1] if own else None)
