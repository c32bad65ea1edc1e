"""The relief solver: of all plans those that a household can bear and the lender can stand (G8), cheapest first (G9).

Plans are ordered by what the household pays from now on, then by how soon it ends; what a plan is worth to the lender
only lets it pass or not, and never orders anything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from operator import gt

from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding, divide
from puhui.loans.domain import Position
from puhui.relief.domain.budget import PPM, BudgetScenario, HouseholdBudget, bearable
from puhui.relief.domain.options import ReliefChoice, ReliefLoan
from puhui.relief.domain.plans import ReliefPlan, make_plan, refused_by
from puhui.relief.domain.policy import ReliefPolicy
from puhui.relief.domain.worth import CohortWorth

Refuses = Callable[[ReliefPlan, ReliefLoan], Refusal | None]


class ReliefReason(Enum):
    """Why a plan is not offered."""

    MONTH_TOO_DEAR = "month_too_dear"  # some month asks for more than it bears
    LUMP_TOO_LOW = "lump_too_low"  # a settlement asks for more than she could pay once
    WORTH_TOO_LOW = "worth_too_low"  # over all who would take it, it loses against no action
    POOL_SHORT = "pool_short"  # its waiver costs more than is left for waivers
    LOAN_REFUSES = "loan_refuses"  # the loan's rules would refuse one of its events


class RecordEffect(Enum):
    """What a plan does to the record of the loan."""

    UNCHANGED = "unchanged"  # the loan is not late, and its record stays as it is
    STAYS_LATE = "stays_late"  # what is late stays on the record until it is paid
    RESTRUCTURED = "restructured"  # the record says that its terms were eased
    SETTLED_FOR_LESS = "settled_for_less"  # the record says that less than all was paid


class ReliefStep(Enum):
    """What is left where no plan can be offered."""

    PAUSE = "pause"  # the freeze holds while the month is short
    WAIVER_POOL = "waiver_pool"  # a person decides on a deeper waiver
    SETTLEMENT = "settlement"  # one payment that closes the loan
    DEBT_ADVICE = "debt_advice"  # free and independent help


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefFinding:
    """A plan that is not offered, and why. Minor units."""

    plan: ReliefPlan  # which one
    reason: ReliefReason  # why not
    month: int = 0  # MONTH_TOO_DEAR: the first such month, 0 = the month of asking
    asks_minor: int = 0  # what that month, or a settlement, asks for
    bears_minor: int = 0  # what it bears
    shortfall_minor: int = 0  # WORTH_TOO_LOW, POOL_SHORT: what a household that takes it costs
    refusal: str = ""  # LOAN_REFUSES: name of the refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefCard:
    """A plan as it is shown. First and peak payment, last date and total are the plan's."""

    plan: ReliefPlan  # what is paid when, and what carries it out
    tags: tuple[str, ...]  # of cheapest, lightest_start, lowest_peak, soonest_end
    draw_minor: int  # what it takes from the waiver pool, minor units
    costs_more_minor: int  # total above that of the cheapest card, minor units
    record: RecordEffect  # effect on the record
    why_not_cheaper: (
        ReliefFinding | None
    )  # the dearest of the cheaper plans, none of which is offered; None = there is none
    refused: ReliefFinding | None = None  # only "no change" is shown though it is not affordable
    programme: str = ""  # name of the programme whose budget pays the draw, "" = the waiver pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefAnswer:
    """What can be offered, and all that cannot, with the reasons."""

    bears_minor: tuple[int, ...]  # what each month bears, the month of asking first, minor units
    cards: tuple[ReliefCard, ...]  # offered plans, cheapest for the household first; () = none
    no_change: ReliefCard  # always shown
    refused: tuple[ReliefFinding, ...]  # plans that are not offered, cheapest first
    steps: tuple[ReliefStep, ...]  # where no plan is offered: what is left
    because: ReliefReason | None  # where no plan is offered: why


def household_order(plan: ReliefPlan) -> tuple[object, ...]:
    """This function will return by what plans are ordered: total from now on, last day, peak, then fewest changes."""
    return plan.order


def settlements(loan: ReliefLoan, budget: HouseholdBudget, policy: ReliefPolicy) -> list[ReliefPlan]:
    """This function will make the settlements that she could pay: at the least price, and with all that she has."""
    payoff = loan.now.payoff_minor
    least = divide(payoff * policy.settlement_least_ppm, PPM, Rounding.CEILING)
    late = loan.now.dpd_days >= policy.settlement_late_days and loan.terms.semantics_version > 1
    prices = {least, budget.lump_minor} if late and 0 < least <= budget.lump_minor < payoff else set()
    return [make_plan(ReliefChoice(settlement_minor=price), loan) for price in sorted(prices)]


