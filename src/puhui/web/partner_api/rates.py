"""Token buckets: so many requests a second, so many at once, for each client in each web process.

Kept in memory: a bucket in the database would make every read of the API a write. Behind several web processes a
client's rate is that of one process times their number; a restart fills every bucket.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from threading import Lock

MOST_BUCKETS = 10_000  # the least used one makes room


class Buckets:
    """All buckets of one kind."""

    def __init__(self, *, per_second: float, at_once: int) -> None:
        self.per_second = per_second  # tokens that come back in a second
        self.at_once = at_once  # tokens of a full bucket
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name → tokens, at

    def take(self, name: str, *, at: float | None = None) -> int:
        """This function will take one token and return 0, or return the whole seconds to wait for one.

        `at` is a monotonic instant in seconds, by default now.
        """
        now = time.monotonic() if at is None else at
        with self._lock:
            tokens, last = self._kept.pop(name, (float(self.at_once), now))
            tokens = min(self.at_once, tokens + (now - last) * self.per_second)
            wait = 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / self.per_second))
            self._kept[name] = (tokens if wait else tokens - 1, now)
            if len(self._kept) > MOST_BUCKETS:
                self._kept.popitem(last=False)
        return wait
