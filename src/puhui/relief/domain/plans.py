"""Relief plans: what a choice leaves to pay, read from the position that recording its events would give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from puhui.core.refusals import Refusal
from puhui.loans.domain import EventKind, LoanEvent, Position, RowState, check_event, position
from puhui.relief.domain.options import NO_CHANGE, ReliefChoice, ReliefLoan, choices, events_for
from puhui.relief.domain.policy import ReliefGrid


class PlanPayment(NamedTuple):
    """One payment of a plan. Minor units."""

    due_date: date  # when it is due; the day of asking for what is late
    amount_minor: int  # all of it
    principal_minor: int  # principal in it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefPlan:
    """A choice with what it leaves to pay. Minor units of the loan's currency."""

    asked_on: date  # business date of asking: month 0 of the plan
    choice: ReliefChoice  # what is changed
    # What is to pay from the day of asking on, in order, by columns: an answer reads five hundred plans and shows a few, and
    # whole numbers in a plain tuple are none of the collector's business.
    dues: tuple[date, ...]  # when each payment is due
    amounts: tuple[int, ...]  # all of it
    parts: tuple[int, ...]  # principal in it
    months: tuple[int, ...]  # of them, what is to pay in each calendar month, the month of asking first
    principals: tuple[int, ...]  # principal in each month
    waived_minor: int  # given up of what is owed today; a lower rate or a pause apart
    restructured: bool  # whether the loan's record says that its terms were eased
    # What every answer asks of every plan, worked out once.
    total_minor: int = field(
        init=False, compare=False
    )  # all that is to pay from now on: the household's cost
    peak_minor: int = field(init=False, compare=False)  # the most that any month asks for
    order: tuple[Any, ...] = field(
        init=False, compare=False, repr=False
    )  # the household's, see `household_order`

    def __post_init__(self) -> None:
        """Work out what plans are ordered by: total from now on, last day, peak, then fewest changes."""
        total, peak = sum(self.months), max(self.months)
        object.__setattr__(self, "total_minor", total)
        object.__setattr__(self, "peak_minor", peak)
        order = (total, self.dues[-1], peak, self.choice.changes, self.choice)
        object.__setattr__(self, "order", order)

    @property
    def payments(self) -> tuple[PlanPayment, ...]:
        """What is to pay from the day of asking on, in order."""
        return tuple(map(PlanPayment, self.dues, self.amounts, self.parts))

    @property
    def is_no_change(self) -> bool:
        """Whether it leaves the loan as it is."""
        return not self.order[3]

    @property
    def first_minor(self) -> int:
        """The first payment."""
        return self.amounts[0]

    @property
    def last_date(self) -> date:
        """The day of the last payment."""
        return self.dues[-1]


@lru_cache(maxsize=4096)
def month_of(day: date, since: date) -> int:
    """This function will number the calendar month of `day`; that of `since` is 0."""
    return (day.year - since.year) * 12 + day.month - since.month


def after(loan: ReliefLoan, events: Sequence[LoanEvent]) -> Position:
    """This function will return the position that recording `events` would give on the day of asking."""
    return position(terms=loan.terms, events=[*loan.events, *events], as_of=loan.asked_on)


def payments_of(there: Position) -> tuple[PlanPayment, ...]:
    """This function will read what is still to pay from a position; what is late is due on its date."""
    return tuple(
        PlanPayment(
            due_date=max(row.due_date, there.as_of),
            amount_minor=row.open_minor,
            principal_minor=row.principal_minor - row.paid_principal_minor,
        )
        for row in there.rows
        if row.open_minor > 0
    )


def make_plan(choice: ReliefChoice, loan: ReliefLoan) -> ReliefPlan:
    """This function will work a choice out by the loan's own rules."""
    events = events_for(choice, loan)
    there = loan.now if choice == NO_CHANGE else after(loan, events)
    if choice.settlement_minor:
        paid = PlanPayment(
            due_date=loan.asked_on,
            amount_minor=there.payoff_minor,
            principal_minor=there.principal_outstanding_minor,
        )
        payments = [paid]
    else:
        payments = list(payments_of(there))
    return assemble(
        choice=choice,
        asked_on=loan.asked_on,
        payments=payments,
        waived_minor=sum(one.amount_minor for one in events if one.kind is EventKind.WAIVE),
        restructured=there.restructured,
    )


