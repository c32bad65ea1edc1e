"""Counts of answered requests in this process, by route pattern and status; never by path, which may hold an id."""

from __future__ import annotations

from collections import Counter
from threading import Lock

_lock = Lock()
_counts: Counter[tuple[str, str, str]] = Counter()


def count(method: str, route: str, status: int) -> None:
    """This function will count one answered request."""
    with _lock:
        _counts[method, route, str(status)] += 1


def counters() -> dict[tuple[str, str, str], int]:
    """This function will return a copy of the counts."""
    with _lock:
        return dict(_counts)
