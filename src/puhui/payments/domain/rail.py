"""What a payment rail can be asked, and what it can say: the protocol that every adapter keeps.

The rail is an outside party. It knows an order by its key, answers a repeated key with the same answer, and may leave
us without an answer; then the effect may or may not have happened, and only the rail can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Direction(StrEnum):
    """Which way an order moves money."""

    PAYOUT = "payout"  # a disbursement to the customer
    COLLECT = "collect"  # a debit of the customer's account
    REFUND = "refund"  # what she overpaid, back to her account


class RailOutcome(StrEnum):
    """How an accepted order ended at the rail."""

    DONE = "done"  # the money moved
    FAILED = "failed"  # it did not move and never will under this key
    RETURNED = "returned"  # it had moved and came back


class SubmitState(StrEnum):
    """How a submission ended for us."""

    ACCEPTED = "accepted"  # the rail will try; its outcome follows
    REJECTED = "rejected"  # refused at once, for good
    UNKNOWN = "unknown"  # no answer: the effect may have happened


class RailUnknown(Exception):
    """The connection ended without an answer. Not a refusal and not a failure: ask again by the same key."""


class RailBodyDiffers(Exception):
    """A key came back with another body. A bug of ours: an order never changes after it was opened."""


class RailStatementNotReady(Exception):
    """The statement of this day is not out yet; ask again after the day has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the worker hands to the rail for one order. Holds a bare account number: never log or store it."""

    key: str  # the order's id, the rail's idempotency key
    direction: Direction  # which way
    amount_minor: int  # above zero, minor units
    currency: str  # ISO 4217
    account_number: str = field(repr=False)  # bare digits; kept out of every repr


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The rail's answer to a submission."""

    state: SubmitState  # accepted, rejected or unknown
    reason: str = ""  # the rail's own word for a rejection ("body_truncated"); never personal data


@dataclass(frozen=True, slots=True, kw_only=True)
class RailNews:
    """One outcome of an order in the rail's own record."""

    outcome: RailOutcome  # done, failed or returned
    settled_date: date | None  # the rail's business date on which money moved; None when it did not
    reason: str = ""  # the rail's own word for a failure or a return


@dataclass(frozen=True, slots=True, kw_only=True)
class RailView:
    """Everything that the rail knows of one key."""

    key: str  # the order's id
    submitted: Submitted  # accepted or rejected
    outcomes: tuple[
        RailNews, ...
    ]  # what happened since, in that order; a rejection stands here as failed too


class Rail(Protocol):
    """A payment rail. Every method may raise RailUnknown; none may be called inside a transaction."""

    def submit(
        self,
        *,
        key: str,
        direction: Direction,
        amount_minor: int,
        currency: str,
        account_number: str,
        now: datetime,
    ) -> Submitted:
        """This function will ask for one movement; a repeated key gets the first answer and moves nothing."""

    def query(self, *, key: str, now: datetime) -> RailView | None:
        """This function will return what the rail knows of `key`; None: it has never heard of it."""

    def verify_account(self, *, number: str, name: str) -> bool:
        """This function will tell whether the bank holds account `number` under `name`."""

    def statement(self, *, day: date, now: datetime) -> bytes:
        """This function will return the file of all that moved on `day`. Raises: RailStatementNotReady."""

    def due_callbacks(self, *, now: datetime) -> list[tuple[bytes, Mapping[str, str]]]:
        """This function will return (body, headers) of each callback to deliver now (a real rail posts them)."""

    def ack(self, *, callback_id: str) -> None:
        """This function will note that one copy of the callback was taken, so that it is not delivered again."""