def solve_relief(
    *,
    loan: ReliefLoan,
    plans: Sequence[ReliefPlan],
    budget: HouseholdBudget,
    scenarios: Sequence[BudgetScenario],
    policy: ReliefPolicy,
    pool_minor: int,
    refuses: Refuses = refused_by,
    every: bool = True,
) -> ReliefAnswer:
    """This function will choose among all `plans` (no change among them) the ones to show.

    `pool_minor` is what is left for waivers that lose against no action. A plan may draw on it for what it costs, and
    for no more than it gives up of what is owed today. `refuses` asks the loan's own checks; they do not depend on the
    budget, so a caller with many budgets for one loan may remember what they said. With `every` false only as many plans
    are valued as the cards need: the cards are the same, and `refused` misses plans that nobody asked about.
    """
    ordered = sorted([*plans, *settlements(loan, budget, policy)], key=household_order)
    months = max(len(plan.months) for plan in ordered)
    line = bearable(budget, scenarios, months=months, confidence_ppm=policy.confidence_ppm)
    base = next(plan for plan in ordered if plan.is_no_change)
    judged = _Judged(
        # Where no plan can be borne nobody asks what one is worth.
        worth=lambda: CohortWorth(
            budget=budget, scenarios=scenarios, cohort=policy.cohort, discount_ppm=policy.discount_ppm, base=base,
            months=months, peak_minor=max(plan.peak_minor for plan in ordered),
        ),
        pool_minor=pool_minor,
    )  # fmt: skip
    bears = [max(0, one) for one in line]
    refused = judged.refused
    offered = []
    for plan in ordered:
        if (finding := too_dear(plan, bears=bears, line=line, budget=budget)) is not None:
            refused.append(finding)
        elif not every or judged.passes(plan):
            offered.append(plan)
    chosen = choose(offered, policy.cards_most, judged.passes)
    while broken := refused_among(chosen, loan, refuses):
        refused += broken
        offered = [plan for plan in offered if all(plan is not one.plan for one in broken)]
        chosen = choose(offered, policy.cards_most, judged.passes)
    refused.sort(key=lambda one: one.plan.order)
    offered = [plan for plan in offered if id(plan) in judged.fit]

    least = offered[0].total_minor if offered else None
    cards = [
        make_card(
            plan,
            tags,
            loan=loan,
            draw_minor=judged.fit.get(id(plan), 0),
            least_minor=least,
            refused=refused,
        )
        for plan, tags in [*chosen, (base, ())]
    ]
    because, steps = (
        what_is_left(refused, budget=budget, pool_minor=pool_minor) if not offered else (None, ())
    )
    return ReliefAnswer(
        bears_minor=line,
        cards=tuple(cards[:-1]),
        no_change=cards[-1],
        refused=tuple(refused),
        steps=steps,
        because=because,
    )


class _Judged:
    """Plans that can be borne, each valued once and only when somebody asks. The plans live as long as it does."""

    def __init__(self, *, worth: Callable[[], CohortWorth], pool_minor: int) -> None:
        self.make, self.pool_minor = worth, pool_minor
        self.worth: CohortWorth | None = None
        self.fit: dict[int, int] = {}  # id of what passes, and what it draws from the waiver pool
        self.refused: list[ReliefFinding] = []  # what does not
        self.asked: set[int] = set()

    def passes(self, plan: ReliefPlan) -> bool:
        """Return whether a plan may be offered (G8)."""
        if id(plan) not in self.asked:
            self.asked.add(id(plan))
            self.worth = self.worth or self.make()
            finding, draw = judge(plan, worth=self.worth, pool_minor=self.pool_minor)
            if finding is None:
                self.fit[id(plan)] = draw
            else:
                self.refused.append(finding)
        return id(plan) in self.fit


def make_card(
    plan: ReliefPlan,
    tags: tuple[str, ...],
    *,
    loan: ReliefLoan,
    draw_minor: int,
    least_minor: int | None,
    refused: Sequence[ReliefFinding],
) -> ReliefCard:
    """This function will make the card of a plan; `least_minor` is the total of the cheapest card, None = there is none."""
    total = plan.total_minor
    return ReliefCard(
        plan=plan,
        tags=tags,
        draw_minor=draw_minor,
        costs_more_minor=0 if least_minor is None else max(0, total - least_minor),
        record=record_effect(plan, loan),
        why_not_cheaper=dearest_below(total, refused),
        refused=next((one for one in refused if one.plan is plan), None),
    )


def dearest_below(total_minor: int, refused: Sequence[ReliefFinding]) -> ReliefFinding | None:
    """This function will return the first of the dearest findings below a total, of findings in the household's order."""

    def total(one: ReliefFinding) -> int:
        return one.plan.total_minor

    place = bisect_left(refused, total_minor, key=total)
    return refused[bisect_left(refused, total(refused[place - 1]), key=total)] if place else None


