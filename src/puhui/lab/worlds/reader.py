"""Strict reading of a world's file: every figure names its source, and every mistake its line and its remedy.

What is wrong is said in English and in Chinese, one line each.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

NEAR = re.compile(r"\s*\[{1,2}\s*[\"']?(\w+)[\"']?\s*\]{1,2}|\s*[\"']?(\w+)[\"']?\s*[=.]")
FENCE = re.compile(r"\"{3}|'{3}")  # of a text of several lines
LARGEST = 4 << 20  # bytes of a file; a world is some kilobytes


class WorldInvalid(Exception):
    """A world's file says something that cannot be meant."""

    def __init__(self, problem: str, chinese: str, *, file: str, line: int) -> None:
        self.problem = problem  # what is wrong and what to write instead
        self.chinese = chinese  # the same in Chinese
        self.file = file  # name of the file
        self.line = line  # where, 0 when it is about the whole file
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {problem}\n{place}：{chinese}")


def read_text(path: Path) -> str:
    """This function will read a world's file as text. Raises: WorldInvalid where it is no file, too large or not UTF-8."""
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as fault:
        raise WorldInvalid(
            f"cannot be read ({fault.strerror}); name a TOML file", f"无法读取（{fault.strerror}）；请给出一个 TOML 文件",
            file=path.name, line=0,
        ) from None  # fmt: skip
    if data is None:
        raise WorldInvalid(
            f"is larger than {LARGEST >> 20} MiB; a world's file is some kilobytes of TOML",
            f"超过 {LARGEST >> 20} MiB；世界文件是几千字节的 TOML", file=path.name, line=0,
        )  # fmt: skip
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise WorldInvalid(
            f"byte {fault.start + 1} is not UTF-8; save the file as UTF-8",
            f"第 {fault.start + 1} 个字节不是 UTF-8；请把文件另存为 UTF-8 编码", file=path.name, line=line,
        ) from None  # fmt: skip


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

    def invalid(self, key: str, problem: str, chinese: str) -> WorldInvalid:
        """Return the error that names the key's line, or the table's where the key is absent."""
        return WorldInvalid(
            f"{self.name} {key}: {problem}", f"{self.name} {key}：{chinese}", file=self.file,
            line=self.lines.get(key, self.line),
        )  # fmt: skip

    def text(self, key: str) -> str:
        """Take a text that is not empty."""
        value = self._left.pop(key, None)
        if not isinstance(value, str) or not value.strip():
            absent = value is None
            raise self.invalid(
                key,
                f'write {key} = "…", a text' + (" (it is missing)" if absent else ""),
                f'请写 {key} = "…"，一段文字' + ("（这一行缺失）" if absent else ""),
            )
        return value

    def choice(self, key: str, allowed: Collection[str], *, plug: bool = False) -> str:
        """Take a text of a closed list, or where `plug` the path of a plug-in ("package.module:function")."""
        value = self.text(key)
        if value not in allowed and not (plug and ":" in value):
            names = ", ".join(sorted(allowed))
            raise self.invalid(
                key,
                f"{value!r} is unknown; write one of {names}" + (", or module:function" if plug else ""),
                f"不认识 {value!r}；请写其中之一：{names}" + ("，或 模块:函数" if plug else ""),
            )
        return value

    def number(self, key: str, least: float, most: float, *, whole: bool = False) -> tuple[float, str]:
        """Take a figure written as { is = 0.3, source = "…" }; the source names where it is from, or says "assumed"."""
        value = self._left.pop(key, None)
        written = f'{key} = {{ is = …, source = "…" }}'
        if value is None:
            raise self.invalid(key, f"is missing; write {written}", f"缺失；请写 {written}")
        if not isinstance(value, dict) or "is" not in value or "source" not in value:
            raise self.invalid(
                key, f'has no source; write {written}, source = "assumed" where there is none',
                f'没有写来源；请写 {written}，没有来源时写 source = "assumed"',
            )  # fmt: skip
        if odd := sorted(set(value) - {"is", "source"}):
            raise self.invalid(
                key, f"{', '.join(odd)} is unknown here; write {written} and nothing else",
                f"这里不能有 {'、'.join(odd)}；只写 {written}",
            )  # fmt: skip
        figure, source = value["is"], value["source"]
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            raise self.invalid(
                key, f"{figure!r} is no number; write {written}", f"{figure!r} 不是数字；请写 {written}"
            )
        if not least <= figure <= most:
            raise self.invalid(
                key, f"{figure} is out of bounds; write a number from {least:.10g} to {most:.10g}",
                f"{figure} 超出范围；请写 {least:.10g} 到 {most:.10g} 之间的数",
            )  # fmt: skip
        if whole and figure != int(figure):
            raise self.invalid(
                key, f"{figure} is no whole number; write one from {least:.10g} to {most:.10g}",
                f"{figure} 不是整数；请写 {least:.10g} 到 {most:.10g} 之间的整数",
            )  # fmt: skip
        if not isinstance(source, str) or not source.strip():
            raise self.invalid(
                key, 'the source is empty; name it with its date, or write "assumed"',
                '来源是空的；请写明出处和日期，或写 "assumed"（假设）',
            )  # fmt: skip
        return float(figure), source

    def done(self) -> None:
        """Refuse every key that was not taken."""
        for key in self._left:
            raise self.invalid(
                key,
                "is unknown here; remove it, or mend its spelling",
                "这里没有这个字段；请删去，或改正拼写",
            )


