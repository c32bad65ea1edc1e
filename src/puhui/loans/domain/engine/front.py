"""Payments of what is due, worked out from the first instalment that is not settled on: the rest of the book waits.

A payment on its day, late or in part moves only the instalments that are due. Those before the front are settled for
good: what they hand on and leave is kept as four sums. Those ahead keep their level payment, so they are worked out once
something asks for them (`freshen`). Whatever is not such a payment works the whole book out; the figures are the same.
"""

from __future__ import annotations

from puhui.loans.domain.engine.allocate import ANY, due_state, pay, pay_row, wanted
from puhui.loans.domain.engine.book import (
    K_CHARGES_ALONE,
    K_DIGITS,
    K_FEES_END,
    K_FLAT,
    K_PENALTY,
    K_PERIOD_INTEREST,
    K_RECALC,
    K_REST_END,
    K_VERTICAL,
    S_AHEAD,
    S_BALANCE,
    S_CHANGE,
    S_CHARGE,
    S_FRESH,
    S_FRONT,
    S_FRONT_CARRY,
    S_FRONT_LEFT,
    S_FRONT_OPEN,
    S_FRONT_PLANNED,
    S_KNOWN,
    S_MIXED,
    S_OWED,
    S_RATE,
    S_ROOM,
    S_ROW,
    S_SAVED,
    S_STALE,
    S_STOP,
    S_TODAY,
    Book,
    open_of,
    open_total,
    paid_all,
    waived_all,
)
from puhui.loans.domain.engine.codes import Ahead, Component, DueState, Recalculation, RowKind
from puhui.loans.domain.engine.interest import PPM, WIDEST_BALANCE, WIDEST_DAYS
from puhui.loans.domain.engine.rows import (
    by_principal,
    equal_months,
    is_full,
    period_interest,
    settled_principal,
    work_out,
    work_row,
)

NOT_LOOKED_AT = -1  # S_FRONT: nothing is known of the front
LEAST_YEAR = 336  # days
MOST_YEARS = 8  # of interest at 100 %


def freshen(b: Book, day: int) -> None:
    """This function will work out the instalments that waited, as known on the day of the last payment, if late principal
    bears a penalty and any of them falls due before `day`.
    """
    if b.k[K_PENALTY] and b.s[S_STALE] and b.due[b.s[S_AHEAD]] < day:
        work_out(b, b.s[S_TODAY], 0)
        b.s[S_STALE] = 0


def leave_front(b: Book) -> None:
    """This function will bring the whole book to the day of the last payment, before anything but a payment of what is
    due happens.
    """
    if b.s[S_STALE]:
        work_out(b, b.s[S_TODAY], 0)
        b.s[S_STALE] = 0
    b.s[S_FRONT] = NOT_LOOKED_AT
    b.s[S_FRESH] = 0


def pay_somehow(b: Book, kind: int, day: int, amount: int, used: list[int]) -> int:
    """This function will allocate a payment, at the front if that is all it moves, and return what is left over."""
    if b.s[S_FRONT] == NOT_LOOKED_AT and not look(b):
        return pay(b, kind, day, amount, used)
    if pay_front(b, kind, day, amount, used):
        return 0
    leave_front(b)
    return pay(b, kind, day, amount, used)


def look(b: Book) -> bool:
    """This function will tell whether payments of what is due can be worked out at the front, and set it to the first
    instalment.
    """
    k, n = b.k, b.s[S_ROW]
    if (
        k[K_FLAT]
        or k[K_VERTICAL]
        or k[K_CHARGES_ALONE]
        or k[K_REST_END]
        or k[K_DIGITS]
        or k[K_PERIOD_INTEREST]
    ):
        return False
    if k[K_RECALC] != Recalculation.DAILY and k[K_RECALC] != Recalculation.EARLY_ONLY:
        return False
    if b.s[S_MIXED] or b.s[S_STOP] or b.s[S_CHANGE] == 0 or n < 2 or not is_plain_ahead(b):
        return False
    b.s[S_FRONT] = b.s[S_FRONT_CARRY] = b.s[S_FRONT_OPEN] = b.s[S_FRONT_PLANNED] = 0
    b.s[S_STALE] = b.s[S_KNOWN] = 0
    b.s[S_FRONT_LEFT] = b.s[S_OWED]
    return True


