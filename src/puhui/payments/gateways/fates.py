"""What the sandbox rail will do to an order, decided by the order's key alone.

A fate is a function of (seed, key): the same order meets the same faults in every run, in every process, and in a test
that shrinks. Shares are parts per million; no chance, no clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation

MILLION = 1_000_000
_HOUR = 3_600
REJECTIONS = ("insufficient_funds", "account_frozen", "limit_exceeded")
FAILURES = ("insufficient_funds", "account_closed", "bank_unavailable")


class FaultsInvalid(Exception):
    """The setting SANDBOX_RAIL names no known fault, or a share outside 0…1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often the sandbox rail misbehaves, each a share of orders in parts per million."""

    fail: int = 0  # rejected at once, or accepted and failed later, half each
    repeat: int = 0  # each callback delivered twice
    unknown: int = (
        0  # taken, but the connection drops: no answer, no callback; a query answers after the delay
    )
    lost: int = (
        0  # the first submission never arrives: no answer, no effect; a query says "never heard of it"
    )
    silent: int = 0  # taken and answered, but no callback ever comes
    reverse: int = 0  # done, then returned 1 to 48 hours later
    reorder: int = 0  # of those: the return's callback comes before the payment's
    delay: int = 0  # seconds between a submission and its outcome
    seed: int = 1  # changes every fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens to one key."""

    lost: bool  # the first submission never arrives
    dropped: bool  # the answer to the first submission never arrives
    rejected: str  # reason of a rejection at once, "" for none
    failed: str  # reason of a later failure, "" for none
    return_after: int  # seconds from done to returned, 0 for never
    copies: int  # how often each callback is delivered, 0 for never
    return_first: bool  # the callback of the return comes before that of the payment


def parse_faults(text: str) -> Faults:
    """This function will read "fail=0.05,repeat=0.05,delay=30,seed=1". Raises: FaultsInvalid."""
    known = {field.name for field in fields(Faults)}
    values: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in known or name in values:
            raise FaultsInvalid(part)
        try:
            value = Decimal(number)
        except InvalidOperation:
            raise FaultsInvalid(part) from None
        scaled = value if name in {"delay", "seed"} else value * MILLION
        if not value.is_finite() or scaled != scaled.to_integral_value() or scaled < 0:
            raise FaultsInvalid(part)
        if name not in {"delay", "seed"} and scaled > MILLION:
            raise FaultsInvalid(part)
        values[name] = int(scaled)
    return Faults(**values)


def fate_of(faults: Faults, key: str) -> Fate:
    """This function will return what happens to `key` under `faults`."""

    def draw(name: str) -> int:
        digest = hashlib.sha256(f"{faults.seed}|{key}|{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big")

    def hit(name: str, share_ppm: int) -> bool:
        return share_ppm > 0 and draw(name) % MILLION < share_ppm

    fails = hit("fail", faults.fail)
    at_once = fails and draw("fail at once") % 2 == 0
    dropped = hit("unknown", faults.unknown)
    quiet = dropped or hit("silent", faults.silent)
    returned = not fails and hit("reverse", faults.reverse)
    return Fate(
        lost=hit("lost", faults.lost),
        dropped=dropped,
        rejected=REJECTIONS[draw("rejection") % len(REJECTIONS)] if at_once else "",
        failed=FAILURES[draw("failure") % len(FAILURES)] if fails and not at_once else "",
        return_after=_HOUR * (1 + draw("hours") % 48) if returned else 0,
        copies=0 if quiet else 2 if hit("repeat", faults.repeat) else 1,
        return_first=returned and hit("reorder", faults.reorder),
    )
