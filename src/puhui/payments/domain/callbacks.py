"""Callbacks of the rail: signed, dated, strict in form.

A callback is accepted only if its signature covers the very bytes received and its timestamp is near our clock, so that
an old one cannot be replayed. What it says is then judged by the table of orders; a repeat is harmless.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from puhui.core.canonical import canonical_bytes
from puhui.core.money import EXPONENTS, MAX_MINOR
from puhui.core.refusals import InputRefused, Refusal
from puhui.payments.domain.rail import RailOutcome

SIGNATURE_HEADER = "X-Rail-Signature"
TIMESTAMP_HEADER = "X-Rail-Timestamp"
TOLERANCE = timedelta(minutes=5)
MAX_BODY_BYTES = 16_384


class CallbackForged(Refusal):
    """The signature does not belong to this body and timestamp."""

    field = SIGNATURE_HEADER
    status = 401


class CallbackTooOld(Refusal):
    """The timestamp is more than five minutes from our clock."""

    field = TIMESTAMP_HEADER
    status = 401


class CallbackUnreadable(InputRefused):
    """The body is not a callback as agreed with the rail; the instance names the member at fault."""

    field = "body"
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RailCallback:
    """One piece of news that the rail posted."""

    callback_id: str  # the rail's id of this news; a repeat carries the same one
    order_id: str  # the key that we submitted
    outcome: RailOutcome  # done, failed or returned
    amount_minor: int  # what moved (or would have), minor units
    currency: str  # ISO 4217
    settled_date: date | None  # the rail's business date; None for a failure
    reason: str  # the rail's word for a failure or a return, "" otherwise


def sign_callback(*, body: bytes, timestamp: str, secret: str) -> str:
    """This function will return the hex HMAC-SHA256 of "timestamp.body" under `secret`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify_signature(*, body: bytes, signature: str, timestamp: str, secret: str, now: datetime) -> None:
    """This function will pass when `signature` (hex) covers timestamp (Unix seconds) and body, and the time is near.

    The signature is compared in constant time, and before the time, so that a forger learns nothing of our clock.
    Raises: CallbackForged; CallbackTooOld when the timestamp is more than five minutes from `now`, either side.
    """
    assert secret, "the rail's secret is set"
    assert now.tzinfo is not None, "an instant carries its zone"
    # Bytes with a replacement, for compare_digest refuses text beyond ASCII, and a header may hold anything.
    given = signature.strip().lower().encode("utf-8", "replace")
    meant = timestamp.strip().encode("utf-8", "replace").decode("utf-8")
    if not hmac.compare_digest(sign_callback(body=body, timestamp=meant, secret=secret).encode(), given):
        raise CallbackForged()
    if not (meant.isascii() and meant.isdigit() and len(meant) <= 12):
        raise CallbackTooOld(minutes=5)
    if abs(int(meant) - int(now.timestamp())) > TOLERANCE.total_seconds():
        raise CallbackTooOld(minutes=5)


def callback_body(callback: RailCallback) -> bytes:
    """This function will write a callback as the canonical JSON that `parse_callback` reads."""
    return canonical_bytes(
        {
            "callback_id": callback.callback_id,
            "key": callback.order_id,
            "outcome": callback.outcome.value,
            "amount_minor": callback.amount_minor,
            "currency": callback.currency,
            "settled_date": callback.settled_date,
            "reason": callback.reason,
        }
    )


_MEMBERS = {"callback_id", "key", "outcome", "amount_minor", "currency", "settled_date", "reason"}


def parse_callback(body: bytes) -> RailCallback:
    """This function will read a callback's JSON body: exactly the agreed members, each of its type.

    Raises: CallbackUnreadable, with the member at fault.
    """
    try:
        if len(body) > MAX_BODY_BYTES:
            raise ValueError("too long")
        said = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise CallbackUnreadable("body") from None
    if not isinstance(said, dict) or set(said) != _MEMBERS:
        raise CallbackUnreadable("body")
    outcome = _outcome(said["outcome"])
    amount = said["amount_minor"]
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= MAX_MINOR:
        raise CallbackUnreadable("amount_minor")
    if (currency := _text(said, "currency", 0, 64)) not in EXPONENTS:
        raise CallbackUnreadable("currency")
    settled_date = _settled_date(said["settled_date"])
    if (settled_date is None) != (outcome is RailOutcome.FAILED):
        raise CallbackUnreadable("settled_date")
    return RailCallback(
        callback_id=_text(said, "callback_id", 1, 64),
        order_id=_text(said, "key", 1, 64),
        outcome=outcome,
        amount_minor=amount,
        currency=currency,
        settled_date=settled_date,
        reason=_text(said, "reason", 0, 64),
    )


def _text(said: dict[str, object], member: str, shortest: int, longest: int) -> str:
    value = said[member]
    if not isinstance(value, str) or not shortest <= len(value) <= longest or not value.isprintable():
        raise CallbackUnreadable(member)
    return value


def _outcome(value: object) -> RailOutcome:
    try:
        return RailOutcome(str(value))
    except ValueError:
        raise CallbackUnreadable("outcome") from None


def _settled_date(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise CallbackUnreadable("settled_date") from None
