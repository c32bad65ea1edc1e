"""The position by loan semantics, version 2: the general engine's book, read as the pages and the ledger need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from puhui.core.rounding import Rounding, divide
from puhui.loans.domain.book_events import engine_events, engine_terms, table_of
from puhui.loans.domain.engine import BookEvent, BookPosition, BookRow, LoanStatus, StatementLine
from puhui.loans.domain.engine import position as engine_position
from puhui.loans.domain.engine.codes import LAST_PAYMENT, Kind, RowKind
from puhui.loans.domain.engine.lateness import charged_back_on, paused_days, pauses_of
from puhui.loans.domain.events import EventKind, LoanEvent
from puhui.loans.domain.position import Allocation, LoanState, Position, PositionRow, RowState, bucket_of
from puhui.loans.domain.terms import ContractTerms
from puhui.products.domain.options import LoanOptions

VERSION = 2
EASED = frozenset({EventKind.DEFER, EventKind.EXTEND, EventKind.RE_AGE, EventKind.RE_AMORTISE})
ENDED = {LoanStatus.CLOSED: LoanState.CLOSED, LoanStatus.OVERPAID: LoanState.CLOSED}


def position_v2(
    *, terms: ContractTerms, events: Sequence[LoanEvent], as_of: date, known_at: datetime | None = None
) -> Position:
    """This function will compute the position at the end of `as_of`, from the events known at `known_at` (default all).

    Events count from their value date, whatever the order of recording; on one day changes of terms first, then in
    order of recording. A reversed event counts as if it had never happened.
    """
    counted = counted_events(events, as_of, known_at)
    payout = next((event for event in counted if event.kind is EventKind.DISBURSE), None)
    rows = table_of(terms, payout)
    agreed = engine_terms(terms, rows, payout.value_date if payout else terms.value_date)
    over = next(
        (event for event in counted if event.kind in (EventKind.CANCEL, EventKind.DISBURSE_RETURNED)), None
    )
    if over is not None:
        return _cancelled(
            terms,
            read_position(terms, engine_position(terms=agreed, events=(), as_of=as_of), (), (), None, ()),
            over,
            payout,
        )
    told = engine_events(terms, counted)
    found = engine_position(terms=agreed, events=told, as_of=as_of)
    return read_position(terms, found, counted, told, payout, allocations_of(found.lines, counted))


def counted_events(
    events: Sequence[LoanEvent], as_of: date, known_at: datetime | None = None
) -> list[LoanEvent]:
    """This function will return the events that count on `as_of`, in order of recording."""
    known = [event for event in events if known_at is None or event.booked_at <= known_at]
    undone = {event.payload["event_id"] for event in known if event.kind is EventKind.REVERSE}
    return sorted(
        (
            event
            for event in known
            if event.value_date <= as_of and event.id not in undone and event.kind is not EventKind.REVERSE
        ),
        key=lambda event: event.seq,
    )


# What went back to her of what she had paid: a payment that was charged back, a refund beyond her credit.
GIVEN_BACK = (Kind.CHARGEBACK, Kind.CREDIT_REFUND)


def _cancelled(terms: ContractTerms, plan: Position, over: LoanEvent, payout: LoanEvent | None) -> Position:
    """A loan that never was: nothing is due and nothing was lent."""
    rows = tuple(
        replace(row, principal_minor=0, interest_minor=0, fee_minor=0, balance_minor=0, state=RowState.PAID)
        for row in plan.rows
    )
    return replace(
        plan,
        state=LoanState.CANCELLED,
        rows=rows,
        disbursed_on=payout.value_date if payout else None,
        closed_on=over.value_date,
        principal_outstanding_minor=0,
        next_due_date=None,
        next_due_minor=0,
        payments_left=0,
    )


def read_position(
    terms: ContractTerms,
    book: BookPosition,
    events: Sequence[LoanEvent],
    told: Sequence[BookEvent],
    payout: LoanEvent | None,
    allocations: tuple[Allocation, ...],
) -> Position:
    """This function will read the engine's position into ours. Of `events` and `told`, payments may be left out."""
    as_of, options = book.as_of, terms.options or LoanOptions()
    rows = _rows(book, as_of, options.grace_days)
    state, closed_on = _state(book, events)
    active = state is LoanState.ACTIVE
    waits = [row for row in rows if row.state is not RowState.PAID] if active or not payout else []
    principal = _principal_open(book) if active else 0
    charges = sum(_open_charges(row) for row in book.rows if row.due_date <= as_of) if active else 0
    dpd = _days_past_due(book, told, as_of, options.grace_days) if active else 0
    until = payout.value_date + timedelta(days=terms.withdrawal_days) if payout and active else None
    may_withdraw = until is not None and as_of <= until
    upcoming = next((row for row in waits if row.due_date >= as_of and row.open_minor), None)
    back = [line for line in book.lines if line.kind in GIVEN_BACK]
    written_off = book.written_off_minor - book.recovered_minor
    return Position(
        as_of=as_of,
        semantics_version=VERSION,
        currency=terms.currency,
        state=state,
        rows=rows,
        allocations=allocations,
        disbursed_on=payout.value_date if payout else None,
        closed_on=closed_on,
        disbursed_minor=book.lent_minor if payout else 0,
        principal_outstanding_minor=principal,
        interest_accrued_minor=max(0, book.payoff_minor - principal - charges) if active else 0,
        penalty_outstanding_minor=sum(row.penalty_minor - row.paid_penalty_minor for row in waits)
        if active
        else 0,
        due_minor=sum(row.open_minor for row in waits if row.due_date <= as_of) if active else 0,
        late_minor=sum(row.open_minor for row in waits if row.due_date < as_of) if active else 0,
        dpd_days=dpd,
        bucket=bucket_of(dpd),
        payoff_minor=book.payoff_minor if active else 0,
        payoff_saves_minor=book.outstanding_minor - book.payoff_minor if active else 0,
        withdrawal_minor=book.payoff_minor - charges if may_withdraw else None,
        withdrawal_until=until if may_withdraw else None,
        next_due_date=upcoming.due_date if upcoming else None,
        next_due_minor=upcoming.open_minor if upcoming else 0,
        credit_minor=book.credit_minor,
        frozen_until=_frozen_until(events, as_of) if active else None,
        paid_principal_minor=book.total("paid_principal") - sum(line.principal_minor for line in back),
        paid_interest_minor=book.total("paid_interest") - sum(line.interest_minor for line in back),
        paid_fee_minor=book.total("paid_fee") - sum(line.fee_minor for line in back),
        paid_penalty_minor=book.total("paid_penalty") - sum(line.penalty_minor for line in back),
        payments_left=sum(row.state is not RowState.PAID for row in rows),
        waived_principal_minor=book.total("waived_principal") - written_off - book.sold_minor,
        waived_minor=book.total("waived") - book.total("waived_principal")
        if state is not LoanState.WRITTEN_OFF
        else 0,
        written_off_minor=written_off,
        recovered_minor=book.recovered_minor,
        interest_refunded_minor=sum(
            line.amount_minor for line in book.lines if line.kind is Kind.INTEREST_REFUND
        ),
        sold_minor=book.sold_minor,
        third_party_minor=_third_party(events),
        merchant_subsidy_minor=_subsidy(terms, book, events, state) if payout else 0,
        sale_loss_minor=book.sold_minor - sum(e.amount_minor for e in events if e.kind is EventKind.SALE),
        charged_off=any(event.kind is EventKind.CHARGE_OFF for event in events),
        restructured=any(event.kind in EASED and event.payload.get("by") != "change" for event in events),
    )


