"""A policy's tables against ZEN, a rule engine written in Rust: same tables, same requests, one thread, in turns.

Run by `.venv-bench/bin/python`. The tables are those of the newest credit policy, rewritten as ZEN's own decision tables.
Every request is answered alike first, grade, stops with their order, and budget, or the run stops. Online, ours is the
evaluator that decides, with its trace; ZEN has none. Over columns, ours is what replays, with its reasons.
"""

from __future__ import annotations

import gc
import json
import math
import random
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy

from puhui.batch.policy_columns import ValueColumn, column_of, compile_columns, run_columns
from puhui.core.trace import TraceStep
from puhui.decisions.domain.asking import Ask, Finding
from puhui.decisions.domain.conditions import Condition, InputType, anything, cells_of
from puhui.decisions.domain.policy import CreditPolicy, compile_policy
from puhui.decisions.domain.reason_texts import parse_reason_texts
from puhui.decisions.domain.tables import Table, Value

Asked = tuple[dict[str, Value], list[TraceStep], list[Finding]]
ROOT = Path(__file__).resolve().parents[3]
FILE, REASONS = "credit/2026-11-01.toml", "credit/reasons-2026-11-01.toml"
SEED = 20261122
ASKED = 2_000  # requests compared one by one, and timed
BATCH = 1_000_000  # requests over columns
ZEN_BATCH = 50_000  # of them given to ZEN in one call: it needs a dictionary each
ROUNDS = 25
GOALS = {"policy_vs_zen": 8.0, "replay_vs_zen_batch": 300.0}


def main() -> None:
    """This function will print {name: {"ratio", "ours_us", "peer_us"}} as one line of JSON."""
    policy = read_policy()
    engine = zen_engine(policy)
    requests = make_requests(policy, ASKED)
    refuse_mismatches(policy, engine, requests)
    print(json.dumps(online_line(policy, engine, requests) | columns_line(policy, engine)))


def read_policy() -> CreditPolicy:
    """This function will compile the newest credit policy that ships."""
    reasons = parse_reason_texts((ROOT / "policies" / REASONS).read_text(encoding="utf-8"), file=REASONS)
    text = (ROOT / "policies" / FILE).read_text(encoding="utf-8")
    return compile_policy(text, file=FILE, reason_codes=frozenset(reasons.texts))


def tables_of(policy: CreditPolicy) -> list[Table]:
    """This function will return the tables in the order of the flow."""
    return [policy.tables[name] for name in policy.flow if name in policy.tables]


def asks_of(policy: CreditPolicy) -> list[Ask]:
    """This function will return how a decision asks each table, in the order of the flow."""
    return [policy.asks[one.name] for one in tables_of(policy)]


def given_types(policy: CreditPolicy) -> dict[str, InputType]:
    """This function will return what the tables read and no table gives."""
    tables = tables_of(policy)
    own = {f"{one.name}.{out}" for one in tables if one.kind != "collect" for out in one.rows[0].outputs}
    return {name: type for one in tables for name, type in one.inputs.items() if name not in own}


def make_requests(policy: CreditPolicy, count: int) -> list[dict[str, Value]]:
    """This function will invent requests: edges of every row, absence, and values anywhere."""
    source, found = random.Random(SEED), []
    types = given_types(policy)
    edges = {
        name: cells_of(
            type,
            [row.conditions[name] for one in tables_of(policy) if name in one.inputs for row in one.rows],
        )
        for name, type in types.items()
    }
    for _ in range(count):
        request: dict[str, Value] = {}
        for name, type in types.items():
            edge = source.choice(edges[name])
            if isinstance(edge, int) and source.random() < 0.5:
                edge = source.randint(type.low, type.high)
            request[name] = edge
        found.append(request)
    return found


# --- ZEN's form of the same tables ----------------------------------------------------------------------------------


def flat(name: str) -> str:
    """This function will write a variable as ZEN's fields may be called."""
    return name.replace(".", "_")


def zen_engine(policy: CreditPolicy) -> Any:
    """This function will load the tables into ZEN, one after another, with its static loader."""
    import zen

    nodes: list[dict[str, Any]] = [{"id": "in", "name": "in", "type": "inputNode", "content": {}}]
    nodes += [_zen_table(one) for one in tables_of(policy)]
    nodes.append({"id": "out", "name": "out", "type": "outputNode", "content": {}})
    edges = [
        {"id": f"e{i}", "type": "edge", "sourceId": before["id"], "targetId": after["id"]}
        for i, (before, after) in enumerate(pairwise(nodes))
    ]
    return zen.ZenEngine(
        {"loader": {"type": "static", "content": {"flow": {"nodes": nodes, "edges": edges}}}}
    )


def _zen_table(table: Table) -> dict[str, Any]:
    outputs = ["reason"] if table.kind == "collect" else list(table.rows[0].outputs)
    content: dict[str, Any] = {
        "hitPolicy": "collect" if table.kind == "collect" else "first",
        "inputs": [{"id": f"i{i}", "name": name, "field": flat(name)} for i, name in enumerate(table.inputs)],
        "outputs": [
            {
                "id": f"o{i}",
                "name": name,
                "field": name if table.kind == "collect" else flat(f"{table.name}.{name}"),
            }
            for i, name in enumerate(outputs)
        ],
        "rules": [
            {"_id": row.id}
            | {
                f"i{i}": _zen_cell(row.conditions[name], type, flat(name))
                for i, (name, type) in enumerate(table.inputs.items())
            }
            | {f"o{i}": json.dumps(row.outputs[name]) for i, name in enumerate(outputs)}
            for row in table.rows
        ],
        "passThrough": True,
        "inputField": None,
        "outputPath": table.name if table.kind == "collect" else None,
        "executionMode": "single",
    }
    return {"id": table.name, "name": table.name, "type": "decisionTableNode", "content": content}


