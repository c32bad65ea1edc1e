"""Statements straight to the driver, for the small reads and writes of which every act has a dozen.

Django's cursor costs more than such a statement itself. Here its guarantees are kept (a broken transaction takes no
statement, the driver's errors become Django's) and its machinery is used only where somebody listens to the statements.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class DirectWrapper(BaseDatabaseWrapper):
    """What both of our databases offer beside Django's cursors. `%s` marks a value, as everywhere in Django."""

    def fetch(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """This function will return the rows that a statement finds. Raises: Django's database errors."""
        if self.execute_wrappers or self.queries_logged:
            with self.cursor() as listened:
                listened.execute(sql, values)
                return list(listened.fetchall())
        self._make_ready()
        with self.wrap_database_errors:
            return self.sent(sql, values).fetchall()  # type: ignore[no-any-return]

    def change(self, sql: str, values: Sequence[Any]) -> int:
        """This function will return how many rows a statement wrote. Raises: Django's database errors."""
        if self.execute_wrappers or self.queries_logged:
            with self.cursor() as listened:
                listened.execute(sql, values)
                return int(listened.rowcount)
        self._make_ready()
        with self.wrap_database_errors:
            return int(self.sent(sql, values).rowcount)

    @abstractmethod
    def sent(self, sql: str, values: Sequence[Any]) -> Any:
        """This function will send a statement and return the driver's own cursor with its result."""

    def _make_ready(self) -> None:
        self.close_if_health_check_failed()
        if self.connection is None:
            self.ensure_connection()
        if self.needs_rollback:
            self.validate_no_broken_transaction()
