"""A policy text as sheets of typed cells, and sheets that somebody edited back as a text that differs there alone.

A table of the text becomes a sheet of fields; rows (`[[grade]]`, or the `rows` of a credit table) become a sheet with one
line for each and one column for each field, `when: score.pd_ppm` for a field inside a field. What the text says between
its values is never rewritten, and what comes out is read again and compared with what was meant.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from puhui.protection.texts.workbook.edits import TextEdits, render
from puhui.protection.texts.workbook.places import Path

Cell = int | str | bool | date | list[int] | list[str] | list[bool] | None
WITHIN = ": "  # between a field and a field inside it, in the name of a column
FIELD, VALUE = "field", "value"
HEAD = "head"  # sheet of what stands above every table


class TextHasNoSheets(ValueError):
    """A text holds something that a cell cannot say exactly, such as a fraction or a list of lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a text."""

    name: str  # of the tab
    path: Path  # where it stands in the text
    has_rows: bool  # whether a line is a row of the text; otherwise it is one field
    columns: tuple[str, ...]  # names: "field" and "value", or the fields of a row
    lines: tuple[tuple[Cell, ...], ...]  # one cell for each column; None where a row does not say

    def kinds(self, place: int) -> frozenset[str]:
        """Return what the text says in a column: names of `kind_of`."""
        return frozenset(kind_of(one[place]) for one in self.lines if one[place] is not None)


def kind_of(cell: Cell) -> str:
    """This function will name what a cell says: whole, text, day, flag, wholes, texts or flags."""
    if isinstance(cell, list):
        return {"whole": "wholes", "flag": "flags"}.get(kind_of(cell[0]), "texts") if cell else "texts"
    return {bool: "flag", int: "whole", str: "text", date: "day"}[type(cell)] if cell is not None else ""


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(one) is dict for one in value)


def _cell(value: Any, path: Path) -> Cell:
    flat = isinstance(value, list) and len({type(one) for one in value}) <= 1
    kinds = {type(one) for one in value} if flat else {type(value)}
    if not kinds <= {int, str, bool} | (set() if flat else {date}):
        raise TextHasNoSheets(".".join(map(str, path)))
    return value  # type: ignore[no-any-return]


def _fields(value: Mapping[str, Any], path: Path) -> dict[tuple[str, ...], Cell]:
    """Everything that a table says by itself, fields inside fields included, rows left out."""
    found: dict[tuple[str, ...], Cell] = {}
    for name, one in value.items():
        if isinstance(one, dict):
            found |= {(name, *rest): cell for rest, cell in _fields(one, (*path, name)).items()}
        elif not _is_rows(one):
            found[name,] = _cell(one, (*path, name))
    return found


def _inner_rows(value: Mapping[str, Any], path: Path) -> Iterable[tuple[Path, list[dict[str, Any]]]]:
    for name, one in value.items():
        if isinstance(one, dict):
            yield from _inner_rows(one, (*path, name))
        elif _is_rows(one):
            yield (*path, name), one


def make_sheets(text: str) -> tuple[Sheet, ...]:
    """This function will lay a text out as sheets. Raises: tomllib.TOMLDecodeError, TextHasNoSheets."""
    body: dict[str, Any] = tomllib.loads(text)
    plain = {name: one for name, one in body.items() if not isinstance(one, dict)}
    found: list[Sheet] = []
    _add_fields(found, plain, (), HEAD)
    for name, one in body.items():
        if isinstance(one, dict):
            _add_tables(found, one, (name,), name)
    for path, rows in _inner_rows(body, ()):
        _add_rows(found, rows, path, ".".join(map(str, path)))
    return tuple(found)


def _add_tables(found: list[Sheet], table: dict[str, Any], path: Path, name: str) -> None:
    """A table, and each table of texts alone inside it on a sheet of its own: facts are many."""
    own = {key: one for key, one in table.items() if not isinstance(one, dict)}
    _add_fields(found, own, path, name)
    for key, one in table.items():
        if isinstance(one, dict):
            _add_tables(found, one, (*path, key), f"{name}.{key}")


def _add_fields(found: list[Sheet], table: dict[str, Any], path: Path, name: str) -> None:
    cells = _fields(table, path)
    if cells:
        lines: tuple[tuple[Cell, ...], ...] = tuple((key[0], cell) for key, cell in cells.items())
        found.append(
            Sheet(name=_free(found, name), path=path, has_rows=False, columns=(FIELD, VALUE), lines=lines)
        )


def _add_rows(found: list[Sheet], rows: list[dict[str, Any]], path: Path, name: str) -> None:
    flat = [_fields(one, (*path, place)) for place, one in enumerate(rows)]
    columns = list(dict.fromkeys(key for one in flat for key in one))
    found.append(
        Sheet(
            name=_free(found, name),
            path=path,
            has_rows=True,
            columns=tuple(WITHIN.join(key) for key in columns),
            lines=tuple(tuple(one.get(key) for key in columns) for one in flat),
        )
    )
    for place, one in enumerate(rows):
        called = next((str(one[key]) for key in ("name", "id", "code") if key in one), str(place + 1))
        for inner, below in _inner_rows(one, (*path, place)):
            _add_rows(found, below, inner, f"{name}.{called}")


def _free(found: list[Sheet], name: str) -> str:
    """A name that a tab may have: at most 31 signs, none of them reserved, and not taken."""
    name = "".join("_" if one in "[]:*?/\\'" else one for one in name)[:31]
    taken = {one.name.lower() for one in found}
    count = 1
    wanted = name
    while wanted.lower() in taken:
        count += 1
        wanted = f"{name[: 30 - len(str(count))]}~{count}"
    return wanted


def apply_sheets(text: str, sheets: Iterable[Sheet]) -> str:
    """This function will return the text that says what edited sheets say, unchanged wherever they say the same.

    `sheets` have the names, paths and columns of `make_sheets(text)`. Raises: AssertionError when the edited text does not
    say what the sheets say, which would be a bug of ours.
    """
    old = {one.path: one for one in make_sheets(text)}
    meant = tomllib.loads(text)
    edits = TextEdits(text)
    # Rows that go or come move those below them, so that what is meant is changed from the last row to the first.
    changed = sorted(
        (one for one in sheets if one != old[one.path]), key=lambda one: len(one.path), reverse=True
    )
    for sheet in changed:
        if sheet.has_rows:
            _change_rows(meant, edits, old[sheet.path], sheet)
        else:
            _change_fields(meant, edits, old[sheet.path], sheet)
    result = edits.result()
    assert tomllib.loads(result) == meant, "the edited text does not say what the sheets say"
    return result


def _at(body: Any, path: Path) -> Any:
    for one in path:
        body = body[one]
    return body


def _change_fields(meant: dict[str, Any], edits: TextEdits, old: Sheet, new: Sheet) -> None:
    table = _at(meant, new.path)
    before = {str(key): cell for key, cell in old.lines}
    after = {str(key): cell for key, cell in new.lines if cell is not None}
    for name in before:
        if name not in after:
            edits.drop((*new.path, name))
            del table[name]
    for name, cell in after.items():
        if name not in before:
            edits.add(new.path, name, cell)
        elif before[name] != cell or type(before[name]) is not type(cell):
            edits.replace((*new.path, name), cell)
        table[name] = cell


def nest(columns: Iterable[str], line: Iterable[Cell]) -> dict[str, Any]:
    """This function will return the row that a line of a sheet says."""
    row: dict[str, Any] = {}
    for name, cell in zip(columns, line, strict=True):
        if cell is not None:
            *above, last = name.split(WITHIN)
            inner = row
            for one in above:
                inner = inner.setdefault(one, {})
            inner[last] = cell
    return row


def _change_rows(meant: dict[str, Any], edits: TextEdits, old: Sheet, new: Sheet) -> None:
    """Equal rows stay; rows changed one for one keep their place and comments; others come and go."""
    rows: list[dict[str, Any]] = _at(meant, new.path)
    kept = copy.copy(rows)
    rows.clear()
    before, after = [_told(one) for one in old.lines], [_told(one) for one in new.lines]
    for _kind, i, i_end, j, j_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        both = min(i_end - i, j_end - j)
        for k in range(both):
            path = (*new.path, i + k)
            if before[i + k] != after[j + k]:
                _change_row(edits, path, kept[i + k], old.lines[i + k], new.lines[j + k], new.columns)
            rows.append(kept[i + k])
        for k in range(i + both, i_end):
            edits.drop_row((*new.path, k))
        fresh = [nest(new.columns, new.lines[k]) for k in range(j + both, j_end)]
        edits.add_rows(new.path, i + both, fresh)
        rows.extend(fresh)


def _told(line: tuple[Cell, ...]) -> tuple[str, ...]:
    """A line that compares by kind, too: 1 is not true."""
    return tuple("" if one is None else render(one) for one in line)


def _change_row(
    edits: TextEdits,
    path: Path,
    row: dict[str, Any],
    before: tuple[Cell, ...],
    after: tuple[Cell, ...],
    columns: tuple[str, ...],
) -> None:
    changed: list[tuple[Path, str, Cell, Cell, dict[str, Any]]] = []
    for name, was, cell in zip(columns, before, after, strict=True):
        if _told((was,)) == _told((cell,)):
            continue
        *above, last = name.split(WITHIN)
        inner = row
        for one in above:
            inner = inner.setdefault(one, {})
        if cell is None:
            del inner[last]
        else:
            inner[last] = cell
        changed.append(((*path, *above), last, was, cell, inner))
    for at, last, was, cell, inner in changed:  # now that `inner` says all of it
        edits.change(at, last, was, cell, inner)
