"""What may happen to a loan now: every refusal, in one fixed order, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from puhui.core.money import MAX_MINOR
from puhui.core.refusals import InputRefused, Refusal
from puhui.loans.domain.compute import position
from puhui.loans.domain.events import PAYMENTS, REVERSIBLE, STAFF_KINDS, WITHOUT_MONEY, EventKind, LoanEvent
from puhui.loans.domain.position import LoanState, Position
from puhui.loans.domain.terms import ContractTerms

AFTER_THE_END = frozenset({EventKind.REVERSE, EventKind.CREDIT_REFUND})
CLOSING = frozenset(
    {EventKind.PAYOFF, EventKind.WITHDRAW, EventKind.CREDIT_REFUND}
)  # worked out from all before


# A later event of these kinds was worked out from all that stood before it: it is undone first.
DEPENDING = CLOSING | {
    EventKind.WRITE_OFF,
    EventKind.SALE,
    EventKind.CHARGE_OFF,
    EventKind.RECOVERY,
    EventKind.RE_AGE,
    EventKind.RE_AMORTISE,
    EventKind.WAIVE,
    EventKind.REFUND,
    EventKind.EXTEND,
    EventKind.MOVE_DUE,
    EventKind.DEFER,
}
AGREED_LATER = DEPENDING - CLOSING  # steps that a payment which comes back does not undo
CHARGED_BACK = frozenset({EventKind.CHARGEBACK})
FAR = timedelta(days=3660)  # no event reaches further past the last due date
MOST_INSTALMENTS = 120


class LoanClosed(Refusal):
    """The loan has ended: it was paid off, withdrawn or cancelled."""

    status = 409


class RepaymentAfterPayoff(Refusal):
    """A payment for a loan that is already paid off."""

    field = "amount"
    status = 409


class AlreadyDisbursed(Refusal):
    """The loan was paid out before."""

    status = 409


class EventBeforeDisbursement(Refusal):
    """The money is not out yet, or was not on that date."""

    field = "value_date"
    status = 409


class PayoutBeforeQuote(Refusal):
    """A payout dated before the date that the quote states."""

    field = "value_date"


class EventInFuture(InputRefused):
    """The value date has not come yet."""

    field = "value_date"


class AmountNotPositive(InputRefused):
    """An amount of money is above zero."""

    field = "amount"


class PaymentExceedsPayoff(InputRefused):
    """We would collect more than closes the loan."""

    field = "amount"


class PayoffTooLow(InputRefused):
    """The amount does not close the loan on that date."""

    field = "amount"


class WithdrawalOver(Refusal):
    """The days within which she may withdraw are over."""

    status = 409


class WithdrawalTooLow(InputRefused):
    """The amount does not undo the loan on that date."""

    field = "amount"


class RefundExceedsCredit(InputRefused):
    """More would be paid back than was overpaid."""

    field = "amount"


class EventNotFound(Refusal):
    """The loan has no such event."""

    status = 404


class EventNotReversible(Refusal):
    """Only payments and refunds can be reversed, each once."""

    status = 409


class LaterEventDepends(Refusal):
    """A later event was worked out from this one and stands."""

    status = 409


class EventNotOfContract(Refusal):
    """The rules that the contract was signed under do not know this event."""

    status = 409


class AmountOutOfBounds(InputRefused):
    """More than any amount that is counted here."""

    field = "amount"


class RefundExceedsLoan(InputRefused):
    """A merchant returns more than was lent."""

    field = "amount"


class WaiverExceedsOpen(InputRefused):
    """More would be waived than is open of that component."""

    field = "amount"


class RateAboveContract(InputRefused):
    """A new rate may not be above the one that was signed."""

    field = "annual_rate"


class DatesUnfit(InputRefused):
    """The dates of the event do not fit the schedule."""

    field = "date"


class NoInstalmentAhead(InputRefused):
    """What is past due can move into instalments still to come only while there is one."""

    field = "date"


class CountUnfit(InputRefused):
    """The number of instalments of the event is not one that is agreed."""

    field = "count"


class LoanNotWrittenOff(Refusal):
    """A recovery is money after a write-off, and there was none."""

    status = 409


def standing(events: Sequence[LoanEvent]) -> list[LoanEvent]:
    """This function will return the events that count: not reversed, and not themselves a reversal."""
    undone = {event.payload["event_id"] for event in events if event.kind is EventKind.REVERSE}
    return [event for event in events if event.id not in undone and event.kind is not EventKind.REVERSE]


def check_event(
    *,
    terms: ContractTerms,
    events: Sequence[LoanEvent],
    event: LoanEvent,
    before: Position,
    may_overpay: bool = False,
) -> None:
    """This function will do nothing where `event` may be recorded after `events`; `before` is the position on its
    booking date. `may_overpay` is for money that has already arrived: what is too much becomes a credit.

    Raises, in this order: LoanClosed or RepaymentAfterPayoff, AlreadyDisbursed, EventBeforeDisbursement or
    PayoutBeforeQuote, EventInFuture, AmountNotPositive, then what the kind asks for: PaymentExceedsPayoff,
    PayoffTooLow, WithdrawalOver, WithdrawalTooLow, RefundExceedsCredit, EventNotFound, EventNotReversible,
    LaterEventDepends.
    """
    kind = event.kind
    if kind in STAFF_KINDS and terms.semantics_version == 1:
        raise EventNotOfContract(kind=kind.value)
    _check_open(before, kind)
    _check_date(terms, event, before)
    if event.amount_minor > MAX_MINOR:
        raise AmountOutOfBounds(max_minor=MAX_MINOR, currency=terms.currency)
    if kind in WITHOUT_MONEY:
        assert event.amount_minor == 0, f"{kind.value} moves no money"
    elif event.amount_minor <= 0:
        raise AmountNotPositive()
    if kind in PAYMENTS:
        there = before
        if event.value_date != before.as_of:
            there = position(terms=terms, events=events, as_of=event.value_date)
        check_payment(position=there, kind=kind, amount_minor=event.amount_minor, may_overpay=may_overpay)
    elif kind is EventKind.CREDIT_REFUND:
        if event.amount_minor > before.credit_minor:
            raise RefundExceedsCredit(credit_minor=before.credit_minor, currency=terms.currency)
    elif kind is EventKind.REVERSE:
        _check_reversal(events, event)
    elif kind is EventKind.PENALTY_FREEZE:
        assert event.payload["from"] == event.value_date.isoformat(), "a freeze counts from the day of asking"
    elif kind in {EventKind.DISBURSE, EventKind.DISBURSE_RETURNED}:
        _check_payout(terms, events, event)
    elif kind in STAFF_KINDS:
        _check_staff_event(terms, events, event, before)


def _check_date(terms: ContractTerms, event: LoanEvent, before: Position) -> None:
    """The order of life: paid out (or cancelled) once and not before the quote's date, all else after, nothing ahead."""
    if event.kind in {EventKind.DISBURSE, EventKind.CANCEL}:
        if before.state is not LoanState.PENDING:
            raise AlreadyDisbursed(disbursed_on=before.disbursed_on)
        if event.value_date < terms.value_date:
            raise PayoutBeforeQuote(value_date=terms.value_date)
    elif before.disbursed_on is None or event.value_date < before.disbursed_on:
        raise EventBeforeDisbursement(disbursed_on=before.disbursed_on)
    if event.value_date > event.booking_date:
        raise EventInFuture(value_date=event.value_date, today=event.booking_date)


