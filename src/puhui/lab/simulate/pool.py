"""The arms of every cohort, one task each, in this process or shared out among several: the figures are the same.

A task draws its cohort by seed and number, so chance is common to all arms wherever they run, and makes its policy anew.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process

from puhui.lab.observed import EventLog, LabPolicy
from puhui.lab.policies.arms import OTHERS, POLICIES, OfferEveryone
from puhui.lab.policies.table import ReliefTable
from puhui.lab.worlds.engine import simulate_cohort
from puhui.lab.worlds.households import ONCE, PER_STEP, Households, Steps, make_cohort, make_steps
from puhui.lab.worlds.outcomes import Outcomes
from puhui.lab.worlds.values import World

Log = Callable[[str, int, EventLog], None]  # arm, cohort, what a lender could have noted
Task = tuple[int, str]  # cohort, name of the policy as asked for
MEMORY = 3 << 30  # bytes that the cohorts of all processes may take together


class PolicyUnknown(Exception):
    """No policy has this name."""


class WorkersLost(Exception):
    """A process that worked on a run ended before its time."""


def check_name(name: str) -> None:
    """This function will do nothing for a name that may be a policy's. Raises: PolicyUnknown listing the names."""
    if ":" not in name and name not in POLICIES:
        arms = ", ".join(POLICIES)
        raise PolicyUnknown(
            f"no policy {name!r}; write all, one of {arms}, or package.module:factory\n"
            f"没有名为 {name!r} 的策略；请写 all、其中之一（{arms}），或 包.模块:函数"
        )


def make_policy(name: str, table: ReliefTable) -> LabPolicy:
    """This function will make a policy by its name, or one of another module as "package.module:factory".

    A factory is called with the plan book and the table, anew for each cohort. Raises: PolicyUnknown.
    """
    if name in OTHERS:
        return OfferEveryone(table.book, name=name, choice=OTHERS[name])
    if ":" in name:
        module, _, factory = name.partition(":")
        try:
            made = getattr(importlib.import_module(module), factory)(table.book, table)
        except Exception as fault:  # the module is somebody else's and may fail in any way
            raise PolicyUnknown(
                f"no policy {name}: {type(fault).__name__}: {fault}; mend the module, or put its folder on PYTHONPATH; "
                f"the arms that are known are {', '.join(POLICIES)}"
            ) from None
        return made  # type: ignore[no-any-return]
    check_name(name)
    return POLICIES[name](table.book, table)


@dataclass(slots=True, kw_only=True)
class ArmBench:
    """All that a task needs, and the cohort that was drawn last."""

    world: World  # which
    table: ReliefTable  # plan book and answers; each process adds to its own copy
    seed: int  # of chance
    log: Log | None  # takes the log of each arm of the first cohort
    held: list[tuple[int, Steps, Households]] = field(default_factory=list)  # at most one cohort

    def outcomes(self, task: Task) -> Outcomes:
        """Run one policy on one cohort."""
        cohort, name = task
        if not self.held or self.held[0][0] != cohort:
            self.held.clear()  # before the next one is drawn: two would not fit
            steps = make_steps(self.table.book.longest)
            drawn = make_cohort(self.world, self.table.book, steps, seed=self.seed, cohort=cohort)
            self.held.append((cohort, steps, drawn))
        _, steps, homes = self.held[0]
        policy = make_policy(name, self.table)
        notes = EventLog() if self.log is not None and cohort == 0 and name not in OTHERS else None
        found = simulate_cohort(self.world, self.table.book, steps, homes, policy, notes)
        if self.log is not None and notes is not None:
            self.log(policy.name, cohort, notes)
        return found

    def bytes_of_cohort(self) -> int:
        """Return about how much memory a cohort takes: columns of four bytes for every step."""
        steps = len(make_steps(self.table.book.longest).day)
        return self.world.size * 4 * (steps * (len(PER_STEP) + 2) + 8 * len(ONCE) + 400)


def processors() -> int:
    """This function will return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def outcomes_of(
    bench: ArmBench, tasks: Sequence[Task], *, workers: int
) -> Iterator[tuple[int, str, Outcomes]]:
    """This function will run every task and give each outcome as it is there: cohort, name, outcomes.

    Raises: ValueError where one cohort is too large for the memory; WorkersLost; whatever a policy or a form raises.
    """
    size = bench.bytes_of_cohort()
    if size > MEMORY:
        most = bench.world.size * MEMORY // size // 1000 * 1000
        raise ValueError(
            f"a cohort of {bench.world.size:,} households takes {size / (1 << 30):.1f} GiB; "
            f"write --size {most} or less, and more --cohorts"
        )
    workers = min(workers, len(tasks), MEMORY // size)
    if workers <= 1:
        for cohort, name in tasks:
            yield cohort, name, bench.outcomes((cohort, name))
        return
    global _bench
    _bench = bench  # forked, not sent: the plan book is large, and a policy's module or a log may not be sent at all
    pool = ProcessPoolExecutor(workers, mp_context=get_context("fork"), initializer=_follow_parent)
    try:
        sent = {pool.submit(_work, task): task for task in tasks}
        for done in as_completed(sent):
            cohort, name = sent.pop(done)
            yield cohort, name, done.result()
    except BrokenProcessPool:
        raise WorkersLost(
            "a worker process ended before its time (killed, or out of memory); nothing was reported. "
            "Run again with a smaller --size and more --cohorts, or with --workers 1"
        ) from None
    finally:
        _bench = None
        pool.shutdown(cancel_futures=True)


_bench: ArmBench | None = None  # of the run that is under way, for the processes that are forked from it


def _work(task: Task) -> Outcomes:
    assert _bench is not None
    return _bench.outcomes(task)


def _follow_parent() -> None:
    """End with the process that shares the work out, however it ends."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
