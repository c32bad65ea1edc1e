"""The book of one loan while it is worked out: columns of integers of a fixed length, filled and changed in place.

Its fields are lists in plain Python and parts of one memory record in the compiled kernel; how many places of a column
are in use stands in `s`, because a record does not grow. One place of the `row` columns is one instalment; one of the
`change` columns is one movement of principal. Amounts are minor units (at most 10**13, `core.money.MAX_MINOR`), dates
ordinals, rates ppm a year (at most 10**7).
"""

from __future__ import annotations

from typing import NamedTuple


class Book(NamedTuple):
    """All that is known while one loan is worked out."""

    k: list[int]  # the contract's constants, indexed by K_*
    s: list[int]  # running totals, indexed by S_*
    order: list[int]  # allocation: 12 codes (status × 4 + component) for each payment kind
    ahead: list[int]  # which future instalment first, for each payment kind
    credit: list[int]  # components in the order in which a chargeback is put back, then −1
    e: list[int]  # the event that is happening, indexed by E_*
    used: list[int]  # by Component: what a payment is used for
    parts: list[int]  # by Component: what is put back
    spare: list[int]  # by Component: counted and not shown
    zero: list[int]  # by Component: nothing
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
    carry: list[int]  # interest that the instalment could not hold and hands on
    credit_principal: list[int]  # principal put back upon it (chargeback)
    credit_interest: list[int]  # interest put back upon it
    at_interest: list[int]  # interest to the day of a payment, used while one is allocated
    grace: list[int]  # 1 = no principal in this instalment
    base: list[int]  # interest of an agreement that the instalment carries beside its own
    whole: list[int]  # days of the regular period that its days are a part of, 0 = its own
    span: list[int]  # months of a moved period × part, 0 = one
    part: list[int]  # days of the month that a moved period ends in, 0 = one
    borne: list[int]  # penalty of late principal, exact: minor units × ppm
    mark: list[int]  # 1 = an instalment that a payment ahead reaches
    held: list[int]  # a figure of the instalment kept while others change
    kept: list[int]  # another one
    raw: list[int]  # interest of a period that is over, kept while only payments follow
    raw_planned: list[int]  # principal planned before it when it was worked out
    change_date: list[int]  # when principal moved
    change_amount: list[int]  # by how much: above zero = more is owed
    change_kind: list[int]  # 1 = lent (planned), 0 = paid or put back
    change_sum: list[int]  # all movements up to this one, in the order in which they were noted
    change_lent: list[int]  # of them, what was lent
    rate_date: list[int]  # first day of a rate
    rate: list[int]  # ppm a year
    pause_from: list[int]  # first day without interest
    pause_to: list[int]  # last day without interest
    freeze_from: list[int]  # first day without penalty, stretches apart and ascending
    freeze_to: list[int]  # last day without penalty
    charge_due: list[int]  # due date of a charge
    charge_amount: list[int]  # its amount
    charge_penalty: list[int]  # 1 = penalty
    charge_row: list[int]  # its instalment, -1 = none yet
    charge_paid: list[int]  # paid of it
    charge_waived: list[int]  # waived of it
    charge_time: list[int]  # ChargeTime
    charge_basis: list[int]  # ChargeBasis
    charge_value: list[int]  # minor units, or ppm for a percentage
    charge_seq: list[int]  # event that made it, 0 = a chargeback
    settled_row: list[int]  # instalment of each part of a payment of principal or interest
    settled_day: list[int]  # its day
    settled_amount: list[int]  # its amount
    line: list[int]  # the statement: LINE_WIDTH numbers a line
    table: list[int]  # the instalments as signed: TABLE_WIDTH numbers a row
    turn: list[int]  # events in the order in which they count
    key: list[int]  # by what they are ordered
    off: list[int]  # of an event: 1 = reversed, 2 = its down payment is
    memo: list[
        int
    ]  # discount factors of equal periods by rate and number: what they add up to is the same for every loan
    levels: list[int]  # level payments that are remembered: LEVEL_WIDTH numbers each
    w: list[int]  # a loan that goes straight on, indexed by W_*
    months: list[int]  # first day of each month from FIRST_MONTH on, 0 = not looked up yet


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
    K_PARTS_ALONE,
    K_WIDTH,
) = range(34)

