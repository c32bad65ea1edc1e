"""The books held against everything else: each control account rebuilt from positions, orders, statements, suspense.

A difference is a bug or a fraud, never rounding: every figure is a whole minor unit. Run at the end of a day, after the
simulation, and by every journey test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from puhui.core.ids import derive_id
from puhui.journeys.refund import LATE
from puhui.journeys.staff_payment import BY_STAFF
from puhui.ledger.queries import find_last_date, get_trial_balance
from puhui.loans.domain import EventKind, LoanEvent, balances, standing
from puhui.loans.domain.postings import ACCRUED, EARNED
from puhui.loans.queries import get_accrued, list_events, list_loan_ids, list_positions
from puhui.payments.domain import Direction, OrderState, PaymentOrder
from puhui.payments.queries import get_suspense_balance, list_order_page, list_statement_days

PAGE = 500
LOAN_CONTROLS = ("1004", "1301", "1302", "4001", "4002", "4003", "4004", "4005", "5001", "5002", "5003")
CONTROLS = (
    "1001",
    "1002",
    "1003",
    "1004",
    "1301",
    "1302",
    "2001",
    "2002",
    "4001",
    "4002",
    "4003",
    "4004",
    "4005",
    "5001",
    "5002",
    "5003",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control account: what the ledger says and what everything else says."""

    code: str  # account of the chart
    ledger_minor: int  # debits less credits in the ledger, minor units
    rebuilt_minor: int  # the same figure rebuilt, minor units

    @property
    def agrees(self) -> bool:
        """Whether both are the same to the minor unit."""
        return self.ledger_minor == self.rebuilt_minor


def tie_out(*, currency: str, as_of: date) -> tuple[Control, ...]:
    """This function will return every control account with its rebuilt figure, as of the end of `as_of` (today)."""
    ledger = {row.account.code: row.balance_minor for row in get_trial_balance() if row.currency == currency}
    rebuilt: defaultdict[str, int] = defaultdict(int)
    _add_positions(rebuilt, as_of)
    _add_accruals(rebuilt, as_of)
    _add_orders(rebuilt, currency)
    for day in list_statement_days():
        rebuilt["1001"] += day.in_minor - day.out_minor
    rebuilt["2001"] -= get_suspense_balance(currency=currency)
    return tuple(
        Control(code=code, ledger_minor=ledger.get(code, 0), rebuilt_minor=rebuilt[code]) for code in CONTROLS
    )


def tie_out_loans(*, currency: str, as_of: date) -> tuple[Control, ...]:
    """This function will return the accounts that only loans move, at the end of any business date: what the books of
    that date say, and the same rebuilt from positions that know what was booked by then. The accrual is that of the
    last date that the day run has posted.
    """
    ledger = {
        row.account.code: row.balance_minor
        for row in get_trial_balance(as_of=as_of)
        if row.currency == currency
    }
    rebuilt: defaultdict[str, int] = defaultdict(int)
    _add_positions(rebuilt, as_of, booked_by=as_of)
    _add_accruals(rebuilt, as_of)
    return tuple(
        Control(code=code, ledger_minor=ledger.get(code, 0), rebuilt_minor=rebuilt[code])
        for code in LOAN_CONTROLS
    )


def differences(*, currency: str, as_of: date) -> list[Control]:
    """This function will return the control accounts that do not agree: none, unless something is wrong."""
    return [one for one in tie_out(currency=currency, as_of=as_of) if not one.agrees]


def _pages() -> Iterator[list[str]]:
    after = ""
    while ids := list_loan_ids(after=after, limit=PAGE):
        yield ids
        after = ids[-1]


def _add_accruals(rebuilt: defaultdict[str, int], as_of: date) -> None:
    day = find_last_date(stem="accrual", until=as_of)
    if day is not None:
        rebuilt[ACCRUED] = get_accrued(as_of=day)
        rebuilt[EARNED] = -rebuilt[ACCRUED]


def _add_positions(rebuilt: defaultdict[str, int], as_of: date, booked_by: date | None = None) -> None:
    for ids in _pages():
        for position in list_positions(loan_ids=ids, as_of=as_of, booked_by=booked_by).values():
            for code, amount in balances(position).items():
                rebuilt[code] += amount


def _orders() -> Iterator[PaymentOrder]:
    after = ""
    while page := list_order_page(after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _add_orders(rebuilt: defaultdict[str, int], currency: str) -> None:
    """What moved by the rail's word and is not on a recorded statement is in transit; what no loan took is owed."""
    recorded = {day.day for day in list_statement_days()}
    for order in _orders():
        if order.currency != currency:
            continue
        account = "1003" if order.direction is Direction.COLLECT else "1002"
        sign = 1 if order.direction is Direction.COLLECT else -1
        if order.settled_date is not None and order.settled_date not in recorded:
            rebuilt[account] += sign * order.amount_minor
        if order.returned_date is not None and order.returned_date not in recorded:
            rebuilt[account] -= sign * order.amount_minor
        rebuilt["2002"] -= _untaken(order)


def _untaken(order: PaymentOrder) -> int:
    """Cash of hers that no loan event explains: a payment after the end, less what went back to her."""
    if order.direction is Direction.REFUND:
        return -order.amount_minor if order.purpose == LATE and order.state is OrderState.DONE else 0
    if order.state not in (OrderState.DONE, OrderState.RETURNED) or order.loan_id is None:
        return 0
    events = list_events(loan_id=order.loan_id)
    names = {event.id for event in events}
    taken = derive_id("event", order.id) in names
    if order.direction is Direction.PAYOUT:
        kept = order.state is OrderState.RETURNED and derive_id("event", order.id, "returned") not in names
        return order.amount_minor if kept else 0
    if order.state is OrderState.DONE:
        return 0 if taken and not _taken_off(order, events) else order.amount_minor
    mine, counted = derive_id("event", order.id), standing(events)
    stands = mine in {event.id for event in counted}
    charged_back = any(
        one.kind is EventKind.CHARGEBACK and one.payload["event_id"] == mine for one in counted
    )
    return -order.amount_minor if stands and not charged_back else 0


def _taken_off(order: PaymentOrder, events: Sequence[LoanEvent]) -> bool:
    """Whether two people took the payment off its loan, so that it is owed to her."""
    mine = derive_id("event", order.id)
    return any(
        event.payload.get("event_id") == mine and event.payload.get("why") == BY_STAFF
        for event in events
        if event.kind is EventKind.REVERSE
    )
