"""Loans as columns: what a shard holds and what the kernel reads, without a copy in between.

A loan is one place of the loan columns and a list in each event column. Terms that many loans share are lines of a small
table that travels with the shard.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
import pyarrow as pa

from puhui.batch.portfolio.refusals import ShardDamaged
from puhui.loans.domain.engine.book import EVENT_WIDTH, K_COUNT, K_FIRST_DUE, K_SEED_DAY, K_START
from puhui.loans.domain.engine.codes import Kind
from puhui.loans.domain.engine.events import BookEvent
from puhui.loans.domain.engine.reading import (
    DETAILS,
    HAS_DETAIL,
    REFUNDS,
    TAKES_DOWN,
    TERMS_WIDTH,
)
from puhui.loans.domain.engine.replay import coded, constants, orders, table_of
from puhui.loans.domain.engine.steps import (
    E_AMOUNT,
    E_BOOKED,
    E_DATE,
    E_DOWN,
    E_KIND,
    E_OF,
    E_RATE,
    E_REFUNDS,
    E_SEQ,
)
from puhui.loans.domain.engine.terms import LoanTerms

SEMANTICS = 2  # version of the rules that compute a loan
LOAN_FIELDS = ("terms", "rate_ppm", "count", "start", "first_due")
EVENT_FIELDS = ("kind", "value_date", "booking_date", "amount_minor", "of_seq")
OWN_FIELDS = (
    "kind",
    "booking_date",
    "of_seq",
)  # of them those whose lists are empty where a loan's events are as usual
LAYOUT = 2  # of the columns; 1 held every list in full, and is read as well
PLAIN_DETAIL = [
    0,
    0,
    0,
    0,
    1,
    2,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    2,
]  # an event without detail: a period of one month, all else nothing

SCHEMA = pa.schema(
    [pa.field("loan_id", pa.string(), nullable=False)]
    + [pa.field(name, pa.int32(), nullable=False) for name in LOAN_FIELDS]
    + [
        pa.field(
            name,
            pa.list_(pa.field("item", pa.int64() if name == "amount_minor" else pa.int32(), nullable=False)),
            nullable=False,
        )
        for name in EVENT_FIELDS
    ]
    + [
        pa.field(name, pa.list_(pa.field("item", pa.int64(), nullable=False)), nullable=False)
        for name in ("detail", "signed")
    ]
)


@dataclass(slots=True)
class TermsTable:
    """The terms that loans of a shard share, each once."""

    lines: dict[tuple[int, ...], int] = field(default_factory=dict)  # TERMS_WIDTH numbers → line

    def line_of(self, terms: LoanTerms) -> int:
        """This function will return the line of a contract's terms, added if it is new."""
        k = constants(terms)
        k[K_COUNT] = k[K_START] = k[K_FIRST_DUE] = k[K_SEED_DAY] = 0
        order, ahead = orders(terms)
        credit = [int(part) for part in terms.credit_order]
        line = tuple(int(n) for n in [*k, *order, *ahead, *credit, *[-1] * (4 - len(credit))])
        assert len(line) == TERMS_WIDTH
        return self.lines.setdefault(line, len(self.lines))

    def text(self) -> str:
        """This function will write the table as JSON: a list of lines."""
        return json.dumps([list(line) for line in self.lines], separators=(",", ":"))


def with_terms(table: pa.Table, terms: TermsTable) -> pa.Table:
    """This function will put the terms and the versions of semantics and layout beside the columns of loans."""
    return table.replace_schema_metadata(
        {"puhui.semantics": str(SEMANTICS), "puhui.layout": str(LAYOUT), "puhui.terms": terms.text()}
    )


def pack(loans: Iterable[tuple[str, LoanTerms, Sequence[BookEvent]]], terms: TermsTable) -> pa.Table:
    """This function will write loans (id, contract, events) as a table of the columns of `SCHEMA`."""
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
    for loan_id, contract, events in loans:
        k = constants(contract)
        columns["loan_id"].append(loan_id)
        columns["terms"].append(terms.line_of(contract))
        columns["rate_ppm"].append(contract.annual_rate_ppm)
        columns["count"].append(int(k[K_COUNT]))
        columns["start"].append(int(k[K_START]))
        columns["first_due"].append(int(k[K_FIRST_DUE]))
        columns["signed"].append(table_of(contract))
        for name, values in pack_events(coded(contract, events)).items():
            columns[name].append(values)
    return pa.table(
        {name: pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names}, schema=SCHEMA
    )


