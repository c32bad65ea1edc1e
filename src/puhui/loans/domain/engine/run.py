"""Running a loan: events into the order in which they count, each let happen, and the book brought to a day.

All of it works on integers: an event is EVENT_WIDTH of them (`steps.E_*`), so that a portfolio can be run compiled.
"""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    EVENT_WIDTH,
    FAULT_EVENT,
    FAULT_FULL,
    FAULT_REFUND,
    FAULT_WIDE,
    K_COUNT,
    K_DOWN_PPM,
    K_FULL_TERM,
    K_PLAN,
    S_FAULT,
    S_FRONT,
    S_RATE,
    S_STALE,
    S_STOP,
    S_TABLE,
    S_TODAY,
    S_TURN,
    S_WIDTH,
    Book,
    clear,
    clear_places,
    clear_rows,
)
from puhui.loans.domain.engine.charges import charge_late
from puhui.loans.domain.engine.codes import LAST_PAYMENT, ChargeTime, Kind, Plan
from puhui.loans.domain.engine.front import NOT_LOOKED_AT, freshen
from puhui.loans.domain.engine.penalty import bear_penalty
from puhui.loans.domain.engine.rows import work_out
from puhui.loans.domain.engine.steps import (
    E_AMOUNT,
    E_BOOKED,
    E_COUNT,
    E_DATE,
    E_DOWN,
    E_DUE,
    E_INTEREST,
    E_KIND,
    E_OF,
    E_REFUNDS,
    E_SEQ,
    E_TIME,
    E_USE,
    step,
    step_down_payment,
)

WIDEST_AMOUNT = 10**10  # of an event, minor units
STANDS_FIRST = (
    Kind.DISBURSE,
    Kind.CAPITALISE,
    Kind.CHARGE,
    Kind.RATE_CHANGE,
    Kind.MOVE_DUE,
    Kind.EXTEND,
    Kind.INTEREST_PAUSE,
)
TERMS_OF_A_DAY = (
    Kind.RATE_CHANGE,
    Kind.MOVE_DUE,
    Kind.EXTEND,
    Kind.INTEREST_PAUSE,
    Kind.PENALTY_FREEZE,
    Kind.PENALTY_THAW,
)
NO_STEPS = (Kind.REVERSE, Kind.UNDO_CHARGE_OFF, Kind.DAY_ROLL)  # they change what other events do, or nothing
REVERSED, WITHOUT_DOWN = 1, 2


def rows_needed(k: list[int], events: list[int], count: int) -> int:
    """This function will return how many instalments a contract with `count` events can have at most."""
    needed = k[K_COUNT] + 2
    for i in range(count):
        at = EVENT_WIDTH * i
        kind, more = events[at + E_KIND], events[at + E_COUNT]
        if kind > LAST_PAYMENT or events[at + E_USE]:
            needed += 1  # an instalment of its own: money out, a charge after maturity, principal lowered
        if (kind == Kind.DISBURSE or kind == Kind.CAPITALISE) and k[K_FULL_TERM]:
            needed += k[K_COUNT]
        elif kind == Kind.EXTEND or kind == Kind.RE_AGE:
            needed += max(0, more)
    return needed


def charges_needed(k: list[int], events: list[int], count: int) -> int:
    """This function will return how many charges a contract with `count` events can have at most."""
    needed = 2 * count + 2
    for i in range(count):
        at = EVENT_WIDTH * i
        if events[at + E_KIND] == Kind.RE_AGE and events[at + E_INTEREST]:
            needed += 2 * max(
                0, events[at + E_COUNT]
            )  # what is open of fees and penalties, in each new instalment
        elif events[at + E_KIND] == Kind.CHARGE and events[at + E_TIME] == ChargeTime.OVERDUE:
            needed += rows_needed(k, events, count)
    return needed


