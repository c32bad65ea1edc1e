"""What a lender can see of a household that fell behind, and what it can do: the only language of policies in a world.

A policy gets these values and nothing else; what a household really earns, remembers or means stays in the world.
Arrays have one element for each account; money is whole minor units, days count from the missed due date (day 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from puhui.lab.planbook import PlanBook

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
CAUSES = ("any", "job", "timing", "forgot", "dispute")  # causes that a household can name, by code
MENU = 5  # cards at most
NOTHING = -1  # no plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the lender's own books and mailbox show of every account on one day."""

    day: int  # days since the missed due date
    daily: bool  # whether this step is one day; later ones are thirty
    loan: Ints  # which loan of the plan book
    plan: Ints  # plan in force
    dpd: Ints  # days past due under the terms in force
    due: Ints  # what is due and unpaid, penalty included
    paid: Ints  # what was paid since day 0
    reminded: Ints  # messages sent since day 0
    asked_day: Ints  # day of asking for help, NOTHING = has not asked
    signed_day: Ints  # day of signing a plan, NOTHING = none
    autopay: Flags  # whether a mandate is in force
    complained: Ints  # complaints so far
    open: Flags  # whether anything is left to pay


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What those who ask for help today say of themselves; one element for each of them. Minor units a month."""

    day: int  # of asking
    who: Ints  # accounts
    loan: Ints  # which loan of the plan book
    dpd: Ints  # days past due
    cause: Ints  # what they say happened, index into CAUSES
    income: Ints  # income now, as declared
    usual: Ints  # income before, hoped for again
    spending: Ints  # essential spending, as declared
    other: Ints  # payments on other debts
    recovers: Ints  # full months until the usual income is expected back
    proved: Flags  # whether the quick verification confirmed the income
    refuted: Flags  # whether it found the proof to be forged

    def some(self, these: Flags) -> Asked:
        """Return the part of them for whom `these` is true."""
        kept = {one.name: getattr(self, one.name)[these] for one in fields(self) if one.name != "day"}
        return Asked(day=self.day, **kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What a policy does on one day; None = nothing of the kind."""

    remind: Flags | None = None  # who gets a message
    offer: Ints | None = None  # plan that is offered without being asked for, NOTHING = none
    autopay: Flags | None = None  # to whom autopay is suggested with the message
    invite: Flags | None = None  # who is asked, unasked, to state a budget and see her plans


class LabPolicy(Protocol):
    """A way to treat people who fell behind. A flag is one for all accounts, or one for each."""

    name: str
    shows_help: bool | Flags  # whether pages and messages lead to the button
    holds: bool | Flags  # whether asking stops messages and penalties at once (G7)
    hold_days: int  # days of calm after the day of asking
    hold_uses: int  # how often asking holds
    review_waits: int  # months that a payment under review may wait
    own_waits: (
        int | Ints
    )  # months that payments of a signed plan may wait on her word; one for all, or one for each
    by_person: bool | Flags  # whether a person of the staff agrees the plan; otherwise she signs alone
    channel: str  # channel of messages
    hours: str  # hours of messages, as the world's reach rows call them

    def act(self, seen: Seen) -> Acts:
        """Decide what to do today."""
        ...

    def mandates(self, asked: Asked) -> Flags:
        """Return to whom of those who ask a mandate for autopay is suggested."""
        ...

    def menu(self, asked: Asked) -> Ints:
        """Return the plans that are shown, shape (who asked, MENU), NOTHING where there is none, in order."""
        ...

    def reviews(self, asked: Asked, plan: Ints) -> Ints:
        """Return which payment of the plan that each takes waits until she says that her income is back: its place among
        the plan's payments, NOTHING where none does."""
        ...


EVENTS = (
    "reminded",
    "invited",
    "asked",
    "shown",
    "signed",
    "autopay",
    "paid",
    "confirmed",
    "waited",
    "complained",
    "written_off",
)
COLUMNS = ("cohort", "account", "day", "event", "amount_minor", "plan", "propensity")


@dataclass(slots=True)
class EventLog:
    """What happened that a lender could know, column by column. It has no column for anything else."""

    kept: list[tuple[int, str, Ints, Ints, Ints]] = field(
        default_factory=list
    )  # day, event, who, amount, plan

    def add(self, day: int, event: str, who: Ints, amount: Any = 0, plan: Any = NOTHING) -> None:
        """Note an event of several accounts on one day."""
        assert event in EVENTS, event
        if len(who):
            whole = np.zeros(len(who), np.int64)
            self.kept.append((day, event, who, whole + amount, whole + plan))

    def rows(self, cohort: int, *, propensity: NDArray[np.float64] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows, one for each account and event, in the order of `COLUMNS`."""
        found: list[tuple[Any, ...]] = []
        for day, event, who, amount, plan in self.kept:
            shares: Sequence[float] = [1.0] * len(who) if propensity is None else propensity[who].tolist()
            for one, fen, index, share in zip(
                who.tolist(), amount.tolist(), plan.tolist(), shares, strict=True
            ):
                found.append((cohort, one, day, event, fen, index, share))
        return found


__all__ = [
    "CAUSES",
    "COLUMNS",
    "EVENTS",
    "MENU",
    "NOTHING",
    "Acts",
    "Asked",
    "EventLog",
    "LabPolicy",
    "PlanBook",
    "Seen",
]
