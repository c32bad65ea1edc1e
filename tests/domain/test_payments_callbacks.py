"""Callbacks: forged, old, altered, malformed; and those that are right."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.payments.domain import (
    CallbackForged,
    CallbackTooOld,
    CallbackUnreadable,
    RailCallback,
    RailOutcome,
    callback_body,
    parse_callback,
    sign_callback,
    verify_signature,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SECRET = "s" * 64
CALLBACK = RailCallback(
    callback_id="c1",
    order_id="o1",
    outcome=RailOutcome.DONE,
    amount_minor=1_807_51,
    currency="CNY",
    settled_date=date(2026, 11, 20),
    reason="",
)
BODY = callback_body(CALLBACK)


def verify(
    *, body: bytes = BODY, seconds: int = 0, secret: str = SECRET, signature: str | None = None
) -> None:
    timestamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    signed = (
        signature if signature is not None else sign_callback(body=BODY, timestamp=timestamp, secret=SECRET)
    )
    verify_signature(body=body, signature=signed, timestamp=timestamp, secret=secret, now=NOW)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_a_signed_callback_near_our_clock_passes(seconds: int) -> None:
    verify(seconds=seconds)


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_an_old_callback_is_refused(seconds: int) -> None:
    with pytest.raises(CallbackTooOld):
        verify(seconds=seconds)


@pytest.mark.parametrize("signature", ["", "0" * 64, "é" * 64, "f" * 63, "\udce9" * 64])
def test_a_forged_signature_is_refused(signature: str) -> None:
    with pytest.raises(CallbackForged):
        verify(signature=signature)


def test_another_secret_or_an_altered_body_is_refused() -> None:
    with pytest.raises(CallbackForged):
        verify(secret="t" * 64)
    with pytest.raises(CallbackForged):
        verify(body=BODY.replace(b"180751", b"180750"))


def test_a_moved_timestamp_is_refused() -> None:
    """A replay with a fresh timestamp has the old signature."""
    old = str(int((NOW - timedelta(days=1)).timestamp()))
    signature = sign_callback(body=BODY, timestamp=old, secret=SECRET)
    with pytest.raises(CallbackForged):
        verify(signature=signature)


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "１７", "9" * 30])
def test_a_timestamp_that_is_none_is_refused_even_signed(timestamp: str) -> None:
    signature = sign_callback(body=BODY, timestamp=timestamp, secret=SECRET)
    with pytest.raises(CallbackTooOld):
        verify_signature(body=BODY, signature=signature, timestamp=timestamp, secret=SECRET, now=NOW)


def test_what_is_written_is_read() -> None:
    assert parse_callback(BODY) == CALLBACK


WRONG: list[tuple[str, Any, str]] = [
    # member        | value              | named in the refusal
    ("amount_minor", 0, "amount_minor"),
    ("amount_minor", "180751", "amount_minor"),
    ("amount_minor", 1807.51, "amount_minor"),
    ("amount_minor", True, "amount_minor"),
    ("amount_minor", 10**14, "amount_minor"),
    ("currency", "XXX", "currency"),
    ("currency", None, "currency"),
    ("currency", [], "currency"),
    ("outcome", "maybe", "outcome"),
    ("outcome", None, "outcome"),
    ("settled_date", "20.11.2026", "settled_date"),
    ("settled_date", None, "settled_date"),
    ("key", "", "key"),
    ("key", 7, "key"),
    ("key", "x" * 65, "key"),
    ("callback_id", "a\nb", "callback_id"),
    ("reason", None, "reason"),
    ("surprise", 1, "body"),
]


@pytest.mark.parametrize(("member", "value", "named"), WRONG)
def test_a_malformed_member_is_named(member: str, value: Any, named: str) -> None:
    said = json.loads(BODY) | {member: value}
    with pytest.raises(CallbackUnreadable) as refused:
        parse_callback(json.dumps(said).encode())
    assert refused.value.at == named


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b"\xff", BODY[:-1], b"[" * 10_000, BODY + b" " * 20_000]
)
def test_a_body_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackUnreadable):
        parse_callback(body)


def test_a_failure_names_no_date() -> None:
    said = json.loads(BODY) | {"outcome": "failed", "settled_date": None, "reason": "account_closed"}
    assert parse_callback(json.dumps(said).encode()).settled_date is None
    with pytest.raises(CallbackUnreadable):
        parse_callback(json.dumps(said | {"settled_date": "2026-11-20"}).encode())


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    with pytest.raises(CallbackUnreadable):
        parse_callback(body)