# Running totals. S_ROW to S_TURN count the places in use of the columns; S_BALANCE is the sum of all movements, S_MIXED = 1
# where one was noted after one of a later day. S_FRONT and what follows belong to `front`: how many instalments are settled
# for good (−1 = not looked at), what they hand on, leave, have open and planned; the first instalment that is not due;
# 1 = those from it on wait to be worked out; of how many the interest is kept in `raw`. S_FRESH is the day on which a plan
# was worked out that nothing has changed since, 0 = none, and S_FRESH_FROM the instalment from which all of it is open.
# S_OVERDUE counts the charges for being late.
# S_ROOM is the last instalment's principal when the front was looked at, S_SAVED what payments ahead have saved since, at most.
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
    S_ROW,
    S_CHANGE,
    S_RATE,
    S_PAUSE,
    S_CHARGE,
    S_SETTLED,
    S_LINE,
    S_TURN,
    S_BALANCE,
    S_FAULT,
    S_FREEZE,
    S_TABLE,
    S_BORNE,
    S_SOLD,
    S_MIXED,
    S_FRONT,
    S_FRONT_CARRY,
    S_FRONT_LEFT,
    S_FRONT_OPEN,
    S_FRONT_PLANNED,
    S_AHEAD,
    S_STALE,
    S_KNOWN,
    S_FRESH,
    S_FRESH_FROM,
    S_ROOM,
    S_SAVED,
    S_OVERDUE,
    S_WIDTH,
) = range(44)

# A loan that goes straight on (`straight`). W_ACC: what the running period has borne until W_AT, balance × rate × days; W_BASE:
# the days of a regular period there; W_CARRY and W_LEFT are those of the front; from W_SWITCH on instalments are W_EMI.
# W_CHANGED = 1 once terms have changed. From W_INTEREST on: the figures.
(
    W_BALANCE, W_LEFT, W_LENT, W_CARRY, W_FRONT, W_ROW, W_COUNT, W_START, W_DUE, W_BASE, W_AT, W_ACC, W_TODAY,
    W_EMI, W_OLD_EMI, W_SWITCH, W_CHANGED, W_MONTH, W_SEED, W_MONTHS, W_RATE, W_PAID_INTEREST, W_INTEREST, W_LATE, W_SINCE,
    W_NEXT_DUE, W_NEXT_AMOUNT, W_ACCRUED, W_WIDTH,
) = range(29)  # fmt: skip
MOST_STRAIGHT = 400  # instalments of such a loan
FIRST_MONTH = 12 * 1990  # 12 × year + month − 1
MONTHS = 12 * 90  # that are looked up once

# A line of the statement.
(L_EVENT, L_DATE, L_KIND, L_AMOUNT, L_PENALTY, L_FEE, L_INTEREST, L_PRINCIPAL, L_OVER, L_BALANCE) = range(10)
LINE_WIDTH = 10

# A row of the table as signed.
(T_DUE, T_PRINCIPAL, T_INTEREST, T_FEE, T_DAYS, T_OF) = range(6)
TABLE_WIDTH = 6

# Faults: what compiled code cannot go on with. Plain Python has no such limits and works the loan out again.
FAULT_WIDE = 1  # a product would not fit into 63 bits
FAULT_FULL = 2  # a column is too short
FAULT_REFUND = 4  # a refund that gives interest back needs the book of another story
FAULT_EVENT = 8  # an event refers to one that is not there, or no rule knows its kind

EVENT_WIDTH = 22  # integers of an event, indexed by E_*
MEMO_PLACES, MEMO_WIDTH = (
    512,
    4,
)  # what it is for (two numbers), the sum, and 2**28 × SCALE // sum (0 = not asked for yet)
LEVEL_WIDTH = 4  # what was lent, rate and count, the contract's rounding, and the level payment
OWN_WIDTHS = {
    "s": S_WIDTH, "e": EVENT_WIDTH, "used": 4, "parts": 4, "spare": 4, "zero": 4, "memo": MEMO_WIDTH * MEMO_PLACES,
    "w": W_WIDTH, "months": MONTHS,
}  # fmt: skip


