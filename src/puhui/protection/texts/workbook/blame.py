"""Where in a workbook stands what a compiler refuses: it names rows and fields of the text, an analyst sees cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openpyxl.utils import get_column_letter

from puhui.protection.texts.workbook.excel import Returned
from puhui.protection.texts.workbook.layout import WITHIN, Sheet

_TABLE = re.compile(r"\btable (\w+)")
_ROWS = re.compile(r"\brows? (\w+)(?: and (\w+))?")
_HEAD = re.compile(r"\[(\w+)\]")
_WORD = re.compile(r"[A-Za-z0-9_.]+")


def find_cell(returned: Returned, problem: str) -> tuple[str, str]:
    """This function will return the cell ("table.grade!B4") and the field that a compiler's sentence speaks of.

    Where the sentence names no row, the cell is the head of the column; where it names no column, the first of the row;
    where it names nothing of the workbook, both are empty.
    """
    words = set(_WORD.findall(problem)) | {one for word in _WORD.findall(problem) for one in word.split(".")}
    best: tuple[int, str, str] = (0, "", "")
    for sheet in returned.sheets:
        for weight, line, column in _candidates(sheet, problem, words):
            if weight > best[0]:
                row = returned.rows[sheet.name][line] if line >= 0 else 1
                name = sheet.columns[column] if sheet.has_rows else str(sheet.lines[line][0])
                best = (weight, f"{sheet.name}!{get_column_letter(column + 1)}{row}", name)
    assert best[0] or not best[1]
    return best[1], best[2]


def _candidates(sheet: Sheet, problem: str, words: set[str]) -> Iterator[tuple[int, int, int]]:
    """Weight, line (-1 = the head) and column of what a sentence may mean."""
    table, head = _TABLE.search(problem), _HEAD.search(problem)
    if not sheet.has_rows:
        own = 4 if head is not None and head[1] == (sheet.path or ("",))[0] else 1
        for line, (name, _cell) in enumerate(sheet.lines):
            if str(name) in words:
                yield own + 2, line, 1
        return
    named = table is not None and sheet.path[-1:] == ("rows",) and sheet.name == f"table.{table[1]}"
    weight = 20 if named else 0
    found = _ROWS.search(problem) if named else None
    ids = {one for one in found.groups() if one} if found is not None else words
    lines = [place for place, line in enumerate(sheet.lines) if _called(line) in ids]
    columns = [place for place, name in enumerate(sheet.columns) if name.split(WITHIN)[-1] in words]
    if named or (lines and table is None):
        yield (
            weight + 3 * bool(lines) + 2 * bool(columns),
            lines[-1] if lines else -1,
            columns[0] if columns else 0,
        )


def _called(line: tuple[object, ...]) -> str:
    return str(line[0])
