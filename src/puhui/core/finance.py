"""The time value of money: PMT, PV, FV, NPER, RATE, IPMT, PPMT, NPV, IRR, MIRR, XNPV, XIRR and their kin.

Definitions and signs are those that spreadsheets share (OpenDocument 1.3 part 4 section 6.12): money received is
positive, money paid is negative, and
present × (1 + r)^n + payment × (1 + r × due) × ((1 + r)^n − 1) / r + future = 0.
Numbers are `Decimal` with 34 digits inside, so that a figure is the same on every machine. What a spreadsheet answers
with an error or with a number that means nothing is refused by name. These functions analyse; a schedule in money is
built in integers (`products`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from enum import IntEnum
from fractions import Fraction

from puhui.core import roots
from puhui.core.day_counts import DayCount, year_fraction
from puhui.core.refusals import InputRefused, Refusal

Number = Decimal | int
_C = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emax=MAX_EMAX,
    Emin=MIN_EMIN,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
_ONE = Decimal(1)
_STATED = Context(prec=15, rounding=ROUND_HALF_EVEN)  # digits of a rate that was searched for


class RateTooLow(InputRefused):
    """A rate of −100 % or less leaves nothing to discount."""

    field = "rate"


class TermInvalid(InputRefused):
    """The number of periods is not above zero, or not a whole number where whole periods are counted."""

    field = "periods"


class PeriodOutsideTerm(InputRefused):
    """The period asked about is not one of the term's 1 to n."""

    field = "period"


class FlowsOneSided(InputRefused):
    """All flows go one way, so no rate of return exists."""

    field = "flows"


class FlowsTooFew(InputRefused):
    """Fewer flows were given than the measure needs."""

    field = "flows"


class RateNotFound(Refusal):
    """No rate above −100 % balances the amounts."""

    field = "rate"


class NeverRepaid(Refusal):
    """No number of periods balances the amounts: the payments do not carry the interest, or there are none."""

    field = "payment"


class Due(IntEnum):
    """When in its period a payment is made."""

    END = 0  # at the end
    BEGIN = 1  # at the beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedAmount:
    """A flow on a date, for XNPV and XIRR."""

    on_date: date  # value date
    amount: Decimal  # received positive, paid negative, in any one unit


def pmt(*, rate: Number, periods: Number, present: Number, future: Number = 0, due: Due = Due.END) -> Decimal:
    """This function will return the level payment per period. Raises: RateTooLow, TermInvalid."""
    growth = _growth(rate, periods)
    return _C.divide(_C.minus(_C.fma(present, growth, future)), _annuity(rate, periods, growth, due))


def fv(*, rate: Number, periods: Number, payment: Number, present: Number = 0, due: Due = Due.END) -> Decimal:
    """This function will return the future value after `periods`. Raises: RateTooLow, TermInvalid."""
    growth = _growth(rate, periods)
    return _C.minus(_C.fma(payment, _annuity(rate, periods, growth, due), _C.multiply(present, growth)))


def pv(*, rate: Number, periods: Number, payment: Number, future: Number = 0, due: Due = Due.END) -> Decimal:
    """This function will return the present value. Raises: RateTooLow, TermInvalid."""
    growth = _growth(rate, periods)
    return _C.divide(_C.minus(_C.fma(payment, _annuity(rate, periods, growth, due), future)), growth)


def nper(
    *, rate: Number, payment: Number, present: Number, future: Number = 0, due: Due = Due.END
) -> Decimal:
    """This function will return the number of periods, seldom whole. Raises: RateTooLow, NeverRepaid."""
    r = _rate(rate)
    if r == 0:
        if payment == 0:
            raise NeverRepaid()
        count = _C.divide(_C.minus(_C.add(present, future)), payment)
    else:
        level = _C.divide(_C.multiply(payment, _C.fma(r, int(due), 1)), r)  # the payment's perpetual value
        above, below = _C.subtract(level, future), _C.add(level, present)
        if below == 0 or _C.divide(above, below) <= 0:
            raise NeverRepaid()
        count = _C.divide(_C.ln(_C.divide(above, below)), _C.ln(_C.add(1, r)))
    if count < 0:
        raise NeverRepaid()
    return count


