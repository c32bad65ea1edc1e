"""Positions of semantics version 2: what contract and events mean on a date, read out of the book.

The statement keeps a reversed payment as it was believed until it was reversed: it is read from the replay of what was
known before the reversal, never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from puhui.loans.domain.engine.allocate import payoff
from puhui.loans.domain.engine.book import (
    K_REST_END,
    L_AMOUNT,
    L_BALANCE,
    L_DATE,
    L_EVENT,
    L_FEE,
    L_INTEREST,
    L_KIND,
    L_OVER,
    L_PENALTY,
    L_PRINCIPAL,
    LINE_WIDTH,
    S_CHANGE,
    S_CREDIT,
    S_LENT,
    S_LINE,
    S_RECOVERED,
    S_ROW,
    S_SOLD,
    S_STOP,
    S_TILL,
    S_WRITTEN_OFF,
    Book,
)
from puhui.loans.domain.engine.codes import Kind, RowKind
from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.replay import replay
from puhui.loans.domain.engine.rows import work_out
from puhui.loans.domain.engine.terms import LoanTerms


class LoanStatus(Enum):
    """Where a loan stands."""

    PENDING = "pending"  # nothing paid out
    ACTIVE = "active"  # something is still to pay
    CLOSED = "closed"  # everything is paid
    OVERPAID = "overpaid"  # everything is paid and a credit is left
    WRITTEN_OFF = "written_off"  # closed as a loss


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """One instalment. Amounts in minor units."""

    number: int  # 1, 2, … in the order of due dates
    start_date: date  # first day of its period
    due_date: date  # when it is due
    kind: RowKind  # regular, down payment, after maturity, by agreement
    principal_minor: int  # principal due
    interest_minor: int  # interest due
    fee_minor: int  # fees due
    penalty_minor: int  # penalties due
    paid_principal_minor: int  # principal paid
    paid_interest_minor: int  # interest paid
    paid_fee_minor: int  # fees paid
    paid_penalty_minor: int  # penalties paid
    waived_principal_minor: int  # principal waived, written off or sold
    waived_interest_minor: int  # interest given up so
    waived_fee_minor: int  # fees given up so
    waived_penalty_minor: int  # penalties given up so
    early_minor: int  # paid before its due date
    late_minor: int  # paid after it
    settled_on: date | None  # day on which nothing was left
    balance_minor: int  # scheduled principal after it

    @property
    def due_minor(self) -> int:
        """All of it, minor units."""
        return self.principal_minor + self.interest_minor + self.fee_minor + self.penalty_minor

    @property
    def paid_minor(self) -> int:
        """What was paid of it, minor units."""
        return (
            self.paid_principal_minor
            + self.paid_interest_minor
            + self.paid_fee_minor
            + self.paid_penalty_minor
        )

    @property
    def waived_minor(self) -> int:
        """What was waived or written off of it, minor units."""
        return (
            self.waived_principal_minor
            + self.waived_interest_minor
            + self.waived_fee_minor
            + self.waived_penalty_minor
        )

    @property
    def open_minor(self) -> int:
        """What is left to pay of it, minor units."""
        return self.due_minor - self.paid_minor - self.waived_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement of the account. amount = principal + interest + fee + penalty + over, for payments."""

    seq: int  # event that made it
    kind: Kind  # what it is
    value_date: date  # from which day it counts
    amount_minor: int  # the whole of it, minor units
    principal_minor: int  # to principal
    interest_minor: int  # to interest
    fee_minor: int  # to fees
    penalty_minor: int  # to penalties
    over_minor: int  # beyond what was owed
    balance_minor: int  # principal owed after it
    is_reversed: bool = False  # it no longer counts; shown as it was believed


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPosition:
    """What a loan means on a date. Amounts in minor units of `currency`."""

    as_of: date  # the date; everything of that day is counted
    currency: str  # ISO 4217
    status: LoanStatus  # where it stands
    rows: tuple[BookRow, ...]  # the instalments
    lines: tuple[StatementLine, ...]  # the statement, in order of value date
    lent_minor: int  # principal paid out
    outstanding_minor: int  # everything scheduled and not yet paid
    credit_minor: int  # paid beyond what was owed
    written_off_minor: int  # principal written off
    sold_minor: int  # principal that went to another lender
    recovered_minor: int  # principal that came back after a write-off
    payoff_minor: int  # what closes the loan on the date

    def total(self, name: str) -> int:
        """This function will add up one amount of the rows, by its field name without `_minor`."""
        return sum(int(getattr(row, f"{name}_minor")) for row in self.rows)


