"""What G1 and G2 cost: exact expectations, checked person by person against the tables that price every quote."""

from __future__ import annotations

from fractions import Fraction

import pytest

from puhui.offers.domain.guarantees import PPM, REGIMES, cost_of_guarantees, spread_points
from tests.open_hand_kit import cohort, kinds, rules

SPREAD = {0: 250_000, 20: 500_000, 40: 250_000}  # the average is 20


def grade_of(points: int) -> str:
    """The grade of points, by the table itself."""
    policy = rules().policy
    pd = rules().model.pd_of(points)
    return str(
        policy.tables["grade"].rows[policy.evaluators["grade"]({"score.pd_ppm": pd})].given["grade.grade"]
    )


def loss_of(points: int) -> int:
    return {part.name: part.annual_rate_ppm for part in rules().prices.row(grade_of(points)).parts}[
        "expected_loss"
    ]


def worth_giving(points: int, shown: int) -> bool:
    prices = rules().prices
    return prices.row(grade_of(points + shown)).annual_rate_ppm < prices.row(grade_of(points)).annual_rate_ppm


@pytest.mark.parametrize("base", [540, 580, 600, 620, 660])
def test_each_regime_is_the_sum_over_what_can_be_shown(base: int) -> None:
    by = {
        one.regime: one for one in cost_of_guarantees([base], rules=rules(), spread=SPREAD) if not one.grade
    }
    assert set(by) == {one.code for one in REGIMES}
    for regime in REGIMES:
        g1 = g2 = forged = Fraction(0)
        for shown, share in SPREAD.items():
            weight, true = Fraction(share, PPM), loss_of(base + shown - 20)
            gives = Fraction(regime.gains_ppm if worth_giving(base, shown) else regime.others_ppm, PPM)
            forges = Fraction(0 if worth_giving(base, shown) else regime.forged_ppm, PPM)
            g1 += weight * gives * (true - loss_of(base + shown))
            g2 += weight * (1 - gives - forges) * (true - loss_of(base))
            forged += weight * forges * (true - loss_of(base + 40))
        found = by[regime.code]
        assert (found.g1_ppm, found.g2_ppm, found.forgery_ppm) == (round(g1), round(g2), round(forged)), (
            regime
        )
        assert found.add_on_ppm == found.g1_ppm + found.g2_ppm + found.forgery_ppm
        assert found.carried_ppm == 9_000


def test_the_shipped_spread_adds_up_and_more_forgers_cost_more() -> None:
    spread = spread_points(rules=rules(), kinds=kinds(), cohort=cohort())
    assert sum(spread.values()) == PPM and max(spread) == rules().policy.proof_points_most
    costs = cost_of_guarantees(range(540, 680, 4), rules=rules(), spread=spread)
    total = {one.regime: one for one in costs if not one.grade}
    assert total["all"].g2_ppm == 0 and total["all"].gives_ppm == PPM, "nobody is silent"
    assert total["distrustful"].add_on_ppm < total["strategic"].add_on_ppm
    forged = [total[f"forgers_{percent}"].forgery_ppm for percent in (1, 3, 5)]
    assert forged == sorted(forged) and forged[-1] > 0
    grades = [one for one in costs if one.grade and one.regime == "all"]
    assert sum(one.people for one in grades) == total["all"].people == 35
    whole = sum(one.people * one.add_on_ppm for one in grades) / 35
    assert abs(whole - total["all"].add_on_ppm) <= 1, "the cohorts make the whole"


def test_nobody_costs_nothing() -> None:
    assert cost_of_guarantees([], rules=rules(), spread=SPREAD) == ()