def ipmt(
    *, rate: Number, period: int, periods: Number, present: Number, future: Number = 0, due: Due = Due.END
) -> Decimal:
    """This function will return the interest inside payment number `period` (1 to `periods`).

    Raises: PeriodOutsideTerm, RateTooLow, TermInvalid.
    """
    _inside(period, periods)
    if due is Due.BEGIN and period == 1:
        _growth(rate, periods)
        return Decimal(0)
    payment = pmt(rate=rate, periods=periods, present=present, future=future, due=due)
    before = (
        fv(rate=rate, periods=period - 1, payment=payment, present=present, due=due)
        if period > 1
        else _C.minus(_d(present))
    )
    interest = _C.multiply(before, _d(rate))
    return _C.divide(interest, _C.add(1, _d(rate))) if due is Due.BEGIN else interest


def ppmt(
    *, rate: Number, period: int, periods: Number, present: Number, future: Number = 0, due: Due = Due.END
) -> Decimal:
    """This function will return the principal inside payment number `period` (1 to `periods`): payment − interest.

    Raises: PeriodOutsideTerm, RateTooLow, TermInvalid.
    """
    interest = ipmt(rate=rate, period=period, periods=periods, present=present, future=future, due=due)
    return _C.subtract(pmt(rate=rate, periods=periods, present=present, future=future, due=due), interest)


def cumipmt(
    *, rate: Number, periods: int, present: Number, first: int, last: int, due: Due = Due.END
) -> Decimal:
    """This function will return the interest inside the payments `first` to `last`.

    Raises: PeriodOutsideTerm, RateTooLow, TermInvalid.
    """
    if first > last:
        raise PeriodOutsideTerm(period=first, periods=last)
    total = Decimal(0)
    for period in range(first, last + 1):
        total = _C.add(total, ipmt(rate=rate, period=period, periods=periods, present=present, due=due))
    return total


def cumprinc(
    *, rate: Number, periods: int, present: Number, first: int, last: int, due: Due = Due.END
) -> Decimal:
    """This function will return the principal inside the payments `first` to `last`.

    Raises: PeriodOutsideTerm, RateTooLow, TermInvalid.
    """
    interest = cumipmt(rate=rate, periods=periods, present=present, first=first, last=last, due=due)
    payment = pmt(rate=rate, periods=periods, present=present, due=due)
    return _C.subtract(_C.multiply(payment, last - first + 1), interest)


def rate(
    *,
    periods: Number,
    payment: Number,
    present: Number,
    future: Number = 0,
    due: Due = Due.END,
    guess: Number | None = None,
) -> Decimal:
    """This function will return the rate per period; of several, the one nearest `guess` (10 % if absent).

    Raises: TermInvalid, RateNotFound, RateTooLow (the guess).
    """
    n = _term(periods)
    count, p, now, later = (float(x) for x in (n, payment, present, future))

    def balance(growth: float) -> float:
        per = math.expm1(growth)
        level = -math.expm1(-growth * count) / per * (1 + per * due) if per else count
        return now + p * level + later * math.exp(-growth * count)

    reach = min(9.0, 600.0 / max(count, 1.0))
    found = roots.find_roots(balance, -reach, reach, cells=2000)
    if not found or not (payment or present or future):
        raise RateNotFound()
    wanted = math.log1p(float(_rate(Decimal("0.1") if guess is None else guess)))
    nearest = min(found, key=lambda growth: abs(growth - wanted))
    return _polish_rate(nearest, n, payment, present, future, due)


def effective_rate(*, nominal: Number, periods_per_year: int) -> Decimal:
    """This function will return the effective annual rate of a nominal one compounded `periods_per_year` times.

    Raises: TermInvalid, RateTooLow.
    """
    if periods_per_year < 1:
        raise TermInvalid(periods=str(periods_per_year))
    return _C.subtract(_C.power(_C.add(1, _rate(_C.divide(nominal, periods_per_year))), periods_per_year), 1)


