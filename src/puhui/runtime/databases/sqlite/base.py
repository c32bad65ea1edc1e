"""SQLite whose connections can seal rows and stand in line to write; the name of this file is Django's."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import debug_transaction  # type: ignore[attr-defined]  # the stubs lack it
from django.db.backends.sqlite3 import base

from puhui.runtime.databases.direct import DirectWrapper
from puhui.runtime.databases.sqlite.line import Line, SharedCommit, is_alone, line_of
from puhui.runtime.sealing import row_seal_key


@lru_cache(maxsize=1024)
def _marked(sql: str) -> str:
    """A statement with SQLite's marks for values in the place of Django's."""
    return base.FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper, DirectWrapper):
    """A connection with the function `puhui_seal(table, column, …)`: 32 hex digits of keyed BLAKE2b (RFC 7693).

    Its transactions wait in line, and those of threads that meet there share a commit: see `line`.
    """

    _line: Line | None = None  # while a transaction of ours is open in it
    _shared: SharedCommit | None = None  # the transaction that it is part of
    _own: sqlite3.Connection | None = None  # our connection, while we work on that of another thread
    _by_itself = False  # whether the transaction shares its commit with nobody
    _unchecked = (
        False  # whether foreign keys are switched off, which holds for a connection and not for an act
    )

    def get_new_connection(self, conn_params: Any) -> Any:
        """This function will open a connection and give it the function that its triggers call."""
        found = super().get_new_connection(conn_params)
        key = row_seal_key()

        def seal(*values: Any) -> str:
            return hashlib.blake2b(repr(values).encode(), key=key, digest_size=16).hexdigest()

        found.create_function("puhui_seal", -1, seal, deterministic=True)
        return found

    def rows_of(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """This function will return the rows of a statement; the driver keeps it compiled. Raises: the driver's errors."""
        return self.connection.execute(_marked(sql), values).fetchall()  # type: ignore[no-any-return]

    def written_by(self, sql: str, values: Sequence[Any]) -> int:
        """This function will return how many rows a statement wrote. Raises: the driver's errors."""
        return int(self.connection.execute(_marked(sql), values).rowcount)

    def instant(self, value: datetime) -> Any:
        """This function will return an instant as Django writes it here: in UTC, without its zone."""
        if value.tzinfo is UTC and self.timezone is UTC:
            return str(value)[:-6]  # less "+00:00"
        return super().instant(value)

    def disable_constraint_checking(self) -> bool:
        """This function will switch foreign keys off, for a migration, whose transaction is then its own."""
        self._unchecked = super().disable_constraint_checking()
        return self._unchecked

    def enable_constraint_checking(self) -> None:
        """This function will switch them on again."""
        super().enable_constraint_checking()
        self._unchecked = False

    def _start_transaction_under_autocommit(self) -> None:
        if self.is_in_memory_db():
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs lack it
            return
        line = line_of(str(self.settings_dict["NAME"]))
        if not line.take(seconds=float(self.settings_dict["OPTIONS"].get("timeout", 5))):
            raise OperationalError("database is locked: no turn to write came in time")
        self._by_itself = self._unchecked or is_alone()
        try:
            with debug_transaction(self, "BEGIN IMMEDIATE"), self.wrap_database_errors:
                self._join(line)
        except BaseException:
            line.settle()
            raise
        self._line = line

    def _join(self, line: Line) -> None:
        """Begin a transaction of our own, or a savepoint of the one that was handed on to us."""
        if line.open is not None and self._by_itself:
            line.commit_open()
        if line.open is None:
            self.connection.execute("BEGIN IMMEDIATE")
            line.open = SharedCommit(self.connection)
        else:
            line.open.connection.execute("SAVEPOINT puhui_act")
            self._own, self.connection = self.connection, line.open.connection
        self._shared = line.open

    def _commit(self) -> None:
        if self._line is None or self._shared is None:
            super()._commit()  # type: ignore[misc]  # the stubs lack it
            return
        line, shared = self._line, self._shared
        with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
            try:
                if self._own is not None:
                    self.connection.execute("RELEASE puhui_act")
            except BaseException as error:
                line.fail(shared, error)
                raise
            finally:
                shared.acts += 1
                self._leave()
                line.settle(now=self._by_itself)
            shared.settled.wait()
            if isinstance(shared.error, sqlite3.Error) and shared.acts > 1:
                raise sqlite3.OperationalError(f"the commit that this act shared failed: {shared.error}")
            if shared.error is not None:
                raise shared.error

    def _rollback(self) -> None:
        if self._line is None or self._shared is None:
            super()._rollback()  # type: ignore[misc]  # the stubs lack it
            return
        line, shared, led = self._line, self._shared, self._own is None
        with debug_transaction(self, "ROLLBACK"), self.wrap_database_errors:
            try:
                if led:
                    line.open = None
                    shared.settled.set()
                    self.connection.rollback()
                else:
                    self.connection.execute("ROLLBACK TO puhui_act")
                    self.connection.execute("RELEASE puhui_act")
            except BaseException as error:
                if not led:  # SQLite itself has undone all of it, as for a full disk
                    line.fail(shared, error)
                raise
            finally:
                self._leave()
                line.settle()

    def _close(self) -> None:
        try:
            if self._line is not None:
                self._rollback()
        finally:
            super()._close()  # type: ignore[misc]  # the stubs lack it

    def _leave(self) -> None:
        """Have our own connection again."""
        if self._own is not None:
            self.connection, self._own = self._own, None
        self._line = self._shared = None
