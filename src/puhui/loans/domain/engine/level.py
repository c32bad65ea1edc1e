"""Level payments: the annuity over unequal periods, levelled again, and what each instalment then consists of."""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    FAULT_WIDE,
    K_BASIS,
    K_CENT,
    K_EVERY,
    K_METHOD,
    K_MULTIPLE,
    K_PLAN,
    K_RELEVEL,
    K_UNIT,
    S_CHANGE,
    S_FAULT,
    S_OWED,
    S_ROW,
    Book,
    paid_of,
)
from puhui.loans.domain.engine.codes import Basis, Method, Plan, RowKind, Unit
from puhui.loans.domain.engine.interest import PPM, first_base, half_even, rate_on, stretch
from puhui.loans.domain.engine.rows import counted_day, down_part, round_level, round_parts, rounded, work_out

SCALE = 10**16  # discount factors are kept to 16 places: 400 of them still fit into 62 bits
WIDEST_TOTAL = 2**62  # of the discount factors
WIDEST_LEVEL = 10**12  # of a balance, minor units
SPLIT = 2**20  # of a numerator < 2**41
WIDEST_DENOMINATOR = 2**41
WIDEST_FLAT = 9 * 10**18  # numerator of the interest of all periods


def level_payment(b: Book, begin: int, balance: int) -> int:
    """This function will return the level payment that repays `balance` over the instalments that share it from `begin`
    on: P / Σ Π 1 / (1 + f), rounded.
    """
    discount, total = SCALE, 0
    for row in range(begin, b.s[S_ROW]):
        if not shares_level(b, row):
            continue
        up, second, base = factor(b, row)
        if second:
            up, base = up * 366 + second * base, base * 366
        discount = scaled(b, discount, base * PPM, base * PPM + up)
        total += discount
    if total >= WIDEST_TOTAL or balance > WIDEST_LEVEL:
        b.s[S_FAULT] |= FAULT_WIDE
    whole, rest = times_scale(balance, total)
    return round_parts(b, whole, rest, total)


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


def shares_level(b: Book, row: int) -> bool:
    """This function will tell whether an instalment shares the level payment: a regular one that bears principal."""
    return b.kind[row] == RowKind.REGULAR and not b.grace[row]


def factor(b: Book, row: int) -> tuple[int, int, int]:
    """This function will return a period's factor as two numerators (ppm) and the base of the first: the true period's,
    or an equal one where the plan is nominal.
    """
    if b.k[K_PLAN] == Plan.ANNUITY:
        up, second = stretch(b, row, 1, b.start[row], b.due[row])
        return up, second, first_base(b, row)
    every, rate = b.k[K_EVERY], rate_on(b, b.start[row] + 1)
    unit = b.k[K_UNIT]
    if unit == Unit.MONTH:
        return rate * every, 0, 12
    if unit == Unit.YEAR:
        return rate * every, 0, 1
    return rate * every * (7 if unit == Unit.WEEK else 1), 0, 365


