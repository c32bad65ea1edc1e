"""Relief options: each choice of the grid as the loan events that would carry it out, in the order of recording.

Interest-only months ("3+9") for a running loan have no event yet, so the grid does not know them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from puhui.core.periods import add_months
from puhui.core.refusals import Refusal
from puhui.loans.domain import ContractTerms, EventKind, LoanEvent, LoanState, Position, RowState, position
from puhui.relief.domain.policy import ReliefGrid


class ReliefLoanNotRunning(Refusal):
    """Relief is for a loan that is paid out and has something left to pay."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefLoan:
    """The loan for which relief is asked, with its position on the day of asking."""

    terms: ContractTerms  # as signed
    events: tuple[LoanEvent, ...]  # all that were recorded, in order of recording
    asked_on: date  # business date of asking
    now: Position  # what they mean on that date


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ReliefChoice:
    """One value of each list of the grid; the default is no change."""

    due_move_days: int = 0  # days by which due dates move back
    deferral_months: int = 0  # months without instalments
    extension: int = 0  # instalments more
    rate_off_ppm: int = 0  # off the annual rate, ppm
    pauses_interest: bool = False  # deferred months bear no interest
    waiver: str = "none"  # what of the arrears is given up
    spreads_arrears: bool = False  # what is late moves into the instalments to come
    settlement_minor: int = 0  # one payment today that settles everything, 0 = none

    @property
    def changes(self) -> int:
        """How many things it changes."""
        mine = (
            self.due_move_days,
            self.deferral_months,
            self.extension,
            self.rate_off_ppm,
            self.pauses_interest,
        )
        return sum(map(bool, (*mine, self.waiver != "none", self.spreads_arrears, self.settlement_minor)))


NO_CHANGE = ReliefChoice()


def relief_loan(*, terms: ContractTerms, events: tuple[LoanEvent, ...], asked_on: date) -> ReliefLoan:
    """This function will take a loan as it stands on the day of asking. Raises: ReliefLoanNotRunning."""
    now = position(terms=terms, events=events, as_of=asked_on)
    if now.state is not LoanState.ACTIVE:
        raise ReliefLoanNotRunning(state=now.state.value, closed_on=now.closed_on)
    return ReliefLoan(terms=terms, events=events, asked_on=asked_on, now=now)


def choices(grid: ReliefGrid, loan: ReliefLoan) -> Iterator[ReliefChoice]:
    """This function will name every choice of the grid that means something for the loan, no change first.

    A due date moves by days or by months, not both; only deferred months can be free of interest; what is not late
    needs no waiver and no spreading; the rate of the contract bounds what is taken off it.
    """
    late = loan.now.late_minor > 0
    waits = loan.now.next_due_date is not None and any(
        row.due_date > loan.asked_on for row in loan.now.rows if row.open_minor
    )
    lists = (
        grid.due_moves_days if waits else (0,), grid.deferral_months if waits else (0,), grid.extensions,
        [one for one in grid.rates_off_ppm if one <= loan.terms.annual_rate_ppm], grid.interest_pauses,
        grid.waivers if late else grid.waivers[:1], (False, True) if late and waits else (False,),
    )  # fmt: skip
    for days, months, more, off, pauses, waiver, spreads in product(*lists):
        if (days and months) or (pauses and not months):
            continue
        yield ReliefChoice(
            due_move_days=days, deferral_months=months, extension=more, rate_off_ppm=off,
            pauses_interest=pauses, waiver=waiver, spreads_arrears=spreads,
        )  # fmt: skip


def events_for(choice: ReliefChoice, loan: ReliefLoan) -> tuple[LoanEvent, ...]:
    """This function will write a choice as the events that carry it out today, in order of recording."""
    found: list[LoanEvent] = []
    seq = max(event.seq for event in loan.events)

    def add(kind: EventKind, payload: dict[str, Any], amount_minor: int = 0) -> None:
        found.append(_event(loan, seq + len(found) + 1, kind, amount_minor, payload))

    for component, amount in _waived(choice, loan):
        add(EventKind.WAIVE, {"component": component}, amount)
    if choice.settlement_minor:
        return tuple(found)
    if choice.rate_off_ppm:
        add(EventKind.RATE_CHANGE, {"annual_rate_ppm": loan.terms.annual_rate_ppm - choice.rate_off_ppm})
    coming = [row.due_date for row in loan.now.rows if row.due_date > loan.asked_on and row.open_minor]
    if choice.due_move_days or choice.deferral_months:
        start = coming[0]
        if choice.deferral_months:
            to = add_months(start, choice.deferral_months)
            said = {"months": choice.deferral_months, "from": start.isoformat(), "to": to.isoformat()}
            add(EventKind.DEFER, said)
        else:
            to = start + timedelta(days=choice.due_move_days)
            add(EventKind.MOVE_DUE, {"from": start.isoformat(), "to": to.isoformat()})
    if choice.pauses_interest:
        last = add_months(loan.asked_on, choice.deferral_months) - timedelta(days=1)
        add(EventKind.INTEREST_PAUSE, {"from": loan.asked_on.isoformat(), "to": last.isoformat()})
    if choice.extension:
        add(EventKind.EXTEND, {"count": choice.extension})
    if choice.spreads_arrears:
        add(EventKind.RE_AMORTISE, {})
    return tuple(found)


def _event(
    loan: ReliefLoan, seq: int, kind: EventKind, amount_minor: int, payload: dict[str, Any]
) -> LoanEvent:
    day = loan.asked_on
    return LoanEvent(
        id=f"relief-{kind.value}-{seq}",
        loan_id=loan.events[0].loan_id,
        seq=seq,
        kind=kind,
        value_date=day,
        booking_date=day,
        booked_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        amount_minor=amount_minor,
        payload=payload,
    )


def _waived(choice: ReliefChoice, loan: ReliefLoan) -> list[tuple[str, int]]:
    """What is given up, by component: penalty first, then interest of late instalments; for a settlement principal."""
    late = [row for row in loan.now.rows if row.state is RowState.LATE]
    penalty = loan.now.penalty_outstanding_minor
    if choice.settlement_minor:
        less = loan.now.payoff_minor - choice.settlement_minor
        first = min(less, penalty)
        parts = [("penalty", first), ("principal", less - first)]
    elif choice.waiver == "none":
        parts = []
    else:
        interest = sum(max(0, row.interest_minor - row.paid_interest_minor) for row in late)
        parts = [("penalty", penalty), ("interest", interest if choice.waiver == "penalty_interest" else 0)]
    return [(name, amount) for name, amount in parts if amount > 0]
