"""The book of one loan while it is worked out: columns of integers, appended and changed in place.

A named tuple of lists, because that is what the compiled kernel can take as arrays. One row of the `rows` columns is
one instalment; one row of the `change` columns is one movement of principal. Amounts are minor units (at most 10**13,
`core.money.MAX_MINOR`), dates ordinals, rates ppm a year (at most 10**7).
"""

from __future__ import annotations

from typing import NamedTuple


class Book(NamedTuple):
    """All that is known while one loan is worked out."""

    k: list[int]  # the contract's constants, indexed by K_*
    s: list[int]  # running totals, indexed by S_*
    order: list[int]  # allocation: 12 codes (status × 4 + component) for each payment kind
    ahead: list[int]  # which future instalment first, for each payment kind
    credit: list[int]  # components in the order in which a chargeback is put back
    start: list[int]  # first day of the period
    due: list[int]  # due date
    kind: list[int]  # RowKind
    emi: list[int]  # level payment of principal and interest; the last open one's takes what is left
    level: list[int]  # the level payment as it was set, the last one's too
    principal: list[int]  # principal due
    interest: list[int]  # interest due
    fee: list[int]  # fees due
    penalty: list[int]  # penalties due
    paid: list[int]  # 4 a row, by Component
    waived: list[int]  # 4 a row, by Component: waived or written off
    early: list[int]  # paid before the due date
    late: list[int]  # paid after it
    met: list[int]  # day on which nothing was left, 0 = not yet
    carry: list[int]  # interest of the period that the instalment could not hold
    credit_principal: list[int]  # principal put back upon it (chargeback)
    credit_interest: list[int]  # interest put back upon it
    at_interest: list[int]  # interest to the day of a payment, used while one is allocated
    grace: list[int]  # 1 = no principal in this instalment
    base: list[int]  # interest of an agreement that the instalment carries beside its own
    whole: list[int]  # days of the regular period that its days are a part of, 0 = its own
    span: list[int]  # months of a moved period × part, 0 = one
    part: list[int]  # days of the month that a moved period ends in, 0 = one
    change_date: list[int]  # when principal moved
    change_amount: list[int]  # by how much: above zero = more is owed
    change_kind: list[int]  # 1 = lent (planned), 0 = paid or put back
    rate_date: list[int]  # first day of a rate
    rate: list[int]  # ppm a year
    pause_from: list[int]  # first day without interest
    pause_to: list[int]  # last day without interest
    charge_due: list[int]  # due date of a charge
    charge_amount: list[int]  # its amount
    charge_penalty: list[int]  # 1 = penalty
    charge_row: list[int]  # its instalment, -1 = none yet
    charge_paid: list[int]  # paid of it
    charge_waived: list[int]  # waived of it
    charge_time: list[int]  # ChargeTime
    charge_basis: list[int]  # ChargeBasis
    charge_value: list[int]  # minor units, or ppm for a percentage
    settled_row: list[int]  # instalment of each part of a payment of principal or interest
    settled_day: list[int]  # its day
    settled_amount: list[int]  # its amount
    line: list[int]  # the statement: LINE_WIDTH numbers a line
    borne: list[int]  # penalty of late principal, exact: minor units × ppm
    freeze_from: list[int]  # first day without penalty, stretches apart and ascending
    freeze_to: list[int]  # last day without penalty
    table: list[int]  # the instalments as signed: TABLE_WIDTH numbers a row


# The contract's constants.
(
    K_UNIT,
    K_EVERY,
    K_COUNT,
    K_METHOD,
    K_BASIS,
    K_PLAN,
    K_RECALC,
    K_TURN,
    K_MULTIPLE,
    K_RELEVEL,
    K_DOWN_PPM,
    K_DOWN_AUTO,
    K_VERTICAL,
    K_SEED_DAY,
    K_FLAT,
    K_CHARGE_OFF,
    K_PERIOD_INTEREST,
    K_CENT,
    K_ROUND,
    K_LENGTH,
    K_OLDEST_FIRST,
    K_GRACE,
    K_FULL_TERM,
    K_MONTH_END,
    K_DIGITS,
    K_REST_END,
    K_CHARGES_ALONE,
    K_FIRST_DUE,
    K_STUB,
    K_START,
    K_PENALTY,
    K_FEES_END,
    K_WIDTH,
) = range(33)

