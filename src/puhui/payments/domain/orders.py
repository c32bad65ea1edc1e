"""Payment orders: one movement of money, its states, and one table of what each piece of news does to it.

An order is opened with the business act that needs it, sent by the worker, and finished by the rail's word. Every
pair of state and news stands in the table: it changes the order, or was known already, or comes too early, or
contradicts what the rail said before. There is no fifth case and no default.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum

from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.payments.domain.rail import Direction, RailOutcome, SubmitState


class OrderOutOfOrder(Refusal):
    """News came before the news that it builds on (a return before the payment). The sender tells it again later."""

    field = "outcome"
    status = 409


class OrderStillUnknown(Refusal):
    """Whether the earlier attempt took effect is not known yet, so a new one could move the money twice."""

    field = "order"
    status = 409


class OrderNotFailed(Refusal):
    """The earlier attempt took effect, so there is nothing to attempt again."""

    field = "order"
    status = 409


class OrderState(StrEnum):
    """Where an order stands, as far as we know."""

    CREATED = "created"  # opened here; the rail has not taken it
    SENT = "sent"  # the rail accepted it
    UNKNOWN = "unknown"  # submitted, no answer: the effect may have happened
    DONE = "done"  # the money moved
    FAILED = "failed"  # no money moved and none will, under this key
    RETURNED = "returned"  # the money moved and came back


class OrderNews(StrEnum):
    """What we can hear about an order."""

    ACCEPTED = "accepted"  # answer to a submission
    REJECTED = "rejected"  # answer to a submission
    UNKNOWN = "unknown"  # a submission without an answer
    ABSENT = "absent"  # answer to a query: the rail has never heard of the key
    DONE = "done"  # callback, query or statement
    FAILED = "failed"  # callback or query
    RETURNED = "returned"  # callback, query or statement

    @classmethod
    def of(cls, word: SubmitState | RailOutcome) -> OrderNews:
        """This function will return the news that the rail's word is."""
        return cls(word.value)


class Heard(Enum):
    """News that changes nothing, and why."""

    KNOWN = "known"  # repeated or late; what it says is already so
    EARLY = "early"  # builds on news that is still to come
    CONTRADICTS = "contradicts"  # cannot be true together with what the rail said before


_KNOWN, _EARLY, _CONTRADICTS = Heard.KNOWN, Heard.EARLY, Heard.CONTRADICTS
_STATES = OrderState

ORDER_TABLE: dict[OrderState, dict[OrderNews, OrderState | Heard]] = {
    OrderState.CREATED: {
        OrderNews.ACCEPTED: _STATES.SENT,
        OrderNews.REJECTED: _STATES.FAILED,
        OrderNews.UNKNOWN: _STATES.UNKNOWN,
        OrderNews.ABSENT: _KNOWN,
        OrderNews.DONE: _STATES.DONE,  # the callback overtook the answer to the submission
        OrderNews.FAILED: _STATES.FAILED,
        OrderNews.RETURNED: _EARLY,
    },
    OrderState.SENT: {
        OrderNews.ACCEPTED: _KNOWN,
        OrderNews.REJECTED: _CONTRADICTS,
        OrderNews.UNKNOWN: _KNOWN,  # a repeat without an answer takes nothing from the first answer
        OrderNews.ABSENT: _CONTRADICTS,
        OrderNews.DONE: _STATES.DONE,
        OrderNews.FAILED: _STATES.FAILED,
        OrderNews.RETURNED: _EARLY,
    },
    OrderState.UNKNOWN: {
        OrderNews.ACCEPTED: _STATES.SENT,
        OrderNews.REJECTED: _STATES.FAILED,
        OrderNews.UNKNOWN: _KNOWN,
        OrderNews.ABSENT: _STATES.CREATED,  # it never arrived: the same order goes out again under the same key
        OrderNews.DONE: _STATES.DONE,
        OrderNews.FAILED: _STATES.FAILED,
        OrderNews.RETURNED: _EARLY,
    },
    OrderState.DONE: {
        OrderNews.ACCEPTED: _KNOWN,
        OrderNews.REJECTED: _CONTRADICTS,
        OrderNews.UNKNOWN: _KNOWN,
        OrderNews.ABSENT: _CONTRADICTS,
        OrderNews.DONE: _KNOWN,
        OrderNews.FAILED: _CONTRADICTS,
        OrderNews.RETURNED: _STATES.RETURNED,
    },
    OrderState.FAILED: {
        OrderNews.ACCEPTED: _KNOWN,  # the callback overtook the answer to the submission
        OrderNews.REJECTED: _KNOWN,
        OrderNews.UNKNOWN: _KNOWN,
        OrderNews.ABSENT: _KNOWN,
        OrderNews.DONE: _CONTRADICTS,
        OrderNews.FAILED: _KNOWN,
        OrderNews.RETURNED: _CONTRADICTS,
    },
    OrderState.RETURNED: {
        OrderNews.ACCEPTED: _KNOWN,
        OrderNews.REJECTED: _CONTRADICTS,
        OrderNews.UNKNOWN: _KNOWN,
        OrderNews.ABSENT: _CONTRADICTS,
        OrderNews.DONE: _KNOWN,
        OrderNews.FAILED: _CONTRADICTS,
        OrderNews.RETURNED: _KNOWN,
    },
}