class BookSize(NamedTuple):
    """How many places the columns of a book have."""

    rows: int  # instalments
    changes: int  # movements of principal
    rates: int  # rates
    pauses: int  # interest pauses
    charges: int  # charges
    settled: int  # parts of payments
    lines: int  # lines of the statement
    events: int  # events
    levels: int = 0  # level payments that are remembered; one loan alone has none to remember


ROW_FIELDS = Book._fields[Book._fields.index("start") : Book._fields.index("change_date")]


def widths(size: BookSize) -> dict[str, int]:
    """This function will return the length of each column of a book, the contract's own left out."""
    found = dict(OWN_WIDTHS)
    found |= {name: size.rows for name in ROW_FIELDS}
    found |= {"paid": 4 * size.rows, "waived": 4 * size.rows}
    tables = {
        "change": size.changes,
        "rate": size.rates,
        "pause": size.pauses,
        "freeze": size.pauses,
        "charge": size.charges,
        "settled": size.settled,
    }
    for name in Book._fields:
        table = name.split("_")[0]
        if table in tables:
            found[name] = tables[table]
    return found | {
        "line": LINE_WIDTH * size.lines,
        "table": TABLE_WIDTH * size.rows,
        "turn": size.events,
        "key": size.events,
        "off": size.events,
        "levels": LEVEL_WIDTH * size.levels,
    }


def new_book(k: list[int], order: list[int], ahead: list[int], credit: list[int], size: BookSize) -> Book:
    """This function will open an empty book for a contract's constants and allocation orders."""
    lengths = widths(size)
    columns = {name: [0] * lengths[name] for name in lengths}
    return Book(k=k, order=order, ahead=ahead, credit=credit, **columns)


def clear(four: list[int]) -> None:
    """This function will set an amount of each component to nothing."""
    four[0] = four[1] = four[2] = four[3] = 0


def open_gap(column: list[int], at: int, used: int, width: int) -> None:
    """This function will make room for `width` zeros at place `at` of a column of which `used` places are in use."""
    for i in range(used - 1, at - 1, -1):
        column[i + width] = column[i]
    for i in range(at, at + width):
        column[i] = 0


def close_gap(column: list[int], at: int, used: int, width: int) -> None:
    """This function will take `width` places at `at` out of a column of which `used` places are in use."""
    for i in range(at, used - width):
        column[i] = column[i + width]
    for i in range(used - width, used):
        column[i] = 0


def insert_row(b: Book, at: int, kind: int, start: int, due: int) -> None:
    """This function will put an empty instalment at position `at`."""
    n = b.s[S_ROW]
    b.s[S_ROW] = n + 1
    if at == n:  # places beyond those in use are empty
        b.start[at], b.due[at], b.kind[at] = start, due, kind
        return
    for column in (
        b.start, b.due, b.kind, b.emi, b.level, b.principal, b.interest, b.fee, b.penalty, b.early, b.late, b.met,
        b.carry, b.credit_principal, b.credit_interest, b.at_interest, b.grace, b.base, b.whole, b.span, b.part, b.borne,
    ):  # fmt: skip
        open_gap(column, at, n, 1)
    open_gap(b.paid, 4 * at, 4 * n, 4)
    open_gap(b.waived, 4 * at, 4 * n, 4)
    b.start[at] = start
    b.due[at] = due
    b.kind[at] = kind
    for c in range(b.s[S_CHARGE]):
        if b.charge_row[c] >= at:
            b.charge_row[c] += 1
    for i in range(b.s[S_SETTLED]):
        if b.settled_row[i] >= at:
            b.settled_row[i] += 1


def clear_rows(b: Book) -> None:
    """This function will empty every instalment in use."""
    n = b.s[S_ROW]
    for column in (
        b.start, b.due, b.kind, b.emi, b.level, b.principal, b.interest, b.fee, b.penalty, b.early, b.late, b.met,
        b.carry, b.credit_principal, b.credit_interest, b.at_interest, b.grace, b.base, b.whole, b.span, b.part, b.borne,
    ):  # fmt: skip
        clear_places(column, n)
    clear_places(b.paid, 4 * n)
    clear_places(b.waived, 4 * n)


