"""A policy's tables over columns: the same rows, verdicts and reasons as the generated Python, for a million requests.

A checked table has finitely many regions. Each variable becomes the number of its region, the numbers together an index
into a list that the generated Python itself filled; so the two cannot differ except in finding the region, and that a
differential test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from puhui.decisions.domain.conditions import InputType, cells_of
from puhui.decisions.domain.policy import BUILT_IN, CreditPolicy
from puhui.decisions.domain.tables import Table, Value

Ints = NDArray[np.int64]
SMALL = 8  # as many bounds as are compared one by one; beyond, a binary search is faster
BLOCK = 1 << 15  # requests at a time: what is worked on stays in the processor's own cache


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueColumn:
    """One variable of many requests. Choices are numbers of their type's values."""

    values: Ints  # a value a request; of no meaning where absent
    absent: NDArray[np.bool_] | None = None  # where nothing is known, None when all is


@dataclass(frozen=True, slots=True, kw_only=True)
class RowColumn:
    """What a table answers to many requests."""

    codes: NDArray[np.int32]  # an index into `answers` a request
    answers: tuple[tuple[int, ...], ...]  # numbers of the rows that apply, one for `unique` and `first`


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    name: str
    type: InputType
    bounds: Ints  # first values of the regions but the first
    count: int  # regions, absence included


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """One table, ready for columns."""

    table: Table  # what it was made from
    axes: tuple[_Axis, ...]  # one an input
    codes: NDArray[np.int32]  # by index of regions → index into `answers`
    answers: tuple[tuple[int, ...], ...]  # the different answers
    given: dict[str, tuple[InputType, Ints]]  # output → its type and its value by index into `answers`

    def rows(self, columns: Mapping[str, ValueColumn]) -> RowColumn:
        """Return the rows that apply to each request. Raises: KeyError for a missing column; ValueError out of type."""
        read = [(axis, columns[axis.name]) for axis in self.axes]
        codes = np.empty(len(read[0][1].values), dtype=np.int32)
        for start in range(0, len(codes), BLOCK):
            block = slice(start, start + BLOCK)
            index = np.zeros(len(codes[block]), dtype=np.int32)
            for axis, column in read:
                index *= np.int32(axis.count)
                index += _place(axis, column.values[block], column.absent, block)
            self.codes.take(index, out=codes[block], mode="clip")  # every index was checked; no copy that way
        return RowColumn(codes=codes, answers=self.answers)

    def reasons(self, found: RowColumn) -> tuple[tuple[str, ...], ...]:
        """Return the reason codes of each of the answers, in reading order."""
        return tuple(
            tuple(str(self.table.rows[row].outputs["reason"]) for row in rows) for rows in found.answers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswers:
    """What the tables of a policy answer to many requests."""

    rows: dict[str, RowColumn]  # by table
    columns: dict[str, ValueColumn]  # what was given, and every output of a table


def compile_columns(policy: CreditPolicy) -> tuple[TableColumns, ...]:
    """This function will prepare the tables of a policy, in the order of its flow, by asking its own evaluators."""
    read = {name: type for table in policy.tables.values() for name, type in table.inputs.items()}
    prepared = []
    for name in policy.flow:
        if name in BUILT_IN:
            continue
        table = policy.tables[name]
        axes, axis_values = [], []
        for variable, type in table.inputs.items():
            cells = cells_of(type, [row.conditions[variable] for row in table.rows])
            bounds = [one for one in cells if isinstance(one, int)][1:]
            axes.append(
                _Axis(name=variable, type=type, bounds=np.array(bounds, dtype=np.int64), count=len(cells))
            )
            axis_values.append(_absent_last(cells))
        answers: dict[tuple[int, ...], int] = {}
        codes = []
        for case in product(*axis_values):
            hit = policy.evaluators[name](dict(zip(table.inputs, case, strict=True)))
            rows = tuple(hit) if table.kind == "collect" else (hit,)
            codes.append(answers.setdefault(rows, len(answers)))
        listed = tuple(answers)
        given = _given(table, listed, read)
        prepared.append(
            TableColumns(
                table=table,
                axes=tuple(axes),
                codes=np.array(codes, dtype=np.int32),
                answers=listed,
                given=given,
            )
        )
    return tuple(prepared)


def run_columns(tables: tuple[TableColumns, ...], columns: Mapping[str, ValueColumn]) -> PolicyAnswers:
    """This function will answer many requests: `columns` has every variable that the tables do not give themselves.

    Raises: KeyError for a missing column; ValueError for a value outside its type.
    """
    known, rows = dict(columns), dict[str, RowColumn]()
    for one in tables:
        rows[one.table.name] = found = one.rows(known)
        for output, (_type, values) in one.given.items():
            known[f"{one.table.name}.{output}"] = ValueColumn(values=values[found.codes])
    return PolicyAnswers(rows=rows, columns=known)


def column_of(values: list[Value], type: InputType) -> ValueColumn:
    """This function will make a column of single values. Raises: ValueError for a value outside the type."""
    if wrong := [one for one in values if not type.accepts(one)]:
        raise ValueError(f"{wrong[0]!r} is not of the type")
    numbers = [type.values.index(one) if isinstance(one, str) else (one or 0) for one in values]
    absent = np.array([one is None for one in values])
    return ValueColumn(
        values=np.array(numbers, dtype=np.int64), absent=absent if type.may_be_missing else None
    )


def _absent_last(cells: list[Value]) -> list[Value]:
    return [one for one in cells if one is not None] + [one for one in cells if one is None]


def _given(
    table: Table, answers: tuple[tuple[int, ...], ...], read: Mapping[str, InputType]
) -> dict[str, tuple[InputType, Ints]]:
    """Outputs by answer, in the numbers of the table that reads them; what none reads, in the order of its rows."""
    found: dict[str, tuple[InputType, Ints]] = {}
    if table.kind == "collect":
        return found
    for output in table.rows[0].outputs:
        by_row = [row.outputs[output] for row in table.rows]
        type = read.get(f"{table.name}.{output}") or _own_type(by_row)
        numbers = [type.values.index(one) if isinstance(one, str) else one for one in by_row]
        found[output] = type, np.array([numbers[rows[0]] for rows in answers], dtype=np.int64)
    return found


def _own_type(values: list[int | str]) -> InputType:
    texts = tuple(dict.fromkeys(one for one in values if isinstance(one, str)))
    numbers = [one for one in values if isinstance(one, int)] or [0]
    return InputType(
        kind="choice" if texts else "integer",
        low=min(numbers),
        high=max(numbers),
        values=texts,
        may_be_missing=False,
    )


def _place(
    axis: _Axis, values: Ints, absent: NDArray[np.bool_] | None, block: slice
) -> NDArray[np.int8] | NDArray[np.int64]:
    """The number of the region of each value of a block: choices by their own number, absence last."""
    type = axis.type
    low, high = (type.low, type.high) if type.kind == "integer" else (0, len(type.values) - 1)
    away = None if absent is None else absent[block]
    if not (low <= values.min() and values.max() <= high):
        values = values if away is None else np.where(away, low, values)  # what is absent means nothing
        if not (low <= values.min() and values.max() <= high):
            raise ValueError(f"{axis.name}: a value outside its type")
    place: NDArray[np.int8] | NDArray[np.int64]
    if type.kind == "choice":
        place = values
    elif len(axis.bounds) <= SMALL:
        place = np.zeros(len(values), dtype=np.int8)
        for bound in axis.bounds:
            place += values >= bound
    else:
        place = np.searchsorted(axis.bounds, values, side="right")
    if away is None:
        return place
    if not type.may_be_missing and away.any():
        raise ValueError(f"{axis.name}: absent where it never is")
    return np.where(away, place.dtype.type(axis.count - 1), place)
