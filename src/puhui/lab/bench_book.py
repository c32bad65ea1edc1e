"""The whole book measured: Parquet to Parquet beside a run that mutates loans in PostgreSQL, and the memory of a run over
ten times as many loans. CPU seconds a loan; the peer stands in `bench/mutating_run`. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from puhui.batch.portfolio.generate import AS_OF, EVENTS, Mix, generate
from puhui.batch.portfolio.shard_task import kernel
from puhui.batch.portfolio.shards import (
    Manifest,
    ShardEntry,
    publishing,
    read_manifest,
    write_manifest,
)
from puhui.batch.portfolio.value import value_portfolio, write_portfolio
from puhui.core.periods import add_months
from puhui.lab.postgres import temporary_postgres

ROOT = Path(__file__).resolve().parents[3]
PEER = ROOT / "bench" / "mutating_run"
LOANS, PEER_LOANS, SEED = 200_000, 10_000, 7
SHARDS = 4  # so that a row group has more than ROW_GROUP loans, as in a large book
SMALL, LARGE = 1_000_000, 10_000_000  # loans whose memory is compared
PEER_DAY = date(2024, 10, 15)  # the first of the nights on which many pay
NIGHTS = 3  # of the peer
# Ours before the nights, and again after them: a night takes as long as five of ours, so both are looked at as long. What
# else a machine does only ever adds to a run, so the least of each is what it costs.
REPEATS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def quietly(text: str) -> None:
    """This function will say nothing of a run's progress."""


def make_book(folder: Path, loans: int) -> Path:
    """This function will write `loans` of the demo's mix as a portfolio of events."""
    mix = Mix("demo", loans, SEED)
    made_of: dict[str, object] = {"mix": mix.name, "loans": mix.loans, "seed": mix.seed}
    tables = generate(mix, kernel())
    write_portfolio(
        tables=tables,
        target=folder / "events",
        shards=SHARDS,
        made_of=made_of,
        as_of=None,
        say=quietly,
    )
    return folder / "events"


def repeat_book(source: Path, target: Path, times: int) -> Path:
    """This function will make a portfolio of `times` links to every shard of `source`; its manifest says so."""
    one = read_manifest(source)
    with publishing(target) as work:
        entries: list[ShardEntry] = []
        for number in range(times):
            for entry in one.shards:
                name = f"{Path(entry.name).stem}-{number:04d}.parquet"
                os.link(source / entry.name, work / name)
                entries.append(replace(entry, name=name))
        made_of = {**one.made_of, "every_shard_repeated": times}
        totals = {name: total * times for name, total in one.totals.items()}
        write_manifest(work, replace(one, made_of=made_of, shards=tuple(entries), totals=totals))
    return target


def cpu_of_book(events: Path, target: Path) -> float:
    """This function will return the CPU seconds of a loan, Parquet to Parquet, the kernel being loaded."""
    kernel()
    start = time.process_time()
    found = value_portfolio(source=events, target=target, as_of=AS_OF, threads=1, say=quietly)
    took = time.process_time() - start
    check(found)
    return took / found.totals["loans"]


def check(found: Manifest) -> None:
    """This function will hold a valuation to what must be so: everything lent is owed or repaid."""
    totals = found.totals
    lent = totals["principal_minor"] + totals["paid_principal_minor"]
    assert totals["not_valued"] == 0 and totals["lent_minor"] == lent, totals


