"""PostgreSQL whose sessions can seal rows and keep the plans of statements that come again; the name is Django's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.backends.base.base import debug_transaction  # type: ignore[attr-defined]  # the stubs lack it
from django.db.backends.postgresql import base
from psycopg import Cursor

from puhui.runtime.databases.direct import DirectWrapper
from puhui.runtime.databases.postgresql.plans import MOST_VALUES, Plans
from puhui.runtime.sealing import row_seal_key


class DatabaseWrapper(base.DatabaseWrapper, DirectWrapper):
    """A session with the parameter `puhui.seal_key`, which the function `puhui_seal` reads.

    Its transactions begin and end by a plain statement each: the driver's own way to them costs more than they do.
    """

    _plans: Plans | None = None  # of this session

    def init_connection_state(self) -> None:
        """This function will make a new session ours: the key is a parameter of the session and never stored."""
        self._plans = None  # those of the session before
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('puhui.seal_key', %s, false)", [row_seal_key().hex()])
        if not self.get_autocommit():
            self.connection.commit()
        self._plans = Plans(self.connection)

    def rows_of(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """This function will return the rows of a statement, whose plan is kept. Raises: the driver's errors."""
        if (plans := self._fit(values)) is None:
            return self._sent(sql, values).fetchall()
        return plans.rows_of(sql, values)

    def written_by(self, sql: str, values: Sequence[Any]) -> int:
        """This function will return how many rows a statement wrote. Raises: the driver's errors."""
        if (plans := self._fit(values)) is None:
            return int(self._sent(sql, values).rowcount)
        return plans.written_by(sql, values)

    def instant(self, value: datetime) -> Any:
        """This function will return an instant as it is: PostgreSQL's have a zone."""
        return value

    def _fit(self, values: Sequence[Any]) -> Plans | None:
        """The plans of this session; None for a statement too long for them, or where the driver begins transactions."""
        return self._plans if len(values) <= MOST_VALUES and self.connection.autocommit else None

    def _sent(self, sql: str, values: Sequence[Any]) -> Cursor[Any]:
        cursor: Cursor[Any] = self.connection.cursor()
        cursor.execute(sql, values)
        return cursor

    def write_soon(self, sql: str, values: Sequence[Any], *, certain: str) -> None:
        """This function will send a write in one round with the transaction's next statement, or its end."""
        if (
            not self.in_atomic_block
            or self.execute_wrappers
            or self.queries_logged
            or self._fit(values) is None
        ):
            super().write_soon(sql, values, certain=certain)
            return
        self._make_ready()
        with self.wrap_database_errors:
            self._its_plans().write_soon(sql, values, certain=certain)

    def fetch_all(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
        """This function will return the rows that each of several statements finds, in one round."""
        fit = all(self._fit(values) is not None for _, values in asked)
        if not fit or self.execute_wrappers or self.queries_logged:
            return super().fetch_all(asked)
        self._make_ready()
        with self.wrap_database_errors:
            return self._its_plans().rows_of_all(asked)

    def validate_no_broken_transaction(self) -> None:
        """This function will make sure, before each statement of Django's, that what was kept back stands before it."""
        super().validate_no_broken_transaction()
        self._settle()

    def create_cursor(self, name: str | None = None) -> Any:
        """This function will open a cursor of the driver, on which everything may be done; so nothing is kept back."""
        self._settle()
        return super().create_cursor(name)

    def _settle(self) -> None:
        if self._plans is not None and self.connection is not None:
            with self.wrap_database_errors:
                self._plans.settle()

    def _its_plans(self) -> Plans:
        assert self._plans is not None, "a session has them from its first moment"
        return self._plans

    def _start_transaction_under_autocommit(self) -> None:
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self._its_plans().begin()

    def _set_autocommit(self, autocommit: bool) -> None:
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs lack it

    def _commit(self) -> None:
        if self.connection is None or not self.connection.autocommit:
            super()._commit()  # type: ignore[misc]  # the stubs lack it
            return
        with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
            try:
                self._its_plans().commit()
            except AssertionError:  # Django undoes a commit that failed for the database's errors only
                self._rollback()
                raise

    def _rollback(self) -> None:
        if self._plans is not None:
            self._plans.forget()
        super()._rollback()  # type: ignore[misc]  # the stubs lack it