def _rows(book: BookPosition, as_of: date, grace_days: int) -> tuple[PositionRow, ...]:
    """The instalments; what lowered the principal between two of them is shown with the one that ran then."""
    found: list[PositionRow] = []
    prepaid, waiting = 0, [row for row in book.rows if not _is_extra(row)]
    extra = [row for row in book.rows if _is_extra(row)]
    for number, row in enumerate(waiting, 1):
        mine = [one for one in extra if one.due_date < row.due_date or row is waiting[-1]]
        extra = [one for one in extra if one not in mine]
        prepaid = sum(one.paid_principal_minor for one in mine)
        is_open = row.open_minor > 0
        late = is_open and row.due_date + timedelta(days=grace_days) < as_of
        found.append(
            PositionRow(
                number=number,
                due_date=row.due_date,
                principal_minor=row.principal_minor - row.waived_principal_minor,
                interest_minor=row.interest_minor - row.waived_interest_minor,
                fee_minor=row.fee_minor - row.waived_fee_minor,
                penalty_minor=row.penalty_minor - row.waived_penalty_minor,
                paid_principal_minor=row.paid_principal_minor,
                paid_interest_minor=row.paid_interest_minor,
                paid_fee_minor=row.paid_fee_minor,
                paid_penalty_minor=row.paid_penalty_minor,
                prepaid_minor=prepaid,
                paid_on=row.settled_on if not is_open else None,
                state=RowState.LATE if late else RowState.DUE if is_open else RowState.PAID,
                balance_minor=row.balance_minor,
            )
        )
    return tuple(found)


def _is_extra(row: BookRow) -> bool:
    """Whether a row only holds what lowered the principal on its day."""
    return row.kind is RowKind.FIXED and row.start_date == row.due_date


