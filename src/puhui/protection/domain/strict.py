"""Strict reading of dated policy text, so that a typing mistake is an error and never a silently missing limit.

A policy file is TOML. Every key is asked for by name and type; a key that nobody asked for, a key that is missing, a
wrong type or a value outside its closed list stops the whole file, with its name, the row and the line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

UNKNOWN = "unknown"  # written where a day is not known, so that nobody has to guess what an absent key means
OPEN = "open"  # written for the end of a text that holds until another replaces it


class PolicyInvalid(Exception):
    """A policy file says something that cannot be meant. A fault of the file, never of a customer."""

    def __init__(self, problem: str, *, file: str, row: str = "", line: int = 0) -> None:
        self.problem = problem  # what is wrong, in words
        self.file = file  # name of the file
        self.row = row  # id or place of the row, empty for the whole file
        self.line = line  # line at which the row begins, 0 when not known
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {row}: {problem}" if row else f"{place}: {problem}")


class StrictTable:
    """One TOML table whose keys are taken one by one; `done` refuses what is left over."""

    def __init__(self, data: dict[str, Any], *, file: str, row: str = "", line: int = 0) -> None:
        self._left = dict(data)
        self.file = file
        self.row = row
        self.line = line

    def invalid(self, problem: str) -> PolicyInvalid:
        """Return the error that names this row."""
        return PolicyInvalid(problem, file=self.file, row=self.row, line=self.line)

    def _take(self, key: str, kind: type, what: str) -> Any:
        if key not in self._left:
            raise self.invalid(f"{key} is missing")
        value = self._left.pop(key)
        if type(value) is not kind:  # exact: TOML's true is no integer, and its date-time is no date
            raise self.invalid(f"{key} is {value!r}, not {what}")
        return value

    def has(self, key: str) -> bool:
        """Tell whether `key` is present and not taken yet."""
        return key in self._left

    def text(self, key: str) -> str:
        """Take a text that is not empty."""
        value = str(self._take(key, str, "a text"))
        if not value.strip():
            raise self.invalid(f"{key} is empty")
        return value

    def text_or(self, key: str, default: str) -> str:
        """Take a text, or return `default` when the key is absent."""
        return self.text(key) if self.has(key) else default

    def integer(self, key: str) -> int:
        """Take an integer."""
        return int(self._take(key, int, "an integer"))

    def integers(self, key: str) -> tuple[int, ...]:
        """Take a list of integers."""
        values = self._take(key, list, "a list of integers")
        if not all(type(one) is int for one in values):
            raise self.invalid(f"{key} is not a list of integers")
        return tuple(values)

    def flags(self, key: str) -> tuple[bool, ...]:
        """Take a list of true and false."""
        values = self._take(key, list, "a list of true and false")
        if not all(type(one) is bool for one in values):
            raise self.invalid(f"{key} is not a list of true and false")
        return tuple(values)

    def flag(self, key: str) -> bool:
        """Take true or false."""
        return bool(self._take(key, bool, "true or false"))

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Take a text of a closed list."""
        value = self.text(key)
        if value not in allowed:
            raise self.invalid(f"{key} is {value!r}, not one of {', '.join(sorted(allowed))}")
        return value

    def day(self, key: str) -> date:
        """Take a date."""
        value = self._take(key, date, "a date")
        assert isinstance(value, date) and not isinstance(value, datetime)
        return value

    def day_or(self, key: str, word: str) -> date | None:
        """Take a date, or `word` ("unknown", "open"), which is None."""
        if self._left.get(key) == word:
            self._left.pop(key)
            return None
        return self.day(key)

    def number_or_text(self, key: str) -> int | str | date:
        """Take an integer, a text or a date."""
        value = self._left.get(key)
        if type(value) is int:
            return self.integer(key)
        return self.day(key) if type(value) is date else self.text(key)

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Take a list of texts, () when the key is absent and not required."""
        if not required and not self.has(key):
            return ()
        values = self._take(key, list, "a list of texts")
        if not all(type(one) is str and one for one in values):
            raise self.invalid(f"{key} is not a list of texts")
        if len(set(values)) != len(values):
            raise self.invalid(f"{key} names one thing twice")
        return tuple(values)

    def mapping(self, key: str) -> dict[str, str]:
        """Take a table of texts, {} when the key is absent."""
        if not self.has(key):
            return {}
        inner = StrictTable(
            self._take(key, dict, "a table"), file=self.file, row=f"{self.row} {key}".strip(), line=self.line
        )
        return {name: inner.text(name) for name in list(inner._left)}

    def table(self, key: str) -> StrictTable:
        """Take one inner table."""
        return StrictTable(self._take(key, dict, "a table"), file=self.file, row=f"[{key}]", line=self.line)

    def tables(self, key: str) -> list[StrictTable]:
        """Take a list of inline tables, [] when the key is absent."""
        if not self.has(key):
            return []
        values = self._take(key, list, "a list of tables")
        if not all(type(one) is dict for one in values):
            raise self.invalid(f"{key} is not a list of tables")
        return [
            StrictTable(one, file=self.file, row=f"{self.row} {key} {place}".strip(), line=self.line)
            for place, one in enumerate(values, 1)
        ]

    def done(self) -> None:
        """Refuse every key that was not taken."""
        if self._left:
            raise self.invalid(f"unknown field {', '.join(sorted(self._left))}")


class StrictFile:
    """A whole policy file: single tables and rows, each with the line at which it begins."""

    def __init__(self, text: str, *, file: str) -> None:
        self.file = file
        try:
            self._left: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            raise PolicyInvalid(f"not TOML: {fault}", file=file) from None
        self._lines: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if match := re.match(r"\s*(\[{1,2})([A-Za-z_]+)\]{1,2}", line):
                self._lines.setdefault(match[1] + match[2], []).append(number)

    def table(self, name: str) -> StrictTable:
        """Take the single table `[name]`."""
        data = self._left.pop(name, None)
        if type(data) is not dict:
            raise PolicyInvalid(f"table [{name}] is missing", file=self.file)
        return StrictTable(data, file=self.file, row=f"[{name}]", line=self._lines.get(f"[{name}", [0])[0])

    def rows(self, name: str, *, called: str) -> list[StrictTable]:
        """Take the rows `[[name]]`; each is called by its key `called` in errors."""
        data = self._left.pop(name, [])
        if type(data) is not list or not all(type(one) is dict for one in data):
            raise PolicyInvalid(f"[[{name}]] are not rows", file=self.file)
        lines = self._lines.get(f"[[{name}", [])
        lines = lines if len(lines) == len(data) else [0] * len(data)
        return [
            StrictTable(
                one, file=self.file, row=str(one.get(called, f"{name} {place}")), line=lines[place - 1]
            )
            for place, one in enumerate(data, 1)
        ]

    def done(self) -> None:
        """Refuse every table that was not taken."""
        if self._left:
            raise PolicyInvalid(f"unknown table {', '.join(sorted(self._left))}", file=self.file)


def refuse_overlap(rows: Iterable[tuple[str, date | None, date | None, StrictTable]]) -> None:
    """This function will refuse two rows of one id whose validity overlaps (half open; None = without an end there).

    Raises: PolicyInvalid naming the later row.
    """
    by_id: dict[str, list[tuple[date, date, StrictTable]]] = {}
    for id, valid_from, valid_to, row in rows:
        span = (valid_from or date.min, valid_to or date.max, row)
        if span[0] >= span[1]:
            raise row.invalid("valid_from is not before valid_to")
        for other in by_id.setdefault(id, []):
            if span[0] < other[1] and other[0] < span[1]:
                raise row.invalid(f"its validity overlaps another row of {id}")
        by_id[id].append(span)
