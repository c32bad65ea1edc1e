"""Interest of a stretch of days, exact: numerators are added up and rounded once for each period.

Ranges (checked by `tests/domain/test_loan_engine_ranges.py`): balance × rate ≤ 2 × 10**15, the weights of a period
≤ 12 × 366, so a numerator is ≤ 8.8 × 10**18 < 2**63. What goes beyond is noted as a fault (`S_FAULT`): the compiled
kernel hands such a loan back, and plain Python, which has no such limit, works it out.
"""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    FAULT_WIDE,
    K_BASIS,
    K_EVERY,
    K_TURN,
    K_UNIT,
    S_FAULT,
    S_PAUSE,
    S_RATE,
    Book,
)
from puhui.loans.domain.engine.calendar import holds_leap_day, leap_days
from puhui.loans.domain.engine.codes import Basis, Unit

PPM = 1_000_000
TWELVE_PPM = 12 * PPM  # ppm of a year in months
WIDEST_NUMBER = 2**63 - 1
WIDEST_BALANCE = 10**10  # minor units
WIDEST_FACTOR = 2 * 10**15  # balance × rate
WIDEST_WEIGHT = 4_392  # days of a leap year × 12
WIDEST_DAYS = 366  # of a period


def half_even(numerator: int, denominator: int) -> int:
    """This function will divide, rounding a half to the even neighbour. `denominator` > 0."""
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


def by_months(numerator: int) -> int:
    """This function will divide by TWELVE_PPM, rounding a half to the even neighbour, where 0 ≤ numerator < 2**62. It is
    `half_even` for the loops that follow a plan: the mask tells the compiler that nothing is negative.
    """
    shifted = (numerator + 6 * PPM) & WIDEST_NUMBER
    quotient = shifted // TWELVE_PPM
    if quotient & 1 and quotient * TWELVE_PPM == shifted:
        return quotient - 1
    return quotient


def first_weight(b: Book, row: int, start: int, end: int) -> int:
    """This function will weigh the days of (start, end] of an instalment's period over `first_base`."""
    days, basis, unit = end - start, b.k[K_BASIS], b.k[K_UNIT]
    if basis == Basis.ACTUAL_ACTUAL:
        return days - leap_days(start, end, b.k[K_TURN])
    if basis in (Basis.THIRTY_360, Basis.ANNUAL) and unit in (Unit.MONTH, Unit.YEAR):
        return days * b.k[K_EVERY] * (12 if unit == Unit.YEAR else 1) * max(1, b.span[row])
    return days


def whole_weight(b: Book, row: int) -> int:
    """This function will return the most that the days of an instalment's period can weigh."""
    days = b.due[row] - b.start[row]
    if b.k[K_BASIS] in (Basis.THIRTY_360, Basis.ANNUAL) and b.k[K_UNIT] in (Unit.MONTH, Unit.YEAR):
        return days * b.k[K_EVERY] * 12 * max(1, b.span[row]) // (1 if b.k[K_UNIT] == Unit.YEAR else 12)
    return days * 12


def first_base(b: Book, row: int) -> int:
    """This function will return the days of a year (or their equivalent) over which `first_weight` counts."""
    basis, unit = b.k[K_BASIS], b.k[K_UNIT]
    if basis in (Basis.THIRTY_360, Basis.ANNUAL) and unit in (Unit.MONTH, Unit.YEAR):
        return 12 * (b.whole[row] or max(1, b.due[row] - b.start[row])) * max(1, b.part[row])
    if basis in (Basis.THIRTY_360, Basis.ACTUAL_360):
        return 360
    if basis == Basis.ACTUAL_364:
        return 364
    if basis == Basis.ACTUAL_FEBRUARY and holds_leap_day(b.start[row], b.due[row]):
        return 366
    return 365


def second_weight(b: Book, start: int, end: int) -> int:
    """This function will count the days that stand over 366, on the actual/actual basis."""
    return leap_days(start, end, b.k[K_TURN]) if b.k[K_BASIS] == Basis.ACTUAL_ACTUAL else 0


def total_of(first: int, base: int, second: int) -> int:
    """This function will round first / base + second / 366 (both in ppm × minor units, not negative) to minor units. The
    whole parts are taken out first, so that what is left fits into 63 bits.
    """
    if second == 0:
        return half_even(first, base * PPM)
    one, other = base * PPM, 366 * PPM
    whole = first // one + second // other
    rest = (first % one) * 366 + (second % other) * base
    denominator = one * 366
    whole += rest // denominator
    twice = 2 * (rest % denominator)
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole


def rate_on(b: Book, day: int) -> int:
    """This function will return the rate, ppm a year, of the day that ends the interval (day − 1, day]."""
    found = b.rate[0]
    for i in range(1, b.s[S_RATE]):
        if b.rate_date[i] <= day:
            found = b.rate[i]
    return found


def is_paused(b: Book, day: int) -> bool:
    """This function will tell whether the interval (day − 1, day] bears no interest by agreement."""
    for i in range(b.s[S_PAUSE]):
        if b.pause_from[i] <= day <= b.pause_to[i]:
            return True
    return False


def next_turn(b: Book, start: int, end: int) -> int:
    """This function will return the first day after `start`, at most `end`, at which rate or pause change."""
    found = end
    for i in range(b.s[S_RATE]):
        if start < b.rate_date[i] - 1 < found:
            found = b.rate_date[i] - 1
    for i in range(b.s[S_PAUSE]):
        if start < b.pause_from[i] - 1 < found:
            found = b.pause_from[i] - 1
        if start < b.pause_to[i] < found:
            found = b.pause_to[i]
    return found


def stretch(b: Book, row: int, balance: int, start: int, end: int) -> tuple[int, int]:
    """This function will return the two numerators of interest on `balance` over (start, end] of a period. What may not
    fit into 63 bits is noted as a fault.
    """
    first, second, at = 0, 0, start
    if balance > WIDEST_BALANCE or end - start > WIDEST_DAYS or whole_weight(b, row) > WIDEST_WEIGHT:
        b.s[S_FAULT] |= FAULT_WIDE
    while at < end:
        to = next_turn(b, at, end)
        if not is_paused(b, at + 1):
            rate = rate_on(b, at + 1)
            factor = balance * rate
            if rate > PPM or factor > WIDEST_FACTOR:
                b.s[S_FAULT] |= FAULT_WIDE
            first += factor * first_weight(b, row, at, to)
            second += factor * second_weight(b, at, to)
        at = to
    return first, second


def by_daily(first: int, base: int, days: int, digits: int) -> int:
    """This function will round first / base (ppm × minor units) where a half is decided by the daily interest kept to
    `digits` significant digits (half-even), as a peer with decimal arithmetic does. Only a true half differs.
    """
    denominator = base * PPM
    found = half_even(first, denominator)
    if 2 * (first % denominator) != denominator:
        return found
    scale, least = 1, 10 ** (digits - 1) * denominator * days
    for _ in range(40):  # far more digits than a rate and an amount can have before the point
        if first * scale < least:
            scale *= 10
    daily = half_even(first * scale, denominator * days)
    exact, kept = first * scale, daily * days * denominator
    if kept == exact:
        return found
    return first // denominator + (1 if kept > exact else 0)
