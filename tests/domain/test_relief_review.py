"""What a plan rests on: every month before the review is borne although no income comes back, and the text says when."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from puhui.protection.domain.strict import PolicyInvalid
from puhui.relief.domain import (
    AgreementAct,
    bearable,
    make_plan,
    parse_relief,
    payments_of,
    rests_on_recovery,
    review_of,
    wait_of,
)
from puhui.relief.domain.plans import month_of
from puhui.relief.domain.policy import ReviewRule
from tests.relief_kit import FILE, budget, loan, plans, policy, text

RULE = ReviewRule(before_days=10, waits_most=6)
SEED = 20261125


def test_every_month_before_the_review_is_borne_although_no_income_comes_back() -> None:
    rng, reviewed, rests, stands = random.Random(SEED), replace(policy(), review=RULE), 0, 0
    scenarios = reviewed.scenarios_of("job")
    whole = sum(one.weight for one in scenarios)
    for _ in range(150):
        household, plan = budget(rng), rng.choice(plans(late=True)[1:])
        place = rests_on_recovery(plan, household, scenarios, reviewed)
        until = len(plan.months) if place is None else month_of(plan.dues[place], plan.asked_on)
        rests, stands = rests + (place is not None), stands + (place is None)
        # By hand, scenario by scenario: living may be dearer, and nothing comes back.
        for month, asks in enumerate(plan.months[: until + 1]):
            held = sum(
                one.weight
                for one in scenarios
                if asks
                <= household.income_minor
                - household.other_debts_minor
                + (-household.essential_minor * one.spending_ppm // 1_000_000)
            )
            borne = asks == 0 or held * 1_000_000 >= whole * reviewed.confidence_ppm
            assert borne == (month < until), (SEED, household, plan.choice, month)
    assert rests > 30 and stands > 10, (rests, stands)


def test_nothing_is_reviewed_where_the_text_asks_for_nothing_or_the_plan_changes_nothing() -> None:
    poor = replace(budget(random.Random(SEED)), income_minor=0)
    for plan in plans(late=True)[1:]:
        assert rests_on_recovery(plan, poor, policy().scenarios_of("job"), policy()) is None
    reviewed = replace(policy(), review=RULE)
    same = next(one for one in plans(late=True) if one.is_no_change)
    assert rests_on_recovery(same, poor, reviewed.scenarios_of("job"), reviewed) is None
    eased = next(one for one in plans(late=True) if one.choice.extension)
    scenarios = reviewed.scenarios_of("job")
    acts = (AgreementAct.SIGN, AgreementAct.WAIT, AgreementAct.WAIT)
    found = review_of(eased, poor, scenarios, reviewed, acts=acts)
    assert found is not None and found.is_open and found.waits == 2
    assert month_of(found.due_date, found.first_due) == 2 and found.asks_minor == eased.amounts[0]
    told = review_of(eased, poor, scenarios, reviewed, acts=(*acts, AgreementAct.CONFIRM))
    assert told is not None and not told.is_open
    assert bearable(poor, scenarios, months=1, confidence_ppm=900_000)[0] < 0


def test_a_payment_waits_on_her_word_where_nothing_is_due_and_the_text_allows_it() -> None:
    allows, here = replace(policy(), own_waits_most=2), loan(late=False)
    plan = make_plan(next(one for one in plans(late=False) if one.choice.extension).choice, here)
    acts, none = [AgreementAct.SIGN], None
    found = wait_of(plan, allows, here.now, acts=acts, review=none)
    first = payments_of(here.now)[0]
    assert found is not None and (found.left, found.most) == (2, 2)
    assert found.due_date == first.due_date and found.asks_minor == first.amount_minor
    assert month_of(found.to_date, found.due_date) == 1 and found.to_date.day == found.due_day
    spent = wait_of(plan, allows, here.now, acts=[*acts, *[AgreementAct.PUT_OFF] * 2], review=none)
    assert spent is not None and not spent.left
    assert wait_of(plan, policy(), here.now, acts=acts, review=none) is None, "an older text"
    assert wait_of(plan, allows, loan(late=True).now, acts=acts, review=none) is None, "what is late"
    same = next(one for one in plans(late=False) if one.is_no_change)
    assert wait_of(same, allows, here.now, acts=acts, review=none) is None
    reviewed = replace(allows, review=RULE)
    poor, scenarios = replace(budget(random.Random(SEED)), income_minor=0), reviewed.scenarios_of("job")
    rests = review_of(plan, poor, scenarios, reviewed, acts=acts)
    assert rests is not None and rests.due_date <= first.due_date
    assert wait_of(plan, reviewed, here.now, acts=acts, review=rests) is None, "it waits by itself"
    later = review_of(plan, poor, scenarios, reviewed, acts=[*acts, AgreementAct.PUT_OFF])
    assert later is not None and month_of(later.due_date, rests.due_date) == 1 and later.waits == 0


def test_a_text_names_both_figures_of_a_review_within_bounds_or_neither() -> None:
    def with_rule(rule: str) -> str:
        return text().replace("cards_most", f"{rule}\ncards_most", 1)

    assert parse_relief(text(), file=FILE).review is None
    made = parse_relief(with_rule("review_before_days = 10\nreview_waits_most = 6"), file=FILE)
    assert made.review == RULE and made.own_waits_most == 0
    assert parse_relief(with_rule("own_waits_most = 2"), file=FILE).own_waits_most == 2
    for rule in (
        "review_before_days = 10",
        "review_waits_most = 6",
        "review_before_days = 3\nreview_waits_most = 6",
        "review_before_days = 10\nreview_waits_most = 13",
        "own_waits_most = 7",
    ):
        with pytest.raises(PolicyInvalid, match=r"review_|own_waits_most"):
            parse_relief(with_rule(rule), file=FILE)
