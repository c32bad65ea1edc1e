"""Tables of a credit policy: typed rows, read strictly and proved complete before anybody is decided by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from math import prod

from puhui.decisions.domain.conditions import (
    NAME,
    Condition,
    ConditionInvalid,
    InputType,
    anything,
    cells_of,
    parse_condition,
    parse_type,
)
from puhui.protection.domain.strict import StrictTable

Value = int | str | None
Values = Mapping[str, Value]

KINDS = frozenset({"unique", "first", "collect"})
MAX_CELLS = 200_000  # a table with more cases than this is not one that a person can read
NONE = "none"  # written where a finding has no help to offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table."""

    id: str  # unique in the table
    conditions: dict[str, Condition]  # by variable; every input of the table
    written: tuple[str, ...]  # variables that the row names, in its own order
    outputs: dict[str, int | str]  # by output name
    given: dict[str, int | str] = field(
        default_factory=dict
    )  # by variable: outputs with the table's name before
    shown: str = ""  # outputs as a trace writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One typed table."""

    name: str  # stable name, first word of its variables
    kind: str  # "unique", "first" or "collect"
    inputs: dict[str, InputType]  # by variable
    rows: tuple[Row, ...]  # in reading order


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known to a table that is being read."""

    variables: dict[str, InputType]  # everything that a table may name
    reasons: frozenset[str]  # codes with texts


def read_type(row: StrictTable, name: str, text: str, *, may_be_missing: bool) -> InputType:
    """This function will read a type, naming the row in errors. Raises: PolicyInvalid."""
    try:
        return parse_type(text, may_be_missing=may_be_missing)
    except ConditionInvalid as error:
        raise row.invalid(f"{name}: {error}") from None


def read_table(row: StrictTable, known: Known) -> tuple[Table, dict[str, InputType]]:
    """This function will read one `[[table]]` and prove it; it returns the table and the variables that it gives.

    Raises: PolicyInvalid naming file, line, table and row.
    """
    name, kind = row.text("name"), row.choice("kind", KINDS)
    if not NAME.fullmatch(name):
        raise row.invalid(f"{name!r} is no name; write small letters, digits and _")
    inputs = {one: known.variables.get(one) for one in row.texts("inputs")}
    if unknown := [one for one, found in inputs.items() if found is None]:
        raise row.invalid(
            f"{unknown[0]!r} is not a fact, an application field or an output of an earlier table or step"
        )
    types = {one: found for one, found in inputs.items() if found is not None}
    gives: dict[str, InputType] = {}
    if kind != "collect":  # whose outputs are always verdict, reason and help
        declared = row.mapping("outputs")
        gives = {
            f"{name}.{one}": read_type(row, one, text, may_be_missing=False) for one, text in declared.items()
        }
    rows = tuple(_row(one, name, types, gives, known) for one in row.tables("rows"))
    row.done()
    if not rows or (kind != "collect" and not gives):
        raise row.invalid("a table needs rows, inputs and outputs")
    if len({one.id for one in rows}) != len(rows):
        raise row.invalid("two rows have one id")
    table = Table(name=name, kind=kind, inputs=types, rows=rows)
    _check_cases(table, row)
    return table, gives


def _row(
    row: StrictTable,
    table: str,
    inputs: Mapping[str, InputType],
    gives: Mapping[str, InputType],
    known: Known,
) -> Row:
    id = row.text("id")
    if not NAME.fullmatch(id):
        raise row.invalid(f"{id!r} is no id; write small letters, digits and _")
    row.row = f"table {table}, row {id}"
    when, then = row.mapping("when"), row.table("then")
    then.row = f"{row.row}, then"
    conditions = {name: anything(type) for name, type in inputs.items()}
    for name, text in when.items():
        if name not in inputs:
            raise row.invalid(f"{name!r} is not one of the table's inputs")
        try:
            conditions[name] = parse_condition(text, type=inputs[name])
        except ConditionInvalid as error:
            raise row.invalid(f"{name}: {error}") from None
    outputs = _findings(then, known) if not gives else {}
    for full, type in gives.items():
        short = full.split(".", 1)[1]
        value: int | str = then.integer(short) if type.kind == "integer" else then.text(short)
        if not type.accepts(value):
            raise then.invalid(f"{short} is {value!r}, outside its type")
        outputs[short] = value
    then.done()
    row.done()
    return Row(
        id=id,
        conditions=conditions,
        written=tuple(when),
        outputs=outputs,
        given={f"{table}.{name}": value for name, value in outputs.items()} if gives else {},
        shown=", ".join(map(str, outputs.values())),
    )


def _findings(then: StrictTable, known: Known) -> dict[str, int | str]:
    verdict, reason, help = (
        then.choice("verdict", {"decline", "refer"}),
        then.text("reason"),
        then.text("help"),
    )
    for code in (reason, help):
        if code not in known.reasons and not (code == NONE and code is help):
            raise then.invalid(f"{code!r} has no text in the reasons file")
    return {"verdict": verdict, "reason": reason, "help": help}


def _check_cases(table: Table, row: StrictTable) -> None:
    """Gaps, overlaps and unreachable rows, by the regions that the conditions cut each input into."""
    axes = {
        name: cells_of(type, [one.conditions[name] for one in table.rows])
        for name, type in table.inputs.items()
    }
    if table.kind == "collect":
        _check_findings(table, row, axes)
    else:
        _check_answers(table, row, axes)


def _check_findings(table: Table, row: StrictTable, axes: Mapping[str, list[Value]]) -> None:
    """Rows of findings stand for themselves, so pairs tell all: no case is missed by looking at two rows at a time."""
    for one in table.rows:
        if _meet(axes, one) is None:
            raise row.invalid(f"table {table.name}, row {one.id}: unreachable, no case fulfils it")
    for one, other in combinations(table.rows, 2):
        if one.outputs["reason"] == other.outputs["reason"] and (case := _meet(axes, one, other)) is not None:
            raise row.invalid(
                f"table {table.name}, rows {one.id} and {other.id}: overlap, they give one reason at {_shown(case)}"
            )


def _meet(axes: Mapping[str, list[Value]], *rows: Row) -> dict[str, Value] | None:
    """A case that fulfils all these rows, or None: conditions of one row bind no two inputs together."""
    case: dict[str, Value] = {}
    for name, cells in axes.items():
        held = [value for value in cells if all(one.conditions[name].holds(value) for one in rows)]
        if not held:
            return None
        case[name] = held[0]
    return case


def _check_answers(table: Table, row: StrictTable, axes: Mapping[str, list[Value]]) -> None:
    """Every region is tried once: gaps, overlaps and unreachable rows show by counting."""
    if (size := prod(map(len, axes.values()))) > MAX_CELLS:
        raise row.invalid(f"{size} cases; split the table (at most {MAX_CELLS})")
    reached: set[str] = set()
    for cells in product(*axes.values()):
        case = dict(zip(axes, cells, strict=True))
        hits = [one for one in table.rows if all(one.conditions[name].holds(case[name]) for name in case)]
        if not hits:
            raise row.invalid(f"table {table.name}: gap, no row for {_shown(case)}")
        if table.kind == "unique" and len(hits) > 1:
            raise row.invalid(
                f"table {table.name}, rows {hits[0].id} and {hits[1].id}: overlap at {_shown(case)}"
            )
        reached.add(hits[0].id)
    if dead := [one.id for one in table.rows if one.id not in reached]:
        raise row.invalid(
            f"table {table.name}, row {dead[0]}: unreachable, earlier rows take every case of it"
        )


def _shown(case: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} = {'missing' if value is None else value}" for name, value in case.items())