def set_level(b: Book, first: int, today: int) -> None:
    """This function will work out the payments of the instalments from `first` on, by the contract's method."""
    regular, bearing = 0, 0
    for r in range(first, b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            regular += 1
            bearing += 0 if b.grace[r] else 1
    if regular == 0:
        return
    work_out(b, today, 0)
    balance = b.s[S_OWED]
    for r in range(b.s[S_ROW]):
        if r < first or b.kind[r] != RowKind.REGULAR:
            balance -= b.principal[r]
    method = b.k[K_METHOD]
    if method == Method.FLAT:
        set_flat(b, first, regular, balance)
    elif method == Method.INTEREST_FIRST or method == Method.EQUAL_PRINCIPAL:
        set_principal(b, first, bearing, balance)
    elif bearing:
        set_annuity(b, first, bearing, balance, today)
    work_out(b, today, 0)


def set_principal(b: Book, first: int, bearing: int, balance: int) -> None:
    """This function will set the principal of each instalment: the same for all, or none before the last."""
    if b.k[K_METHOD] == Method.INTEREST_FIRST:
        for r in range(first, b.s[S_ROW]):
            if b.kind[r] == RowKind.REGULAR:
                b.emi[r] = 0
    elif bearing:
        part = round_level(b, balance, bearing)
        for r in range(first, b.s[S_ROW]):
            if shares_level(b, r):
                b.emi[r] = part


def set_flat(b: Book, first: int, regular: int, balance: int) -> None:
    """This function will set payments with interest on what was lent, in every period: principal and interest of the
    instalments still to come, levelled. A nominal plan levels interest over all instalments, paid ones too.
    """
    if b.k[K_PLAN] == Plan.NOMINAL:
        set_flat_nominal(b, first)
        return
    whole = balance
    for r in range(first, b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.base[r] = flat_interest(b, r)
            whole += b.base[r]
    level = round_level(b, whole, regular)
    for r in range(first, b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.emi[r] = level


def set_flat_nominal(b: Book, first: int) -> None:
    """This function will level interest and principal each over all instalments, and round their sum to its multiple;
    the last instalment takes the rest of both.
    """
    count, begin, last, lent = 0, -1, -1, b.s[S_OWED]
    for r in range(b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            begin = r if begin < 0 else begin
            count, last = count + 1, r
        else:
            lent -= b.principal[r]
    one, _ = stretch(b, begin, b.s[S_OWED], b.start[begin], b.due[begin])
    whole = half_even(one * count, first_base(b, begin) * PPM)
    if one > WIDEST_FLAT // max(1, count):
        b.s[S_FAULT] |= FAULT_WIDE
    if b.k[K_BASIS] == Basis.ACTUAL_365:
        one, _ = stretch(b, begin, b.s[S_OWED], b.start[begin], b.due[last])
        whole = half_even(one, 365 * PPM)
    interest = half_even(whole, count)
    principal = half_even(lent, count)
    for r in range(b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.base[r] = interest if r != last else whole - interest * (count - 1)
            if r >= first:
                level = principal + interest
                b.emi[r] = round_level(b, level, 1) if b.k[K_MULTIPLE] else level


def flat_interest(b: Book, row: int) -> int:
    """This function will return the interest of a period on all that was lent, repaid or not, minor units."""
    first, second, at, balance = 0, 0, b.start[row], 0
    for i in range(b.s[S_CHANGE]):
        if not b.change_kind[i]:
            continue
        day = counted_day(b, row, i)
        if at < day < b.due[row] and b.k[K_PLAN] == Plan.ANNUITY:
            more, other = stretch(b, row, balance, at, day)
            first, second, at = first + more, second + other, day
        if day < b.due[row] or b.k[K_PLAN] == Plan.NOMINAL:
            balance += b.change_amount[i] - down_part(b, b.change_amount[i])
    more, other = stretch(b, row, balance, at, b.due[row])
    return rounded(b, row, first + more, second + other, b.due[row] - b.start[row])


def set_annuity(b: Book, first: int, count: int, balance: int, today: int) -> None:
    """This function will set the level payment of `count` instalments from `first` on, then level again what the last
    one differs by: while it is more than half a cent an instalment, add its share, at most three times, and only if the
    difference shrinks. An instalment of which more is paid already keeps its payment.
    """
    emi, last = level_payment(b, first, balance), first
    for r in range(first, b.s[S_ROW]):
        b.held[r] = b.emi[r]
        if shares_level(b, r):
            last = r
    fixed = put_level(b, first, emi, today)
    if not b.k[K_RELEVEL]:
        return
    for _ in range(3):
        gap = b.emi[last] - emi
        if abs(gap) * 100 <= count // 2 * b.k[K_CENT]:
            return
        share = half_even(gap, max(1, count - fixed))
        changed = round_level(b, emi + share, 1)
        if changed == emi:
            return
        put_level(b, first, changed, today)
        if abs(b.emi[last] - changed) >= abs(gap):
            put_level(b, first, emi, today)
            return
        emi = changed


def put_level(b: Book, first: int, emi: int, today: int) -> int:
    """This function will give `emi` to each instalment from `first` on of which not more is paid, and return the number
    of the others; they keep what they had (`held`).
    """
    fixed = 0
    for r in range(first, b.s[S_ROW]):
        if not shares_level(b, r):
            continue
        if paid_of(b, r) > emi:
            b.emi[r] = b.held[r]
            fixed += 1
        else:
            b.emi[r] = emi
            b.level[r] = emi
    work_out(b, today, 0)
    return fixed
