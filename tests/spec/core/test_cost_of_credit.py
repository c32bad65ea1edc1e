"""What a loan costs a year, both ways, and on which side of a 24 % cap it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from puhui.core.apr import (
    AdvanceMissing,
    CostAmbiguous,
    CostUndefined,
    DatedFlow,
    FlowNegative,
    NothingFinanced,
    PaymentBeforeAdvance,
    PaymentMissing,
    TimedFlow,
    apr_effective,
    apr_nominal,
    cost_of_flows,
    percent_to_ppm,
)
from puhui.core.periods import due_dates
from puhui.core.rounding import Rounding
from tests.spec.core.tables import rows

START = date(2026, 11, 21)

# Paid out and repaid in fen; every loan is repaid by the month from 21 November 2026.
LOANS = """
paid out | fee at once | instalments         | nominal ppm | effective ppm | cost   | within 24 %: nominal, effective
1000000  | 0           | 12 x 94560          | 240009      | 268253        | 134720 | no no
1000000  | 0           | 12 x 94559          | 239988      | 268227        | 134708 | yes no
1200000  | 0           | 12 x 100000         | 0           | 0             | 0      | yes yes
1000000  | 0           | 11 x 10000 1010000  | 120000      | 126826        | 120000 | yes yes
1000000  | 19900       | 6 x 175525          | 251207      | 282247        | 73050  | no no
300000   | 0           | 3 x 107000          | 415292      | 504209        | 21000  | no no
1200000  | 0           | 12 x 99000          | -18513      | -18357        | -12000 | yes yes
"""

REFUSED = """
advances          | payments            | refusal
                  | 1:100               | AdvanceMissing
0:0               | 1:100               | AdvanceMissing
0:100             |                     | PaymentMissing
0:100             | 1:0                 | PaymentMissing
0:-100            | 1:100               | FlowNegative
0:100             | 1:-100              | FlowNegative
1:100             | 0:100               | PaymentBeforeAdvance
0:100             | 0:100 1:5           | NothingFinanced
0:100             | 0:120 1:5           | NothingFinanced
0:100             | 0:40                | CostUndefined
0:100 1:100       | 1:50                | CostUndefined
"""


def _payments(text: str) -> list[int]:
    words = text.replace(" x ", "x").split()
    return [
        int(word.split("x")[-1])
        for word in words
        for _ in range(int(word.split("x")[0]) if "x" in word else 1)
    ]


@pytest.mark.parametrize("row", rows(LOANS), ids=lambda row: f"{row[0]}: {row[1]} + {row[2]}")
def test_cost_of_a_monthly_loan(row: tuple[str, ...]) -> None:
    amounts = _payments(row[2])
    dates = due_dates(value_date=START, count=len(amounts))
    payments = [
        DatedFlow(on_date=day, amount_minor=amount) for day, amount in zip(dates, amounts, strict=True)
    ]
    cost = cost_of_flows(
        advances=[DatedFlow(on_date=START, amount_minor=int(row[0]))],
        payments=[DatedFlow(on_date=START, amount_minor=int(row[1])), *payments],
    )
    within = " ".join("yes" if ppm <= 240_000 else "no" for ppm in (cost.nominal_ppm, cost.effective_ppm))
    found = (str(cost.nominal_ppm), str(cost.effective_ppm), str(cost.cost_minor), within)
    assert found == row[3:]


def _flows(text: str) -> list[tuple[int, int]]:
    return [(int(at), int(amount)) for at, amount in (word.split(":") for word in text.split())]


@pytest.mark.parametrize(("advances", "payments", "name"), rows(REFUSED))
def test_impossible_flows_are_refused(advances: str, payments: str, name: str) -> None:
    refusal = {
        kind.__name__: kind
        for kind in (
            AdvanceMissing,
            PaymentMissing,
            FlowNegative,
            PaymentBeforeAdvance,
            NothingFinanced,
            CostUndefined,
        )
    }[name]
    timed = [
        [TimedFlow(at=Fraction(at), amount_minor=amount) for at, amount in _flows(text)]
        for text in (advances, payments)
    ]
    with pytest.raises(refusal):
        apr_nominal(advances=timed[0], payments=timed[1], unit_periods_per_year=12)
    dated = [
        [DatedFlow(on_date=date(2026, 1 + at, 1), amount_minor=amount) for at, amount in _flows(text)]
        for text in (advances, payments)
    ]
    with pytest.raises(refusal):
        cost_of_flows(advances=dated[0], payments=dated[1])


def _timed(*flows: tuple[str, int]) -> Sequence[TimedFlow]:
    return [TimedFlow(at=Fraction(at), amount_minor=amount) for at, amount in flows]


def test_an_odd_first_period_is_simple_interest() -> None:
    """1.5 unit-periods: (1 + R)(1 + R/2) = 1.155 has the root R = 10 %."""
    rate = apr_nominal(advances=_timed(("0", 1000)), payments=_timed(("3/2", 1155)), unit_periods_per_year=1)
    assert rate == Decimal(10)


def test_a_fee_before_the_payout_counts_at_its_own_time() -> None:
    early = apr_effective(advances=_timed(("0", 100000)), payments=_timed(("-1", 1000), ("1", 105000)))
    at_once = apr_effective(advances=_timed(("0", 100000)), payments=_timed(("0", 1000), ("1", 105000)))
    assert at_once < early < Decimal("6.2")


def test_draws_by_instalments() -> None:
    """Three draws and a bullet; each draw at 10 % a year, so the whole is 10 %."""
    payments = _timed(("2", 100_000 * 121 // 100 + 100_000 * 110 // 100))
    assert apr_effective(advances=_timed(("0", 100_000), ("1", 100_000)), payments=payments) == Decimal(10)


def test_exactly_at_the_cap_is_within_it() -> None:
    rate = apr_effective(advances=_timed(("0", 10_000)), payments=_timed(("1", 12_400)))
    assert [percent_to_ppm(rate, mode) for mode in Rounding] == [240_000] * len(Rounding)


def test_a_cent_above_the_cap_is_above_it() -> None:
    rate = apr_effective(advances=_timed(("0", 10**9)), payments=_timed(("1", 124 * 10**7 + 1)))
    assert rate == Decimal("24.0000001")
    assert percent_to_ppm(rate, Rounding.CEILING) == 240_001
    assert percent_to_ppm(rate, Rounding.HALF_UP) == 240_000


def test_a_cost_that_is_not_one_is_refused() -> None:
    """1000 (x − 1.1)(x − 1.5)(x − 2) with x = 1 + R: the balance rises through zero at 10 % and again at 100 %."""
    advances, payments = _timed(("0", 1000), ("2", 6850)), _timed(("1", 4600), ("3", 3300))
    with pytest.raises(CostAmbiguous):
        apr_effective(advances=advances, payments=payments)
    with pytest.raises(CostAmbiguous):
        apr_nominal(advances=advances, payments=payments, unit_periods_per_year=12)
