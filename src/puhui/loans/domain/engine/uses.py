"""Payments that are meant for more than instalments, and what the lender gives up: it lowers what remains."""

from __future__ import annotations

from puhui.loans.domain.engine.allocate import pay, payoff, put, settle_rows
from puhui.loans.domain.engine.book import (
    S_BALANCE,
    S_ROW,
    S_TODAY,
    Book,
    insert_row,
    move_principal,
    open_of,
    open_total,
)
from puhui.loans.domain.engine.charges import waive_charges
from puhui.loans.domain.engine.codes import Component, PaymentPurpose, RowKind
from puhui.loans.domain.engine.level import set_level
from puhui.loans.domain.engine.rows import is_full, work_out

EVERYTHING = 10**15  # above every amount


def pay_for(b: Book, kind: int, use: int, day: int, amount: int, used: list[int]) -> int:
    """This function will allocate a payment that is meant for more than instalments: one that lowers the principal, or
    one that takes the loan back. What reaches the payoff closes the loan, whatever it was meant for; what would leave
    no principal but not reach the payoff is paid ahead like any payment, the interest to the day first.
    """
    if use == PaymentPurpose.UNDO:
        for part in (Component.PENALTY, Component.FEE):
            waive_open(b, part, EVERYTHING)
    work_out(b, day, 0)
    work_out(b, day, day)
    due, principal = 0, 0
    for row in range(b.s[S_ROW]):
        if b.due[row] <= day:
            due += max(0, open_total(b, row))
            principal += max(0, open_of(b, row, Component.PRINCIPAL))
    if amount >= payoff(b, day) or amount - due >= b.s[S_BALANCE] - principal:
        return pay(b, kind, day, amount, used)
    over = pay(b, kind, day, min(amount, due), used)
    if amount > due:
        lower_principal(b, day, amount - due, used, True)
    return over


def lower_principal(b: Book, day: int, amount: int, used: list[int], is_paid: bool) -> None:
    """This function will take `amount` off the principal, nothing due being open: what is levelled first, then what stands
    in instalments ahead that no level payment reaches (charged back after maturity), the next one first.
    """
    beyond = max(0, amount - max(0, b.s[S_BALANCE] - principal_apart(b, day)))
    if amount > beyond:
        lower_level(b, day, amount - beyond, used, is_paid)
    for row in range(b.s[S_ROW]):
        take = min(beyond, open_apart(b, row, day))
        if take:
            take_principal(b, row, day, take, used, is_paid)
            beyond -= take
    b.s[S_TODAY] = day
    settle_rows(b, day)


def principal_apart(b: Book, day: int) -> int:
    """This function will return what is open of the principal ahead that levelling does not move, minor units."""
    total = 0
    for row in range(b.s[S_ROW]):
        total += open_apart(b, row, day)
    return total


def open_apart(b: Book, row: int, day: int) -> int:
    """This function will return what is open of an instalment's principal if it is ahead and not a regular one."""
    if b.due[row] <= day or b.kind[row] == RowKind.REGULAR:
        return 0
    return max(0, open_of(b, row, Component.PRINCIPAL))


def lower_level(b: Book, day: int, amount: int, used: list[int], is_paid: bool) -> None:
    """This function will put an instalment of `amount` on `day`, settled at once, and level again those that are not."""
    at = 0
    while at < b.s[S_ROW] and b.due[at] <= day:
        at += 1
    insert_row(b, at, RowKind.FIXED, day, day)
    b.principal[at] = b.emi[at] = amount
    take_principal(b, at, day, amount, used, is_paid)
    first = at + 1
    while first < b.s[S_ROW] - 1 and (b.kind[first] != RowKind.REGULAR or is_full(b, first)):
        first += 1
    if (
        b.s[S_BALANCE] > 0
    ):  # nothing is left to level: a payment of nothing would let go the interest to the day
        set_level(b, first, day)


def take_principal(b: Book, row: int, day: int, amount: int, used: list[int], is_paid: bool) -> None:
    """This function will let principal of an instalment be paid, or give it up."""
    if is_paid:
        put(b, row, Component.PRINCIPAL, amount, day, used)
    else:
        give_up_principal(b, row, day, amount)


def waive_open(b: Book, part: int, amount: int) -> int:
    """This function will give up at most `amount` of one component, oldest instalment first, and return how much."""
    given = 0
    for row in range(b.s[S_ROW]):
        take = min(amount - given, max(0, open_of(b, row, part)))
        b.waived[4 * row + part] += take
        given += take
        if part <= Component.FEE:
            waive_charges(b, row, part, take)
    return given


def give_up_principal(b: Book, row: int, day: int, amount: int) -> None:
    """This function will give up principal of an instalment: from `day` on it is not owed."""
    b.waived[4 * row + Component.PRINCIPAL] += amount
    move_principal(b, day, -amount, 0)


def waive(b: Book, part: int, day: int, amount: int) -> int:
    """This function will give up at most `amount` of one component on `day` and return how much. Principal: what is due
    first, the rest lowers what remains.
    """
    if part != Component.PRINCIPAL:
        return waive_open(b, part, amount)
    left = min(amount, max(0, b.s[S_BALANCE]))
    given = left
    for row in range(b.s[S_ROW]):
        take = min(left, max(0, open_of(b, row, part))) if b.due[row] <= day else 0
        if take:
            give_up_principal(b, row, day, take)
            left -= take
    if left:
        lower_principal(b, day, left, b.spare, False)
    return given
