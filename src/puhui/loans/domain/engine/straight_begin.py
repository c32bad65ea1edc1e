"""How a loan that goes straight on begins: a contract without special features, its payout, and the level payment of it, which
is remembered for many loans.
"""

from __future__ import annotations

from puhui.loans.domain.engine.annuity import level_equal
from puhui.loans.domain.engine.book import (
    FIRST_MONTH,
    K_BASIS,
    K_CENT,
    K_CHARGES_ALONE,
    K_COUNT,
    K_DIGITS,
    K_DOWN_PPM,
    K_EVERY,
    K_FIRST_DUE,
    K_FLAT,
    K_FULL_TERM,
    K_GRACE,
    K_LENGTH,
    K_METHOD,
    K_MONTH_END,
    K_MULTIPLE,
    K_PENALTY,
    K_PERIOD_INTEREST,
    K_PLAN,
    K_RECALC,
    K_RELEVEL,
    K_REST_END,
    K_ROUND,
    K_START,
    K_STUB,
    K_UNIT,
    K_VERTICAL,
    LEVEL_WIDTH,
    MONTHS,
    MOST_STRAIGHT,
    W_ACC,
    W_AT,
    W_BALANCE,
    W_BASE,
    W_CARRY,
    W_CHANGED,
    W_COUNT,
    W_DUE,
    W_EMI,
    W_FRONT,
    W_LEFT,
    W_LENT,
    W_MONTH,
    W_MONTHS,
    W_PAID_INTEREST,
    W_RATE,
    W_ROW,
    W_SEED,
    W_START,
    W_SWITCH,
    W_TODAY,
    Book,
)
from puhui.loans.domain.engine.calendar import DAYS_400, ordinal
from puhui.loans.domain.engine.codes import Basis, Method, Plan, Recalculation, Unit
from puhui.loans.domain.engine.interest import PPM, WIDEST_BALANCE, WIDEST_FACTOR, by_months
from puhui.loans.domain.engine.level import level_again
from puhui.loans.domain.engine.rows import round_level

MOST_MONTHS = 12  # of a period: 366 days × 12 is the widest weight
MONTHS_400 = 4_800  # in which there are DAYS_400 days
MOST_COUNT = 512  # above the instalments of a loan that goes straight on
MOST_ROUND, MOST_CENT, MOST_MULTIPLE = 4, 2**8, 2**28  # above what of a contract's rounding is remembered


def is_plain_contract(k: list[int]) -> bool:
    """This function will tell whether a contract has none of the features that need a book."""
    odd = k[K_FLAT] | k[K_DOWN_PPM] | k[K_VERTICAL] | k[K_PERIOD_INTEREST] | k[K_LENGTH] | k[K_GRACE]
    odd |= k[K_FULL_TERM] | k[K_MONTH_END] | k[K_DIGITS] | k[K_REST_END] | k[K_CHARGES_ALONE] | k[K_PENALTY]
    if odd or k[K_STUB] or k[K_PLAN] != Plan.ANNUITY or k[K_RECALC] != Recalculation.DAILY:
        return False
    if k[K_METHOD] != Method.EQUAL_INSTALMENT and k[K_METHOD] != Method.EQUAL_PRINCIPAL:
        return False
    if k[K_BASIS] != Basis.THIRTY_360 and k[K_BASIS] != Basis.ANNUAL:
        return False
    return k[K_UNIT] == Unit.MONTH or k[K_UNIT] == Unit.YEAR


