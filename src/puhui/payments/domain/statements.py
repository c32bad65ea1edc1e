"""The rail's daily statement: its file, and how its lines meet our orders.

The file is CSV: a header row with the day and currency, one row a movement, and a trailer with the count and the two
control totals. A file that breaks off, or whose totals do not add up, is refused whole. Matching is a partition: each
line either belongs to exactly one order or goes to suspense with the reason, and each order that should be on the
statement either has its line or is missing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from puhui.core.money import EXPONENTS, MAX_MINOR
from puhui.core.refusals import InputRefused
from puhui.ledger.domain import Posting
from puhui.payments.domain.orders import Heard, OrderNews, OrderState, PaymentOrder, hear
from puhui.payments.domain.rail import Direction, RailOutcome

_MAGIC = ("H", "rail-statement", "1")
_COLUMNS = (
    "row", "line_id", "key", "direction", "flow", "outcome", "amount_minor", "currency", "account_tail", "memo",
)  # fmt: skip


class StatementTruncated(InputRefused):
    """The file breaks off: no trailer, or fewer (or more) lines than the trailer counts."""

    field = "statement"


class StatementTotalWrong(InputRefused):
    """The amounts of the lines do not add up to the trailer's control totals."""

    field = "statement"


class StatementUnreadable(InputRefused):
    """A row is not as agreed with the rail; the instance names the row."""

    field = "statement"


class Flow(StrEnum):
    """Which way money went, seen from the lender's settlement account."""

    IN = "in"
    OUT = "out"


