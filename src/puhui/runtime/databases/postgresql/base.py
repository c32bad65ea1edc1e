"""PostgreSQL whose sessions can seal rows and keep the plans of statements that come again; the name is Django's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Cursor

from puhui.runtime.databases.direct import DirectWrapper
from puhui.runtime.sealing import row_seal_key

MOST_KEPT = (
    100  # values of a statement whose plan is worth keeping; long lists do not come again in the same length
)
MOST_PLANS = 400  # plans that a session keeps: more than there are statements in `puhui.runtime.rows`


class DatabaseWrapper(base.DatabaseWrapper, DirectWrapper):
    """A session with the parameter `puhui.seal_key`, which the function `puhui_seal` reads."""

    _kept: Cursor[Any] | None = None  # cursor of the direct statements of this session

    def init_connection_state(self) -> None:
        """This function will make a new session ours: the key is a parameter of the session and never stored."""
        super().init_connection_state()
        self._kept = None
        self.connection.prepare_threshold, self.connection.prepared_max = 2, MOST_PLANS
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('puhui.seal_key', %s, false)", [row_seal_key().hex()])
        if not self.get_autocommit():
            self.connection.commit()

    def sent(self, sql: str, values: Sequence[Any]) -> Any:
        """This function will send a statement with its values beside it, so that its plan serves again.

        A value takes its type from its column; what has more than 100 values is sent by Django's way, each in the text.
        """
        if len(values) > MOST_KEPT:
            cursor = self.connection.cursor()
            cursor.execute(sql, values)
            return cursor
        if self._kept is None or self._kept.connection is not self.connection:
            self._kept = Cursor(self.connection)
        return self._kept.execute(sql, values)
