"""What a plan is worth to the lender against no action, over everyone who would take it. Exact integers.

Each household of the cohort pays, in each scenario, what it can of what is owed; what is missed is carried, and who pays
less than half for some months gives up, whereupon a share comes back. Penalties to come are never counted as income.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from puhui.relief.domain.budget import PPM, BudgetScenario, HouseholdBudget, surplus_line
from puhui.relief.domain.plans import ReliefPlan
from puhui.relief.domain.policy import CohortHousehold

YEAR = 12 * PPM  # a month's discount is YEAR / (YEAR + yearly rate)
TAIL = 12  # months after the last instalment in which what was missed may still be paid


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWorth:
    """NPV(plan) less NPV(no action), as an exact fraction."""

    numerator: int  # over all who take it, weighted
    denominator: int  # above zero; numerator / denominator = minor units a household that takes it

    @property
    def shortfall_minor(self) -> int:
        """What the plan costs the lender for each household that takes it, minor units rounded up; 0 for nothing."""
        return max(0, -(self.numerator // self.denominator))


def receive(
    flows: list[int],
    share: int,
    plan: ReliefPlan,
    household: CohortHousehold,
    means: Sequence[int],
    *,
    lump_minor: int = 0,
) -> None:
    """This function will add `share` times what a household pays in each month to `flows`, minor units; `means` is what it
    has each month. A settlement is paid from `lump_minor` in the first month or not at all.
    """
    if plan.choice.settlement_minor:
        flows[0] += share * plan.months[0] if plan.months[0] <= lump_minor else 0
        return
    pays, patience, last = household.pays_ppm, household.gives_up_months, len(means) - 1
    months, length = plan.months, len(plan.months)
    carried = missed = 0
    for month, has in enumerate(means):
        if month < length:
            carried += months[month]
        elif not carried:
            return
        paid = (carried if carried < has else has) * pays // PPM
        missed = missed + 1 if 2 * paid < carried else 0
        carried -= paid
        if missed >= patience or month == last:
            left = sum(plan.principals[month + 1 :])
            flows[month] += share * (paid + (carried + left) * household.recovery_ppm // PPM)
            return
        if paid:
            flows[month] += share * paid


@lru_cache(maxsize=64)
def discounts(discount_ppm: int, months: int) -> tuple[int, ...]:
    """This function will return what one unit of each month is worth, over (YEAR + discount) ** (months - 1)."""
    return tuple((YEAR + discount_ppm) ** (months - 1 - m) * YEAR**m for m in range(months))


def most_owed(kind: CohortHousehold, peak_minor: int | None) -> int | None:
    """This function will bound what a household of a kind ever owes while its means suffice, minor units; None = unknown.

    It pays a share p of what is owed, so that owed ≤ peak + (1 − p) × owed the month before, a unit of rounding included.
    """
    if peak_minor is None or not kind.pays_ppm:
        return None
    return (peak_minor + 1) * PPM // kind.pays_ppm + 2


class CohortWorth:
    """What plans are worth for one budget; what no action brings is worked out once for each group of takers.

    `peak_minor` is the most that a month of any plan asks for. Scenarios in which a kind can always pay all that it then
    would are worked out once, for they bring the same.
    """

    def __init__(
        self,
        *,
        budget: HouseholdBudget,
        scenarios: Sequence[BudgetScenario],
        cohort: Sequence[CohortHousehold],
        discount_ppm: int,
        base: ReliefPlan,
        months: int,
        peak_minor: int | None = None,
    ) -> None:
        self.budget, self.base = budget, base
        self.months = months + TAIL
        self.denominator = (YEAR + discount_ppm) ** (self.months - 1)
        self.weights = discounts(discount_ppm, self.months)
        lines = [(s.weight, surplus_line(budget, s, self.months)) for s in scenarios]
        self.ways: list[tuple[CohortHousehold, int, list[int]]] = []
        for kind in cohort:
            enough = most_owed(kind, peak_minor)
            always = 0
            for weight, line in lines:
                means = [max(0, one) * kind.means_ppm // PPM for one in line]
                if enough is not None and min(means) >= enough:
                    always += weight
                else:
                    self.ways.append((kind, weight, means))
            if always and enough is not None:
                self.ways.append((kind, always, [enough] * self.months))
        self.before: dict[bool, int] = {}  # what no action brings, by whether the plan is cheaper

    def _value(self, plan: ReliefPlan, cheaper: bool) -> tuple[int, int]:
        """What a plan brings, discounted, over those who take one that is cheaper (or dearer); and how many they are."""
        flows, takers = [0] * self.months, 0
        for kind, weight, means in self.ways:
            taken = weight * kind.weight * (kind.takes_cheaper_ppm if cheaper else kind.takes_dearer_ppm)
            takers += taken
            if taken:
                receive(flows, taken, plan, kind, means, lump_minor=self.budget.lump_minor)
        return sum(flow * weight for flow, weight in zip(flows, self.weights, strict=True) if flow), takers

    def of(self, plan: ReliefPlan) -> PlanWorth:
        """Return the worth of a plan against no action, over all who would take it."""
        cheaper = plan.total_minor < self.base.total_minor
        value, takers = self._value(plan, cheaper)
        if cheaper not in self.before:
            self.before[cheaper] = self._value(self.base, cheaper)[0]
        return PlanWorth(
            numerator=value - self.before[cheaper], denominator=max(1, takers) * self.denominator
        )
