"""The line as a value, its states, and what each act does to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from puhui.core.refusals import Refusal


class LineExceeded(Refusal):
    """The draw is more than what is available on the line."""

    field = "amount"


class LineExpired(Refusal):
    """The line's last day has passed."""

    field = "line"


class LineFrozen(Refusal):
    """The line is frozen; nothing can be drawn until it is released."""

    field = "line"


class LineClosed(Refusal):
    """The line is closed for good."""

    field = "line"


class LineActNotAllowed(Refusal):
    """The line's state does not allow this act."""

    field = "line"
    status = 409


class LineState(StrEnum):
    """Where a line stands. Expiry is a date, not a state: it needs no job to happen."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class LineAct(StrEnum):
    """What can happen to a line; the kinds of its history."""

    GRANT = "grant"
    USE = "use"
    RESTORE = "restore"
    FREEZE = "freeze"
    RELEASE = "release"
    CLOSE = "close"


# state × act → state. What is not here is refused.
TRANSITIONS: dict[tuple[LineState, LineAct], LineState] = {
    (LineState.ACTIVE, LineAct.USE): LineState.ACTIVE,
    (LineState.ACTIVE, LineAct.RESTORE): LineState.ACTIVE,
    (LineState.ACTIVE, LineAct.FREEZE): LineState.FROZEN,
    (LineState.ACTIVE, LineAct.CLOSE): LineState.CLOSED,
    (LineState.FROZEN, LineAct.RESTORE): LineState.FROZEN,
    (LineState.FROZEN, LineAct.RELEASE): LineState.ACTIVE,
    (LineState.FROZEN, LineAct.CLOSE): LineState.CLOSED,
    (LineState.CLOSED, LineAct.RESTORE): LineState.CLOSED,  # money drawn before the close still comes back
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A customer's granted limit."""

    id: str  # 26 characters
    customer_id: str  # whose
    product_id: str  # what can be drawn under it
    decision_id: str  # the decision that granted it
    currency: str  # ISO 4217
    limit_minor: int  # granted maximum, minor units
    used_minor: int  # principal drawn and not yet repaid, minor units
    annual_rate_ppm: int  # nominal contract rate of a draw, millionths
    grade: str  # risk grade of the decision
    granted_at: datetime  # when
    expires_on: date  # last business date on which it can be drawn
    state: LineState  # where it stands

    @property
    def available_minor(self) -> int:
        """What can still be drawn, minor units; never negative."""
        return max(self.limit_minor - self.used_minor, 0)

    def is_open(self, on_date: date) -> bool:
        """This function will tell whether the line can be drawn on a business date at all."""
        return self.state is LineState.ACTIVE and on_date <= self.expires_on


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEvent:
    """One entry of a line's history."""

    line_id: str  # which line
    act: LineAct  # what happened
    amount_minor: int  # used or restored amount, or the limit of a grant; 0 for the rest
    used_after_minor: int  # used once this had happened
    source: str  # what caused it: an order, an event, a case; once per line and act
    reason: str  # reason code, empty where the act says enough
    at: datetime  # when


def next_state(state: LineState, act: LineAct) -> LineState:
    """This function will return the state after `act`. Raises: LineActNotAllowed for a pair not in the table."""
    try:
        return TRANSITIONS[state, act]
    except KeyError:
        raise LineActNotAllowed(state=state.value, act=act.value) from None


def check_draw_on(line: Line, *, amount_minor: int, on_date: date) -> None:
    """This function will do nothing where the line can be drawn by `amount_minor` on a business date.

    Raises, in this order: LineClosed, LineFrozen, LineExpired, LineExceeded (names what is available).
    """
    if line.state is LineState.CLOSED:
        raise LineClosed()
    if line.state is LineState.FROZEN:
        raise LineFrozen()
    if on_date > line.expires_on:
        raise LineExpired(expires_on=line.expires_on.isoformat())
    if amount_minor > line.available_minor:
        raise LineExceeded(available_minor=line.available_minor, currency=line.currency)


def use(line: Line, *, amount_minor: int, on_date: date) -> Line:
    """This function will draw `amount_minor` > 0 from the line on a business date. Raises: as `check_draw_on`."""
    assert amount_minor > 0, "a draw is positive"
    check_draw_on(line, amount_minor=amount_minor, on_date=on_date)
    return replace(line, used_minor=line.used_minor + amount_minor)


def restore(line: Line, *, amount_minor: int) -> Line:
    """This function will give back `amount_minor` > 0 of repaid principal. More than is used is a bug."""
    assert 0 < amount_minor <= line.used_minor, "only what is used can be restored"
    return replace(
        line, used_minor=line.used_minor - amount_minor, state=next_state(line.state, LineAct.RESTORE)
    )
