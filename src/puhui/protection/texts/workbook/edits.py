"""Changes of a text at single places, applied together, last place first."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from puhui.protection.texts.workbook.places import BARE, Path, Span, find_places

_REST = re.compile(r",?[ \t]*(#[^\n]*)?(\r?\n|\Z)")
_NEXT = re.compile(r",[ \t]*(#[^\n]*)?\r?\n")


def render(value: Any) -> str:
    """This function will write a value as TOML, whole numbers grouped by thousands."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(render(one) for one in value)}]"
    assert isinstance(value, dict), f"no value of a policy text: {value!r}"
    if not value:
        return "{}"
    return f"{{ {', '.join(f'{key_of(name)} = {render(one)}' for name, one in value.items())} }}"


def key_of(name: str) -> str:
    """This function will write the name of a field as TOML."""
    return name if BARE.fullmatch(name) else render(name)


class TextEdits:
    """Collects changes of one text."""

    def __init__(self, text: str) -> None:
        self.text, self.places = text, find_places(text)
        self.edits: dict[tuple[Span, int], str] = {}  # by place and order of coming

    def result(self) -> str:
        """Return the text with all changes made."""
        text = self.text
        for ((begins, end), _order), new in sorted(self.edits.items(), reverse=True):
            text = text[:begins] + new + text[end:]
        return text

    def _put(self, begins: int, end: int, new: str) -> None:
        if any(
            one[0] <= begins and end <= one[1] and one[0] < one[1] and begins < end for one, _ in self.edits
        ):
            return  # what stands around it is written anew, or goes
        self.edits[(begins, end), len(self.edits)] = new

    def replace(self, path: Path, value: Any) -> None:
        """Let a value be another."""
        self._put(*self.places.values[path], render(value))

    def drop(self, path: Path) -> None:
        """Let a field go, with its line."""
        begins = self.text.rfind("\n", 0, self.places.keys[path]) + 1
        rest = _REST.match(self.text, self.places.values[path][1])
        assert rest is not None, "a field of a table has its line to itself"
        self._put(begins, rest.end(), "")

    def add(self, path: Path, name: str, value: Any) -> None:
        """Let a table say one field more, after its last."""
        own = [
            end
            for one, (_, end) in self.places.values.items()
            if one[:-1] == path and one in self.places.keys
        ]
        if own:
            place = self.text.find("\n", max(own))
            place = len(self.text) if place < 0 else place
            self._put(place, place, f"\n{key_of(name)} = {render(value)}")
        else:
            place = self.text.find("\n", self.text.find("[", self.places.blocks[path][0]))
            self._put(place, place, f"\n{key_of(name)} = {render(value)}")

    def change(self, path: Path, name: str, was: Any, value: Any, inner: Mapping[str, Any]) -> None:
        """Let a field of a row be another, come or go; `inner` is what the table around it says afterwards."""
        if was is not None and value is not None:
            self.replace((*path, name), value)
        elif path in self.places.values:  # an inline table is written anew
            self._forget(self.places.values[path])
            self._put(*self.places.values[path], render(dict(inner)))
        elif path in self.places.blocks:
            if was is None:
                self.add(path, name, value)
            else:
                self.drop((*path, name))
        else:  # the inline table itself comes
            *above, last = path
            self.change(tuple(above), str(last), None, dict(inner), {str(last): dict(inner)})

    def _forget(self, span: Span) -> None:
        """Drop changes inside a place that is written anew, or goes."""
        self.edits = {
            at: new for at, new in self.edits.items() if not (span[0] <= at[0][0] and at[0][1] < span[1])
        }

    def drop_row(self, path: Path) -> None:
        """Let a row go, with everything in it."""
        if path in self.places.blocks:
            inner = [span for one, span in self.places.blocks.items() if one[: len(path)] == path]
            for span in inner:
                self._forget(span)
                self._put(*span, "")
            return
        begins, end = self.places.values[path]
        self._forget((begins, end))
        line = self.text.rfind("\n", 0, begins) + 1
        rest = _REST.match(self.text, end)
        if rest is not None and not self.text[line:begins].strip():
            self._put(line, rest.end(), "")
            return
        comma = re.compile(r"[ \t]*,[ \t]*").match(self.text, end)
        self._put(begins, comma.end() if comma else end, "")

    def add_rows(self, path: Path, place: int, rows: list[dict[str, Any]]) -> None:
        """Let rows come before the row that stood at `place`, after it where there is none."""
        if not rows:
            return
        if (*path, 0) in self.places.blocks:
            self._add_blocks(path, place, rows)
        else:
            self._add_inline(path, place, rows)

    def _add_blocks(self, path: Path, place: int, rows: list[dict[str, Any]]) -> None:
        head = ".".join(key_of(one) for one in path if isinstance(one, str))
        blocks = [
            "\n".join([f"[[{head}]]", *(f"{key_of(name)} = {render(one)}" for name, one in row.items())])
            + "\n"
            for row in rows
        ]
        if place:
            at = self.places.blocks[(*path, place - 1)][1]
            gap = "" if self.text[:at].endswith("\n\n") else "\n"
            after = "\n" if at < len(self.text) else ""
            self._put(at, at, gap + "\n".join(blocks) + after)
        else:
            at = self.places.blocks[(*path, 0)][0]
            self._put(at, at, "\n".join(blocks) + "\n")

    def _add_inline(self, path: Path, place: int, rows: list[dict[str, Any]]) -> None:
        written = [render(one) for one in rows]
        near = self.places.values[(*path, max(place - 1, 0))]
        line = self.text.rfind("\n", 0, near[0]) + 1
        indent = self.text[line : near[0]]
        alone = not indent.strip()  # each row has its line
        if not place:
            at = line if alone else near[0]
            self._put(at, at, "".join(f"{indent}{one},\n" if alone else f"{one}, " for one in written))
            return
        following = _NEXT.match(self.text, near[1])
        if alone and following is not None:
            self._put(following.end(), following.end(), "".join(f"{indent}{one},\n" for one in written))
        else:
            gap = f",\n{indent}" if alone else ", "
            self._put(near[1], near[1], "".join(gap + one for one in written))