def position(*, terms: LoanTerms, events: Sequence[BookEvent], as_of: date) -> BookPosition:
    """This function will return the position of a contract on `as_of`; without payouts, the plan of the agreed ones."""
    if not has_payout(events):
        return position_of(
            replay(terms=terms, events=planned(terms, events), as_of=terms.start_date), terms, as_of, True
        )
    found = position_of(replay(terms=terms, events=events, as_of=as_of), terms, as_of, False)
    lines = (*found.lines, *reversed_lines(terms, events))
    return replace(found, lines=tuple(sorted(lines, key=lambda line: line.value_date)))


def has_payout(events: Sequence[BookEvent]) -> bool:
    """This function will tell whether any payout is in force."""
    gone = {event.of_seq for event in events if event.kind is Kind.REVERSE and not event.count}
    return any(event.kind is Kind.DISBURSE and event.seq not in gone for event in events)


def planned(terms: LoanTerms, events: Sequence[BookEvent]) -> list[BookEvent]:
    """This function will return the events that a contract is expected to begin with: its payouts and charges."""
    payouts = [(t.value_date, t.amount_minor) for t in terms.tranches] or [
        (terms.start_date, terms.principal_minor)
    ]
    plan = [
        BookEvent(
            seq=-n,
            kind=Kind.DISBURSE,
            value_date=day,
            booking_date=day,
            amount_minor=amount,
            pays_down_payment=False,
        )
        for n, (day, amount) in enumerate(payouts, 1)
    ]
    return [*plan, *(event for event in events if event.kind is Kind.CHARGE)]


def reversed_lines(terms: LoanTerms, events: Sequence[BookEvent]) -> list[StatementLine]:
    """This function will return the lines that were reversed, each as the statement had it just before."""
    found: list[StatementLine] = []
    for number, event in enumerate(events):
        if event.kind not in (Kind.REVERSE, Kind.UNDO_CHARGE_OFF):
            continue
        before = events[:number]
        if not has_payout(before):
            continue
        b = replay(terms=terms, events=before, as_of=event.booking_date)
        found += [replace(line, is_reversed=True) for line in lines_of(b) if is_undone(line, event)]
    return found


OUT = (Kind.DISBURSE, Kind.CAPITALISE, Kind.CHARGEBACK, Kind.CREDIT_REFUND)
ENDS = (Kind.CHARGE_OFF, Kind.WRITE_OFF, Kind.RE_AGE, Kind.RE_AMORTISE, Kind.TERMINATE)


def with_balances(lines: list[StatementLine]) -> list[StatementLine]:
    """This function will put the principal owed after it on each line, in the order of value dates."""
    found: list[StatementLine] = []
    balance = 0
    for line in sorted(lines, key=lambda one: (one.value_date, one.seq)):
        if line.kind is Kind.DISBURSE:
            balance += line.amount_minor - line.over_minor
        elif line.kind in OUT:
            balance += line.principal_minor
        elif line.kind not in ENDS:
            balance -= line.principal_minor
        shown = 0 if line.kind in ENDS else max(0, balance)
        found.append(replace(line, balance_minor=shown))
    return found


def is_undone(line: StatementLine, event: BookEvent) -> bool:
    """This function will tell whether an event shows a line as reversed: a payout undone leaves no line, a reversed
    down payment leaves its own. A charge-off may be taken back without being named.
    """
    if event.kind is Kind.UNDO_CHARGE_OFF and event.of_seq == 0:
        return line.kind is Kind.CHARGE_OFF
    if line.seq != event.of_seq:
        return False
    return line.kind is Kind.DOWN_PAYMENT if event.count else line.kind is not Kind.DISBURSE


def lines_of(b: Book) -> list[StatementLine]:
    """This function will read the statement out of a book."""
    found = []
    for at in range(0, LINE_WIDTH * b.s[S_LINE], LINE_WIDTH):
        line = b.line[at : at + LINE_WIDTH]
        found.append(
            StatementLine(
                seq=line[L_EVENT],
                kind=Kind(line[L_KIND]),
                value_date=date.fromordinal(line[L_DATE]),
                amount_minor=line[L_AMOUNT],
                principal_minor=line[L_PRINCIPAL],
                interest_minor=line[L_INTEREST],
                fee_minor=line[L_FEE],
                penalty_minor=line[L_PENALTY],
                over_minor=line[L_OVER],
                balance_minor=line[L_BALANCE],
            )
        )
    return with_balances(found)


