"""What a plan is worth to the lender against no action, over everyone who would take it. Exact integers.

Each household of the cohort pays, in each scenario, what it can of what is owed; what is missed is carried, and who pays
less than half for some months gives up, whereupon a share comes back. Penalties to come are never counted as income.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from puhui.relief.domain.budget import PPM, BudgetScenario, HouseholdBudget, surplus
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


def receipts(
    plan: ReliefPlan, household: CohortHousehold, means: Sequence[int], *, lump_minor: int = 0
) -> list[int]:
    """This function will return what a household pays in each month, minor units; `means` is what it has each month.
    A settlement is paid from `lump_minor` in the first month or not at all.
    """
    count = len(means)
    if plan.choice.settlement_minor:
        paid = plan.months[0] if plan.months[0] <= lump_minor else 0
        return [paid] + [0] * (count - 1)
    found = [0] * count
    left = sum(plan.principals)
    carried = missed = 0
    for month in range(count):
        if month < len(plan.months):
            carried += plan.months[month]
            left -= plan.principals[month]
        elif not carried:
            break
        paid = min(carried, means[month]) * household.pays_ppm // PPM
        missed = missed + 1 if 2 * paid < carried else 0
        carried -= paid
        found[month] = paid
        if missed >= household.gives_up_months or month == count - 1:
            found[month] += (carried + left) * household.recovery_ppm // PPM
            break
    return found


class CohortWorth:
    """What plans are worth for one budget; what no action brings is worked out once."""

    def __init__(
        self,
        *,
        budget: HouseholdBudget,
        scenarios: Sequence[BudgetScenario],
        cohort: Sequence[CohortHousehold],
        discount_ppm: int,
        base: ReliefPlan,
        months: int,
    ) -> None:
        self.budget, self.cohort, self.discount_ppm, self.base = budget, cohort, discount_ppm, base
        self.months = months + TAIL
        lines = [(s.weight, [surplus(budget, s, m) for m in range(self.months)]) for s in scenarios]
        self.whole = sum(weight for weight, _ in lines)
        self.ways = [
            (kind, weight, [max(0, one) * kind.means_ppm // PPM for one in line])
            for kind in cohort
            for weight, line in lines
        ]
        self.before = [receipts(base, kind, means) for kind, _, means in self.ways]

    def of(self, plan: ReliefPlan) -> PlanWorth:
        """Return the worth of a plan against no action, over all who would take it."""
        cheaper = plan.total_minor < self.base.total_minor
        flows, takers = [0] * self.months, 0
        for (kind, weight, means), before in zip(self.ways, self.before, strict=True):
            taken = kind.weight * (kind.takes_cheaper_ppm if cheaper else kind.takes_dearer_ppm)
            takers += taken * weight
            if not taken:
                continue
            got = receipts(plan, kind, means, lump_minor=self.budget.lump_minor)
            for month in range(self.months):
                flows[month] += taken * weight * (got[month] - before[month])
        value, power = 0, 1
        for flow in flows:
            value = value * (YEAR + self.discount_ppm) + flow * power
            power *= YEAR
        return PlanWorth(
            numerator=value, denominator=max(1, takers) * (YEAR + self.discount_ppm) ** (self.months - 1)
        )
