"""The same features in SQL that DuckDB, PostgreSQL and SQLite all read: one row of answers for one person.

The table holds versions of events: customer_id, id, kind, value, event_at, known_at, version; instants are microseconds
since 1970, so no database has to know a zone.
"""

from __future__ import annotations

from collections.abc import Sequence

from puhui.facts.features import FeatureAggregate, FeatureSpec

TABLE = (
    "CREATE TABLE feature_event (customer_id VARCHAR(26), id VARCHAR(40), kind VARCHAR(40), value BIGINT, "
    "event_at BIGINT, known_at BIGINT, version INTEGER)"
)


def write_query(specs: Sequence[FeatureSpec], *, mark: str = "?", collate: str = "") -> str:
    """This function will write the statement of some features; `mark` is the driver's place holder.

    `collate` follows an id that is sorted, `COLLATE "C"` on PostgreSQL. Parameters come from `query_parameters`.
    """
    answers = ", ".join(_answer(one, mark, collate) for one in specs)
    return (
        "WITH last AS (SELECT * FROM (SELECT kind, id, value, event_at, ROW_NUMBER() OVER (PARTITION BY kind, id "
        "ORDER BY known_at DESC, version DESC) AS place FROM feature_event "
        f"WHERE customer_id = {mark} AND known_at <= {mark}) seen WHERE place = 1 AND event_at <= {mark}) "
        f"SELECT {answers} FROM last"
    )


def query_parameters(
    specs: Sequence[FeatureSpec], *, customer_id: str, starts: Sequence[int], as_of_micros: int
) -> list[str | int]:
    """This function will return the parameters of `write_query` in their order."""
    found: list[str | int] = [customer_id, as_of_micros, as_of_micros]
    for start in starts:
        found.append(start)
    assert len(starts) == len(specs), "one start a feature"
    return found


def _answer(spec: FeatureSpec, mark: str, collate: str) -> str:
    where = f"kind = '{spec.kind}' AND event_at > {mark}"  # a kind is an identifier, so nothing can break out
    empty = "NULL" if spec.empty is None else str(spec.empty)
    if spec.aggregate is FeatureAggregate.LATEST:
        order = f"event_at DESC, id {collate} DESC"
        value = f"(SELECT value FROM last WHERE {where} ORDER BY {order} LIMIT 1)"
    elif spec.aggregate is FeatureAggregate.COUNT:
        value = f"NULLIF(COUNT(*) FILTER (WHERE {where}), 0)"
    else:
        value = f"{spec.aggregate.value.upper()}(value) FILTER (WHERE {where})"
    return f"CAST(COALESCE({value}, {empty}) AS BIGINT) AS {spec.name}"
