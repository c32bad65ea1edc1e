"""G7 to G9 over random households: what is offered is borne and stands, the cheapest is there, asking costs nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from puhui.loans.domain import EventKind, freeze_payload, position
from puhui.relief.domain import (
    NO_CHANGE,
    TAIL,
    BudgetScenario,
    CohortWorth,
    HouseholdBudget,
    ReliefAnswer,
    ReliefPlan,
    ReliefStep,
    recompute_worth,
    solve_relief,
    surplus,
)
from tests.domain.test_loans_v2 import event
from tests.relief_kit import budget, loan, plans, policy

SEED = 20261122


def chance(budget: HouseholdBudget, scenarios: tuple[BudgetScenario, ...], month: int, asks: int) -> Fraction:
    """This function will count the weight of the scenarios in which a month bears what it is asked for."""
    bears = sum(one.weight for one in scenarios if asks == 0 or surplus(budget, one, month) >= asks)
    return Fraction(bears, sum(one.weight for one in scenarios))


def stands(
    plan: ReliefPlan, given: tuple[ReliefPlan, ...], budget: HouseholdBudget, cause: str, pool: int
) -> bool:
    """This function will tell by the other way whether a plan may be offered: every scenario and fraction by itself."""
    scenarios, rules = policy().scenarios_of(cause), policy()
    if any(chance(budget, scenarios, m, asks) < Fraction(9, 10) for m, asks in enumerate(plan.months)):
        return False
    if plan.choice == NO_CHANGE:
        return True
    base = next(one for one in given if one.choice == NO_CHANGE)
    gain = recompute_worth(
        plan, base, budget=budget, scenarios=scenarios, cohort=rules.cohort, discount_ppm=rules.discount_ppm,
        months=max(len(one.months) for one in given) + TAIL,
    )  # fmt: skip
    return gain >= 0 or -gain <= min(pool, plan.waived_minor)


def answer_to(
    given: tuple[ReliefPlan, ...], home: HouseholdBudget, *, late: bool, cause: str, pool: int
) -> ReliefAnswer:
    """This function will solve for a household."""
    return solve_relief(
        loan=loan(late=late), plans=given, budget=home, scenarios=policy().scenarios_of(cause), policy=policy(),
        pool_minor=pool,
    )  # fmt: skip


def compare(first: int, count: int) -> int:
    """This function will compare the solver with an exhaustive search, and return in how many cases a plan is offered."""
    offered = 0
    for number in range(first, first + count):
        rng = random.Random(f"{SEED}-{number}")
        where = f"seed {SEED}, case {number}"
        late, cause, pool = rng.random() < 0.5, rng.choice(["job", "timing"]), rng.choice([0, 5_000, 100_000])
        home = replace(budget(rng), lump_minor=0)
        every = plans(late=late)
        given = (every[0], *rng.sample(every[1:], 4))
        found = answer_to(given, home, late=late, cause=cause, pool=pool)
        good = [plan for plan in given if stands(plan, given, home, cause, pool)]
        shown = [card.plan.choice for card in found.cards]
        assert {one.plan.choice for one in found.refused} == {p.choice for p in given if p not in good}, where
        assert set(shown) <= {plan.choice for plan in good}, where
        costs = [card.plan.total_minor for card in found.cards]
        assert costs == sorted(costs), where
        assert bool(shown) == bool(good), where
        if good:
            assert costs[0] == min(sum(one.amount_minor for one in plan.payments) for plan in good), where
            assert min(card.plan.peak_minor for card in found.cards) == min(p.peak_minor for p in good), where
            assert len(shown) >= min(3, len({(p.first_minor, p.peak_minor, p.last_date) for p in good})), (
                where
            )
            assert not found.steps and found.because is None, where
        else:
            assert found.because is not None and found.steps[-1] is ReliefStep.DEBT_ADVICE, where
        assert found.no_change.plan.choice == NO_CHANGE, where
        assert (found.no_change.refused is None) == (NO_CHANGE in {p.choice for p in good}), where
        offered += bool(good)
    return offered


def test_the_solver_equals_an_exhaustive_search() -> None:
    offered = compare(0, 60)
    assert 10 < offered < 60, "the cases hold both households that can be helped and some that cannot"


@pytest.mark.release
def test_the_solver_equals_an_exhaustive_search_at_length() -> None:
    assert compare(60, 2_000) > 500


def test_the_order_of_plans_and_what_the_lender_gains_do_not_matter() -> None:
    rng = random.Random(SEED)
    given = plans(late=True)
    for _ in range(10):
        home, mixed = budget(rng), list(given)
        rng.shuffle(mixed)
        found = answer_to(given, home, late=True, cause="job", pool=0)
        assert answer_to(tuple(mixed), home, late=True, cause="job", pool=0) == found, f"seed {SEED}"


def test_valuing_only_what_the_cards_need_shows_the_same_cards() -> None:
    rng = random.Random(SEED)
    shown = 0
    for case in range(40):
        late, cause, pool = rng.random() < 0.5, rng.choice(["job", "timing"]), rng.choice([0, 100_000])
        home = budget(rng)
        full = answer_to(plans(late=late), home, late=late, cause=cause, pool=pool)
        short = solve_relief(
            loan=loan(late=late), plans=plans(late=late), budget=home, scenarios=policy().scenarios_of(cause),
            policy=policy(), pool_minor=pool, every=False,
        )  # fmt: skip
        where = f"seed {SEED}, case {case}"
        assert [(one.plan, one.tags, one.draw_minor) for one in short.cards] == [
            (one.plan, one.tags, one.draw_minor) for one in full.cards
        ], where
        assert (short.because, short.steps, short.bears_minor) == (
            full.because,
            full.steps,
            full.bears_minor,
        ), where
        assert {one.plan.choice for one in short.refused} <= {one.plan.choice for one in full.refused}, where
        shown += len(full.cards)
    assert shown > 40, "cards were compared"


def test_working_out_once_who_can_always_pay_changes_no_worth() -> None:
    rng, given = random.Random(SEED), plans(late=True)
    base = next(one for one in given if one.choice == NO_CHANGE)
    most = max(one.peak_minor for one in given)
    fewer = 0
    for case in range(30):
        home = budget(rng)
        scenarios, rules = policy().scenarios_of("job"), policy()
        every, once = (
            CohortWorth(
                budget=home, scenarios=scenarios, cohort=rules.cohort, discount_ppm=rules.discount_ppm, base=base,
                months=max(len(one.months) for one in given), peak_minor=peak,
            )
            for peak in (None, most)
        )  # fmt: skip
        fewer += len(once.ways) < len(every.ways)
        for plan in rng.sample(given, min(6, len(given))):
            assert once.of(plan) == every.of(plan), f"seed {SEED}, case {case}, {plan.choice}"
    assert fewer > 5, "some households can always pay"


def test_who_expects_a_long_wait_is_taken_to_err_by_more_months() -> None:
    slow = BudgetScenario(
        weight=1, later_months=1, regained_ppm=1_000_000, spending_ppm=1_000_000, longer_ppm=500_000
    )
    for expected, back in ((0, 1), (1, 3), (2, 4), (5, 9)):
        home = HouseholdBudget(
            income_minor=100, usual_income_minor=500, spending_minor=100, floor_minor=0, other_debts_minor=0,
            recovers_after_months=expected,
        )  # fmt: skip
        assert [surplus(home, slow, month) for month in (back - 1, back)] == [0, 400], expected


def test_a_deeper_pool_never_takes_a_plan_away() -> None:
    rng = random.Random(SEED)
    for case in range(30):
        home = budget(rng)
        few = answer_to(plans(late=True), home, late=True, cause="job", pool=0)
        more = answer_to(plans(late=True), home, late=True, cause="job", pool=10**9)
        assert {one.plan.choice for one in more.refused} <= {one.plan.choice for one in few.refused}, case
        assert all(card.draw_minor == 0 for card in few.cards)
        assert all(card.draw_minor <= card.plan.waived_minor for card in more.cards)


def test_asking_adds_no_penalty_for_that_day_or_later() -> None:
    rng = random.Random(SEED)
    here = loan(late=True)
    for _ in range(12):
        asked = here.asked_on + timedelta(days=rng.randrange(0, 90))
        until = asked + timedelta(days=rng.randrange(1, 40))
        freeze = event(
            2, EventKind.PENALTY_FREEZE, asked, **freeze_payload(from_date=asked, until_date=until)
        )
        day = asked + timedelta(days=rng.randrange((until - asked).days))
        before = position(terms=here.terms, events=here.events, as_of=asked - timedelta(days=1))
        then = position(terms=here.terms, events=[*here.events, freeze], as_of=day)
        bare = position(terms=here.terms, events=here.events, as_of=day)
        assert then.penalty_outstanding_minor == before.penalty_outstanding_minor, (
            f"seed {SEED}: {asked} {day}"
        )
        assert bare.penalty_outstanding_minor > then.penalty_outstanding_minor, "without asking there is more"
