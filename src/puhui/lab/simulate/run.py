"""Runs every arm on the same cohorts of a world and keeps what became of each household."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from puhui.lab.planbook import LoanShape, make_book
from puhui.lab.policies.arms import OTHERS
from puhui.lab.policies.table import ReliefTable
from puhui.lab.simulate.pool import ArmBench, Log, PolicyUnknown, make_policy, outcomes_of
from puhui.lab.worlds.households import Households, Steps, make_cohort, make_steps
from puhui.lab.worlds.outcomes import Outcomes
from puhui.lab.worlds.values import World
from puhui.relief.domain import ReliefPolicy, parse_relief

ORACLE = "oracle"
ARMS = ("no_action", "reminders", "menu_by_lender_value", "extend_everyone", "relief")
Progress = Callable[[int, int, str], None]  # cohorts done, cohorts in all, arm
Columns = dict[str, NDArray[np.float64]]
NAMES = tuple(one.name for one in fields(Outcomes))


@dataclass(slots=True, kw_only=True)
class Tables:
    """Plan books and solver tables of one relief policy; worlds with the same loans share them."""

    policy: ReliefPolicy  # compiled text
    made: dict[tuple[tuple[LoanShape, ...], date], ReliefTable] = field(default_factory=dict)  # so far

    def of(self, world: World) -> ReliefTable:
        """Return book and table of a world."""
        key = (world.shapes, world.day_zero)
        if key not in self.made:
            most = self.policy.waits_most
            book = make_book(world.shapes, self.policy.grid, day_zero=world.day_zero, waits_most=most)
            self.made[key] = ReliefTable(book, self.policy)
        return self.made[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of every household in every arm: by arm and outcome, one element a household, cohorts in order."""

    world: World  # which
    seed: int  # of chance
    cohorts: int  # how many
    arms: dict[str, Columns]  # by arm
    cut: Result | None = None  # the first cohort once more, with every effect cut; None = not run


def newest_relief_policy(folder: Path) -> ReliefPolicy:
    """This function will compile the latest relief policy of a folder of dated texts."""
    path = max(folder.glob("*.toml"))
    return parse_relief(path.read_text(encoding="utf-8"), file=f"{folder.name}/{path.name}")


def cohorts(
    world: World, table: ReliefTable, *, seed: int, count: int
) -> Iterator[tuple[int, Steps, Households]]:
    """This function will draw the cohorts one after the other."""
    steps = make_steps(table.book.longest)
    for cohort in range(count):
        yield cohort, steps, make_cohort(world, table.book, steps, seed=seed, cohort=cohort)


def run(
    world: World,
    tables: Tables,
    *,
    names: Sequence[str],
    cohorts_count: int,
    seed: int,
    oracle: bool = True,
    progress: Progress = lambda done, whole, arm: None,
    log: Log | None = None,
    workers: int = 1,
) -> Result:
    """This function will run the named policies, always beside no action, and the oracle over all that was run.

    `log` gets what a lender could have noted in the first cohort of each arm; `workers` is how many processes share the
    work, which changes no figure. Raises: PolicyUnknown; ValueError where the world knows nothing of a policy's channel or
    a cohort is too large for the memory; WorkersLost.
    """
    table = tables.of(world)
    wanted = list(dict.fromkeys(["no_action", *names]))
    called = [make_policy(name, table).name for name in wanted]
    for name, own in zip(wanted, called, strict=True):
        if called.count(own) > 1 or own in (ORACLE, *OTHERS):
            raise PolicyUnknown(
                f"policy {name} calls itself {own!r}, which is taken; give it a name of its own"
            )
    arms = {**dict(zip(wanted, called, strict=True)), **({name: name for name in OTHERS} if oracle else {})}
    bench = ArmBench(world=world, table=table, seed=seed, log=log)
    kept: dict[int, dict[str, Outcomes]] = {cohort: {} for cohort in range(cohorts_count)}
    tasks = [(cohort, name) for cohort in kept for name in arms]
    for cohort, name, outcomes in outcomes_of(bench, tasks, workers=workers):
        found = kept[cohort]
        found[arms[name]] = outcomes
        progress(cohort, cohorts_count, arms[name])
        if len(found) == len(arms) and oracle:
            found[ORACLE] = best_of([found[one] for one in arms.values()], base=found["no_action"])
            for one in OTHERS:
                del found[one]
    told = [*called, *([ORACLE] if oracle else [])]
    columns = {
        name: {
            key: np.concatenate([getattr(one[name], key) for one in kept.values()]).astype(np.float64) for key in NAMES
        }
        for name in told
    }  # fmt: skip
    return Result(world=world, seed=seed, cohorts=cohorts_count, arms=columns)


def best_of(candidates: Sequence[Outcomes], *, base: Outcomes) -> Outcomes:
    """This function will choose for each household, with hindsight, the treatment that was best for it among those that
    brought the lender no less than no action: fewest months short, no fall back, cured, then the most for the lender.
    """
    rank = [
        np.where(
            one.npv >= base.npv - 1e-6,
            one.months_short * 1e12 + one.redefault * 1e11 - one.cured * 1e10 - one.npv, np.inf,
        )
        for one in candidates
    ]  # fmt: skip
    best = np.argmin(np.stack(rank), axis=0)
    taken = {
        key: np.choose(best, np.stack([np.asarray(getattr(one, key), np.float64) for one in candidates]))
        for key in NAMES
    }
    return replace(base, **taken)
