"""Sheets as an .xlsx file, and a file from anybody back as sheets: every cell is read by its type, or refused by its name.

Spreadsheets keep numbers as binary fractions of 15 digits, turn `= 0` into a formula and 1-2 into a day. So whole numbers
of up to 15 digits are numbers, longer ones and every text are text cells, a number with a fraction is never rounded, and
what a spreadsheet worked out by itself is refused rather than believed.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError

from puhui.core.canonical import content_hash
from puhui.core.refusals import Refusal
from puhui.protection.texts.workbook.archive import WorkbookUnreadable, examine
from puhui.protection.texts.workbook.cells import (
    DIGITS,
    EMPTY_LIST,
    EMPTY_TEXT,
    LISTED,
    MOST_SHOWN,
    WORDS,
    CellIsFormula,
    CellNotText,
    CellOutsideTable,
    ColumnMissing,
    ColumnUnknown,
    FieldTwice,
    SheetMissing,
    SheetUnknown,
    read_value,
)
from puhui.protection.texts.workbook.layout import (
    FIELD,
    Cell,
    Sheet,
    TextHasNoSheets,
    apply_sheets,
    kind_of,
    make_sheets,
)

ABOUT, SOURCE = "read me", "source text"
FORMAT = "puhui-policy-workbook-1"
HEAD_ROWS = 2  # names of the columns, and what they hold
HINTS = {
    "whole": "whole number · 整数",
    "text": "text · 文本",
    "day": "day · 日期",
    "flag": "TRUE or FALSE · 是否",
    "wholes": "whole numbers, “; ” between · 整数，用“; ”分隔",
    "texts": "texts, “; ” between · 文本，用“; ”分隔",
    "flags": "true or false, “; ” between · 是否，用“; ”分隔",
}
SAID = (
    ("What this is", "A policy text of the house as tables. Edit values, add or delete whole rows, then upload it as a draft.", "本机构的一份策略文本，以表格呈现。可以改值、增删整行，然后作为草案上传。"),
    ("What stays", "Names of sheets and columns stay as they are. A blank cell says nothing.", "工作表名和列名保持不变。空白单元格表示没有写。"),
    ("How", "Type values: no formulas, no merged cells, no percent: 14.4 % a year is 144000 (ppm), 100 yuan is 10000 (fen).", "请填数值：不用公式，不合并单元格，不写百分号：年利率 14.4% 写 144000（百万分之一），100 元写 10000（分）。"),
    ("First day", "Set version and valid_from to a day to come.", "请把 version 和 valid_from 改为将来的一天。"),
)  # fmt: skip


class WorkbookTextAltered(Refusal):
    """The text that the file carries is not the one that it was made of."""

    field = "file"


class WorkbookRefused(Refusal):
    """Cells of a file cannot be meant; `each` has them in reading order."""

    field = "file"

    def __init__(self, each: list[Refusal]) -> None:
        super().__init__(count=len(each), cell=each[0].facts["cell"])
        self.each = tuple(each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a file says."""

    text: str  # the policy text, edited
    path: str  # of the text that it was made of, e.g. "prices/2026-07-01.toml"
    sha256: str  # content hash of that text
    sheets: tuple[Sheet, ...]  # as read
    rows: dict[str, tuple[int, ...]]  # by sheet: row of the file in which each line stands


def write_workbook(*, text: str, path: str, said: tuple[tuple[str, str, str], ...] = SAID) -> bytes:
    """This function will return a text as an .xlsx file, the same bytes for the same text; `said` explains it.

    Raises: TextHasNoSheets for a text that a cell cannot say exactly.
    """
    book = Workbook()
    about = book.active
    assert about is not None
    about.title = ABOUT
    for told in (("format", FORMAT), ("text", path), ("sha256", content_hash(text.encode())), *said):
        about.append(list(told))
    about.column_dimensions["A"].width = 16
    for letter in "BC":
        about.column_dimensions[letter].width = 70
    for sheet in make_sheets(text):
        _write_sheet(book.create_sheet(sheet.name), sheet)
    source = book.create_sheet(SOURCE)
    source.sheet_state = "hidden"
    for place, line in enumerate(text.split("\n"), 1):
        if line:
            _put_text(source.cell(place, 1), line)
    book.properties.created = book.properties.modified = datetime(2026, 1, 1)
    return _same_bytes(book)