def clear_places(column: list[int], count: int) -> None:
    """This function will set the first `count` places of a column to nothing."""
    for i in range(count):
        column[i] = 0


def remove_row(b: Book, at: int) -> None:
    """This function will take the instalment at position `at` out. It must be empty."""
    n = b.s[S_ROW]
    b.s[S_ROW] = n - 1
    for column in (
        b.start, b.due, b.kind, b.emi, b.level, b.principal, b.interest, b.fee, b.penalty, b.early, b.late, b.met,
        b.carry, b.credit_principal, b.credit_interest, b.at_interest, b.grace, b.base, b.whole, b.span, b.part, b.borne,
    ):  # fmt: skip
        close_gap(column, at, n, 1)
    close_gap(b.paid, 4 * at, 4 * n, 4)
    close_gap(b.waived, 4 * at, 4 * n, 4)
    for c in range(b.s[S_CHARGE]):
        if b.charge_row[c] > at:
            b.charge_row[c] -= 1
        elif b.charge_row[c] == at:
            b.charge_row[c] = -1
    for i in range(b.s[S_SETTLED]):
        if b.settled_row[i] >= at:
            b.settled_row[i] -= 1


def move_principal(b: Book, day: int, amount: int, lent: int) -> None:
    """This function will note a movement of principal; what is paid on one day is one movement."""
    n = b.s[S_CHANGE]
    b.s[S_BALANCE] += amount
    if lent == 0 and n > 0 and b.change_date[n - 1] == day and b.change_kind[n - 1] == 0:
        b.change_amount[n - 1] += amount
        b.change_sum[n - 1] += amount
        return
    b.change_date[n] = day
    b.change_amount[n] = amount
    b.change_kind[n] = lent
    b.change_sum[n] = b.s[S_BALANCE]
    b.change_lent[n] = (b.change_lent[n - 1] if n else 0) + (amount if lent else 0)
    if n and b.change_date[n - 1] > day:
        b.s[S_MIXED] = 1
    b.s[S_CHANGE] = n + 1


def settle(b: Book, row: int, day: int, amount: int) -> None:
    """This function will note a part of a payment of principal or interest; parts in a row are one."""
    n = b.s[S_SETTLED]
    if n > 0 and b.settled_row[n - 1] == row and b.settled_day[n - 1] == day:
        b.settled_amount[n - 1] += amount
        return
    if n == len(b.settled_row):
        b.s[S_FAULT] |= FAULT_FULL
        return
    b.settled_row[n] = row
    b.settled_day[n] = day
    b.settled_amount[n] = amount
    b.s[S_SETTLED] = n + 1


def gone_of(b: Book, row: int, component: int) -> int:
    """This function will return what was paid or given up of one component of an instalment, minor units."""
    return b.paid[4 * row + component] + b.waived[4 * row + component]


def gone_level(b: Book, row: int) -> int:
    """This function will return what was paid or given up of an instalment's principal and interest, minor units."""
    return gone_of(b, row, 2) + gone_of(b, row, 3)


def paid_all(b: Book, row: int) -> int:
    """This function will return what was paid of an instalment, minor units."""
    at = 4 * row
    return b.paid[at] + b.paid[at + 1] + b.paid[at + 2] + b.paid[at + 3]


def waived_all(b: Book, row: int) -> int:
    """This function will return what was waived or written off of an instalment, minor units."""
    at = 4 * row
    return b.waived[at] + b.waived[at + 1] + b.waived[at + 2] + b.waived[at + 3]


def due_of(b: Book, row: int, component: int) -> int:
    """This function will return what is due of one component of an instalment, minor units."""
    if component == 3:
        return b.principal[row]
    if component == 2:
        return b.interest[row]
    return b.fee[row] if component == 1 else b.penalty[row]


def open_of(b: Book, row: int, component: int) -> int:
    """This function will return what is open of one component of an instalment, minor units."""
    at = 4 * row + component
    return due_of(b, row, component) - b.paid[at] - b.waived[at]


def open_total(b: Book, row: int) -> int:
    """This function will return what is open of an instalment, minor units."""
    due = b.penalty[row] + b.fee[row] + b.interest[row] + b.principal[row]
    return due - paid_all(b, row) - waived_all(b, row)
