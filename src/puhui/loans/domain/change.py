"""She negotiates on a running loan: another due day, another number of payments, a lower rate, as one binding change.

A change is a few events of the general engine. What it leaves to pay is read from the position that recording them
gives, so what is shown is what happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from puhui.core.apr import DatedFlow, cost_of_flows
from puhui.core.periods import add_months
from puhui.loans.domain.change_refusals import (
    ChangeContractTooOld,
    ChangeCostAboveCap,
    ChangeFeesFixed,
    ChangeLoanNotRunning,
    ChangeNotAffordable,
    ChangeNothingAhead,
    ChangeNothingAsked,
    ChangePaymentsNotOffered,
    ChangeRateNotLower,
    ChangeTooSoon,
    ChangeWhileDue,
    ChangeWhileFrozen,
    ChangeWhileLate,
)
from puhui.loans.domain.checks import check_event, standing
from puhui.loans.domain.compute import position
from puhui.loans.domain.events import PAYMENTS, EventKind, LoanEvent
from puhui.loans.domain.position import LoanState, Position, PositionRow
from puhui.loans.domain.terms import ContractTerms
from puhui.products.domain import CapBasis, CapRule, DueDayNotOffered, Product
from puhui.products.domain.options import DueUnit

LAST_DUE_DAY = 28  # the last one that every month has
BY = {"by": "change"}  # marks events that eased nobody: she asked while she paid on time


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeChoice:
    """What she wants otherwise; None leaves it as it is."""

    due_day: int | None = None  # day of the month, 1–28
    payments: int | None = None  # how many are still to come
    annual_rate_ppm: int | None = None  # contract rate from now on, ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePayment:
    """One payment still to come. Minor units."""

    due_date: date  # when it is due
    amount_minor: int  # all of it
    principal_minor: int  # principal in it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFigures:
    """What is still to pay, from the day of the quote on, every payment on its day. Minor units."""

    payments: tuple[ChangePayment, ...]  # in order
    interest_minor: int  # of them, what is not principal
    annual_rate_ppm: int  # contract rate
    apr_nominal_ppm: int  # all-in, of what is still to pay against what would close the loan today
    apr_effective_ppm: int  # the same with interest on interest

    @property
    def total_minor(self) -> int:
        """Everything still to pay."""
        return sum(one.amount_minor for one in self.payments)

    @property
    def highest_minor(self) -> int:
        """The highest payment."""
        return max(one.amount_minor for one in self.payments)

    @property
    def next(self) -> ChangePayment:
        """The next payment."""
        return self.payments[0]

    @property
    def last(self) -> ChangePayment:
        """The last payment."""
        return self.payments[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLoan:
    """A loan that may be changed, as it stands on a business date."""

    terms: ContractTerms  # what was signed
    events: tuple[LoanEvent, ...]  # what happened, in order of recording
    on_date: date  # business date
    now: Position  # on that date

    @property
    def rows(self) -> list[PositionRow]:
        """The instalments that still want something."""
        return [row for row in self.now.rows if row.open_minor > 0]

    @property
    def ahead(self) -> list[PositionRow]:
        """Of them, those that are due later than today: what a change can reach."""
        return [row for row in self.rows if row.due_date > self.on_date]

    @property
    def rate_ppm(self) -> int:
        """The contract rate that counts now, ppm."""
        told = [one for one in standing(self.events) if one.kind is EventKind.RATE_CHANGE]
        latest = max(told, key=lambda one: (one.value_date, one.seq), default=None)
        return self.terms.annual_rate_ppm if latest is None else int(latest.payload["annual_rate_ppm"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTerms:
    """Within what a change must stay."""

    product: Product  # in force today
    cap: CapRule  # house's limit on the all-in cost
    left_minor: int  # what her month bears beside all her loans, this one's next payment counted, minor units
    notice_days_least: int  # no payment falls due sooner because a due date moved
    due_day_wait_months: int  # a due date that moved stays this long
    payments_wait_months: int  # and so does a number of payments


def bears_minor(loan: ChangeLoan, within: ChangeTerms) -> int:
    """This function will return the highest payment of this loan that her month bears, minor units."""
    return within.left_minor + loan.now.next_due_minor


def change_loan(*, terms: ContractTerms, events: Sequence[LoanEvent], on_date: date) -> ChangeLoan:
    """This function will take a loan as it stands, where it may be changed at all.

    Raises, in this order: ChangeLoanNotRunning, ChangeContractTooOld, ChangeWhileLate, ChangeWhileDue,
    ChangeWhileFrozen, ChangeNothingAhead.
    """
    now = position(terms=terms, events=events, as_of=on_date)
    if now.state is not LoanState.ACTIVE:
        raise ChangeLoanNotRunning(state=now.state.value, closed_on=now.closed_on)
    if terms.semantics_version == 1:
        raise ChangeContractTooOld()
    if now.late_minor or now.charged_off:
        raise ChangeWhileLate(late_minor=now.late_minor, currency=terms.currency)
    if now.due_minor:
        raise ChangeWhileDue(due_minor=now.due_minor, currency=terms.currency)
    if now.frozen_until is not None:
        raise ChangeWhileFrozen(until=now.frozen_until - timedelta(days=1))
    loan = ChangeLoan(terms=terms, events=tuple(events), on_date=on_date, now=now)
    if not loan.ahead:
        raise ChangeNothingAhead()
    return loan


def check_choice(choice: ChangeChoice, loan: ChangeLoan, within: ChangeTerms) -> None:
    """This function will do nothing where the choice may be asked for; what it costs is judged by `check_figures`.

    Raises, in this order: ChangeNothingAsked, DueDayNotOffered, ChangeFeesFixed, ChangePaymentsNotOffered,
    ChangeTooSoon, ChangeRateNotLower.
    """
    if choice == ChangeChoice():
        raise ChangeNothingAsked()
    if choice.due_day is not None:
        by_month = loan.terms.options is None or loan.terms.options.unit is DueUnit.MONTH
        if not (1 <= choice.due_day <= LAST_DUE_DAY and by_month):
            raise DueDayNotOffered(due_day=choice.due_day)
    if choice.payments is not None:
        if any(row.fee_minor for row in loan.ahead):
            raise ChangeFeesFixed()
        least, most = payments_offered(loan, within.product)
        if not least <= choice.payments <= most:
            raise ChangePaymentsNotOffered(least=least, most=most)
    for asked, kinds, months in (
        (choice.due_day, MOVES, within.due_day_wait_months),
        (choice.payments, SPLITS, within.payments_wait_months),
    ):
        again = again_from(loan, kinds, months) if asked is not None else None
        if again is not None and again > loan.on_date:
            raise ChangeTooSoon(again=again, months=months)
    if choice.annual_rate_ppm is not None and not 0 <= choice.annual_rate_ppm < loan.rate_ppm:
        raise ChangeRateNotLower(annual_rate_ppm=loan.rate_ppm)


MOVES, SPLITS = "due_day", "payments"  # what a change of ours says it was, in its events


def again_from(loan: ChangeLoan, what: str, months: int) -> date | None:
    """This function will return from when on `what` may be changed again; None where it never was."""
    told = [one.value_date for one in standing(loan.events) if what in one.payload.get("asked", ())]
    return add_months(max(told), months) if told else None


def payments_offered(loan: ChangeLoan, product: Product) -> tuple[int, int]:
    """This function will return the fewest and the most payments still to come that may be asked for: the whole loan is
    never longer than the product lends by its method.
    """
    most = max((one.max_months for one in product.methods if one.method is loan.terms.method), default=0)
    whole = [row for row in loan.now.rows if row.payment_minor or row.principal_minor]
    gone = len(whole) - len(loan.ahead)
    return 1, max(len(loan.ahead), min(most, product.terms[-1]) - gone)


def first_moved(loan: ChangeLoan, due_day: int, *, period_days_least: int, notice_days_least: int) -> date:
    """This function will return the first due date on another day of the month: the earliest that leaves a first period
    of the product's least length since the last due date (or the payout), and the house's days of notice.
    """
    gone = [row.due_date for row in loan.now.rows if row.due_date <= loan.on_date]
    begin = max([*gone, loan.now.disbursed_on or loan.terms.value_date])
    least = max(begin + timedelta(days=period_days_least), loan.on_date + timedelta(days=notice_days_least))
    there = least.replace(day=due_day)
    return there if there >= least else add_months(there, 1)


def change_events(choice: ChangeChoice, loan: ChangeLoan, within: ChangeTerms) -> tuple[LoanEvent, ...]:
    """This function will write a choice as the events that carry it out, in order of recording."""
    asked = [
        name for name, value in ((MOVES, choice.due_day), (SPLITS, choice.payments)) if value is not None
    ]
    marked: dict[str, Any] = {**BY, **({"asked": asked} if asked else {})}
    found: list[LoanEvent] = []

    def add(kind: EventKind, said: dict[str, Any]) -> None:
        found.append(_event(loan, kind, len(found), {**said, **marked}))

    first = loan.ahead[0].due_date
    to = first
    if choice.annual_rate_ppm is not None:
        add(EventKind.RATE_CHANGE, {"annual_rate_ppm": choice.annual_rate_ppm})
    if choice.due_day is not None:
        to = first_moved(
            loan,
            choice.due_day,
            period_days_least=within.product.first_period_min_days,
            notice_days_least=within.notice_days_least,
        )
    if choice.payments is not None and choice.payments != len(loan.ahead):
        # Not an extension: that would level a payment again which was made today.
        add(EventKind.RE_AGE, {"first_due": to.isoformat(), "count": choice.payments})
    elif to != first:
        add(EventKind.MOVE_DUE, {"from": first.isoformat(), "to": to.isoformat()})
    return tuple(found)


def _event(loan: ChangeLoan, kind: EventKind, place: int, payload: dict[str, Any]) -> LoanEvent:
    day = loan.on_date
    return LoanEvent(
        id=f"change-{kind.value}-{place}",
        loan_id=loan.events[0].loan_id,
        seq=max(one.seq for one in loan.events) + place + 1,
        kind=kind,
        value_date=day,
        booking_date=day,
        booked_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        amount_minor=0,
        payload=payload,
    )


def figures_of(there: Position, *, payoff_minor: int, rate_ppm: int) -> ChangeFigures:
    """This function will read what is still to pay from a position. The cost is that of the payments against
    `payoff_minor`, which would close the loan on the position's date: what going on costs.
    """
    payments = tuple(
        ChangePayment(
            due_date=row.due_date,
            amount_minor=row.open_minor,
            principal_minor=row.principal_minor - row.paid_principal_minor,
        )
        for row in there.rows
        if row.open_minor > 0
    )
    cost = cost_of_flows(
        advances=[DatedFlow(on_date=there.as_of, amount_minor=payoff_minor)],
        payments=[DatedFlow(on_date=one.due_date, amount_minor=one.amount_minor) for one in payments],
    )
    return ChangeFigures(
        payments=payments,
        interest_minor=sum(one.amount_minor - one.principal_minor for one in payments),
        annual_rate_ppm=rate_ppm,
        apr_nominal_ppm=cost.nominal_ppm,
        apr_effective_ppm=cost.effective_ppm,
    )


def figures_now(loan: ChangeLoan) -> ChangeFigures:
    """This function will return what is to pay without a change."""
    return figures_of(loan.now, payoff_minor=loan.now.payoff_minor, rate_ppm=loan.rate_ppm)


def figures_after(choice: ChangeChoice, loan: ChangeLoan, within: ChangeTerms) -> ChangeFigures:
    """This function will check a choice and return what it leaves to pay.

    Raises: what `check_choice` refuses, what an event is refused for, ChangeNothingAsked where it changes nothing,
    ChangeNotAffordable, ChangeCostAboveCap.
    """
    check_choice(choice, loan, within)
    events = change_events(choice, loan, within)
    if not events:
        raise ChangeNothingAsked()
    done = list(loan.events)
    before = loan.now
    for event in events:
        check_event(terms=loan.terms, events=done, event=event, before=before)
        done.append(event)
        before = position(terms=loan.terms, events=done, as_of=loan.on_date)
    rate = loan.rate_ppm if choice.annual_rate_ppm is None else choice.annual_rate_ppm
    after = figures_of(before, payoff_minor=loan.now.payoff_minor, rate_ppm=rate)
    now = figures_now(loan)
    bears = bears_minor(loan, within)
    if after.highest_minor > max(now.highest_minor, bears):
        raise ChangeNotAffordable(
            payment_minor=after.highest_minor, left_minor=bears, currency=loan.terms.currency
        )
    if _whole_cost(loan, after, within.cap) > max(within.cap.cap_ppm, _whole_cost(loan, now, within.cap)):
        raise ChangeCostAboveCap(cap_ppm=within.cap.cap_ppm)
    return after


def _whole_cost(loan: ChangeLoan, figures: ChangeFigures, cap: CapRule) -> int:
    """The all-in annual cost of the whole loan, what was paid included, on the cap's basis, ppm."""
    paid_on = {one.id: one.value_date for one in loan.events if one.kind in PAYMENTS}
    paid = [
        DatedFlow(on_date=paid_on[one.event_id], amount_minor=one.amount_minor - one.credit_minor)
        for one in loan.now.allocations
        if one.event_id in paid_on and one.amount_minor > one.credit_minor
    ]
    assert loan.now.disbursed_on is not None, "a running loan was paid out"
    cost = cost_of_flows(
        advances=[DatedFlow(on_date=loan.now.disbursed_on, amount_minor=loan.now.disbursed_minor)],
        payments=[
            *paid,
            *(DatedFlow(on_date=one.due_date, amount_minor=one.amount_minor) for one in figures.payments),
        ],
    )
    return cost.nominal_ppm if cap.basis is CapBasis.NOMINAL else cost.effective_ppm
