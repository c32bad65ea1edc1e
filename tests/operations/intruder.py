"""Somebody with the database's password and without the house's key: lifts every guard of the database, then edits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction


class Undone(Exception):
    """Raised to take an edit back."""


def lift_every_guard() -> None:
    """Take triggers and check constraints away, until the test's transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")


def _check_again() -> None:
    """Let the connection check constraints again: the next test has the same one."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@contextmanager
def statement(sql: str, values: list[Any]) -> Iterator[bool]:
    """Carry a statement out for the length of the block; False where the database itself refuses it."""
    try:
        with transaction.atomic():
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    if connection.vendor == "sqlite":
                        cursor.execute("PRAGMA ignore_check_constraints = ON")
                    cursor.execute(sql, values)
                    changed = cursor.rowcount > 0
            except DatabaseError:
                changed = False
            finally:
                _check_again()
            yield changed
            raise Undone
    except Undone:
        pass


def edited(value: Any, chance: random.Random) -> Any:
    """Another value of the same type, as little changed as possible."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 100))
    if isinstance(value, datetime):
        return value + timedelta(seconds=chance.choice((-1, 1, 86_400)))
    if isinstance(value, date):
        return value + timedelta(days=chance.choice((-1, 1, 30)))
    text = str(value or "")
    if not text:
        return "x"
    digits = [i for i, letter in enumerate(text) if letter.isdigit()] or [len(text) - 1]
    at = chance.choice(digits)
    return text[:at] + ("7" if text[at] != "7" else "3") + text[at + 1 :]
