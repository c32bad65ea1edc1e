"""Portfolios made up for measuring: the demo's mix of terms and habits, or one with re-ages and rate changes, of any size
and the same for the same seed.

Instalments are not guessed: the kernel itself works out each loan's first one, and borrowers pay it, or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy
import pyarrow as pa

from puhui.batch.portfolio.columns import OWN_FIELDS, SCHEMA, TermsTable, read_columns, with_terms
from puhui.batch.portfolio.compiled import Kernel, working_memory
from puhui.loans.domain.engine.codes import Kind, Method
from puhui.loans.domain.engine.figures import V_NEXT_AMOUNT, V_WIDTH
from puhui.loans.domain.engine.reading import DETAILS, HAS_DETAIL
from puhui.loans.domain.engine.terms import LoanTerms

EVENTS = 8  # of each loan: a payout and seven more
FIRST_DAY = date(2024, 1, 1)  # of the payouts; the last one is a year later
AS_OF = date(2025, 9, 30)  # a date on which everything has happened
MIXES = ("demo", "changes")
COUNTS, COUNT_SHARES = (12, 24, 36), (0.5, 0.3, 0.2)  # instalments
RATES, RATE_SHARES = (90_000, 144_000, 180_000, 216_000), (0.1, 0.5, 0.3, 0.1)  # ppm a year
LATE, PARTLY, STOPS = 0.12, 0.03, 0.05  # shares of payments late or in part, and of loans that stop paying
BLOCK = 100_000  # loans made at a time


@dataclass(frozen=True, slots=True)
class Mix:
    """What is generated."""

    name: str  # of MIXES
    loans: int  # how many
    seed: int  # of the random numbers


def generate(mix: Mix, kernel: Kernel) -> Iterator[pa.Table]:
    """This function will make the loans of a mix, block by block, as tables of `columns.SCHEMA`."""
    for begin in range(0, mix.loans, BLOCK):
        size = min(BLOCK, mix.loans - begin)
        random = numpy.random.default_rng([mix.seed, begin])
        yield _block(mix, begin, size, random, kernel)


def _terms() -> TermsTable:
    table = TermsTable()
    for method in (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL):
        table.line_of(
            LoanTerms(
                currency="CNY",
                principal_minor=1_000_000,
                annual_rate_ppm=144_000,
                count=12,
                start_date=FIRST_DAY,
                method=method,
            )
        )
    return table


def _block(mix: Mix, begin: int, size: int, random: numpy.random.Generator, kernel: Kernel) -> pa.Table:
    count = random.choice(COUNTS, size, p=COUNT_SHARES).astype("i4")
    rate = random.choice(RATES, size, p=RATE_SHARES).astype("i4")
    method = (random.random(size) < 0.15).astype("i4")
    amount = random.integers(10, 2_000, size) * 10_000
    start = FIRST_DAY.toordinal() + random.integers(0, 365, size)
    loans = {"terms": method, "rate_ppm": rate, "count": count}
    zero = numpy.zeros(size, "i4")
    loans |= {"start": zero, "first_due": zero}
    level = _first_instalments(loans, amount, start, kernel)
    days = numpy.empty((size, EVENTS), "i4")
    paid = numpy.empty((size, EVENTS), "i8")
    kind = numpy.full((size, EVENTS), int(Kind.REPAY), "i4")
    days[:, 0], paid[:, 0], kind[:, 0] = start, amount, Kind.DISBURSE
    late = random.random((size, EVENTS)) < LATE
    partly = random.random((size, EVENTS)) < PARTLY
    stops = random.random(size) < STOPS
    for n in range(1, EVENTS):
        days[:, n] = _months_later(start, n) + late[:, n] * random.integers(1, 28, size)
        paid[:, n] = numpy.where(partly[:, n], level // 2, level)
    paid[stops, 4:] = level[stops, None] // 10
    detail = numpy.zeros((size, EVENTS, DETAILS), "i8")
    detail[:, :, 4:6], detail[:, :, 13] = (1, 2), 2
    if mix.name == "changes":
        _change(kind, days, paid, detail, random)
    return _table(mix, begin, loans, kind, days, paid, detail)


def _change(
    kind: numpy.ndarray[Any, Any],
    days: numpy.ndarray[Any, Any],
    paid: numpy.ndarray[Any, Any],
    detail: numpy.ndarray[Any, Any],
    random: numpy.random.Generator,
) -> None:
    """A fifth of the loans is re-aged at the fifth event, two fifths have another rate at the fourth."""
    share = random.random(len(kind))
    aged, changed = share < 0.2, (share >= 0.2) & (share < 0.6)
    kind[aged, 5], paid[aged, 5] = int(Kind.RE_AGE) | HAS_DETAIL, 0
    detail[aged, 5, 1] = days[aged, 5] + 20  # the first new due date
    detail[aged, 5, 3] = 18  # new instalments
    kind[changed, 4], paid[changed, 4] = int(Kind.RATE_CHANGE) | HAS_DETAIL, 0
    detail[changed, 4, 0] = 120_000


def _months_later(start: numpy.ndarray[Any, Any], months: int) -> numpy.ndarray[Any, Any]:
    """The same day of a later month, or the month's last."""
    epoch = date(1970, 1, 1).toordinal()
    day = (start - epoch).astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    of_month = (day - month.astype("datetime64[D]")).astype("i8")
    later = month + months
    first, beyond = later.astype("datetime64[D]"), (later + 1).astype("datetime64[D]")
    length = (beyond - first).astype("i8")
    found: numpy.ndarray[Any, Any] = first.astype("i8") + numpy.minimum(of_month, length - 1) + epoch
    return found.astype("i4")


