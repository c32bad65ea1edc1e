"""The instalments of a contract: their dates, the payouts that fill them, and the plan that results."""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    K_COUNT,
    K_DOWN_PPM,
    K_EVERY,
    K_FIRST_DUE,
    K_FLAT,
    K_FULL_TERM,
    K_GRACE,
    K_LENGTH,
    K_MONTH_END,
    K_PLAN,
    K_SEED_DAY,
    K_START,
    K_STUB,
    K_UNIT,
    S_FIRST,
    S_FRESH,
    S_LENT,
    S_OWED,
    S_PAUSE,
    S_RATE,
    S_ROW,
    S_ROWS,
    S_TABLE,
    S_TODAY,
    T_DAYS,
    T_DUE,
    T_FEE,
    T_INTEREST,
    T_OF,
    T_PRINCIPAL,
    TABLE_WIDTH,
    Book,
    insert_row,
    move_principal,
)
from puhui.loans.domain.engine.calendar import add_period, civil, ordinal
from puhui.loans.domain.engine.charges import add_charge, extra_row
from puhui.loans.domain.engine.codes import ChargeTime, PeriodInterest, Plan, RowKind, Unit
from puhui.loans.domain.engine.interest import first_base, half_even, stretch, total_of
from puhui.loans.domain.engine.level import set_level
from puhui.loans.domain.engine.rows import by_principal, down_part, last_regular, rounded, work_out
from puhui.loans.domain.engine.tranches import add_level, is_full_term

MOVABLE = (RowKind.REGULAR, RowKind.FIXED)


def due_after(b: Book, start: int, number: int) -> int:
    """This function will return the due date of instalment `number` (1, 2, …) of periods counted from `start`."""
    return not_clamped(b, add_period(start, b.k[K_UNIT], b.k[K_EVERY] * number, b.k[K_SEED_DAY]))


def not_clamped(b: Book, found: int) -> int:
    """This function will return a due date; where a contract says so, not a month's last day but the next month's first."""
    if b.k[K_MONTH_END] and b.k[K_UNIT] == Unit.MONTH and civil(found)[2] < b.k[K_SEED_DAY]:
        return found + 1
    return found


