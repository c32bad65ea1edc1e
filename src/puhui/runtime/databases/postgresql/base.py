"""PostgreSQL whose sessions can seal rows; the name of this file is Django's."""

from __future__ import annotations

from django.db.backends.postgresql import base

from puhui.runtime.sealing import row_seal_key


class DatabaseWrapper(base.DatabaseWrapper):
    """A session with the parameter `puhui.seal_key`, which the function `puhui_seal` reads."""

    def init_connection_state(self) -> None:
        """This function will make a new session ours: the key is a parameter of the session and never stored."""
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('puhui.seal_key', %s, false)", [row_seal_key().hex()])
        if not self.get_autocommit():
            self.connection.commit()
