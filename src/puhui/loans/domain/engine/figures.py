"""The figures of many loans at once, from columns of integers: the loop that a portfolio run compiles.

A loan's events lie one after the other in the event columns, in the order of booking; `starts[i]` is the first of loan i.
Nearly all events need two numbers, a value date and an amount. What kind they are, when they were booked and what they
refer to stands in columns of their own, a list of each loan: empty where a payout is followed by payments, all are booked
on their value dates, none refers to another. An event with more (a rate, a date, a count) carries DETAILS numbers in
the detail column.
"""

from __future__ import annotations

from puhui.loans.domain.engine.allocate import payoff
from puhui.loans.domain.engine.book import (
    EVENT_WIDTH,
    FAULT_FULL,
    K_REST_END,
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
    S_TILL,
    S_WRITTEN_OFF,
    W_ACCRUED,
    W_BALANCE,
    W_INTEREST,
    W_LATE,
    W_LENT,
    W_NEXT_AMOUNT,
    W_NEXT_DUE,
    W_PAID_INTEREST,
    W_SINCE,
    W_TODAY,
    Book,
    open_total,
    paid_all,
    waived_all,
)
from puhui.loans.domain.engine.codes import (
    LAST_PAYMENT,
    Kind,
    RowKind,
)
from puhui.loans.domain.engine.reading import place_of, read_events, read_orders, read_signed, read_terms
from puhui.loans.domain.engine.rows import work_out
from puhui.loans.domain.engine.run import run
from puhui.loans.domain.engine.steps import (
    E_FROM,
    E_KIND,
    E_TO,
)
from puhui.loans.domain.engine.straight_story import go_straight, may_go_straight

# Columns of the result. Amounts in minor units, dates ordinals (0 = none).
(
    V_STATUS, V_LENT, V_PRINCIPAL, V_INTEREST, V_FEE, V_PENALTY, V_OUTSTANDING, V_PAYOFF, V_ACCRUED, V_CREDIT,
    V_PAID_PRINCIPAL, V_PAID_INTEREST, V_PAID_OTHER, V_WAIVED, V_WRITTEN_OFF, V_RECOVERED, V_SOLD, V_CHARGED_OFF, V_LATE,
    V_SINCE, V_DAYS, V_NEXT_DUE, V_NEXT_AMOUNT, V_FAULT, V_WIDTH,
) = range(25)  # fmt: skip
# Those that a loan which goes straight on has none of.
NEVER_STRAIGHT = (
    V_FEE, V_PENALTY, V_CREDIT, V_PAID_OTHER, V_WAIVED, V_WRITTEN_OFF, V_RECOVERED, V_SOLD, V_CHARGED_OFF, V_FAULT,
)  # fmt: skip

# States of a loan, in the order of `position.LoanStatus`.
PENDING, ACTIVE, CLOSED, OVERPAID, WRITTEN_OFF = range(5)


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


def write_straight(b: Book, out: list[int], at: int, width: int) -> None:
    """This function will write the figures of a loan that went straight on into place `at` of each column of the result."""
    w = b.w
    out[at + V_STATUS * width] = ACTIVE
    out[at + V_LENT * width] = w[W_LENT]
    out[at + V_PRINCIPAL * width] = w[W_BALANCE]
    out[at + V_INTEREST * width] = w[W_INTEREST]
    out[at + V_OUTSTANDING * width] = w[W_BALANCE] + w[W_INTEREST]
    out[at + V_PAYOFF * width] = w[W_BALANCE] + w[W_ACCRUED]
    out[at + V_ACCRUED * width] = w[W_ACCRUED]
    out[at + V_PAID_PRINCIPAL * width] = w[W_LENT] - w[W_BALANCE]
    out[at + V_PAID_INTEREST * width] = w[W_PAID_INTEREST]
    out[at + V_LATE * width] = w[W_LATE]
    out[at + V_SINCE * width] = w[W_SINCE]
    out[at + V_DAYS * width] = w[W_TODAY] - w[W_SINCE] if w[W_SINCE] else 0
    out[at + V_NEXT_DUE * width] = w[W_NEXT_DUE]
    out[at + V_NEXT_AMOUNT * width] = w[W_NEXT_AMOUNT]
    for v in NEVER_STRAIGHT:
        out[at + v * width] = 0


def write_fault(out: list[int], at: int, width: int, fault: int) -> None:
    """This function will write that a loan has no figures, and why."""
    for v in range(V_WIDTH):
        out[at + v * width] = 0
    out[at + V_FAULT * width] = fault


def write_book(
    b: Book,
    events: list[int],
    count: int,
    rate: int,
    day: int,
    fault: int,
    out: list[int],
    at: int,
    width: int,
    forgiven: int,
) -> None:
    """This function will work out a loan's book on `day`, if reading it met no `fault`, and write its figures, or why it has
    none, into place `at` of each column of the result.
    """
    if fault == 0:
        run(b, events, count, rate, day)
        fault = b.s[S_FAULT] & ~forgiven
    if fault == 0:
        read_figures(b, events, count, day, out, at, width)
        fault = b.s[S_FAULT] & ~forgiven
        out[at + V_FAULT * width] = 0
    if fault:
        write_fault(out, at, width, fault)


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
    value_date: list[int],
    amount: list[int],
    kind_starts: list[int],
    kind: list[int],
    booked_starts: list[int],
    booked: list[int],
    of_starts: list[int],
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
    capacity, before, stands, is_plain = len(events) // EVENT_WIDTH, -1, -1, False
    for i in range(begin, end):
        read_terms(b, table, number[i], count[i], start[i], first_due[i])
        if number[i] != before:
            before, is_plain = number[i], may_go_straight(b, table, number[i])
        first, last, at, refers = starts[i], starts[i + 1], detail_starts[i], place_of(of_starts, i)
        kinds, bookings = place_of(kind_starts, i), place_of(booked_starts, i)
        if (
            is_plain
            and signed_starts[i] == signed_starts[i + 1]
            and go_straight(
                b, value_date, amount, kind, kinds, booked, bookings, detail, first, last, at, rate[i], day
            )
        ):
            write_straight(b, out, i, width)
            continue
        if number[i] != stands:
            stands = number[i]
            read_orders(b, table, stands)
        n = read_events(
            events, value_date, amount, kind, kinds, booked, bookings, of, refers, detail, first, last, at, day,
        )  # fmt: skip
        fault = FAULT_FULL if n > capacity else read_signed(b, signed, signed_starts[i], signed_starts[i + 1])
        write_book(b, events, n, rate[i], day, fault, out, i, width, forgiven)
