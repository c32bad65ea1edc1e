"""A compiled kernel that tests share, kept below build/ so that only a change of its sources compiles it again."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy

from puhui.batch.portfolio.columns import Columns
from puhui.batch.portfolio.compiled import EVENTS, SIZE, Kernel, compile_kernel, working_memory
from puhui.loans.domain.engine import figures
from puhui.loans.domain.engine.book import EVENT_WIDTH, K_WIDTH, new_book

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "kernel"


@lru_cache(maxsize=1)
def kernel() -> Kernel:
    """The kernel of these sources."""
    return compile_kernel(cache=CACHE)


def compiled_figures(columns: Columns, day: int) -> list[list[int]]:
    """Every loan's figures by the compiled kernel, faults as they are."""
    size = columns.size
    out = numpy.zeros(figures.V_WIDTH * size, "i8")
    kernel().value_loans(*working_memory(), *columns.arguments(), day, 0, size, out, size, 0)
    return [list(map(int, one)) for one in out.reshape(figures.V_WIDTH, size).T]


def plain_figures(columns: Columns, day: int) -> list[list[int]]:
    """The same by the same source in plain Python, over the same columns."""
    size = columns.size
    books = [new_book([0] * K_WIDTH, [0] * 108, [0] * 9, [0] * 4, SIZE)]
    out = [0] * (figures.V_WIDTH * size)
    arguments = [column.tolist() for column in columns.arguments()]
    figures.value_loans(*[books, [0] * EVENTS * EVENT_WIDTH, *arguments, day, 0, size, out, size, 0])
    return [out[i::size] for i in range(size)]