AUTOPAY = (
    "autopay"  # the purpose of a debit by mandate; such an order always names its mandate and its notice
)
OPEN_STATES = (
    OrderState.CREATED,
    OrderState.SENT,
    OrderState.UNKNOWN,
)  # the rail's last word is still to come


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """One movement of money that we ask the rail for."""

    id: str  # 26 characters; the idempotency key sent to the rail
    direction: Direction  # payout, collect or refund
    amount_minor: int  # above zero, minor units
    currency: str  # ISO 4217
    account_id: str  # the customer's bound account
    customer_id: str  # whose account it is
    loan_id: str | None  # the loan that it serves, if any
    purpose: str  # the journey's word for why ("disburse", "due", "payoff", "autopay", "overpayment")
    mandate_id: str | None  # the mandate of an autopay debit; None when the customer started it herself
    first_id: str  # id of the first attempt (its own id when this is the first)
    attempt: int  # 1, 2, …
    state: OrderState  # where it stands
    reason: str  # the rail's word for a failure or a return, "" otherwise
    created_at: datetime  # when it was opened
    changed_at: datetime  # when its state last changed
    settled_date: date | None  # the rail's business date on which the money moved
    returned_date: date | None  # the rail's business date on which it came back

    @property
    def is_open(self) -> bool:
        """Whether the rail's last word on it is still to come."""
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """One change of an order, from its append-only history."""

    order_id: str  # the order
    seq: int  # 1 when it was opened, then 2, 3, …
    news: str  # what was heard ("opened" for the first)
    before: str  # state before, "" for the first
    after: OrderState  # state after
    reason: str  # the rail's word, "" if none
    at: datetime  # when we recorded it


class DiscrepancyKind(StrEnum):
    """On what the rail and we do not agree."""

    OUT_OF_ORDER = "out_of_order"  # its news contradicts what it said before
    AMOUNT_DIFFERS = "amount_differs"  # a callback names another amount than the order
    MISSING = "missing"  # settled by the rail's word, and not on its statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """An order on which the rail and we do not agree; a person looks at it."""

    id: str  # 26 characters
    kind: DiscrepancyKind  # what differs
    order_id: str  # the order
    state: OrderState  # our state when the news came
    heard: OrderNews  # what the rail said, or for a missing line the outcome that it lacks
    amount_minor: int  # the amount that the rail named, minor units
    currency: str  # ISO 4217
    day: date | None  # the business date that the news names, if any
    reason: str  # the rail's word, "" if none
    recorded_at: datetime  # when we recorded it
    closed_at: datetime | None  # when a person settled it; None: open
    closed_how: str  # what was found ("rail corrected", …), "" while open


def hear(state: OrderState, news: OrderNews) -> OrderState | Heard:
    """This function will return the new state, or why there is none (known, early, contradicts), by the table."""
    return ORDER_TABLE[state][news]


def attempt_id(first_id: str, attempt: int) -> str:
    """This function will return the id of the `attempt`-th order (2, 3, …) for the act that `first_id` began."""
    assert attempt > 1, "the first attempt's id comes from the act's own key"
    return derive_id("payment attempt", first_id, str(attempt))


def check_new_attempt(order: PaymentOrder) -> None:
    """This function will pass when `order` is known to have failed, so that a new attempt cannot move money twice.

    Raises: OrderStillUnknown while the rail's last word is to come; OrderNotFailed when the money moved.
    """
    if order.is_open:
        raise OrderStillUnknown()
    if order.state is not OrderState.FAILED:
        raise OrderNotFailed()
