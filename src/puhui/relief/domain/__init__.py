"""The public values and functions of relief, in one place for the stages that come after."""

from puhui.relief.domain.budget import (
    BudgetInvalid,
    BudgetScenario,
    HouseholdBudget,
    bearable,
    make_budget,
    surplus,
)
from puhui.relief.domain.options import (
    NO_CHANGE,
    ReliefChoice,
    ReliefLoan,
    ReliefLoanNotRunning,
    events_for,
    relief_loan,
)
from puhui.relief.domain.plans import PlanPayment, ReliefPlan, make_plan, plans_of, refused_by
from puhui.relief.domain.policy import CohortHousehold, ReliefGrid, ReliefPolicy, parse_relief
from puhui.relief.domain.recompute import recompute_worth
from puhui.relief.domain.solve import (
    RecordEffect,
    ReliefAnswer,
    ReliefCard,
    ReliefFinding,
    ReliefReason,
    ReliefStep,
    solve_relief,
)
from puhui.relief.domain.worth import TAIL, CohortWorth, PlanWorth

__all__ = [
    "NO_CHANGE",
    "TAIL",
    "BudgetInvalid",
    "BudgetScenario",
    "CohortHousehold",
    "CohortWorth",
    "HouseholdBudget",
    "PlanPayment",
    "PlanWorth",
    "RecordEffect",
    "ReliefAnswer",
    "ReliefCard",
    "ReliefChoice",
    "ReliefFinding",
    "ReliefGrid",
    "ReliefLoan",
    "ReliefLoanNotRunning",
    "ReliefPlan",
    "ReliefPolicy",
    "ReliefReason",
    "ReliefStep",
    "bearable",
    "events_for",
    "make_budget",
    "make_plan",
    "parse_relief",
    "plans_of",
    "recompute_worth",
    "refused_by",
    "relief_loan",
    "solve_relief",
    "surplus",
]
