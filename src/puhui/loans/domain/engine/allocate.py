"""Allocation: what a payment is used for, by a contract's order of due state × component, as data.

Horizontal: instalment by instalment, oldest first, each in the order of its components. Vertical: component by component,
each over all instalments. What lies ahead is reached by the rule of the payment's kind.
"""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    K_CHARGES_ALONE,
    K_FEES_END,
    K_RECALC,
    K_REST_END,
    K_VERTICAL,
    S_BALANCE,
    S_CHARGE,
    S_FRESH,
    S_FRESH_FROM,
    S_ROW,
    S_TILL,
    S_TODAY,
    Book,
    gone_level,
    gone_of,
    move_principal,
    open_of,
    open_total,
    settle,
)
from puhui.loans.domain.engine.charges import drop_fees
from puhui.loans.domain.engine.codes import Ahead, Component, DueState, Recalculation, RowKind
from puhui.loans.domain.engine.interest import half_even
from puhui.loans.domain.engine.rows import by_principal, last_open, last_regular, work_out

ANY = -1  # every component in its order


def due_state(b: Book, row: int, day: int) -> int:
    """This function will tell where an instalment stands on `day`: past due, due, or ahead."""
    if b.due[row] < day:
        return DueState.PAST_DUE
    return DueState.DUE if b.due[row] == day else DueState.AHEAD


def wanted(b: Book, row: int, component: int, day: int) -> int:
    """This function will return how much of one component a payment on `day` can settle. Ahead of its due date an
    instalment of a daily contract wants interest to the day, and the rest of its level payment as principal.
    """
    if (
        component < Component.INTEREST
        or b.due[row] <= day
        or b.k[K_RECALC] == Recalculation.NONE
        or b.kind[row] != RowKind.REGULAR
    ):
        return max(0, open_of(b, row, component))
    at = 4 * row
    if component == Component.INTEREST:
        return max(0, b.at_interest[row] - b.paid[at + 2] - b.waived[at + 2])
    balance = max(0, b.s[S_BALANCE])
    if row == last_open(b) and others_closed(b, row):
        return balance
    if by_principal(b, row):
        return min(balance, max(0, b.principal[row] - b.paid[at + 3] - b.waived[at + 3]))
    level = b.level[row] if row == last_regular(b) and b.level[row] else b.emi[row]
    level += b.credit_principal[row] + b.credit_interest[row]
    left = level - max(b.at_interest[row], gone_of(b, row, 2)) - gone_of(b, row, 3)
    return min(balance, max(0, left))


def others_closed(b: Book, row: int) -> bool:
    """This function will tell whether every instalment before `row` is settled."""
    for r in range(row):
        if level_open(b, r) > 0:
            return False
    return True


def level_open(b: Book, row: int) -> int:
    """This function will return what is open of an instalment's level payment, minor units."""
    if b.kind[row] != RowKind.REGULAR:
        return open_of(b, row, Component.INTEREST) + open_of(b, row, Component.PRINCIPAL)
    if by_principal(b, row):
        return open_of(b, row, Component.PRINCIPAL)
    level = b.emi[row] + b.credit_principal[row] + b.credit_interest[row]
    return level - gone_level(b, row)


def put(b: Book, row: int, component: int, amount: int, day: int, used: list[int]) -> None:
    """This function will book `amount` of a payment on `day` to one component of an instalment."""
    b.paid[4 * row + component] += amount
    used[component] += amount
    if component >= Component.INTEREST:
        settle(b, row, day, amount)
    if day < b.due[row]:
        b.early[row] += amount
    elif day > b.due[row]:
        b.late[row] += amount
    if component == Component.PRINCIPAL:
        move_principal(b, day, -amount, 0)
    elif component < Component.INTEREST:
        put_charges(b, row, component, amount)


def put_charges(b: Book, row: int, component: int, amount: int) -> None:
    """This function will spread what was paid of an instalment's fees or penalties over its charges, oldest first."""
    for c in range(b.s[S_CHARGE]):
        is_penalty = component == Component.PENALTY
        if b.charge_row[c] == row and (b.charge_penalty[c] == 1) == is_penalty:
            part = min(amount, b.charge_amount[c] - b.charge_paid[c] - b.charge_waived[c])
            b.charge_paid[c] += part
            amount -= part


