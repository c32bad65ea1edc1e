"""What credit costs a year, from the flows alone: the nominal and the effective annual rate.

Nominal: the actuarial method of 12 CFR 1026 (Regulation Z) Appendix J, whose general equation is also that of China's
rule for the all-in cost of a loan: sum of A / ((1 + fR)(1 + R)^t) over advances = the same over payments, per
unit-period; a year's rate is R × unit-periods a year. Effective: Directive (EU) 2023/2225 Annex III (as 2008/48/EC Annex
I): sum of C (1 + X)^-t = sum of D (1 + X)^-s, t and s in years. Amounts are integer minor units of one currency, times
exact fractions; each rate is certified to 12 decimals by a change of sign around it, so that a cap test on it is exact
and a figure in parts per million the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from puhui.core import roots
from puhui.core.refusals import InputRefused, Refusal
from puhui.core.rounding import Rounding, divide
from puhui.core.unit_periods import find_series_day, month_clock

Time = TypeVar("Time", Fraction, date)
RATE_DECIMALS = 12  # of a rate as a plain number; ten decimals of a percent
_CERTAINTY = 5e-13  # half a unit of the last stated decimal, relative to 1 + rate
_PRECISE = Context(prec=60, rounding=ROUND_HALF_EVEN)


class AdvanceMissing(InputRefused):
    """There is no money lent in the flows."""

    field = "advances"


class PaymentMissing(InputRefused):
    """There is no money repaid in the flows."""

    field = "payments"


class FlowNegative(InputRefused):
    """An advance or a payment is below zero; its direction is said by the list that it stands in."""

    field = "amount"


class PaymentBeforeAdvance(InputRefused):
    """A payment is due before anything is lent, and the method counts time from the first advance."""

    field = "payments"


class NothingFinanced(InputRefused):
    """What is withheld or paid on the first day is as much as what is lent, so nothing is left to cost a rate."""

    field = "advances"


class CostUndefined(Refusal):
    """No rate above −100 % balances the flows."""

    field = "payments"


class CostAmbiguous(Refusal):
    """Several rates balance the flows as a credit's cost does, so that none of them is the cost."""

    field = "payments"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedFlow:
    """An amount at a time."""

    at: Fraction  # since the first advance, in unit-periods (nominal) or years (effective: a fee may come before, < 0)
    amount_minor: int  # minor units, never negative


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedFlow:
    """An amount on a date."""

    on_date: date  # value date
    amount_minor: int  # minor units, never negative


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCost:
    """What credit costs, from its dated flows."""

    nominal_ppm: int  # annual rate, unit-period rate × unit-periods a year, parts per million
    effective_ppm: int  # annual rate with interest on interest, parts per million
    advanced_minor: int  # all that is lent, minor units
    paid_minor: int  # all that is paid, fees included, minor units
    cost_minor: int  # paid less advanced: the total cost of the credit, minor units