def _principal_open(book: BookPosition) -> int:
    return sum(
        row.principal_minor - row.paid_principal_minor - row.waived_principal_minor for row in book.rows
    )


def _open_charges(row: BookRow) -> int:
    return (
        row.fee_minor
        + row.penalty_minor
        - row.paid_fee_minor
        - row.paid_penalty_minor
        - row.waived_fee_minor
        - row.waived_penalty_minor
    )


def _state(book: BookPosition, events: Sequence[LoanEvent]) -> tuple[LoanState, date | None]:
    """Where the loan stands, and since when if it has ended."""
    if book.status is LoanStatus.PENDING:
        return LoanState.PENDING, None
    if book.status is LoanStatus.WRITTEN_OFF:
        end = next(e for e in events if e.kind in (EventKind.WRITE_OFF, EventKind.SALE))
        return LoanState.SOLD if end.kind is EventKind.SALE else LoanState.WRITTEN_OFF, end.value_date
    if book.status is LoanStatus.ACTIVE:
        return LoanState.ACTIVE, None
    ended = max(row.settled_on for row in book.rows if row.settled_on is not None)
    undone = [e for e in events if e.kind is EventKind.WITHDRAW and e.value_date == ended]
    return LoanState.WITHDRAWN if undone else LoanState.CLOSED, ended


def allocations_of(lines: Sequence[StatementLine], events: Sequence[LoanEvent]) -> tuple[Allocation, ...]:
    """This function will tell what each payment was used for, what a merchant return gave back included, in order of value
    date.
    """
    names = {event.seq: event for event in events}
    parts: dict[int, list[int]] = {}
    for line in lines:
        if line.kind <= LAST_PAYMENT and line.seq in names:
            mine = parts.setdefault(line.seq, [0, 0, 0, 0, 0, 0])
            figures = (
                line.amount_minor,
                line.penalty_minor,
                line.fee_minor,
                line.interest_minor,
                line.principal_minor,
            )
            for at, part in enumerate((*figures, line.over_minor)):
                mine[at] += part
    ordered = sorted(parts, key=lambda seq: (names[seq].value_date, seq))
    return tuple(
        Allocation(
            event_id=names[seq].id,
            amount_minor=parts[seq][0],
            penalty_minor=parts[seq][1],
            fee_minor=parts[seq][2],
            interest_minor=parts[seq][3],
            principal_minor=parts[seq][4],
            credit_minor=parts[seq][5],
        )
        for seq in ordered
    )


def _days_past_due(book: BookPosition, told: Sequence[BookEvent], as_of: date, grace_days: int) -> int:
    """Days since the oldest unpaid due date, agreed pauses left out; none within the days of grace."""
    days = [
        row.due_date
        for row in book.rows
        if row.due_date < as_of and row.open_minor > 0 and row.kind is not RowKind.CLOSED
    ]
    since = min(days + charged_back_on(book, as_of), default=None)
    if since is None:
        return 0
    late = (as_of - since).days - paused_days(pauses_of(told), since, as_of)
    return late if late > grace_days else 0


def _third_party(events: Sequence[LoanEvent]) -> int:
    """What others than she owe us for the loan: merchants for returns, buyers, agencies; disputes take back."""
    total = 0
    for event in events:
        if event.kind in (EventKind.REFUND, EventKind.SALE) or (
            event.kind is EventKind.RECOVERY and event.payload.get("via") == "third_party"
        ):
            total += event.amount_minor
        elif event.kind is EventKind.CHARGEBACK and event.payload.get("via") != "rail":
            total -= event.amount_minor
    return total


def _subsidy(terms: ContractTerms, book: BookPosition, events: Sequence[LoanEvent], state: LoanState) -> int:
    """The merchant's part: a share of what was lent and not taken back by him; none where she withdrew."""
    if terms.options is None or state is LoanState.WITHDRAWN:
        return 0
    back = sum(event.amount_minor for event in events if event.kind is EventKind.REFUND)
    lent = max(0, book.lent_minor - back)
    return divide(lent * terms.options.merchant_subsidy_ppm, 1_000_000, Rounding.HALF_EVEN)


def _frozen_until(events: Sequence[LoanEvent], as_of: date) -> date | None:
    """The first day after the freeze that covers `as_of`, None where none does."""
    found = None
    for event in sorted(events, key=lambda one: (one.value_date, one.seq)):
        if event.kind is EventKind.PENALTY_FREEZE:
            begin, end = (date.fromisoformat(event.payload[name]) for name in ("from", "until"))
            if begin <= as_of < end:
                found = max(end, found) if found else end
        elif event.kind is EventKind.PENALTY_THAW and found and event.value_date < found:
            found = event.value_date if event.value_date > as_of else None
    return found