def pay(b: Book, kind: int, day: int, amount: int, used: list[int]) -> int:
    """This function will allocate a payment of `amount` on `day` by the order of its kind, add what was used to `used`
    (4 by component), and return what is left over. Nothing is lost: amount = Σ used + left over.
    """
    b.s[S_FRESH] = 0
    work_out(b, day, 0)
    to_period_end(b, day, amount)
    if b.k[K_FEES_END] and amount >= payoff(b, day):
        drop_fees(b, day)
    if b.k[K_CHARGES_ALONE]:
        amount = pay_due_charges(b, day, amount, used)
    if b.k[K_VERTICAL]:
        amount = pay_vertical(b, kind, day, amount, used)
    else:
        amount = pay_horizontal(b, kind, day, amount, used)
    b.s[S_TODAY] = day
    settle_rows(b, day)
    return amount


def to_period_end(b: Book, day: int, amount: int) -> None:
    """This function will work out the interest to the day of a payment; to the period's end where the contract's payoff
    runs to it and the payment is one.
    """
    b.s[S_TILL] = b.k[K_REST_END]
    work_out(b, day, day)
    if b.s[S_TILL] and amount < payoff(b, day):
        b.s[S_TILL] = 0
        work_out(b, day, day)
    b.s[S_TILL] = 0


def payoff(b: Book, day: int) -> int:
    """This function will return what closes the loan on `day`, from the interest as it was last worked out to it."""
    owed = max(0, b.s[S_BALANCE])
    for row in range(b.s[S_ROW]):
        at = 4 * row
        interest = b.at_interest[row] if b.k[K_RECALC] else b.interest[row]
        owed += max(0, interest - b.paid[at + 2] - b.waived[at + 2])
        if b.k[K_FEES_END] and b.due[row] > day:
            continue
        owed += open_of(b, row, Component.FEE) + open_of(b, row, Component.PENALTY)
    return owed


def pay_due_charges(b: Book, day: int, amount: int, used: list[int]) -> int:
    """This function will pay charges whose own due date has come, penalties first, though their instalment is ahead."""
    for part in (Component.PENALTY, Component.FEE):
        for c in range(b.s[S_CHARGE]):
            is_part = (b.charge_penalty[c] == 1) == (part == Component.PENALTY)
            if not is_part or b.charge_row[c] < 0 or not 0 < b.charge_due[c] <= day:
                continue
            take = min(amount, b.charge_amount[c] - b.charge_paid[c] - b.charge_waived[c])
            if take > 0:
                put(b, b.charge_row[c], part, take, day, used)
                amount -= take
    return amount


def pay_horizontal(b: Book, kind: int, day: int, amount: int, used: list[int]) -> int:
    """This function will allocate state by state, in each instalment by instalment."""
    done = 0
    for at in range(12 * kind, 12 * kind + 12):
        state = b.order[at] // 4
        if done & (1 << state) or amount == 0:
            continue
        done |= 1 << state
        amount = pay_state(b, kind, day, amount, state, ANY, used)
    return amount