def _check_payout(terms: ContractTerms, events: Sequence[LoanEvent], event: LoanEvent) -> None:
    """The whole principal goes out at once, and comes back at once, while nothing was paid."""
    assert event.amount_minor == terms.principal_minor, (
        "the whole principal goes out, and comes back, at once"
    )
    paid = [one for one in standing(events) if one.kind in REVERSIBLE]
    if event.kind is EventKind.DISBURSE_RETURNED and paid:
        raise LaterEventDepends(kind=paid[0].kind.value, value_date=paid[0].value_date)


def _check_staff_event(
    terms: ContractTerms, events: Sequence[LoanEvent], event: LoanEvent, before: Position
) -> None:
    """What each kind of version 2 asks for beyond the order of life."""
    kind, said = event.kind, event.payload
    if kind is EventKind.REFUND and event.amount_minor > before.disbursed_minor:
        raise RefundExceedsLoan(lent_minor=before.disbursed_minor, currency=terms.currency)
    if kind is EventKind.CHARGEBACK:
        target = next((one for one in standing(events) if one.id == said["event_id"]), None)
        if target is None:
            raise EventNotFound()
        if target.kind not in PAYMENTS or event.amount_minor > target.amount_minor:
            raise EventNotReversible(kind=target.kind.value)
    if kind is EventKind.WAIVE:
        left = open_of(before, said["component"])
        if event.amount_minor > left:
            raise WaiverExceedsOpen(open_minor=left, currency=terms.currency)
    if kind is EventKind.RATE_CHANGE and not 0 <= said["annual_rate_ppm"] <= terms.annual_rate_ppm:
        raise RateAboveContract(annual_rate_ppm=terms.annual_rate_ppm)
    if kind is EventKind.RECOVERY and before.state is not LoanState.WRITTEN_OFF:
        raise LoanNotWrittenOff()
    _check_reshape(event, before)


