"""The tables of a policy over columns answer every request as the generated Python does."""

from __future__ import annotations

import random

import numpy as np
import pytest

from puhui.batch.policy_columns import ValueColumn, column_of, compile_columns, run_columns
from puhui.decisions.domain.conditions import InputType, cells_of
from puhui.decisions.domain.policy import CreditPolicy, compile_policy
from puhui.decisions.domain.reason_texts import parse_reason_texts
from puhui.decisions.domain.tables import Value
from tests.decisions_kit import POLICIES

SEED = 20261122
CODES = frozenset(
    code
    for path in (POLICIES / "credit").glob("reasons-*.toml")
    for code in parse_reason_texts(path.read_text(encoding="utf-8"), file=path.name).texts
)
FILES = sorted(
    path.name for path in (POLICIES / "credit").glob("*.toml") if not path.name.startswith("reasons-")
)


def policy_of(name: str) -> CreditPolicy:
    text = (POLICIES / "credit" / name).read_text(encoding="utf-8")
    return compile_policy(text, file=f"credit/{name}", reason_codes=CODES)


def inputs_of(policy: CreditPolicy) -> dict[str, InputType]:
    """What the tables read and do not give themselves."""
    given = {
        f"{table.name}.{output}"
        for table in policy.tables.values()
        if table.kind != "collect"
        for output in table.rows[0].outputs
    }
    return {
        name: type
        for table in policy.tables.values()
        for name, type in table.inputs.items()
        if name not in given
    }


def some_value(source: random.Random, type: InputType, edges: list[Value]) -> Value:
    """A value on an edge, beside one, absent, or anywhere."""
    edge = source.choice(edges)
    if type.kind == "choice" or edge is None or source.random() < 0.3:
        return edge
    assert isinstance(edge, int)
    near = edge + source.choice((-1, 0, 1))
    return min(
        max(near if source.random() < 0.6 else source.randint(type.low, type.high), type.low), type.high
    )


@pytest.mark.parametrize("name", FILES)
def test_columns_answer_as_the_generated_python(name: str) -> None:
    policy, source = policy_of(name), random.Random(SEED)
    types = inputs_of(policy)
    edges: dict[str, list[Value]] = {}
    for variable, type in types.items():
        conditions = [
            row.conditions[variable]
            for table in policy.tables.values()
            if variable in table.inputs
            for row in table.rows
        ]
        edges[variable] = cells_of(type, conditions)
    requests = [
        {variable: some_value(source, type, edges[variable]) for variable, type in types.items()}
        for _ in range(2000)
    ]
    columns = {
        variable: column_of([one[variable] for one in requests], type) for variable, type in types.items()
    }
    tables = compile_columns(policy)
    found = run_columns(tables, columns)
    seen = set()
    for place, request in enumerate(requests):
        known: dict[str, Value] = dict(request)
        for one in tables:
            table = one.table
            hit = policy.evaluators[table.name](known)
            rows = tuple(hit) if table.kind == "collect" else (hit,)
            answer = found.rows[table.name]
            assert answer.answers[answer.codes[place]] == rows, (SEED, place, table.name, request)
            seen |= {(table.name, row) for row in rows}
            if table.kind == "collect":
                reasons = one.reasons(answer)[answer.codes[place]]
                assert reasons == tuple(table.rows[row].outputs["reason"] for row in rows)
            else:
                for output, value in table.rows[hit].outputs.items():
                    known[f"{table.name}.{output}"] = value
    assert seen == {
        (table.name, row) for table in policy.tables.values() for row in range(len(table.rows))
    }, "a row that no request reached was not compared"


def test_a_value_outside_its_type_is_refused() -> None:
    tables = compile_columns(policy_of(FILES[-1]))
    grade = {"score.pd_ppm": ValueColumn(values=np.array([5, 1_000_001], dtype=np.int64))}
    with pytest.raises(ValueError, match=r"score\.pd_ppm: a value outside its type"):
        tables[0].rows(grade)
    absent = ValueColumn(values=np.array([5], dtype=np.int64), absent=np.array([True]))
    with pytest.raises(ValueError, match="absent where it never is"):
        tables[0].rows({"score.pd_ppm": absent})
    with pytest.raises(KeyError):
        run_columns(tables, {})
    with pytest.raises(ValueError, match="not of the type"):
        column_of(["nobody"], InputType(kind="choice", low=0, high=0, values=("a",), may_be_missing=False))
