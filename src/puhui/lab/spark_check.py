"""`make spark-check`: the portfolio on Spark gives the totals that it gives here, by shard tasks, by `mapInArrow`, and after a
worker and an executor were killed in the middle of a run. Prints what was compared; with `--speed`, at the end, one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from puhui.batch.portfolio.generate import AS_OF
from puhui.batch.portfolio.shards import read_manifest
from puhui.batch.portfolio.spark import open_session, totals_of, value_frame, value_on_spark
from puhui.batch.portfolio.value import value_portfolio
from puhui.lab.bench_book import TICKS, cpu_of_book, make_book, quietly, repeat_book, stat_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "local-cluster[2,1,1024]"  # two executors that are processes of their own, so that one can be killed
LOANS, TIMES = 200_000, 5  # loans made, and how often every shard is repeated
SPEED_TIMES = (
    40  # the same where speed is measured: Spark's own start of a job is spread over eight million loans
)
PATIENCE_S = 120  # until a run has begun to write


class SparkDiffers(Exception):
    """A run on Spark gave other totals, or the process that was to be killed outlived the run."""


def descendants(pid: int) -> list[tuple[int, str]]:
    """This function will list all processes below `pid`, each with its command line."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents.setdefault(stat_of(int(path.name))[1], []).append(int(path.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    found: list[tuple[int, str]] = []
    waiting = list(parents.get(pid, []))
    while waiting:
        one = waiting.pop()
        waiting += parents.get(one, [])
        try:
            command = Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.append((one, command))
    return found


def cpu_below(pid: int) -> float:
    """This function will return the CPU seconds of all processes below `pid`, those that have ended and were waited for
    included.
    """
    total = 0
    for one, _ in descendants(pid):
        try:
            total += sum(stat_of(one)[11:15])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / TICKS


def kill_one(kind: str, target: Path, shards: int) -> Callable[[], int]:
    """This function will kill, once `target` holds a shard and not yet all, an "executor" or a Python "worker" of ours; what
    it returns waits for that and says which process, 0 if none could be killed in time.
    """
    killed: list[int] = []

    def run() -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            written = len(list(target.glob("*.parquet")))
            if written >= shards:
                return
            if written and (pid := victim(kind)):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                return
            time.sleep(0.02)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait() -> int:
        thread.join()
        return killed[0] if killed else 0

    return wait


def victim(kind: str) -> int:
    """This function will return an executor of ours, or a Python process that runs tasks, 0 if there is none."""
    below = descendants(os.getpid())
    if kind == "executor":
        return next((pid for pid, command in below if "CoarseGrainedExecutorBackend" in command), 0)
    daemons = {pid for pid, command in below if "pyspark.daemon" in command}
    return next((pid for pid in daemons if stat_of(pid)[1] in daemons), 0)


def compare(name: str, expected: dict[str, int], found: dict[str, int]) -> None:
    """This function will print that totals are identical. Raises: SparkDiffers naming the first that is not."""
    for key in sorted(expected):
        if found.get(key) != expected[key]:
            raise SparkDiffers(f"{name}: {key} is {found.get(key)}, here it is {expected[key]}")
    print(f"  {name}: {found['loans']} loans, {len(expected)} totals identical", flush=True)


def measure(session: SparkSession, made: Path, folder: Path) -> dict[str, float]:
    """This function will return the CPU of a loan on Spark, its workers warm, and here, in microseconds, and their ratio.

    Raises: SparkDiffers.
    """
    value_on_spark(session=session, source=made, target=folder / "warm", as_of=AS_OF)
    events = repeat_book(made, folder / "large", SPEED_TIMES)
    before = cpu_below(os.getpid())
    found = value_on_spark(session=session, source=events, target=folder / "on Spark", as_of=AS_OF)
    spark = (cpu_below(os.getpid()) - before) / found["loans"]
    shutil.rmtree(folder / "on Spark")
    embedded = cpu_of_book(events, folder / "embedded")
    compare("measured", read_manifest(folder / "embedded").totals, found)
    shutil.rmtree(folder / "embedded")
    return {
        "spark_us_per_loan": spark * 1e6,
        "embedded_us_per_loan": embedded * 1e6,
        "spark_vs_embedded_cpu": spark / embedded,
    }


def check(session: SparkSession, events: Path, folder: Path) -> None:
    """This function will run every comparison. Raises: SparkDiffers."""
    here = value_portfolio(source=events, target=folder / "here", as_of=AS_OF, threads=1, say=quietly).totals
    shards = len(read_manifest(events).shards)

    def on_spark(name: str) -> None:
        found = value_on_spark(session=session, source=events, target=folder / name, as_of=AS_OF)
        compare(name, here, found)

    on_spark("shard tasks")
    terms = pq.read_schema(next(iter(sorted(events.glob("*.parquet"))))).metadata[b"puhui.terms"].decode()
    frame = session.read.parquet(*(str(path) for path in sorted(events.glob("*.parquet"))))
    compare("mapInArrow", here, totals_of(value_frame(frame=frame, terms=terms, as_of=AS_OF)))
    for kind in ("worker", "executor"):
        name = f"{kind} killed"
        (folder / name).mkdir()
        wait = kill_one(kind, folder / name, shards)
        on_spark(name)
        if not (pid := wait()):
            raise SparkDiffers(f"no {kind} could be killed before the run ended; take more loans")
        print(f"    (process {pid}, SIGKILL in the middle of the run)", flush=True)


def main() -> int:
    """This function will check, print, and return 0 if everything agrees, 1 if not, 2 without Spark or Java."""
    parser = argparse.ArgumentParser(prog="make spark-check")
    parser.add_argument("--master", default=MASTER, help=f"where Spark runs (default: {MASTER})")
    parser.add_argument("--loans", type=int, default=LOANS)
    parser.add_argument("--times", type=int, default=TIMES, help="how often every shard is repeated")
    parser.add_argument(
        "--speed", action="store_true", help=f"measure it, too, every shard repeated {SPEED_TIMES} times"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="puhui-spark-") as name:
        folder = Path(name)
        made = make_book(folder, chosen.loans)
        events = repeat_book(made, folder / "book", chosen.times)
        os.environ["SPARK_WORKER_DIR"] = str(folder / "work")  # else executors write beside the library
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        try:
            session = open_session(master=chosen.master, name="puhui spark-check")
        except ModuleNotFoundError as error:
            print(f"{error.name} is missing: pip install 'puhui[batch,spark]'", file=sys.stderr)
            return 2
        except Exception as error:  # what Spark raises without Java has no type of its own
            print(f"Spark did not start (it needs Java 17): {error}", file=sys.stderr)
            return 2
        try:
            check(session, events, folder)
            found: dict[str, float] = {}
            if chosen.speed:
                found = measure(session, made, folder)
        except SparkDiffers as error:
            print(f"spark-check: {error}", file=sys.stderr)
            return 1
        finally:
            session.stop()
    if found:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
