"""A table that works out what it says of a value once: few values of a feature come again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from puhui.decisions.domain.scorecard import FeatureValue

ROOM = (
    4096  # values that a table remembers; beyond them it works each out anew, so that it cannot grow for ever
)
T = TypeVar("T")


class _Remembered(dict[FeatureValue, T], Generic[T]):
    def __init__(self, find: Callable[[FeatureValue], T]) -> None:
        self._find = find

    def __missing__(self, value: FeatureValue) -> T:
        found = self._find(value)
        if len(self) < ROOM:
            self[value] = found
        return found


def remember(find: Callable[[FeatureValue], T]) -> dict[FeatureValue, T]:
    """This function will return a table that answers `table[value]` as `find(value)` does, which must never change."""
    return _Remembered(find)
