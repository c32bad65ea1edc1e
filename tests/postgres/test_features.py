"""Point-in-time features on PostgreSQL answer as the plain words do."""

from __future__ import annotations

import random

import psycopg
import pytest

from puhui.facts.feature_sql import TABLE, query_parameters, write_query
from puhui.facts.features import micros, window_start
from tests.generative.test_feature_properties import SEED, SPECS, ZONES, history, instant, plainly

pytestmark = pytest.mark.postgres
CASES = 60


def test_postgres_agrees_with_the_plain_words(server: str) -> None:
    source = random.Random(SEED)
    query = write_query(SPECS, mark="%s", collate='COLLATE "C"')
    filled = 0
    with psycopg.connect(server) as database:
        database.execute(TABLE.replace("CREATE TABLE", "CREATE TEMPORARY TABLE"))
        for case in range(CASES):
            events, zone, as_of = history(source), source.choice(ZONES), instant(source)
            customer = f"c{case}"
            with database.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO feature_event VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    [
                        (customer, e.id, e.kind, e.value, micros(e.event_at), micros(e.known_at), e.version)
                        for e in events
                    ],
                )
            starts = [window_start(spec, as_of=as_of, zone=zone) for spec in SPECS]
            given = query_parameters(SPECS, customer_id=customer, starts=starts, as_of_micros=micros(as_of))
            expected = [plainly(spec, events, as_of, zone) for spec in SPECS]
            assert list(database.execute(query, given).fetchone() or ()) == expected, (SEED, case)  # type: ignore[arg-type]
            filled += sum(one not in (None, 0, -1) for one in expected)
    assert filled > 100, "histories that test nothing"
