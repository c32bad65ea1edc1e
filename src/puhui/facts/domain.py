"""Facts: what is known about a person, when it was true, when we learnt it, from whom, and with whose consent.

Two times, because a decision is judged by what was known when it was made: `event_at` is when the fact was true,
`known_at` when we learnt it. A fact is never changed; a better one is learnt later and stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from puhui.core.refusals import Refusal

FactValue = int | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing known about one person."""

    customer_id: str  # whom it is about
    name: str  # e.g. "bureau.inq_last_6mths"; a unit stands at its end (_minor, _permille, _percent)
    value: FactValue  # never a float: a scaled integer with its unit in the name
    event_at: datetime  # when it was true, UTC
    known_at: datetime  # when we learnt it, UTC; never before event_at
    source: str  # from whom, e.g. "sandbox-bureau"
    purpose: str  # for what we may use it, a consent purpose
    consent_id: str  # the consent under which it came, "" where the contract itself is the ground


class BureauHit(Enum):
    """How much a bureau knows."""

    HIT = "hit"  # a full file
    THIN = "thin"  # a short one: some columns only
    NONE = "none"  # nobody of that number


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauAnswer:
    """What a credit bureau answered."""

    hit: BureauHit  # how much it knows
    fields: dict[str, int | str]  # column → value, scaled integers; only what it knows
    report_id: str  # the bureau's own number of the report


class Bureau(Protocol):
    """A credit bureau, ours or a provider's."""

    source: str  # how its facts are marked

    def report(self, *, number: str, consent_id: str, now: datetime) -> BureauAnswer:
        """Ask for the report of the person with this identity number, under a consent of hers."""


class BureauConsentMissing(Refusal):
    """The bureau is not asked without the person's own consent to it."""

    field = "credit_report"
    status = 403


class BureauUnavailable(Exception):
    """The bureau did not answer. Not a refusal of anybody: the worker asks again later under the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """What the sources of the second scan answered: only what was asked, and of that what they know."""

    facts: dict[str, int | str]  # "scan.identity", "scan.open_lenders", …: scaled integers and words
    report_id: str  # the source's own number of the answer


class ScanSource(Protocol):
    """Identity, watch lists and lenders as they are today, ours or a provider's."""

    source: str  # how its facts are marked

    def look(self, *, number: str, lenders: bool, now: datetime) -> ScanReport:
        """Ask about the person with this identity number; about her other lenders only where she agreed to it."""


class ScanSourceUnavailable(Exception):
    """The source did not answer. The worker asks again later; no money leaves meanwhile."""


class FactConsentMissing(Refusal):
    """A fact may not be kept without the consent that its purpose needs."""

    field = "consent"
    status = 403


def facts_of_report(
    answer: BureauAnswer, *, customer_id: str, source: str, consent_id: str, now: datetime
) -> list[Fact]:
    """This function will turn a bureau's answer into facts, one a column, and one that says how much it knows."""
    values: dict[str, int | str] = {"hit": answer.hit.value, **answer.fields}
    return [
        Fact(
            customer_id=customer_id,
            name=f"bureau.{name}",
            value=value,
            event_at=now,
            known_at=now,
            source=source,
            purpose="credit_report",
            consent_id=consent_id,
        )
        for name, value in values.items()
    ]


# Facts of the second scan rest on one of two consents of hers.
SCAN_PURPOSES = {
    "scan.identity": "identity",
    "scan.watch": "identity",
    "scan.open_lenders": "credit_report",
    "scan.new_lenders_30d": "credit_report",
    "scan.requests_7d": "credit_report",
    "scan.instalments_minor": "credit_report",
}


def facts_of_scan(
    report: ScanReport, *, customer_id: str, source: str, consent_ids: Mapping[str, str], now: datetime
) -> list[Fact]:
    """This function will turn an answer into facts, each under the consent (by purpose) that it rests on; what has no
    purpose here, or no consent, is not kept.
    """
    return [
        Fact(
            customer_id=customer_id,
            name=name,
            value=value,
            event_at=now,
            known_at=now,
            source=source,
            purpose=SCAN_PURPOSES[name],
            consent_id=consent_ids[SCAN_PURPOSES[name]],
        )
        for name, value in report.facts.items()
        if name in SCAN_PURPOSES and SCAN_PURPOSES[name] in consent_ids
    ]


def latest_known(facts: Iterable[Fact], *, known_at: datetime) -> dict[str, Fact]:
    """This function will return, by name, the fact learnt last at or before `known_at` (then the one true last)."""
    latest: dict[str, Fact] = {}
    for one in facts:
        if one.known_at > known_at:
            continue
        other = latest.get(one.name)
        if other is None or (one.known_at, one.event_at) >= (other.known_at, other.event_at):
            latest[one.name] = one
    return latest