def pack_events(codes: Sequence[int]) -> dict[str, list[int]]:
    """This function will write one loan's events, in the order of booking, as the lists of a shard. Events are numbered
    from 1 on; what an event refers to follows. Kinds are left out where payments follow a payout, booking dates where they
    are the value dates, references where there are none.
    """
    found: dict[str, list[int]] = {name: [] for name in (*EVENT_FIELDS, "detail")}
    places = range(0, len(codes), EVENT_WIDTH)
    number = {codes[at + E_SEQ]: n for n, at in enumerate(places, 1)}
    for at in places:
        detail = [int(n) for n in codes[at + E_RATE : at + E_RATE + DETAILS]]
        kind = int(codes[at + E_KIND])
        kind += (REFUNDS if codes[at + E_REFUNDS] else 0) + (TAKES_DOWN if codes[at + E_DOWN] else 0)
        if detail != PLAIN_DETAIL:
            kind += HAS_DETAIL
            found["detail"] += detail
        found["kind"].append(kind)
        found["value_date"].append(codes[at + E_DATE])
        found["booking_date"].append(codes[at + E_BOOKED])
        found["amount_minor"].append(codes[at + E_AMOUNT])
        found["of_seq"].append(number.get(codes[at + E_OF], 0))
    if found["kind"] == [Kind.REPAY if n else Kind.DISBURSE for n in range(len(places))]:
        found["kind"] = []
    if found["booking_date"] == found["value_date"]:
        found["booking_date"] = []
    if not any(found["of_seq"]):
        found["of_seq"] = []
    return found


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one table as the kernel takes them: numpy views of the Arrow buffers."""

    table: numpy.ndarray[Any, Any]  # the terms, line after line
    loans: tuple[numpy.ndarray[Any, Any], ...]  # LOAN_FIELDS
    starts: numpy.ndarray[Any, Any]  # first event of each loan, and one more
    value_date: numpy.ndarray[Any, Any]  # of all events
    amount: numpy.ndarray[Any, Any]  # of all events, minor units
    own: tuple[tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]], ...]  # OWN_FIELDS: starts and values
    detail_starts: numpy.ndarray[Any, Any]  # first number of each loan's details, and one more
    detail: numpy.ndarray[Any, Any]  # the details
    signed_starts: numpy.ndarray[Any, Any]  # first number of each loan's signed table, and one more
    signed: numpy.ndarray[Any, Any]  # the signed tables

    @property
    def size(self) -> int:
        """How many loans there are."""
        return len(self.starts) - 1

    def arguments(self) -> tuple[Any, ...]:
        """This function will list what `figures.value_loans` takes after its working memory."""
        return (
            self.table,
            *self.loans,
            self.starts,
            self.value_date,
            self.amount,
            *(one for pair in self.own for one in pair),
            self.detail_starts,
            self.detail,
            self.signed_starts,
            self.signed,
        )


def read_columns(table: pa.Table) -> Columns:
    """This function will view one table as columns; nothing is copied where a column is one chunk.

    Raises: ShardDamaged if its lists contradict each other.
    """
    metadata = table.schema.metadata or {}
    lines = json.loads(metadata[b"puhui.terms"])
    flat = numpy.array(lines, "i8").reshape(-1) if lines else numpy.zeros(0, "i8")
    flat.flags.writeable = False
    whole = {name: _one_chunk(table[name]) for name in SCHEMA.names if name != "loan_id"}
    loans = tuple(numbers(whole[name]) for name in LOAN_FIELDS)
    starts = numbers(whole["value_date"].offsets)
    for name in ("amount_minor", *OWN_FIELDS):
        _check_lists(name, starts, numbers(whole[name].offsets), may_be_empty=name in OWN_FIELDS)
    detail, signed = whole["detail"], whole["signed"]
    return Columns(
        table=flat,
        loans=loans,
        starts=starts,
        value_date=numbers(whole["value_date"].values),
        amount=numbers(whole["amount_minor"].values),
        own=tuple((numbers(whole[name].offsets), numbers(whole[name].values)) for name in OWN_FIELDS),
        detail_starts=numbers(detail.offsets),
        detail=numbers(detail.values),
        signed_starts=numbers(signed.offsets),
        signed=numbers(signed.values),
    )


def _check_lists(
    name: str, starts: numpy.ndarray[Any, Any], other: numpy.ndarray[Any, Any], *, may_be_empty: bool
) -> None:
    """Refuse a column whose lists are not as long as those of value dates; the kernel would read beyond their end."""
    if numpy.array_equal(starts, other) or (may_be_empty and other[0] == other[-1]):
        return
    lengths, found = numpy.diff(starts), numpy.diff(other)
    wrong = (found != lengths) & ~((found == 0) & may_be_empty)
    if wrong.any():
        loan = int(wrong.argmax())
        expected = f"{lengths[loan]} in row {loan}{', or none' if may_be_empty else ''}"
        raise ShardDamaged(file=f"column {name}", expected=expected, found=str(found[loan]))


def numbers(array: pa.Array) -> numpy.ndarray[Any, Any]:
    """This function will view an array of integers, none of them missing, as numpy without a copy. (`to_numpy` loads pandas
    first: a third of a second of a process.)
    """
    assert array.null_count == 0, "a number is missing"
    width = array.type.bit_width // 8
    found = numpy.zeros(0, f"i{width}")
    if len(array):
        found = numpy.frombuffer(array.buffers()[1], f"i{width}", len(array), array.offset * width)
    found.flags.writeable = False
    return found


def _one_chunk(column: pa.ChunkedArray) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
