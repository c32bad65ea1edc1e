"""Runs every arm on the same cohorts of a world and keeps what became of each household."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from puhui.lab.observed import EventLog, LabPolicy
from puhui.lab.planbook import LoanShape, make_book
from puhui.lab.policies.arms import OTHERS, POLICIES, OfferEveryone
from puhui.lab.policies.table import ReliefTable
from puhui.lab.worlds.engine import Outcomes, simulate_cohort
from puhui.lab.worlds.households import Households, Steps, make_cohort, make_steps
from puhui.lab.worlds.values import World
from puhui.relief.domain import ReliefPolicy, parse_relief

ORACLE = "oracle"
ARMS = ("no_action", "reminders", "menu_by_lender_value", "extend_everyone", "relief")
Progress = Callable[[int, int, str], None]  # cohorts done, cohorts in all, arm
Columns = dict[str, NDArray[np.float64]]
NAMES = tuple(one.name for one in fields(Outcomes))


class PolicyUnknown(Exception):
    """No policy has this name."""


@dataclass(slots=True, kw_only=True)
class Tables:
    """Plan books and solver tables of one relief policy; worlds with the same loans share them."""

    policy: ReliefPolicy  # compiled text
    made: dict[tuple[tuple[LoanShape, ...], date], ReliefTable] = field(default_factory=dict)  # so far

    def of(self, world: World) -> ReliefTable:
        """Return book and table of a world."""
        key = (world.shapes, world.day_zero)
        if key not in self.made:
            book = make_book(world.shapes, self.policy.grid, day_zero=world.day_zero)
            self.made[key] = ReliefTable(book, self.policy)
        return self.made[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of every household in every arm: by arm and outcome, one element a household, cohorts in order."""

    world: World  # which
    seed: int  # of chance
    cohorts: int  # how many
    arms: dict[str, Columns]  # by arm


def newest_relief_policy(folder: Path) -> ReliefPolicy:
    """This function will compile the latest relief policy of a folder of dated texts."""
    path = max(folder.glob("*.toml"))
    return parse_relief(path.read_text(encoding="utf-8"), file=f"{folder.name}/{path.name}")


def make_policy(name: str, table: ReliefTable) -> LabPolicy:
    """This function will make a policy by its name, or one of another module as "package.module:factory".

    A factory is called with the plan book and the table. Raises: PolicyUnknown.
    """
    if ":" in name:
        module, _, factory = name.partition(":")
        try:
            made = getattr(importlib.import_module(module), factory)(table.book, table)
        except (ImportError, AttributeError) as fault:
            raise PolicyUnknown(f"no policy {name}: {fault}") from None
        return made  # type: ignore[no-any-return]
    if name not in POLICIES:
        raise PolicyUnknown(
            f"no policy {name!r}; write all, one of {', '.join(POLICIES)}, or package.module:factory"
        )
    return POLICIES[name](table.book, table)


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
    log: Callable[[str, int, EventLog], None] | None = None,
) -> Result:
    """This function will run the named policies, always beside no action, and the oracle over all that was run.

    `log` gets what a lender could have noted in the first cohort of each arm. Raises: PolicyUnknown; ValueError where
    the world knows nothing of a policy's channel.
    """
    table = tables.of(world)
    wanted = list(dict.fromkeys(["no_action", *names]))
    policies = [make_policy(name, table) for name in wanted]
    extra: list[LabPolicy] = []
    if oracle:
        extra = [OfferEveryone(table.book, name=name, choice=choice) for name, choice in OTHERS.items()]
    kept: dict[str, list[Outcomes]] = {}
    for cohort, steps, homes in cohorts(world, table, seed=seed, count=cohorts_count):
        found: dict[str, Outcomes] = {}
        for policy in (*policies, *extra):
            notes = EventLog() if log is not None and cohort == 0 and policy not in extra else None
            found[policy.name] = simulate_cohort(world, table.book, steps, homes, policy, notes)
            if log is not None and notes is not None:
                log(policy.name, cohort, notes)
            progress(cohort, cohorts_count, policy.name)
        if oracle:
            found[ORACLE] = best_of(list(found.values()), base=found["no_action"])
        for policy in extra:
            del found[policy.name]
        for name, outcomes in found.items():
            kept.setdefault(name, []).append(outcomes)
    arms = {
        name: {
            key: np.concatenate([getattr(one, key) for one in several]).astype(np.float64) for key in NAMES
        }
        for name, several in kept.items()
    }
    return Result(world=world, seed=seed, cohorts=cohorts_count, arms=arms)


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
