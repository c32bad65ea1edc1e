"""The loan kernel measured: compiled against the same source uncompiled, one thread against two, long histories against
short ones. CPU seconds of one process wherever one core is meant; prints one JSON object for `puhui.lab.bench`.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy

from puhui.batch.portfolio.columns import Columns, TermsTable, pack, read_columns, with_terms
from puhui.batch.portfolio.compiled import Kernel, cache_folder, compile_kernel, working_memory
from puhui.batch.portfolio.generate import AS_OF, FIRST_DAY, Mix, generate
from puhui.batch.portfolio.plain import value_plainly
from puhui.loans.domain.engine import BookEvent, LoanTerms, figures
from puhui.loans.domain.engine.codes import Kind

LOANS, PLAIN_LOANS, SEED = 20_000, 60, 7
TIMES = 3  # the best of so many runs
THREAD_TIMES = 15  # of one and of two threads
THREAD_ROUNDS = 4  # over the same loans in a run


def run(kernel: Kernel, columns: Columns, begin: int, end: int) -> None:
    """This function will value some loans of some columns on the date of the mixes."""
    size = columns.size
    out = numpy.zeros(figures.V_WIDTH * size, "i8")
    day = AS_OF.toordinal()
    kernel.value_loans(*working_memory(), *columns.arguments(), day, begin, end, out, size, 0)
    handed_back = numpy.count_nonzero(out[figures.V_FAULT * size : (figures.V_FAULT + 1) * size])
    assert handed_back == 0, f"{handed_back} loans were handed back: their time is not a valuation's"


def cpu_of(kernel: Kernel, columns: Columns) -> float:
    """This function will return the CPU seconds of one loan, the best of TIMES runs on one core."""
    found = []
    for _ in range(TIMES):
        start = time.process_time()
        run(kernel, columns, 0, columns.size)
        found.append(time.process_time() - start)
    return min(found) / columns.size


def plain_cpu_of(columns: Columns) -> float:
    """This function will return the CPU seconds of one loan in plain Python."""
    start = time.process_time()
    for loan in range(PLAIN_LOANS):
        value_plainly(columns, loan, AS_OF.toordinal())
    return (time.process_time() - start) / PLAIN_LOANS


def wall_of(kernel: Kernel, columns: Columns, threads: int) -> float:
    """This function will return the seconds in which so many threads value the same loans, THREAD_ROUNDS times each, memory
    being there: what is measured is the kernel.
    """
    cuts = [columns.size * n // threads for n in range(threads + 1)]
    out = numpy.ones(figures.V_WIDTH * columns.size, "i8")
    memory = [working_memory() for _ in range(threads)]

    def work(n: int) -> None:
        for _ in range(THREAD_ROUNDS):
            kernel.value_loans(
                *memory[n],
                *columns.arguments(),
                AS_OF.toordinal(),
                cuts[n],
                cuts[n + 1],
                out,
                columns.size,
                0,
            )

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def threads_ratio(kernel: Kernel, columns: Columns) -> float:
    """This function will return how many times faster two threads are than one, the best of THREAD_TIMES runs of each in
    turns: what else the machine does can only make a run slower.
    """
    one, two = [], []
    for _ in range(THREAD_TIMES):
        one.append(wall_of(kernel, columns, 1))
        two.append(wall_of(kernel, columns, 2))
    return min(one) / min(two)


def with_events(count: int, loans: int) -> Columns:
    """This function will make loans of 36 instalments, each with a payout and `count` − 1 part payments of one sum."""
    terms = LoanTerms(
        currency="CNY", principal_minor=3_600_000, annual_rate_ppm=144_000, count=36, start_date=FIRST_DAY
    )
    first = FIRST_DAY.toordinal()
    step = 560 // count
    events = [
        BookEvent(
            seq=n + 1,
            kind=Kind.REPAY if n else Kind.DISBURSE,
            value_date=FIRST_DAY.fromordinal(first + n * step if step else first + n * 560 // count),
            booking_date=FIRST_DAY.fromordinal(first + n * step if step else first + n * 560 // count),
            amount_minor=1_400_000 // count if n else 3_600_000,
        )
        for n in range(count)
    ]
    table = TermsTable()
    return read_columns(with_terms(pack([(str(n), terms, events) for n in range(loans)], table), table))


def measure() -> dict[str, Any]:
    """This function will measure everything and return it by name."""
    with tempfile.TemporaryDirectory() as empty:
        start = time.process_time()
        compile_kernel(cache=Path(empty))
        cold = time.process_time() - start
    kernel = compile_kernel(cache=cache_folder())
    demo, changes = (
        read_columns(next(iter(generate(Mix(name, LOANS, SEED), kernel)))) for name in ("demo", "changes")
    )
    one = cpu_of(kernel, demo)
    short, long = cpu_of(kernel, with_events(8, 200)) / 8, cpu_of(kernel, with_events(700, 4)) / 700
    return {
        "cold_compile_s": cold,
        "kernel_vs_python": plain_cpu_of(demo) / one,
        "kernel_loans_per_s": 1 / one,
        "kernel_changes_loans_per_s": 1 / cpu_of(kernel, changes),
        "threads_2_vs_1": threads_ratio(kernel, demo),
        "ns_per_event_700_vs_8": long / short,
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