# Running totals.
(
    S_LENT,
    S_OWED,
    S_CREDIT,
    S_TODAY,
    S_STOP,
    S_ROWS,
    S_WRITTEN_OFF,
    S_WAIVED,
    S_CHARGED_OFF,
    S_FIRST,
    S_BASE,
    S_CLOSED,
    S_TERMINATED,
    S_RECOVERED,
    S_TILL,
    S_BORNE,
    S_SOLD,
    S_WIDTH,
) = range(18)

# A line of the statement.
(L_EVENT, L_DATE, L_KIND, L_AMOUNT, L_PENALTY, L_FEE, L_INTEREST, L_PRINCIPAL, L_OVER, L_BALANCE) = range(10)
LINE_WIDTH = 10

# A row of the table as signed.
(T_DUE, T_PRINCIPAL, T_INTEREST, T_FEE, T_DAYS, T_OF) = range(6)
TABLE_WIDTH = 6

ROW_COLUMNS = 17


def new_book(k: list[int], order: list[int], ahead: list[int], credit: list[int]) -> Book:
    """This function will open an empty book for a contract's constants and allocation orders."""
    lists: list[list[int]] = [[] for _ in range(len(Book._fields) - 5)]
    return Book(k, [0] * S_WIDTH, order, ahead, credit, *lists)


def insert_row(b: Book, at: int, kind: int, start: int, due: int) -> None:
    """This function will put an empty instalment at position `at`."""
    b.start.insert(at, start)
    b.due.insert(at, due)
    b.kind.insert(at, kind)
    for column in (
        b.emi,
        b.level,
        b.principal,
        b.interest,
        b.fee,
        b.penalty,
        b.early,
        b.late,
        b.met,
        b.carry,
    ):
        column.insert(at, 0)
    for column in (b.credit_principal, b.credit_interest, b.at_interest, b.grace, b.base, b.whole, b.borne):
        column.insert(at, 0)
    b.span.insert(at, 0)
    b.part.insert(at, 0)
    for column in (b.paid, b.waived):
        column[4 * at : 4 * at] = [0, 0, 0, 0]
    for c in range(len(b.charge_row)):
        if b.charge_row[c] >= at:
            b.charge_row[c] += 1
    for i in range(len(b.settled_row)):
        if b.settled_row[i] >= at:
            b.settled_row[i] += 1


def remove_row(b: Book, at: int) -> None:
    """This function will take the instalment at position `at` out. It must be empty."""
    for column in (
        b.start,
        b.due,
        b.kind,
        b.emi,
        b.level,
        b.principal,
        b.interest,
        b.fee,
        b.penalty,
        b.early,
    ):
        del column[at]
    for column in (b.late, b.met, b.carry, b.credit_principal, b.credit_interest, b.at_interest, b.grace):
        del column[at]
    del b.base[at], b.borne[at]
    del b.whole[at], b.span[at], b.part[at]
    for column in (b.paid, b.waived):
        del column[4 * at : 4 * at + 4]
    for c in range(len(b.charge_row)):
        if b.charge_row[c] > at:
            b.charge_row[c] -= 1
        elif b.charge_row[c] == at:
            b.charge_row[c] = -1
    for i in range(len(b.settled_row)):
        if b.settled_row[i] >= at:
            b.settled_row[i] -= 1


def paid_of(b: Book, row: int) -> int:
    """This function will return what was paid of an instalment's principal and interest, minor units."""
    return b.paid[4 * row + 2] + b.paid[4 * row + 3]


def open_of(b: Book, row: int, component: int) -> int:
    """This function will return what is open of one component of an instalment, minor units."""
    at = 4 * row + component
    due = (b.penalty, b.fee, b.interest, b.principal)[component][row]
    return due - b.paid[at] - b.waived[at]


def open_total(b: Book, row: int) -> int:
    """This function will return what is open of an instalment, minor units."""
    at = 4 * row
    due = b.penalty[row] + b.fee[row] + b.interest[row] + b.principal[row]
    return due - sum(b.paid[at : at + 4]) - sum(b.waived[at : at + 4])
