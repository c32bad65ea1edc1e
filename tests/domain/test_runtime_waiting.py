"""How long a failed item waits: growing, spread over keys, and the same for the same key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from puhui.runtime.domain import ATTEMPT_CAP, backoff, deferral_wait, jitter_permille


@pytest.mark.parametrize(
    ("attempts", "at_least", "below"),
    [(1, 5, 7.5), (2, 10, 15), (3, 20, 30), (7, 320, 480), (8, 640, 960), (11, 3600, 5400), (40, 3600, 5400)],
)
def test_backoff_doubles_to_an_hour(attempts: int, at_least: float, below: float) -> None:
    for key in ("pay:a", "pay:b", "pay:c"):
        wait = backoff(key=key, attempts=attempts)
        assert timedelta(seconds=at_least) <= wait < timedelta(seconds=below)


def test_the_same_key_waits_the_same() -> None:
    assert backoff(key="pay:a", attempts=3) == backoff(key="pay:a", attempts=3)
    assert backoff(key="pay:a", attempts=3) != backoff(key="pay:b", attempts=3)


def test_jitter_spreads_over_keys() -> None:
    tenths = [0] * 10
    for number in range(5000):
        tenths[jitter_permille(f"pay:{number}", 1) // 100] += 1
    assert all(400 < count < 600 for count in tenths)


@pytest.mark.parametrize(
    ("deferrals", "seconds"), [(0, 30), (9, 30), (10, 60), (20, 120), (50, 960), (199, 960)]
)
def test_a_polite_again_later_slows_down(deferrals: int, seconds: int) -> None:
    wait = deferral_wait(key="pay:a", retry_in_seconds=30, deferrals=deferrals)
    assert timedelta(seconds=seconds) <= wait < timedelta(seconds=seconds * 1.1)


def test_all_starts_of_a_failing_item_span_more_than_ten_minutes() -> None:
    total = sum((backoff(key="pay:a", attempts=n) for n in range(1, ATTEMPT_CAP)), timedelta())
    assert timedelta(minutes=10) < total < timedelta(minutes=16)
