"""The same worth by another way: every missed instalment kept by itself and paid oldest first, present values as
fractions. It shares no arithmetic with `worth`, so that a slip in one of them shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from puhui.relief.domain.budget import PPM, BudgetScenario, HouseholdBudget
from puhui.relief.domain.plans import PlanPayment, ReliefPlan, month_of
from puhui.relief.domain.policy import CohortHousehold


def recompute_worth(
    plan: ReliefPlan,
    base: ReliefPlan,
    *,
    budget: HouseholdBudget,
    scenarios: Sequence[BudgetScenario],
    cohort: Sequence[CohortHousehold],
    discount_ppm: int,
    months: int,
) -> Fraction:
    """This function will return NPV(plan) less NPV(no action), minor units a household that takes the plan.

    `months` is how long households are followed; what is open then comes back in part. 0 where nobody takes it.
    """
    taken, gained = Fraction(0), Fraction(0)
    dearer = sum(one.amount_minor for one in plan.payments) >= sum(one.amount_minor for one in base.payments)
    worths = [Fraction(12 * PPM, 12 * PPM + discount_ppm) ** month for month in range(months)]
    for kind in cohort:
        share = kind.takes_dearer_ppm if dearer else kind.takes_cheaper_ppm
        for scenario in scenarios:
            weight = Fraction(kind.weight * share * scenario.weight)
            taken += weight
            mine = _present(plan, kind, scenario, budget, worths)
            gained += weight * (mine - _present(base, kind, scenario, budget, worths))
    return gained / taken if taken else Fraction(0)


def _present(
    plan: ReliefPlan,
    kind: CohortHousehold,
    scenario: BudgetScenario,
    budget: HouseholdBudget,
    worths: Sequence[Fraction],
) -> Fraction:
    """What one household pays in one scenario, discounted month by month."""
    if plan.choice.settlement_minor:
        price = plan.payments[0].amount_minor
        return Fraction(price if price <= budget.lump_minor else 0)
    waiting = list(plan.payments)
    missed: list[int] = []  # what is left of each instalment that came due, oldest first
    value, in_a_row = Fraction(0), 0
    for month, worth in enumerate(worths):
        while waiting and month_of(waiting[0].due_date, plan.asked_on) == month:
            missed.append(waiting.pop(0).amount_minor)
        owed = sum(missed)
        if not waiting and not owed:
            break
        paid = floor(Fraction(min(owed, _means(kind, scenario, budget, month)) * kind.pays_ppm, PPM))
        in_a_row = in_a_row + 1 if Fraction(paid) < Fraction(owed, 2) else 0
        came = paid
        _settle(missed, paid)
        ends = in_a_row >= kind.gives_up_months or month == len(worths) - 1
        if ends:
            came += floor(Fraction((sum(missed) + _principal(waiting)) * kind.recovery_ppm, PPM))
        value += came * worth
        if ends:
            break
    return value


def _settle(missed: list[int], paid: int) -> None:
    """Pay the oldest instalments first."""
    while paid and missed:
        used = min(paid, missed[0])
        paid -= used
        missed[0] -= used
        if not missed[0]:
            missed.pop(0)


def _principal(waiting: Sequence[PlanPayment]) -> int:
    return sum(one.principal_minor for one in waiting)


def _means(kind: CohortHousehold, scenario: BudgetScenario, budget: HouseholdBudget, month: int) -> int:
    """What a household has to pay with in a month: income less spending and other debts, as fractions until the end."""
    wait = budget.recovers_after_months * (1 + Fraction(scenario.longer_ppm, PPM))
    back = month - scenario.later_months >= wait
    lost = budget.usual_income_minor - budget.income_minor
    regained = floor(Fraction(lost * scenario.regained_ppm, PPM)) if back and lost > 0 else 0
    living = ceil(Fraction(max(budget.spending_minor, budget.floor_minor) * scenario.spending_ppm, PPM))
    left = budget.income_minor + regained - living - budget.other_debts_minor
    return floor(Fraction(left * kind.means_ppm, PPM)) if left > 0 else 0
