"""The latent side of a world: who falls behind, what each household earns, needs and means, and every draw of chance.

All of it is drawn from (seed, cohort) before any policy acts, so that every arm meets the same households with the same
luck (common random numbers). None of it reaches a policy or a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from puhui.lab.planbook import PlanBook
from puhui.lab.worlds.values import KINDS, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MONTH = 30  # days of a month of income and spending
DAILY = 243  # days lived day by day: sixty to cure and six months to fall back
TAIL_MONTHS = 12  # months after the last instalment of the longest plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The grid of time: day by day first, then months."""

    day: Ints  # last day of each step
    span: Ints  # days of each step


def make_steps(longest: int) -> Steps:
    """This function will make the grid that covers payments up to day `longest` and a tail."""
    daily = np.arange(1, DAILY + 1, dtype=np.int64)
    months = max(0, -(-(longest - DAILY) // MONTH)) + TAIL_MONTHS
    later = DAILY + MONTH * np.arange(1, months + 1, dtype=np.int64)
    return Steps(
        day=np.concatenate([daily, later]),
        span=np.concatenate([np.ones(DAILY, np.int64), np.full(months, MONTH, np.int64)]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    """One cohort. One element a household; money in minor units as floats, because these are no bookings."""

    loan: Ints  # which loan of the plan book
    kind: Ints  # index into KINDS
    usual: Floats  # income a month when all is well
    essential: Floats  # essential spending a month
    other: Floats  # payments a month on other debts
    lost: Floats  # share of income lost at the start
    back_day: Floats  # day from which most of it is back
    cash: Floats  # money at the start of day 1
    payday: Ints  # day of the month of income, 0 to 29
    forges: Flags  # shows a forged proof of a loss that did not happen
    tells: Ints  # disclosure: 0 honest, 1 understates, 2 withholds
    flow: NDArray[np.float32]  # step, household: what comes in less what living takes
    need: NDArray[np.float32]  # step, household: what living still takes until the next income
    chance: Mapping[str, NDArray[np.float32]]  # draws by purpose: one a step, or one for all

    def free_of_month(self, day: int) -> Floats:
        """Return the true surplus of the month around `day`: income less needs and other debts."""
        return self.income(day) - self.essential - self.other

    def income(self, day: int) -> Floats:
        """Return the income of a month around `day`, later shocks included."""
        early = day < self.back_day
        again = (day >= self.chance["again_from"]) & (day < self.chance["again_to"])
        lost = np.where(early, self.lost, self.lost * self.chance["unregained"])
        return self.usual * (1.0 - np.maximum(lost, np.where(again, self.chance["again_lost"], 0.0)))


PER_STEP = ("pay", "part", "squeeze", "remember", "hear", "stir", "ask", "complain", "settle")
ONCE = ("take", "card", "keep", "find", "prove", "autopay", "unasked", "cause", "hope")


def make_cohort(world: World, book: PlanBook, steps: Steps, *, seed: int, cohort: int) -> Households:
    """This function will draw the households of one cohort; the same for the same world, seed and cohort."""
    rng = np.random.Generator(np.random.Philox(key=[seed, cohort]))
    n = world.size
    weights = np.array([one.weight for one in world.shapes], np.float64)
    loan = rng.choice(len(weights), n, p=weights / weights.sum()).astype(np.int64)
    shares = np.array([one["share"] for one in world.kinds])
    kind = rng.choice(len(KINDS), n, p=shares / shares.sum()).astype(np.int64)
    home, shock, told = world.given["household"], world.given["shock"], world.given["disclosure"]
    usual: Floats = book.instalment[loan] * np.float64(home["income_to_instalment"])
    usual = usual * np.exp(home["income_spread"] * rng.standard_normal(n))
    essential: Floats = usual * np.clip(
        home["essential_share"] * (1 + 0.15 * rng.standard_normal(n)), 0.1, 0.95
    )
    other = usual * home["other_debt_share"] * 2 * rng.random(n)
    hit = rng.random(n) < _of(world, "lost", kind)
    lost = np.where(
        hit, shock["lost_least"] + (shock["lost_most"] - shock["lost_least"]) * rng.random(n), 0.0
    )
    back = np.asarray(world.forms["recovery"](rng.random(n), shock), np.float64) * MONTH
    back = np.where(hit, back, 0.0)
    payday = rng.integers(0, MONTH, n)
    cash_drawn = usual * home["cash_to_income"] * np.exp(home["cash_spread"] * rng.standard_normal(n))
    first_need = essential * payday / MONTH
    truth = rng.random(n)
    tells = np.where(truth < told["honest"], 0, np.where(truth < told["honest"] + told["shades"], 1, 2))
    forges = (tells == 2) & (truth >= 1 - told["forges"])
    tells = np.where(forges, 1, tells).astype(np.int64)
    once = {name: rng.random(n, dtype=np.float32) for name in ONCE}
    again_from = rng.exponential(1.0, n) / max(shock["again_monthly"], 1e-9) * MONTH
    once["again_from"] = again_from.astype(np.float32)
    again_lost = shock["lost_least"] + (shock["lost_most"] - shock["lost_least"]) * rng.random(n)
    once["again_lost"] = again_lost.astype(np.float32)
    lasts = np.asarray(world.forms["recovery"](rng.random(n), shock), np.float64) * MONTH
    once["again_to"] = (again_from + lasts).astype(np.float32)
    once["unregained"] = np.full(n, 1.0 - shock["regained"], np.float32)
    chance = {**once, **{name: rng.random((len(steps.day), n), dtype=np.float32) for name in PER_STEP}}
    # Drawn after all else, so that what was there before stays as it was.
    chance["answer"] = rng.random(n, dtype=np.float32)
    made = Households(
        loan=loan, kind=kind, usual=usual, essential=essential, other=other, lost=lost, back_day=back,
        cash=first_need + cash_drawn * _of(world, "cash", kind), payday=payday, forges=forges, tells=tells,
        flow=np.empty((len(steps.day), n), np.float32), need=np.empty((len(steps.day), n), np.float32), chance=chance,
    )  # fmt: skip
    _fill(made, world, book, steps)
    return made


def _fill(made: Households, world: World, book: PlanBook, steps: Steps) -> None:
    """Fill what comes in and what living takes, step by step. On payday other debts are paid and the treats bought."""
    instalment = book.instalment[made.loan]
    share = world.given["household"]["discretionary_share"]
    for place, (day, span) in enumerate(zip(steps.day.tolist(), steps.span.tolist(), strict=True)):
        income = made.income(day)
        treats = share * np.maximum(0.0, income - made.essential - made.other - instalment)
        comes = income - made.other - treats
        if span == 1:
            paid = (day % MONTH) == made.payday
            made.flow[place] = np.where(paid, comes, 0.0) - made.essential / MONTH
            made.need[place] = made.essential * ((made.payday - day - 1) % MONTH) / MONTH
        else:
            made.flow[place] = comes - made.essential
            made.need[place] = 0.0


def _of(world: World, key: str, kind: Ints) -> Floats:
    """A figure of each household's kind."""
    return np.array([one[key] for one in world.kinds])[kind]


def declared(world: World, homes: Households, who: Ints, day: int) -> dict[str, NDArray[np.int64]]:
    """This function will say what those who ask tell of their budget, minor units a month; who withholds tells zeros."""
    told = world.given["disclosure"]
    income, usual = homes.income(day)[who], homes.usual[who]
    shades = homes.tells[who] == 1
    income = np.where(homes.forges[who], income * 0.4, np.where(shades, income * (1 - told["shade"]), income))
    withheld = homes.tells[who] == 2
    left = np.maximum(0.0, homes.back_day[who] - day) / MONTH * (0.5 + homes.chance["hope"][who])
    recovers = np.ceil(np.maximum(0.0, left - told["hopes_months"]))
    later = (day >= homes.chance["again_from"][who]) & (day < homes.chance["again_to"][who])
    again = np.ceil(np.maximum(0.0, homes.chance["again_to"][who] - day) / MONTH)
    recovers = np.where(later, np.maximum(recovers, again), recovers)
    recovers = np.where(homes.forges[who], 3.0, recovers)
    whole = {
        "income": income, "usual": np.maximum(usual, income), "spending": homes.essential[who],
        "other": homes.other[who], "recovers": np.clip(recovers, 0, 24),
    }  # fmt: skip
    return {name: np.where(withheld, 0, value).astype(np.int64) for name, value in whole.items()}
