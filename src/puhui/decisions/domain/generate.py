"""Policy tables as plain Python: the compiled form that decides, and that a reviewer can read beside the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import prod
from typing import Any

from puhui.decisions.domain.conditions import Condition, InputType, anything, cells_of
from puhui.decisions.domain.tables import Row, Table

CASES = 512  # a table of choices with no more cases than this answers by looking its case up


def write_source(tables: Mapping[str, Table]) -> str:
    """This function will write one function per table: values in, the number(s) of the row(s) that apply out."""
    return "\n\n".join(_function(table) for table in tables.values()) + "\n"


def load_evaluators(
    source: str, tables: Mapping[str, Table]
) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
    """This function will compile the source that `write_source` made from checked tables; names it cannot reach are none."""
    space: dict[str, Any] = {"__builtins__": {"AssertionError": AssertionError}}
    exec(compile(source, "<credit policy>", "exec"), space)
    return {name: space[f"table_{name}"] for name in tables}


def _function(table: Table) -> str:
    if has_cases(table):
        return _cases(table)
    lines = [f"def table_{table.name}(v):"]
    lines += [f"    x{i} = v[{name!r}]" for i, name in enumerate(table.inputs)]
    if table.kind == "collect":
        lines.append("    found = []")
    for number, row in enumerate(table.rows):
        act = f"found += [{number}]" if table.kind == "collect" else f"return {number}"
        lines += [f"    if {write_test(table, row)}:  # {row.id}", f"        {act}"]
    if table.kind == "collect":
        lines.append("    return found")
    else:
        lines.append(
            f'    raise AssertionError("table {table.name} has a gap that the compiler did not see")'
        )
    return "\n".join(lines)


def write_test(table: Table, row: Row) -> str:
    """This function will write the test of one row; the inputs stand in x0, x1, … in the order of the table."""
    tests = [
        _test(f"x{i}", row.conditions[name], type)
        for i, (name, type) in enumerate(table.inputs.items())
        if row.conditions[name] != anything(type)
    ]
    return " and ".join(tests) or "True"


def has_cases(table: Table) -> bool:
    """This function will tell whether a table reads nothing but a few choices: it answers by looking its case up."""
    types = table.inputs.values()
    small = prod(len(cells_of(type, [])) for type in types if type.kind == "choice") <= CASES
    return table.kind != "collect" and small and all(type.kind == "choice" for type in types)


def _cases(table: Table) -> str:
    axes = [cells_of(type, []) for type in table.inputs.values()]
    lines = [f"cases_{table.name} = {{"]
    for case in product(*axes):
        row = next(
            number
            for number, one in enumerate(table.rows)
            if all(one.conditions[name].holds(value) for name, value in zip(table.inputs, case, strict=True))
        )
        lines.append(f"    {case!r}: {row},  # {table.rows[row].id}")
    key = ", ".join(f"v[{name!r}]" for name in table.inputs)
    return "\n".join(
        [*lines, "}", "", "", f"def table_{table.name}(v):", f"    return cases_{table.name}[{key},]"]
    )


def _test(name: str, condition: Condition, type: InputType) -> str:
    options = [f"{name} is None"] if condition.missing else []
    if condition.values:
        options.append(f"{name} in {condition.values!r}")
    for low, high in condition.spans:
        present = f"{name} is not None and " if type.may_be_missing else ""
        options.append(f"({present}{_bounds(name, low, high, type)})")
    return options[0] if len(options) == 1 else f"({' or '.join(options)})"


def _bounds(name: str, low: int, high: int, type: InputType) -> str:
    if low == high:
        return f"{name} == {low}"
    if low == type.low and high == type.high:
        return "True"
    if low == type.low:
        return f"{name} <= {high}"
    return f"{name} >= {low}" if high == type.high else f"{low} <= {name} <= {high}"
