"""One shard valued: a file of events in, a file of figures out. It knows no engine and no cluster: whoever runs many of
them, threads here or tasks elsewhere, calls this one function.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pyarrow as pa

from puhui.batch.portfolio import shards
from puhui.batch.portfolio.columns import SEMANTICS, numbers, read_columns
from puhui.batch.portfolio.compiled import Kernel, cache_folder, compile_kernel, working_memory
from puhui.batch.portfolio.plain import value_plainly
from puhui.loans.domain.engine import figures

STATUSES = ("pending", "active", "closed", "overpaid", "written_off")
COUNTS = {
    "status": "int8",
    "past_due_since": "int32",
    "days_past_due": "int32",
    "next_due": "int32",
    "charged_off": "int32",
    "fault": "int8",
}
FIGURES = {
    "status": figures.V_STATUS,
    "lent_minor": figures.V_LENT,
    "principal_minor": figures.V_PRINCIPAL,
    "interest_minor": figures.V_INTEREST,
    "fee_minor": figures.V_FEE,
    "penalty_minor": figures.V_PENALTY,
    "outstanding_minor": figures.V_OUTSTANDING,
    "payoff_minor": figures.V_PAYOFF,
    "accrued_minor": figures.V_ACCRUED,
    "credit_minor": figures.V_CREDIT,
    "paid_principal_minor": figures.V_PAID_PRINCIPAL,
    "paid_interest_minor": figures.V_PAID_INTEREST,
    "paid_other_minor": figures.V_PAID_OTHER,
    "waived_minor": figures.V_WAIVED,
    "written_off_minor": figures.V_WRITTEN_OFF,
    "recovered_minor": figures.V_RECOVERED,
    "sold_minor": figures.V_SOLD,
    "charged_off": figures.V_CHARGED_OFF,
    "late_minor": figures.V_LATE,
    "past_due_since": figures.V_SINCE,
    "days_past_due": figures.V_DAYS,
    "next_due": figures.V_NEXT_DUE,
    "next_minor": figures.V_NEXT_AMOUNT,
    "fault": figures.V_FAULT,
}
# Every loan has every figure, and a file that says so need not write which are missing.
FIGURES_SCHEMA = pa.schema(
    [pa.field("loan_id", pa.string(), nullable=False)]
    + [pa.field(name, COUNTS.get(name, "int64"), nullable=False) for name in FIGURES]
)
_kernel: list[Kernel] = []
_lock = threading.Lock()


def kernel() -> Kernel:
    """This function will return the compiled kernel, loaded once a process."""
    with _lock:
        if not _kernel:
            _kernel.append(compile_kernel(cache=cache_folder()))
        return _kernel[0]


class Place(threading.local):
    """Where one thread works: a book, a loan's events and the figures of a row group, all used again for the next one."""

    def __init__(self) -> None:
        self.memory = working_memory()
        self.figures = numpy.zeros(0, "i8")

    def room(self, count: int) -> numpy.ndarray[Any, Any]:
        """This function will return place for `count` figures; whoever takes it writes all of them."""
        if len(self.figures) < count:
            self.figures = numpy.zeros(count, "i8")
        return self.figures[:count]


_place = Place()


def value_table(table: pa.Table, as_of: date, out: numpy.ndarray[Any, Any] | None = None) -> pa.Table:
    """This function will work out the figures of a table of loans (`columns.SCHEMA`) on a date, one row a loan. They lie in
    `out`, `figures.V_WIDTH` numbers a loan, where it is given.
    """
    columns, size = read_columns(table), table.num_rows
    if out is None:
        out = numpy.zeros(figures.V_WIDTH * size, "i8")
    day = as_of.toordinal()
    kernel().value_loans(*_place.memory, *columns.arguments(), day, 0, size, out, size, 0)
    by_column = out.reshape(figures.V_WIDTH, size)
    for i in numpy.flatnonzero(by_column[figures.V_FAULT]).tolist():
        by_column[:, i] = value_plainly(columns, i, day)
    data: dict[str, Any] = {"loan_id": table["loan_id"]}
    for name, at in FIGURES.items():
        kind = FIGURES_SCHEMA.field(name).type  # given as memory: `pa.array` would load pandas first
        values = pa.py_buffer(by_column[at].astype(COUNTS.get(name, "int64"), copy=False))
        data[name] = pa.Array.from_buffers(kind, size, [None, values])
    return pa.table(data, schema=FIGURES_SCHEMA).replace_schema_metadata(
        {"puhui.semantics": str(SEMANTICS), "puhui.as_of": as_of.isoformat()}
    )


def value_shard(source: str, target: str, as_of: str) -> dict[str, int]:
    """This function will value the shard of events `source` on `as_of` (ISO date) into the file `target`, row group by
    row group, and return its totals.

    Raises: ShardDamaged, SemanticsUnknown, DiskFull.
    """
    totals = add_up([])
    shards.write_tables(Path(target), _value_groups(Path(source), date.fromisoformat(as_of), totals))
    return totals


def _value_groups(source: Path, as_of: date, totals: dict[str, int]) -> Iterator[pa.Table]:
    """The figures of each row group, added to the totals. What one lies in is used again for the next."""
    for table in shards.read_shard(source):
        found = value_table(table, as_of, _place.room(figures.V_WIDTH * table.num_rows))
        for name, amount in add_up([found]).items():
            totals[name] += amount
        yield found


def add_up(tables: list[pa.Table]) -> dict[str, int]:
    """This function will return the number of loans and the sum of every amount of tables of figures."""
    found = {
        "loans": sum(table.num_rows for table in tables),
        "not_valued": sum(int(numpy.count_nonzero(one)) for one in _parts(tables, "fault")),
    }
    for name in FIGURES:
        if name.endswith("_minor"):
            found[name] = sum(int(one.sum()) for one in _parts(tables, name))
    return found


def _parts(tables: list[pa.Table], name: str) -> Iterator[numpy.ndarray[Any, Any]]:
    return (numbers(part) for table in tables for part in table[name].chunks)
