"""Where a stream of amounts balances: the solver behind every annual cost and internal rate of return.

A stream is a list of terms (time, odd, amount). At growth g, with R = e^g − 1, a term is worth
amount × e^(−g × time) / (1 + odd × R), and the stream balances where the worths sum to zero. One change of sign in the
amounts, in order of time, means exactly one such g. Floats only look for it: whoever states a figure certifies it by a
change of sign around it (`is_certified`), and where rounding noise hides that, `refine` repeats the last steps with 60
digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

Term = tuple[float, float, float]  # time in periods, odd part of a period at simple interest, amount (signed)
ExactTerm = tuple[Fraction, Fraction, int | Fraction]  # the same, exactly
Function = Callable[[float], float]

EPSILON = 2.0**-52  # relative spacing of floats
GROWTH_MAX = 700.0  # e^700 is near the float's end; no rate of a loan is
DIGITS = Context(prec=60)


def count_sign_changes(amounts: Sequence[int] | Sequence[float] | Sequence[Fraction]) -> int:
    """This function will count how often the sign changes along `amounts`, zeros left out."""
    signs = [amount > 0 for amount in amounts if amount != 0]
    return sum(one != other for one, other in pairwise(signs))


def balance_of(terms: Sequence[Term]) -> Function:
    """This function will return the balance of `terms` by growth, scaled so that it neither overflows nor vanishes: its
    sign is right, its size is no value.
    """

    def balance(growth: float) -> float:
        rate = math.expm1(growth)
        top = max(-growth * time for time, _, _ in terms)
        worths = (
            amount * math.exp(-growth * time - top) / (1.0 + odd * rate if odd else 1.0)
            for time, odd, amount in terms
        )
        return math.fsum(worths)

    return balance


def find_single_growth(terms: Sequence[Term], *, start: float) -> float | None:
    """This function will return the growth at which a stream with one change of sign balances, or None beyond e^±700.

    Newton's iteration on ln(worth of one side / worth of the other) is nearly a straight line in g, so four steps do;
    a bracket and halving take over if it leaves the road.
    """
    one = [term for term in terms if term[2] > 0]
    other = [(time, odd, -amount) for time, odd, amount in terms if amount < 0]

    def log_ratio(growth: float) -> tuple[float, float]:
        worth, weighted = _worth(one, growth)
        against, against_weighted = _worth(other, growth)
        return math.log(worth / against), against_weighted / against - weighted / worth

    found = newton(log_ratio, start, lower=-GROWTH_MAX)
    if found is not None and found <= GROWTH_MAX:
        return found
    bracket = find_bracket(balance_of(terms), start)
    return None if bracket is None else halve(balance_of(terms), *bracket)


def _worth(terms: Sequence[Term], growth: float) -> tuple[float, float]:
    """Sum of worths, and of worths × time (the slope's part)."""
    factor = math.exp(growth)
    total = weighted = 0.0
    for time, odd, amount in terms:
        worth = amount * math.exp(-growth * time)
        if odd:
            simple = 1.0 + odd * (factor - 1.0)
            worth /= simple
            time += odd * factor / simple
        total += worth
        weighted += worth * time
    return total, weighted


def newton(
    function: Callable[[float], tuple[float, float]], start: float, *, lower: float, steps: int = 50
) -> float | None:
    """This function will follow Newton's iteration from `start` on (value, slope), or return None when it leaves the
    domain above `lower` or does not settle in `steps`.
    """
    x = start
    for _ in range(steps):
        try:
            value, slope = function(x)
            after = x - value / slope
        except (OverflowError, ZeroDivisionError, ValueError):
            return None
        if not after > lower:
            return None
        if abs(after - x) <= 1e-14 * max(1.0, abs(after)):
            return after
        x = after
    return None


def find_bracket(
    function: Function, start: float, *, limit: float = GROWTH_MAX
) -> tuple[float, float] | None:
    """This function will widen a bracket around `start` until `function` changes sign, or return None at ±`limit`."""
    low = high = max(-limit, min(start, limit))
    step = 0.125
    while (function(low) > 0) == (function(high) > 0):
        if low <= -limit and high >= limit:
            return None
        low, high, step = max(low - step, -limit), min(high + step, limit), step * 2
    return low, high


def halve(function: Function, low: float, high: float) -> float | None:
    """This function will halve [`low`, `high`] to neighbouring floats around a change of sign, or return None if there
    is none between the ends.
    """
    at_low, at_high = function(low), function(high)
    if at_low == 0 or at_high == 0:
        return low if at_low == 0 else high
    if (at_low > 0) == (at_high > 0):
        return None
    while low < (middle := (low + high) / 2) < high:
        if (function(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return middle


def find_roots(function: Function, low: float, high: float, *, cells: int) -> list[float]:
    """This function will return the roots that `cells` equal cells between `low` and `high` separate, in order.

    Two roots inside one cell are not seen; choose the cells finer than the roots can lie.
    """
    edges = [low + (high - low) * k / cells for k in range(cells + 1)]
    values = [function(edge) for edge in edges]
    found = [edge for edge, value in zip(edges, values, strict=True) if value == 0]
    for (left, right), (at_left, at_right) in zip(pairwise(edges), pairwise(values), strict=True):
        if at_left * at_right < 0:
            root = halve(function, left, right)
            found += [] if root is None else [root]
    return sorted(found)


def is_certified(terms: Sequence[Term], root: float, half_width: float) -> bool:
    """This function will tell whether the balance of `terms` changes sign within ±`half_width` of `root`, beyond doubt:
    on both sides it is larger than everything that rounding can have put into it.
    """
    below, doubt_below = _balance_and_doubt(terms, root - half_width)
    above, doubt_above = _balance_and_doubt(terms, root + half_width)
    return below * above < 0 and abs(below) > doubt_below and abs(above) > doubt_above


def _balance_and_doubt(terms: Sequence[Term], growth: float) -> tuple[float, float]:
    """The scaled balance, and a bound of its rounding error.

    A power's error is its exponent's half unit in the last place, and four operations add one each; the sum adds none.
    """
    rate = math.expm1(growth)
    top = max(-growth * time for time, _, _ in terms)
    worths, doubt = [], 0.0
    for time, odd, amount in terms:
        power = -growth * time - top
        worth = amount * math.exp(power) / (1.0 + odd * rate)
        worths.append(worth)
        doubt += abs(worth) * (4.0 + abs(power) + abs(top))
    return math.fsum(worths), doubt * EPSILON


def refine(terms: Sequence[ExactTerm], growth: float) -> Decimal | None:
    """This function will repeat Newton's last steps with 60 digits and return the growth, or None if they do not settle
    (a double root). It is the slow, certain way: about a millisecond for twelve terms.
    """
    g = Decimal(repr(growth))
    for _ in range(8):
        value, slope = _exact_balance(terms, g)
        if value == 0:
            return g
        if slope == 0:
            return None
        change = DIGITS.divide(value, slope)
        g = DIGITS.subtract(g, change)
        if DIGITS.abs(change) < Decimal("1e-40"):
            return g
    return None


def _exact_balance(terms: Sequence[ExactTerm], g: Decimal) -> tuple[Decimal, Decimal]:
    """Balance and its slope by growth, with 60 digits."""
    factor = DIGITS.exp(g)
    value = slope = Decimal(0)
    for time, odd, amount in terms:
        clock, simple = _decimal(time), Decimal(1)
        worth = DIGITS.multiply(
            _decimal(Fraction(amount)), DIGITS.exp(DIGITS.multiply(DIGITS.minus(g), clock))
        )
        if odd:
            part = _decimal(odd)
            simple = DIGITS.add(1, DIGITS.multiply(part, DIGITS.subtract(factor, 1)))
            clock = DIGITS.add(clock, DIGITS.divide(DIGITS.multiply(part, factor), simple))
            worth = DIGITS.divide(worth, simple)
        value = DIGITS.add(value, worth)
        slope = DIGITS.subtract(slope, DIGITS.multiply(worth, clock))
    return value, slope


def _decimal(number: Fraction) -> Decimal:
    return DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))
