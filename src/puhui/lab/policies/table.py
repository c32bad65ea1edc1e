"""The real relief solver as a table: its answer for each household that asks, worked out when it first occurs.

What a household says is rounded to whole hundredths of an instalment, always to its own disadvantage (means down, needs
up): what the solver finds affordable for the rounded household is affordable for the real one. Each entry is what
`solve_relief` returns for that state, no more. The menu by lender value looks at every plan, so its states are wider, but
rounded to the nearest: it is not to lose by the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from puhui.core.refusals import Refusal
from puhui.lab.observed import CAUSES, MENU, NOTHING, Asked, Flags, Ints
from puhui.lab.planbook import ASK_DAYS, BookCase, PlanBook
from puhui.relief.domain import (
    NO_CHANGE,
    BudgetScenario,
    CohortWorth,
    HouseholdBudget,
    ReliefAnswer,
    ReliefChoice,
    ReliefLoan,
    ReliefPlan,
    ReliefPolicy,
    refused_by,
    rests_on_recovery,
    solve_relief,
)

HUNDREDTHS = 100  # steps are hundredths of an instalment
SURPLUS_STEP, NEEDS_STEP = 2, 5  # surplus of a month is rounded down to such a step, essential spending up
LENDER_STEP = 20  # for the menu by lender value, to the nearest
MOST = 2_000  # hundredths: more than twenty instalments a month is as good as twenty
MOST_LENDER_CARDS = 3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TableState:
    """A rounded household with its loan: the key of the table."""

    loan: int  # which loan of the plan book
    asked: int  # index into ASK_DAYS
    job: bool  # whether the cause has scenarios of its own
    now: int  # hundredths of an instalment: surplus now
    later: int  # surplus once the usual income is back
    waits: int  # months until then
    needs: int  # essential spending


class ReliefTable:
    """Answers by state, each worked out once."""

    def __init__(self, book: PlanBook, policy: ReliefPolicy) -> None:
        self.book, self.policy = book, policy
        self.cards: dict[TableState, tuple[int, ...]] = {}
        self.lender: dict[TableState, tuple[int, ...]] = {}
        self.bears: dict[TableState, bool] = {}  # whether the terms in force can be borne as they are
        self.solved = 0  # by this process
        self.places: dict[int, dict[int, int]] = {}  # by case: row of each of its plans
        self.checked: dict[tuple[str, date, ReliefChoice], Refusal | None] = {}

    def states(self, asked: Asked, *, by_lender: bool = False) -> list[TableState]:
        """Return the rounded state of everybody who asks."""
        unit = self.book.instalment[asked.loan]
        now = asked.income - asked.spending - asked.other
        later = asked.usual - asked.spending - asked.other
        if by_lender:
            low, high, needs = (
                _to(LENDER_STEP, value, unit, LENDER_STEP // 2) for value in (now, later, asked.spending)
            )
        else:
            low, high = (_to(SURPLUS_STEP, value, unit, 0) for value in (now, later))
            needs = -_to(NEEDS_STEP, -asked.spending, unit, 0)
        waits = np.where(low >= high, 0, asked.recovers)
        place = max(0, sum(one <= asked.day for one in ASK_DAYS) - 1)
        job = asked.cause == CAUSES.index("job")
        return [
            TableState(loan=a, asked=place, job=b, now=c, later=max(c, d), waits=e, needs=f)
            for a, b, c, d, e, f in zip(
                asked.loan.tolist(), job.tolist(), low.tolist(), high.tolist(), waits.tolist(), needs.tolist(),
                strict=True,
            )
        ]  # fmt: skip

    def menu(self, asked: Asked, *, by_lender: bool) -> Ints:
        """Return the rows of the plan book that are shown, shape (who asked, MENU)."""
        found = np.full((len(asked.who), MENU), NOTHING, np.int64)
        answers, work = (self.lender, self.rank) if by_lender else (self.cards, self.solve)
        for row, state in enumerate(self.states(asked, by_lender=by_lender)):
            cards = answers.get(state)
            if cards is None:
                cards = answers[state] = work(state)
                self.solved += 1
            found[row, : len(cards)] = cards
        return found

    def bears_as_is(self, asked: Asked) -> Flags:
        """Return whose month bears the loan without any change, of those whose cards were asked for."""
        return np.array([self.bears[state] for state in self.states(asked)], np.bool_)

    def reviews(self, asked: Asked, plan: Ints) -> Ints:
        """Return which payment of each plan (a row of the book) rests on the hoped-for income, NOTHING where none does."""
        found = np.full(len(plan), NOTHING, np.int64)
        for place, (state, row) in enumerate(zip(self.states(asked), plan.tolist(), strict=True)):
            case = self.case(state)
            rests = rests_on_recovery(
                case.plans[row - case.first], self.budget(state), self.scenarios(state), self.policy
            )
            found[place] = NOTHING if rests is None else rests
        return found

    def scenarios(self, state: TableState) -> tuple[BudgetScenario, ...]:
        """Return how the months of a state may turn out."""
        return self.policy.scenarios_of("job" if state.job else "timing")

    def case(self, state: TableState) -> BookCase:
        """Return the loan of a state on its day of asking."""
        return self.book.cases[int(self.book.case_of[state.loan, state.asked])]

    def budget(self, state: TableState) -> HouseholdBudget:
        """Return the budget that a state stands for, minor units a month."""
        unit = int(self.book.instalment[state.loan])
        needs = -(-unit * state.needs // HUNDREDTHS)
        now, later = (needs + unit * one // HUNDREDTHS for one in (state.now, state.later))
        debts = max(0, -now)  # who lacks more than living takes owes the rest elsewhere
        return HouseholdBudget(
            income_minor=now + debts, usual_income_minor=max(0, later + debts), spending_minor=needs, floor_minor=0,
            other_debts_minor=debts, recovers_after_months=state.waits,
        )  # fmt: skip

    def answer(self, state: TableState) -> ReliefAnswer:
        """Ask the real solver."""
        case = self.case(state)
        return solve_relief(
            loan=case.relief, plans=case.plans, budget=self.budget(state),
            scenarios=self.scenarios(state), policy=self.policy, pool_minor=0,
            refuses=self.refuses, every=False,
        )  # fmt: skip

    def refuses(self, plan: ReliefPlan, loan: ReliefLoan) -> Refusal | None:
        """Ask the loan's own checks, once for each plan."""
        key = (loan.events[0].loan_id, loan.asked_on, plan.choice)
        if key not in self.checked:
            self.checked[key] = refused_by(plan, loan)
        return self.checked[key]

    def solve(self, state: TableState) -> tuple[int, ...]:
        """Return the rows of the cards that the solver shows, in its order, "no change" apart."""
        case = self.case(state)
        if case.first not in self.places:
            self.places[case.first] = {id(plan): case.first + place for place, plan in enumerate(case.plans)}
        places, answer = self.places[case.first], self.answer(state)
        self.bears[state] = answer.no_change.refused is None
        return tuple(places[id(card.plan)] for card in answer.cards if not card.plan.is_no_change)

    def rank(self, state: TableState) -> tuple[int, ...]:
        """Return the plans that are worth most to the lender by the solver's own valuation, whoever can pay them.

        Plans that give something away (waivers, lower rates, months free of interest) are left out: such a menu has none.
        """
        case = self.case(state)
        base = next(plan for plan in case.plans if plan.choice == NO_CHANGE)
        worth = CohortWorth(
            budget=self.budget(state), scenarios=self.scenarios(state),
            cohort=self.policy.cohort, discount_ppm=self.policy.discount_ppm, base=base,
            months=max(len(plan.months) for plan in case.plans),
            peak_minor=max(plan.peak_minor for plan in case.plans),
        )  # fmt: skip
        found = []
        for place, plan in enumerate(case.plans):
            if plan.choice != NO_CHANGE and gives_nothing(plan.choice):
                of = worth.of(plan)
                found.append((-Fraction(of.numerator, of.denominator), place))
        return tuple(case.first + place for _, place in sorted(found)[:MOST_LENDER_CARDS])


def gives_nothing(choice: ReliefChoice) -> bool:
    """This function will tell whether a choice changes only when money comes."""
    return choice.waiver == "none" and not choice.rate_off_ppm and not choice.pauses_interest


def _to(step: int, value: Ints, unit: Ints, more: int) -> Ints:
    """Hundredths of an instalment, `more` added and then rounded down to a step."""
    whole = (value * HUNDREDTHS // unit + more) // step * step
    return np.asarray(np.clip(whole, -MOST, MOST), np.int64)