def cpu_of_server(database: str) -> float:
    """This function will return the CPU seconds that a PostgreSQL server and its processes have used so far."""
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        parent = stat_of(int(row[0]))[1]
        total = sum(stat_of(parent)[11:15])  # its own, and those of its processes that have ended
        for path in Path("/proc").glob("[0-9]*"):
            try:
                stat = stat_of(int(path.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if stat[1] == parent:
                total += stat[11] + stat[12]
    return total / TICKS


def stat_of(pid: int) -> list[int]:
    """This function will read the numbers of /proc/<pid>/stat after the name: [0] the state, as 0, [1] the parent, [11] to
    [14] CPU ticks of itself and of its children that have ended.
    """
    after = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return [0, *(int(one) for one in after[1:])]


def cpu_of_peer() -> float:
    """This function will return the CPU seconds of a loan in the mutating run, client and server, of the cheapest of some nights.

    Raises: PostgresMissing; AssertionError if the run did not bring every loan to the day, or lost money.
    """
    with temporary_postgres(durable=True) as database:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute((PEER / "tables.sql").read_text(encoding="utf-8").encode())
            load(connection)
        run_peer(database, PEER_DAY - timedelta(days=1))  # the nights before, at once
        nights = [cpu_of_night(database, PEER_DAY + timedelta(days=n)) for n in range(NIGHTS)]
        with psycopg.connect(database) as connection:
            lost = connection.execute(LOST).fetchone()
    assert lost == (0, 0), lost
    return min(nights)


def cpu_of_night(database: str, day: date) -> float:
    """This function will return the CPU seconds of a loan in one night of the mutating run, client and server."""
    before, children = cpu_of_server(database), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_peer(database, day)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    assert done == PEER_LOANS, done
    return (client + cpu_of_server(database) - before) / done


LOST = """SELECT count(*) FILTER (WHERE run_to <> (SELECT max(run_to) FROM loan)),
    count(*) FILTER (WHERE paid_principal_minor <> (SELECT sum(paid_principal_minor) FROM instalment WHERE loan_id = id))
    FROM loan"""


def run_peer(database: str, day: date) -> int:
    """This function will run the peer for one business date, and return how many loans it brought there."""
    done = subprocess.run(
        [sys.executable, str(PEER / "run.py"), database, day.isoformat()],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


def load(connection: psycopg.Connection[Any]) -> None:
    """This function will write loans of the demo's mix into the peer's tables: the plan of each, and its payments."""
    table = next(iter(generate(Mix("demo", PEER_LOANS, SEED), kernel())))
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY loan (id, rate_ppm, lent_minor, run_to, outstanding_minor, paid_principal_minor, accrued_minor, "
            "late_minor, dpd_days, payoff_minor, credit_minor) FROM STDIN"
        ) as copy:
            for number, one in enumerate(loans_of(table)):
                amount = one["amount_minor"][0]
                copy.write_row(
                    (number, one["rate_ppm"], amount, date(2000, 1, 1), amount, 0, 0, 0, 0, amount, 0)
                )
        with cursor.copy(
            "COPY instalment (loan_id, number, start_date, due_date, principal_minor, interest_minor) FROM STDIN"
        ) as copy:
            for row in instalments_of(table):
                copy.write_row(row)
        with cursor.copy("COPY payment (id, loan_id, value_date, amount_minor) FROM STDIN") as copy:
            for row in payments_of(table):
                copy.write_row(row)
    connection.execute("VACUUM ANALYZE")


def instalments_of(table: pa.Table) -> Iterator[tuple[object, ...]]:
    """This function will yield the peer's instalments of a table's loans, with the loan's number first."""
    for number, one in enumerate(loans_of(table)):
        for row in plan_of(one):
            yield number, *row


def payments_of(table: pa.Table) -> Iterator[tuple[object, ...]]:
    """This function will yield the peer's payments: id, loan's number, day, amount in minor units."""
    for number, one in enumerate(loans_of(table)):
        for n in range(1, EVENTS):
            yield number * EVENTS + n, number, date.fromordinal(one["value_date"][n]), one["amount_minor"][n]


def loans_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """This function will yield the loans of a table of events."""
    for batch in table.to_batches(max_chunksize=1_000):
        yield from batch.to_pylist()


def plan_of(loan: dict[str, Any]) -> Iterator[tuple[int, date, date, int, int]]:
    """This function will yield a loan's level instalments: number, first day, due date, principal and interest."""
    start, left, count = date.fromordinal(loan["value_date"][0]), loan["amount_minor"][0], loan["count"]
    scale, monthly = 10**18, 12 * 10**6
    factors = [scale * monthly**n // (monthly + loan["rate_ppm"]) ** n for n in range(1, count + 1)]
    level = (left * scale + sum(factors) // 2) // sum(factors)
    before = start
    for number in range(1, count + 1):
        due = add_months(start, number)
        interest = (left * loan["rate_ppm"] + monthly // 2) // monthly
        principal = left if number == count else level - interest
        yield number, before, due, principal, interest
        left, before = left - principal, due


def memory_of(source: Path, folder: Path) -> int:
    """This function will value a portfolio in a process of its own and return the most memory that it held, KiB."""
    done = subprocess.run(
        [sys.executable, "-m", "puhui.lab.bench_book", "value", str(source), str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1])


def measure() -> dict[str, float]:
    """This function will measure everything and return it by name."""
    with tempfile.TemporaryDirectory(prefix="puhui-book-") as name:
        folder = Path(name)
        events = make_book(folder, LOANS)
        before = [cpu_of_book(events, folder / f"before-{n}") for n in range(REPEATS)]
        peer = cpu_of_peer()
        ours = min(before + [cpu_of_book(events, folder / f"after-{n}") for n in range(REPEATS)])
        small = memory_of(repeat_book(events, folder / "small", SMALL // LOANS), folder / "small.out")
        large = memory_of(repeat_book(events, folder / "large", LARGE // LOANS), folder / "large.out")
    return {
        "book_us_per_loan": ours * 1e6,
        "mutating_loans_per_s": 1 / peer,
        "book_vs_mutating_cpu": peer / ours,
        "memory_1m_mib": small / 1024,
        "memory_10m_vs_1m": large / small,
    }


def main(arguments: Sequence[str]) -> int:
    """This function will measure; with `value SOURCE TARGET`, value one portfolio and print the most memory held, KiB."""
    if arguments and arguments[0] == "value":
        source, target = (Path(one) for one in arguments[1:])
        found = value_portfolio(source=source, target=target, as_of=AS_OF, threads=2, say=quietly)
        check(found)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return 0
    print(json.dumps(measure()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
