"""The position by loan semantics, version 1: walk the events in order of value date, then read the book.

Kept callable for as long as a contract names version 1; a change of any figure is a new version beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from puhui.loans.domain.book_v1 import (
    PPM,
    Book,
    Parts,
    close,
    closing_parts,
    half_even,
    pass_days,
    pay_instalments,
    prepay,
    settled,
    withdrawal_parts,
)
from puhui.loans.domain.events import PAYMENTS, EventKind, LoanEvent, rows_from_payload
from puhui.loans.domain.position import Allocation, LoanState, Position, PositionRow, RowState, bucket_of
from puhui.loans.domain.terms import ContractTerms

VERSION = 1
_PAID, _LATE, _DUE = RowState.PAID, RowState.LATE, RowState.DUE


def position_v1(
    *, terms: ContractTerms, events: Sequence[LoanEvent], as_of: date, known_at: datetime | None = None
) -> Position:
    """This function will compute the position at the end of `as_of`, from the events known at `known_at` (default all).

    Events count from their value date, whatever the order of recording; on one day, in order of recording. A
    reversed event counts as if it had never happened.
    """
    counted = _counted(events, as_of, known_at)
    payout = next((event for event in counted if event.kind is EventKind.DISBURSE), None)
    if payout is None:
        idle = _Walk(Book(terms, terms.rows, terms.value_date.toordinal(), ()), LoanState.PENDING)
        for event in counted:
            if event.kind is EventKind.CANCEL:
                idle.state, idle.ended = LoanState.CANCELLED, event.value_date
        return _read(terms, idle, None, as_of)
    walk = _walked(terms, counted, payout)
    if walk.ended is None:
        pass_days(walk.book, as_of.toordinal())
    return _read(terms, walk, payout.value_date, as_of)


def _walked(terms: ContractTerms, counted: Sequence[LoanEvent], payout: LoanEvent) -> _Walk:
    moved = payout.payload.get("rows")
    rows = rows_from_payload(moved) if moved else terms.rows
    walk = _Walk(Book(terms, rows, payout.value_date.toordinal(), _freezes(counted)), LoanState.ACTIVE)
    for event in counted:
        walk.take(event)
    return walk


@dataclass(frozen=True, slots=True)
class LoanWalk:
    """A contract of version 1 after all its events, before any date is asked for."""

    terms: ContractTerms  # what was signed
    paid_out_on: date  # value date of the payout
    last: tuple[date, int]  # value date and number of the event that counts last
    walk: _Walk  # never changed: what goes on or is read is a copy

    @classmethod
    def begin(cls, terms: ContractTerms, events: Sequence[LoanEvent]) -> LoanWalk | None:
        """This function will walk all events; None before the payout."""
        counted = _counted(events, date.max, None)
        payout = next((event for event in counted if event.kind is EventKind.DISBURSE), None)
        if payout is None:
            return None
        walk = _walked(terms, counted, payout)
        return cls(terms, payout.value_date, _order(counted[-1]), walk)

    def after(self, event: LoanEvent) -> LoanWalk | None:
        """This function will return the walk with a payment more; None for anything else, and for one that does not
        count after all others.
        """
        if event.kind not in PAYMENTS or _order(event) <= self.last:
            return None
        walk = self.walk.copy()
        walk.take(event)
        return LoanWalk(self.terms, self.paid_out_on, _order(event), walk)

    def read(self, as_of: date) -> Position:
        """This function will return the position at the end of `as_of`, which no event is later than."""
        walk = self.walk.copy()
        if walk.ended is None:
            pass_days(walk.book, as_of.toordinal())
        return _read(self.terms, walk, self.paid_out_on, as_of)


def _counted(events: Sequence[LoanEvent], as_of: date, known_at: datetime | None) -> list[LoanEvent]:
    """The events that count on `as_of`, in order of value date, then of recording."""
    known = events if known_at is None else [event for event in events if event.booked_at <= known_at]
    undone = {event.payload["event_id"] for event in known if event.kind is EventKind.REVERSE}
    found = [event for event in known if event.value_date <= as_of]
    if undone:
        found = [event for event in found if event.id not in undone and event.kind is not EventKind.REVERSE]
    found.sort(key=_order)
    return found


def _order(event: LoanEvent) -> tuple[date, int]:
    return event.value_date, event.seq


def _freezes(events: Sequence[LoanEvent]) -> list[tuple[int, int]]:
    """The frozen days as [from, until) ordinals, apart from each other and ascending; a thaw cuts what follows it."""
    found: list[tuple[int, int]] = []
    for event in events:
        if event.kind is EventKind.PENALTY_FREEZE:
            begin = date.fromisoformat(event.payload["from"]).toordinal()
            end = date.fromisoformat(event.payload["until"]).toordinal()
            if found and begin <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            else:
                found.append((begin, end))
        elif event.kind is EventKind.PENALTY_THAW and found:
            found[-1] = (found[-1][0], min(found[-1][1], event.value_date.toordinal()))
    return found


class _Walk:
    """One pass over the events of a loan."""

    __slots__ = ("allocations", "book", "credit", "ended", "state")

    def __init__(self, book: Book, state: LoanState) -> None:
        self.book = book
        self.state = state
        self.ended: date | None = None
        self.credit = 0
        self.allocations: list[Allocation] = []

    def copy(self) -> _Walk:
        """Another walk that stands where this one does."""
        found = _Walk(self.book.copy(), self.state)
        found.ended, found.credit, found.allocations = self.ended, self.credit, self.allocations[:]
        return found

    def take(self, event: LoanEvent) -> None:
        """Let the event happen."""
        if event.kind in PAYMENTS:
            self._pay(event)
        elif event.kind is EventKind.CREDIT_REFUND:
            self.credit -= event.amount_minor
        elif event.kind is EventKind.DISBURSE_RETURNED:
            self.state, self.ended = LoanState.CANCELLED, event.value_date

    def _pay(self, event: LoanEvent) -> None:
        book, amount = self.book, event.amount_minor
        if self.ended:
            parts, left = (0, 0, 0, 0), amount
        else:
            pass_days(book, event.value_date.toordinal())
            parts, left = self._use(event, amount)
            if book.first == len(book.due) and self.state is LoanState.ACTIVE:
                self.state = LoanState.CLOSED
            if self.state is not LoanState.ACTIVE:
                self.ended = event.value_date
        self.credit += left
        penalty, fee, interest, principal = parts
        self.allocations.append(
            Allocation(
                event_id=event.id,
                amount_minor=amount,
                penalty_minor=penalty,
                fee_minor=fee,
                interest_minor=interest,
                principal_minor=principal,
                credit_minor=left,
            )
        )

    def _use(self, event: LoanEvent, amount: int) -> tuple[Parts, int]:
        """Allocate a payment: what reaches the closing amount closes, else instalments, else principal."""
        book = self.book
        undo = event.kind is EventKind.WITHDRAW
        if undo or not _is_far_from_payoff(book, amount):
            parts = withdrawal_parts(book) if undo else closing_parts(book)
            if amount >= sum(parts):
                close(book, undo=undo)
                self.state = LoanState.WITHDRAWN if undo else LoanState.CLOSED
                return parts, amount - sum(parts)
        if event.kind is EventKind.REPAY:
            return pay_instalments(book, amount, _last_payable(book, event))
        parts, left = pay_instalments(book, amount, book.running - 1)
        if left:
            more = prepay(book, left)
            parts = (parts[0] + more[0], parts[1] + more[1], parts[2] + more[2], parts[3] + more[3])
        return parts, 0


def _is_far_from_payoff(book: Book, amount: int) -> bool:
    """Whether the amount is below the principal of later instalments alone, with nothing paid ahead: most payments.
    It spares the exact payoff.
    """
    running = book.running
    return (
        book.first <= running < len(book.due)
        and not book.interest_paid[running]
        and not book.fee_paid[running]
        and not book.principal_paid[running]
        and amount < sum(book.principal[running:])
    )


def _last_payable(book: Book, event: LoanEvent) -> int:
    """Index of the last instalment that a `repay` may settle: as asked, else the one of the running period (on a due
    date, the one due that day).
    """
    through = event.payload.get("through")
    if through is not None:
        return min(int(through), len(book.due)) - 1
    running = book.running
    if running and book.due[running - 1] == book.day:
        return running - 1
    return min(running, len(book.due) - 1)


def _read_rows(book: Book, today: int) -> tuple[PositionRow, ...]:
    balance = sum(book.principal) + sum(book.prepaid)
    found = []
    columns = zip(
        book.rows, book.due, book.principal, book.interest, book.fee, book.penalty_ppm,
        book.principal_paid, book.interest_paid, book.fee_paid, book.penalty_paid, book.prepaid, book.paid_on,
        strict=True,
    )  # fmt: skip
    for index, column in enumerate(columns):
        row, due, principal, interest, fee, numerator, *paid, prepaid, on = column
        balance -= principal + prepaid
        if index < book.first or (principal == paid[0] and settled(book, index)):
            state = _PAID
        else:
            state = _LATE if due < today else _DUE
        found.append(
            PositionRow(
                number=row.number,
                due_date=row.due_date,
                principal_minor=principal,
                interest_minor=interest,
                fee_minor=fee,
                penalty_minor=half_even(numerator, PPM) if numerator else 0,
                paid_principal_minor=paid[0],
                paid_interest_minor=paid[1],
                paid_fee_minor=paid[2],
                paid_penalty_minor=paid[3],
                prepaid_minor=prepaid,
                paid_on=date.fromordinal(on) if on else None,
                state=state,
                balance_minor=balance,
            )
        )
    return tuple(found)


def _read(terms: ContractTerms, walk: _Walk, paid_out_on: date | None, as_of: date) -> Position:
    """Read the book into a position."""
    book, state = walk.book, walk.state
    active = state is LoanState.ACTIVE
    real = paid_out_on is not None and state is not LoanState.CANCELLED
    rows = _read_rows(book, as_of.toordinal())
    if state is LoanState.CANCELLED:
        rows = tuple(
            replace(row, principal_minor=0, interest_minor=0, fee_minor=0, balance_minor=0, state=_PAID)
            for row in rows
        )
    due, late, dpd, upcoming = _owed(rows[book.first :], as_of)
    penalty, fee, interest, principal = closing_parts(book) if active else (0, 0, 0, 0)
    payoff = penalty + fee + interest + principal
    until = paid_out_on + timedelta(days=terms.withdrawal_days) if paid_out_on and active else None
    may_withdraw = until is not None and as_of <= until
    return Position(
        as_of=as_of,
        semantics_version=VERSION,
        currency=terms.currency,
        state=state,
        rows=rows,
        allocations=tuple(walk.allocations),
        disbursed_on=paid_out_on,
        closed_on=walk.ended,
        disbursed_minor=terms.principal_minor if real else 0,
        principal_outstanding_minor=principal,
        interest_accrued_minor=max(0, interest),
        penalty_outstanding_minor=penalty,
        due_minor=due if active else 0,
        late_minor=late if active else 0,
        dpd_days=dpd if active else 0,
        bucket=bucket_of(dpd if active else 0),
        payoff_minor=payoff,
        payoff_saves_minor=_open_minor(book) - payoff if active else 0,
        withdrawal_minor=sum(withdrawal_parts(book)) if may_withdraw else None,
        withdrawal_until=until if may_withdraw else None,
        next_due_date=upcoming.due_date if upcoming else None,
        next_due_minor=upcoming.open_minor if upcoming else 0,
        credit_minor=walk.credit,
        frozen_until=_frozen_until(book, as_of.toordinal()) if active and book.freezes else None,
        paid_principal_minor=sum(book.principal_paid) + sum(book.prepaid),
        paid_interest_minor=sum(book.interest_paid),
        paid_fee_minor=sum(book.fee_paid),
        paid_penalty_minor=sum(book.penalty_paid),
        payments_left=len(rows) - [row.state for row in rows].count(_PAID),
    )


def _owed(rows: Sequence[PositionRow], as_of: date) -> tuple[int, int, int, PositionRow | None]:
    """Of the rows from the oldest unsettled one on: what is due, what is late, days past due, the next one to pay."""
    due = late = dpd = 0
    for row in rows:
        if row.state is _PAID:
            continue
        if row.due_date >= as_of:
            return due + (row.open_minor if row.due_date == as_of else 0), late, dpd, row
        due += row.open_minor
        late = due
        dpd = dpd or (as_of - row.due_date).days
    return due, late, dpd, None


def _open_minor(book: Book) -> int:
    """Everything still to pay if every instalment comes on its day, penalty to date included."""
    scheduled = sum(book.principal) + sum(book.interest) + sum(book.fee)
    paid = sum(book.principal_paid) + sum(book.interest_paid) + sum(book.fee_paid) + sum(book.penalty_paid)
    return scheduled + sum(half_even(one, PPM) for one in book.penalty_ppm if one) - paid


def _frozen_until(book: Book, today: int) -> date | None:
    for begin, end in book.freezes:
        if begin <= today < end:
            return date.fromordinal(end)
    return None
