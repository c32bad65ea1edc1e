"""What a run of the fast path holds of every household, and what is read from it: one element a household."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from puhui.lab.observed import NOTHING, EventLog, LabPolicy
from puhui.lab.planbook import PlanBook
from puhui.lab.worlds.households import DAILY, MONTH, Households, Steps
from puhui.lab.worlds.outcomes import calendar_months
from puhui.lab.worlds.values import KINDS, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MONTHS = -(-DAILY // MONTH)  # months in which shortness is counted
DISPUTING = KINDS.index("disputing")


class RunState:
    """The state of a cohort."""

    def __init__(
        self,
        world: World,
        book: PlanBook,
        steps: Steps,
        homes: Households,
        policy: LabPolicy,
        log: EventLog | None,
    ) -> None:
        self.world, self.book, self.steps, self.homes, self.policy, self.log = (
            world,
            book,
            steps,
            homes,
            policy,
            log,
        )
        n = len(homes.loan)
        self.n, self.every = n, np.arange(n, dtype=np.int64)
        self.kinds = {key: np.array([one[key] for one in world.kinds])[homes.kind] for key in world.kinds[0]}
        self.plan = book.contract[homes.loan].copy()
        self.place = np.zeros(n, np.int64)  # the oldest payment that is not fully paid
        self.paid = np.zeros(n, np.int64)  # towards payments of the plan in force
        self.paid_all = np.zeros(n, np.int64)
        self.penalty = np.zeros(n, np.float64)  # borne and unpaid
        penalties = np.array([one.penalty_daily_ppm for one in book.shapes], np.float64)
        self.rate = penalties[homes.loan] / 1e6 * (0.0 if world.zero_effect else 1.0)
        self.cash = homes.cash.copy()
        self.mindful = np.zeros(n, np.bool_)
        self.settled = homes.kind != DISPUTING  # whether she holds that she owes it
        self.heard, self.irritation = np.zeros(n), np.zeros(n)
        self.reminded, self.complained = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.asked_day, self.signed_day = np.full(n, NOTHING), np.full(n, NOTHING)
        self.rests, self.waits = (
            np.full(n, NOTHING),
            np.zeros(n, np.int64),
        )  # payment under review; months waited
        self.put_offs = np.zeros(n, np.int64)  # months of them that she asked for
        self.calm_until, self.holds_used = np.full(n, NOTHING), np.zeros(n, np.int64)
        self.borne_today, self.fines = np.zeros(n), np.zeros(n)  # penalties of today; of all days
        self.autopay, self.keeps = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        self.heard_help, self.offered = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        self.open = np.ones(n, np.bool_)
        self.bad = np.zeros(n, np.bool_)  # written off
        self.npv = np.zeros(n)
        self.short = np.zeros((MONTHS, n), np.float64)
        self.cured, self.paying = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        self.redefault = np.zeros(n, np.bool_)
        self.borne, self.plan_months, self.waited = np.zeros(n), np.zeros(n), np.zeros(n)
        self.months = calendar_months(world.day_zero)
        self.fell_due = np.zeros(n, np.int64)  # of the plan in force, when the calendar month began

    def upto(self, day: int) -> Ints:
        """How many payments of the plan in force are paid or due by `day`. Only what is to come waits, so it never falls."""
        found = self.place.copy()
        while (more := self.book.waited[self.waits, self.plan, found] <= day).any():
            found += more
        return found

    def due_now(self, day: int) -> tuple[Floats, Ints]:
        """What is due and unpaid today, penalty included, and days past due."""
        book, plan, waits, upto = self.book, self.plan, self.waits, self.upto(day)
        due = np.maximum(0, book.until[plan, upto] - self.paid) * self.open
        dpd = np.maximum(0, day - book.waited[waits, plan, self.place])
        return np.where(self.open, due + np.rint(self.penalty), 0.0), np.where(self.open & (due > 0), dpd, 0)

    def each(self, flag: bool | Flags) -> Flags:
        """One flag for each account, where a policy has one for all."""
        return np.broadcast_to(np.asarray(flag, np.bool_), self.n)

    def worth(self, day: int) -> float:
        """What one unit on a day is worth on day 0."""
        return float((1 + self.world.given["cost"]["money_year"]) ** (-day / 365))

    def spend(self, who: Ints, yuan: float, day: int) -> None:
        """Charge a cost of the lender."""
        self.npv[who] -= yuan * 100 * self.worth(day)
