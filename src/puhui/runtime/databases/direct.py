"""Statements straight to the driver, for the small reads and writes of which every act has a dozen.

Django's cursor costs more than such a statement itself. Here its guarantees are kept (a broken transaction takes no
statement, the driver's errors become Django's) and its machinery is used only where somebody listens to the statements.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class DirectWrapper(BaseDatabaseWrapper):
    """What both of our databases offer beside Django's cursors. `%s` marks a value, as everywhere in Django."""

    def fetch(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """This function will return the rows that a statement finds. Raises: Django's database errors."""
        if self.execute_wrappers or self.force_debug_cursor:
            with self.cursor() as listened:
                listened.execute(sql, values)
                return list(listened.fetchall())
        self._make_ready()
        try:
            return self.rows_of(sql, values)
        except self.Database.Error:  # type: ignore[attr-defined]  # the stubs lack it
            with self.wrap_database_errors:
                raise

    def change(self, sql: str, values: Sequence[Any]) -> int:
        """This function will return how many rows a statement wrote. Raises: Django's database errors."""
        if self.execute_wrappers or self.force_debug_cursor:
            with self.cursor() as listened:
                listened.execute(sql, values)
                return int(listened.rowcount)
        self._make_ready()
        try:
            return self.written_by(sql, values)
        except self.Database.Error:  # type: ignore[attr-defined]  # the stubs lack it
            with self.wrap_database_errors:
                raise

    def write_soon(self, sql: str, values: Sequence[Any], *, certain: str) -> None:
        """This function will write now, or with what this transaction does next.

        For a write that nobody asks about. `certain` says why it surely finds a row, empty where it may find none. The
        transaction's next statement, or its end, raises what is wrong with it. Raises: Django's database errors;
        AssertionError with `certain` when no row was written after all.
        """
        written = self.change(sql, values)
        assert written or not certain, certain

    def fetch_all(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
        """This function will return the rows that each of several statements finds; on PostgreSQL in one round.

        Raises: Django's database errors.
        """
        return [self.fetch(sql, values) for sql, values in asked]

    @abstractmethod
    def rows_of(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """This function will send a statement and return the rows of its result. Raises: the driver's errors."""

    @abstractmethod
    def written_by(self, sql: str, values: Sequence[Any]) -> int:
        """This function will send a statement and return how many rows it wrote. Raises: the driver's errors."""

    def instant(self, value: datetime) -> Any:
        """This function will return an instant with a zone as the database takes it."""
        return self.ops.adapt_datetimefield_value(value)

    def _make_ready(self) -> None:
        if self.in_atomic_block and self.connection is not None and not self.needs_rollback:
            return
        self.close_if_health_check_failed()
        if self.connection is None:
            self.ensure_connection()
        if self.needs_rollback:
            self.validate_no_broken_transaction()
