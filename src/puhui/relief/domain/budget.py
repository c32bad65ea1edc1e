"""The household budget: what each month leaves, with its uncertainty as scenarios of whole weights. Exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from puhui.core.money import MAX_MINOR
from puhui.core.refusals import InputRefused
from puhui.core.rounding import Rounding, divide
from puhui.protection.domain import HousePolicy

PPM = 1_000_000
MOST_MONTHS = 120  # beyond what any plan lasts


class BudgetInvalid(InputRefused):
    """A figure of the budget is negative or above any amount that is counted here."""

    field = "income"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetScenario:
    """One way in which the months to come may turn out."""

    weight: int  # how likely beside the others, a whole number above zero
    later_months: int  # months by which income recovers later than she expects
    regained_ppm: int  # share of the lost income that comes back then, ppm
    spending_ppm: int  # essential spending as a share of what is stated, ppm
    longer_ppm: int = 0  # share of the expected wait by which it is longer still, ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdBudget:
    """What a month brings and takes. Minor units of the loan's currency."""

    income_minor: int  # income a month now
    usual_income_minor: int  # income a month before the hardship, and hoped for after it
    spending_minor: int  # essential spending a month, rent included, as she states it
    floor_minor: int  # the least that living is taken to cost in her region
    other_debts_minor: int  # payments a month on other debts, our other loans included
    recovers_after_months: int  # full months until the usual income is expected back
    lump_minor: int = 0  # what she could pay once, for a settlement

    @property
    def essential_minor(self) -> int:
        """Essential spending that is counted: what she states, never less than the region's floor."""
        return max(self.spending_minor, self.floor_minor)


def make_budget(
    *,
    income_minor: int,
    usual_income_minor: int,
    spending_minor: int,
    other_debts_minor: int,
    recovers_after_months: int,
    region_code: str,
    house: HousePolicy,
    lump_minor: int = 0,
) -> HouseholdBudget:
    """This function will make a budget with the floor that the house policy's text sets for the region.

    Amounts in minor units a month; no income is a budget, too. Raises: BudgetInvalid, naming the figure.
    """
    budget = HouseholdBudget(
        income_minor=income_minor,
        usual_income_minor=usual_income_minor,
        spending_minor=spending_minor,
        floor_minor=house.essential_floor_minor(region_code),
        other_debts_minor=other_debts_minor,
        recovers_after_months=recovers_after_months,
        lump_minor=lump_minor,
    )
    for one in fields(budget):
        most = MOST_MONTHS if one.name == "recovers_after_months" else MAX_MINOR
        if not 0 <= getattr(budget, one.name) <= most:
            raise BudgetInvalid(one.name.removesuffix("_minor"), most=most)
    return budget


def recovery_month(budget: HouseholdBudget, scenario: BudgetScenario) -> int:
    """This function will return the first month of the regained income: who expects a long wait errs by more months."""
    wait = budget.recovers_after_months
    return wait + divide(wait * scenario.longer_ppm, PPM, Rounding.CEILING) + scenario.later_months


def surplus(budget: HouseholdBudget, scenario: BudgetScenario, month: int) -> int:
    """This function will return what month `month` leaves for instalments in a scenario, minor units, maybe negative.
    Month 0 is the calendar month of asking.
    """
    before, after = _two_ways(budget, scenario)
    return after if month >= recovery_month(budget, scenario) else before


def _two_ways(budget: HouseholdBudget, scenario: BudgetScenario) -> tuple[int, int]:
    """What a month leaves before the income comes back, and from then on."""
    lost = max(0, budget.usual_income_minor - budget.income_minor)
    spends = divide(budget.essential_minor * scenario.spending_ppm, PPM, Rounding.CEILING)
    before = budget.income_minor - spends - budget.other_debts_minor
    return before, before + divide(lost * scenario.regained_ppm, PPM, Rounding.FLOOR)


def surplus_line(budget: HouseholdBudget, scenario: BudgetScenario, months: int) -> list[int]:
    """This function will return the surplus of each month from 0 on: the same figures, worked out once."""
    before, after = _two_ways(budget, scenario)
    back = min(months, recovery_month(budget, scenario))
    return [before] * back + [after] * (months - back)


def bearable(
    budget: HouseholdBudget, scenarios: Sequence[BudgetScenario], *, months: int, confidence_ppm: int
) -> tuple[int, ...]:
    """This function will return, for each month from 0 on, the largest payment that is at most the surplus in scenarios
    of at least `confidence_ppm` of all weight, minor units; below zero where living alone costs more.
    """
    whole = sum(one.weight for one in scenarios)
    # Between two months of recovery nothing changes, so one month of each stretch is looked at.
    starts = sorted({0, *(back for one in scenarios if (back := recovery_month(budget, one)) < months)})
    found: list[int] = []
    for start, end in zip(starts, [*starts[1:], months], strict=True):
        held = 0
        for left, weight in sorted(((surplus(budget, s, start), s.weight) for s in scenarios), reverse=True):
            held += weight
            if held * PPM >= whole * confidence_ppm:
                found += [left] * (end - start)
                break
    return tuple(found)
