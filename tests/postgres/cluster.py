"""The server that the tests of PostgreSQL start; see `puhui.lab.postgres`."""

from puhui.lab.postgres import temporary_postgres

__all__ = ["temporary_postgres"]
