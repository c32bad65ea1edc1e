"""Events: what happened to a loan. Append-only, each with a value date and the instant at which we booked it.

Every event carries the version of its own shape; what was written under an older one is lifted by the table of
upcasters when it is read, so that a position never meets an old shape and the stored bytes never change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from puhui.products.domain import ScheduleRow

SCHEMA_VERSION = 1


class EventKind(Enum):
    """What kind of happening."""

    CANCEL = "cancel"  # it ended before any money went out
    DISBURSE = "disburse"  # the principal was paid out; payload "rows" when on another day than stated
    DISBURSE_RETURNED = "disburse_returned"  # the payout came back: the loan never was
    REPAY = "repay"  # a payment for instalments; payload "through" = last instalment it may settle
    PREPAY = "prepay"  # dues first, the rest lowers the principal and re-levels what remains
    PAYOFF = "payoff"  # closes the loan
    WITHDRAW = "withdraw"  # closes it within the withdrawal days: principal and interest of the days only
    REVERSE = "reverse"  # payload "event_id": that payment never happened
    CREDIT_REFUND = "credit_refund"  # an overpaid amount went back to the customer
    PENALTY_FREEZE = "penalty_freeze"  # payload "from", "until": no penalty for those days, until exclusive
    PENALTY_THAW = "penalty_thaw"  # a freeze ends early: penalties may count again from the value date on
    # From here on semantics version 2 only.
    REFUND = "refund"  # a merchant takes goods back: its money repays the loan, with the interest that it had borne
    CHARGEBACK = "chargeback"  # payload "event_id": what that payment settled is owed again
    FEE = "fee"  # payload "due", "penalty": a charge that falls due on a date
    WAIVE = "waive"  # payload "component": the lender gives up an amount of it
    RATE_CHANGE = "rate_change"  # payload "annual_rate_ppm": another rate from the value date on
    INTEREST_PAUSE = "interest_pause"  # payload "from", "to": no interest for those days, both inclusive
    LATENESS_PAUSE = "lateness_pause"  # payload "from", "to": those days do not count as past due
    MOVE_DUE = "move_due"  # payload "from", "to": one due date moves, the later ones follow
    DEFER = "defer"  # payload "months": all that is not due yet falls due so much later
    EXTEND = "extend"  # payload "count": so many instalments more, levelled again
    RE_AGE = "re_age"  # payload "first_due", "count": what is owed moves into new instalments
    RE_AMORTISE = "re_amortise"  # what is past due moves into the instalments still to come
    CHARGE_OFF = "charge_off"  # given up in the books; she still owes it, and interest ends
    WRITE_OFF = "write_off"  # closed as a loss
    RECOVERY = "recovery"  # money after a write-off
    SALE = "sale"  # the loan goes to another lender; the amount is the price


# What may happen to a loan of a contract of version 1, for ever.
KINDS_V1 = frozenset(
    {
        EventKind.CANCEL,
        EventKind.DISBURSE,
        EventKind.DISBURSE_RETURNED,
        EventKind.REPAY,
        EventKind.PREPAY,
        EventKind.PAYOFF,
        EventKind.WITHDRAW,
        EventKind.REVERSE,
        EventKind.CREDIT_REFUND,
        EventKind.PENALTY_FREEZE,
        EventKind.PENALTY_THAW,
    }
)
PAYMENTS = frozenset({EventKind.REPAY, EventKind.PREPAY, EventKind.PAYOFF, EventKind.WITHDRAW})
STAFF_KINDS = frozenset(EventKind) - KINDS_V1
REVERSIBLE = PAYMENTS | STAFF_KINDS | {EventKind.CREDIT_REFUND}
WITH_AMOUNT = frozenset(  # kinds of version 2 that carry an amount, whether or not money moves
    {
        EventKind.REFUND,
        EventKind.CHARGEBACK,
        EventKind.FEE,
        EventKind.WAIVE,
        EventKind.RECOVERY,
        EventKind.SALE,
    }
)
WITHOUT_MONEY = (STAFF_KINDS - WITH_AMOUNT) | {
    EventKind.CANCEL,
    EventKind.REVERSE,
    EventKind.PENALTY_FREEZE,
    EventKind.PENALTY_THAW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanEvent:
    """One thing that happened to a loan."""

    id: str  # 26 characters, from the key of the act
    loan_id: str  # to which loan
    seq: int  # 1, 2, … in the order of recording; 0 = not recorded (a preview)
    kind: EventKind  # what happened
    value_date: date  # from which date it counts
    booking_date: date  # business date on which it was recorded
    booked_at: datetime  # instant since which we know it
    amount_minor: int  # money moved, minor units; 0 for kinds without money
    payload: Mapping[str, Any] = field(default_factory=dict)  # what the kind needs beside the amount
    schema_version: int = SCHEMA_VERSION  # version of this shape


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

# (kind, version) → how a payload of that version becomes one of the next. Version 1 is the first, so none yet.
UPCASTERS: dict[tuple[EventKind, int], Upcaster] = {}


def upcast(*, kind: EventKind, schema_version: int, payload: dict[str, Any]) -> dict[str, Any]:
    """This function will lift a stored payload to the present shape, one version at a time.

    Raises: AssertionError for a version from the future (the data is newer than the code).
    """
    assert 1 <= schema_version <= SCHEMA_VERSION, f"event schema {schema_version} is newer than this release"
    for version in range(schema_version, SCHEMA_VERSION):
        lift = UPCASTERS.get((kind, version))
        payload = lift(payload) if lift else payload
    return payload


def freeze_payload(*, from_date: date, until_date: date) -> dict[str, Any]:
    """This function will make the payload of a penalty freeze for the days from `from_date` up to, not including,
    `until_date`. Guarantee G7: `from_date` is the day of asking, which bears no penalty itself.
    """
    assert from_date < until_date, "a freeze has at least one day"
    return {"from": from_date.isoformat(), "until": until_date.isoformat()}


def rows_to_payload(rows: tuple[ScheduleRow, ...]) -> list[list[str | int]]:
    """This function will write an instalment table compactly: due, principal, interest, fee, days, of days."""
    return [
        [
            row.due_date.isoformat(),
            row.principal_minor,
            row.interest_minor,
            row.fee_minor,
            row.interest_days,
            row.period_days,
        ]
        for row in rows
    ]


def rows_from_payload(rows: list[list[Any]]) -> tuple[ScheduleRow, ...]:
    """This function will read back what `rows_to_payload` wrote."""
    left = sum(row[1] for row in rows)
    found = []
    for number, (due, principal, interest, fee, days, whole) in enumerate(rows, start=1):
        left -= principal
        found.append(
            ScheduleRow(
                number=number,
                due_date=date.fromisoformat(due),
                principal_minor=principal,
                interest_minor=interest,
                fee_minor=fee,
                balance_minor=left,
                interest_days=days,
                period_days=whole,
            )
        )
    return tuple(found)
