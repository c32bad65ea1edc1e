"""Business dates, ids and canonical bytes: the small foundations that everything rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.canonical import canonical_bytes, content_hash
from puhui.core.ids import derive_id, reference
from puhui.core.time import business_date, start_of


@pytest.mark.parametrize(
    ("instant", "zone", "cutoff", "expected"),
    [
        ("2026-11-20T15:59:59+00:00", "Asia/Shanghai", "00:00", "2026-11-20"),
        ("2026-11-20T16:00:00+00:00", "Asia/Shanghai", "00:00", "2026-11-21"),
        ("2026-11-20T14:29:59+00:00", "Asia/Shanghai", "22:30", "2026-11-20"),
        ("2026-11-20T14:30:00+00:00", "Asia/Shanghai", "22:30", "2026-11-21"),
        ("2026-10-25T00:30:00+00:00", "Europe/Berlin", "00:00", "2026-10-25"),
    ],
)
def test_business_date(instant: str, zone: str, cutoff: str, expected: str) -> None:
    found = business_date(datetime.fromisoformat(instant), zone=zone, cutoff=time.fromisoformat(cutoff))
    assert found == date.fromisoformat(expected)


@settings(print_blob=True)
@given(
    day=st.dates(date(2000, 1, 1), date(2040, 12, 31)),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Europe/London", "America/New_York"]),
)
def test_a_day_begins_on_itself(day: date, zone: str) -> None:
    begin = start_of(day, zone=zone)
    assert business_date(begin, zone=zone) == day
    assert business_date(begin - timedelta(microseconds=1), zone=zone) == day - timedelta(days=1)


class Colour(Enum):
    """A value of a domain."""

    RED = "red"


def test_canonical_bytes_are_one_text() -> None:
    value = {
        "b": [1, True, None],
        "a": Colour.RED,
        "at": datetime(2026, 11, 20, 8, tzinfo=UTC),
        "on": date(2026, 11, 20),
    }
    text = '{"a":"red","at":"2026-11-20T08:00:00Z","b":[1,true,null],"on":"2026-11-20"}'
    assert canonical_bytes(value) == text.encode()
    assert content_hash(value) == content_hash(text.encode())
    for bad in (1.0, {"a": 0.1}, datetime(2026, 11, 20), {1: 2}, object()):
        with pytest.raises(TypeError):
            canonical_bytes(bad)


def test_ids_are_a_function_of_what_they_name() -> None:
    one = derive_id("loan", "key-1")
    assert one == derive_id("loan", "key-1") and len(one) == 26 and one.isalnum()
    assert (
        len({one, derive_id("loan", "key-2"), derive_id("quote", "key-1"), derive_id("loan", "key", "1")})
        == 4
    )
    assert reference("A", one, "2026-11-20") == f"A-20261120-{one[:6].upper()}"
