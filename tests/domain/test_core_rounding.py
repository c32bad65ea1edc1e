"""Every rounding mode against the decimal library's own."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from puhui.core.rounding import Rounding, divide

THEIRS = {
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.HALF_DOWN: decimal.ROUND_HALF_DOWN,
    Rounding.UP: decimal.ROUND_UP,
    Rounding.DOWN: decimal.ROUND_DOWN,
    Rounding.CEILING: decimal.ROUND_CEILING,
    Rounding.FLOOR: decimal.ROUND_FLOOR,
}
EXACT = decimal.Context(prec=200)


@settings(print_blob=True, deadline=None)
@given(
    numerator=st.integers(-(10**24), 10**24),
    twos=st.integers(0, 20),
    fives=st.integers(0, 8),
    sign=st.sampled_from([1, -1]),
    mode=st.sampled_from(Rounding),
)
@example(numerator=5, twos=1, fives=0, sign=1, mode=Rounding.HALF_EVEN)
@example(numerator=-5, twos=1, fives=0, sign=1, mode=Rounding.HALF_UP)
@example(numerator=-7, twos=1, fives=0, sign=-1, mode=Rounding.HALF_DOWN)
def test_as_the_decimal_library_rounds(
    numerator: int, twos: int, fives: int, sign: int, mode: Rounding
) -> None:
    denominator = sign * 2**twos * 5**fives  # an exact decimal, halves included
    exact = EXACT.divide(Decimal(numerator), Decimal(denominator))
    assert divide(numerator, denominator, mode) == int(
        exact.quantize(Decimal(1), rounding=THEIRS[mode], context=EXACT)
    )


@settings(print_blob=True)
@given(numerator=st.integers(), denominator=st.integers().filter(bool), mode=st.sampled_from(Rounding))
def test_never_a_whole_unit_away(numerator: int, denominator: int, mode: Rounding) -> None:
    error = abs(divide(numerator, denominator, mode) * denominator - numerator)
    assert error < abs(denominator)
    if mode in (Rounding.HALF_DOWN, Rounding.HALF_EVEN, Rounding.HALF_UP):
        assert 2 * error <= abs(denominator)


def test_by_zero_is_a_bug() -> None:
    with pytest.raises(ZeroDivisionError):
        divide(1, 0, Rounding.HALF_EVEN)
