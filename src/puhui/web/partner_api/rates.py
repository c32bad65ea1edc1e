"""Token buckets: so many requests a second, so many at once, for each client, across all web processes.

The bucket stands in the database. A process draws a tenth of a full bucket at a time and spends it by itself, so that
one request in ten writes, and no two processes spend the same token: over any time a client has its rate, and beyond
a full bucket at most the tenth that each process still holds.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from threading import Lock

from puhui.access.partners.domain import BucketRate
from puhui.journeys import rate

MOST_NAMES = 10_000  # the least used one makes room; its tokens are lost


class Buckets:
    """The buckets of one kind, as one process sees them."""

    def __init__(self, *, kind: str, per_second: float, at_once: int) -> None:
        self.kind = kind  # keeps apart what two kinds call by the same name
        self.rate = BucketRate(micro_per_second=int(per_second * 1_000_000), at_once=at_once)
        self.lot = max(1, at_once // 10)  # tokens drawn together
        self._lock = Lock()
        self._held: OrderedDict[str, int] = OrderedDict()  # tokens drawn and not spent, by name

    def take(self, name: str, *, at: datetime | None = None) -> int:
        """This function will spend one token and return 0, or return the whole seconds to wait for one.

        `at` is an instant, by default now, by real time.
        """
        if self._spend(name, 0):
            return 0
        now = datetime.now(UTC) if at is None else at
        drawn, wait = rate.draw(name=f"{self.kind}:{name}", rate=self.rate, want=self.lot, now=now)
        return 0 if self._spend(name, drawn) else wait or 1

    def forget(self) -> None:
        """This function will let go of every token that was drawn, as a restart does."""
        with self._lock:
            self._held.clear()

    def _spend(self, name: str, more: int) -> bool:
        with self._lock:
            held = self._held.pop(name, 0) + more
            if held:
                self._held[name] = held - 1
            if len(self._held) > MOST_NAMES:
                self._held.popitem(last=False)
            return held > 0
