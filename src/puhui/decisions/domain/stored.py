"""Applications and decisions as they are kept: the values that queries return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.core.refusals import Refusal
from puhui.decisions.domain.application import ApplicationInput, ApplicationState
from puhui.decisions.domain.values import Decision, DecisionInput


class ApplicationUnknown(Refusal):
    """There is no such application of this person."""

    status = 404


class AnotherApplicationOpen(Refusal):
    """The person has another request that is still open; one at a time."""

    status = 409


class DecisionUnknown(Refusal):
    """There is no such decision."""

    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A request as it stands."""

    id: str  # text(26)
    number: str  # what people read aloud, "A-20261120-7F3AKQ"
    customer_id: str  # who asks
    state: ApplicationState  # draft, submitted or decided
    fields: dict[str, str]  # as typed
    submitted: ApplicationInput | None  # as figures, None while a draft
    opened_at: datetime  # UTC
    saved_at: datetime  # UTC, last change of a typed field
    submitted_at: datetime | None  # UTC
    decided_at: datetime | None  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationEvent:
    """One transition of a request."""

    application_id: str  # which
    seq: int  # 1, 2, … in order
    act: str  # "open", "submit" or "decide"
    state: ApplicationState  # after it
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision as it is kept."""

    id: str  # text(26)
    number: str  # what people read aloud, "D-20261120-7F3AKQ"
    application_id: str  # of which request
    customer_id: str  # about whom
    input: DecisionInput  # everything that it saw
    decision: Decision  # everything that came out
    input_hash: str  # SHA-256 of the canonical input
    output_hash: str  # SHA-256 of the canonical output
    decided_at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """A decision in a list: nothing to be decoded."""

    id: str  # text(26)
    number: str  # what people read aloud
    application_id: str  # of which request
    customer_id: str  # about whom
    verdict: str  # "approved", "declined" or "referred"
    grade: str  # of the risk
    points: int  # score
    limit_minor: int  # what could be lent at most
    annual_rate_ppm: int  # contract rate
    decided_at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFigures:
    """What the portfolio counts of a decision."""

    application_id: str  # of which request
    verdict: str  # "approved", "declined" or "referred"
    points: int  # score
    annual_rate_ppm: int  # contract rate
    decided_at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionScore:
    """What monitoring counts of a decision."""

    application_id: str  # of which request
    customer_id: str  # about whom
    verdict: str  # "approved", "declined" or "referred"
    points: int  # score
    pd_ppm: int | None  # probability of default that was said; None for a scorecard that is not known here
    annual_rate_ppm: int  # contract rate
    decided_at: datetime  # UTC
