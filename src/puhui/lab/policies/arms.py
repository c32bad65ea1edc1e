"""The arms: doing nothing, reminding, the menu by lender value, extending everyone, and Puhui's relief."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from puhui.lab.observed import CAUSES, MENU, NOTHING, Acts, Asked, Flags, Ints, Seen
from puhui.lab.planbook import PlanBook
from puhui.lab.policies.table import ReliefTable
from puhui.relief.domain import ReliefChoice

LATE_DAYS = (1, 8, 15, 29)  # days past due of the product's own messages
OFFER_DAY = 3  # day on which everybody who is late is offered a change
EXTEND = ReliefChoice(extension=12, spreads_arrears=True)
OTHERS = {  # further treatments that only the oracle chooses among
    "defer_everyone": ReliefChoice(deferral_months=3, extension=6, spreads_arrears=True),
    "cut_everyone": ReliefChoice(extension=12, rate_off_ppm=60_000, spreads_arrears=True),
}
FREEZE_DAYS = 14  # days of calm after the day of asking, as the shipped house policy has it
FREEZE_USES = 2  # how often in a year, as the shipped house policy has it


class NoAction:
    """Nobody is written to, nothing is offered: what comes back by itself."""

    name = "no_action"
    shows_help: bool | Flags = False
    holds: bool | Flags = False
    hold_days = 0
    hold_uses = 0
    review_waits = 0
    own_waits: int | Ints = 0
    by_person: bool | Flags = False
    channel, hours = "sms", "08-12"

    def act(self, seen: Seen) -> Acts:
        """Do nothing."""
        return Acts()

    def mandates(self, asked: Asked) -> Flags:
        """Suggest none."""
        return np.zeros(len(asked.who), np.bool_)

    def menu(self, asked: Asked) -> Ints:
        """Show nothing."""
        return np.full((len(asked.who), MENU), NOTHING, np.int64)

    def reviews(self, asked: Asked, plan: Ints) -> Ints:
        """Let no payment wait."""
        return np.full(len(asked.who), NOTHING, np.int64)


class Reminders(NoAction):
    """The product's messages on late days, and nothing else."""

    name = "reminders"

    def act(self, seen: Seen) -> Acts:
        """Write on the late days."""
        return Acts(remind=np.isin(seen.dpd, LATE_DAYS) & seen.open & (seen.due > 0) & seen.daily)


class MenuByLenderValue(Reminders):
    """Whoever asks sees the plans that are worth most to the lender; a person agrees them; nothing is held meanwhile."""

    name = "menu_by_lender_value"
    shows_help: bool | Flags = True
    by_person: bool | Flags = True

    def __init__(self, table: ReliefTable) -> None:
        self.table = table

    def menu(self, asked: Asked) -> Ints:
        """Show the plans of the greatest worth to the lender."""
        return self.table.menu(asked, by_lender=True)


class OfferEveryone(Reminders):
    """Everybody who is still late on the third day is offered one change of the loan, whatever the reason."""

    by_person: bool | Flags = True

    def __init__(self, book: PlanBook, *, name: str, choice: ReliefChoice) -> None:
        self.name = name
        self.plans = plans_like(book, choice)

    def act(self, seen: Seen) -> Acts:
        """Remind, and offer the change."""
        offer = None
        if seen.day == OFFER_DAY:
            offer = np.where((seen.dpd > 0) & (seen.due > 0), self.plans[seen.loan], NOTHING)
        return Acts(remind=super().act(seen).remind, offer=offer)


def plans_like(book: PlanBook, wanted: ReliefChoice) -> Ints:
    """This function will return, for each loan, the row of the plan that changes what `wanted` changes.

    Where the loan or the grid has no such plan, the next smaller extension, deferral and rate cut are taken; where it
    has none at all, NOTHING.
    """
    found = []
    for loan in range(len(book.shapes)):
        case = book.case(loan, OFFER_DAY)
        fit = [
            (one.extension, one.deferral_months, one.rate_off_ppm, place)
            for place, one in ((place, plan.choice) for place, plan in enumerate(case.plans))
            if one.spreads_arrears == wanted.spreads_arrears and not one.pauses_interest and one.waiver == "none"
            and not one.due_move_days and one.extension <= wanted.extension
            and one.deferral_months <= wanted.deferral_months and one.rate_off_ppm <= wanted.rate_off_ppm
        ]  # fmt: skip
        found.append(case.first + max(fit)[-1] if fit else NOTHING)
    return np.array(found, np.int64)


class Relief(Reminders):
    """Puhui: every message leads to the button; asking holds messages and penalties; the solver's cards, her choice."""

    name = "relief"
    shows_help: bool | Flags = True
    holds: bool | Flags = True
    hold_days = FREEZE_DAYS
    hold_uses = FREEZE_USES

    def __init__(self, table: ReliefTable) -> None:
        self.table = table
        self.review_waits = table.policy.review.waits_most if table.policy.review else 0
        self.own_waits = table.policy.own_waits_most

    def act(self, seen: Seen) -> Acts:
        """Remind, and on the third day ask everybody who is late for her month, so that she sees plans that it bears."""
        invite = (seen.dpd > 0) & (seen.due > 0) if seen.day == OFFER_DAY else None
        return Acts(remind=super().act(seen).remind, invite=invite)

    def mandates(self, asked: Asked) -> Flags:
        """Suggest one to who says that she forgot, where her month bears the loan: it is not to take what living needs."""
        self.table.menu(asked, by_lender=False)
        forgot = asked.cause == CAUSES.index("forgot")
        return np.asarray(forgot & gave_budget(asked) & self.table.bears_as_is(asked), np.bool_)

    def menu(self, asked: Asked) -> Ints:
        """Show the solver's cards to everybody who gave a budget and whose proof was not found to be forged."""
        found = self.table.menu(asked, by_lender=False)
        gave = gave_budget(asked)
        # Who forgot, or disputes, needs no plan where her month bears the loan as it is; where it does not, she does.
        other = np.isin(asked.cause, [CAUSES.index("forgot"), CAUSES.index("dispute")])
        found[~gave | (other & self.table.bears_as_is(asked))] = NOTHING
        return found

    def reviews(self, asked: Asked, plan: Ints) -> Ints:
        """Let the first payment wait that her month bears only with the income that she hopes for."""
        return self.table.reviews(asked, plan)


def gave_budget(asked: Asked) -> Flags:
    """This function will tell who stated a budget, no proof of which was found to be forged."""
    return np.asarray((asked.usual > 0) & ~asked.refuted, np.bool_)


class Maker(Protocol):
    """Makes a policy of the book and the table of a run."""

    def __call__(self, book: PlanBook, table: ReliefTable) -> NoAction:
        """Make it."""
        ...


POLICIES: Mapping[str, Maker] = {
    "no_action": lambda book, table: NoAction(),
    "reminders": lambda book, table: Reminders(),
    "menu_by_lender_value": lambda book, table: MenuByLenderValue(table),
    "extend_everyone": lambda book, table: OfferEveryone(book, name="extend_everyone", choice=EXTEND),
    "relief": lambda book, table: Relief(table),
}