def _zen_cell(condition: Condition, type: InputType, name: str) -> str:
    """A cell in ZEN's language: empty for anything, else comparisons joined by `or`."""
    if condition == anything(type):
        return ""
    parts = ["$ == null"] if condition.missing else []
    if condition.values:
        parts.append(f"$ in {json.dumps(list(condition.values))}")
    for low, high in condition.spans:
        bounds = [f"$ >= {low}"] if low > type.low else []
        bounds += [f"$ <= {high}"] if high < type.high else []
        present = ["$ != null"] if type.may_be_missing else []
        parts.append(
            " and ".join(present + bounds)
        )  # binds closer than `or`; a bracket would begin an interval
    return " or ".join(parts)


def refuse_mismatches(policy: CreditPolicy, engine: Any, requests: list[dict[str, Value]]) -> None:
    """This function will return when both engines and the columns answer every request alike.

    Raises: RuntimeError naming the first that differs.
    """
    tables, asks = compile_columns(policy), asks_of(policy)
    found = run_columns(tables, columns_of(policy, requests))
    for place, request in enumerate(requests):
        answer = engine.evaluate("flow", as_context(request))["result"]
        values, _trace, findings = decide_tables(asks, request)
        theirs = {name: answer[flat(name)] for name in values if flat(name) in answer and name not in request}
        ours = {name: value for name, value in values.items() if name not in request}
        stops = [one["reason"] for one in answer["stops"]]
        reasons = [one.reason.code for one in findings]
        again = [
            code
            for one in tables
            if one.table.kind == "collect"
            for code in one.reasons(found.rows[one.table.name])[found.rows[one.table.name].codes[place]]
        ]
        if ours != theirs or stops != reasons or again != reasons:
            raise RuntimeError(
                f"{request}: {ours} {reasons} here, {again} over columns, {theirs} {stops} by ZEN"
            )


def as_context(request: dict[str, Value]) -> dict[str, Value]:
    """This function will name the fields of a request as ZEN reads them."""
    return {flat(name): value for name, value in request.items()}


# --- measuring ------------------------------------------------------------------------------------------------------


def decide_tables(asks: list[Ask], request: dict[str, Value]) -> Asked:
    """This function will ask the tables as a decision does, with every step of its trace."""
    values = request.copy()
    trace: list[TraceStep] = []  # annotated: `list[TraceStep]()` takes as long as a table
    findings: list[Finding] = []
    for ask in asks:
        ask(values, trace, findings)
    return values, trace, findings


def online_line(policy: CreditPolicy, engine: Any, requests: list[dict[str, Value]]) -> dict[str, Any]:
    """This function will time requests one by one; most are stopped by nothing, as in life."""
    asks = asks_of(policy)
    usual = [one for one in make_requests(policy, 40 * ASKED) if not decide_tables(asks, one)[2]][
        : len(requests)
    ]
    requests = [*requests[: len(usual) // 9], *usual]  # about one in ten is stopped
    contexts = [as_context(one) for one in requests]
    evaluate = engine.evaluate

    def ours() -> None:
        for one in requests:
            decide_tables(asks, one)

    def theirs() -> None:
        for one in contexts:
            evaluate("flow", one)

    own, peer = _least(ours, theirs)
    return {"policy_vs_zen": _ratio(own, len(requests), peer, len(contexts))}


def columns_line(policy: CreditPolicy, engine: Any) -> dict[str, Any]:
    """This function will time a million requests over columns against ZEN's batch call, a request each."""
    tables = compile_columns(policy)
    columns = random_columns(policy, BATCH)
    batch = [{"key": "flow", "context": as_context(one)} for one in make_requests(policy, ZEN_BATCH)]

    def ours() -> None:
        answers = run_columns(tables, columns)
        for one in tables:
            if one.table.kind == "collect":
                one.reasons(answers.rows[one.table.name])

    own, peer = _least(ours, lambda: engine.evaluate_batch(batch), rounds=5)
    return {"replay_vs_zen_batch": _ratio(own, BATCH, peer, ZEN_BATCH)}


def columns_of(policy: CreditPolicy, requests: list[dict[str, Value]]) -> dict[str, ValueColumn]:
    """This function will turn requests into columns."""
    return {
        name: column_of([one[name] for one in requests], type) for name, type in given_types(policy).items()
    }


def random_columns(policy: CreditPolicy, count: int) -> dict[str, ValueColumn]:
    """This function will invent columns: a tenth of what may be absent is."""
    source = numpy.random.Generator(numpy.random.PCG64(SEED))
    found = {}
    for name, type in given_types(policy).items():
        low, high = (type.low, type.high) if type.kind == "integer" else (0, len(type.values) - 1)
        values = source.integers(low, high, size=count, endpoint=True)
        absent = source.random(count) < 0.1 if type.may_be_missing else None
        found[name] = ValueColumn(values=values, absent=absent)
    return found


def _least(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The least seconds that each took over some rounds, in turns: other work on the machine only ever adds."""
    least = [math.inf] * len(works)
    gc.disable()
    try:
        for _ in range(rounds):
            for place, work in enumerate(works):
                start = time.perf_counter()
                work()
                least[place] = min(least[place], time.perf_counter() - start)
    finally:
        gc.enable()
    return least


def _ratio(ours: float, ours_count: int, peer: float, peer_count: int) -> dict[str, float]:
    own, other = ours / ours_count * 1e6, peer / peer_count * 1e6
    return {"ratio": other / own, "ours_us": own, "peer_us": other}


if __name__ == "__main__":
    main()