_OUTWARD = {Direction.PAYOUT, Direction.REFUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement on the rail's statement."""

    line_id: str  # the rail's own id of the movement
    day: date  # the rail's business date
    key: str  # the order's key; "" for money that nobody ordered through us
    direction: Direction | None  # of the order; None without a key
    flow: Flow  # in or out of the settlement account
    outcome: RailOutcome  # done, or returned for money that came back
    amount_minor: int  # above zero, minor units
    currency: str  # ISO 4217
    account_tail: str  # last four digits of the other account, "" if unknown
    memo: str  # the payer's words, "" if none; may hold personal data, so it is sealed when kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One day's statement, checked against its own count and totals."""

    day: date  # the rail's business date
    currency: str  # of every line
    lines: tuple[StatementLine, ...]  # in the rail's order
    in_minor: int  # sum of what came in, minor units
    out_minor: int  # sum of what went out, minor units


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStatement:
    """That a day's statement was held against our orders."""

    day: date  # the rail's business date
    lines: int  # how many movements it had
    matched: int  # how many an order explained
    in_minor: int  # sum of what came in, minor units
    out_minor: int  # sum of what went out, minor units
    sha256: str  # of the canonical lines; the same day comes only once, with the same content
    recorded_at: datetime  # when


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOutcome:
    """News of an order that the statement brought before any callback did."""

    order_id: str  # the order
    outcome: RailOutcome  # done or returned
    settled_date: date  # the statement's day
    amount_minor: int  # as on the line, minor units


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedLine:
    """A line and the order that explains it."""

    line: StatementLine  # the movement
    order_id: str  # the order
    was_known: bool  # whether our order already stood as the line says


class SuspenseReason(StrEnum):
    """Why no order explains a line."""

    NO_ORDER = "no_order"  # no key, or a key that is not ours
    DIFFERS = "differs"  # direction, amount or currency is not the order's
    DUPLICATE = "duplicate"  # the same movement of the same order stands there already
    OTHER_DAY = "other_day"  # the rail had put this movement on another day, so this may be a second one
    CONTRADICTS = "contradicts"  # the rail had said that this order failed, or never said that it was done


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedLine:
    """A line that no order explains; it goes to suspense."""

    line: StatementLine  # the movement
    reason: SuspenseReason  # why
    order_id: str | None  # the order that it names, if it is ours


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingOrder:
    """An order that the rail's earlier word puts on this day, and that its statement lacks."""

    order_id: str  # the order
    outcome: RailOutcome  # the movement that is missing: done or returned
    amount_minor: int  # of the order, minor units
    currency: str  # ISO 4217


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementMatch:
    """How one day's statement met our orders."""

    day: date  # the rail's business date
    matched: tuple[MatchedLine, ...]  # lines with their order
    unmatched: tuple[UnmatchedLine, ...]  # lines for suspense
    missing: tuple[MissingOrder, ...]  # orders without their line
    outcomes: tuple[OrderOutcome, ...]  # news that the lines bring, to be recorded in this order


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseItem:
    """Cash of a statement that no order explains, until a person allocates it."""

    id: str  # 26 characters
    day: date  # the statement's day
    line_id: str  # the rail's id of the movement
    flow: Flow  # in or out of the settlement account
    amount_minor: int  # above zero, minor units
    currency: str  # ISO 4217
    reason: SuspenseReason  # why no order explains it
    order_id: str | None  # the order that it names, if it is ours
    account_tail: str  # last four digits of the other account
    recorded_at: datetime  # when it came to suspense
    closed_at: datetime | None  # when it was allocated; None: open
    closed_how: str  # what became of it ("repayment:…", "refund:…"), "" while open


def flow_of(direction: Direction, outcome: RailOutcome) -> Flow:
    """This function will return which way money goes for an order of `direction` that is done or returned."""
    outward = (direction in _OUTWARD) == (outcome is RailOutcome.DONE)
    return Flow.OUT if outward else Flow.IN


def suspense_posting(*, flow: Flow, amount_minor: int, currency: str, closing: bool = False) -> Posting:
    """This function will return how cash goes to suspense: what came in is owed to somebody, what went out is owed
    to us. `closing` gives the posting that takes it out again.
    """
    owed = (flow is Flow.IN) != closing
    debit, credit = ("1001", "2001") if owed else ("2001", "1001")
    return Posting(debit=debit, credit=credit, amount_minor=amount_minor, currency=currency)


def write_statement(statement: Statement) -> bytes:
    """This function will write the statement as the CSV bytes that `parse_statement` reads."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*_MAGIC, statement.day.isoformat(), statement.currency])
    rows.writerow(_COLUMNS)
    for line in statement.lines:
        direction = line.direction.value if line.direction else ""
        rows.writerow(
            (
                *("L", line.line_id, line.key, direction, line.flow.value, line.outcome.value),
                *(line.amount_minor, line.currency, line.account_tail, line.memo),
            )
        )
    rows.writerow(["T", len(statement.lines), statement.in_minor, statement.out_minor])
    return out.getvalue().encode()


def parse_statement(content: bytes) -> Statement:
    """This function will read a statement file and hold it against its own trailer.

    Raises: StatementTruncated, StatementTotalWrong, StatementUnreadable (with the row, counted from 1).
    """
    if not content.endswith(b"\n"):
        raise StatementTruncated()
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise StatementUnreadable(row=1) from None
    if not rows or tuple(rows[0][:3]) != _MAGIC or len(rows[0]) != 5 or rows[0][4] not in EXPONENTS:
        raise StatementUnreadable(row=1)
    if len(rows) < 3 or rows[-1][:1] != ["T"] or len(rows[-1]) != 4:
        raise StatementTruncated()
    if tuple(rows[1]) != _COLUMNS:
        raise StatementUnreadable(row=2)
    day, currency = _day(rows[0][3]), rows[0][4]
    count, in_total, out_total = (_whole(text, row=len(rows)) for text in rows[-1][1:])
    if count != len(rows) - 3:
        raise StatementTruncated()
    lines = tuple(_line(row, number, day, currency) for number, row in enumerate(rows[2:-1], 3))
    if len({line.line_id for line in lines}) != len(lines):
        raise StatementUnreadable(row=len(rows))
    statement = total_statement(day=day, currency=currency, lines=lines)
    if (statement.in_minor, statement.out_minor) != (in_total, out_total):
        raise StatementTotalWrong()
    return statement


def total_statement(*, day: date, currency: str, lines: Sequence[StatementLine]) -> Statement:
    """This function will return a statement of `lines` with its two control totals."""
    return Statement(
        day=day,
        currency=currency,
        lines=tuple(lines),
        in_minor=sum(line.amount_minor for line in lines if line.flow is Flow.IN),
        out_minor=sum(line.amount_minor for line in lines if line.flow is Flow.OUT),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise StatementUnreadable(row=1) from None


def _whole(text: str, *, row: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise StatementUnreadable(row=row)
    return int(text)


def _line(row: list[str], number: int, day: date, currency: str) -> StatementLine:
    if len(row) != len(_COLUMNS) or row[0] != "L" or row[7] != currency or not row[1]:
        raise StatementUnreadable(row=number)
    amount_minor = _whole(row[6], row=number)
    try:
        direction = Direction(row[3]) if row[3] else None
        flow, outcome = Flow(row[4]), RailOutcome(row[5])
    except ValueError:
        raise StatementUnreadable(row=number) from None
    if outcome is RailOutcome.FAILED or not 0 < amount_minor <= MAX_MINOR or bool(row[2]) != bool(direction):
        raise StatementUnreadable(row=number)
    return StatementLine(
        line_id=row[1],
        day=day,
        key=row[2],
        direction=direction,
        flow=flow,
        outcome=outcome,
        amount_minor=amount_minor,
        currency=currency,
        account_tail=row[8],
        memo=row[9],
    )


def match_statement(
    *, day: date, orders: Sequence[PaymentOrder], lines: Sequence[StatementLine]
) -> StatementMatch:
    """This function will lay the lines of `day` beside the orders, without changing either.

    `orders` holds every order that a line names and every order settled or returned on `day`. Each line comes out
    exactly once, matched or unmatched; a line that is news for its order is also an outcome to record.
    """
    by_id = {order.id: order for order in orders}
    states = {order.id: order.state for order in orders}
    seen: set[tuple[str, RailOutcome]] = set()
    matched: list[MatchedLine] = []
    unmatched: list[UnmatchedLine] = []
    outcomes: list[OrderOutcome] = []
    for line in lines:
        order = by_id.get(line.key) if line.key else None
        reason = _mismatch(line, order, (line.key, line.outcome) in seen)
        if order is None or reason is not None:
            assert reason is not None
            unmatched.append(UnmatchedLine(line=line, reason=reason, order_id=order.id if order else None))
            continue
        after = hear(states[order.id], OrderNews.of(line.outcome))
        if after is Heard.EARLY or after is Heard.CONTRADICTS:
            unmatched.append(UnmatchedLine(line=line, reason=SuspenseReason.CONTRADICTS, order_id=order.id))
            continue
        seen.add((line.key, line.outcome))
        matched.append(MatchedLine(line=line, order_id=order.id, was_known=after is Heard.KNOWN))
        if isinstance(after, OrderState):
            states[order.id] = after
            outcomes.append(
                OrderOutcome(
                    order_id=order.id,
                    outcome=line.outcome,
                    settled_date=line.day,
                    amount_minor=line.amount_minor,
                )
            )
    return StatementMatch(
        day=day,
        matched=tuple(matched),
        unmatched=tuple(unmatched),
        missing=tuple(_missing(day, orders, seen)),
        outcomes=tuple(outcomes),
    )


def _mismatch(line: StatementLine, order: PaymentOrder | None, seen: bool) -> SuspenseReason | None:
    if order is None:
        return SuspenseReason.NO_ORDER
    if (line.direction, line.amount_minor, line.currency) != (
        order.direction,
        order.amount_minor,
        order.currency,
    ):
        return SuspenseReason.DIFFERS
    if line.flow is not flow_of(order.direction, line.outcome):
        return SuspenseReason.DIFFERS
    settled = order.settled_date if line.outcome is RailOutcome.DONE else order.returned_date
    if settled is not None and settled != line.day:
        return SuspenseReason.OTHER_DAY
    return SuspenseReason.DUPLICATE if seen else None


def _missing(
    day: date, orders: Sequence[PaymentOrder], seen: set[tuple[str, RailOutcome]]
) -> list[MissingOrder]:
    return [
        MissingOrder(
            order_id=order.id, outcome=outcome, amount_minor=order.amount_minor, currency=order.currency
        )
        for order in orders
        for outcome, on in (
            (RailOutcome.DONE, order.settled_date),
            (RailOutcome.RETURNED, order.returned_date),
        )
        if on == day and (order.id, outcome) not in seen
    ]
