"""The figures of many loans at once, from columns of integers: the loop that a portfolio run compiles.

A loan's events lie one after the other in the event columns, in the order of booking; `starts[i]` is the first of loan i.
Most events need five numbers. One with more (a rate, a date, a count) carries DETAILS numbers in the detail column.
"""

from __future__ import annotations

from puhui.loans.domain.engine.allocate import payoff
from puhui.loans.domain.engine.book import (
    EVENT_WIDTH,
    FAULT_FULL,
    K_COUNT,
    K_FIRST_DUE,
    K_REST_END,
    K_START,
    K_WIDTH,
    L_AMOUNT,
    L_DATE,
    L_KIND,
    LINE_WIDTH,
    S_BALANCE,
    S_CHARGED_OFF,
    S_CREDIT,
    S_FAULT,
    S_LENT,
    S_LINE,
    S_RECOVERED,
    S_ROW,
    S_SOLD,
    S_STOP,
    S_TABLE,
    S_TILL,
    S_WRITTEN_OFF,
    TABLE_WIDTH,
    Book,
    open_total,
    paid_all,
    waived_all,
)
from puhui.loans.domain.engine.codes import LAST_PAYMENT, Component, Kind, RowKind, Unit
from puhui.loans.domain.engine.rows import work_out
from puhui.loans.domain.engine.run import run
from puhui.loans.domain.engine.steps import (
    E_AMOUNT,
    E_BOOKED,
    E_COMPONENT,
    E_DATE,
    E_DOWN,
    E_EVERY,
    E_FROM,
    E_KIND,
    E_OF,
    E_RATE,
    E_REFUNDS,
    E_SEQ,
    E_TO,
    E_UNIT,
)

# Columns of the result. Amounts in minor units, dates ordinals (0 = none).
(
    V_STATUS, V_LENT, V_PRINCIPAL, V_INTEREST, V_FEE, V_PENALTY, V_OUTSTANDING, V_PAYOFF, V_ACCRUED, V_CREDIT,
    V_PAID_PRINCIPAL, V_PAID_INTEREST, V_PAID_OTHER, V_WAIVED, V_WRITTEN_OFF, V_RECOVERED, V_SOLD, V_CHARGED_OFF, V_LATE,
    V_SINCE, V_DAYS, V_NEXT_DUE, V_NEXT_AMOUNT, V_FAULT, V_WIDTH,
) = range(25)  # fmt: skip

# States of a loan, in the order of `position.LoanStatus`.
PENDING, ACTIVE, CLOSED, OVERPAID, WRITTEN_OFF = range(5)

HAS_DETAIL, REFUNDS, TAKES_DOWN = 256, 512, 1024  # flags beside an event's kind
DETAILS = 14  # numbers of a detail: E_RATE to E_COMPONENT
TERMS_WIDTH = K_WIDTH + 9 * 12 + 9 + 4  # a contract's constants, allocation orders, ahead rules, credit order


def status_of(b: Book, outstanding: int) -> int:
    """This function will tell where a loan stands."""
    if b.s[S_LENT] == 0:
        return PENDING
    if b.s[S_STOP]:
        return WRITTEN_OFF
    if outstanding > 0:
        return ACTIVE
    return OVERPAID if b.s[S_CREDIT] else CLOSED


def paused_between(events: list[int], count: int, since: int, day: int) -> int:
    """This function will count the days of (since, day] in which the count of days past due was paused."""
    total = 0
    for i in range(count):
        at = EVENT_WIDTH * i
        if events[at + E_KIND] != Kind.DELINQUENCY_PAUSE:
            continue
        end = events[at + E_TO]
        for j in range(i + 1, count):
            kind = events[EVENT_WIDTH * j + E_KIND]
            if kind == Kind.DELINQUENCY_PAUSE:
                break
            if kind == Kind.DELINQUENCY_RESUME:
                end = min(end, events[EVENT_WIDTH * j + E_FROM])
        total += max(0, min(end, day) - max(events[at + E_FROM], since))
    return total


def late_since(b: Book, day: int) -> int:
    """This function will return the oldest due date of which something is open and late on `day`, or the day of a
    chargeback that payments since have not covered; 0 if none.
    """
    since = 0
    for row in range(b.s[S_ROW]):
        if b.due[row] < day and (since == 0 or b.due[row] < since) and open_total(b, row) > 0:
            since = b.due[row]
    for n in range(b.s[S_LINE]):
        at = LINE_WIDTH * n
        start = b.line[at + L_DATE]
        if b.line[at + L_KIND] != Kind.CHARGEBACK or start >= day:
            continue
        paid = 0
        for other in range(b.s[S_LINE]):
            to = LINE_WIDTH * other
            if b.line[to + L_KIND] <= LAST_PAYMENT and b.line[to + L_DATE] >= start:
                paid += b.line[to + L_AMOUNT]
        if paid < b.line[at + L_AMOUNT] and (since == 0 or start < since):
            since = start
    return since


