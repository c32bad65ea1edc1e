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
    S_STOP,
    S_TODAY,
    Book,
    new_book,
)
from puhui.loans.domain.engine.codes import LAST_PAYMENT, PAYMENT_KINDS, Kind, Method, Plan
from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.level import level_payment
from puhui.loans.domain.engine.penalty import bear_penalty
from puhui.loans.domain.engine.rows import work_out
from puhui.loans.domain.engine.schedule import build_rows
from puhui.loans.domain.engine.steps import E_AMOUNT, E_DOWN, E_KIND, E_OF, E_REFUNDS, step, step_down_payment
from puhui.loans.domain.engine.terms import AllocationOrder, LoanTerms

RANK = {
    Kind.RATE_CHANGE: 0,
    Kind.MOVE_DUE: 0,
    Kind.EXTEND: 0,
    Kind.INTEREST_PAUSE: 0,
    Kind.PENALTY_FREEZE: 0,
    Kind.PENALTY_THAW: 0,
    Kind.CHARGE: 2,
}

STANDS_FIRST = (Kind.DISBURSE, Kind.CHARGE, Kind.RATE_CHANGE, Kind.MOVE_DUE, Kind.EXTEND, Kind.INTEREST_PAUSE)


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
    k[K_PENALTY], k[K_FEES_END] = terms.penalty_daily_ppm, int(terms.fees_end_with_payoff)
    if terms.table:
        k[K_COUNT] = len(terms.table)
    k[K_START] = terms.start_date.toordinal() if terms.counts_from_start else 0
    return k


def orders(terms: LoanTerms) -> tuple[list[int], list[int]]:
    """This function will write the allocation orders of every payment kind as integers."""
    order: list[int] = []
    ahead: list[int] = []
    default = terms.allocations.get(Kind.REPAY, AllocationOrder())
    for number in range(PAYMENT_KINDS):
        chosen = terms.allocations.get(Kind(number), default)
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
        days[2], int(event.is_penalty), event.charge_time, event.charge_basis, event.charge_ppm, int(refunds), int(down),
        event.use, event.component,
    ]  # fmt: skip


def table_of(terms: LoanTerms) -> list[int]:
    """This function will write a signed table as the integers that the kernel reads, shares of a period in lowest terms."""
    found: list[int] = []
    for row in terms.table:
        shared = gcd(row.interest_days, row.period_days) or 1
        found += [row.due_date.toordinal(), row.principal_minor, row.interest_minor, row.fee_minor]
        found += [row.interest_days // shared, row.period_days // shared]
    return found


def in_force(events: Sequence[BookEvent]) -> list[BookEvent]:
    """This function will leave out what was reversed, and put the rest into the order in which it counts."""
    gone = {event.of_seq for event in events if event.kind is Kind.REVERSE and not event.count}
    without_down = {event.of_seq for event in events if event.kind is Kind.REVERSE and event.count}
    kept = [e for e in events if e.kind not in (Kind.REVERSE, Kind.DAY_ROLL) and e.seq not in gone]
    kept = [replace(e, pays_down_payment=False) if e.seq in without_down else e for e in kept]
    payouts = [e for e in kept if e.kind is Kind.DISBURSE]
    first = min(payouts, key=lambda e: (e.value_date, e.seq)).seq if payouts else 0
    return sorted(kept, key=lambda e: (day_of(e), -1 if e.seq == first else rank_of(e), e.seq))


def rank_of(event: BookEvent) -> int:
    """This function will order the events of one day: terms first, then charges known by then, then the rest, and last
    charges that were booked only later.
    """
    if event.kind is Kind.CHARGE and event.booking_date > day_of(event):
        return 3
    return RANK.get(event.kind, 2)


def day_of(event: BookEvent) -> date:
    """This function will return the day at which an event enters the replay: a charge when it falls due or is booked,
    whichever is first, anything else on its value date.
    """
    if event.kind is Kind.CHARGE and event.due_date is not None:
        return min(event.due_date, event.booking_date)
    return event.value_date


def replay(*, terms: LoanTerms, events: Sequence[BookEvent], as_of: date) -> Book:
    """This function will work out the book of a contract after `events`, as known on `as_of`."""
    order, ahead = orders(terms)
    b = new_book(constants(terms), order, ahead, [int(part) for part in terms.credit_order])
    b.table.extend(table_of(terms))
    b.rate_date.append(0)
    b.rate.append(terms.annual_rate_ppm)
    kept = in_force(events)
    charges: dict[int, int] = {}
    for event, code in timeline(terms, kept):
        if event.kind in (Kind.CHARGE_WAIVER, Kind.CHARGE_ADJUSTMENT):
            code[E_OF] = charges[event.of_seq]
        if event.kind is Kind.CHARGE:
            charges[event.seq] = len(b.charge_due)
        if code[E_KIND] == Kind.DOWN_PAYMENT and event.kind is Kind.DISBURSE:
            step_down_payment(b, code)
        elif event.kind <= LAST_PAYMENT and code[E_REFUNDS]:
            pay_with_refund(b, code, kept, event, terms)
        else:
            step(b, code)
    if not b.s[S_STOP]:
        bear_penalty(b, as_of.toordinal())
        b.s[S_TODAY] = max(b.s[S_TODAY], as_of.toordinal())
        work_out(b, b.s[S_TODAY], 0)
    return b


def timeline(terms: LoanTerms, kept: Sequence[BookEvent]) -> list[tuple[BookEvent, list[int]]]:
    """This function will encode events in the order in which they count. Under a nominal plan the whole schedule stands
    first (payouts, charges, changes of terms), and payments are allocated over it; a down payment is taken on its day.
    """
    coded = [(event, encode(event, terms)) for event in kept]
    if terms.plan is Plan.ANNUITY:
        return coded
    first = [pair for pair in coded if pair[0].kind in STANDS_FIRST]
    later: list[tuple[BookEvent, list[int]]] = []
    for event, code in coded:
        if event.kind is Kind.DISBURSE and code[E_DOWN] and terms.down_payment_ppm:
            taken = list(code)
            taken[E_KIND] = Kind.DOWN_PAYMENT
            later.append((event, taken))
        elif event.kind not in STANDS_FIRST:
            later.append((event, code))
    return first + later


def pay_with_refund(
    b: Book, code: list[int], kept: Sequence[BookEvent], event: BookEvent, terms: LoanTerms
) -> None:
    """This function will book a refund and, after it, the interest that the refunded amount had borne."""
    before = kept[: kept.index(event)]
    amount = interest_to(terms, before, event.value_date) - interest_to(
        terms, without(before, event.amount_minor), event.value_date
    )
    step(b, code)
    if amount > 0:
        refund = list(code)
        refund[E_KIND], refund[E_AMOUNT], refund[E_REFUNDS] = Kind.INTEREST_REFUND, amount, 0
        step(b, refund)


def without(events: Sequence[BookEvent], amount: int) -> list[BookEvent]:
    """This function will take `amount` out of the payouts, the first one first."""
    found = []
    for event in events:
        if event.kind is Kind.DISBURSE and amount:
            less = min(amount, event.amount_minor)
            amount -= less
            event = with_amount(event, event.amount_minor - less)
        if event.kind is not Kind.DISBURSE or event.amount_minor:
            found.append(event)
    return found


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
    order, ahead = orders(terms)
    b = new_book(constants(terms), order, ahead, [])
    b.rate_date.append(0)
    b.rate.append(terms.annual_rate_ppm)
    build_rows(b, terms.start_date.toordinal())
    return level_payment(b, list(range(len(b.due))), terms.principal_minor)
