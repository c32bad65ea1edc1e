"""Prepared statements of one session, sent by libpq's own calls.

The driver's cursor converts, begins transactions and waits in a loop that Python may interrupt, at several times the cost
of a small statement. Here its connection and its conversion of values are used, and the wait is libpq's, with Python's
lock released. A statement that comes a second time is prepared, and stays so while the session lasts.

What nobody waits for travels with what follows: a transaction's beginning, and writes whose outcome is certain, are kept
back and sent in one round with the next statement (libpq's pipeline mode), in their order and before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from select import POLLIN, POLLOUT, poll
from typing import Any

from psycopg import Connection, InterfaceError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

MOST_PLANS = 400  # that a session keeps: more than there are statements in `puhui.runtime.rows`
MOST_VALUES = (
    100  # of a statement whose plan is worth keeping; long lists do not come again in the same length
)
MOST_KEPT_BACK = 16  # writes that travel together
_GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_FORMATS = [[PyFormat.AUTO] * count for count in range(MOST_VALUES + 1)]
_MARK = re.compile("%[s%]")
Name = tuple[str, tuple[int, ...]]  # a statement and the types of its values: each has a plan of its own


@dataclass(frozen=True, slots=True)
class _Message:
    """A prepared statement with its values."""

    plan: bytes  # its name
    values: Sequence[Any]  # as the database takes them
    formats: Sequence[int] | None  # of the values
    certain: str = ""  # why it surely writes a row, empty where it may write none

    def checked(self, result: PGresult) -> PGresult:
        """The result, when it is good and as much was written as was certain. Raises: the driver's errors; AssertionError."""
        if result.status not in _GOOD:
            raise error_from_result(result)
        assert result.command_tuples or not self.certain, self.certain
        return result


class Plans:
    """The plans of one session, and the way to send what they are of."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._session = connection.pgconn
        self._values = Transformer(
            connection
        )  # Python's values to the database's and back, as the driver does it
        self._names: dict[Name, bytes] = {}  # of what is prepared, the eldest first
        self._once: set[Name] = set()  # came once
        self._made = 0
        self._kept_back: list[_Message] = []
        self._poll = poll()
        self._poll.register(self._session.socket, POLLIN)

    def rows_of(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """This function will return the rows that a statement finds. Raises: the driver's errors."""
        return self._read(self._send(sql, values))

    def rows_of_all(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
        """This function will return the rows that each of several statements finds. Raises: the driver's errors."""
        for sql, values in asked:
            sent, types, formats = self._dumped(values)
            self._kept_back.append(_Message(self._plan(sql, types), sent, formats))
        return [self._read(one) for one in self._exchange()[-len(asked) :]]

    def written_by(self, sql: str, values: Sequence[Any]) -> int:
        """This function will return how many rows a statement wrote. Raises: the driver's errors."""
        return self._send(sql, values).command_tuples or 0

    def begin(self) -> None:
        """This function will begin a transaction with the next statement; one without statements never begins."""
        self._kept_back.append(_Message(self._plan("BEGIN", ()), (), None))

    def write_soon(self, sql: str, values: Sequence[Any], *, certain: str) -> None:
        """This function will send a write with the next statement, which raises what is wrong with it.

        Raises: the driver's errors of what was kept back; AssertionError where a write that was certain found no row.
        """
        sent, types, formats = self._dumped(values)
        self._kept_back.append(_Message(self._plan(sql, types), sent, formats, certain))
        if len(self._kept_back) >= MOST_KEPT_BACK:
            self.settle()

    def settle(self) -> None:
        """This function will send what is kept back. Raises: the driver's errors; AssertionError as `write_soon`."""
        if self._kept_back:
            self._exchange()

    def commit(self) -> None:
        """This function will commit what was begun. Raises: the driver's errors; AssertionError as `write_soon`."""
        if len(self._kept_back) == 1 and self._kept_back[0].plan == self._names.get(("BEGIN", ())):
            self._kept_back.clear()  # nothing was done in it
            return
        self.settle()
        self._checked(self._session.exec_(b"COMMIT"))

    def forget(self) -> None:
        """This function will let go of what is kept back: its transaction is undone."""
        self._kept_back.clear()

    def _read(self, result: PGresult) -> list[tuple[Any, ...]]:
        if not result.ntuples:
            return []
        self._values.set_pgresult(result)
        return self._values.load_rows(0, result.ntuples, tuple)

    def _dumped(self, values: Sequence[Any]) -> tuple[Sequence[Any], tuple[int, ...], Sequence[int] | None]:
        if not values:
            return (), (), None
        sent = self._values.dump_sequence(values, _FORMATS[len(values)])
        return sent, self._values.types or (), self._values.formats

    def _send(self, sql: str, values: Sequence[Any]) -> PGresult:
        sent, types, formats = self._dumped(values)
        name = self._names.get((sql, types))
        if name is None:
            if (sql, types) not in self._once:
                self.settle()
                if len(self._once) >= MOST_PLANS:
                    self._once.clear()
                self._once.add((sql, types))
                return self._checked(self._session.exec_params(_text(sql), sent, types, formats))
            name = self._plan(sql, types)
        if not self._kept_back:
            return self._checked(self._session.exec_prepared(name, sent, formats))
        self._kept_back.append(_Message(name, sent, formats))
        return self._exchange()[-1]

    def _plan(self, sql: str, types: tuple[int, ...]) -> bytes:
        """The name of a statement's plan, which is made where there is none."""
        name = self._names.get((sql, types))
        if name is not None:
            return name
        if len(self._names) >= MOST_PLANS and not self._kept_back:
            eldest = next(iter(self._names))
            self._checked(self._session.exec_(b"DEALLOCATE " + self._names.pop(eldest)))
        self._made += 1
        name = b"puhui_%d" % self._made
        self._checked(self._session.prepare(name, _text(sql), types))
        self._once.discard((sql, types))
        self._names[sql, types] = name
        return name

    def _exchange(self) -> list[PGresult]:
        """Send what is kept back in one round; the result of each."""
        session, messages = self._session, self._kept_back
        self._kept_back = []
        session.enter_pipeline_mode()
        try:
            for one in messages:
                session.send_query_prepared(one.plan, one.values, one.formats)
            session.pipeline_sync()
            while session.flush():
                _wait_to_write(session.socket)
            results = []
            for _ in messages:
                results.append(self._next())
                self._next()  # the end of this one's results
            self._next()  # the end of the round
        finally:
            if session.status == ConnStatus.OK:
                session.exit_pipeline_mode()
        return [one.checked(_there(result)) for one, result in zip(messages, results, strict=True)]

    def _next(self) -> PGresult | None:
        while self._session.is_busy():
            self._poll.poll()
            self._session.consume_input()
        return self._session.get_result()

    def _checked(self, result: PGresult) -> PGresult:
        if result.status not in _GOOD:
            raise error_from_result(result)
        return result


def _wait_to_write(socket: int) -> None:
    writable = poll()
    writable.register(socket, POLLOUT)
    writable.poll()


def _there(result: PGresult | None) -> PGresult:
    if result is None:
        raise InterfaceError("the session gave fewer results than statements were sent")
    return result


def _text(sql: str) -> bytes:
    """A statement with PostgreSQL's marks for values in the place of Django's."""
    count = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        count += 1
        return f"${count}"

    return _MARK.sub(mark, sql).encode()
