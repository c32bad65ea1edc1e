"""SQLite whose connections can seal rows; the name of this file is Django's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base

from puhui.runtime.databases.direct import DirectWrapper
from puhui.runtime.sealing import row_seal_key


@lru_cache(maxsize=1024)
def _marked(sql: str) -> str:
    """A statement with SQLite's marks for values in the place of Django's."""
    return base.FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper, DirectWrapper):
    """A connection with the function `puhui_seal(table, column, …)`: 32 hex digits of keyed BLAKE2b (RFC 7693)."""

    def get_new_connection(self, conn_params: Any) -> Any:
        """This function will open a connection and give it the function that its triggers call."""
        found = super().get_new_connection(conn_params)
        key = row_seal_key()

        def seal(*values: Any) -> str:
            return hashlib.blake2b(repr(values).encode(), key=key, digest_size=16).hexdigest()

        found.create_function("puhui_seal", -1, seal, deterministic=True)
        return found

    def sent(self, sql: str, values: Sequence[Any]) -> Any:
        """This function will send a statement; the driver keeps it compiled."""
        return self.connection.execute(_marked(sql), values)
