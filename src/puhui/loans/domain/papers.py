"""What she may ask for in writing: a statement, a payoff letter, and what an early payment would change. Pure.

All three are read from positions; nothing is worked out a second way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from puhui.loans.domain.checks import check_payment, standing
from puhui.loans.domain.compute import imagine, plan
from puhui.loans.domain.events import WITHOUT_MONEY, EventKind, LoanEvent
from puhui.loans.domain.position import LoanState, Position
from puhui.loans.domain.terms import ContractTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One movement of a statement. Minor units; the parts of a payment add up to its amount."""

    event: LoanEvent  # what happened
    principal_minor: int  # to principal; the payout's is below zero
    interest_minor: int  # to interest
    fee_minor: int  # to fees
    penalty_minor: int  # to penalties
    credit_minor: int  # beyond what was owed
    balance_minor: int  # principal owed after it


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatement:
    """The movements of a loan over some days, as known now."""

    first_date: date  # first day of it
    last_date: date  # last day of it, inclusive
    opening_minor: int  # principal owed before the first day, minor units
    closing_minor: int  # principal owed after the last day, minor units
    lines: tuple[AccountLine, ...]  # in order of value date


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffFigures:
    """What closes a loan on a day, by part, if every payment before is made on its day. Minor units."""

    on_date: date  # the day
    principal_minor: int  # principal
    interest_minor: int  # interest to the day
    fee_minor: int  # fees that are due
    penalty_minor: int  # penalties
    payoff_minor: int  # all of it
    next_day_minor: int  # what it is one day later
    saves_minor: int  # against paying every instalment on its day


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaymentChoice:
    """What one way of paying early leads to, every later payment made on its day. Minor units."""

    kind: (
        EventKind | None
    )  # REPAY = instalments ahead, PREPAY = lower instalments, PAYOFF; None = no early payment
    next_due_date: date | None  # when the next payment after it falls due, None where nothing is left
    next_due_minor: int  # how much that is
    last_due_date: date | None  # when the last payment falls due, or the day on which the loan ended
    cost_to_come_minor: int  # interest, fees and penalties to pay from now on
    saved_minor: int  # against no early payment


def account_statement(
    *, terms: ContractTerms, events: Sequence[LoanEvent], position: Position, first_date: date
) -> AccountStatement:
    """This function will write the statement from `first_date` to the position's date; what was reversed is left out."""
    used = {one.event_id: one for one in position.allocations}
    balance, opening, lines = 0, 0, []
    counted = [e for e in standing(events) if e.value_date <= position.as_of and e.kind not in WITHOUT_MONEY]
    for event in sorted(counted, key=lambda one: (one.value_date, one.seq)):
        part = used.get(event.id)
        if event.kind is EventKind.DISBURSE:
            figures = (-event.amount_minor, 0, 0, 0, 0)
        elif event.kind is EventKind.DISBURSE_RETURNED:
            figures = (event.amount_minor, 0, 0, 0, 0)
        elif event.kind is EventKind.CREDIT_REFUND:
            figures = (0, 0, 0, 0, -event.amount_minor)
        elif part is None:
            continue
        else:
            figures = (
                part.principal_minor,
                part.interest_minor,
                part.fee_minor,
                part.penalty_minor,
                part.credit_minor,
            )
        balance -= figures[0]
        if event.value_date < first_date:
            opening = balance
            continue
        lines.append(
            AccountLine(
                event=event, principal_minor=figures[0], interest_minor=figures[1], fee_minor=figures[2],
                penalty_minor=figures[3], credit_minor=figures[4], balance_minor=balance,
            )
        )  # fmt: skip
    return AccountStatement(
        first_date=first_date,
        last_date=position.as_of,
        opening_minor=opening,
        closing_minor=position.principal_outstanding_minor,
        lines=tuple(lines),
    )


