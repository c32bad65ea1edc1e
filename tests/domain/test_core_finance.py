"""The PMT and IRR family: each function undoes another, and nonsense is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from puhui.core import finance
from puhui.core.day_counts import DayCount
from puhui.core.finance import DatedAmount, Due
from puhui.core.refusals import Refusal

RATES = st.decimals("-0.2", "0.5", places=6)
TERMS = st.integers(1, 120)
SUMS = st.decimals("100", "1000000", places=2)
DUES = st.sampled_from(Due)
CLOSE = Decimal("1e-15")


def close(one: Decimal, other: Decimal, within: Decimal = CLOSE) -> bool:
    """Equal but for the last digits, relative to the larger."""
    return abs(one - other) <= within * max(abs(one), abs(other), Decimal(1))


@settings(print_blob=True, deadline=None)
@given(rate=RATES, periods=TERMS, present=SUMS, future=st.decimals("-1000", "1000", places=2), due=DUES)
def test_payment_present_and_future_undo_each_other(
    rate: Decimal, periods: int, present: Decimal, future: Decimal, due: Due
) -> None:
    payment = finance.pmt(rate=rate, periods=periods, present=present, future=future, due=due)
    back = finance.pv(rate=rate, periods=periods, payment=payment, future=future, due=due)
    ahead = finance.fv(rate=rate, periods=periods, payment=payment, present=present, due=due)
    growth = (1 + rate) ** periods
    assert close(back, present, Decimal("1e-20") * max(1, 1 / growth))
    assert close(ahead, future, Decimal("1e-20") * max(1, growth * present))


@settings(print_blob=True, deadline=None)
@given(rate=st.decimals("0.000001", "0.5", places=6), periods=st.integers(1, 60), present=SUMS, due=DUES)
def test_interest_and_principal_are_the_payment_and_the_principal_is_the_loan(
    rate: Decimal, periods: int, present: Decimal, due: Due
) -> None:
    payment = finance.pmt(rate=rate, periods=periods, present=present, due=due)
    total = Decimal(0)
    for period in range(1, periods + 1):
        interest = finance.ipmt(rate=rate, period=period, periods=periods, present=present, due=due)
        principal = finance.ppmt(rate=rate, period=period, periods=periods, present=present, due=due)
        assert close(interest + principal, payment)
        total += principal
    assert close(total, -present)
    whole = {"rate": rate, "periods": periods, "present": present, "first": 1, "last": periods, "due": due}
    assert close(finance.cumprinc(**whole), -present)
    assert close(finance.cumipmt(**whole), payment * periods + present)


@settings(print_blob=True, deadline=None)
@given(rate=st.decimals("0.0005", "0.2", places=6), periods=st.integers(2, 60), present=SUMS, due=DUES)
def test_the_term_and_the_rate_come_back(rate: Decimal, periods: int, present: Decimal, due: Due) -> None:
    payment = finance.pmt(rate=rate, periods=periods, present=present, due=due)
    term = finance.nper(rate=rate, payment=payment, present=present, due=due)
    found = finance.rate(periods=periods, payment=payment, present=present, due=due)
    assert close(term, Decimal(periods), Decimal("1e-12"))
    assert close(found, rate, Decimal("1e-13"))


@settings(print_blob=True, deadline=None)
@given(
    paid=SUMS,
    received=st.lists(st.decimals("0", "500000", places=2), min_size=1, max_size=40),
    guess=st.none() | RATES,
)
def test_the_internal_rate_balances(paid: Decimal, received: list[Decimal], guess: Decimal | None) -> None:
    assume(paid / 20 < sum(received) < paid * 20)
    found = finance.irr(flows=[-paid, *received], guess=guess)
    assert found > -1
    width = Decimal("1e-12") * (1 + found)
    below, above = (finance.npv(rate=found + move, flows=[-paid, *received]) for move in (-width, width))
    assert below > 0 > above


@settings(print_blob=True, deadline=None)
@given(paid=SUMS, received=st.lists(st.decimals("0", "500000", places=2), min_size=1, max_size=12))
def test_dated_by_equal_years_is_the_plain_rate(paid: Decimal, received: list[Decimal]) -> None:
    assume(paid / 20 < sum(received) < paid * 20)
    flows = [-paid, *received]
    dated = [DatedAmount(on_date=date(2001 + k, 5, 10), amount=flow) for k, flow in enumerate(flows)]
    for order in (dated, dated[::-1]):
        found = finance.xirr(flows=order, convention=DayCount.THIRTY_E_360)
        assert close(found, finance.irr(flows=flows), Decimal("1e-13"))
        assert close(
            finance.xnpv(rate=Decimal("0.07"), flows=order, convention=DayCount.THIRTY_E_360),
            finance.npv(rate=Decimal("0.07"), flows=flows),
        )


@settings(print_blob=True)
@given(nominal=st.decimals("0", "2", places=6), times=st.integers(1, 365))
def test_nominal_and_effective_undo_each_other(nominal: Decimal, times: int) -> None:
    effective = finance.effective_rate(nominal=nominal, periods_per_year=times)
    assert effective >= nominal - CLOSE
    assert close(finance.nominal_rate(effective=effective, periods_per_year=times), nominal)


def test_a_rate_too_small_to_grow_is_none() -> None:
    assert finance.pmt(rate=Decimal("1e-60"), periods=12, present=1200) == -100
    assert finance.pmt(rate=0, periods=12, present=1200) == -100


def test_spreadsheets_discount_the_first_flow_too() -> None:
    flows = [Decimal(-100), Decimal(60), Decimal(60)]
    now, later = (finance.npv(rate=Decimal("0.1"), flows=flows, first_period=k) for k in (0, 1))
    assert close(now, later * Decimal("1.1"))


def test_several_rates_balance_and_the_rule_says_which() -> None:
    """1000 (x − 1.1)(x − 1.5)(x − 2): the guess decides; without one, the total return leads."""
    flows = [-1000, 4600, -6850, 3300]
    found = [
        finance.irr(flows=flows, guess=guess) for guess in (Decimal("0.09"), Decimal("0.52"), Decimal("1.2"))
    ]
    assert [
        close(a, Decimal(b), Decimal("1e-12")) for a, b in zip(found, ("0.1", "0.5", "1"), strict=True)
    ] == [True] * 3
    assert finance.irr(flows=flows) in found


def test_two_rates_of_a_level_payment() -> None:
    """x² − 2.6 (x + 1) + 4.25 = (x − 1.1)(x − 1.5): RATE takes the one nearest the guess."""
    found = [
        finance.rate(periods=2, payment=Decimal("-2.6"), present=1, future=Decimal("4.25"), guess=guess)
        for guess in (None, Decimal("0.2"), Decimal("0.4"))
    ]
    assert [
        close(a, Decimal(b), Decimal("1e-13")) for a, b in zip(found, ("0.1", "0.1", "0.5"), strict=True)
    ] == [True] * 3


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "rate of -100 %": ("RateTooLow", lambda: finance.npv(rate=-1, flows=[0, 1, 2])),
    "rate that is no number": ("RateTooLow", lambda: finance.pmt(rate=Decimal("NaN"), periods=1, present=1)),
    "no periods": ("TermInvalid", lambda: finance.pmt(rate=0, periods=0, present=1)),
    "negative term": ("TermInvalid", lambda: finance.fv(rate=0, periods=-1, payment=1)),
    "period 0": ("PeriodOutsideTerm", lambda: finance.ppmt(rate=0, period=0, periods=6, present=1)),
    "period after the last": (
        "PeriodOutsideTerm",
        lambda: finance.ipmt(rate=0, period=7, periods=6, present=1),
    ),
    "periods reversed": (
        "PeriodOutsideTerm",
        lambda: finance.cumipmt(rate=0, periods=6, present=1, first=3, last=2),
    ),
    "all received": ("FlowsOneSided", lambda: finance.irr(flows=[1, 2, 3])),
    "all paid": ("FlowsOneSided", lambda: finance.irr(flows=[-1, -2, -3])),
    "all zero": ("FlowsOneSided", lambda: finance.irr(flows=[0, 0])),
    "one flow": ("FlowsTooFew", lambda: finance.irr(flows=[1])),
    "no flow": ("FlowsTooFew", lambda: finance.npv(rate=0, flows=[])),
    "no dated flow": ("FlowsTooFew", lambda: finance.xirr(flows=[])),
    "modified, one sided": (
        "FlowsOneSided",
        lambda: finance.mirr(flows=[1, 2], finance_rate=0, reinvest_rate=0),
    ),
    "modified, one flow": ("FlowsTooFew", lambda: finance.mirr(flows=[1], finance_rate=0, reinvest_rate=0)),
    "no real root": ("RateNotFound", lambda: finance.irr(flows=[1, -2, 2])),
    "same day": (
        "RateNotFound",
        lambda: finance.xirr(
            flows=[DatedAmount(on_date=date(2027, 1, 1), amount=Decimal(x)) for x in (-1, 2)]
        ),
    ),
    "guess of -100 %": ("RateTooLow", lambda: finance.irr(flows=[1, -3, 2], guess=-1)),
    "guess for a rate": ("RateTooLow", lambda: finance.rate(periods=2, payment=-1, present=1, guess=-2)),
    "no rate": ("RateNotFound", lambda: finance.rate(periods=12, payment=400, present=10000, future=5000)),
    "nothing at all": ("RateNotFound", lambda: finance.rate(periods=12, payment=0, present=0)),
    "interest alone": ("NeverRepaid", lambda: finance.nper(rate=Decimal("0.01"), payment=-10, present=1000)),
    "less than interest": (
        "NeverRepaid",
        lambda: finance.nper(rate=Decimal("0.01"), payment=-9, present=1000),
    ),
    "nothing paid": ("NeverRepaid", lambda: finance.nper(rate=0, payment=0, present=1000)),
    "paid backwards": ("NeverRepaid", lambda: finance.nper(rate=0, payment=10, present=1000)),
    "no compounding": ("TermInvalid", lambda: finance.effective_rate(nominal=0, periods_per_year=0)),
    "no compounding back": ("TermInvalid", lambda: finance.nominal_rate(effective=0, periods_per_year=0)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nonsense_is_refused(case: str) -> None:
    name, act = REFUSED[case]
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.code == name


def test_rates_fall_as_the_payment_falls() -> None:
    rates = [finance.rate(periods=12, payment=-payment, present=1000) for payment in range(150, 70, -10)]
    assert all(higher > lower for higher, lower in pairwise(rates)) and rates[-1] < 0
