"""Values of partners: clients and what they may do, whom they act for, and how we call them back. Pure.

Sources: RFC 6749 and RFC 9700 (client credentials), the Standard Webhooks specification 1.0.0 (names of headers,
signature, waits between attempts, rotation of secrets).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from puhui.core.refusals import InputRefused, Refusal

ENDPOINTS_MOST = 10  # endpoints of one client at once
URL_LONGEST = 500
NAME_LONGEST = 120
SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification wants 24 to 64
OLD_SECRET_HOURS = 24  # how long the secret before a rotation still signs
TOLERANCE_SECONDS = 300  # a receiver refuses an older or newer timestamp
# Waits before the second, third, … attempt, as the specification proposes; the first is made at once.
WAITS_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
SILENT_AFTER = (
    5  # deliveries given up one after the other, each after ten calls in three days: nobody listens
)
GONE = 410  # the receiver wants to hear nothing more
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


class ScopeUnknown(InputRefused):
    """The scope is not one that a client can have."""

    field = "scopes"


class ClientUnknown(Refusal):
    """There is no such open client."""

    field = "client"
    status = 404


class CustomerKnownElsewhere(Refusal):
    """She was a customer before, by herself or through another partner, so this partner cannot act for her."""

    field = "phone"
    status = 409


class EndpointUnknown(Refusal):
    """There is no such open endpoint of this client."""

    field = "endpoint"
    status = 404


class EndpointClosed(Refusal):
    """A member of staff sends to an endpoint that is closed."""

    field = "endpoint"
    status = 409


class EndpointsTooMany(Refusal):
    """The client has as many endpoints as it may have."""

    field = "url"
    status = 409


class WebhookUrlInvalid(InputRefused):
    """The address cannot be called: not https, a private place, or not an address at all."""

    field = "url"


class DeliveryUnknown(Refusal):
    """There is no such delivery of this client."""

    field = "delivery"
    status = 404


class ClientState(StrEnum):
    """Whether a client may ask for tokens."""

    OPEN = "open"
    CLOSED = "closed"


class EndpointState(StrEnum):
    """Whether an endpoint is called."""

    OPEN = "open"
    CLOSED = "closed"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # an attempt is due, or will be
    DELIVERED = "delivered"  # the receiver answered 2xx
    FAILED = "failed"  # given up: the last attempt failed, or the endpoint is closed


class AttemptOutcome(StrEnum):
    """How an attempt ended."""

    TAKEN = "taken"  # 2xx
    REFUSED = "refused"  # any other answer, or none
    GONE = "gone"  # 410
    LAST = "last"  # refused, and it was the last one


# state × outcome → state. What is not here is a bug: nothing is attempted once a delivery is over.
DELIVERY_TRANSITIONS: dict[tuple[DeliveryState, AttemptOutcome], DeliveryState] = {
    (DeliveryState.WAITING, AttemptOutcome.TAKEN): DeliveryState.DELIVERED,
    (DeliveryState.WAITING, AttemptOutcome.REFUSED): DeliveryState.WAITING,
    (DeliveryState.WAITING, AttemptOutcome.GONE): DeliveryState.FAILED,
    (DeliveryState.WAITING, AttemptOutcome.LAST): DeliveryState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One program that may call us."""

    id: str  # 26 characters; also its OAuth client_id
    name: str  # as people call it
    scopes: frozenset[str]  # what it may ask tokens for
    state: ClientState  # open or closed
    opened_at: datetime  # UTC
    closed_at: datetime | None  # UTC, None while open


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientToken:
    """What a bearer token says."""

    client_id: str  # whose it is
    scopes: frozenset[str]  # what it opens
    expires_at: datetime  # UTC, real time (never the demo's clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A client may act for a login."""

    id: str  # 26 characters
    client_id: str  # who acts
    user_id: int  # for whom
    given_at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address that wants to hear of events."""

    id: str  # 26 characters
    client_id: str  # whose
    url: str  # where to call
    events: tuple[str, ...]  # types of which it wants to hear, as the journeys name them
    description: str  # the partner's own words, may be empty
    state: EndpointState  # open or closed
    opened_at: datetime  # UTC
    rotated_at: datetime | None  # UTC, last change of its secret, None when it never changed
    closed_at: datetime | None  # UTC, None while open


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerEvent:
    """Something that a partner is told."""

    id: str  # 26 characters, the `webhook-id`: the same for every attempt and replay
    client_id: str  # whom we tell
    type: str  # what happened, as the journeys name it ("thing.happened")
    occurred_at: datetime  # UTC
    body: str  # JSON text that is signed and sent, byte for byte the same each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: str  # 26 characters
    event: PartnerEvent  # what is carried
    endpoint_id: str  # where to
    state: DeliveryState  # waiting, delivered or failed
    attempts: int  # made so far
    replay: bool  # whether somebody asked for it again
    opened_at: datetime  # UTC
    next_at: datetime | None  # UTC, when the next attempt is due, None when there is none
    settled_at: datetime | None  # UTC, when it ended, None while it waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of one delivery."""

    seq: int  # 1, 2, …
    at: datetime  # UTC
    status: int | None  # HTTP status of the answer, None when there was none
    error: str  # why there was none, empty otherwise


