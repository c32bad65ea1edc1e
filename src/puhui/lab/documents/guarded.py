"""Reads many papers of unknown origin in one process beside this one: what a file does to its reader, the report survives.

The product reads every paper in a process of its own; for a whole folder one process is kept, so that the models are loaded
once, and made anew when a file has ended it or takes too long.
"""

from __future__ import annotations

import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from multiprocessing import get_context

from puhui.evidence.domain import PaperContent, PaperReader, PaperReaderMissing, PaperRefused

MOST_BYTES = 3 * 2**30  # of address space, as the product allows
MOST_WAIT = 120  # seconds on the clock for one paper


class GuardedReader:
    """A reader of papers that outlives every file."""

    def __init__(self, inner: PaperReader, *, most_wait: float = MOST_WAIT) -> None:
        self._inner = inner
        self._most_wait = most_wait
        self._pool: ProcessPoolExecutor | None = None

    def content(self, data: bytes, *, at: datetime) -> PaperContent:
        """This function will read a file, or refuse it where its reader ended or took too long.

        Raises: PaperRefused, PaperReaderMissing.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("fork"), initializer=_bound)
        try:
            return self._pool.submit(_read, self._inner, data, at).result(timeout=self._most_wait)
        except (PaperRefused, PaperReaderMissing):
            raise
        except ModuleNotFoundError:
            raise PaperReaderMissing("install puhui[documents] to read papers here") from None
        except (BrokenProcessPool, TookTooLong, MemoryError):
            self.close()
            raise PaperRefused("TOO_MUCH_WORK") from None
        except Exception:  # a broken file breaks its parser in many ways, and all of them mean the same
            raise PaperRefused("UNREADABLE") from None

    def close(self) -> None:
        """End the process, whatever it is doing."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list(pool._processes.values()):
                process.kill()
            pool.shutdown(cancel_futures=True)


def _read(reader: PaperReader, data: bytes, at: datetime) -> PaperContent:
    return reader.content(data, at=at)


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