def nominal_rate(*, effective: Number, periods_per_year: int) -> Decimal:
    """This function will return the nominal annual rate whose compounding gives `effective`.

    Raises: TermInvalid, RateTooLow.
    """
    if periods_per_year < 1:
        raise TermInvalid(periods=str(periods_per_year))
    per = _C.subtract(_C.power(_C.add(1, _rate(effective)), _C.divide(1, periods_per_year)), 1)
    return _C.multiply(per, periods_per_year)


def npv(*, rate: Number, flows: Sequence[Number], first_period: int = 0) -> Decimal:
    """This function will return the net present value; the first flow is now, or at the end of period 1 as spreadsheets
    have it (`first_period=1`). Raises: RateTooLow, FlowsTooFew.
    """
    if not flows:
        raise FlowsTooFew(needed=1)
    base = _C.add(1, _rate(rate))
    total = Decimal(0)
    for flow in reversed(flows):
        total = _C.add(_C.divide(total, base), flow)
    return _C.divide(total, _C.power(base, first_period))


def xnpv(*, rate: Number, flows: Sequence[DatedAmount], convention: DayCount = DayCount.ACT_365F) -> Decimal:
    """This function will return the net present value of dated flows at an annual rate, on the earliest date.

    Raises: RateTooLow, FlowsTooFew, and as `year_fraction`.
    """
    base = _C.ln(_C.add(1, _rate(rate)))
    total = Decimal(0)
    for years, amount in _in_years(flows, convention):
        worth = _C.exp(_C.multiply(_C.minus(base), _C.divide(years.numerator, years.denominator)))
        total = _C.add(total, _C.multiply(amount, worth))
    return total


def irr(*, flows: Sequence[Number], guess: Number | None = None) -> Decimal:
    """This function will return the internal rate of return per period of flows one period apart, the first now.

    Where several rates balance the flows: see `_choose`. Raises: FlowsTooFew, FlowsOneSided, RateNotFound, RateTooLow
    (the guess).
    """
    return _return_of([(Fraction(k), _d(flow)) for k, flow in enumerate(flows)], guess)


def xirr(
    *, flows: Sequence[DatedAmount], convention: DayCount = DayCount.ACT_365F, guess: Number | None = None
) -> Decimal:
    """This function will return the annual internal rate of return of dated flows, in any order.

    Where several rates balance the flows: see `_choose`. Raises: FlowsTooFew, FlowsOneSided, RateNotFound,
    RateTooLow (the guess), and as `year_fraction`.
    """
    return _return_of(_in_years(flows, convention), guess)


def mirr(*, flows: Sequence[Number], finance_rate: Number, reinvest_rate: Number) -> Decimal:
    """This function will return the modified internal rate of return: what is paid discounted at `finance_rate`, what is
    received compounded at `reinvest_rate`. Raises: FlowsTooFew, FlowsOneSided, RateTooLow.
    """
    if len(flows) < 2:
        raise FlowsTooFew(needed=2)
    received = [_d(flow) if flow > 0 else Decimal(0) for flow in flows]
    paid = [_d(flow) if flow < 0 else Decimal(0) for flow in flows]
    _two_sided([_d(flow) for flow in flows])
    last = len(flows) - 1
    worth = _C.multiply(
        npv(rate=reinvest_rate, flows=received), _C.power(_C.add(1, _rate(reinvest_rate)), last)
    )
    ratio = _C.divide(worth, _C.minus(npv(rate=finance_rate, flows=paid)))
    return _C.subtract(_C.power(ratio, _C.divide(1, last)), 1)


# Inside --------------------------------------------------------------------------------------------------------------


def _d(number: Number) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number)


def _rate(rate: Number) -> Decimal:
    if not _d(rate).is_finite() or rate <= -1:
        raise RateTooLow(rate=str(rate))
    return _d(rate)


def _term(periods: Number) -> Decimal:
    if not _d(periods).is_finite() or periods <= 0:
        raise TermInvalid(periods=str(periods))
    return _d(periods)


def _inside(period: int, periods: Number) -> None:
    _term(periods)
    if not 1 <= period <= periods:
        raise PeriodOutsideTerm(period=period, periods=str(periods))


def _growth(rate: Number, periods: Number) -> Decimal:
    """(1 + rate)^periods."""
    return _C.power(_C.add(1, _rate(rate)), _term(periods))


