"""The line before SQLite's one write lock: who comes next, and which acts share a commit.

SQLite lets a connection that finds the lock held sleep and look again, up to 100 ms later, while the lock lies idle; and
each commit waits for the disk, one after the other. Here the threads of a process stand in line, and an act that is done
while others wait hands its open transaction on to the next one, which works in a savepoint of it. The last one commits
for all of them, and only then does any of them return: an answer is given when its act is on the disk, never before, as
with a commit of its own (group commit: DeWitt et al., Implementation techniques for main memory database systems, 1984).
Other processes are met at SQLite's own lock, as ever.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock

MOST_ACTS = 32  # that share one commit
LONGEST_SECONDS = 0.05  # that a shared transaction takes new acts

_alone: ContextVar[bool] = ContextVar("puhui_commits_alone", default=False)


@contextmanager
def commits_alone() -> Iterator[None]:
    """This function will let transactions that begin in its block share no commit: long ones, on which no act should wait."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def is_alone() -> bool:
    """This function will tell whether a transaction that begins here has its commit to itself."""
    return _alone.get()


class SharedCommit:
    """One open transaction and the acts that are done in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection  # of the thread that began it, which waits until it is settled
        self.acts = 0  # that are done and wait for the commit
        self.closes_at = time.monotonic() + LONGEST_SECONDS
        self.settled = Event()
        self.error: BaseException | None = None  # why nothing of it is stored

    def takes_more(self) -> bool:
        """This function will tell whether one more act may join."""
        return self.acts < MOST_ACTS and time.monotonic() < self.closes_at


class Line:
    """The line before one database file, as one process sees it. Whoever has the turn may change `open`."""

    def __init__(self) -> None:
        self.open: SharedCommit | None = None  # the transaction that the next one joins
        self._change = Lock()
        self._waiting: deque[Lock] = deque()  # one closed lock for each thread that waits
        self._taken = False

    def take(self, *, seconds: float) -> bool:
        """This function will return True when it is this thread's turn, False when it did not come in time."""
        with self._change:
            if not self._taken:
                self._taken = True
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=seconds):
            return True
        with self._change:
            if mine not in self._waiting:  # it came at the last moment
                return True
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """This function will end this thread's turn: the next one's begins."""
        with self._change:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def settle(self, *, now: bool = False) -> None:
        """This function will end this thread's turn after its act: hand the transaction on, or commit what is in it.

        `now`: commit, whoever waits. What goes wrong stands in the transaction's `error`, for all its acts.
        """
        shared = self.open
        if shared is not None and not (not now and self._waiting and shared.takes_more()):
            self._commit(shared)
        self.give()

    def commit_open(self) -> None:
        """This function will commit what other acts have done, so that this thread's transaction is its own."""
        if self.open is not None:
            self._commit(self.open)

    def fail(self, shared: SharedCommit, error: BaseException) -> None:
        """This function will undo a transaction with all its acts."""
        shared.error = error
        try:
            shared.connection.rollback()
        finally:
            self.open = None
            shared.settled.set()

    def _commit(self, shared: SharedCommit) -> None:
        try:
            shared.connection.commit()
        except sqlite3.Error as error:
            self.fail(shared, error)
            return
        self.open = None
        shared.settled.set()


_lines: dict[str, Line] = {}


def line_of(file: str) -> Line:
    """This function will return the line before a database file."""
    return _lines.setdefault(file, Line())
