"""Replay: contract and events in, book out. A pure function, so back-dating is the same as having known.

Events count in the order of their value dates; those of one day in the order of booking. A reversed event never
happened. The plan before any payout is the same replay with the expected payouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import gcd

from puhui.loans.domain.engine.book import (
    FAULT_EVENT,
    FAULT_FULL,
    FAULT_REFUND,
    K_BASIS,
    K_CENT,
    K_CHARGE_OFF,
    K_CHARGES_ALONE,
    K_COUNT,
    K_DIGITS,
    K_DOWN_AUTO,
    K_DOWN_PPM,
    K_EVERY,
    K_FEES_END,
    K_FIRST_DUE,
    K_FLAT,
    K_FULL_TERM,
    K_GRACE,
    K_LENGTH,
    K_METHOD,
    K_MONTH_END,
    K_MULTIPLE,
    K_PARTS_ALONE,
    K_PENALTY,
    K_PERIOD_INTEREST,
    K_PLAN,
    K_RECALC,
    K_RELEVEL,
    K_REST_END,
    K_ROUND,
    K_SEED_DAY,
    K_START,
    K_STUB,
    K_TURN,
    K_UNIT,
    K_VERTICAL,
    K_WIDTH,
    S_FAULT,
    S_TABLE,
    S_TURN,
    Book,
    BookSize,
    new_book,
)
from puhui.loans.domain.engine.codes import LAST_PAYMENT, PAYMENT_KINDS, TAKEN_BACK, Kind, Method
from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.level import level_payment
from puhui.loans.domain.engine.rows import down_part, work_out
from puhui.loans.domain.engine.run import (
    WITHOUT_DOWN,
    bring_to,
    charges_needed,
    happen,
    load,
    open_book,
    put_in_order,
    rows_needed,
    run,
)
from puhui.loans.domain.engine.schedule import build_rows
from puhui.loans.domain.engine.steps import E_AMOUNT, E_KIND, E_REFUNDS, step
from puhui.loans.domain.engine.terms import AllocationOrder, LoanTerms


def constants(terms: LoanTerms) -> list[int]:
    """This function will write a contract's constants as the integers that the kernel reads."""
    k = [0] * K_WIDTH
    k[K_UNIT], k[K_EVERY], k[K_COUNT] = terms.unit, terms.every, terms.count
    k[K_METHOD], k[K_BASIS], k[K_PLAN] = terms.method, terms.basis, terms.plan
    k[K_RECALC], k[K_TURN] = terms.recalculation, int(terms.year_turns_on_31_december)
    k[K_MULTIPLE], k[K_RELEVEL], k[K_ROUND] = (
        terms.multiple_minor,
        int(terms.levels_again),
        terms.rounding_code,
    )
    k[K_DOWN_PPM], k[K_DOWN_AUTO] = terms.down_payment_ppm, int(terms.pays_down_payment)
    k[K_VERTICAL], k[K_SEED_DAY] = int(terms.vertical), terms.start_date.day
    k[K_FLAT], k[K_PERIOD_INTEREST] = int(terms.method is Method.FLAT), int(terms.whole_periods)
    k[K_CENT], k[K_LENGTH], k[K_GRACE] = (
        10 ** max(0, 2 - (2 - terms.decimals)) // 100 or 1,
        terms.fixed_length,
        terms.grace_principal,
    )
    k[K_CHARGE_OFF] = 1 if terms.accelerates else 2 if terms.stops_interest else 0
    k[K_FULL_TERM], k[K_MONTH_END] = int(terms.full_term_tranches), int(terms.overflows_month)
    k[K_CHARGES_ALONE] = int(terms.charges_fall_due_alone)
    k[K_FIRST_DUE] = terms.first_due.toordinal() if terms.first_due else 0
    k[K_STUB] = terms.stub
    k[K_DIGITS], k[K_REST_END] = terms.daily_digits, int(terms.rests_at_period_end)
    k[K_START] = terms.start_date.toordinal() if terms.counts_from_start else 0
    k[K_PARTS_ALONE] = int(terms.parts_alone)
    k[K_PENALTY], k[K_FEES_END] = terms.penalty_daily_ppm, int(terms.fees_end_with_payoff)
    if terms.table:
        k[K_COUNT] = len(terms.table)
    return k