def apr_nominal(
    *, advances: Sequence[TimedFlow], payments: Sequence[TimedFlow], unit_periods_per_year: int | Fraction
) -> Decimal:
    """This function will return the nominal annual rate in percent, ten decimals, times given in unit-periods.

    The whole part of a time is t of the general equation, the rest is f, at simple interest (Appendix J (b)(8)).
    Raises: AdvanceMissing, PaymentMissing, FlowNegative, PaymentBeforeAdvance, NothingFinanced, CostUndefined,
    CostAmbiguous.
    """
    net = _net(_timed(advances), _timed(payments), early=False)
    exact: list[roots.ExactTerm] = [
        (Fraction(at.numerator // at.denominator), at % 1, amount) for at, amount in net
    ]
    return _percent(_annual(_rough(exact), lambda: exact, Fraction(unit_periods_per_year)))


def apr_effective(*, advances: Sequence[TimedFlow], payments: Sequence[TimedFlow]) -> Decimal:
    """This function will return the effective annual rate in percent, ten decimals, times given in years.

    A fee paid before the money is drawn counts at its negative time (European Commission, Examples for the calculation
    of the APRC, 2015, example 43). Raises: as `apr_nominal`, but PaymentBeforeAdvance.
    """
    net = _net(_timed(advances), _timed(payments), early=True)
    exact: list[roots.ExactTerm] = [(at, Fraction(0), amount) for at, amount in net]
    return _percent(_annual(_rough(exact), lambda: exact, Fraction(1)))


def percent_to_ppm(percent: Decimal, rounding: Rounding) -> int:
    """This function will round a rate in percent to parts per million by `rounding`, exactly.

    CEILING makes `ppm <= cap_ppm` the same test as the exact rate against the cap.
    """
    numerator, denominator = percent.as_integer_ratio()
    return divide(numerator * 10_000, denominator, rounding)


def cost_of_flows(
    *, advances: Sequence[DatedFlow], payments: Sequence[DatedFlow], rounding: Rounding = Rounding.CEILING
) -> CreditCost:
    """This function will return the cost of a loan repaid by the month from its dated flows.

    Every payment counts, third parties' fees included; a fee withheld on the first day is a payment of that day. Time
    runs from the first advance, in months and odd days / 30 for the nominal rate (× 12), and by the European rule for
    the effective one; with whole months only, effective = (1 + R)^12 − 1. The default CEILING never shows a cost below
    the true one, so that a cap test on the figure is a cap test on the flows. Raises: as `apr_nominal`.
    """
    net = _net(
        [(flow.on_date, flow.amount_minor) for flow in advances],
        [(flow.on_date, flow.amount_minor) for flow in payments],
        early=False,
    )
    origin = net[0][0]
    day = find_series_day((flow.on_date for flow in payments if flow.on_date != origin), start=origin)
    clocks = [month_clock(start=origin, end=on, series_day=day) for on, _ in net]
    amounts = [amount for _, amount in net]

    def exact_nominal() -> list[roots.ExactTerm]:
        return [
            (Fraction(c.months), Fraction(c.odd_days, 30), a) for c, a in zip(clocks, amounts, strict=True)
        ]

    def exact_effective() -> list[roots.ExactTerm]:
        return [(c.eu_years, Fraction(0), a) for c, a in zip(clocks, amounts, strict=True)]

    in_months = [(float(c.months), c.odd_days / 30, float(a)) for c, a in zip(clocks, amounts, strict=True)]
    in_years = [
        (c.eu_months / 12 + c.eu_odd_days / c.eu_year_days, 0.0, float(a))
        for c, a in zip(clocks, amounts, strict=True)
    ]
    nominal = _percent(_annual(in_months, exact_nominal, Fraction(12)))
    effective = _percent(_annual(in_years, exact_effective, Fraction(1)))
    advanced_minor = sum(flow.amount_minor for flow in advances)
    paid_minor = sum(flow.amount_minor for flow in payments)
    return CreditCost(
        nominal_ppm=percent_to_ppm(nominal, rounding),
        effective_ppm=percent_to_ppm(effective, rounding),
        advanced_minor=advanced_minor,
        paid_minor=paid_minor,
        cost_minor=paid_minor - advanced_minor,
    )


def _timed(flows: Sequence[TimedFlow]) -> list[tuple[Fraction, int]]:
    return [(flow.at, flow.amount_minor) for flow in flows]


def _net(
    advances: Sequence[tuple[Time, int]], payments: Sequence[tuple[Time, int]], *, early: bool
) -> list[tuple[Time, int]]:
    """One signed amount per time, in order of time, zeros left out; `early` allows a fee before the first advance.

    All refusals of impossible flows are here, in their fixed order.
    """
    for _, amount in (*advances, *payments):
        if amount < 0:
            raise FlowNegative(amount=amount)
    if not any(amount for _, amount in advances):
        raise AdvanceMissing()
    if not any(amount for _, amount in payments):
        raise PaymentMissing()
    first = min(at for at, amount in advances if amount)
    if not early and min(at for at, amount in payments if amount) < first:
        raise PaymentBeforeAdvance(first_advance=str(first))
    sums: dict[Time, int] = {}
    for sign, flows in ((1, advances), (-1, payments)):
        for at, amount in flows:
            sums[at] = sums.get(at, 0) + sign * amount
    if sum(amount for at, amount in sums.items() if at <= first) <= 0:
        raise NothingFinanced()
    net = sorted((at, amount) for at, amount in sums.items() if amount)
    if net[-1][0] <= first:
        raise CostUndefined()
    return net


def _rough(terms: Sequence[roots.ExactTerm]) -> list[roots.Term]:
    return [
        (t.numerator / t.denominator, f.numerator / f.denominator, float(amount)) for t, f, amount in terms
    ]


def _annual(
    rough: Sequence[roots.Term], exact: Callable[[], list[roots.ExactTerm]], per_year: Fraction
) -> Decimal:
    """The rate per period that balances the terms × periods a year, certified and rounded to the stated decimals."""
    count = per_year.numerator / per_year.denominator
    growth = _growth(rough)
    rate = count * math.expm1(growth)
    slope = count * math.exp(growth)  # of the annual rate by growth
    width = _CERTAINTY * max(1.0, abs(rate)) / slope
    if not _is_near_edge(rate) and roots.is_certified(rough, growth, width):
        return _stated(Decimal(repr(rate)))
    certain = roots.refine(exact(), growth)
    if certain is None:
        raise CostAmbiguous()
    precise = _PRECISE.multiply(_PRECISE.subtract(_PRECISE.exp(certain), 1), Decimal(per_year.numerator))
    return _stated(_PRECISE.divide(precise, Decimal(per_year.denominator)))


def _is_near_edge(rate: float) -> bool:
    """Whether a rounding to parts per million, or to halves of them, hangs on the last decimals: 60 digits decide then,
    so that a figure in ppm does not depend on a machine's floats.
    """
    halves = abs(rate) * 2e6
    return abs(halves - math.floor(halves + 0.5)) < 1e-5 * max(1.0, abs(rate))


def _growth(terms: Sequence[roots.Term]) -> float:
    """The growth per period at which the terms balance.

    Of several, the one where the balance rises through zero: below it the payments outweigh the advances, above it the
    advances the payments, as in any credit. (An early fee adds another, falling, at an absurd rate.)
    """
    changes = roots.count_sign_changes([amount for _, _, amount in terms])
    if changes == 0:
        raise CostUndefined()
    if changes == 1:
        lent = math.fsum(amount for _, _, amount in terms if amount > 0)
        paid = -math.fsum(amount for _, _, amount in terms if amount < 0)
        span = math.fsum(-amount * time for time, _, amount in terms if amount < 0) / paid
        found = roots.find_single_growth(terms, start=math.log(paid / lent) / max(span, 0.01))
        if found is None or found < -30:
            raise CostUndefined()
        return found
    reach = min(roots.GROWTH_MAX, max(9.0, 9.0 / (terms[-1][0] - terms[0][0])))
    balance = roots.balance_of(terms)
    several = roots.find_roots(balance, -reach, reach, cells=3000)
    if not several:
        raise CostUndefined()
    rising = [one for one, after in pairwise((*several, reach)) if balance((one + after) / 2) > 0]
    if len(rising) != 1:
        raise CostAmbiguous(rates=len(several))
    return rising[0]


def _stated(rate: Decimal) -> Decimal:
    """Twelve decimals, or as many significant digits as that is for a rate of 1 where the rate is larger."""
    decimals = RATE_DECIMALS - max(0, rate.adjusted())
    return rate.quantize(Decimal(1).scaleb(-decimals), context=_PRECISE)


def _percent(rate: Decimal) -> Decimal:
    return _PRECISE.add(_PRECISE.scaleb(rate, 2), 0)  # adding 0 turns a negative zero into zero
