"""Strict reading of a world's file: every figure names its source, and every mistake its line and its remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

NEAR = re.compile(r"\s*\[{1,2}([A-Za-z_]+)\]{1,2}|\s*([A-Za-z_]+)\s*=")


class WorldInvalid(Exception):
    """A world's file says something that cannot be meant."""

    def __init__(self, problem: str, *, file: str, line: int) -> None:
        self.problem = problem  # what is wrong and what to write instead
        self.file = file  # name of the file
        self.line = line  # where, 0 when it is about the whole file
        super().__init__(f"{file}:{line}: {problem}" if line else f"{file}: {problem}")


class WorldTable:
    """One table whose keys are taken one by one; `done` refuses what is left over."""

    def __init__(
        self, data: Mapping[str, Any], *, file: str, name: str, line: int, lines: Mapping[str, int]
    ) -> None:
        self._left = dict(data)
        self.file = file  # name of the file
        self.name = name  # of the table, as written
        self.line = line  # of its head
        self.lines = lines  # of its keys

    def invalid(self, key: str, problem: str) -> WorldInvalid:
        """Return the error that names the key's line, or the table's where the key is absent."""
        return WorldInvalid(
            f"{self.name} {key}: {problem}", file=self.file, line=self.lines.get(key, self.line)
        )

    def text(self, key: str) -> str:
        """Take a text that is not empty."""
        value = self._left.pop(key, None)
        if not isinstance(value, str) or not value.strip():
            raise self.invalid(
                key, f'write {key} = "…", a text' + (" (it is missing)" if value is None else "")
            )
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Take a text of a closed list, or the path of a plug-in ("package.module:function")."""
        value = self.text(key)
        if value not in allowed and ":" not in value:
            raise self.invalid(
                key, f"{value!r} is unknown; write one of {', '.join(sorted(allowed))}, or module:function"
            )
        return value

    def number(self, key: str, least: float, most: float) -> tuple[float, str]:
        """Take a figure written as { is = 0.3, source = "…" }; the source names where it is from, or says "assumed"."""
        value = self._left.pop(key, None)
        written = f'write {key} = {{ is = …, source = "…" }}'
        if value is None:
            raise self.invalid(key, f"is missing; {written}")
        if not isinstance(value, dict) or set(value) != {"is", "source"}:
            raise self.invalid(key, f'has no source; {written}, source = "assumed" where there is none')
        figure, source = value["is"], value["source"]
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            raise self.invalid(key, f"{figure!r} is no number; {written}")
        if not least <= figure <= most:
            raise self.invalid(key, f"{figure} is out of bounds; write a number from {least:g} to {most:g}")
        if not isinstance(source, str) or not source.strip():
            raise self.invalid(key, 'the source is empty; name it with its date, or write "assumed"')
        return float(figure), source

    def done(self) -> None:
        """Refuse every key that was not taken."""
        for key in self._left:
            raise self.invalid(key, "is unknown here; remove it, or mend its spelling")


class WorldFile:
    """A whole file: its tables and rows, with the lines of their keys."""

    def __init__(self, text: str, *, file: str) -> None:
        self.file = file
        try:
            self._left: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            line = int(found[1]) if (found := re.search(r"line (\d+)", str(fault))) else 0
            raise WorldInvalid(f"not TOML: {fault}", file=file, line=line) from None
        self._heads: dict[str, list[tuple[int, dict[str, int]]]] = {}
        keys: dict[str, int] = {}
        for number, said in enumerate(text.splitlines(), 1):
            match = NEAR.match(said)
            if match and match[1]:
                keys = {}
                self._heads.setdefault(match[1], []).append((number, keys))
            elif match and match[2]:
                keys.setdefault(match[2], number)

    def table(self, name: str) -> WorldTable:
        """Take the table [name]."""
        data = self._left.pop(name, None)
        if not isinstance(data, dict):
            raise WorldInvalid(f"[{name}] is missing; add the table", file=self.file, line=0)
        line, lines = self._heads.get(name, [(0, {})])[0]
        return WorldTable(data, file=self.file, name=f"[{name}]", line=line, lines=lines)

    def rows(self, name: str) -> list[WorldTable]:
        """Take the rows [[name]], at least one."""
        data = self._left.pop(name, None)
        if not isinstance(data, list) or not data or not all(isinstance(one, dict) for one in data):
            raise WorldInvalid(f"[[{name}]] is missing; add at least one row", file=self.file, line=0)
        heads = self._heads.get(name, [])
        heads = heads if len(heads) == len(data) else [(0, {})] * len(data)
        return [
            WorldTable(one, file=self.file, name=f"[[{name}]]", line=line, lines=lines)
            for one, (line, lines) in zip(data, heads, strict=True)
        ]

    def done(self) -> None:
        """Refuse every table that was not taken."""
        for name in self._left:
            line = self._heads.get(name, [(0, {})])[0][0]
            raise WorldInvalid(
                f"[{name}] is unknown; remove it, or mend its spelling", file=self.file, line=line
            )