def orders(terms: LoanTerms) -> tuple[list[int], list[int]]:
    """This function will write the allocation orders of every payment kind as integers."""
    order: list[int] = []
    ahead: list[int] = []
    default = terms.allocations.get(Kind.REPAY, AllocationOrder())
    for number in range(PAYMENT_KINDS):
        kind = Kind.CAPITALISE_ADJUSTMENT if number == TAKEN_BACK else Kind(number)
        chosen = terms.allocations.get(kind, default)
        order.extend(int(state) * 4 + int(part) for state, part in chosen.order)
        ahead.append(int(chosen.ahead))
    return order, ahead


def encode(event: BookEvent, terms: LoanTerms) -> list[int]:
    """This function will write an event as the integers that the kernel reads; a date as its ordinal, none as 0."""
    down = terms.pays_down_payment if event.pays_down_payment is None else event.pays_down_payment
    refunds = (
        event.kind in terms.refunds_interest if event.refunds_interest is None else event.refunds_interest
    )
    days = [day.toordinal() if day else 0 for day in (event.from_date, event.to_date, event.due_date)]
    return [
        event.seq, event.kind, event.value_date.toordinal(), event.booking_date.toordinal(), event.amount_minor,
        event.of_seq, event.annual_rate_ppm, days[0], days[1], event.count, event.every, event.unit, event.interest,
        days[2], int(event.is_penalty), event.charge_time, event.charge_basis, event.charge_ppm,
        event.use, event.component, int(refunds), int(down),
    ]  # fmt: skip


