"""Loans read from columns of integers: what a shard holds, one loan after the other, as the kernel works with it."""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    EVENT_WIDTH,
    FAULT_FULL,
    K_COUNT,
    K_FIRST_DUE,
    K_START,
    K_WIDTH,
    S_TABLE,
    TABLE_WIDTH,
    Book,
)
from puhui.loans.domain.engine.codes import Component, Kind, Unit
from puhui.loans.domain.engine.steps import (
    E_AMOUNT,
    E_BOOKED,
    E_COMPONENT,
    E_DATE,
    E_DOWN,
    E_EVERY,
    E_KIND,
    E_OF,
    E_RATE,
    E_REFUNDS,
    E_SEQ,
    E_UNIT,
)

HAS_DETAIL, REFUNDS, TAKES_DOWN = 256, 512, 1024  # flags beside an event's kind
DETAILS = 14  # numbers of a detail: E_RATE to E_COMPONENT
USUAL = -1  # place of a list that a shard leaves out because everything in it is as usual
TERMS_WIDTH = K_WIDTH + 9 * 12 + 9 + 4  # a contract's constants, allocation orders, ahead rules, credit order


def read_terms(b: Book, table: list[int], number: int, count: int, start: int, first_due: int) -> None:
    """This function will set a book's contract, its orders apart: line `number` of the table of terms, and what is the
    loan's own.
    """
    at = TERMS_WIDTH * number
    for i in range(K_WIDTH):
        b.k[i] = table[at + i]
    b.k[K_COUNT] = count
    b.k[K_START] = start
    b.k[K_FIRST_DUE] = first_due


def read_orders(b: Book, table: list[int], number: int) -> None:
    """This function will set a book's orders of allocation: those of line `number` of the table of terms."""
    at = TERMS_WIDTH * number + K_WIDTH
    for i in range(108):
        b.order[i] = table[at + i]
    for i in range(9):
        b.ahead[i] = table[at + 108 + i]
    for i in range(4):
        b.credit[i] = table[at + 117 + i]


def place_of(starts: list[int], loan: int) -> int:
    """This function will return the first place of a loan's own list, or USUAL if that list is empty."""
    return int(starts[loan]) if starts[loan + 1] > starts[loan] else USUAL


def kind_of(kind: list[int], own: int, n: int) -> int:
    """This function will return the kind, with its flags, of event `n` of a loan whose kinds begin at place `own`: a payout
    first and then payments where they are as usual.
    """
    if own >= 0:
        return int(kind[own + n])
    return Kind.REPAY if n else Kind.DISBURSE


def booked_of(booked: list[int], own: int, n: int, value_date: int) -> int:
    """This function will return the booking date of event `n` of a loan whose booking dates begin at place `own`: its value
    date where they are as usual.
    """
    return int(booked[own + n]) if own >= 0 else value_date


def read_signed(b: Book, signed: list[int], begin: int, end: int) -> int:
    """This function will set the instalments as signed, and return a fault if there are too many."""
    b.s[S_TABLE] = 0
    if end - begin > len(b.table):
        return FAULT_FULL
    for i in range(begin, end):
        b.table[i - begin] = signed[i]
    b.s[S_TABLE] = (end - begin) // TABLE_WIDTH
    return 0


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


def read_events(
    events: list[int],
    value_date: list[int],
    amount: list[int],
    kind: list[int],
    own_kind: int,
    booked: list[int],
    own_booked: int,
    of: list[int],
    own_of: int,
    detail: list[int],
    begin: int,
    end: int,
    at: int,
    day: int,
) -> int:
    """This function will write the events `begin` to `end` − 1 that are known on `day` as the kernel reads them, and
    return their number; beyond what `events` holds they are counted and not written. The loan's own kinds, booking dates
    and references begin at `own_kind`, `own_booked` and `own_of`, details at `at`.
    """
    n, capacity = 0, len(events) // EVENT_WIDTH
    for j in range(begin, end):
        seq, when = j - begin + 1, int(value_date[j])
        what, since = kind_of(kind, own_kind, seq - 1), booked_of(booked, own_booked, seq - 1, when)
        more = DETAILS if what & HAS_DETAIL else 0
        is_known = since <= day and (when <= day or what & 255 == Kind.CHARGE)
        if is_known and n < capacity:
            refers = int(of[own_of + seq - 1]) if own_of >= 0 else 0
            read_event(events, n, seq, what, when, since, amount[j], refers)
            for d in range(more):
                events[EVENT_WIDTH * n + E_RATE + d] = detail[at + d]
        n += 1 if is_known else 0
        at += more
    return n
