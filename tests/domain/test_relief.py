"""Relief in the small: the budget's months, plans as events of the loan, the strict policy, and what is left."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from puhui.loans.domain import position
from puhui.products.domain import Method
from puhui.protection.domain.strict import PolicyInvalid
from puhui.relief.domain import (
    BudgetScenario,
    HouseholdBudget,
    RecordEffect,
    ReliefChoice,
    ReliefLoanNotRunning,
    ReliefReason,
    ReliefStep,
    bearable,
    events_for,
    make_plan,
    parse_relief,
    plans_of,
    refused_by,
    relief_loan,
    solve_relief,
)
from puhui.relief.domain.codec import plan_to_plain, plans_from_text, plans_to_text
from tests.domain.test_loans_v2 import PAID_OUT, TERMS, terms_with
from tests.relief_kit import FILE, SMALL, loan, plans, policy, text

HOME = HouseholdBudget(
    income_minor=300_000, usual_income_minor=500_000, spending_minor=200_000, floor_minor=150_000,
    other_debts_minor=30_000, recovers_after_months=3,
)  # fmt: skip


def test_a_month_bears_what_nine_in_ten_scenarios_leave() -> None:
    good = BudgetScenario(weight=9, later_months=0, regained_ppm=1_000_000, spending_ppm=1_000_000)
    bad = BudgetScenario(weight=1, later_months=2, regained_ppm=500_000, spending_ppm=1_100_000)
    line = bearable(HOME, [good, bad], months=4, confidence_ppm=900_000)
    assert line == (70_000, 70_000, 70_000, 270_000)
    worse = replace(bad, weight=2)  # two in eleven are more than one in ten: the bad months count
    assert bearable(HOME, [good, worse], months=4, confidence_ppm=900_000) == (50_000, 50_000, 50_000, 50_000)


def test_less_than_the_floor_is_never_counted_as_spending() -> None:
    assert replace(HOME, spending_minor=10).essential_minor == 150_000
    assert replace(HOME, spending_minor=200_000).essential_minor == 200_000


@pytest.mark.parametrize("late", [False, True])
def test_a_plan_is_what_recording_its_events_gives(late: bool) -> None:
    here = loan(late=late)
    for plan in plans(late=late)[::4]:
        assert refused_by(plan, here) is None, plan.choice
        there = position(
            terms=here.terms, events=[*here.events, *events_for(plan.choice, here)], as_of=here.asked_on
        )
        assert sum(plan.principals) == there.principal_outstanding_minor, plan.choice
        assert plan.total_minor == sum(row.open_minor for row in there.rows), plan.choice
        assert [one.due_date for one in plan.payments] == sorted(one.due_date for one in plan.payments)
        assert plan.last_date == there.rows[-1].due_date


@pytest.mark.parametrize("method", [Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL])
def test_a_waiver_taken_off_is_what_the_loan_works_out(method: Method) -> None:
    here = relief_loan(
        terms=terms_with(method=method), events=(PAID_OUT,), asked_on=date(2026, 4, 10)
    )  # two instalments are late
    grid = replace(
        SMALL, extensions=(0,), rates_off_ppm=(0,), waivers=("none", "penalty", "penalty_interest")
    )
    for plan in plans_of(here, grid):
        assert plan == make_plan(plan.choice, here), plan.choice


@pytest.mark.parametrize("late", [False, True])
def test_plans_worked_out_ahead_are_read_back_as_they_were(late: bool) -> None:
    there = loan(late=late)
    made = plans_of(there, SMALL)
    read = plans_from_text(plans_to_text(made), there)
    assert read == made
    assert read is not None and [one.payments for one in read] == [one.payments for one in made]
    assert [(one.order, one.first_minor) for one in read] == [(one.order, one.first_minor) for one in made]
    earlier = json.dumps([plan_to_plain(one) for one in made])  # as releases before this one kept them
    assert plans_from_text(earlier, there) is None


def test_every_option_changes_what_it_says() -> None:
    here, base = loan(late=True), plans(late=True)[0]
    by_choice = {plan.choice: plan for plan in plans(late=True)}
    longer, later = by_choice[ReliefChoice(extension=6)], by_choice[ReliefChoice(deferral_months=3)]
    cheaper, waived = (
        by_choice[ReliefChoice(rate_off_ppm=60_000)],
        by_choice[ReliefChoice(waiver="penalty_interest")],
    )
    assert len(longer.payments) == len(base.payments) + 6 and longer.peak_minor < base.peak_minor
    assert later.months[1:3] == (0, 0) and later.last_date > base.last_date
    assert cheaper.total_minor < base.total_minor
    assert waived.total_minor == base.total_minor - waived.waived_minor and waived.waived_minor > 0
    spread = by_choice[ReliefChoice(spreads_arrears=True)]
    assert spread.months[0] < base.months[0]
    settled = ReliefChoice(settlement_minor=700_000)
    assert sum(one.amount_minor for one in events_for(settled, here)) == here.now.payoff_minor - 700_000


def test_a_household_without_a_plan_is_never_left_with_nothing() -> None:
    poor = replace(HOME, income_minor=0, usual_income_minor=0)
    found = solve_relief(
        loan=loan(late=True), plans=plans(late=True), budget=poor, scenarios=policy().scenarios_of("job"),
        policy=policy(), pool_minor=0,
    )  # fmt: skip
    assert not found.cards and found.because is ReliefReason.MONTH_TOO_DEAR
    assert found.steps == (ReliefStep.PAUSE, ReliefStep.DEBT_ADVICE)
    assert found.no_change.refused is not None and found.no_change.refused.bears_minor < 0


def test_a_card_says_what_it_costs_and_why_nothing_is_cheaper() -> None:
    home = replace(HOME, income_minor=360_000)
    found = solve_relief(
        loan=loan(late=True), plans=plans(late=True), budget=home, scenarios=policy().scenarios_of("job"),
        policy=policy(), pool_minor=0,
    )  # fmt: skip
    cheapest = found.cards[0]
    assert "cheapest" in cheapest.tags and cheapest.costs_more_minor == 0
    assert cheapest.record is RecordEffect.RESTRUCTURED
    assert cheapest.why_not_cheaper is not None
    assert cheapest.why_not_cheaper.plan.total_minor < cheapest.plan.total_minor
    assert all(card.costs_more_minor > 0 for card in found.cards[1:])


def test_a_loan_that_has_ended_or_not_begun_gets_no_relief() -> None:
    with pytest.raises(ReliefLoanNotRunning):
        relief_loan(terms=TERMS, events=(), asked_on=date(2026, 3, 10))


def test_a_contract_of_version_1_has_no_other_plan() -> None:
    old = relief_loan(
        terms=replace(TERMS, semantics_version=1, options=None),
        events=(PAID_OUT,),
        asked_on=date(2026, 3, 10),
    )
    assert [plan.choice for plan in plans_of(old, SMALL)] == [ReliefChoice()]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("confidence_ppm = 900_000", "confidence_ppm = 899_999", "confidence_ppm is 899999"),
        ("discount_ppm", "discont_ppm", "discount_ppm is missing"),
        ("deferral_months = [0, ", "deferral_months = [1, ", "deferral_months is not a rising list"),
        ('waivers = ["none"', 'waivers = ["all"', "waivers is not the beginning"),
        ("interest_pauses = [false, true]", "interest_pauses = [0, 1]", "interest_pauses"),
        (
            "extensions = [0,",
            f"extensions = [0, {', '.join(str(n) for n in range(1, 6))}, 6, 6,",
            "extensions",
        ),
        ("weight = 50", "weight = 0", "weight is 0"),
        ('cause = "any"', 'cause = "bored"', "cause is 'bored'"),
        ('name = "able"', 'name = "short"', "name stands twice"),
        ('version = "2026-11-01"', 'version = "2026-11-02"', "must be one day"),
    ],
)
def test_a_mistake_in_the_policy_names_file_and_field(was: str, becomes: str, says: str) -> None:
    assert was in text()
    with pytest.raises(PolicyInvalid, match=r"relief/2026-11-01\.toml") as caught:
        parse_relief(text().replace(was, becomes, 1), file=FILE)
    assert says in str(caught.value)
