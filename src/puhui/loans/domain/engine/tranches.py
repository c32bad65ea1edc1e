"""Payouts that run for the full number of instalments: each has a level payment of its own, and an instalment asks for the
sum of those that run in it. What the one that was last until then takes beyond its level stays with it.
"""

from __future__ import annotations

from puhui.loans.domain.engine.annuity import level_by
from puhui.loans.domain.engine.book import (
    K_CENT,
    K_FULL_TERM,
    K_METHOD,
    K_PERIOD_INTEREST,
    K_PLAN,
    K_RELEVEL,
    S_LENT,
    S_ROW,
    Book,
)
from puhui.loans.domain.engine.codes import Method, Plan
from puhui.loans.domain.engine.interest import half_even, stretch
from puhui.loans.domain.engine.level import factors, shares_level
from puhui.loans.domain.engine.rows import round_level, rounded, work_out


def is_full_term(b: Book) -> bool:
    """This function will tell whether a payout has a level payment of its own beside those of earlier ones."""
    levels = b.k[K_METHOD] == Method.EQUAL_INSTALMENT and b.k[K_PLAN] == Plan.ANNUITY
    return b.k[K_FULL_TERM] == 1 and levels and b.s[S_LENT] > 0


def add_level(b: Book, first: int, day: int, amount: int) -> None:
    """This function will add the level payment of `amount`, paid out on `day`, to the instalments from `first` on. Their
    payments stand as they were worked out before this payout.
    """
    emi = own_level(b, first, day, amount)
    for row in range(first, b.s[S_ROW]):
        if shares_level(b, row):
            b.emi[row] += emi
            b.level[row] += emi
    work_out(b, day, 0)


def own_level(b: Book, first: int, day: int, amount: int) -> int:
    """This function will return the level payment of `amount` alone, levelled again as that of a contract is."""
    count = 0
    for row in range(first, b.s[S_ROW]):
        count += 1 if shares_level(b, row) else 0
    if count == 0:
        return 0
    emi = level_by(b, factors(b, first), amount)
    for _ in range(3 if b.k[K_RELEVEL] else 0):
        gap = last_own(b, first, day, amount, emi) - emi
        if abs(gap) * 100 <= count // 2 * b.k[K_CENT]:
            break
        changed = round_level(b, emi + half_even(gap, count), 1)
        if changed == emi or abs(last_own(b, first, day, amount, changed) - changed) >= abs(gap):
            break
        emi = changed
    return emi


def last_own(b: Book, first: int, day: int, balance: int, emi: int) -> int:
    """This function will return the last payment of `balance`, lent on `day`, where the others are `emi` and on time."""
    found, carry = 0, 0
    for row in range(first, b.s[S_ROW]):
        start = b.start[row] if b.k[K_PERIOD_INTEREST] else max(b.start[row], day)
        one, second = stretch(b, row, balance, start, b.due[row])
        found = rounded(b, row, one, second, b.due[row] - start) + carry
        part = max(0, min(balance, emi - found)) if shares_level(b, row) else 0
        carry = max(0, found - emi) if shares_level(b, row) else 0
        if row < b.s[S_ROW] - 1:
            balance -= part
    return balance + found
