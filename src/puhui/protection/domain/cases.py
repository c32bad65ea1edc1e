"""Cases: a complaint, a question or a request for help, with a number, a clock and everything that happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from puhui.core.refusals import Refusal

TEXT_MAX = 2000  # characters of one text; more belongs into a second note


class CaseKind(StrEnum):
    """What she wants."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    HELP = "help"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # received, nobody has it yet
    IN_WORK = "in_work"  # with a person
    CLOSED = "closed"  # answered
    WITHDRAWN = "withdrawn"  # taken back by her


class CaseAct(StrEnum):
    """What happened to a case; each is one row of its history."""

    OPENED = "opened"
    TAKEN = "taken"
    NOTED = "noted"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class CaseOutcome(StrEnum):
    """How a case ended."""

    UPHELD = "upheld"  # she was right
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"
    ANSWERED = "answered"  # a question
    HELPED = "helped"  # a request for help


class CaseParty(StrEnum):
    """Who acted."""

    CUSTOMER = "customer"
    STAFF = "staff"
    HOUSE = "house"  # the platform itself


CASE_TRANSITIONS: dict[tuple[CaseState, CaseAct], CaseState] = {
    (CaseState.OPEN, CaseAct.TAKEN): CaseState.IN_WORK,
    (CaseState.OPEN, CaseAct.NOTED): CaseState.OPEN,
    (CaseState.OPEN, CaseAct.CLOSED): CaseState.CLOSED,
    (CaseState.OPEN, CaseAct.WITHDRAWN): CaseState.WITHDRAWN,
    (CaseState.IN_WORK, CaseAct.TAKEN): CaseState.IN_WORK,  # handed to another person
    (CaseState.IN_WORK, CaseAct.NOTED): CaseState.IN_WORK,
    (CaseState.IN_WORK, CaseAct.CLOSED): CaseState.CLOSED,
    (CaseState.IN_WORK, CaseAct.WITHDRAWN): CaseState.WITHDRAWN,
}


class CaseOver(Refusal):
    """The case is closed or withdrawn; nothing can be added to it."""

    field = "case"
    status = 409


class CaseTextMissing(Refusal):
    """There is nothing in the text."""

    field = "text"


class CaseTextTooLong(Refusal):
    """The text has more characters than one note holds."""

    field = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One complaint, question or request for help, as it stands."""

    id: str  # text(26)
    number: str  # what people read aloud: C-1126-083, the 83rd of November 2026
    customer_id: str  # whose
    kind: CaseKind  # complaint, question or help
    about: str  # what it is about, a free reference ("loan:…", "application:…"), may be empty
    text: str  # what she wrote first; sealed at rest
    state: CaseState  # where it stands
    hold: bool  # whether outbound pressure rests while it is open
    opened_at: datetime  # UTC
    due_at: datetime  # UTC, the last second in which we keep our word
    handler: str  # who has it, empty while nobody does
    outcome: CaseOutcome | None  # how it ended, None while it has not
    closed_at: datetime | None  # UTC, end; None while it has none

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.state in {CaseState.CLOSED, CaseState.WITHDRAWN}

    def is_late(self, now: datetime) -> bool:
        """Tell whether we are behind our own clock."""
        return not self.is_over and now > self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One thing that happened to a case."""

    id: str  # text(26)
    case_id: str  # which case
    seq: int  # 1, 2, … in order
    act: CaseAct  # what happened
    by: CaseParty  # who acted
    author: str  # the person's name or login where staff acted, else empty
    text: str  # what was said; sealed at rest, may be empty
    at: datetime  # UTC


def next_state(case: Case, act: CaseAct) -> CaseState:
    """This function will return the state after `act`. Raises: CaseOver when the table knows no such step."""
    try:
        return CASE_TRANSITIONS[case.state, act]
    except KeyError:
        raise CaseOver(number=case.number) from None


def clean_text(text: str, *, required: bool) -> str:
    """This function will strip a typed text. Raises: CaseTextMissing, CaseTextTooLong."""
    cleaned = text.strip()
    if required and not cleaned:
        raise CaseTextMissing()
    if len(cleaned) > TEXT_MAX:
        raise CaseTextTooLong(maximum=TEXT_MAX)
    return cleaned


def case_month(opened_at: datetime, *, zone: str) -> str:
    """This function will return the month of a case number, MMYY in the lender's zone ("1126")."""
    return f"{opened_at.astimezone(ZoneInfo(zone)):%m%y}"


def case_number(month: str, sequence: int) -> str:
    """This function will return a case number, e.g. C-1126-083."""
    return f"C-{month}-{sequence:03d}"