def read_rows(b: Book, day: int, out: list[int], at: int, width: int) -> int:
    """This function will add up the instalments into the result, and return what is scheduled and not yet paid."""
    penalty, fee, interest, principal, late, next_due, next_amount = 0, 0, 0, 0, 0, 0, 0
    for row in range(b.s[S_ROW]):
        own = (b.penalty[row], b.fee[row], b.interest[row], b.principal[row])
        left = own[0] + own[1] + own[2] + own[3] - paid_all(b, row) - waived_all(b, row)
        penalty, fee, interest, principal = (
            penalty + own[0],
            fee + own[1],
            interest + own[2],
            principal + own[3],
        )
        if left > 0 and b.due[row] < day:
            late += left
        elif left > 0 and next_due == 0 and b.kind[row] != RowKind.CLOSED:
            next_due, next_amount = b.due[row], left
    paid, gone = sum_of(b.paid, b.s[S_ROW]), sum_of(b.waived, b.s[S_ROW])
    out[at + V_PENALTY * width] = penalty - paid[0] - gone[0]
    out[at + V_FEE * width] = fee - paid[1] - gone[1]
    out[at + V_INTEREST * width] = interest - paid[2] - gone[2]
    out[at + V_PRINCIPAL * width] = principal - paid[3] - gone[3]
    out[at + V_PAID_OTHER * width] = paid[0] + paid[1]
    out[at + V_PAID_INTEREST * width] = paid[2]
    out[at + V_PAID_PRINCIPAL * width] = paid[3]
    out[at + V_WAIVED * width] = gone[0] + gone[1] + gone[2] + gone[3]
    out[at + V_LATE * width] = late
    out[at + V_NEXT_DUE * width] = next_due
    out[at + V_NEXT_AMOUNT * width] = next_amount
    due = penalty + fee + interest + principal
    return due - paid[0] - paid[1] - paid[2] - paid[3] - gone[0] - gone[1] - gone[2] - gone[3]


def sum_of(four: list[int], rows: int) -> tuple[int, int, int, int]:
    """This function will add up amounts by component, four an instalment."""
    one, two, three, last = 0, 0, 0, 0
    for row in range(rows):
        one += four[4 * row]
        two += four[4 * row + 1]
        three += four[4 * row + 2]
        last += four[4 * row + 3]
    return one, two, three, last


def read_figures(
    b: Book, events: list[int], count: int, day: int, out: list[int], at: int, width: int
) -> None:
    """This function will write a loan's figures on `day` into place `at` of each column of the result, `width` apart."""
    for v in range(V_WIDTH):
        out[at + v * width] = 0
    outstanding = read_rows(b, day, out, at, width)
    out[at + V_OUTSTANDING * width] = outstanding
    out[at + V_STATUS * width] = status_of(b, outstanding)
    out[at + V_LENT * width] = b.s[S_LENT]
    out[at + V_CREDIT * width] = b.s[S_CREDIT]
    out[at + V_WRITTEN_OFF * width] = b.s[S_WRITTEN_OFF]
    out[at + V_RECOVERED * width] = b.s[S_RECOVERED]
    out[at + V_SOLD * width] = b.s[S_SOLD]
    out[at + V_CHARGED_OFF * width] = b.s[S_CHARGED_OFF]
    since = late_since(b, day) if outstanding > 0 else 0
    if since:
        out[at + V_SINCE * width] = since
        out[at + V_DAYS * width] = max(0, day - since - paused_between(events, count, since, day))
    if outstanding > 0 or b.s[S_BALANCE] > 0:
        b.s[S_TILL] = b.k[K_REST_END]
        work_out(b, day, day)
        b.s[S_TILL] = 0
        out[at + V_PAYOFF * width] = payoff(b, day)
        accrued = 0
        for row in range(b.s[S_ROW]):
            accrued += max(0, b.at_interest[row] - b.paid[4 * row + 2] - b.waived[4 * row + 2])
        out[at + V_ACCRUED * width] = accrued
    out[at + V_FAULT * width] = b.s[S_FAULT]


