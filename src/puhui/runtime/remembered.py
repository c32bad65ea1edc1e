"""What a process read of append-only stories, kept so that the next act reads only what was added since.

A value is kept once the transaction that read it has committed: what a transaction wrote and undid is never kept. Committed
rows of an append-only table never change, so a kept value stays the beginning of its story; who takes it reads its last
row again, which finds another database under the same name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sized
from threading import Lock
from typing import Generic, TypeVar

from puhui.runtime.rows import direct

Story = TypeVar("Story", bound=Sized)
_every: list[Remembered[Sized]] = []


class Remembered(Generic[Story]):
    """The stories that were read last, by key, as long as they are `most` entries together."""

    def __init__(self, most: int) -> None:
        self._most, self._total = most, 0
        self._kept: OrderedDict[tuple[str, str], Story] = OrderedDict()
        self._lock = Lock()
        _every.append(self)  # type: ignore[arg-type]

    def recall(self, key: str) -> Story | None:
        """This function will return what is kept of a story, or None."""
        whole = (_database(), key)
        with self._lock:
            found = self._kept.get(whole)
            if found is not None:
                self._kept.move_to_end(whole)
            return found

    def keep(self, key: str, story: Story) -> None:
        """This function will keep a story from the end of the running transaction on, at once where none runs."""
        whole = (_database(), key)
        direct().on_commit(lambda: self._put(whole, story))

    def drop(self, key: str) -> None:
        """This function will forget a story."""
        with self._lock:
            self._remove((_database(), key))

    def clear(self) -> None:
        """This function will forget every story."""
        with self._lock:
            self._kept.clear()
            self._total = 0

    def _put(self, whole: tuple[str, str], story: Story) -> None:
        with self._lock:
            known = self._kept.get(whole)
            if known is not None and len(known) >= len(story):
                return
            self._remove(whole)
            self._kept[whole] = story
            self._total += len(story)
            while self._total > self._most and len(self._kept) > 1:
                self._remove(next(iter(self._kept)))

    def _remove(self, whole: tuple[str, str]) -> None:
        self._total -= len(self._kept.pop(whole, ()))


def _database() -> str:
    told = direct().settings_dict
    return f"{told['HOST']}:{told['PORT']}/{told['NAME']}"


def forget_stories() -> None:
    """This function will forget everything that this process remembers of the database (for tests and for measuring)."""
    for one in _every:
        one.clear()