def too_dear(
    plan: ReliefPlan, *, bears: Sequence[int], line: Sequence[int], budget: HouseholdBudget
) -> ReliefFinding | None:
    """This function will return which month asks for more than it bears, or None (G8); `bears` is `line`, but not below
    zero: a month without a payment is borne whatever it leaves.
    """
    if plan.choice.settlement_minor:
        if plan.total_minor > budget.lump_minor:
            return ReliefFinding(
                plan=plan,
                reason=ReliefReason.LUMP_TOO_LOW,
                asks_minor=plan.total_minor,
                bears_minor=budget.lump_minor,
            )
        return None
    if not any(map(gt, plan.months, bears)):
        return None
    month = next(month for month, asks in enumerate(plan.months) if asks > bears[month])
    return ReliefFinding(
        plan=plan,
        reason=ReliefReason.MONTH_TOO_DEAR,
        month=month,
        asks_minor=plan.months[month],
        bears_minor=line[month],
    )


def judge(plan: ReliefPlan, *, worth: CohortWorth, pool_minor: int) -> tuple[ReliefFinding | None, int]:
    """This function will return why a plan that can be borne is not offered, or None and what it draws from the waiver
    pool (G8).
    """
    if plan.is_no_change:
        return None, 0
    draw = worth.of(plan).shortfall_minor
    if draw > plan.waived_minor:
        return ReliefFinding(plan=plan, reason=ReliefReason.WORTH_TOO_LOW, shortfall_minor=draw), 0
    if draw > pool_minor:
        return ReliefFinding(plan=plan, reason=ReliefReason.POOL_SHORT, shortfall_minor=draw), 0
    return None, draw


def refused_among(
    chosen: Sequence[tuple[ReliefPlan, tuple[str, ...]]], loan: ReliefLoan, refuses: Refuses
) -> list[ReliefFinding]:
    """This function will return the picked plans that the loan's own checks would refuse, so that none of them is shown."""
    seen: dict[tuple[object, ...], Position] = {}
    asks = partial(refused_by, seen=seen) if refuses is refused_by else refuses
    found = [(plan, asks(plan, loan)) for plan, _ in chosen]
    return [
        ReliefFinding(plan=plan, reason=ReliefReason.LOAN_REFUSES, refusal=refusal.code)
        for plan, refusal in found
        if refusal is not None
    ]


def choose(
    offered: Sequence[ReliefPlan], most: int, passes: Callable[[ReliefPlan], bool]
) -> list[tuple[ReliefPlan, tuple[str, ...]]]:
    """This function will pick the cards among plans in the household's order, of those that pass: the cheapest, the
    lightest start, the lowest peak, the soonest end, then the next ones that look different; in the household's order.
    """
    keys: dict[str, Callable[[ReliefPlan], object]] = {
        "cheapest": lambda one: 0,
        "lightest_start": lambda one: one.months[0] + sum(one.months[1:3]),
        "lowest_peak": lambda one: one.peak_minor,
        "soonest_end": lambda one: one.last_date,
    }
    tags: dict[int, list[str]] = {}
    for name, key in keys.items():
        # Sorting is stable: of equals the first in the household's order is taken.
        plan = next((one for one in sorted(offered, key=key) if passes(one)), None)  # type: ignore[arg-type]
        if plan is None:
            return []
        tags.setdefault(id(plan), []).append(name)
    kept = set(list(tags)[:most])
    looks = {_look(plan) for plan in offered if id(plan) in kept}
    for plan in offered:
        if len(kept) == most:
            break
        if _look(plan) not in looks and passes(plan):
            looks.add(_look(plan))
            kept.add(id(plan))
    return [(plan, tuple(tags.get(id(plan), ()))) for plan in offered if id(plan) in kept]


def _look(plan: ReliefPlan) -> tuple[object, ...]:
    return (plan.first_minor, plan.peak_minor, plan.last_date)


def record_effect(plan: ReliefPlan, loan: ReliefLoan) -> RecordEffect:
    """This function will tell what a plan does to the loan's record."""
    if plan.choice.settlement_minor:
        return RecordEffect.SETTLED_FOR_LESS
    if plan.restructured:
        return RecordEffect.RESTRUCTURED
    return RecordEffect.STAYS_LATE if loan.now.late_minor else RecordEffect.UNCHANGED


def what_is_left(
    refused: Sequence[ReliefFinding], *, budget: HouseholdBudget, pool_minor: int
) -> tuple[ReliefReason, tuple[ReliefStep, ...]]:
    """This function will return why no plan is offered and what is left: never nothing."""
    reasons = {one.reason for one in refused if not one.plan.is_no_change}
    borne = reasons & {ReliefReason.WORTH_TOO_LOW, ReliefReason.POOL_SHORT}
    because = min(borne or reasons or {ReliefReason.MONTH_TOO_DEAR}, key=list(ReliefReason).index)
    steps = [ReliefStep.PAUSE]
    if borne and pool_minor > 0:
        steps.append(ReliefStep.WAIVER_POOL)
    if budget.lump_minor > 0:
        steps.append(ReliefStep.SETTLEMENT)
    return because, (*steps, ReliefStep.DEBT_ADVICE)