def read_event(
    events: list[int], n: int, seq: int, kind: int, day: int, booked: int, amount: int, of: int
) -> None:
    """This function will write an event without detail as the kernel reads it, at place `n`."""
    at = EVENT_WIDTH * n
    for j in range(EVENT_WIDTH):
        events[at + j] = 0
    events[at + E_SEQ] = seq
    events[at + E_KIND] = kind & 255
    events[at + E_DATE] = day
    events[at + E_BOOKED] = booked
    events[at + E_AMOUNT] = amount
    events[at + E_OF] = of
    events[at + E_EVERY] = 1
    events[at + E_UNIT] = Unit.MONTH
    events[at + E_COMPONENT] = Component.INTEREST
    events[at + E_REFUNDS] = 1 if kind & REFUNDS else 0
    events[at + E_DOWN] = 1 if kind & TAKES_DOWN else 0


def read_terms(
    b: Book, table: list[int], number: int, count: int, start: int, first_due: int, is_other: bool
) -> None:
    """This function will set a book's contract: line `number` of the table of terms, and what is the loan's own. Without
    `is_other` the orders stand there already.
    """
    at = TERMS_WIDTH * number
    for i in range(K_WIDTH):
        b.k[i] = table[at + i]
    b.k[K_COUNT] = count
    b.k[K_START] = start
    b.k[K_FIRST_DUE] = first_due
    if not is_other:
        return
    at += K_WIDTH
    for i in range(108):
        b.order[i] = table[at + i]
    for i in range(9):
        b.ahead[i] = table[at + 108 + i]
    for i in range(4):
        b.credit[i] = table[at + 117 + i]


def read_signed(b: Book, signed: list[int], begin: int, end: int) -> int:
    """This function will set the instalments as signed, and return a fault if there are too many."""
    b.s[S_TABLE] = 0
    if end - begin > len(b.table):
        return FAULT_FULL
    for i in range(begin, end):
        b.table[i - begin] = signed[i]
    b.s[S_TABLE] = (end - begin) // TABLE_WIDTH
    return 0


def read_events(
    events: list[int],
    kind: list[int],
    value_date: list[int],
    booked: list[int],
    amount: list[int],
    of: list[int],
    detail: list[int],
    begin: int,
    end: int,
    at: int,
    day: int,
) -> int:
    """This function will write the events `begin` to `end` − 1 that are known on `day` as the kernel reads them, and
    return their number; beyond what `events` holds they are counted and not written. Details begin at `at`.
    """
    n, capacity = 0, len(events) // EVENT_WIDTH
    for j in range(begin, end):
        more = DETAILS if kind[j] & HAS_DETAIL else 0
        is_known = booked[j] <= day and (value_date[j] <= day or kind[j] & 255 == Kind.CHARGE)
        if is_known and n < capacity:
            read_event(events, n, j - begin + 1, kind[j], value_date[j], booked[j], amount[j], of[j])
            for d in range(more):
                events[EVENT_WIDTH * n + E_RATE + d] = detail[at + d]
        n += 1 if is_known else 0
        at += more
    return n


def value_loans(
    books: list[Book],
    events: list[int],
    table: list[int],
    number: list[int],
    rate: list[int],
    count: list[int],
    start: list[int],
    first_due: list[int],
    starts: list[int],
    kind: list[int],
    value_date: list[int],
    booked: list[int],
    amount: list[int],
    of: list[int],
    detail_starts: list[int],
    detail: list[int],
    signed_starts: list[int],
    signed: list[int],
    day: int,
    begin: int,
    end: int,
    out: list[int],
    width: int,
    forgiven: int,
) -> None:
    """This function will work out the figures of loans `begin` to `end` − 1 on `day` into `out`, column by column, each
    `width` long. `books[0]` and `events` are working memory. A loan that this code cannot work out has a fault
    in V_FAULT and no other figure; faults `forgiven` are none (plain Python forgives FAULT_WIDE).
    """
    b = books[0]
    capacity, before = len(events) // EVENT_WIDTH, -1
    for i in range(begin, end):
        read_terms(b, table, number[i], count[i], start[i], first_due[i], number[i] != before)
        before = number[i]
        n = read_events(
            events,
            kind,
            value_date,
            booked,
            amount,
            of,
            detail,
            starts[i],
            starts[i + 1],
            detail_starts[i],
            day,
        )
        fault = read_signed(b, signed, signed_starts[i], signed_starts[i + 1])
        if n > capacity:
            fault = FAULT_FULL
        if fault == 0:
            run(b, events, n, rate[i], day)
            fault = b.s[S_FAULT] & ~forgiven
        if fault == 0:
            read_figures(b, events, n, day, out, i, width)
            fault = b.s[S_FAULT] & ~forgiven
            out[i + V_FAULT * width] = 0
        if fault:
            for v in range(V_WIDTH):
                out[i + v * width] = 0
            out[i + V_FAULT * width] = fault
