"""Where each value of a TOML text stands, so that one value can be changed and everything else stays as it was written.

The scanner reads texts that `tomllib` has accepted, so it need not find faults; whoever edits by it compares what the
edited text says with what it should say.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
Span = tuple[int, int]
BARE = re.compile(r"[A-Za-z0-9_-]+")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\r\n]*[^,\]}#\r\n \t]")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL)
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_LITERAL = re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class Places:
    """Places of a text, half open, in characters."""

    values: dict[Path, Span] = field(
        default_factory=dict
    )  # of every value, by path; lists and inline tables too
    keys: dict[Path, int] = field(default_factory=dict)  # where the key of a value begins
    blocks: dict[Path, Span] = field(
        default_factory=dict
    )  # of `[x]` and rows of `[[x]]`, comments above included


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.found = text, 0, Places()
        self.rows: dict[Path, int] = {}  # rows of each `[[x]]` so far

    def run(self) -> Places:
        heads: list[tuple[int, Path]] = []
        prefix: Path = ()
        self._gap()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                begins = self._lead(self.at)
                prefix = self._head()
                heads.append((begins, prefix))
            else:
                self._pair(prefix)
            self._gap()
        ends = [*(place for place, _ in heads), len(self.text)]
        for (begins, path), end in zip(heads, ends[1:], strict=True):
            self.found.blocks[path] = (begins, end)
        return self.found

    def _lead(self, at: int) -> int:
        """Where the comment lines directly above a header begin."""
        begins = self.text.rfind("\n", 0, at) + 1
        while begins:
            above = self.text.rfind("\n", 0, begins - 1) + 1
            if not self.text[above:begins].lstrip().startswith("#"):
                break
            begins = above
        return begins

    def _head(self) -> Path:
        rows = self.text.startswith("[[", self.at)
        self.at += 2 if rows else 1
        names = self._key()
        self.at += 2 if rows else 1
        path: Path = ()
        for name in names[:-1]:
            path = (*path, name)
            if path in self.rows:
                path = (*path, self.rows[path] - 1)
        path = (*path, names[-1])
        if not rows:
            return path
        self.rows[path] = self.rows.get(path, 0) + 1
        return (*path, self.rows[path] - 1)

    def _key(self) -> list[str]:
        names: list[str] = []
        while True:
            self._blank()
            match = self._match(BARE if self.text[self.at] not in "\"'" else self._quoted())
            names.append(match if match[0] not in "\"'" else _plain(match))
            self._blank()
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _quoted(self) -> re.Pattern[str]:
        return _BASIC if self.text[self.at] == '"' else _LITERAL

    def _pair(self, prefix: Path) -> None:
        begins = self.at
        path: Path = (*prefix, *self._key())
        self.at += 1  # the equals sign
        self._blank()
        self.found.keys[path] = begins
        self._value(path)

    def _value(self, path: Path) -> None:
        begins = self.at
        if self.text[begins] in "[{":
            self._inside(path, rows=self.text[begins] == "[")
        else:
            self._match(self._scalar())
        self.found.values[path] = (begins, self.at)

    def _scalar(self) -> re.Pattern[str]:
        for mark, pattern in (
            ('"""', _LONG_BASIC), ("'''", _LONG_LITERAL), ('"', _BASIC), ("'", _LITERAL),
        ):  # fmt: skip
            if self.text.startswith(mark, self.at):
                return pattern
        return _SCALAR

    def _inside(self, path: Path, *, rows: bool) -> None:
        self.at += 1
        place = 0
        self._gap()
        while self.text[self.at] not in "]}":
            if rows:
                self._value((*path, place))
                place += 1
            else:
                self._pair(path)
            self._gap()
            if self.text[self.at] == ",":
                self.at += 1
                self._gap()
        self.at += 1

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        assert match is not None, f"tomllib read what stands at {self.at}, and we cannot"
        self.at = match.end()
        return match.group()

    def _gap(self) -> None:
        self._match(_GAP)

    def _blank(self) -> None:
        self._match(_BLANK)


def _plain(quoted: str) -> str:
    """A quoted key without its quotes; what it escapes is left to tomllib."""
    return next(iter(tomllib.loads(f"{quoted} = 0")))


def find_places(text: str) -> Places:
    """This function will return where the values of a text that `tomllib` accepts stand."""
    return _Scanner(text).run()
