"""The walk of loan semantics, version 2: a contract after its events, gone on with by a payment more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from puhui.loans.domain.book_events import engine_events, engine_terms, table_of
from puhui.loans.domain.engine import BookEvent, LoanTerms
from puhui.loans.domain.engine.book import S_LINE, Book
from puhui.loans.domain.engine.codes import Kind
from puhui.loans.domain.engine.going_on import begun, gone_on, lines_from, read_on
from puhui.loans.domain.events import PAYMENTS, EventKind, LoanEvent
from puhui.loans.domain.position import Allocation, Position
from puhui.loans.domain.position_v2 import allocations_of, counted_events, read_position
from puhui.loans.domain.terms import ContractTerms

# A loan that never was is read otherwise, and a payment charged back or a merchant's return is read from the statement.
NOT_GONE_ON = frozenset(
    {EventKind.CANCEL, EventKind.DISBURSE_RETURNED, EventKind.CHARGEBACK, EventKind.REFUND}
)
PAUSES = (Kind.DELINQUENCY_PAUSE, Kind.DELINQUENCY_RESUME)
READ_BY_KIND = frozenset(EventKind) - PAYMENTS | {EventKind.WITHDRAW}


@dataclass(frozen=True, slots=True)
class LoanWalk:
    """A contract of version 2 after all its events, before any date is asked for."""

    terms: ContractTerms  # what was signed
    agreed: LoanTerms  # as the engine reads it
    payout: LoanEvent  # the payout in force
    read_by: tuple[LoanEvent, ...]  # events that a position is read by beside the book, in order of recording
    pauses: tuple[BookEvent, ...]  # days that do not count as past due
    last: tuple[date, int]  # value date and number of the latest events, each
    book: Book  # never changed: what goes on or is read is a copy
    allocations: tuple[Allocation, ...]  # what each payment was used for

    @classmethod
    def begin(cls, terms: ContractTerms, events: Sequence[LoanEvent]) -> LoanWalk | None:
        """This function will walk all events; None before the payout, and where the whole story must be read."""
        counted = counted_events(events, date.max)
        payout = next((event for event in counted if event.kind is EventKind.DISBURSE), None)
        if payout is None or any(event.kind in NOT_GONE_ON for event in counted):
            return None
        agreed = engine_terms(terms, table_of(terms, payout), payout.value_date)
        told = engine_events(terms, counted)
        book = begun(agreed, told)
        if book is None:
            return None
        return cls(
            terms=terms,
            agreed=agreed,
            payout=payout,
            read_by=tuple(event for event in counted if event.kind in READ_BY_KIND),
            pauses=tuple(event for event in told if event.kind in PAUSES),
            last=(max(event.value_date for event in counted), counted[-1].seq),
            book=book,
            allocations=allocations_of(lines_from(book, 0), counted),
        )

    def after(self, event: LoanEvent) -> LoanWalk | None:
        """This function will return the walk with a payment more; None for anything else, and for one that does not
        count after all others.
        """
        if event.kind not in PAYMENTS or event.value_date < self.last[0] or event.seq <= self.last[1]:
            return None
        [payment] = engine_events(self.terms, [event])
        book = gone_on(self.book, self.agreed, payment)
        if book is None:
            return None
        return LoanWalk(
            terms=self.terms,
            agreed=self.agreed,
            payout=self.payout,
            read_by=(*self.read_by, event) if event.kind in READ_BY_KIND else self.read_by,
            pauses=self.pauses,
            last=(event.value_date, event.seq),
            book=book,
            allocations=self.allocations + allocations_of(lines_from(book, self.book.s[S_LINE]), [event]),
        )

    def read(self, as_of: date) -> Position:
        """This function will return the position at the end of `as_of`, which no event is later than."""
        found = read_on(self.book, self.agreed, as_of)
        return read_position(self.terms, found, self.read_by, self.pauses, self.payout, self.allocations)