def payoff_figures(
    *, terms: ContractTerms, events: Sequence[LoanEvent], today: date, on_date: date
) -> PayoffFigures:
    """This function will tell what closes the loan on `on_date`, today or later. Raises: as `check_payment` does for a
    loan that has ended.
    """
    there = plan(terms=terms, events=events, today=today, as_of=on_date)
    check_payment(position=there, kind=EventKind.PAYOFF, amount_minor=max(1, there.payoff_minor))
    later = plan(terms=terms, events=events, today=today, as_of=on_date + timedelta(days=1))
    parts = (there.principal_outstanding_minor, there.interest_accrued_minor, there.penalty_outstanding_minor)
    return PayoffFigures(
        on_date=on_date,
        principal_minor=parts[0],
        interest_minor=parts[1],
        fee_minor=there.payoff_minor - sum(parts),
        penalty_minor=parts[2],
        payoff_minor=there.payoff_minor,
        next_day_minor=later.payoff_minor,
        saves_minor=there.payoff_saves_minor,
    )


def prepayment_choices(
    *, terms: ContractTerms, events: Sequence[LoanEvent], today: date, on_date: date, amount_minor: int
) -> tuple[PrepaymentChoice, ...]:
    """This function will compare no early payment with `amount_minor` on `on_date`, as instalments ahead and as lower
    instalments, or as the payoff where the amount closes the loan: each the same position with one event more.

    Raises: what `check_payment` refuses on that day.
    """
    there = plan(terms=terms, events=events, today=today, as_of=on_date)
    check_payment(position=there, kind=EventKind.PREPAY, amount_minor=amount_minor)
    kinds: tuple[EventKind, ...] = (EventKind.REPAY, EventKind.PREPAY)
    if terms.semantics_version == 1:  # there, what is paid ahead of the running instalment is a credit
        kinds = (EventKind.PREPAY,)
    if amount_minor >= there.payoff_minor:
        kinds = (EventKind.PAYOFF,)
    end = max(row.due_date for row in there.rows)
    paid = _cost(plan(terms=terms, events=events, today=today, as_of=today))
    plain = _choice(None, terms, events, today, on_date, end, amount_minor, paid, 0)
    return (
        plain,
        *(
            _choice(kind, terms, events, today, on_date, end, amount_minor, paid, plain.cost_to_come_minor)
            for kind in kinds
        ),
    )


def outstanding_after(
    *,
    terms: ContractTerms,
    events: Sequence[LoanEvent],
    today: date,
    kind: EventKind | None,
    on_date: date,
    amount_minor: int,
) -> tuple[tuple[date, int], ...]:
    """This function will return the principal outstanding (minor units) at the end of today, of `on_date` and of every due
    date to come, each later payment made on its day; `kind` is the early payment, None without one.

    Sorted by date, up to the last due date as it stands without the early payment.
    """
    extra = [imagine(kind=kind, amount_minor=amount_minor, value_date=on_date)] if kind else []
    rows = plan(terms=terms, events=events, today=today, as_of=today).rows
    days = sorted({today, on_date, *(row.due_date for row in rows if row.due_date >= today)})
    found = []
    for one in days:
        end = one + timedelta(days=1)
        there = plan(terms=terms, events=events, today=today, as_of=end, extra=extra)
        found.append((one, there.principal_outstanding_minor))
    return tuple(found)


def _choice(
    kind: EventKind | None,
    terms: ContractTerms,
    events: Sequence[LoanEvent],
    today: date,
    on_date: date,
    end: date,
    amount_minor: int,
    paid_minor: int,
    plain_minor: int,
) -> PrepaymentChoice:
    extra = [imagine(kind=kind, amount_minor=amount_minor, value_date=on_date)] if kind else []
    after = plan(terms=terms, events=events, today=today, as_of=on_date + timedelta(days=1), extra=extra)
    done = plan(terms=terms, events=events, today=today, as_of=end + timedelta(days=1), extra=extra)
    cost = _cost(done) - paid_minor
    left = [row for row in done.rows if row.paid_minor and row.paid_on is not None]
    ended = done.closed_on or max((row.paid_on for row in left if row.paid_on), default=None)
    return PrepaymentChoice(
        kind=kind,
        next_due_date=after.next_due_date if after.state is LoanState.ACTIVE else None,
        next_due_minor=after.next_due_minor if after.state is LoanState.ACTIVE else 0,
        last_due_date=ended,
        cost_to_come_minor=cost,
        saved_minor=plain_minor - cost if kind else 0,
    )


def _cost(position: Position) -> int:
    return position.paid_interest_minor + position.paid_fee_minor + position.paid_penalty_minor
