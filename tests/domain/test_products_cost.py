"""The cap test and what a customer can afford."""

from __future__ import annotations

from dataclasses import replace

import pytest

from puhui.core.rounding import Rounding
from puhui.products.domain import (
    CLASSIC,
    CapBasis,
    CapRule,
    CostAboveCap,
    Method,
    affordable_principal,
    all_in_cost,
    build_schedule,
    fit_under_cap,
    is_within_cap,
    level_instalment,
)
from tests.golden.loan_values import CAP, DAY


def test_fees_alone_above_the_cap() -> None:
    with pytest.raises(CostAboveCap):
        fit_under_cap(
            principal_minor=500_00,
            annual_rate_ppm=0,
            months=12,
            method=Method.EQUAL_INSTALMENT,
            value_date=DAY,
            cap=CAP,
            fee_minor=10_00,
        )


def test_a_rate_within_the_cap_is_left_alone() -> None:
    fitted = fit_under_cap(
        principal_minor=10_000_00,
        annual_rate_ppm=144_000,
        months=12,
        method=Method.EQUAL_PRINCIPAL,
        value_date=DAY,
        cap=CAP,
    )
    assert fitted.annual_rate_ppm == 144_000 and fitted.lowered_minor == 0


def test_exactly_the_cap_is_within_it() -> None:
    """1,000.00 for a year at 24 % effective, paid back at once: not a fen more."""
    cap = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
    rows = build_schedule(
        principal_minor=1_000_00,
        annual_rate_ppm=20_000,
        months=12,
        method=Method.INTEREST_FIRST,
        value_date=DAY,
    )
    quiet = [replace(row, interest_minor=0) for row in rows]
    at_cap = [*quiet[:-1], replace(quiet[-1], interest_minor=240_00)]
    above = [*quiet[:-1], replace(quiet[-1], interest_minor=240_01)]
    assert is_within_cap(principal_minor=1_000_00, value_date=DAY, rows=at_cap, cap=cap)
    assert not is_within_cap(principal_minor=1_000_00, value_date=DAY, rows=above, cap=cap)


def test_third_party_fees_count() -> None:
    rows = build_schedule(
        principal_minor=10_000_00,
        annual_rate_ppm=0,
        months=12,
        method=Method.EQUAL_INSTALMENT,
        value_date=DAY,
        fee_minor=50_00,
    )
    cost = all_in_cost(principal_minor=10_000_00, value_date=DAY, rows=rows)
    assert cost.total_cost_minor == cost.fee_minor == 600_00 and cost.apr_nominal_ppm > 100_000


@pytest.mark.parametrize("rounding", list(Rounding))
def test_zero_interest(rounding: Rounding) -> None:
    rows = build_schedule(
        principal_minor=1_000_00,
        annual_rate_ppm=0,
        months=7,
        method=Method.EQUAL_INSTALMENT,
        value_date=DAY,
        rounding=rounding,
    )
    assert sum(row.principal_minor for row in rows) == 1_000_00
    assert {row.interest_minor for row in rows} == {0} and rows[-1].balance_minor == 0


def test_level_instalment_is_exact() -> None:
    """1,799.5066… and 945.5960…: rounded as asked, from the exact rational."""

    def level(principal: int, rate: int, rounding: Rounding) -> int:
        return level_instalment(principal_minor=principal, annual_rate_ppm=rate, months=12, rounding=rounding)

    assert level(20_000_00, 144_000, Rounding.HALF_EVEN) == 1_799_51
    assert level(20_000_00, 144_000, Rounding.DOWN) == 1_799_50
    assert level(10_000_00, 240_000, Rounding.HALF_EVEN) == 945_60
    assert level(10_000_00, 240_000, Rounding.DOWN) == 945_59


@pytest.mark.parametrize("method", list(CLASSIC))
def test_affordable_principal_is_the_largest(method: Method) -> None:
    def highest(principal: int) -> int:
        rows = build_schedule(
            principal_minor=principal,
            annual_rate_ppm=180_000,
            months=12,
            method=method,
            value_date=DAY,
            fee_minor=2_00,
        )
        return max(row.payment_minor for row in rows)

    found = affordable_principal(
        payment_minor=1_500_00,
        annual_rate_ppm=180_000,
        months=12,
        method=method,
        max_minor=200_000_00,
        step_minor=100_00,
        fee_minor=2_00,
    )
    assert highest(found) <= 1_500_00 < highest(found + 100_00)


def test_nothing_is_affordable() -> None:
    assert (
        affordable_principal(
            payment_minor=5_00,
            annual_rate_ppm=180_000,
            months=12,
            method=Method.EQUAL_INSTALMENT,
            max_minor=200_000_00,
            step_minor=100_00,
        )
        == 0
    )