def pay_vertical(b: Book, kind: int, day: int, amount: int, used: list[int]) -> int:
    """This function will allocate code by code, each over all instalments that stand so; again until nothing more is
    wanted.
    """
    before = -1
    while amount > 0 and amount != before:
        before = amount
        for at in range(12 * kind, 12 * kind + 12):
            amount = pay_state(b, kind, day, amount, b.order[at] // 4, b.order[at] % 4, used)
    return amount


def pay_state(b: Book, kind: int, day: int, amount: int, state: int, only: int, used: list[int]) -> int:
    """This function will pay the components, or `only` one, of every instalment that stands in one due state."""
    if state == DueState.AHEAD:
        return pay_ahead(b, kind, day, amount, only, used)
    for row in range(b.s[S_ROW]):
        if due_state(b, row, day) == state:
            amount = pay_row(b, row, day, amount, kind, only, used)
    return amount


def pay_row(b: Book, row: int, day: int, amount: int, kind: int, only: int, used: list[int]) -> int:
    """This function will pay an instalment's components, or `only` one, in the order of a payment kind, and return what
    is left of `amount`.
    """
    if only != ANY:
        return pay_part(b, row, day, amount, only, used)
    state = due_state(b, row, day)
    for at in range(12 * kind, 12 * kind + 12):
        if b.order[at] // 4 == state:
            amount = pay_part(b, row, day, amount, b.order[at] % 4, used)
    return amount


def pay_part(b: Book, row: int, day: int, amount: int, part: int, used: list[int]) -> int:
    """This function will pay one component of an instalment and return what is left of `amount`."""
    take = min(amount, wanted(b, row, part, day))
    if take <= 0:
        return amount
    put(b, row, part, take, day, used)
    return amount - take


def pay_ahead(b: Book, kind: int, day: int, amount: int, only: int, used: list[int]) -> int:
    """This function will allocate to instalments that are not due yet, by the contract's rule for this kind."""
    rule = b.ahead[kind]
    if rule == Ahead.SPREAD:
        return pay_spread(b, kind, day, amount, only, used)
    before = -1
    while amount > 0 and amount != before:  # what a level payment leaves open, the last open instalment takes
        before = amount
        if rule == Ahead.NEXT_LAST:
            amount = pay_next_last(b, kind, day, amount, only, used)
            continue
        for i in range(b.s[S_ROW]):
            row = i if rule == Ahead.NEXT else b.s[S_ROW] - 1 - i
            if amount > 0 and b.due[row] > day:
                amount = pay_row(b, row, day, amount, kind, only, used)
    return amount


def pay_next_last(b: Book, kind: int, day: int, amount: int, only: int, used: list[int]) -> int:
    """This function will pay, of the instalments ahead that want something now, the next one, then the last one and so
    on backwards.
    """
    if mark_open(b, day, only) == 0:
        return amount
    first = 0
    while not b.mark[first]:
        first += 1
    amount = pay_row(b, first, day, amount, kind, only, used)
    for row in range(b.s[S_ROW] - 1, first, -1):
        if b.mark[row]:
            amount = pay_row(b, row, day, amount, kind, only, used)
    return amount


def mark_open(b: Book, day: int, only: int) -> int:
    """This function will mark the instalments ahead that want something, or something of `only` one component, on `day`,
    and return their number.
    """
    count = 0
    for row in range(b.s[S_ROW]):
        b.mark[row] = 0
        if b.due[row] > day:
            want = open_ahead(b, row, day) if only == ANY else wanted(b, row, only, day)
            b.mark[row] = 1 if want > 0 else 0
            count += b.mark[row]
    return count


def pay_spread(b: Book, kind: int, day: int, amount: int, only: int, used: list[int]) -> int:
    """This function will give each instalment ahead the same part, rounded half-even, and the last one the rest; again
    until nothing more is wanted.
    """
    before = -1
    while amount > 0 and amount != before:
        before = amount
        if only != ANY:
            amount = spread_once(b, day, amount, kind, only, used)
            continue
        for at in range(12 * kind, 12 * kind + 12):
            if b.order[at] // 4 == DueState.AHEAD:
                amount = spread_once(b, day, amount, kind, b.order[at] % 4, used)
    return amount


def spread_once(b: Book, day: int, amount: int, kind: int, only: int, used: list[int]) -> int:
    """This function will give one component of each open instalment ahead the same part of `amount`."""
    count = mark_open(b, day, ANY)
    if count == 0 or amount == 0:
        return amount
    part = half_even(amount, count)
    rest = max(0, amount - part * (count - 1))
    for row in range(b.s[S_ROW]):
        if not b.mark[row]:
            continue
        count -= 1
        given = min(rest if count == 0 else part, amount)
        amount -= given - pay_row(b, row, day, given, kind, only, used)
    return amount


def open_ahead(b: Book, row: int, day: int) -> int:
    """This function will return what a payment on `day` can still settle of an instalment."""
    return (
        wanted(b, row, Component.PENALTY, day)
        + wanted(b, row, Component.FEE, day)
        + wanted(b, row, Component.INTEREST, day)
        + wanted(b, row, Component.PRINCIPAL, day)
    )


def settle_rows(b: Book, day: int) -> None:
    """This function will work out the schedule after a payment and note which instalments it settled."""
    moved = b.s[S_ROW]
    if b.s[S_FRESH] != day:
        work_out(b, day, 0)
    else:
        moved = b.s[S_FRESH_FROM]
    b.s[S_FRESH] = 0
    close_ahead(b, day)
    for row in range(moved):
        if open_total(b, row) > 0:
            b.met[row] = 0
        elif b.met[row] == 0:
            b.met[row] = day


def close_ahead(b: Book, day: int) -> None:
    """This function will empty what lies ahead once no principal and no interest to the day is owed."""
    if b.k[K_RECALC] == Recalculation.NONE or b.s[S_BALANCE] > 0 or b.s[S_ROW] == 0:
        return
    work_out(b, day, day)
    for row in range(b.s[S_ROW]):
        if b.at_interest[row] > b.paid[4 * row + 2] + b.waived[4 * row + 2]:
            return
    for row in range(b.s[S_ROW]):
        if b.kind[row] == RowKind.REGULAR:
            b.emi[row] = gone_of(b, row, 3) + (0 if by_principal(b, row) else gone_of(b, row, 2))
    work_out(b, day, 0)