def fits(b: Book, events: list[int], count: int) -> bool:
    """This function will tell whether the columns of a book are long enough for a contract and its events."""
    return (
        rows_needed(b.k, events, count) <= len(b.due)
        and 4 * count + 4 <= len(b.change_date)
        and charges_needed(b.k, events, count) + b.s[S_TABLE] <= len(b.charge_due)
        and count + 2 <= len(b.rate)
        and count + 2 <= len(b.pause_to)
        and 2 * count + 2 <= len(b.turn)
        and 10 * (3 * count + 2) <= len(b.line)
    )


def open_book(b: Book, rate: int) -> None:
    """This function will empty a book, the signed table apart, and set the contract's rate, ppm a year."""
    table = b.s[S_TABLE]
    clear_rows(b)
    clear_places(b.s, S_WIDTH)
    b.s[S_TABLE] = table
    b.s[S_FRONT] = NOT_LOOKED_AT
    clear(b.used)
    clear(b.parts)
    clear(b.spare)
    b.rate_date[0] = 0
    b.rate[0] = rate
    b.s[S_RATE] = 1


def entry_day(events: list[int], at: int) -> int:
    """This function will return the day at which an event enters the replay: a charge when it falls due or is booked,
    whichever is first, anything else on its value date.
    """
    if events[at + E_KIND] == Kind.CHARGE and events[at + E_DUE]:
        return min(events[at + E_DUE], events[at + E_BOOKED])
    return events[at + E_DATE]


def rank_of(events: list[int], at: int) -> int:
    """This function will order the events of one day: terms first, then charges known by then, then the rest, and last
    charges that were booked only later.
    """
    kind = events[at + E_KIND]
    if kind == Kind.CHARGE and events[at + E_BOOKED] > entry_day(events, at):
        return 3
    if kind in TERMS_OF_A_DAY:
        return 0
    return 2


def take_back(b: Book, events: list[int], count: int) -> None:
    """This function will mark the events that were reversed, and the payouts whose down payment was. A charge-off that is
    taken back never happened: the one that is named, or the last one booked before.
    """
    for i in range(count):
        b.off[i] = 0
    for i in range(count):
        at = EVENT_WIDTH * i
        if events[at + E_KIND] == Kind.UNDO_CHARGE_OFF:
            undone = last_charge_off(b, events, i, events[at + E_OF])
            if undone < 0:
                b.s[S_FAULT] |= FAULT_EVENT
            else:
                b.off[undone] |= REVERSED
        if events[at + E_KIND] != Kind.REVERSE:
            continue
        for j in range(count):
            if events[EVENT_WIDTH * j + E_SEQ] == events[at + E_OF]:
                b.off[j] |= WITHOUT_DOWN if events[at + E_COUNT] else REVERSED


def last_charge_off(b: Book, events: list[int], before: int, seq: int) -> int:
    """This function will return the last charge-off in force that was booked before event `before`, of number `seq` if that
    is not 0; −1 if there is none.
    """
    found = -1
    for i in range(before):
        at = EVENT_WIDTH * i
        if events[at + E_KIND] == Kind.CHARGE_OFF and not b.off[i] & REVERSED:
            found = i if seq == 0 or events[at + E_SEQ] == seq else found
    return found


def first_payout(b: Book, events: list[int], count: int) -> int:
    """This function will return the payout with which the loan begins, −1 if there is none."""
    first = -1
    for i in range(count):
        at = EVENT_WIDTH * i
        if events[at + E_KIND] != Kind.DISBURSE or b.off[i] & REVERSED:
            continue
        day = events[at + E_DATE]
        if first < 0 or day < events[EVENT_WIDTH * first + E_DATE]:
            first = i
    return first


