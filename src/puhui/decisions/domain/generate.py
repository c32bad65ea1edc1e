"""Policy tables as plain Python: the compiled form that decides, and that a reviewer can read beside the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from puhui.decisions.domain.conditions import Condition, InputType, anything
from puhui.decisions.domain.tables import Table


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
    lines = [f"def table_{table.name}(v):"]
    lines += [f"    x{i} = v[{name!r}]" for i, name in enumerate(table.inputs)]
    if table.kind == "collect":
        lines.append("    found = []")
    for number, row in enumerate(table.rows):
        tests = [
            _test(f"x{i}", row.conditions[name], type)
            for i, (name, type) in enumerate(table.inputs.items())
            if row.conditions[name] != anything(type)
        ]
        given = " and ".join(tests) or "True"
        act = f"found += [{number}]" if table.kind == "collect" else f"return {number}"
        lines += [f"    if {given}:  # {row.id}", f"        {act}"]
    if table.kind == "collect":
        lines.append("    return found")
    else:
        lines.append(
            f'    raise AssertionError("table {table.name} has a gap that the compiler did not see")'
        )
    return "\n".join(lines)


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