def _first_instalments(
    loans: dict[str, Any], amount: numpy.ndarray[Any, Any], start: numpy.ndarray[Any, Any], kernel: Kernel
) -> numpy.ndarray[Any, Any]:
    size = len(amount)
    ones = numpy.arange(size + 1, dtype="i4")
    columns = {"value_date": start.astype("i4"), "amount_minor": amount.astype("i8")}
    lists = {name: pa.ListArray.from_arrays(ones, values) for name, values in columns.items()}
    for name in (*OWN_FIELDS, "detail", "signed"):
        lists |= _empty_lists(name, size)
    lists = {name: lists[name] for name in SCHEMA.names if name in lists}
    table = pa.table({"loan_id": [""] * size, **loans, **lists}).cast(SCHEMA)
    found = read_columns(with_terms(table, _terms()))
    out, memory = numpy.zeros(V_WIDTH * size, "i8"), working_memory()
    for i in range(size):  # each on the day of its payout
        kernel.value_loans(*memory, *found.arguments(), int(start[i]), i, i + 1, out, size, 0)
    return out[V_NEXT_AMOUNT * size : (V_NEXT_AMOUNT + 1) * size]


def _empty_lists(name: str, size: int) -> dict[str, Any]:
    return {name: pa.ListArray.from_arrays(numpy.zeros(size + 1, "i4"), numpy.zeros(0, "i8"))}


def _table(
    mix: Mix,
    begin: int,
    loans: dict[str, Any],
    kind: numpy.ndarray[Any, Any],
    days: numpy.ndarray[Any, Any],
    paid: numpy.ndarray[Any, Any],
    detail: numpy.ndarray[Any, Any],
) -> pa.Table:
    size = len(kind)
    # Events in the order of booking: a late payment may come after the next one.
    order = numpy.argsort(days, axis=1, kind="stable")
    kind, days, paid = (numpy.take_along_axis(one, order, 1) for one in (kind, days, paid))
    detail = numpy.take_along_axis(detail, order[:, :, None], 1)
    starts = numpy.arange(0, size * EVENTS + 1, EVENTS, dtype="i4")
    has = (kind & HAS_DETAIL) != 0
    detail_starts = numpy.zeros(size + 1, "i4")
    detail_starts[1:] = numpy.cumsum(has.sum(axis=1)) * DETAILS
    # Kinds stand with the loans that have others than a payout and payments; all is booked on its day and refers to nothing.
    own = (kind[:, 0] != int(Kind.DISBURSE)) | (kind[:, 1:] != int(Kind.REPAY)).any(axis=1)
    kind_starts = numpy.zeros(size + 1, "i4")
    kind_starts[1:] = numpy.cumsum(own) * EVENTS
    lists = {
        "kind": pa.ListArray.from_arrays(kind_starts, kind[own].reshape(-1)),
        "value_date": pa.ListArray.from_arrays(starts, days.reshape(-1)),
        **_empty_lists("booking_date", size),
        "amount_minor": pa.ListArray.from_arrays(starts, paid.reshape(-1)),
        **_empty_lists("of_seq", size),
        "detail": pa.ListArray.from_arrays(detail_starts, detail[has].reshape(-1)),
        **_empty_lists("signed", size),
    }
    ids = [f"{mix.name}-{mix.seed}-{begin + i:09d}" for i in range(size)]
    return with_terms(pa.table({"loan_id": ids, **loans, **lists}).cast(SCHEMA), _terms())