def _annuity(rate: Number, periods: Number, growth: Decimal, due: Due) -> Decimal:
    """Future value of payments of 1; a rate too small to grow anything in 34 digits is none."""
    if growth == 1:
        return _d(periods)
    return _C.multiply(_C.divide(_C.subtract(growth, 1), rate), _C.fma(rate, int(due), 1))


def _two_sided(amounts: Sequence[Decimal]) -> None:
    if not any(amount > 0 for amount in amounts) or not any(amount < 0 for amount in amounts):
        raise FlowsOneSided()


def _in_years(flows: Sequence[DatedAmount], convention: DayCount) -> list[tuple[Fraction, Decimal]]:
    """Flows in order of time, in years since the earliest."""
    if not flows:
        raise FlowsTooFew(needed=1)
    first = min(flow.on_date for flow in flows)
    times = [
        (year_fraction(start=first, end=flow.on_date, convention=convention), flow.amount) for flow in flows
    ]
    return sorted(times, key=lambda one: one[0])


def _return_of(flows: Sequence[tuple[Fraction, Decimal]], guess: Number | None) -> Decimal:
    """The rate at which the flows balance, to 15 digits."""
    if len(flows) < 2:
        raise FlowsTooFew(needed=2)
    _two_sided([amount for _, amount in flows])
    terms = [(time.numerator / time.denominator, 0.0, float(amount)) for time, amount in flows if amount]
    growth = _choose(terms, guess)
    if growth is None or growth <= -36:
        raise RateNotFound()
    exact = roots.refine([(time, Fraction(0), Fraction(amount)) for time, amount in flows if amount], growth)
    found = exact if exact is not None else Decimal(repr(growth))
    return _STATED.plus(_C.subtract(_C.exp(found), 1))


def _choose(terms: Sequence[roots.Term], guess: Number | None) -> float | None:
    """The growth at which `terms` balance, and which one if there are several.

    One change of sign: the only one. Several: the rate that Newton's iteration reaches from `guess` (if absent, from the
    total return, received / paid − 1); if it reaches none, the one that halving finds between −99.9 % and 10,000 %; if
    the signs there agree, the lowest above −99.9 %; else the first that a wider search finds. A spreadsheet's answer
    depends on its guess just as much; ours is fixed by this rule.
    """
    balance = roots.balance_of(terms)
    if roots.count_sign_changes([amount for _, _, amount in terms]) == 1:
        return roots.find_single_growth(terms, start=0.0)
    received = math.fsum(amount for _, _, amount in terms if amount > 0)
    paid = -math.fsum(amount for _, _, amount in terms if amount < 0)
    start = received / paid - 1 if guess is None else float(_rate(guess))

    def by_rate(rate: float) -> tuple[float, float]:
        worths = [(amount * (1 + rate) ** -time, time) for time, _, amount in terms]
        return math.fsum(w for w, _ in worths), math.fsum(-w * t for w, t in worths) / (1 + rate)

    reached = roots.newton(by_rate, start, lower=-1.0)
    if reached is not None:
        return math.log1p(reached)
    halved = roots.halve(lambda rate: balance(math.log1p(rate)), -0.999, 100.0)
    if halved is not None:
        return math.log1p(halved)
    for low, high in ((math.log(0.001), math.log(101)), (-40.0, 40.0)):
        if found := roots.find_roots(balance, low, high, cells=4000):
            return found[0]
    return None


def _polish_rate(
    growth: float, n: Decimal, payment: Number, present: Number, future: Number, due: Due
) -> Decimal:
    """Newton's last steps for RATE with 34 digits, to 15 digits; the slope by a secant of 1e-12."""
    found = _C.subtract(_C.exp(Decimal(repr(growth))), 1)
    step = Decimal("1e-12")

    def balance(at: Decimal) -> Decimal:
        total = _C.power(_C.add(1, at), n)
        return _C.add(_C.fma(present, total, future), _C.multiply(payment, _annuity(at, n, total, due)))

    for _ in range(3):
        here = balance(found)
        slope = _C.divide(_C.subtract(balance(_C.add(found, step)), here), step)
        if here == 0 or slope == 0:
            break
        found = _C.subtract(found, _C.divide(here, slope))
    return _STATED.plus(found)
