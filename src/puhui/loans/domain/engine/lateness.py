"""Days past due: since when something is late, for how many days after grace and pauses, and what of it, by instalment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from puhui.loans.domain.engine.book import S_ROW, S_SETTLED, Book
from puhui.loans.domain.engine.codes import LAST_PAYMENT, Kind
from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.interest import half_even
from puhui.loans.domain.engine.position import BookPosition, LoanStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysPastDue:
    """How late a loan, or one instalment, is on a date."""

    since: date | None  # oldest due date of which something is open and late
    past_due_days: int  # calendar days since then
    counted_from: date | None  # since + the contract's grace
    counted_days: int  # days after grace, pauses left out; never below zero
    amount_minor: int  # what is late, minor units
    rows: tuple[
        tuple[int, int, int], ...
    ]  # late instalments: number, days without grace, amount in minor units


def days_past_due(
    *,
    position: BookPosition,
    events: Sequence[BookEvent],
    as_of: date,
    grace_days: int,
    due_day_counts: bool = False,
) -> DaysPastDue:
    """This function will tell how late a loan is on `as_of`. An instalment is late from the day after its due date; what
    was charged back is late from the day after the chargeback until payments since then cover it. With `due_day_counts`
    the due date itself is the first day (a peer's convention).
    """
    pauses = pauses_of(events)
    first_day = timedelta(days=0 if due_day_counts else 1)
    late = [row for row in position.rows if row.due_date + first_day <= as_of and row.open_minor > 0]
    since = min([row.due_date for row in late] + charged_back_on(position, as_of), default=None)
    if since is None or position.outstanding_minor <= 0 or position.status is LoanStatus.PENDING:
        return DaysPastDue(
            since=None, past_due_days=0, counted_from=None, counted_days=0, amount_minor=0, rows=()
        )
    counted_from = since + timedelta(days=grace_days)
    counted = (as_of - counted_from).days - paused_days(pauses, since, as_of)
    rows = tuple(
        (row.number, (as_of - row.due_date).days - paused_days(pauses, row.due_date, as_of), row.open_minor)
        for row in late
    )
    return DaysPastDue(
        since=since,
        past_due_days=(as_of - since).days + int(due_day_counts),
        counted_from=counted_from,
        counted_days=max(0, counted),
        amount_minor=sum(row.open_minor for row in late),
        rows=rows,
    )


def pauses_of(events: Sequence[BookEvent]) -> list[tuple[date, date]]:
    """This function will list the pauses of the count as stretches (start, end]; a resume ends the running one."""
    found: list[tuple[date, date]] = []
    for event in events:
        if event.kind is Kind.DELINQUENCY_PAUSE and event.from_date and event.to_date:
            found.append((event.from_date, event.to_date))
        elif event.kind is Kind.DELINQUENCY_RESUME and event.from_date and found:
            found[-1] = (found[-1][0], min(found[-1][1], event.from_date))
    return found


def paused_days(pauses: Sequence[tuple[date, date]], since: date, as_of: date) -> int:
    """This function will count the days of (since, as_of] that lie in a pause."""
    total = 0
    for start, end in pauses:
        total += max(0, (min(end, as_of) - max(start, since)).days)
    return total


def charged_back_on(position: BookPosition, as_of: date) -> list[date]:
    """This function will list the days of chargebacks that payments since have not covered."""
    found = []
    for line in position.lines:
        if line.kind is not Kind.CHARGEBACK or line.is_reversed or line.value_date >= as_of:
            continue
        paid = sum(
            other.amount_minor
            for other in position.lines
            if other.kind <= LAST_PAYMENT and not other.is_reversed and other.value_date >= line.value_date
        )
        if paid < line.amount_minor:
            found.append(line.value_date)
    return found


def late_penalty(
    *,
    book: Book,
    events: Sequence[BookEvent],
    as_of: date,
    daily_rate: tuple[int, int],
    rounds_daily: bool = False,
) -> int:
    """This function will return the penalty that late principal and interest have borne until `as_of`, minor units, paid
    or not: for each day after the due date, on what was then unpaid, at `daily_rate` = (numerator, denominator). Paused
    days bear none. Rounded half-even once in all, or once a day and instalment where a peer does.
    """
    numerator, denominator = daily_rate
    pauses = pauses_of(events)
    end, total, exact = as_of.toordinal(), 0, 0
    for row in range(book.s[S_ROW]):
        for day in range(book.due[row] + 1, end + 1):
            if any(start.toordinal() < day <= last.toordinal() for start, last in pauses):
                continue
            late = book.principal[row] + book.interest[row] - settled_before(book, row, day)
            exact += late * numerator
            total += half_even(late * numerator, denominator)
    return total if rounds_daily else half_even(exact, denominator)


def settled_before(book: Book, row: int, day: int) -> int:
    """This function will return what was paid of an instalment's principal and interest before `day`, minor units."""
    return sum(
        book.settled_amount[i]
        for i in range(book.s[S_SETTLED])
        if book.settled_row[i] == row and book.settled_day[i] < day
    )