def table_of(terms: LoanTerms) -> list[int]:
    """This function will write a signed table as the integers that the kernel reads, shares of a period in lowest terms."""
    found: list[int] = []
    for row in terms.table:
        shared = gcd(row.interest_days, row.period_days) or 1
        found += [row.due_date.toordinal(), row.principal_minor, row.interest_minor, row.fee_minor]
        found += [row.interest_days // shared, row.period_days // shared]
    return found


def coded(terms: LoanTerms, events: Sequence[BookEvent]) -> list[int]:
    """This function will write events, in the order of booking, one after the other as the kernel reads them."""
    found: list[int] = []
    for event in sorted(events, key=lambda one: one.seq):
        found += encode(event, terms)
    return found


def book_of(terms: LoanTerms, codes: list[int], count: int, settled: int) -> Book:
    """This function will open a book with room for a contract and its events."""
    k = constants(terms)
    size = BookSize(
        rows=rows_needed(k, codes, count),
        changes=4 * count + 4,
        rates=count + 2,
        pauses=count + 2,
        charges=charges_needed(k, codes, count) + len(terms.table),
        settled=settled,
        lines=3 * count + 2,
        events=2 * count + 2,
    )
    order, ahead = orders(terms)
    credit = [int(part) for part in terms.credit_order]
    b = new_book(k, order, ahead, credit + [-1] * (4 - len(credit)), size)
    for at, number in enumerate(table_of(terms)):
        b.table[at] = number
    b.s[S_TABLE] = len(terms.table)
    return b


def replay(*, terms: LoanTerms, events: Sequence[BookEvent], as_of: date) -> Book:
    """This function will work out the book of a contract after `events`, as known on `as_of`.

    Raises: ValueError if an event refers to one that is not there, or no rule knows its kind.
    """
    codes = coded(terms, events)
    settled = 64 + 8 * len(events)
    while True:
        b = book_of(terms, codes, len(events), settled)
        run(b, codes, len(events), terms.annual_rate_ppm, as_of.toordinal())
        if b.s[S_FAULT] & FAULT_REFUND:
            b = book_of(terms, codes, len(events), settled)
            run_with_refunds(b, codes, terms, events, as_of)
        if b.s[S_FAULT] & FAULT_EVENT:
            raise ValueError("an event refers to one that is not there, or no rule knows its kind")
        if not b.s[S_FAULT] & FAULT_FULL:
            return b
        settled *= 4


def run_with_refunds(
    b: Book, codes: list[int], terms: LoanTerms, events: Sequence[BookEvent], as_of: date
) -> None:
    """This function will run a contract whose refunds give interest back: how much follows from the same contract with
    less paid out.
    """
    booked, count = sorted(events, key=lambda one: one.seq), len(events)
    open_book(b, terms.annual_rate_ppm)
    put_in_order(b, codes, count)
    kept: list[BookEvent] = []
    for turn in range(b.s[S_TURN]):
        i = load(b, codes, count, turn)
        event = replace(booked[i], pays_down_payment=False) if b.off[i] & WITHOUT_DOWN else booked[i]
        if b.turn[turn] < count and b.e[E_REFUNDS] and b.e[E_KIND] <= LAST_PAYMENT:
            pay_with_refund(b, kept, event, terms)
        else:
            happen(b, codes, count, turn)
        kept.append(event)
    bring_to(b, as_of.toordinal())


def pay_with_refund(b: Book, before: Sequence[BookEvent], event: BookEvent, terms: LoanTerms) -> None:
    """This function will book a refund and, after it, the interest that the refunded amount had borne."""
    refunded = sum(one.amount_minor for one in before if gives_interest_back(one, terms))
    amount = interest_to(terms, before, event.value_date) - interest_to(
        terms, without(before, event.amount_minor, refunded, terms), event.value_date
    )
    step(b, b.e)
    if amount > 0:
        b.e[E_KIND], b.e[E_AMOUNT], b.e[E_REFUNDS] = Kind.INTEREST_REFUND, amount, 0
        step(b, b.e)


def gives_interest_back(event: BookEvent, terms: LoanTerms) -> bool:
    """This function will tell whether an event is a refund that gives interest back."""
    chosen = event.refunds_interest
    return event.kind <= LAST_PAYMENT and (event.kind in terms.refunds_interest if chosen is None else chosen)


def without(events: Sequence[BookEvent], amount: int, refunded: int, terms: LoanTerms) -> list[BookEvent]:
    """This function will take `amount` out of the payouts, the first one first, after `refunded` of them that earlier refunds
    stand for. A down payment that was made stays what it was.
    """
    found = []
    for event in events:
        if event.kind is Kind.DISBURSE and amount:
            gone = min(refunded, event.amount_minor)
            less = min(amount, event.amount_minor - gone)
            refunded, amount = refunded - gone, amount - less
            down = down_taken(event, terms) if less else 0
            if down:
                event = replace(event, pays_down_payment=False)
            event = with_amount(event, event.amount_minor - less)
            if event.amount_minor:
                found.append(event)
            if down:
                found.append(replace(event, kind=Kind.DOWN_PAYMENT, amount_minor=down))
        elif event.kind is not Kind.DISBURSE or event.amount_minor:
            found.append(event)
    return found


def down_taken(event: BookEvent, terms: LoanTerms) -> int:
    """This function will return the down payment that a payout takes at once, minor units."""
    takes = terms.pays_down_payment if event.pays_down_payment is None else event.pays_down_payment
    return down_part(book_of(terms, [], 0, 1), event.amount_minor) if takes else 0


def with_amount(event: BookEvent, amount: int) -> BookEvent:
    """This function will return an event with another amount."""
    return replace(event, amount_minor=amount)


def interest_to(terms: LoanTerms, events: Sequence[BookEvent], day: date) -> int:
    """This function will return all interest borne until `day`, minor units."""
    if not any(event.kind is Kind.DISBURSE for event in events):
        return 0
    b = replay(terms=terms, events=events, as_of=day)
    at = day.toordinal()
    work_out(b, at, at)
    return sum(b.at_interest)


def planned_level(*, terms: LoanTerms) -> int:
    """This function will return the level payment of a plan paid out in one amount on its start date, minor units."""
    b = book_of(terms, [], 0, 1)
    open_book(b, terms.annual_rate_ppm)
    build_rows(b, terms.start_date.toordinal())
    return level_payment(b, 0, terms.principal_minor)
