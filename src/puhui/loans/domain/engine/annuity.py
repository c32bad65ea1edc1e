"""The numbers of an annuity: sums of discount factors, remembered for many loans, and the level payment that they give."""

from __future__ import annotations

from puhui.loans.domain.engine.book import FAULT_WIDE, MEMO_PLACES, MEMO_WIDTH, S_FAULT, Book
from puhui.loans.domain.engine.interest import PPM, TWELVE_PPM
from puhui.loans.domain.engine.rows import round_parts

SCALE = 10**16  # discount factors are kept to 16 places: 400 of them still fit into 62 bits
WIDEST_TOTAL = 2**62  # of the discount factors
WIDEST_QUICK = 2**61  # of them where a balance below QUICK is divided with what is remembered
QUICK = 2**28
WIDEST_LEVEL = 10**12  # of a balance, minor units
SPLIT = 2**20  # of a numerator < 2**41
WIDEST_DENOMINATOR = 2**41
MOST_EQUAL = 1024  # instalments of a sum of discount factors that is remembered
MOST_BASE = 8192  # of its first period's base


def level_by(b: Book, total: int, balance: int) -> int:
    """This function will return the level payment of `balance` where the discount factors add up to `total`."""
    if total >= WIDEST_TOTAL or balance > WIDEST_LEVEL:
        b.s[S_FAULT] |= FAULT_WIDE
    whole, rest = times_scale(balance, total)
    return round_parts(b, whole, rest, total)


def of_equal(b: Book, count: int, yearly: int) -> int:
    """This function will return the sum of the discount factors of `count` equal periods of `yearly` / 12 ppm each."""
    return after_first(b, yearly, 12, count, yearly)


def after_first(b: Book, up: int, base: int, count: int, yearly: int) -> int:
    """This function will return the sum of the discount factors of a first period of `up` / `base` ppm and `count` − 1 equal
    ones of `yearly` / 12 ppm. It is remembered: contracts of one product share it.
    """
    if count >= MOST_EQUAL or base >= MOST_BASE:
        return sum_of_factors(b, scaled(b, SCALE, base * PPM, base * PPM + up), count, yearly)
    return b.memo[memo_of(b, up, base, count, yearly) + 2]


def memo_of(b: Book, up: int, base: int, count: int, yearly: int) -> int:
    """This function will return where what `after_first` remembers stands, and work it out if it does not."""
    key, other = yearly * MOST_EQUAL + count, up * MOST_BASE + base
    at = (key * 31 + other * 7 + up // 1000 * 13 + yearly // 1000 * 5) % MEMO_PLACES * MEMO_WIDTH
    if b.memo[at] != key or b.memo[at + 1] != other:
        one = scaled(b, SCALE, base * PPM, base * PPM + up)
        b.memo[at], b.memo[at + 1] = key, other
        b.memo[at + 2] = sum_of_factors(b, one, count, yearly)
        b.memo[at + 3] = 0
    return at


def level_equal(b: Book, up: int, base: int, count: int, yearly: int, balance: int) -> int:
    """This function will return the level payment of `balance` over the periods of `after_first`: a usual balance is divided
    with what is remembered, a large one bit by bit.
    """
    if count >= MOST_EQUAL or base >= MOST_BASE or not 0 <= balance < QUICK:
        return level_by(b, after_first(b, up, base, count, yearly), balance)
    at = memo_of(b, up, base, count, yearly)
    total = b.memo[at + 2]
    if total >= WIDEST_QUICK or 2 * total <= SCALE:
        return level_by(b, total, balance)
    if b.memo[at + 3] == 0:
        b.memo[at + 3], _ = times_scale(QUICK, total)
    whole, rest = times_quickly(balance, total, b.memo[at + 3])
    return round_parts(b, whole, rest, total)


def times_quickly(balance: int, total: int, inverse: int) -> tuple[int, int]:
    """This function will divide balance × SCALE by `total` as `times_scale` does, `inverse` being QUICK × SCALE // total:
    balance × inverse // QUICK is the quotient, or one less. What is left is formed in two parts of which none leaves 63
    bits where balance < QUICK and SCALE / 2 < total < 2**61.
    """
    whole = balance * inverse // QUICK
    upper = balance * (SCALE // QUICK) - whole * (total // QUICK)
    rest = upper * QUICK + balance * (SCALE % QUICK) - whole * (total % QUICK)
    if rest >= total:
        return whole + 1, rest - total
    return whole, rest


def sum_of_factors(b: Book, discount: int, count: int, yearly: int) -> int:
    """This function will add up `count` discount factors: a first one, then one for each equal period."""
    total = discount
    for _ in range(count - 1):
        discount = scaled(b, discount, TWELVE_PPM, TWELVE_PPM + yearly)
        total += discount
    return total


def scaled(b: Book, value: int, numerator: int, denominator: int) -> int:
    """This function will return value × numerator // denominator, numerator ≤ denominator, without leaving 63 bits where
    denominator < 2**41: the numerator is taken in two parts.
    """
    if denominator >= WIDEST_DENOMINATOR:
        b.s[S_FAULT] |= FAULT_WIDE
    whole, rest = value // denominator, value % denominator
    high, low = numerator // SPLIT, numerator % SPLIT
    upper = rest * high
    lower = upper % denominator * SPLIT + rest * low
    return whole * numerator + upper // denominator * SPLIT + lower // denominator


def times_scale(balance: int, total: int) -> tuple[int, int]:
    """This function will divide balance × SCALE by `total`, bit by bit, and return the quotient and what is left, so that
    nothing leaves 63 bits where total < 2**62.
    """
    whole, rest, amount = SCALE // total, SCALE % total, abs(balance)
    quotient, left, bit = 0, 0, 1
    while bit <= amount:
        bit *= 2
    while bit > 1:
        bit //= 2
        quotient, left = 2 * quotient, 2 * left
        if left >= total:
            quotient, left = quotient + 1, left - total
        if amount & bit:
            quotient, left = quotient + whole, left + rest
            if left >= total:
                quotient, left = quotient + 1, left - total
    if balance < 0:
        return (-quotient - 1, total - left) if left else (-quotient, 0)
    return quotient, left
