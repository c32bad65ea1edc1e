"""Five point-in-time features of one customer: in process against a DuckDB prepared statement and in-memory SQLite.

Run by `.venv-bench/bin/python`. The same customers, events, windows and instants everywhere; every answer is compared
first. The databases have an index (SQLite) or the plain table (DuckDB, which keeps its own ranges) and a prepared statement.
"""

from __future__ import annotations

import gc
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from puhui.facts.feature_sql import TABLE, query_parameters, write_query
from puhui.facts.features import (
    FeatureAggregate,
    FeatureEvent,
    FeatureHistory,
    FeatureSpec,
    evaluate,
    micros,
    prepare_history,
    window_start,
)

SEED = 20261122
CUSTOMERS = 2_000
EVENTS = 40  # of each customer
ASKED = 200  # customers asked one by one
ROUNDS = 9
ZONE = "Asia/Shanghai"
AS_OF = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
GOALS = {"features_vs_duckdb": 300.0, "features_vs_sqlite": 1.0}
A = FeatureAggregate
FIVE = (
    FeatureSpec(name="inquiries_30d", kind="inquiry", aggregate=A.COUNT, days=30, empty=0),
    FeatureSpec(name="inquiries_6m", kind="inquiry", aggregate=A.COUNT, months=6, empty=0),
    FeatureSpec(name="repaid_12m", kind="repayment", aggregate=A.SUM, months=12, empty=0),
    FeatureSpec(name="largest_late_days", kind="late", aggregate=A.MAX, months=24),
    FeatureSpec(name="last_balance", kind="balance", aggregate=A.LATEST),
)


def main() -> None:
    """This function will print {name: {"ratio", "ours_us", "peer_us"}} as one line of JSON."""
    source = random.Random(SEED)
    events = {f"c{i}": make_events(source) for i in range(CUSTOMERS)}
    histories = {customer: prepare_history(own) for customer, own in events.items()}
    print(json.dumps(measure(events, histories)))


def make_events(source: random.Random) -> list[FeatureEvent]:
    """This function will invent the events of one customer, learnt at once or some days later."""
    found = []
    for number in range(EVENTS):
        at = AS_OF - timedelta(minutes=source.randrange(0, 60 * 24 * 900))
        found.append(
            FeatureEvent(
                id=f"e{number:03d}",
                kind=source.choice(("inquiry", "repayment", "late", "balance")),
                value=source.randrange(0, 100_000),
                event_at=at,
                known_at=at + timedelta(days=source.choice((0, 0, 0, 1, 5))),
                version=0,
            )
        )
    return found


def measure(
    events: dict[str, list[FeatureEvent]], histories: dict[str, dict[str, FeatureHistory]]
) -> dict[str, dict[str, float]]:
    """This function will compare every answer, then time all three. Raises: RuntimeError where one differs."""
    import duckdb

    lite, duck = sqlite3.connect(":memory:"), duckdb.connect(config={"threads": 1})
    rows = [
        (customer, e.id, e.kind, e.value, micros(e.event_at), micros(e.known_at), e.version)
        for customer, own in events.items()
        for e in own
    ]
    lite.execute(TABLE)
    lite.executemany("INSERT INTO feature_event VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    lite.execute("CREATE INDEX whose ON feature_event (customer_id, known_at)")
    duck.execute(TABLE)
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:  # row by row it takes minutes
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)
        file.flush()
        duck.execute(f"COPY feature_event FROM '{file.name}' (FORMAT csv, HEADER false)")
    query = write_query(FIVE)
    now = micros(AS_OF)
    asked = list(histories)[:ASKED]

    def starts() -> list[int]:
        return [window_start(spec, as_of=AS_OF, zone=ZONE) for spec in FIVE]

    def ours(customer: str) -> list[int | None]:
        return evaluate(FIVE, histories[customer], starts=bounds, as_of_micros=now)

    bounds = starts()
    given = {
        customer: query_parameters(FIVE, customer_id=customer, starts=bounds, as_of_micros=now)
        for customer in asked
    }
    peers: dict[str, Callable[[str], list[int | None]]] = {
        "duckdb": lambda customer: list(duck.execute(query, given[customer]).fetchone() or ()),
        "sqlite": lambda customer: list(lite.execute(query, given[customer]).fetchone()),
    }
    for customer in asked:
        for name, peer in peers.items():
            if (own := ours(customer)) != (other := peer(customer)):
                raise RuntimeError(f"{customer}: {own} in process, {other} by {name}")
    own_us = _least(lambda: [ours(one) for one in asked]) / len(asked) * 1e6
    found = {}
    for name, peer in peers.items():
        few = asked[:20] if name == "duckdb" else asked
        peer_us = _least(lambda peer=peer, few=few: [peer(one) for one in few]) / len(few) * 1e6  # type: ignore[misc]
        found[f"features_vs_{name}"] = {"ratio": peer_us / own_us, "ours_us": own_us, "peer_us": peer_us}
    return found


def _least(work: Callable[[], object]) -> float:
    """The least seconds of some turns: other work on the machine only ever adds."""
    took = []
    gc.disable()
    try:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            work()
            took.append(time.perf_counter() - start)
    finally:
        gc.enable()
    return min(took)


if __name__ == "__main__":
    main()
