"""The one gate that every message passes: who may be spoken to, now, later or not at all.

Sources of the limits: GB/T 45251-2025 (CN-COL-01 calls a day counted over the lender and all its agents, CN-COL-02
hours in her local time); 12 CFR 1006.6(b), 1006.14(b) (US-05 rolling seven days, US-06 hours). The values come from
the house policy; a hold comes from her request for help or from a dispute (guarantee G7: freeze first).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from puhui.protection.domain import HousePolicy


class ContactPurpose(StrEnum):
    """Why we speak; what holds us back depends on it and on nothing else."""

    SECURITY = "security"  # codes, and what she asks for at this moment
    SERVICE = "service"  # what happened: verdict, money sent, receipt
    REMINDER = "reminder"  # what is coming or missing
    COLLECTION = "collection"  # what is late, by a person or an agent


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeRule:
    """What holds a purpose back."""

    keeps_hours: bool  # waits for the contact window
    counts: bool  # counts towards the caps, and waits when they are reached
    holds: bool  # is stopped by a hold


CONTACT_RULES: dict[ContactPurpose, PurposeRule] = {
    ContactPurpose.SECURITY: PurposeRule(keeps_hours=False, counts=False, holds=False),
    ContactPurpose.SERVICE: PurposeRule(keeps_hours=True, counts=False, holds=False),
    ContactPurpose.REMINDER: PurposeRule(keeps_hours=True, counts=True, holds=True),
    ContactPurpose.COLLECTION: PurposeRule(keeps_hours=True, counts=True, holds=True),
}
COUNTED = tuple(purpose.value for purpose, rule in CONTACT_RULES.items() if rule.counts)


class ContactChannel(StrEnum):
    """By which way we speak."""

    SMS = "sms"
    CALL = "call"


class ContactReason(StrEnum):
    """Why a message waits or does not go out at all."""

    HOLD = "hold"  # she asked for calm, or disputes what it is about
    TOO_LATE = "too_late"  # what it says is no longer true
    HOURS = "hours"  # the contact window is closed
    DAILY_CAP = "daily_cap"  # she has heard from us often enough today
    WEEKLY_CAP = "weekly_cap"  # or in the last seven days


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPolicy:
    """The limits of contact, from the house policy."""

    window: tuple[time, time]  # local opening and closing time; the closing time itself is outside
    daily_cap: int  # counted contacts a local day, all agents together
    weekly_cap: int | None = None  # counted contacts in a rolling 7 days, None = no such limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Outbound pressure rests, from an instant until another or until it is lifted."""

    id: str  # text(26)
    customer_id: str  # whom we leave alone
    reason: str  # "help", "dispute", "court", …
    from_at: datetime  # UTC, first instant
    until: datetime | None  # UTC, first instant no longer held; None = until lifted
    lifted_at: datetime | None = None  # UTC, when it was lifted early; None = it was not

    def active(self, at: datetime) -> bool:
        """Tell whether the hold is in force at an instant (half open)."""
        ends = [end for end in (self.until, self.lifted_at) if end is not None]
        return self.from_at <= at and all(at < end for end in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """It may go out now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """It may not go out now; ask again at `until`."""

    until: datetime  # UTC, the next opening of the window
    reason: ContactReason  # hours, or a cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """It does not go out."""

    reason: ContactReason  # hold, or too late


ContactDecision = Allowed | Deferred | Blocked


def contact_policy(house: HousePolicy) -> ContactPolicy:
    """This function will return the limits of contact that a house policy states."""
    return ContactPolicy(
        window=house.contact_window,
        daily_cap=house.contact_daily_cap,
        weekly_cap=house.contact_weekly_cap,
    )


def decide_contact(
    *,
    purpose: ContactPurpose,
    channel: ContactChannel,
    now: datetime,
    zone: str,
    policy: ContactPolicy,
    sent_today: int,
    holds: Sequence[Hold],
    sent_in_7_days: int = 0,
    expires_at: datetime | None = None,
) -> ContactDecision:
    """This function will decide whether a message may go out at `now`, in this order: too late, hold, caps, hours.

    `zone` is the debtor's own. `sent_today` counts contacts of counted purposes in her local day, `sent_in_7_days`
    those of the last seven times 24 hours; both over the lender and all its agents, on every channel. `channel` does
    not change the answer today: the strictest count (all channels together) serves each. A deferred message is
    decided again at its instant.
    """
    assert now.tzinfo is not None
    rule = CONTACT_RULES[purpose]
    if expires_at is not None and now >= expires_at:
        return Blocked(reason=ContactReason.TOO_LATE)
    if rule.holds and any(hold.active(now) for hold in holds):
        return Blocked(reason=ContactReason.HOLD)
    if rule.counts and sent_today >= policy.daily_cap:
        return Deferred(until=_opening(now, zone, policy, tomorrow=True), reason=ContactReason.DAILY_CAP)
    if rule.counts and policy.weekly_cap is not None and sent_in_7_days >= policy.weekly_cap:
        return Deferred(until=_opening(now, zone, policy, tomorrow=True), reason=ContactReason.WEEKLY_CAP)
    if rule.keeps_hours and not _is_open(now, zone, policy):
        return Deferred(until=_opening(now, zone, policy, tomorrow=False), reason=ContactReason.HOURS)
    return Allowed()


def _is_open(now: datetime, zone: str, policy: ContactPolicy) -> bool:
    opens, closes = policy.window
    return opens <= now.astimezone(ZoneInfo(zone)).time() < closes


def _opening(now: datetime, zone: str, policy: ContactPolicy, *, tomorrow: bool) -> datetime:
    """Return the next opening after `now`, or (`tomorrow`) the first one of a later local day."""
    local = now.astimezone(ZoneInfo(zone))
    opens = policy.window[0]
    days = 1 if tomorrow or local.time() >= opens else 0
    return datetime.combine(local.date() + timedelta(days=days), opens, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local_day(now: datetime, *, zone: str) -> tuple[datetime, datetime]:
    """This function will return the first instant of the local day of `now` and of the next one, UTC."""
    tz = ZoneInfo(zone)
    day = now.astimezone(tz).date()
    first = datetime.combine(day, time(0, 0), tzinfo=tz)
    last = datetime.combine(day + timedelta(days=1), time(0, 0), tzinfo=tz)
    return first.astimezone(UTC), last.astimezone(UTC)