def assemble(
    *,
    choice: ReliefChoice,
    asked_on: date,
    payments: Sequence[PlanPayment],
    waived_minor: int,
    restructured: bool,
) -> ReliefPlan:
    """This function will put a plan together from its payments."""
    return add_up(
        choice,
        asked_on,
        columns=zip(*payments, strict=True),
        waived_minor=waived_minor,
        restructured=restructured,
    )


def add_up(
    choice: ReliefChoice,
    asked_on: date,
    *,
    columns: Iterable[Iterable[Any]],
    waived_minor: int,
    restructured: bool,
) -> ReliefPlan:
    """This function will put a plan together from the columns of its payments (days, amounts, principal in them), and add
    them up by calendar month.
    """
    dues, amounts, parts = map(tuple, columns)
    start = _month(asked_on)
    numbers = list(map(_month, dues))
    count = 1 + max(numbers) - start
    months, principals = [0] * count, [0] * count
    for number, amount, part in zip(numbers, amounts, parts, strict=True):
        months[number - start] += amount
        principals[number - start] += part
    return ReliefPlan(
        asked_on=asked_on,
        choice=choice,
        dues=dues,
        amounts=amounts,
        parts=parts,
        months=tuple(months),
        principals=tuple(principals),
        waived_minor=waived_minor,
        restructured=restructured,
    )


@lru_cache(maxsize=4096)
def _month(day: date) -> int:
    return day.year * 12 + day.month


def plans_of(loan: ReliefLoan, grid: ReliefGrid) -> tuple[ReliefPlan, ...]:
    """This function will work out every plan of the grid, no change first. They depend on the loan, not on the budget.

    A loan of semantics version 1 knows no event that eases it, so no change is its only plan.
    """
    if loan.terms.semantics_version == 1:
        return (make_plan(NO_CHANGE, loan),)
    found: dict[ReliefChoice, ReliefPlan] = {}
    for choice in choices(grid, loan):
        unwaived = found.get(replace(choice, waiver="none"))
        if unwaived is None or (choice.spreads_arrears and choice.waiver == "penalty_interest"):
            found[choice] = make_plan(choice, loan)
        else:
            found[choice] = waive(unwaived, choice, loan)
    most = grid.last_due_months_most
    return tuple(
        plan
        for plan in found.values()
        if plan.choice == NO_CHANGE or month_of(plan.last_date, loan.asked_on) <= most
    )


def waive(plan: ReliefPlan, choice: ReliefChoice, loan: ReliefLoan) -> ReliefPlan:
    """This function will take a waiver off the first payments of a plan without one: penalty and interest of what is late
    bear no interest, so nothing else moves. It is what `make_plan` gives, in a fraction of its time; a test compares them.
    """
    charges, interest = [], []
    for row in loan.now.rows:
        penalty = row.penalty_minor - row.paid_penalty_minor
        stays = penalty + row.fee_minor - row.paid_fee_minor if choice.spreads_arrears else row.open_minor
        if row.state is RowState.LATE and stays > 0:
            charges.append(penalty)
            late_interest = max(0, row.interest_minor - row.paid_interest_minor)
            interest.append(late_interest if choice.waiver == "penalty_interest" else 0)
    payments = list(plan.payments)
    for place, less in enumerate(map(sum, zip(charges, interest, strict=True))):
        payments[place] = payments[place]._replace(amount_minor=payments[place].amount_minor - less)
    events = events_for(choice, loan)
    return assemble(
        choice=choice,
        asked_on=loan.asked_on,
        payments=[one for one in payments if one.amount_minor > 0],
        waived_minor=sum(one.amount_minor for one in events if one.kind is EventKind.WAIVE),
        restructured=plan.restructured,
    )


def refused_by(
    plan: ReliefPlan, loan: ReliefLoan, seen: dict[tuple[object, ...], Position] | None = None
) -> Refusal | None:
    """This function will return what the loan would refuse if the plan's events were recorded today, None for nothing:
    the same checks as recording makes, event by event. `seen` keeps positions that several plans pass through.
    """
    known = {} if seen is None else seen
    done: list[LoanEvent] = []
    path: tuple[object, ...] = ()
    for event in events_for(plan.choice, loan):
        if path and path not in known:
            known[path] = after(loan, done)
        try:
            check_event(
                terms=loan.terms, events=[*loan.events, *done], event=event, before=known.get(path, loan.now)
            )
        except Refusal as refusal:
            return refusal
        done.append(event)
        path = (*path, event.kind, event.amount_minor, *event.payload.items())
    return None