def begin_straight(b: Book, rate: int, day: int, lent: int) -> bool:
    """This function will begin a loan of a plain contract with its payout, and tell whether it may go straight on."""
    k, w, count = b.k, b.w, b.k[K_COUNT]
    months = k[K_EVERY] if k[K_UNIT] == Unit.MONTH else 12 * k[K_EVERY]
    if not 2 <= count <= MOST_STRAIGHT or not 1 <= months <= MOST_MONTHS or not 0 < rate <= PPM:
        return False
    if not 0 < lent <= WIDEST_BALANCE or lent * rate > WIDEST_FACTOR:
        return False
    if k[K_FIRST_DUE] or (k[K_START] and k[K_START] != day):
        return False
    if k[K_METHOD] == Method.EQUAL_PRINCIPAL:
        emi = round_level(b, lent, count)
        if emi * (count - 1) >= lent:
            return False
    else:
        emi = level_lent(b, lent, count, months * rate)
    if emi <= 0:
        return False
    month = month_of(b, day)
    w[W_BALANCE] = w[W_LEFT] = w[W_LENT] = lent
    w[W_CARRY] = w[W_FRONT] = w[W_ROW] = w[W_ACC] = w[W_SWITCH] = w[W_CHANGED] = w[W_PAID_INTEREST] = 0
    w[W_EMI], w[W_COUNT] = emi, count
    w[W_START] = w[W_AT] = w[W_TODAY] = day
    w[W_SEED], w[W_MONTHS], w[W_RATE] = day - first_of_month(b, month) + 1, months, rate
    w[W_MONTH] = month + months
    b.held[0] = b.kept[0] = 0
    w[W_DUE] = due_in(b, w[W_MONTH])
    w[W_BASE] = w[W_DUE] - day
    return True


def level_lent(b: Book, lent: int, count: int, yearly: int) -> int:
    """This function will return the level payment of what is lent over `count` equal periods of `yearly` / 12 ppm, levelled
    again as the contract says; 0 where there is none. It is remembered in `b.levels`, where a book has such places, by
    everything that it follows from: amounts are round, and many loans have the same one.
    """
    k = b.k
    is_usual = 0 <= k[K_MULTIPLE] < MOST_MULTIPLE and k[K_CENT] < MOST_CENT and k[K_ROUND] < MOST_ROUND
    if len(b.levels) == 0 or not is_usual:
        return level_new(b, lent, count, yearly)
    terms = yearly * MOST_COUNT + count
    rounding = ((k[K_MULTIPLE] * MOST_CENT + k[K_CENT]) * MOST_ROUND + k[K_ROUND]) * 2 + k[K_RELEVEL]
    places = len(b.levels) // LEVEL_WIDTH
    at = (((lent * 40_503 + terms * 2_654_435) >> 16) + rounding) % places * LEVEL_WIDTH
    if b.levels[at] != lent or b.levels[at + 1] != terms or b.levels[at + 2] != rounding:
        b.levels[at], b.levels[at + 1], b.levels[at + 2] = lent, terms, rounding
        b.levels[at + 3] = level_new(b, lent, count, yearly)
    return b.levels[at + 3]


def level_new(b: Book, lent: int, count: int, yearly: int) -> int:
    """This function will work out what `level_lent` remembers."""
    emi = level_equal(b, yearly, 12, count, yearly, lent)
    return level_again(b, count, emi, by_months(lent * yearly), lent, lent, yearly)


def month_of(b: Book, day: int) -> int:
    """This function will return the month of a day (12 × year + month − 1): that of the mean length of months, and the one
    before or after where it is.
    """
    month = (day * MONTHS_400) // DAYS_400 + 12
    while first_of_month(b, month) > day:
        month -= 1
    while first_of_month(b, month + 1) <= day:
        month += 1
    return month


def due_in(b: Book, month: int) -> int:
    """This function will return the due date in a month (12 × year + month − 1): its day, or the month's last."""
    at = month - FIRST_MONTH
    if 0 <= at < MONTHS - 1 and b.months[at] and b.months[at + 1]:
        first = b.months[at]
        return first + min(b.w[W_SEED], b.months[at + 1] - first) - 1
    return due_looked_up(b, month)


def due_looked_up(b: Book, month: int) -> int:
    """This function will return what `due_in` does where its month has not been looked up yet."""
    first = first_of_month(b, month)
    return first + min(b.w[W_SEED], first_of_month(b, month + 1) - first) - 1


def first_of_month(b: Book, month: int) -> int:
    """This function will return the ordinal of a month's first day (12 × year + month − 1), remembered for many loans."""
    at = month - FIRST_MONTH
    if at < 0 or at >= len(b.months):
        return ordinal(month // 12, month % 12 + 1, 1)
    if b.months[at] == 0:
        b.months[at] = ordinal(month // 12, month % 12 + 1, 1)
    return b.months[at]
