"""Features on random histories: month ends, zones, ties and late arrivals; in process, SQLite and DuckDB alike."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from puhui.facts.feature_sql import TABLE, query_parameters, write_query
from puhui.facts.features import (
    FeatureAggregate,
    FeatureEvent,
    FeatureInvalid,
    FeatureSpec,
    evaluate,
    micros,
    prepare_history,
    window_start,
)

SEED = 20261122
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
A = FeatureAggregate
SPECS = tuple(
    FeatureSpec(name=f"f{i}_{aggregate.value}", kind=kind, aggregate=aggregate, empty=empty, **window)
    for i, (kind, window) in enumerate(
        [("inquiry", {"days": 30}), ("inquiry", {"months": 1}), ("loan", {"months": 12}), ("loan", {})]
    )
    for aggregate in A
    for empty in ((0,) if aggregate is A.COUNT else (None,) if i % 2 else (-1,))
)
# Days around which calendars go wrong: month ends, leap days, and the changes of summer time.
EDGES = [
    date(2024, 2, 29),
    date(2025, 3, 31),
    date(2025, 3, 30),
    date(2025, 11, 2),
    date(2026, 1, 31),
    date(2026, 3, 1),
]


def instant(source: random.Random) -> datetime:
    """An instant at, or one microsecond beside, a midnight of some zone near an edge; sometimes anywhere."""
    day = source.choice(EDGES) + timedelta(days=source.choice((-365, -31, -30, -1, 0, 0, 0, 1)))
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(source.choice(ZONES))).astimezone(UTC)
    beside = timedelta(microseconds=source.choice((-1, 0, 1)), hours=source.choice((0, 0, 0, 7)))
    return midnight + beside


def history(source: random.Random) -> list[FeatureEvent]:
    """Events with corrections, ties and versions learnt late."""
    found: list[FeatureEvent] = []
    shared = [instant(source) for _ in range(6)]
    for number in range(source.randrange(0, 14)):
        at = source.choice(shared)
        kind = source.choice(("inquiry", "loan", "unread"))
        for version in range(source.choice((1, 1, 1, 2, 3))):
            found.append(
                FeatureEvent(
                    id=f"e{number}",
                    kind=kind,
                    value=source.randrange(-5, 6),
                    event_at=at if source.random() < 0.8 else source.choice(shared),
                    known_at=source.choice([at, at + timedelta(days=source.randrange(0, 90)), *shared]),
                    version=version,
                )
            )
    source.shuffle(found)
    return found


def plainly(spec: FeatureSpec, events: list[FeatureEvent], as_of: datetime, zone: str) -> int | None:
    """The same in words: the last version known of each event, those in the window, and the aggregate."""
    last: dict[str, FeatureEvent] = {}
    for one in sorted(events, key=lambda one: (one.known_at, one.version)):
        if one.kind == spec.kind and one.known_at <= as_of:
            last[one.id] = one
    local = ZoneInfo(zone)
    seen = [one for one in last.values() if one.event_at <= as_of]
    if spec.days:
        seen = [one for one in seen if as_of - one.event_at < timedelta(days=spec.days)]
    if spec.months:
        today = as_of.astimezone(local).date()
        month = today.year * 12 + today.month - 1 - spec.months
        end = today.day
        while True:
            try:
                back = date(month // 12, month % 12 + 1, end)
                break
            except ValueError:
                end -= 1
        seen = [one for one in seen if one.event_at.astimezone(local).date() > back]
    values = [one.value for one in sorted(seen, key=lambda one: (one.event_at, one.id))]
    if not values:
        return spec.empty
    return {
        A.COUNT: len(values),
        A.SUM: sum(values),
        A.MAX: max(values),
        A.MIN: min(values),
        A.LATEST: values[-1],
    }[spec.aggregate]


def connect(name: str) -> Any:
    """An empty database in memory."""
    if name == "sqlite":
        return sqlite3.connect(":memory:")
    return pytest.importorskip("duckdb", reason="no duckdb: pip install 'puhui[bench]' turns it on").connect()


@pytest.mark.parametrize("name", ["sqlite", "duckdb"])
def test_process_and_database_agree_with_the_plain_words(name: str) -> None:
    source = random.Random(SEED)
    database = connect(name)
    database.execute(TABLE)
    query = write_query(SPECS)
    filled = corrected = 0
    for case in range(150):
        events, zone, as_of = history(source), source.choice(ZONES), instant(source)
        customer = f"c{case}"
        rows = [
            (customer, e.id, e.kind, e.value, micros(e.event_at), micros(e.known_at), e.version)
            for e in events
        ]
        if rows:
            database.executemany("INSERT INTO feature_event VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        starts = [window_start(spec, as_of=as_of, zone=zone) for spec in SPECS]
        expected = [plainly(spec, events, as_of, zone) for spec in SPECS]
        ours = evaluate(SPECS, prepare_history(events), starts=starts, as_of_micros=micros(as_of))
        assert ours == expected, (SEED, case, zone, as_of)
        given = query_parameters(SPECS, customer_id=customer, starts=starts, as_of_micros=micros(as_of))
        assert list(database.execute(query, given).fetchone()) == expected, (SEED, case, name)
        filled += sum(one not in (None, 0, -1) for one in expected)
        corrected += len(events) != len({one.id for one in events})
    assert filled > 300 and corrected > 50, "histories that test nothing"


def test_what_is_learnt_later_changes_no_earlier_answer() -> None:
    """A feature never peeks past the instant asked about: later knowledge leaves it as it was."""
    source = random.Random(SEED + 1)
    moved = 0
    for case in range(150):
        events, as_of = history(source), instant(source)
        starts = [window_start(spec, as_of=as_of, zone="Asia/Shanghai") for spec in SPECS]
        known = [one for one in events if one.known_at <= as_of]
        late = [one for one in events if one.known_at > as_of]

        def asked(seen: list[FeatureEvent], at: datetime = as_of) -> list[int | None]:
            return evaluate(SPECS, prepare_history(seen), starts=starts, as_of_micros=micros(at))  # noqa: B023

        assert asked(events) == asked(known), (SEED, case)
        moved += bool(late) and asked(events, as_of + timedelta(days=400)) != asked(
            known, as_of + timedelta(days=400)
        )
    assert moved > 20, "late arrivals that would never have mattered"


@pytest.mark.parametrize(
    ("as_of", "months", "zone", "first"),
    [
        ("2026-03-31T04:00:00+00:00", 1, "Asia/Shanghai", "2026-02-28T16:00:00+00:00"),
        ("2024-03-31T04:00:00+00:00", 1, "Asia/Shanghai", "2024-02-29T16:00:00+00:00"),
        ("2025-04-30T12:00:00+00:00", 1, "Europe/Berlin", "2025-03-30T22:00:00+00:00"),
        ("2025-12-31T16:30:00+00:00", 12, "Asia/Shanghai", "2025-01-01T16:00:00+00:00"),
    ],
)
def test_months_go_back_by_local_dates(as_of: str, months: int, zone: str, first: str) -> None:
    spec = FeatureSpec(name="x", kind="loan", aggregate=A.COUNT, months=months)
    start = window_start(spec, as_of=datetime.fromisoformat(as_of), zone=zone)
    assert start + 1 == micros(datetime.fromisoformat(first))


@pytest.mark.parametrize(
    "wrong",
    [{"days": 1, "months": 1}, {"days": -1}, {"name": "a b"}, {"kind": "x' OR 1=1"}, {"empty": 7}],
)
def test_a_feature_that_cannot_be_meant_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(FeatureInvalid):
        FeatureSpec(**({"name": "a", "kind": "loan", "aggregate": A.COUNT} | wrong))  # type: ignore[arg-type]