def build_rows(b: Book, start: int) -> None:
    """This function will lay out the regular instalments of a contract whose periods are counted from `start`."""
    if b.s[S_TABLE]:
        lay_table(b, start)
        return
    before = start
    b.s[S_FIRST] = start
    b.k[K_SEED_DAY] = civil(start)[2]
    begin, skipped = (b.k[K_FIRST_DUE], 1) if b.k[K_FIRST_DUE] else (start, 0)
    year, month, day = civil(begin)
    months = b.k[K_EVERY] if b.k[K_UNIT] == Unit.MONTH else 12 * b.k[K_EVERY]
    counted = year * 12 + month - 1 - months * skipped
    for number in range(1, b.k[K_COUNT] + 1):
        counted += months
        if b.k[K_UNIT] == Unit.MONTH or b.k[K_UNIT] == Unit.YEAR:
            due = ordinal(counted // 12, counted % 12 + 1, day)
        else:
            due = add_period(begin, b.k[K_UNIT], b.k[K_EVERY] * (number - skipped), day)
        if not skipped:
            due = not_clamped(b, due)
        if number == b.k[K_COUNT] and b.k[K_LENGTH]:
            due = add_period(start, b.k[K_UNIT], b.k[K_LENGTH], b.k[K_SEED_DAY])
        row = b.s[S_ROW]
        insert_row(b, row, RowKind.REGULAR, before, due)
        b.grace[row] = 1 if number <= b.k[K_GRACE] else 0
        before = due
    b.s[S_ROWS] = b.k[K_COUNT]
    if b.k[K_STUB] and b.k[K_FIRST_DUE]:
        regular = add_period(b.due[0], b.k[K_UNIT], -b.k[K_EVERY], civil(b.due[0])[2])
        b.start[0] = max(start, regular)


def lay_table(b: Book, start: int) -> None:
    """This function will lay out the instalments as signed; those without principal before others are interest-only."""
    before = start
    for number in range(b.s[S_TABLE]):
        at = number * TABLE_WIDTH
        row = b.s[S_ROW]
        insert_row(b, row, RowKind.REGULAR, before, b.table[at + T_DUE])
        if b.table[at + T_DAYS] != b.table[at + T_OF]:
            b.span[row], b.part[row] = b.table[at + T_DAYS], b.table[at + T_OF]
        b.grace[row] = 1 if b.table[at + T_PRINCIPAL] == 0 else 0
        before = b.table[at + T_DUE]
    b.k[K_SEED_DAY] = 0
    for row in range(b.s[S_ROW]):
        b.k[K_SEED_DAY] = max(b.k[K_SEED_DAY], civil(b.due[row])[2])
    b.s[S_FIRST], b.s[S_ROWS] = before, 0


def fill_table(b: Book, day: int) -> None:
    """This function will give every instalment its payment as signed. What its interest differs by from what the rate
    gives (a cap, a payout later than quoted) stays with it.
    """
    left = b.s[S_OWED]
    for row in range(b.s[S_ROW]):
        at = row * TABLE_WIDTH
        principal, interest = b.table[at + T_PRINCIPAL], b.table[at + T_INTEREST]
        first, second = stretch(b, row, left, b.start[row], b.due[row])
        b.base[row] = interest
        if not b.k[K_FLAT]:
            b.base[row] -= rounded(b, row, first, second, b.due[row] - b.start[row])
        b.emi[row] = principal if by_principal(b, row) else principal + interest
        b.level[row] = b.emi[row]
        left -= principal
        if b.table[at + T_FEE]:
            add_charge(b, 0, b.due[row], b.table[at + T_FEE], 0, ChargeTime.DATE, 0, b.table[at + T_FEE])
    work_out(b, day, 0)


def pay_out(b: Book, day: int, amount: int, takes_down: bool) -> int:
    """This function will lend `amount` on `day`: a down payment instalment if agreed and `takes_down`, then the level
    payments of what is left. Returns the down payment, minor units.
    """
    if b.s[S_ROW] == 0:
        build_rows(b, b.k[K_START] or day)
    has_own_level = is_full_term(b)
    if has_own_level:
        work_out(b, day, 0)
    b.s[S_LENT] += amount
    b.s[S_OWED] += amount
    move_principal(b, day, amount, 1)
    down = down_part(b, amount) if takes_down else 0
    if b.k[K_DOWN_PPM] and takes_down:
        at = 0
        while at < b.s[S_ROW] and stands_before(b, at, day):
            at += 1
        insert_row(b, at, RowKind.DOWN_PAYMENT, day, day)
        b.emi[at] = down
        b.principal[at] = down
    if b.k[K_FULL_TERM] and b.s[S_LENT] > amount:
        lengthen(b, day)
    if lend_by_agreement(b, day, amount - down):
        return down
    if has_own_level:
        add_level(b, first_after(b, day), day, amount - down)
        return down
    if lend_late(b, day, amount - down):
        return down
    if b.s[S_TABLE] and b.s[S_LENT] == amount:
        fill_table(b, day)
        return down
    set_level(b, first_to_level(b, day), b.s[S_TODAY] or day)
    if b.k[K_STUB] == PeriodInterest.SPREAD and day < b.start[0]:
        spread_stub(b, day, amount)
    return down


def lend_by_agreement(b: Book, day: int, amount: int) -> bool:
    """This function will spread a payout evenly over the instalments by agreement that are still to come, the last one
    taking the rest, where no other instalment could ask for it, and tell whether that was so. Past all of them the last
    one asks for it.
    """
    count, last = 0, -1
    for row in range(b.s[S_ROW]):
        if b.kind[row] == RowKind.REGULAR:
            return False
        if b.kind[row] == RowKind.FIXED:
            last = row
            count += 1 if b.due[row] > day else 0
    if last < 0:
        return False
    part, left = half_even(amount, max(1, count)), amount
    for row in range(last):
        if b.kind[row] == RowKind.FIXED and b.due[row] > day:
            b.principal[row] += part
            left -= part
    b.principal[last] += left
    work_out(b, day, 0)
    return True


def lend_late(b: Book, day: int, amount: int) -> bool:
    """This function will let a later payout that no instalment follows fall due on its own day, in the instalment after
    maturity, and tell whether that was so: one that fell due before could only be late.
    """
    if b.s[S_LENT] == b.s[S_OWED] == amount:
        return False
    for row in range(b.s[S_ROW]):
        if b.due[row] >= day and b.kind[row] != RowKind.DOWN_PAYMENT:
            return False
    row = extra_row(b, day)
    b.principal[row] += amount
    work_out(b, day, 0)
    return True


def spread_stub(b: Book, day: int, amount: int) -> None:
    """This function will spread the interest of the days before the first regular period evenly over the instalments."""
    begin, count, last = first_after(b, 0), 0, last_regular(b)
    for r in range(b.s[S_ROW]):
        count += 1 if b.kind[r] == RowKind.REGULAR else 0
    first, second = stretch(b, begin, amount, day, b.start[begin])
    whole = total_of(first, first_base(b, begin), second)
    part = half_even(whole, count)
    for r in range(b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.base[r] = part if r != last else whole - part * (count - 1)
            b.emi[r] += b.base[r]
    b.s[S_FRESH] = 0
    work_out(b, day, 0)


def stands_before(b: Book, row: int, day: int) -> bool:
    """This function will tell whether an instalment stands before a down payment of `day`. On one day a regular one
    does, except under a nominal plan.
    """
    if b.due[row] != day or b.kind[row] == RowKind.DOWN_PAYMENT:
        return b.due[row] <= day
    return b.k[K_PLAN] == Plan.ANNUITY


def first_to_level(b: Book, day: int) -> int:
    """This function will return the first instalment that a payout on `day` levels again: the next one, or all of them
    where the plan is nominal and interest declines.
    """
    if b.k[K_PLAN] == Plan.NOMINAL and not b.k[K_FLAT]:
        return 0
    return first_after(b, day)


def first_after(b: Book, day: int) -> int:
    """This function will return the first instalment whose payment a change on `day` can still move."""
    for row in range(b.s[S_ROW]):
        if b.kind[row] == RowKind.REGULAR and b.due[row] > day:
            return row
    for row in range(b.s[S_ROW] - 1, -1, -1):
        if b.kind[row] == RowKind.REGULAR:
            return row
    return b.s[S_ROW]


def lengthen(b: Book, day: int) -> None:
    """This function will add instalments so that a payout on `day` runs for the full number of them."""
    ahead = 0
    for r in range(b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR and b.due[r] > day:
            ahead += 1
    for _ in range(b.k[K_COUNT] - ahead):
        add_row(b)


def add_row(b: Book) -> None:
    """This function will add one regular instalment after the last one. Instalments by agreement stay as they were agreed:
    where no other is left, none is added.
    """
    last = last_regular(b)
    if last < 0:
        return
    b.s[S_ROWS] += 1
    due = due_after(b, b.s[S_FIRST], b.s[S_ROWS])
    insert_row(b, last + 1, RowKind.REGULAR, b.due[last], due)


def change_rate(b: Book, day: int, rate: int) -> None:
    """This function will let another rate, ppm a year, count from `day` on, and level the payments again."""
    at = b.s[S_RATE]
    while at > 1 and b.rate_date[at - 1] > day:
        b.rate_date[at] = b.rate_date[at - 1]
        b.rate[at] = b.rate[at - 1]
        at -= 1
    b.rate_date[at] = day
    b.rate[at] = rate
    b.s[S_RATE] += 1
    set_level(b, first_after(b, day - 1), b.s[S_TODAY])


def pause_interest(b: Book, first: int, last: int, today: int) -> None:
    """This function will free the days from `first` to `last`, both inclusive, from interest."""
    b.pause_from[b.s[S_PAUSE]] = first
    b.pause_to[b.s[S_PAUSE]] = last
    b.s[S_PAUSE] += 1
    work_out(b, today, 0)


def move_due(b: Book, due: int, to: int, today: int) -> None:
    """This function will move the due date `due` to `to`, and every later one by its own rule from there."""
    row = 0
    while row < b.s[S_ROW] and (b.due[row] != due or b.kind[row] not in MOVABLE):
        row += 1
    if row == b.s[S_ROW]:
        return
    b.k[K_SEED_DAY] = civil(to)[2]
    number = 0
    for r in range(row, b.s[S_ROW]):
        if b.kind[r] not in MOVABLE:
            continue
        b.start[r] = b.due[r - 1] if number else b.start[r]
        b.due[r] = to if number == 0 else due_after(b, to, number)
        number += 1
    if b.k[K_UNIT] == Unit.MONTH and b.k[K_EVERY] == 1:
        measure_months(b, row)
    b.s[S_FIRST], b.s[S_ROWS] = to, number - 1
    work_out(b, today, 0)


def measure_months(b: Book, row: int) -> None:
    """This function will measure a moved period in whole months and a share of the month that it ends in."""
    start, months = b.start[row], 0
    seed = civil(start)[2]
    while add_period(start, Unit.MONTH, months + 1, seed) <= b.due[row]:
        months += 1
    begin = add_period(start, Unit.MONTH, months, seed)
    length = add_period(start, Unit.MONTH, months + 1, seed) - begin
    b.part[row] = length
    b.span[row] = months * length + b.due[row] - begin
