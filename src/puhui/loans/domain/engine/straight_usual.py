"""Payments as nearly all are: the level payment of one instalment, on its due date or before the next one, nothing being open.
What `straight.pay_straight` does with each of them, done for a run of them in a few numbers.
"""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    K_METHOD,
    W_ACC,
    W_AT,
    W_BALANCE,
    W_BASE,
    W_CARRY,
    W_COUNT,
    W_DUE,
    W_EMI,
    W_FRONT,
    W_LEFT,
    W_MONTH,
    W_MONTHS,
    W_PAID_INTEREST,
    W_RATE,
    W_ROW,
    W_START,
    W_SWITCH,
    W_TODAY,
    Book,
)
from puhui.loans.domain.engine.codes import Kind, Method
from puhui.loans.domain.engine.interest import TWELVE_PPM, by_months, half_even
from puhui.loans.domain.engine.reading import TAKES_DOWN, booked_of, kind_of
from puhui.loans.domain.engine.straight_begin import due_in


def pay_usual(
    b: Book,
    value_date: list[int],
    amount: list[int],
    kind: list[int],
    own_kind: int,
    booked: list[int],
    own_booked: int,
    first: int,
    begin: int,
    end: int,
    day: int,
) -> int:
    """This function will take the events from number `begin` on, up to `end`, as long as each is a usual payment known on
    `day`, and return the first that is not. Those before the last two instalments only: how a loan ends is looked at in
    `straight`. Event 0 stands at `first`, the loan's own kinds and booking dates begin at `own_kind` and `own_booked`.
    """
    w, row, emi = b.w, b.w[W_ROW], b.w[W_EMI]
    if b.k[K_METHOD] != Method.EQUAL_INSTALMENT or w[W_FRONT] != row or w[W_CARRY] or row < w[W_SWITCH]:
        return begin
    if row >= w[W_COUNT] - 2 or amount[first + begin] != emi or b.held[row] or b.kept[row]:
        return begin
    balance, left, paid, acc = w[W_BALANCE], w[W_LEFT], w[W_PAID_INTEREST], w[W_ACC]
    start, due, month, at, base = w[W_START], w[W_DUE], w[W_MONTH], w[W_AT], w[W_BASE]
    rate, months, last, n = w[W_RATE], w[W_MONTHS], w[W_COUNT] - 2, begin
    while n < end and row < last:
        when = int(value_date[first + n])  # columns are narrower than what the kernel counts with
        if when < due or when > day or amount[first + n] != emi:
            break
        if booked_of(booked, own_booked, n, when) > day:
            break
        if kind_of(kind, own_kind, n) & ~TAKES_DOWN != Kind.REPAY:
            break
        following = due_in(b, month + months)
        if when >= following:
            break
        if at == start and base == due - start:
            interest = by_months(balance * rate * months)
        else:
            interest = half_even((acc + balance * rate * (due - at)) * months, TWELVE_PPM * base)
        principal = emi - interest
        if principal < 0 or principal > left or principal >= balance:
            break
        acc = balance * rate * (when - due)
        balance, left, paid = balance - principal, left - principal, paid + interest
        start, at, base, due, month = due, when, following - due, following, month + months
        row, n = row + 1, n + 1
    if n > begin:
        w[W_BALANCE], w[W_LEFT], w[W_PAID_INTEREST], w[W_ACC] = balance, left, paid, acc
        w[W_START], w[W_DUE], w[W_MONTH], w[W_AT], w[W_BASE] = start, due, month, at, base
        w[W_ROW] = w[W_FRONT] = row
        w[W_TODAY] = at
        b.held[row] = b.kept[row] = 0
    return n