def _check_reshape(event: LoanEvent, before: Position) -> None:
    """Dates and counts of an event that changes the schedule."""
    kind, said = event.kind, event.payload
    last = before.rows[-1].due_date
    days = {
        name: date.fromisoformat(said[name]) for name in ("from", "to", "due", "first_due") if name in said
    }
    if any(day > last + FAR for day in days.values()):
        raise DatesUnfit(first=event.value_date, last=last + FAR)
    if kind in (EventKind.INTEREST_PAUSE, EventKind.LATENESS_PAUSE) and days["to"] < days["from"]:
        raise DatesUnfit(first=days["from"], last=last + FAR)
    if kind in (EventKind.MOVE_DUE, EventKind.DEFER):
        waits = [row.due_date for row in before.rows if row.due_date > event.value_date and row.open_minor]
        if days["from"] not in waits or days["to"] <= event.value_date:
            raise DatesUnfit(first=waits[0] if waits else event.value_date, last=last + FAR)
    if kind is EventKind.RE_AGE and days["first_due"] <= event.value_date:
        raise DatesUnfit(first=event.value_date + timedelta(days=1), last=last + FAR)
    if kind is EventKind.RE_AMORTISE and last < event.value_date:
        raise NoInstalmentAhead(last=last)
    if kind is EventKind.FEE and days["due"] < event.value_date:
        raise DatesUnfit(first=event.value_date, last=last + FAR)
    if kind in (EventKind.RE_AGE, EventKind.EXTEND) and not 1 <= said["count"] <= MOST_INSTALMENTS:
        raise CountUnfit(most=MOST_INSTALMENTS)


def open_of(position: Position, component: str) -> int:
    """This function will return what may be waived of a component on the position's date, minor units: what is open of
    charges and interest of all instalments, or the principal outstanding. Raises: AssertionError for another name.
    """
    if component == "principal":
        return position.principal_outstanding_minor
    assert component in ("penalty", "fee", "interest"), "a component of an instalment"
    return sum(
        max(0, getattr(row, f"{component}_minor") - getattr(row, f"paid_{component}_minor"))
        for row in position.rows
    )


def check_payment(
    *, position: Position, kind: EventKind, amount_minor: int, may_overpay: bool = False
) -> None:
    """This function will do nothing where `amount_minor` may be paid as `kind` on the position's date: what a journey
    asks before it collects. Raises: LoanClosed, RepaymentAfterPayoff, EventBeforeDisbursement, AmountNotPositive,
    PaymentExceedsPayoff, PayoffTooLow, WithdrawalOver, WithdrawalTooLow.
    """
    _check_open(position, kind)
    if position.state is LoanState.PENDING:
        raise EventBeforeDisbursement(disbursed_on=None)
    if amount_minor <= 0:
        raise AmountNotPositive()
    currency, payoff = position.currency, position.payoff_minor
    if kind is EventKind.WITHDRAW:
        if position.withdrawal_minor is None:
            raise WithdrawalOver(payoff_minor=payoff, currency=currency)
        if amount_minor < position.withdrawal_minor:
            raise WithdrawalTooLow(withdrawal_minor=position.withdrawal_minor, currency=currency)
        payoff = position.withdrawal_minor
    if amount_minor > payoff and not may_overpay:
        raise PaymentExceedsPayoff(payoff_minor=payoff, currency=currency)
    if kind is EventKind.PAYOFF and amount_minor < payoff:
        raise PayoffTooLow(payoff_minor=payoff, currency=currency)


def settlement_kind(*, intent: EventKind, amount_minor: int, position: Position) -> EventKind:
    """This function will tell as what a payment that has arrived is recorded, so that recording it cannot be refused:
    as intended, or, where it no longer closes or undoes the loan on the position's date, as a prepayment.
    """
    if position.state is LoanState.WRITTEN_OFF:
        return EventKind.RECOVERY
    if intent is EventKind.WITHDRAW and position.withdrawal_minor is not None:
        return intent if amount_minor >= position.withdrawal_minor else EventKind.PREPAY
    if intent in {EventKind.PAYOFF, EventKind.WITHDRAW}:
        return EventKind.PAYOFF if amount_minor >= position.payoff_minor else EventKind.PREPAY
    return intent


def _check_open(position: Position, kind: EventKind) -> None:
    if position.closed_on is None or kind in AFTER_THE_END:
        return
    if kind is EventKind.RECOVERY and position.state is LoanState.WRITTEN_OFF:
        return
    if kind is EventKind.CHARGEBACK and position.state is LoanState.CLOSED:
        return
    if kind in PAYMENTS and position.state is LoanState.CLOSED:
        raise RepaymentAfterPayoff(closed_on=position.closed_on)
    raise LoanClosed(closed_on=position.closed_on, state=position.state.value)


def _check_reversal(events: Sequence[LoanEvent], event: LoanEvent) -> None:
    """A reversal names a standing payment or refund, takes its value date, and nothing that was worked out from it
    (payoff, withdrawal, refund of a credit) may stand later: that one is reversed first.
    """
    target = next((one for one in events if one.id == event.payload["event_id"]), None)
    if target is None:
        raise EventNotFound()
    counted = standing(events)
    if target.kind not in REVERSIBLE or target not in counted:
        raise EventNotReversible(kind=target.kind.value)
    assert event.value_date == target.value_date, "a reversal counts from the day of what it reverses"
    if target.kind is EventKind.CREDIT_REFUND:
        return
    for other in counted:
        if other.kind in CHARGED_BACK and other.payload["event_id"] == target.id:
            raise LaterEventDepends(kind=other.kind.value, value_date=other.value_date)
        if other.kind in DEPENDING and (other.value_date, other.seq) > (target.value_date, target.seq):
            raise LaterEventDepends(kind=other.kind.value, value_date=other.value_date)
