"""What `puhui lab simulate` does: read a world, run the arms with progress, write report, figures and logs."""

from __future__ import annotations

import csv
import gzip
import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from puhui.lab.observed import COLUMNS, EventLog
from puhui.lab.simulate.pool import PolicyUnknown, WorkersLost, check_name
from puhui.lab.simulate.report import render, write
from puhui.lab.simulate.run import ARMS, Result, Tables, newest_relief_policy, run
from puhui.lab.worlds.reader import WorldInvalid
from puhui.lab.worlds.values import read_world

__all__ = ["PolicyUnknown", "WorkersLost", "WorldInvalid", "read_log", "simulate", "spent", "write_log"]

ALL = "all"


def simulate(
    *,
    world: Path,
    policy: str,
    cohorts: int,
    seed: int,
    out: Path,
    relief_policies: Path,
    size: int | None = None,
    workers: int = 1,
    say: Callable[[str], None] = lambda line: None,
) -> Result:
    """This function will run a world's file and write report.md, summary.json and log-ARM.csv.gz of the first cohort.

    `policy` is one arm, or "all"; `workers` is how many processes share the work. A world with effects also runs its first
    cohort with every effect cut, where no gain may show.

    Raises: WorldInvalid, PolicyUnknown, WorkersLost, ValueError (a channel that the world lacks, a cohort too large).
    """
    read = read_world(world)
    if size is not None:
        read = replace(read, size=size)
    names = ARMS if policy == ALL else (policy,)
    if policy != ALL:
        check_name(policy)  # before the plans are worked out, which takes a while
    tables = Tables(policy=newest_relief_policy(relief_policies))
    say(f"relief policy {tables.policy.version}; working out the plans of {len(read.shapes)} loans")
    tables.of(read)
    out.mkdir(parents=True, exist_ok=True)
    result = run(
        read, tables, names=names, cohorts_count=cohorts, seed=seed,
        progress=lambda done, whole, arm: say(f"cohort {done + 1} of {whole}: {arm}"),
        log=lambda arm, cohort, notes: write_log(out / f"log-{arm.replace(':', '.')}.csv.gz", cohort, notes),
        workers=workers,
    )  # fmt: skip
    if not read.zero_effect:
        cut = run(
            read.without_effect(), tables, names=names, cohorts_count=1, seed=seed, oracle=False, workers=workers,
            progress=lambda done, whole, arm: say(f"every effect cut: {arm}"),
        )  # fmt: skip
        result = replace(result, cut=cut)
    write(result, out)
    say(render(result))
    say(spent())
    return result


def spent() -> str:
    """This function will say what the run took: processor time of all processes, and the largest one's peak memory."""
    used = [resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    return f"{seconds:.0f} CPU seconds, peak memory of a process {max(one.ru_maxrss for one in used) / 1024:.0f} MiB"


def write_log(path: Path, cohort: int, notes: EventLog) -> None:
    """This function will write what a lender could have noted, one event a row, always the same bytes for the same run."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        text = "\n".join([",".join(COLUMNS), *(",".join(map(str, row)) for row in notes.rows(cohort))])
        packed.write((text + "\n").encode())
    part.replace(path)  # whole or not at all


def read_log(path: Path) -> list[dict[str, str]]:
    """This function will read a log back."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
