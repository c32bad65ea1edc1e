"""The portfolio as numbers: what is out, who is late, whether newer loans are healthier. Pure, over many positions.

Shares are parts per million and whole minor units; nothing here is a float, for a page and an export must agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from puhui.core.rounding import Rounding, divide
from puhui.loans.domain.position import LoanState, Position, PositionRow

LATE_DAYS = 30  # a loan counts as gone late in a vintage when an instalment is unpaid for so long
PPM = 1_000_000
BUCKETS = ((0, 0), (1, 7), (8, 30), (31, 60), (61, 90), (91, 99_999))  # days past due, both ends inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioLoan:
    """One loan as the portfolio counts it on a date."""

    loan_id: str  # which
    quote_id: str  # the quote that it came from
    customer_id: str  # borrower
    state: LoanState  # where it stands
    signed_at: datetime  # UTC
    disbursed_on: date | None  # value date of the payout
    closed_on: date | None  # day on which it ended, None while it has not
    disbursed_minor: int  # principal paid out, minor units
    outstanding_minor: int  # principal not repaid, minor units
    late_minor: int  # overdue, minor units
    dpd_days: int  # days past due
    annual_rate_ppm: int  # contract rate
    late_since: date | None  # first day on which an instalment had been unpaid for 30 days, None if never
    last_due_date: date | None = None  # when its last instalment falls due
    interest_accrued_minor: int = 0  # interest and penalties earned and not received, minor units
    restructured: bool = False  # its terms were eased because she could not pay
    charged_off: bool = False  # given up in the books while she still owes it
    ahead_minor: tuple[
        int, ...
    ] = ()  # still to pay within month 1, 2, … from the date; what is late in month 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LateBucket:
    """Loans that are late by so many days."""

    first_day: int  # days past due, from
    last_day: int  # days past due, to, inclusive
    loans: int  # how many
    outstanding_minor: int  # their principal, minor units
    share_ppm: int  # of all principal outstanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Vintage:
    """The loans paid out in one quarter, and what part of their principal had gone 30 days late, month by month."""

    year: int  # of the payouts
    quarter: int  # 1 to 4
    loans: int  # how many
    disbursed_minor: int  # their principal, minor units
    late_ppm: tuple[int, ...]  # share gone late by the end of month 0, 1, 2, … on book


def portfolio_loan(
    *,
    loan_id: str,
    quote_id: str,
    customer_id: str,
    signed_at: datetime,
    annual_rate_ppm: int,
    position: Position,
) -> PortfolioLoan:
    """This function will take from a position what the portfolio counts."""
    return PortfolioLoan(
        loan_id=loan_id,
        quote_id=quote_id,
        customer_id=customer_id,
        state=position.state,
        signed_at=signed_at,
        disbursed_on=position.disbursed_on,
        closed_on=position.closed_on,
        disbursed_minor=position.disbursed_minor,
        outstanding_minor=position.principal_outstanding_minor,
        late_minor=position.late_minor,
        dpd_days=position.dpd_days,
        annual_rate_ppm=annual_rate_ppm,
        late_since=_late_since(position.rows, position.as_of),
        last_due_date=position.rows[-1].due_date,
        interest_accrued_minor=position.interest_accrued_minor + position.penalty_outstanding_minor,
        restructured=position.restructured,
        charged_off=position.charged_off,
        ahead_minor=_ahead(position),
    )


def _ahead(position: Position) -> tuple[int, ...]:
    """What is open by month from the position's date, an active loan's only."""
    if position.state is not LoanState.ACTIVE:
        return ()
    found = [0] * (max(_months(position.as_of, position.rows[-1].due_date), 0) + 1)
    for row in position.rows:
        found[min(max(_months(position.as_of, row.due_date), 0), len(found) - 1)] += max(0, row.open_minor)
    return tuple(found)


def _late_since(rows: Sequence[PositionRow], as_of: date) -> date | None:
    found = []
    for row in rows:
        day = row.due_date + timedelta(days=LATE_DAYS)
        if day <= (row.paid_on or as_of) and day <= as_of and row.due_date < as_of:
            found.append(day)
    return min(found, default=None)


def late_buckets(loans: Iterable[PortfolioLoan]) -> tuple[LateBucket, ...]:
    """This function will sort active loans by days past due; the shares are of all principal outstanding."""
    active = [one for one in loans if one.state is LoanState.ACTIVE]
    whole = sum(one.outstanding_minor for one in active)
    found = []
    for first, last in BUCKETS:
        inside = [one for one in active if first <= one.dpd_days <= last]
        amount = sum(one.outstanding_minor for one in inside)
        share = divide(amount * PPM, whole, Rounding.HALF_UP) if whole else 0
        found.append(
            LateBucket(
                first_day=first, last_day=last, loans=len(inside), outstanding_minor=amount, share_ppm=share
            )
        )
    return tuple(found)


def vintages(loans: Iterable[PortfolioLoan], *, as_of: date) -> tuple[Vintage, ...]:
    """This function will draw a line for each quarter of payouts, oldest first, weighted by principal.

    A month is drawn only when every loan of the quarter has lived so long, so that no line bends for want of age.
    """
    by_quarter: dict[tuple[int, int], list[PortfolioLoan]] = defaultdict(list)
    for one in loans:
        if one.disbursed_on is not None and one.disbursed_minor:
            by_quarter[one.disbursed_on.year, (one.disbursed_on.month + 2) // 3].append(one)
    return tuple(
        _vintage(year, quarter, by_quarter[year, quarter], as_of) for year, quarter in sorted(by_quarter)
    )


def _vintage(year: int, quarter: int, loans: list[PortfolioLoan], as_of: date) -> Vintage:
    whole = sum(one.disbursed_minor for one in loans)
    youngest = max(one.disbursed_on for one in loans if one.disbursed_on is not None)
    line = []
    for month in range(max(_months(youngest, as_of), 0) + 1):
        late = sum(
            one.disbursed_minor
            for one in loans
            if one.late_since is not None
            and one.disbursed_on is not None
            and _months(one.disbursed_on, one.late_since) <= month
        )
        line.append(divide(late * PPM, whole, Rounding.HALF_UP))
    return Vintage(year=year, quarter=quarter, loans=len(loans), disbursed_minor=whole, late_ppm=tuple(line))


def _months(start: date, end: date) -> int:
    """Whole months from one date to another."""
    whole = (end.year - start.year) * 12 + end.month - start.month
    return whole - 1 if end.day < start.day else whole


def month_ends(*, first: date, last: date) -> tuple[date, ...]:
    """This function will return the last day of every month from that of `first` on, and `last` itself at the end."""
    found = []
    year, month = first.year, first.month
    while (year, month) < (last.year, last.month):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        found.append(date(year, month, 1) - timedelta(days=1))
    return (*found, last)


def balance_on(balances: Sequence[tuple[date, int]], day: date) -> int:
    """This function will return the last balance at or before a day, 0 before the first."""
    found = 0
    for on, amount in balances:
        if on > day:
            break
        found = amount
    return found


def count_active(loans: Iterable[PortfolioLoan], day: date) -> int:
    """This function will count the loans that were paid out and not ended at the end of a day."""
    return sum(
        one.disbursed_on is not None
        and one.disbursed_on <= day
        and (one.closed_on is None or one.closed_on > day)
        for one in loans
    )


def histogram(values: Iterable[int], *, step: int) -> tuple[tuple[int, int], ...]:
    """This function will count values in bins of `step`: (lower end, count), without gaps, from the least to the most."""
    counts: dict[int, int] = defaultdict(int)
    for value in values:
        counts[value // step * step] += 1
    if not counts:
        return ()
    return tuple((low, counts.get(low, 0)) for low in range(min(counts), max(counts) + step, step))


def median(values: Sequence[int]) -> int:
    """This function will return the lower median of some numbers, 0 of none."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] if ordered else 0