def parse_scopes(texts: Iterable[str], *, known: Container[str]) -> frozenset[str]:
    """This function will return scopes as a set, each one of those that the API knows. Raises: ScopeUnknown."""
    found = frozenset(texts)
    for one in sorted(found):
        if one not in known:
            raise ScopeUnknown(scope=one)
    return found


def check_url(url: str, *, private_ok: bool) -> str:
    """This function will return an address that may be called.

    https only and no bare private address, unless `private_ok` (the demo). Names are looked at again when they are
    called, for a name may come to point anywhere. Raises: WebhookUrlInvalid(problem).
    """
    if len(url) > URL_LONGEST or not url.isascii() or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise WebhookUrlInvalid(problem="form")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookUrlInvalid(problem="form") from None
    if parts.scheme not in (("https", "http") if private_ok else ("https",)):
        raise WebhookUrlInvalid(problem="scheme")
    if "@" in parts.netloc or parts.fragment or port == 0:
        raise WebhookUrlInvalid(problem="form")
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(shown) or ".." in host:
        raise WebhookUrlInvalid(problem="form")
    if not private_ok and (host == "localhost" or host.endswith((".localhost", ".local", ".internal"))):
        raise WebhookUrlInvalid(problem="private")
    if _is_address(host) and not may_call(host, private_ok=private_ok):
        raise WebhookUrlInvalid(problem="private")
    return url


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit() or host.lower().startswith("0x")
    return True


def may_call(address: str, *, private_ok: bool) -> bool:
    """This function will tell whether an IP address may be called: a public one, or any with `private_ok`.

    Private, loopback, link-local (cloud metadata), multicast, reserved and documentation ranges are not public, nor
    are IPv4 addresses dressed as IPv6.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if private_ok:
        return not found.is_multicast
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inside is not None or found in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def make_secret(raw: bytes) -> str:
    """This function will write an endpoint's secret as the specification wants it: `whsec_` and base64."""
    assert len(raw) == SECRET_BYTES, "a secret has 32 bytes"
    return SECRET_PREFIX + base64.b64encode(raw).decode("ascii")


def sign(*, id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> str:
    """This function will return the `webhook-signature` header: one `v1,<base64>` for each secret, newest first.

    HMAC-SHA-256 over "id.timestamp.body", `timestamp` in seconds since 1970.
    """
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_mac(signed, secret)}" for secret in secrets)


def _mac(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def verify(*, id: str, timestamp: str, signature: str, body: bytes, secret: str, now: datetime) -> bool:
    """This function will tell whether a call is ours, fresh and unaltered: what a receiver checks."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(int(now.timestamp()) - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    try:
        wanted = _mac(f"{id}.{timestamp}.".encode() + body, secret)
    except binascii.Error:
        return False
    given = [part.removeprefix("v1,") for part in signature.split(" ") if part.startswith("v1,")]
    return any([hmac.compare_digest(wanted.encode(), one.encode()) for one in given])


def outcome_of(*, status: int | None, attempt: int) -> AttemptOutcome:
    """This function will judge the answer to the `attempt`-th call (1, 2, …)."""
    if status is not None and 200 <= status < 300:
        return AttemptOutcome.TAKEN
    if status == GONE:
        return AttemptOutcome.GONE
    return AttemptOutcome.LAST if attempt > len(WAITS_SECONDS) else AttemptOutcome.REFUSED


def next_attempt_at(*, attempt: int, now: datetime) -> datetime:
    """This function will return when to call again after the `attempt`-th call (1, 2, …) failed."""
    return now + timedelta(seconds=WAITS_SECONDS[attempt - 1])


def old_secret_until(now: datetime) -> datetime:
    """This function will return until when the secret before a rotation still signs."""
    return now + timedelta(hours=OLD_SECRET_HOURS)


def real_instant(now: datetime, *, offset_seconds: int) -> datetime:
    """This function will take the demo's offset off an instant: a partner's clock is not moved with ours."""
    return now - timedelta(seconds=offset_seconds)


# --- rates: a token bucket that every web process draws from

BUCKET_KEPT = timedelta(hours=1)  # a bucket that nobody drew from for so long is full, as a new one is
TOKEN_KEPT = timedelta(days=1)  # for so long an expired bearer token is told apart from one that never was
TOKEN = 1_000_000  # a token in millionths, so that a slow rate needs no fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRate:
    """How fast a bucket fills, and how much it holds."""

    micro_per_second: int  # millionths of a token that come back in a second
    at_once: int  # tokens of a full bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket at an instant."""

    tokens_micro: int  # millionths of a token in it
    at: datetime  # when it held them


def draw_tokens(bucket: Bucket, *, rate: BucketRate, want: int, now: datetime) -> tuple[Bucket, int, int]:
    """This function will draw up to `want` tokens: (the bucket after it, tokens drawn, whole seconds to wait for one).

    A clock that goes backwards fills nothing and loses nothing. The wait is 0 when any were drawn.
    """
    passed_us = max(0, (now - bucket.at) // timedelta(microseconds=1))
    full = rate.at_once * TOKEN
    tokens = min(full, bucket.tokens_micro + passed_us * rate.micro_per_second // 1_000_000)
    drawn = min(want, tokens // TOKEN)
    left = Bucket(tokens_micro=tokens - drawn * TOKEN, at=max(now, bucket.at))
    wait = 0 if drawn else max(1, -((tokens - TOKEN) // rate.micro_per_second))
    return left, drawn, wait
