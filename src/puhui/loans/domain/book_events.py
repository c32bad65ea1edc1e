"""A contract of semantics version 2 and its events, as the general engine reads them: names become codes, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from puhui.core.rounding import Rounding
from puhui.loans.domain.engine import AllocationOrder, BookEvent, LoanTerms, TableRow
from puhui.loans.domain.engine import codes as engine
from puhui.loans.domain.events import EventKind, LoanEvent, rows_from_payload
from puhui.loans.domain.terms import ContractTerms
from puhui.products.domain import Method, ScheduleRow
from puhui.products.domain.options import DueUnit, LoanOptions, MonthEndRule

METHODS = {
    Method.EQUAL_INSTALMENT: engine.Method.EQUAL_INSTALMENT,
    Method.EQUAL_PRINCIPAL: engine.Method.EQUAL_PRINCIPAL,
    Method.INTEREST_FIRST: engine.Method.INTEREST_FIRST,
    Method.FLAT: engine.Method.FLAT,
    Method.BULLET: engine.Method.INTEREST_FIRST,
}
PERIODS = {
    DueUnit.MONTH: (engine.Unit.MONTH, 1),
    DueUnit.FORTNIGHT: (engine.Unit.WEEK, 2),
    DueUnit.WEEK: (engine.Unit.WEEK, 1),
}
ROUNDINGS = {Rounding.UP: 1, Rounding.CEILING: 1, Rounding.DOWN: 2}
STATES = {"past_due": engine.DueState.PAST_DUE, "due": engine.DueState.DUE, "ahead": engine.DueState.AHEAD}
COMPONENTS = {one.name.lower(): one for one in engine.Component}
KINDS = {
    EventKind.DISBURSE: engine.Kind.DISBURSE,
    EventKind.REPAY: engine.Kind.REPAY,
    EventKind.PREPAY: engine.Kind.REPAY,
    EventKind.PAYOFF: engine.Kind.REPAY,
    EventKind.WITHDRAW: engine.Kind.REPAY,
    EventKind.CREDIT_REFUND: engine.Kind.CREDIT_REFUND,
    EventKind.PENALTY_FREEZE: engine.Kind.PENALTY_FREEZE,
    EventKind.PENALTY_THAW: engine.Kind.PENALTY_THAW,
    EventKind.REFUND: engine.Kind.MERCHANT_REFUND,
    EventKind.CHARGEBACK: engine.Kind.CHARGEBACK,
    EventKind.FEE: engine.Kind.CHARGE,
    EventKind.WAIVE: engine.Kind.WAIVE,
    EventKind.RATE_CHANGE: engine.Kind.RATE_CHANGE,
    EventKind.INTEREST_PAUSE: engine.Kind.INTEREST_PAUSE,
    EventKind.LATENESS_PAUSE: engine.Kind.DELINQUENCY_PAUSE,
    EventKind.MOVE_DUE: engine.Kind.MOVE_DUE,
    EventKind.DEFER: engine.Kind.MOVE_DUE,
    EventKind.EXTEND: engine.Kind.EXTEND,
    EventKind.RE_AGE: engine.Kind.RE_AGE,
    EventKind.RE_AMORTISE: engine.Kind.RE_AMORTISE,
    EventKind.CHARGE_OFF: engine.Kind.CHARGE_OFF,
    EventKind.WRITE_OFF: engine.Kind.WRITE_OFF,
    EventKind.RECOVERY: engine.Kind.RECOVERY,
    EventKind.SALE: engine.Kind.SALE,
}
USES = {EventKind.PREPAY: engine.PaymentPurpose.LEVEL, EventKind.WITHDRAW: engine.PaymentPurpose.UNDO}
CREDIT_ORDER = (engine.Component.PENALTY, engine.Component.FEE, engine.Component.INTEREST)


@lru_cache(maxsize=4096)
def engine_terms(terms: ContractTerms, rows: tuple[ScheduleRow, ...], value_date: date) -> LoanTerms:
    """This function will write a contract's terms for the engine; `rows` is the table that binds for the payout on
    `value_date`.
    """
    options = terms.options or LoanOptions()
    unit, every = PERIODS[options.unit]
    return LoanTerms(
        currency=terms.currency,
        principal_minor=terms.principal_minor,
        annual_rate_ppm=terms.annual_rate_ppm,
        count=len(rows),
        every=every,
        unit=unit,
        start_date=value_date,
        method=METHODS[terms.method],
        basis=engine.Basis.THIRTY_360 if options.unit is DueUnit.MONTH else engine.Basis.ANNUAL,
        recalculation=engine.Recalculation.EARLY_ONLY,
        multiple_minor=options.multiple_minor if options.multiple_minor > 1 else 0,
        rounding_code=ROUNDINGS.get(terms.instalment_rounding, 0),
        vertical=options.vertical,
        overflows_month=options.month_end is MonthEndRule.NEXT_DAY,
        stops_interest=True,
        refunds_interest=(engine.Kind.MERCHANT_REFUND,) if options.refunds_interest else (),
        allocations={engine.Kind.REPAY: AllocationOrder(order=_order(options))},
        credit_order=CREDIT_ORDER,
        table=tuple(_table_row(row) for row in rows),
        penalty_daily_ppm=terms.penalty_daily_rate_ppm,
        fees_end_with_payoff=True,
    )


def _order(options: LoanOptions) -> tuple[tuple[engine.DueState, engine.Component], ...]:
    parts = [one.split(".") for one in options.allocation]
    return tuple((STATES[state], COMPONENTS[component]) for state, component in parts)


def _table_row(row: ScheduleRow) -> TableRow:
    return TableRow(
        due_date=row.due_date,
        principal_minor=row.principal_minor,
        interest_minor=row.interest_minor,
        fee_minor=row.fee_minor,
        interest_days=row.interest_days,
        period_days=row.period_days,
    )


def table_of(terms: ContractTerms, payout: LoanEvent | None) -> tuple[ScheduleRow, ...]:
    """This function will return the instalment table that binds: the signed one, or that of a payout on another day."""
    moved = payout.payload.get("rows") if payout else None
    return rows_from_payload(moved) if moved else terms.rows


def engine_events(terms: ContractTerms, events: Sequence[LoanEvent]) -> list[BookEvent]:
    """This function will write events in force for the engine. `events` hold no reversal and nothing reversed."""
    seqs = {event.id: event.seq for event in events}
    return [_event(terms, event, seqs) for event in events if event.kind in KINDS]


def _event(terms: ContractTerms, event: LoanEvent, seqs: Mapping[str, int]) -> BookEvent:
    said = event.payload
    return BookEvent(
        seq=event.seq,
        kind=KINDS[event.kind],
        value_date=event.value_date,
        booking_date=event.value_date,
        amount_minor=event.amount_minor,
        of_seq=seqs.get(said.get("event_id", ""), 0),
        annual_rate_ppm=said.get("annual_rate_ppm", 0),
        count=said.get("count", 0),
        every=PERIODS[(terms.options or LoanOptions()).unit][1],
        unit=PERIODS[(terms.options or LoanOptions()).unit][0],
        is_penalty=bool(said.get("penalty", False)),
        use=USES.get(event.kind, engine.PaymentPurpose.AHEAD),
        component=COMPONENTS[said.get("component", "interest")],
        **_dates(event, said),
    )


def _dates(event: LoanEvent, said: Mapping[str, Any]) -> dict[str, Any]:
    """The dates of an event: first and last day of a pause, a due date and where it moves, the first new due date."""
    found = {"from_date": _day(said, "from"), "to_date": _day(said, "to"), "due_date": _day(said, "due")}
    if event.kind is EventKind.PENALTY_FREEZE:
        found["to_date"] = date.fromisoformat(said["until"]) - timedelta(days=1)
    elif event.kind is EventKind.LATENESS_PAUSE:
        assert found["from_date"] is not None
        found["from_date"] -= timedelta(days=1)  # the engine counts stretches (start, end]
    elif event.kind is EventKind.RE_AGE:
        found["from_date"] = _day(said, "first_due")
    elif event.kind is EventKind.EXTEND:
        found["from_date"] = None
    return found


def _day(said: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(said[name]) if name in said else None