def is_plain_ahead(b: Book) -> bool:
    """This function will tell whether due dates ascend, every instalment that is not due is a regular one, and those paid
    ahead come first: any number in full, then at most one in part. It notes the first that is not paid in full.
    """
    n, today, ahead, begun = b.s[S_ROW], b.s[S_TODAY], b.s[S_ROW], False
    for row in range(n - 1, -1, -1):
        if row and b.due[row - 1] > b.due[row]:
            return False
        if b.due[row] <= today:
            continue
        if b.kind[row] != RowKind.REGULAR or waived_all(b, row):
            return False
        if is_full(b, row):
            begun = True
            continue
        if begun or open_total(b, row) <= 0:
            return False
        begun = paid_all(b, row) != 0
        ahead = row
    b.s[S_AHEAD], b.s[S_ROOM], b.s[S_SAVED] = ahead, b.principal[n - 1], 0
    return ahead < n


def pay_front(b: Book, kind: int, day: int, amount: int, used: list[int]) -> bool:
    """This function will allocate a payment that what is due takes whole, and tell whether it was one. Where interest
    comes on top of principal the next instalment may take the rest.
    """
    end, n = b.s[S_AHEAD], b.s[S_ROW]
    while end < n and (b.due[end] <= day or is_full(b, end)):
        end += 1
    if end >= n - 1 or day < b.s[S_TODAY] or not comes_last(b, kind):
        return False
    work_front(b, day, end, False)
    total, principal = 0, 0
    for row in range(b.s[S_FRONT], end):
        charges = max(0, open_of(b, row, Component.FEE)) + max(0, open_of(b, row, Component.PENALTY))
        if b.due[row] > day:
            if charges:
                return False
            continue
        part = max(0, open_of(b, row, Component.PRINCIPAL))
        principal += part
        total += part + max(0, open_of(b, row, Component.INTEREST)) + charges
    if b.s[S_BALANCE] <= principal or may_close(b, day, end, amount):
        return False
    if amount > total and not reaches_next(b, kind, day, end, amount - total, b.s[S_BALANCE] - principal):
        return False
    pay_due(b, kind, day, amount, end, used)
    b.s[S_TODAY], b.s[S_AHEAD], b.s[S_STALE] = day, end, 1
    settle_front(b, day, end, amount > total)
    return True


