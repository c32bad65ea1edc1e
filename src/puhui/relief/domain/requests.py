"""What is stored of relief: a request with its state, what was offered for it, and what she agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from puhui.core.refusals import InputRefused, Refusal
from puhui.protection.domain import last_instant
from puhui.relief.domain.budget import HouseholdBudget
from puhui.relief.domain.policy import CAUSES
from puhui.relief.domain.solve import ReliefAnswer, ReliefCard


class RequestState(StrEnum):
    """Where a request for relief stands."""

    ASKED = "asked"  # held and frozen; the budget is still to come
    OFFERED = "offered"  # options are shown
    AGREED = "agreed"  # she signed one
    CLOSED = "closed"  # she went on without a change, or the loan ended


class RequestAct(StrEnum):
    """What happened to a request; each is one row of its history."""

    ASK = "ask"
    CAUSE = "cause"  # she corrected what happened
    OFFER = "offer"  # a budget was given, or a person granted a plan: options were worked out
    AGREE = "agree"
    CLOSE = "close"


class AgreementState(StrEnum):
    """Where a relief agreement stands."""

    RUNNING = "running"  # it is being paid
    BROKEN = "broken"  # a payment of it is missing for longer than the days of patience
    KEPT = "kept"  # all of it is paid
    REPLACED = "replaced"  # a new agreement took its place


class AgreementAct(StrEnum):
    """What happened to an agreement; each is one row of its history."""

    SIGN = "sign"
    BREAK = "break"
    MEND = "mend"  # what was missing has come
    CONFIRM = "confirm"  # she said that the income is back on which payments rest
    WAIT = "wait"  # she did not, and the payments wait a month
    PUT_OFF = "put_off"  # she lets the payments wait a month, on her word alone
    KEEP = "keep"
    REPLACE = "replace"


_OPEN = (RequestState.ASKED, RequestState.OFFERED)
REQUEST_TRANSITIONS: dict[tuple[RequestState | None, RequestAct], RequestState] = {
    (None, RequestAct.ASK): RequestState.ASKED,
    (RequestState.ASKED, RequestAct.CAUSE): RequestState.ASKED,
    (RequestState.OFFERED, RequestAct.CAUSE): RequestState.OFFERED,
    **{(one, RequestAct.OFFER): RequestState.OFFERED for one in _OPEN},
    (RequestState.OFFERED, RequestAct.AGREE): RequestState.AGREED,
    **{(one, RequestAct.CLOSE): RequestState.CLOSED for one in _OPEN},
}
_LIVE = (AgreementState.RUNNING, AgreementState.BROKEN)
AGREEMENT_TRANSITIONS: dict[tuple[AgreementState | None, AgreementAct], AgreementState] = {
    (None, AgreementAct.SIGN): AgreementState.RUNNING,
    (AgreementState.RUNNING, AgreementAct.BREAK): AgreementState.BROKEN,
    (AgreementState.BROKEN, AgreementAct.MEND): AgreementState.RUNNING,
    (AgreementState.RUNNING, AgreementAct.CONFIRM): AgreementState.RUNNING,
    (AgreementState.RUNNING, AgreementAct.WAIT): AgreementState.RUNNING,
    (AgreementState.RUNNING, AgreementAct.PUT_OFF): AgreementState.RUNNING,
    **{(one, AgreementAct.KEEP): AgreementState.KEPT for one in _LIVE},
    **{(one, AgreementAct.REPLACE): AgreementState.REPLACED for one in _LIVE},
}


class ReliefRequestOver(Refusal):
    """The request is agreed or closed; a new one can be made."""

    field = "request"
    status = 409


class ReliefAgreementOver(Refusal):
    """The agreement has ended, or does not stand where the act asks for."""

    field = "agreement"
    status = 409


class ReliefNothingWaits(Refusal):
    """No payment of the agreement waits for her word that the income is back."""

    field = "agreement"
    status = 409


class ReliefCannotWait(Refusal):
    """No payment of the agreement can wait now on her word."""

    field = "agreement"
    status = 409


class ReliefWaitsSpent(Refusal):
    """All months of waiting that the agreement has are used up."""

    field = "agreement"
    status = 409


class ReliefCauseUnknown(InputRefused):
    """What happened is not one of the causes."""

    field = "cause"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefRequest:
    """One request for relief for one loan."""

    id: str  # text(26)
    case_id: str  # the request for help that froze
    customer_id: str  # whose
    loan_id: str  # for which loan
    cause: str  # one of CAUSES
    state: RequestState  # where it stands
    opened_at: datetime  # UTC

    @property
    def is_open(self) -> bool:
        """Whether options may still be worked out or signed."""
        return self.state in _OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefOffer:
    """Options as they were worked out once. They bind until `valid_until`, while the loan stays as it was."""

    id: str  # text(26)
    request_id: str  # for which request
    customer_id: str  # whose
    loan_id: str  # of which loan
    on_date: date  # business date for which every figure holds, whenever she signs
    event_count: int  # events that the loan had
    cause: str  # by which months were judged
    budget: HouseholdBudget  # as she gave it
    answer: ReliefAnswer  # cards, no change, and some of what is refused
    policy_version: str  # of the relief policy
    policy_sha256: str  # content hash of its text
    granted_by: str  # approval by two people that granted its last card, "" = none
    made_at: datetime  # UTC
    valid_until: datetime  # UTC, last second

    def cards(self) -> tuple[ReliefCard, ...]:
        """Return what may be signed, in the order shown."""
        return self.answer.cards


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefAgreement:
    """One signed plan."""

    id: str  # text(26)
    number: str  # what people read aloud
    request_id: str  # for which request
    offer_id: str  # out of which options
    customer_id: str  # whose
    loan_id: str  # of which loan
    card: int  # which option, from 0
    total_minor: int  # all that is to pay from its date on, minor units
    draw_minor: int  # taken from the waiver pool, minor units
    text_sha256: str  # signed text, a blob
    language: str  # of the signed text
    state: AgreementState  # where it stands
    signed_at: datetime  # UTC


def next_request_state(state: RequestState | None, act: RequestAct) -> RequestState:
    """This function will return where a request stands after an act. Raises: ReliefRequestOver."""
    try:
        return REQUEST_TRANSITIONS[state, act]
    except KeyError:
        raise ReliefRequestOver() from None


def next_agreement_state(state: AgreementState | None, act: AgreementAct) -> AgreementState:
    """This function will return where an agreement stands after an act. Raises: ReliefAgreementOver."""
    try:
        return AGREEMENT_TRANSITIONS[state, act]
    except KeyError:
        raise ReliefAgreementOver() from None


def parse_cause(cause: str) -> str:
    """This function will return a cause of hardship. Raises: ReliefCauseUnknown."""
    if cause not in CAUSES:
        raise ReliefCauseUnknown(causes=", ".join(CAUSES))
    return cause


def offer_ends(now: datetime, *, calm_until: datetime | None, valid_days: int, zone: str) -> datetime:
    """This function will return the last second in which options bind: as many days as a quote, but not beyond the calm in
    which penalties rest (`calm_until`: its first instant no longer calm); without calm, the end of the day.
    """
    tonight = last_instant(now, days=0, zone=zone)
    if calm_until is None:
        return tonight
    return max(tonight, min(last_instant(now, days=valid_days, zone=zone), calm_until - timedelta(seconds=1)))


def talk_ends(now: datetime, *, days: int, zone: str) -> datetime:
    """This function will return the first instant after the days in which nobody else writes to her of a broken plan."""
    return last_instant(now, days=days, zone=zone) + timedelta(seconds=1)
