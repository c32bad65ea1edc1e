"""A book that is kept after its events and gone on with: one payment more costs one step, not all of them again.

What `replay` gives for all events, this gives for all but the last and the last one; a property test says so. Columns are
kept as long as they are in use and a little longer, so that a copy costs what the story is long and not what it might be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from puhui.loans.domain.engine.book import (
    FAULT_EVENT,
    FAULT_FULL,
    FAULT_REFUND,
    LINE_WIDTH,
    ROW_FIELDS,
    S_CHANGE,
    S_CHARGE,
    S_FAULT,
    S_FREEZE,
    S_LINE,
    S_PAUSE,
    S_RATE,
    S_ROW,
    S_SETTLED,
    S_TURN,
    Book,
)
from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.position import BookPosition, StatementLine, lines_of, position_of
from puhui.loans.domain.engine.replay import book_of, coded, encode
from puhui.loans.domain.engine.run import bring_to, fits, happen, open_book, put_in_order
from puhui.loans.domain.engine.steps import step
from puhui.loans.domain.engine.terms import LoanTerms

FAULTS = FAULT_FULL | FAULT_REFUND | FAULT_EVENT
IN_USE = {"change": S_CHANGE, "rate": S_RATE, "pause": S_PAUSE, "freeze": S_FREEZE, "charge": S_CHARGE, "settled": S_SETTLED}  # fmt: skip
FOUR_A_ROW = ("paid", "waived")
MORE = 4  # places of each column that one payment may need
MORE_LINES = 3


def begun(terms: LoanTerms, events: Sequence[BookEvent]) -> Book | None:
    """This function will work out a book after its events, before any day is asked for; None where `replay` must decide."""
    codes, count = coded(terms, events), len(events)
    b = book_of(terms, codes, count, 64 + 8 * count)
    open_book(b, terms.annual_rate_ppm)
    if not fits(b, codes, count):
        return None
    put_in_order(b, codes, count)
    for turn in range(b.s[S_TURN]):
        happen(b, codes, count, turn)
    return None if b.s[S_FAULT] & FAULTS else b


def gone_on(b: Book, terms: LoanTerms, payment: BookEvent) -> Book | None:
    """This function will return the book with a payment more, which counts after all others; `b` stays as it is. None
    where `replay` must decide.
    """
    b = copy_of(b)
    for at, number in enumerate(encode(payment, terms)):
        b.e[at] = number
    step(b, b.e)
    return None if b.s[S_FAULT] & FAULTS else b


def copy_of(b: Book) -> Book:
    """This function will copy a book, with room for a payment more and without the order of its events, which is done with."""
    columns = {}
    for name, column in zip(Book._fields, b, strict=True):
        table = name.split("_")[0]
        if name in FOUR_A_ROW:
            column = resized(column, 4 * b.s[S_ROW], 4 * (b.s[S_ROW] + MORE))
        elif name in ROW_FIELDS:
            column = resized(column, b.s[S_ROW], b.s[S_ROW] + MORE)
        elif table in IN_USE:
            used = b.s[IN_USE[table]]
            column = resized(column, used, used + (2 * b.s[S_ROW] + MORE if table == "settled" else MORE))
        elif name == "line":
            used = LINE_WIDTH * b.s[S_LINE]
            column = resized(column, used, used + LINE_WIDTH * MORE_LINES)
        else:
            column = [] if name in ("turn", "key", "off") else column[:]
        columns[name] = column
    return Book(**columns)


def resized(column: list[int], used: int, width: int) -> list[int]:
    """This function will copy the places in use of a column, with zeros up to `width`."""
    found = column[:used]
    found.extend([0] * (width - used))
    return found


def lines_from(b: Book, first: int) -> list[StatementLine]:
    """This function will read the statement from line `first` on; balances in it are those of these lines alone."""
    shown = b._replace(s=[*b.s], line=b.line[LINE_WIDTH * first :])
    shown.s[S_LINE] = b.s[S_LINE] - first
    return lines_of(shown)


def read_on(b: Book, terms: LoanTerms, as_of: date) -> BookPosition:
    """This function will return the position on `as_of`, its statement left out; `b` stays as it is."""
    b = b._replace(s=b.s[:])
    b.s[S_LINE] = 0  # the longest column, which no figure is read from
    b = copy_of(b)
    bring_to(b, as_of.toordinal())
    return position_of(b, terms, as_of, False)
