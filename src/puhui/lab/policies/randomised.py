"""A randomised policy to learn from: each account is treated by one of several policies, with a propensity that is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from puhui.lab.observed import MENU, NOTHING, Acts, Asked, Flags, Ints, LabPolicy, Seen
from puhui.lab.planbook import PlanBook
from puhui.lab.policies.arms import FREEZE_DAYS, FREEZE_USES

LEAST = 0.15  # propensity of any treatment, so that no account weighs too much


class Randomised:
    """Assigns treatments on the first day, by what is seen then: loans with much left are eased more often."""

    name = "randomised"
    hold_days = FREEZE_DAYS
    hold_uses = FREEZE_USES
    channel, hours = "sms", "08-12"

    def __init__(self, policies: Sequence[LabPolicy], book: PlanBook, *, seed: int, cohort: int) -> None:
        self.policies = tuple(policies)  # in order: the first half does less, the second more
        self.book = book
        self.rng = np.random.Generator(np.random.Philox(key=[seed, 1_000_000 + cohort]))
        self.treatment: Ints = np.zeros(0, np.int64)  # of each account: index into policies
        self.propensity: NDArray[np.float64] = np.zeros(0)  # of that treatment
        self.shares: NDArray[np.float64] = np.zeros((0, 0))  # of every treatment, by account
        self.shows_help: bool | Flags = False
        self.holds: bool | Flags = False
        self.by_person: bool | Flags = False
        self.review_waits = max(one.review_waits for one in self.policies)
        self.own_waits: int | Ints = 0

    def assign(self, seen: Seen) -> None:
        """Draw a treatment for every account; what it sees is the loan."""
        left = self.book.until[seen.plan, -1] / self.book.instalment[seen.loan]
        lean = 1.0 / (1.0 + np.exp(-(left - np.median(left)) / 4))
        count = len(self.policies)
        more = np.arange(count) >= count // 2
        raw = np.where(more[None, :], lean[:, None], 1 - lean[:, None])
        self.shares = LEAST + (1 - LEAST * count) * raw / raw.sum(axis=1, keepdims=True)
        drawn = self.rng.random(len(left))
        self.treatment = (
            (drawn[:, None] > np.cumsum(self.shares, axis=1)[:, :-1]).sum(axis=1).astype(np.int64)
        )
        self.propensity = self.shares[np.arange(len(left)), self.treatment]
        for flag in ("shows_help", "holds", "by_person"):
            each = np.array([bool(getattr(one, flag)) for one in self.policies])
            setattr(self, flag, each[self.treatment])
        own = np.array([int(np.max(one.own_waits)) for one in self.policies], np.int64)
        self.own_waits = own[self.treatment]

    def act(self, seen: Seen) -> Acts:
        """Let each account's own policy act on it."""
        if not len(self.treatment):
            self.assign(seen)
        nobody = np.zeros(len(seen.loan), np.bool_)
        remind, autopay, invite = nobody.copy(), nobody.copy(), nobody.copy()
        offer = np.full(len(seen.loan), NOTHING, np.int64)
        for place, policy in enumerate(self.policies):
            mine, acts = self.treatment == place, policy.act(seen)
            given = ((remind, acts.remind), (autopay, acts.autopay), (invite, acts.invite))
            for into, theirs in given:
                if theirs is not None:
                    into |= theirs & mine
            if acts.offer is not None:
                offer = np.where(mine, acts.offer, offer)
        return Acts(remind=remind, offer=offer, autopay=autopay, invite=invite)

    def mandates(self, asked: Asked) -> Flags:
        """Let each account's own policy suggest it."""
        found = np.zeros(len(asked.who), np.bool_)
        for place, policy in enumerate(self.policies):
            mine = self.treatment[asked.who] == place
            if mine.any() and np.any(policy.shows_help):
                found[mine] = policy.mandates(asked.some(mine))
        return found

    def menu(self, asked: Asked) -> Ints:
        """Let each account's own policy answer it."""
        found = np.full((len(asked.who), MENU), NOTHING, np.int64)
        for place, policy in enumerate(self.policies):
            mine = self.treatment[asked.who] == place
            if mine.any() and np.any(policy.shows_help):
                found[mine] = policy.menu(asked.some(mine))[:]
        return found

    def reviews(self, asked: Asked, plan: Ints) -> Ints:
        """Let each account's own policy say it."""
        found = np.full(len(asked.who), NOTHING, np.int64)
        for place, policy in enumerate(self.policies):
            mine = self.treatment[asked.who] == place
            if mine.any():
                found[mine] = policy.reviews(asked.some(mine), plan[mine])
        return found