def rows_of(b: Book) -> list[BookRow]:
    """This function will read the instalments out of a book."""
    found, balance, lent = [], 0, 0
    for row in range(b.s[S_ROW]):
        while lent < b.s[S_CHANGE] and is_lent_by(b, lent, row):
            balance += b.change_amount[lent] if b.change_kind[lent] else 0
            lent += 1
        balance += b.credit_principal[row] - b.principal[row]
        paid, waived = b.paid[4 * row : 4 * row + 4], b.waived[4 * row : 4 * row + 4]
        found.append(
            BookRow(
                number=row + 1,
                start_date=date.fromordinal(b.start[row]),
                due_date=date.fromordinal(b.due[row]),
                kind=RowKind(b.kind[row]),
                principal_minor=b.principal[row],
                interest_minor=b.interest[row],
                fee_minor=b.fee[row],
                penalty_minor=b.penalty[row],
                paid_principal_minor=paid[3],
                paid_interest_minor=paid[2],
                paid_fee_minor=paid[1],
                paid_penalty_minor=paid[0],
                waived_principal_minor=waived[3],
                waived_interest_minor=waived[2],
                waived_fee_minor=waived[1],
                waived_penalty_minor=waived[0],
                early_minor=b.early[row],
                late_minor=b.late[row],
                settled_on=date.fromordinal(b.met[row]) if b.met[row] else None,
                balance_minor=max(0, balance),
            )
        )
    return found


def with_expected(rows: list[BookRow], b: Book, terms: LoanTerms, as_of: date) -> list[BookRow]:
    """This function will add payouts that are still expected to the scheduled balances; no instalment counts them yet. One
    that was expected for a day that is over, or that a payout of its day or later stands for, is expected no more.
    """
    paid_out = [b.change_date[i] for i in range(b.s[S_CHANGE]) if b.change_kind[i]]
    latest = max(paid_out, default=0)
    waiting = [
        t
        for t in sorted(terms.tranches, key=lambda t: t.value_date)[len(paid_out) :]
        if t.value_date >= as_of and t.value_date.toordinal() > latest
    ]
    return [
        replace(
            row,
            balance_minor=row.balance_minor
            + sum(t.amount_minor for t in waiting if t.value_date < row.due_date),
        )
        for row in rows
    ]


def is_lent_by(b: Book, change: int, row: int) -> bool:
    """This function will tell whether a movement of principal stands before an instalment in the table."""
    day = b.change_date[change]
    on_its_day = b.kind[row] in (RowKind.DOWN_PAYMENT, RowKind.EXTRA) or b.start[row] == b.due[row]
    return day <= b.due[row] if on_its_day else day < b.due[row]


def position_of(b: Book, terms: LoanTerms, as_of: date, is_plan: bool) -> BookPosition:
    """This function will read a position out of a book."""
    rows = with_expected(rows_of(b), b, terms, as_of)
    outstanding = sum(row.open_minor for row in rows)
    if is_plan:
        status = LoanStatus.PENDING
    elif b.s[S_STOP]:
        status = LoanStatus.WRITTEN_OFF
    elif outstanding > 0:
        status = LoanStatus.ACTIVE
    else:
        status = LoanStatus.OVERPAID if b.s[S_CREDIT] else LoanStatus.CLOSED
    return BookPosition(
        as_of=as_of,
        currency=terms.currency,
        status=status,
        rows=tuple(rows),
        lines=() if is_plan else tuple(lines_of(b)),
        lent_minor=b.s[S_LENT],
        outstanding_minor=outstanding,
        credit_minor=b.s[S_CREDIT],
        written_off_minor=b.s[S_WRITTEN_OFF],
        sold_minor=b.s[S_SOLD],
        recovered_minor=b.s[S_RECOVERED],
        payoff_minor=payoff_of(b, as_of),
    )


def payoff_of(b: Book, as_of: date) -> int:
    """This function will return what closes the loan on a day: principal owed, interest to the day, fees, penalties."""
    day = as_of.toordinal()
    b.s[S_TILL] = b.k[K_REST_END]
    work_out(b, day, day)
    b.s[S_TILL] = 0
    return payoff(b, day)
