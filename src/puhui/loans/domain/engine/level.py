"""Level payments: the annuity over unequal periods, levelled again, and what each instalment then consists of."""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    K_BASIS,
    K_CENT,
    K_EVERY,
    K_METHOD,
    K_MULTIPLE,
    K_PLAN,
    K_RELEVEL,
    K_UNIT,
    S_OWED,
    Book,
    paid_of,
)
from puhui.loans.domain.engine.codes import Basis, Method, Plan, RowKind, Unit
from puhui.loans.domain.engine.interest import PPM, first_base, half_even, rate_on, stretch
from puhui.loans.domain.engine.rows import counted_day, down_part, round_level, rounded, work_out

SCALE = 10**16  # discount factors are kept to 16 places: 600 of them still fit into 63 bits


def level_payment(b: Book, rows: list[int], balance: int) -> int:
    """This function will return the level payment that repays `balance` over `rows`: P / Σ Π 1 / (1 + f), rounded."""
    discount, total = SCALE, 0
    for row in rows:
        up, second, base = factor(b, row)
        if second:
            up, base = up * 366 + second * base, base * 366
        discount = discount * base * PPM // (base * PPM + up)
        total += discount
    return round_level(b, balance * SCALE, total)


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


def regular_rows(b: Book, first: int) -> list[int]:
    """This function will list the instalments from `first` on that share the level payment."""
    return [r for r in range(first, len(b.due)) if b.kind[r] == RowKind.REGULAR]


def set_level(b: Book, first: int, today: int) -> None:
    """This function will work out the payments of the instalments from `first` on, by the contract's method."""
    rows = regular_rows(b, first)
    if not rows:
        return
    work_out(b, today, 0)
    balance = (
        b.s[S_OWED]
        - sum(b.principal[:first])
        - sum(b.principal[r] for r in range(first, len(b.due)) if r not in rows)
    )
    open_rows = [r for r in rows if not b.grace[r]]
    method = b.k[K_METHOD]
    if method == Method.INTEREST_FIRST:
        for r in rows:
            b.emi[r] = 0
    elif method == Method.EQUAL_PRINCIPAL:
        for r in open_rows:
            b.emi[r] = round_level(b, balance, len(open_rows))
    elif method == Method.FLAT:
        set_flat(b, rows, balance)
    elif open_rows:
        set_annuity(b, open_rows, balance, today)
    work_out(b, today, 0)


def set_flat(b: Book, rows: list[int], balance: int) -> None:
    """This function will set payments with interest on what was lent, in every period: principal and interest of the
    instalments still to come, levelled. A nominal plan levels interest over all instalments, paid ones too.
    """
    if b.k[K_PLAN] == Plan.NOMINAL:
        set_flat_nominal(b, rows)
        return
    whole = balance
    for r in rows:
        b.base[r] = flat_interest(b, r)
        whole += b.base[r]
    for r in rows:
        b.emi[r] = round_level(b, whole, len(rows))


def set_flat_nominal(b: Book, rows: list[int]) -> None:
    """This function will level interest and principal each over all instalments, and round their sum to its multiple;
    the last instalment takes the rest of both.
    """
    every = regular_rows(b, 0)
    lent = b.s[S_OWED] - sum(b.principal[r] for r in range(len(b.due)) if b.kind[r] != RowKind.REGULAR)
    one, _ = stretch(b, every[0], b.s[S_OWED], b.start[every[0]], b.due[every[0]])
    whole = half_even(one * len(every), first_base(b, every[0]) * PPM)
    if b.k[K_BASIS] == Basis.ACTUAL_365:
        one, _ = stretch(b, every[0], b.s[S_OWED], b.start[every[0]], b.due[every[-1]])
        whole = half_even(one, 365 * PPM)
    interest = half_even(whole, len(every))
    for r in every:
        b.base[r] = interest
    b.base[every[-1]] = whole - interest * (len(every) - 1)
    principal = half_even(lent, len(every))
    for r in rows:
        b.emi[r] = round_level(b, principal + interest, 1) if b.k[K_MULTIPLE] else principal + interest


def flat_interest(b: Book, row: int) -> int:
    """This function will return the interest of a period on all that was lent, repaid or not, minor units."""
    first, second, at, balance = 0, 0, b.start[row], 0
    for i in range(len(b.change_date)):
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


def set_annuity(b: Book, rows: list[int], balance: int, today: int) -> None:
    """This function will set the level payment, then level again what the last instalment differs by: while it is more
    than half a cent an instalment, add its share, at most three times, and only if the difference shrinks. An
    instalment of which more is paid already keeps its payment.
    """
    emi, before = level_payment(b, rows, balance), list(b.emi)
    fixed = put_level(b, rows, emi, before, today)
    if not b.k[K_RELEVEL]:
        return
    for _ in range(3):
        gap = b.emi[rows[-1]] - emi
        if abs(gap) * 100 <= len(rows) // 2 * b.k[K_CENT]:
            return
        share = half_even(gap, max(1, len(rows) - fixed))
        changed = round_level(b, emi + share, 1)
        if changed == emi:
            return
        put_level(b, rows, changed, before, today)
        if abs(b.emi[rows[-1]] - changed) >= abs(gap):
            put_level(b, rows, emi, before, today)
            return
        emi = changed


def put_level(b: Book, rows: list[int], emi: int, before: list[int], today: int) -> int:
    """This function will give `emi` to each instalment of which not more is paid; the number of the others."""
    fixed = 0
    for r in rows:
        if paid_of(b, r) > emi:
            b.emi[r] = before[r]
            fixed += 1
        else:
            b.emi[r] = emi
            b.level[r] = emi
    work_out(b, today, 0)
    return fixed