def comes_last(b: Book, kind: int) -> bool:
    """This function will tell whether a kind of payment reaches what lies ahead only after all that is due."""
    seen = 0
    for at in range(12 * kind, 12 * kind + 12):
        if b.order[at] // 4 == DueState.AHEAD:
            return seen == 3
        seen |= 1 << (b.order[at] // 4)
    return True


def may_close(b: Book, day: int, end: int, amount: int) -> bool:
    """This function will tell whether a payment may reach the payoff of a contract whose fees end with it."""
    if not b.k[K_FEES_END] or b.s[S_CHARGE] == 0:
        return False
    least = b.s[S_BALANCE]
    for row in range(b.s[S_FRONT], end):
        if b.due[row] <= day:
            least += open_of(b, row, Component.FEE) + open_of(b, row, Component.PENALTY)
    return amount >= least


def reaches_next(b: Book, kind: int, day: int, end: int, rest: int, balance: int) -> bool:
    """This function will tell whether the next instalment takes the rest of a payment and is not paid in full by it,
    `balance` being owed before it; it is worked out for that.
    """
    if b.ahead[kind] != Ahead.NEXT or (not by_principal(b, end) and not leaves_last(b, day, end, rest)):
        return False
    work_front(b, day, end + 1, False)
    principal = wanted(b, end, Component.PRINCIPAL, day)
    others = wanted(b, end, Component.INTEREST, day) + wanted(b, end, Component.FEE, day)
    others += wanted(b, end, Component.PENALTY, day)
    return principal < balance and rest < principal + others


def leaves_last(b: Book, day: int, end: int, amount: int) -> bool:
    """This function will tell whether something is surely left of the last instalment after all that payments ahead have
    saved. A year has at least 336 of the days by which any basis counts (28 a month), interest at most triples a year at
    100 %, and each instalment rounds by less than one.
    """
    rate, n = 0, b.s[S_ROW]
    for i in range(b.s[S_RATE]):
        rate = max(rate, b.rate[i])
    early, years = b.due[end] - day, rate * (b.due[n - 1] - day) // (LEAST_YEAR * PPM) + 1
    if rate > PPM or early > WIDEST_DAYS or amount > WIDEST_BALANCE or years > MOST_YEARS:
        return False
    b.s[S_SAVED] += amount * rate * early // (LEAST_YEAR * PPM) + 2
    lost = b.s[S_SAVED] + n
    for _ in range(years):
        lost *= 3
    return lost < b.s[S_ROOM]


def pay_due(b: Book, kind: int, day: int, amount: int, end: int, used: list[int]) -> None:
    """This function will allocate a payment state by state to the instalments from the front to `end`, which is ahead."""
    done = 0
    for at in range(12 * kind, 12 * kind + 12):
        state = b.order[at] // 4
        if done & (1 << state) or amount == 0:
            continue
        done |= 1 << state
        if state == DueState.AHEAD:
            amount = pay_row(b, end, day, amount, kind, ANY, used)
            continue
        for row in range(b.s[S_FRONT], end):
            if due_state(b, row, day) == state:
                amount = pay_row(b, row, day, amount, kind, ANY, used)


def settle_front(b: Book, day: int, end: int, with_next: bool) -> None:
    """This function will work out what a payment moved, note which instalments it settled, and move the front on."""
    first, last = b.s[S_FRONT], end + 1 if with_next else end
    if with_next:
        work_front(b, day, last, False)
    work_front(b, day, end, True)
    for row in range(first, last):
        if open_total(b, row) > 0:
            b.met[row] = 0
        elif b.met[row] == 0:
            b.met[row] = day


def work_front(b: Book, day: int, end: int, moves: bool) -> None:
    """This function will work out the instalments from the front to `end`, as known on `day`; with `moves` those that are
    settled for good go behind the front. One that is ahead gets its interest to the day, too.
    """
    begin, last, months = b.s[S_FRONT], b.s[S_ROW] - 1, equal_months(b)
    carry, before, planned = b.s[S_FRONT_CARRY], b.s[S_FRONT_OPEN], b.s[S_FRONT_PLANNED]
    left, to_day = b.s[S_FRONT_LEFT] - settled_principal(b, begin, end), carry
    for row in range(begin, end):
        if b.kind[row] != RowKind.REGULAR:
            b.at_interest[row] = b.interest[row]
        else:
            if b.due[row] > day:
                to_day = work_to_day(b, row, day, months, before, planned, to_day)
            found = raw_interest(b, row, day, months, before, planned)
            carry, left = work_row(b, row, found, 0, left, carry, last)
            to_day = carry if b.due[row] <= day else to_day
        before += b.principal[row] - b.paid[4 * row + 3] - b.waived[4 * row + 3]
        planned += b.principal[row]
        if moves and b.s[S_FRONT] == row and b.due[row] <= day and is_settled(b, row):
            b.at_interest[row] = b.interest[row]
            b.s[S_FRONT], b.s[S_FRONT_CARRY], b.s[S_FRONT_OPEN] = row + 1, carry, before
            b.s[S_FRONT_PLANNED], b.s[S_FRONT_LEFT] = planned, b.s[S_FRONT_LEFT] - b.principal[row]
        if row == b.s[S_KNOWN] and b.due[row] <= day:
            b.s[S_KNOWN] = row + 1


def work_to_day(b: Book, row: int, day: int, months: int, before: int, planned: int, carry: int) -> int:
    """This function will work out the interest to `day` of an instalment that is ahead, and return what it hands on."""
    latest = b.due[row - 1] if row else 0
    found = period_interest(b, row, day, day, months, before, planned, latest)
    handed, _ = work_row(b, row, found, day, 0, carry, b.s[S_ROW] - 1)
    return handed


def raw_interest(b: Book, row: int, day: int, months: int, before: int, planned: int) -> int:
    """This function will return the interest of an instalment's period, from `raw` if it was worked out when it was over."""
    is_kept = row < b.s[S_KNOWN]
    if is_kept and (b.k[K_RECALC] == Recalculation.DAILY or b.raw_planned[row] == planned):
        return b.raw[row]
    latest = b.due[row - 1] if row else 0
    b.raw[row] = period_interest(b, row, day, 0, months, before, planned, latest)
    b.raw_planned[row] = planned
    return b.raw[row]


def is_settled(b: Book, row: int) -> bool:
    """This function will tell whether nothing that follows can move an instalment that is due: nothing is open of it."""
    if open_of(b, row, Component.PRINCIPAL) > 0 or open_of(b, row, Component.INTEREST) > 0:
        return False
    if open_of(b, row, Component.FEE) != 0 or open_of(b, row, Component.PENALTY) != 0:
        return False
    return b.kind[row] != RowKind.REGULAR or is_full(b, row) or by_principal(b, row)
