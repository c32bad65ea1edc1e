"""Integers wrap silently in compiled code: every product of the kernel, at the edge of what a contract may be."""

from __future__ import annotations

import random
from datetime import date, timedelta

from puhui.loans.domain.engine.annuity import QUICK, SCALE, WIDEST_QUICK, times_quickly, times_scale
from puhui.loans.domain.engine.calendar import (
    add_period,
    civil,
    first_of_year,
    holds_leap_day,
    leap_days,
    ordinal,
    year_of,
)
from puhui.loans.domain.engine.codes import Unit
from puhui.loans.domain.engine.interest import PPM, TWELVE_PPM, by_daily, by_months, half_even, total_of

BALANCE, RATE, DAYS, COUNT = 10**10, 10**6, 366, 600  # minor units, ppm a year, of a period, instalments
WORD = 2**63


def test_interest_of_a_period_fits_a_word() -> None:
    assert BALANCE * RATE * DAYS < WORD
    assert BALANCE * RATE * 12 * 31 < WORD, "a year of months, each a twelfth"


def test_discount_factors_fit_a_word() -> None:
    """Each step of the annuity is a product of two words over a word; its operands and its result are words."""
    assert SCALE * COUNT < WORD
    assert 366 * PPM * 366 < WORD


def test_rounding_a_half() -> None:
    assert [half_even(n, 2) for n in (-3, -1, 0, 1, 3, 5)] == [-2, 0, 0, 0, 2, 2]
    assert total_of(5 * PPM, 10, 0) == 0 and total_of(15 * PPM, 10, 0) == 2
    assert total_of(PPM * 365, 365, PPM * 366) == 2


def test_rounding_twelfths_of_a_year_is_rounding_half_to_even() -> None:
    edges = [n * TWELVE_PPM // 2 + d for n in range(20) for d in (-1, 0, 1) if n * TWELVE_PPM // 2 + d >= 0]
    for numerator in [*edges, 2**62 - 1, 2 * 10**15 * 12]:
        assert by_months(numerator) == half_even(numerator, TWELVE_PPM), numerator


def test_dividing_with_what_is_remembered_is_exact() -> None:
    """The quotient and what is left are those of the true division, and every part of the work is a word."""
    seed = 20_261_122
    dice = random.Random(seed)
    for _ in range(3_000):
        total = dice.choice([dice.randrange(SCALE // 2 + 1, WIDEST_QUICK), WIDEST_QUICK - 1, SCALE // 2 + 1])
        total = dice.choice([total, dice.randrange(1, 230) * SCALE, dice.randrange(SCALE, 40 * SCALE)])
        balance = dice.choice([dice.randrange(QUICK), QUICK - 1, 0, 1, dice.randrange(1, 2_000) * 10_000])
        inverse, _ = times_scale(QUICK, total)
        assert inverse == QUICK * SCALE // total, f"seed {seed}"
        whole, rest = times_quickly(balance, total, inverse)
        assert (whole, rest) == divmod(balance * SCALE, total), f"seed {seed}: {balance} over {total}"
        upper = balance * (SCALE // QUICK) - whole * (total // QUICK)
        parts = (balance * inverse, upper * QUICK, upper * QUICK + balance * (SCALE % QUICK))
        assert all(-WORD <= part < WORD for part in parts), f"seed {seed}: {balance} over {total}"


def test_a_half_may_be_decided_by_daily_interest() -> None:
    """750.00 at 7 % for a month of 30 days is 4.375: 0.1458333… a day, thirty times, lies below the half."""
    first = 75_000 * 70_000 * 30
    assert half_even(first, 12 * 30 * PPM) == 438
    assert by_daily(first, 12 * 30, 30, 19) == 437
    assert by_daily(first + 1, 12 * 30, 30, 19) == 438


def test_days_agree_with_the_calendar_everywhere() -> None:
    day = date(1999, 12, 1)
    while day < date(2041, 2, 1):
        number = day.toordinal()
        assert civil(number) == (day.year, day.month, day.day)
        assert year_of(number) == day.year
        assert ordinal(day.year, day.month, day.day) == number
        day += timedelta(days=1)
    assert first_of_year(2024) == date(2024, 1, 1).toordinal()


def test_months_are_clamped_and_come_back() -> None:
    start = date(2023, 1, 31).toordinal()
    found = [date.fromordinal(add_period(start, Unit.MONTH, n, 31)) for n in range(1, 5)]
    assert found == [date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30), date(2023, 5, 31)]
    assert date.fromordinal(add_period(start, Unit.YEAR, 1, 31)) == date(2024, 1, 31)
    assert add_period(start, Unit.WEEK, 2, 31) == start + 14


def test_leap_days() -> None:
    start, end = date(2023, 12, 1).toordinal(), date(2024, 1, 10).toordinal()
    assert (leap_days(start, end, 1), leap_days(start, end, 0)) == (10, 9)
    assert leap_days(end, end + 5, 1) == 5
    assert holds_leap_day(date(2024, 2, 28).toordinal(), date(2024, 2, 29).toordinal())
    assert not holds_leap_day(date(2024, 2, 29).toordinal(), date(2024, 3, 29).toordinal())