class WorldFile:
    """A whole file: its tables and rows, with the lines of their keys."""

    def __init__(self, text: str, *, file: str) -> None:
        self.file = file
        try:
            self._left: dict[str, Any] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as fault:
            line = int(found[1]) if (found := re.search(r"line (\d+)", str(fault))) else 0
            twice = "overwrite" in str(fault) or "Cannot declare" in str(fault)
            raise WorldInvalid(
                "a key or table stands twice; keep one of them" if twice else f"not TOML: {fault}",
                "某个字段或表写了两次；请只保留一个" if twice else f"不是正确的 TOML：{fault}", file=file, line=line,
            ) from None  # fmt: skip
        self._heads: dict[str, list[tuple[int, dict[str, int]]]] = {}
        keys: dict[str, int] = {}
        within = False  # a text of several lines
        for number, said in enumerate(text.splitlines(), 1):
            match = None if within else NEAR.match(said)
            within ^= len(FENCE.findall(said)) % 2 == 1
            if match and match[1]:
                keys = {}
                self._heads.setdefault(match[1], []).append((number, keys))
            elif match and match[2]:
                keys.setdefault(match[2], number)

    def line_of(self, name: str) -> int:
        """Return the line of a table's first head, 0 where it has none."""
        return self._heads.get(name, [(0, {})])[0][0]

    def table(self, name: str) -> WorldTable:
        """Take the table [name]."""
        data = self._left.pop(name, None)
        if isinstance(data, list):
            raise WorldInvalid(
                f"[[{name}]] stands for rows; write [{name}]", f"[[{name}]] 表示多行；请写 [{name}]",
                file=self.file, line=self.line_of(name),
            )  # fmt: skip
        if not isinstance(data, dict):
            raise WorldInvalid(
                f"[{name}] is missing; add the table", f"缺少 [{name}]；请加上这个表", file=self.file, line=0
            )
        line, lines = self._heads.get(name, [(0, {})])[0]
        return WorldTable(data, file=self.file, name=f"[{name}]", line=line, lines=lines)

    def rows(self, name: str, *, least: int = 1) -> list[WorldTable]:
        """Take the rows [[name]], at least `least` (0 or 1)."""
        data = self._left.pop(name, None)
        if data is None and not least:
            return []
        if isinstance(data, dict):
            raise WorldInvalid(
                f"[{name}] stands for one table; write [[{name}]], once for each row",
                f"[{name}] 表示单个表；每一行都请写 [[{name}]]", file=self.file, line=self.line_of(name),
            )  # fmt: skip
        if not isinstance(data, list) or not data or not all(isinstance(one, dict) for one in data):
            raise WorldInvalid(
                f"[[{name}]] is missing; add at least one row", f"缺少 [[{name}]]；请至少加上一行",
                file=self.file, line=0,
            )  # fmt: skip
        heads = self._heads.get(name, [])
        heads = heads if len(heads) == len(data) else [(0, {})] * len(data)
        return [
            WorldTable(one, file=self.file, name=f"[[{name}]]", line=line, lines=lines)
            for one, (line, lines) in zip(data, heads, strict=True)
        ]

    def done(self) -> None:
        """Refuse every table that was not taken."""
        for name in self._left:
            raise WorldInvalid(
                f"[{name}] is unknown; remove it, or mend its spelling",
                f"不认识 [{name}]；请删去，或改正拼写", file=self.file, line=self.line_of(name),
            )  # fmt: skip