def _same_bytes(book: Workbook) -> bytes:
    """The file with the same stamps whenever it is written."""
    made, out = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for one in parts.infolist():
            body = parts.read(one)
            if one.filename == "docProps/core.xml":
                body = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", body)
            kept.writestr(zipfile.ZipInfo(one.filename), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _write_sheet(page: Any, sheet: Sheet) -> None:
    strong, soft = Font(bold=True), Font(color="666666", italic=True)
    fill = PatternFill("solid", fgColor="EEF3EE")
    for place, name in enumerate(sheet.columns, 1):
        head = page.cell(1, place)
        _put(head, name)
        head.font, head.fill = strong, fill
        kinds = sheet.kinds(place - 1) if sheet.has_rows else frozenset()
        hint = page.cell(HEAD_ROWS, place)
        _put(hint, " / ".join(HINTS[one] for one in sorted(kinds)))
        hint.font = soft
        widest = max((len(_shown(line[place - 1])) for line in sheet.lines), default=0)
        page.column_dimensions[get_column_letter(place)].width = min(max(widest, len(name)) + 3, 60)
    for row, line in enumerate(sheet.lines, HEAD_ROWS + 1):
        for place, cell in enumerate(line, 1):
            _put(page.cell(row, place), cell)
    page.freeze_panes = page.cell(HEAD_ROWS + 1, 2)


def _shown(cell: Cell) -> str:
    if isinstance(cell, list):
        return LISTED.join(_item(one) for one in cell) if cell else EMPTY_LIST
    return "" if cell is None else cell if isinstance(cell, str) else str(cell)


def _item(one: int | str | bool) -> str:
    said = str(one).lower() if isinstance(one, bool) else str(one)
    if not said or said != said.strip() or ";" in said:
        raise TextHasNoSheets(said)
    return said


def _put(at: Any, cell: Cell) -> None:
    """Write a cell so that a spreadsheet leaves it alone."""
    if cell is None:
        at.number_format = "@"
    elif isinstance(cell, bool):
        at.value = cell
    elif isinstance(cell, int) and len(str(abs(cell))) <= DIGITS:
        at.value, at.number_format = cell, "0"
    elif isinstance(cell, date):
        at.value, at.number_format = cell, "yyyy-mm-dd"
    else:
        _put_text(at, EMPTY_TEXT if cell == "" else _shown(cell))


def _put_text(at: Any, said: str) -> None:
    try:
        at.value = said
    except IllegalCharacterError:
        raise TextHasNoSheets(repr(said)) from None
    if at.value != said:  # cut at 32,767 signs
        raise TextHasNoSheets(said[:MOST_SHOWN])
    at.data_type, at.number_format, at.quotePrefix = "s", "@", True
    at.alignment = Alignment(vertical="top", wrap_text="\n" in said)


def read_workbook(body: bytes) -> Returned:
    """This function will return the policy text that an .xlsx file says.

    Raises: WorkbookUnreadable, WorkbookTooLarge, CellsMerged, WorkbookTextAltered; WorkbookRefused with a refusal for every
    sheet, column and cell that cannot be meant.
    """
    examine(body)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        pages = {page.title: _rows(page) for page in book.worksheets}
    except Exception:  # whatever a broken file does to its reader
        raise WorkbookUnreadable(why="xlsx") from None
    text, path, sha256 = _carried(pages)
    wanted = make_sheets(text)
    faults: list[Refusal] = []
    known = {ABOUT, SOURCE, *(one.name for one in wanted)}
    faults += [SheetUnknown(cell=name, sheet=name) for name in pages if name not in known]
    found, rows = [], {}
    for sheet in wanted:
        if sheet.name not in pages:
            faults.append(SheetMissing(cell=sheet.name, sheet=sheet.name))
            continue
        read = _SheetReader(sheet, pages[sheet.name], faults)
        found.append(read.sheet())
        rows[sheet.name] = tuple(read.at)
    if faults:
        raise WorkbookRefused(faults)
    return Returned(text=apply_sheets(text, found), path=path, sha256=sha256, sheets=tuple(found), rows=rows)


Row = dict[int, ExcelCell]  # cells with something in them, by column from 1


def _rows(page: Any) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for cells in page.iter_rows():
        kept = {one.column: one for one in cells if one.value is not None}
        if kept:
            found[next(iter(kept.values())).row] = kept
    return found


def _carried(pages: dict[str, dict[int, Row]]) -> tuple[str, str, str]:
    """The text that the file was made of, its path and its hash."""
    about = {
        str(row[1].value): str(row[2].value) for row in pages.get(ABOUT, {}).values() if {1, 2} <= set(row)
    }
    if about.get("format") != FORMAT or SOURCE not in pages:
        raise WorkbookUnreadable(why="not ours")
    source = pages[SOURCE]
    lines = [
        str(source[at][1].value) if 1 in source.get(at, {}) else ""
        for at in range(1, max(source, default=0) + 1)
    ]
    text, sha256 = "\n".join(lines), about.get("sha256", "")
    for ending in ("", "\n", "\n\n"):  # empty lines at the end have no cells
        if content_hash((text + ending).encode()) == sha256:
            return text + ending, about.get("text", ""), sha256
    raise WorkbookTextAltered()


class _SheetReader:
    """Reads one sheet against the one that the file was made with, and notes every fault."""

    def __init__(self, sheet: Sheet, rows: dict[int, Row], faults: list[Refusal]) -> None:
        self.old, self.rows, self.faults = sheet, rows, faults
        self.places: dict[int, int] = {}  # from columns of the file to columns of the sheet
        self.at: list[int] = []  # row of the file of each line
        self.fields = {str(line[0]): line[1] for line in sheet.lines} if not sheet.has_rows else {}

    def sheet(self) -> Sheet:
        """Return the sheet as read; a cell at fault counts as blank."""
        self._head()
        lines: list[tuple[Cell, ...]] = []
        for at, row in sorted(self.rows.items()):
            if at > HEAD_ROWS:
                lines.append(self._line(at, row))
                self.at.append(at)
        if not self.old.has_rows:
            self._once(lines)
        return replace(self.old, lines=tuple(lines))

    def _cell(self, at: int, column: int) -> str:
        return f"{self.old.name}!{get_column_letter(column)}{at}"

    def _head(self) -> None:
        head = self.rows.get(1, {})
        for column, cell in head.items():
            name = str(cell.value)
            if name not in self.old.columns or self.old.columns.index(name) in self.places.values():
                self.faults.append(ColumnUnknown(cell=self._cell(1, column), found=name[:MOST_SHOWN]))
            else:
                self.places[column] = self.old.columns.index(name)
        for place, name in enumerate(self.old.columns):
            if place not in self.places.values():
                self.faults.append(ColumnMissing(cell=f"{self.old.name}!1:1", name=name))

    def _line(self, at: int, row: Row) -> tuple[Cell, ...]:
        line: list[Cell] = [None] * len(self.old.columns)
        for column, cell in row.items():
            place = self.places.get(column)
            if place is None:
                if column not in self.rows.get(1, {}):  # else the column was refused already
                    self.faults.append(CellOutsideTable(cell=self._cell(at, column)))
                continue
            try:
                line[place] = self._read(cell, self._where(at, column, place, row), place, row)
            except Refusal as refusal:
                self.faults.append(refusal)
        return tuple(line)

    def _where(self, at: int, column: int, place: int, row: Row) -> dict[str, object]:
        name = self.old.columns[place]
        if not self.old.has_rows and name != FIELD:
            name = self._field(row)
        return {"cell": self._cell(at, column), "name": name}

    def _field(self, row: Row) -> str:
        return next((str(cell.value) for column, cell in row.items() if self.places.get(column) == 0), "")

    def _read(self, cell: ExcelCell, where: dict[str, object], place: int, row: Row) -> Cell:
        if cell.data_type in {"f", "e"} or not isinstance(cell.value, int | float | str | bool | date):
            raise CellIsFormula(**where)
        if self.old.has_rows:
            return read_value(cell.value, self.old.kinds(place), where)
        if place == 0:
            return read_value(cell.value, frozenset({"text"}), where)
        name = self._field(row)
        if name in self.fields:
            was = self.fields[name]
            kinds = frozenset({"day", "text"} if isinstance(was, str) and was in WORDS else {kind_of(was)})
        else:  # a field that is new says what its cell says
            own = {bool: "flag", int: "whole", float: "whole", str: "text"}
            kinds = frozenset({own.get(type(cell.value), "day")})
        return read_value(cell.value, kinds, where)

    def _once(self, lines: list[tuple[Cell, ...]]) -> None:
        seen: set[Cell] = set()
        for at, (name, _value) in zip(self.at, lines, strict=True):
            where = self._cell(at, 1)
            if name is None:
                self.faults.append(CellNotText(cell=where, name=FIELD, found=""))
            elif name in seen:
                self.faults.append(FieldTwice(cell=where, name=name))
            seen.add(name)
