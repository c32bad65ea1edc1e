"""Rounding as an argument: every division of money names its mode."""

from __future__ import annotations

from enum import Enum


class Rounding(Enum):
    """How a fraction of a unit becomes a whole unit."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"  # half away from zero
    HALF_DOWN = "half_down"  # half towards zero
    UP = "up"  # away from zero
    DOWN = "down"  # towards zero
    CEILING = "ceiling"
    FLOOR = "floor"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """This function will return numerator / denominator as an integer, rounded by `rounding`, exactly (no floats).

    Raises: ZeroDivisionError for a zero denominator.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, remainder = divmod(numerator, denominator)  # floor division
    if remainder == 0 or rounding is Rounding.FLOOR:
        return quotient
    if rounding is Rounding.CEILING:
        return quotient + 1
    if rounding is Rounding.DOWN:
        return quotient if numerator >= 0 else quotient + 1
    if rounding is Rounding.UP:
        return quotient + 1 if numerator >= 0 else quotient
    twice = 2 * remainder
    if twice != denominator:
        return quotient + (twice > denominator)
    if rounding is Rounding.HALF_EVEN:
        return quotient + (quotient & 1)
    away = numerator >= 0  # at a half, the ceiling is away from zero for positive numbers
    return quotient + (away if rounding is Rounding.HALF_UP else not away)
