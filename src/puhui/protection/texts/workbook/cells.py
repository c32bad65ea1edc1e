"""What one cell of a workbook may say, by the kind of its column, and the refusals of what it may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from puhui.core.refusals import Refusal
from puhui.protection.texts.workbook.layout import Cell

DIGITS = 15  # that a spreadsheet keeps of a number
LISTED = "; "  # between the items of a list
EMPTY_LIST, EMPTY_TEXT = "[]", '""'  # a cell that is blank says nothing at all
MOST_SHOWN = 40  # signs of a cell that a refusal repeats
WORDS = frozenset({"open", "unknown"})  # that stand where a day is not known
_WHOLE = re.compile(r"-?\d+(?:_\d+)*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class SheetMissing(Refusal):
    """A sheet that the file was made with is not in it any more, or has another name."""

    field = "file"


class SheetUnknown(Refusal):
    """A sheet was added, which no table of the text answers to."""

    field = "file"


class ColumnMissing(Refusal):
    """A column that the sheet was made with is not in it any more, or has another name."""

    field = "file"


class ColumnUnknown(Refusal):
    """A column has a name that the table does not know, or one twice."""

    field = "file"


class CellOutsideTable(Refusal):
    """Something is written where the table has no column."""

    field = "file"


class CellIsFormula(Refusal):
    """A cell holds a formula or an error: what it says depends on who opens it."""

    field = "file"


class CellNotWhole(Refusal):
    """A whole number was expected."""

    field = "file"


class CellNotText(Refusal):
    """A text was expected; a spreadsheet has made a number or a day of it."""

    field = "file"


class CellNotDay(Refusal):
    """A day was expected."""

    field = "file"


class CellNotFlag(Refusal):
    """TRUE or FALSE was expected."""

    field = "file"


class FieldTwice(Refusal):
    """Two lines of a sheet say the same field."""

    field = "file"


def read_value(raw: Any, kinds: frozenset[str], where: dict[str, object]) -> Cell:
    """This function will return what a cell says, by what its column holds; of two kinds the narrower that fits.

    Raises: CellNotWhole, CellNotText, CellNotDay, CellNotFlag with the facts `where` and what was found.
    """
    refused: Refusal | None = None
    for kind in sorted(kinds, key=list(_READERS).index):
        try:
            return _READERS[kind](raw, where | {"found": str(raw)[:MOST_SHOWN]})
        except Refusal as refusal:
            refused = refusal
    assert refused is not None, "a column holds something"
    raise refused


def _whole(raw: Any, where: dict[str, object]) -> Cell:
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 10**DIGITS:
        return int(raw)
    if type(raw) is int and abs(raw) < 10**DIGITS:
        return raw
    if isinstance(raw, str) and _WHOLE.fullmatch(raw.strip()):
        return int(raw.strip())
    raise CellNotWhole(**where)


def _text(raw: Any, where: dict[str, object]) -> Cell:
    if not isinstance(raw, str):
        raise CellNotText(**where)
    return "" if raw == EMPTY_TEXT else raw


def _day(raw: Any, where: dict[str, object]) -> Cell:
    if isinstance(raw, datetime):
        if (raw.hour, raw.minute, raw.second, raw.microsecond) == (0, 0, 0, 0):
            return raw.date()
    elif isinstance(raw, date):
        return raw
    elif isinstance(raw, str):
        if raw in WORDS:
            return raw
        if _DAY.fullmatch(raw.strip()):
            try:
                return date.fromisoformat(raw.strip())
            except ValueError:
                pass
    raise CellNotDay(**where)


def _flag(raw: Any, where: dict[str, object]) -> Cell:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in {"true", "false"}:
        return raw.strip().lower() == "true"
    raise CellNotFlag(**where)


def _items(raw: Any, where: dict[str, object]) -> Iterator[str]:
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        raise CellNotText(**where)
    if raw != EMPTY_LIST:
        for one in str(int(raw) if isinstance(raw, float) and raw.is_integer() else raw).split(
            LISTED.strip()
        ):
            yield one.strip()


def _wholes(raw: Any, where: dict[str, object]) -> Cell:
    return [int(str(_whole(one, where))) for one in _items(raw, where)]


def _texts(raw: Any, where: dict[str, object]) -> Cell:
    found = list(_items(raw, where)) if isinstance(raw, str) else [""]
    if not all(found):
        raise CellNotText(**where)
    return found


def _flags(raw: Any, where: dict[str, object]) -> Cell:
    return [bool(_flag(one, where)) for one in _items(raw, where)]


_READERS = {
    "flag": _flag, "whole": _whole, "day": _day, "flags": _flags, "wholes": _wholes, "texts": _texts, "text": _text,
}  # fmt: skip