def put_in_order(b: Book, events: list[int], count: int) -> None:
    """This function will put the events in force, `count` of them in the order of booking, into the order in which they
    count: by day, then by rank, then as booked; the first payout before all others of its day.
    """
    take_back(b, events, count)
    first, n = first_payout(b, events, count), 0
    for i in range(count):
        at = EVENT_WIDTH * i
        kind = events[at + E_KIND]
        if kind in NO_STEPS or b.off[i] & REVERSED:
            continue
        key = 8 * entry_day(events, at) + (0 if i == first else 1 + rank_of(events, at))
        place = n
        while place > 0 and b.key[place - 1] > key:
            b.key[place] = b.key[place - 1]
            b.turn[place] = b.turn[place - 1]
            place -= 1
        b.key[place] = key
        b.turn[place] = i
        n += 1
    b.s[S_TURN] = n
    if b.k[K_PLAN] != Plan.ANNUITY:
        put_terms_first(b, events, count)


def put_terms_first(b: Book, events: list[int], count: int) -> None:
    """This function will let the whole schedule of a nominal plan stand first (payouts, charges, changes of terms), and
    payments be allocated over it. A down payment, written as event + count, is taken on its day.
    """
    n, later = b.s[S_TURN], 0
    kept = 0
    for t in range(n):
        i = b.turn[t]
        kind = events[EVENT_WIDTH * i + E_KIND]
        if kind in STANDS_FIRST:
            b.turn[kept] = i
            kept += 1
            if kind == Kind.DISBURSE and takes_down(b, events, i):
                b.key[later] = i + count
                later += 1
        else:
            b.key[later] = i
            later += 1
    for t in range(later):
        b.turn[kept + t] = b.key[t]
    b.s[S_TURN] = kept + later


def takes_down(b: Book, events: list[int], i: int) -> bool:
    """This function will tell whether a payout takes its down payment at once."""
    if b.off[i] & WITHOUT_DOWN or b.k[K_DOWN_PPM] == 0:
        return False
    return events[EVENT_WIDTH * i + E_DOWN] != 0


def load(b: Book, events: list[int], count: int, turn: int) -> int:
    """This function will make an event the one that is happening, and return its place among the events."""
    i = b.turn[turn]
    taken = i >= count
    if taken:
        i -= count
    at = EVENT_WIDTH * i
    for j in range(EVENT_WIDTH):
        b.e[j] = events[at + j]
    if b.e[E_AMOUNT] > WIDEST_AMOUNT:
        b.s[S_FAULT] |= FAULT_WIDE
    if taken:
        b.e[E_KIND] = Kind.DOWN_PAYMENT
        b.e[E_REFUNDS] = 0
    if b.off[i] & WITHOUT_DOWN:
        b.e[E_DOWN] = 0
    return i


def happen(b: Book, events: list[int], count: int, turn: int) -> None:
    """This function will let the event at one place of the order happen."""
    load(b, events, count, turn)
    if b.turn[turn] >= count:
        step_down_payment(b, b.e)
        return
    if b.e[E_KIND] <= LAST_PAYMENT and b.e[E_REFUNDS]:
        b.s[S_FAULT] |= FAULT_REFUND
    step(b, b.e)


def bring_to(b: Book, day: int) -> None:
    """This function will bring the book to the end of a day; a loan written off stays as it was."""
    if b.s[S_STOP]:
        return
    freshen(b, day)
    bear_penalty(b, day)
    charge_late(b, day)
    b.s[S_TODAY] = max(b.s[S_TODAY], day)
    work_out(b, b.s[S_TODAY], 0)
    b.s[S_STALE] = 0


def run(b: Book, events: list[int], count: int, rate: int, day: int) -> None:
    """This function will work out the book of a contract after `count` events, as known on `day`. What it cannot do
    stands in `S_FAULT`.
    """
    open_book(b, rate)
    if not fits(b, events, count):
        b.s[S_FAULT] |= FAULT_FULL
        return
    put_in_order(b, events, count)
    for turn in range(b.s[S_TURN]):
        happen(b, events, count, turn)
        if b.s[S_FAULT] & FAULT_REFUND:
            return
    bring_to(b, day)
