"""A policy text as an Excel workbook: out and back it is the same text; edited, it differs there alone; bad cells are refused."""

from __future__ import annotations

import io
import random
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from puhui.core.refusals import Refusal
from puhui.decisions.domain.prices import parse_prices
from puhui.protection.domain import PolicyInvalid
from puhui.protection.texts.workbook.archive import CellsMerged, WorkbookTooLarge, WorkbookUnreadable
from puhui.protection.texts.workbook.blame import find_cell
from puhui.protection.texts.workbook.cells import (
    CellIsFormula,
    CellNotDay,
    CellNotFlag,
    CellNotText,
    CellNotWhole,
    CellOutsideTable,
    ColumnMissing,
    ColumnUnknown,
    FieldTwice,
    SheetMissing,
    SheetUnknown,
)
from puhui.protection.texts.workbook.excel import (
    SOURCE,
    WorkbookRefused,
    WorkbookTextAltered,
    read_workbook,
    write_workbook,
)
from puhui.protection.texts.workbook.layout import (
    Cell,
    Sheet,
    TextHasNoSheets,
    apply_sheets,
    make_sheets,
    nest,
)
from puhui.protection.texts.workbook.places import find_places
from tests.decisions_kit import POLICIES

TEXTS = sorted(POLICIES.glob("*/*.toml"))
PRICES, CREDIT = "prices/2026-07-01.toml", "credit/2026-11-01.toml"
PRODUCT = "products/xinyongfu-2026-11-01.toml"
SEED = 20261122


def text_of(path: str) -> str:
    return (POLICIES / path).read_text(encoding="utf-8")


def edited(path: str, change: Callable[[Workbook], None]) -> bytes:
    """A workbook of a text after somebody had it in a spreadsheet."""
    book = load_workbook(io.BytesIO(write_workbook(text=text_of(path), path=path)))
    change(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def put(sheet: str, cell: str, value: Any) -> Callable[[Workbook], None]:
    return lambda book: book[sheet].__setitem__(cell, value)


@pytest.mark.parametrize("file", TEXTS, ids=lambda one: f"{one.parent.name}/{one.stem}")
def test_every_shipped_text_comes_back_the_same(file: Path) -> None:
    text, path = file.read_text(encoding="utf-8"), f"{file.parent.name}/{file.name}"
    body = write_workbook(text=text, path=path)
    back = read_workbook(body)
    assert back.text == text and back.path == path
    assert back.sheets == make_sheets(text)  # cell by cell and type by type, not the carried text alone
    assert body == write_workbook(text=text, path=path)


@pytest.mark.parametrize("path", [PRICES, CREDIT, PRODUCT])
def test_a_spreadsheet_that_only_saves_changes_nothing(path: str) -> None:
    assert read_workbook(edited(path, lambda book: None)).text == text_of(path)


@pytest.mark.parametrize("file", TEXTS, ids=lambda one: f"{one.parent.name}/{one.stem}")
def test_every_value_is_found_where_it_stands(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    body, places = tomllib.loads(text), find_places(text)
    for path, (begins, end) in places.values.items():
        value: Any = body
        for one in path:
            value = value[one]
        if not isinstance(value, dict):
            assert tomllib.loads(f"x = {text[begins:end]}")["x"] == value, path
    assert len(places.values) > 5


def _other(cell: Cell, rng: random.Random) -> Cell:
    """Another cell of the same kind."""
    if isinstance(cell, bool):
        return not cell
    if isinstance(cell, int):
        return rng.choice([cell + 1, -cell - 1, rng.randrange(10**18), 0 if cell else 7])
    if isinstance(cell, str):
        return cell + rng.choice([" more", '\n"quoted" \\ back', " 中文", "# no comment"])
    if isinstance(cell, date):
        return cell.replace(year=cell.year + 1)
    if isinstance(cell, list):
        return [*cell, cell[-1]] if cell else ["x"]  # type: ignore[list-item]
    return None


def _scrambled(sheet: Sheet, rng: random.Random) -> Sheet:
    """The sheet after somebody changed cells, cleared some, and added, took and moved rows."""
    lines = [list(one) for one in sheet.lines]
    for _ in range(rng.randrange(1, 4)):
        line = rng.choice(lines)
        place = rng.randrange(len(line)) if sheet.has_rows else 1
        if line[place] is not None:
            drop = sheet.has_rows and sum(one is not None for one in line) > 2 and rng.random() < 0.2
            line[place] = None if drop else _other(line[place], rng)
    inner = any(one in sheet.path for one in ("rows",))
    if sheet.has_rows and (inner or len(lines) > 1):
        for act in rng.sample(["add", "drop", "move"], rng.randrange(3)):
            at = rng.randrange(len(lines))
            if act == "add":
                lines.insert(at, list(rng.choice(lines)))
            elif act == "drop" and len(lines) > 1:
                del lines[at]
            else:
                lines.append(lines.pop(at))
    return replace(sheet, lines=tuple(tuple(one) for one in lines))


@pytest.mark.parametrize(
    "path", [PRICES, CREDIT, PRODUCT, "evidence/papers-2026-11-22.toml", "rules/eu.toml"]
)
def test_edits_say_what_is_meant_and_spare_the_rest(path: str) -> None:
    """Random edits: the text says exactly what the sheet says, and comments of other places stay."""
    rng = random.Random(SEED)
    text = text_of(path)
    sheets = make_sheets(text)
    alone = [one for one in sheets if not _holds_rows(one, sheets)]
    for turn in range(25):
        sheet = rng.choice(alone)
        changed = _scrambled(sheet, rng)
        after = apply_sheets(text, [changed if one is sheet else one for one in sheets])
        said: Any = tomllib.loads(after)
        for one in sheet.path:
            said = said[one]
        if sheet.has_rows:
            meant = [nest(sheet.columns, line) for line in changed.lines]
            assert [_bare(one) for one in said] == meant, (SEED, turn)
        else:
            assert {key: said[key] for key, _ in changed.lines} == dict(changed.lines), (SEED, turn)  # type: ignore[arg-type]
        kept = [one for one in make_sheets(after) if one.path != sheet.path]
        assert kept == [one for one in sheets if one.path != sheet.path], (SEED, turn)


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    """A row without tables that say nothing: a field that was cleared may leave its table behind."""
    return {name: one for name, one in row.items() if one != {}}


def _holds_rows(sheet: Sheet, sheets: tuple[Sheet, ...]) -> bool:
    size = len(sheet.path)
    return sheet.has_rows and any(len(one.path) > size and one.path[:size] == sheet.path for one in sheets)


def test_one_cell_changes_one_line() -> None:
    after = read_workbook(edited(PRICES, put("grade", "F3", 12_000))).text
    assert after == text_of(PRICES).replace("margin_ppm = 18_000", "margin_ppm = 12_000", 1)


def test_a_row_is_added_where_it_was_put_and_one_goes() -> None:
    def drop(book: Workbook) -> None:
        book["grade"].delete_rows(4)

    row = (
        '  { id = "full_b2", when = { "bureau.hit" = "hit", "grade.grade" = "B" }, '
        'then = { limit_minor = 5_000_000, reason = "LIMIT_GRADE" } },\n'
    )
    text = text_of(CREDIT)
    at = text.index('  { id = "full_b"')
    body = edited(CREDIT, change_budget)
    assert read_workbook(body).text == text[:at] + row + text[at:]
    prices = text_of(PRICES)
    begins, end = prices.index('[[grade]]\nname = "B"'), prices.index('[[grade]]\nname = "C"')
    assert read_workbook(edited(PRICES, drop)).text == prices[:begins] + prices[end:]


def change_budget(book: Workbook) -> None:
    rows = book["table.budget"]
    names = [one.value for one in rows[1]]
    rows.insert_rows(4)
    said = {"id": "full_b2", "when: bureau.hit": "hit", "when: grade.grade": "B", "then: limit_minor": 5_000_000,
            "then: reason": "LIMIT_GRADE"}  # fmt: skip
    for place, name in enumerate(names, 1):
        rows.cell(4, place).value = said[name]


BIG = 123_456_789_012_345_678  # more digits than a spreadsheet keeps of a number


def test_amounts_and_rates_survive_exactly() -> None:
    text = f'[prices]\nid = "x"\nbig_minor = {BIG}\nlist = [{BIG}, 2]\nsmall = -1\nmost = {10**15 - 1}\n'
    body = edited_text(text, lambda book: None)
    assert read_workbook(body).text == text
    book = load_workbook(io.BytesIO(body))
    cells = {row[0].value: row[1] for row in book["prices"].iter_rows(min_row=3)}
    assert cells["big_minor"].value == str(BIG) and cells["big_minor"].data_type == "s"
    assert cells["most"].value == 10**15 - 1 and cells["most"].data_type == "n"
    with pytest.raises(WorkbookRefused) as refused:  # a number of more digits than a spreadsheet keeps
        read_workbook(edited_text(text, put("prices", "B4", BIG)))
    assert type(refused.value.each[0]) is CellNotWhole


def edited_text(text: str, change: Callable[[Workbook], None]) -> bytes:
    book = load_workbook(io.BytesIO(write_workbook(text=text, path="prices/x.toml")))
    change(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize(
    ("path", "sheet", "cell", "value", "refusal", "name"),
    [
        (PRICES, "grade", "F3", 12_000.5, CellNotWhole, "margin_ppm"),
        (PRICES, "grade", "F3", "12 %", CellNotWhole, "margin_ppm"),
        (PRICES, "grade", "F3", "12,000", CellNotWhole, "margin_ppm"),
        (PRICES, "grade", "F3", True, CellNotWhole, "margin_ppm"),
        (PRICES, "grade", "F3", date(2026, 12, 1), CellNotWhole, "margin_ppm"),
        (PRICES, "grade", "F3", 1e17, CellNotWhole, "margin_ppm"),
        (PRICES, "grade", "F3", "=18000-6000", CellIsFormula, "margin_ppm"),
        (PRICES, "grade", "A3", 1, CellNotText, "name"),
        (PRICES, "grade", "H3", "a note", CellOutsideTable, None),
        (PRICES, "grade", "F1", "marge_ppm", ColumnUnknown, None),
        (PRICES, "grade", "F1", "name", ColumnUnknown, None),
        (PRICES, "prices", "B6", "soon", CellNotDay, "valid_from"),
        (PRICES, "prices", "B5", date(2026, 12, 1), CellNotText, "version"),
        (PRICES, "prices", "A5", "id", FieldTwice, "id"),
        (PRODUCT, "head", "B12", "maybe", CellNotFlag, "restores"),
        (CREDIT, "table.grade", "B4", "=22000", CellIsFormula, "when: score.pd_ppm"),
        (CREDIT, "proof", "D3", "1_500_000; x", CellNotWhole, "cuts"),
        (CREDIT, "policy", "B13", 12, CellNotText, "flow"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_refused_by_its_name(
    path: str, sheet: str, cell: str, value: Any, refusal: type[Refusal], name: str | None
) -> None:
    with pytest.raises(WorkbookRefused) as refused:
        read_workbook(edited(path, put(sheet, cell, value)))
    found = {str(one.facts.get("cell")): one for one in refused.value.each}
    assert type(found[f"{sheet}!{cell}"]) is refusal, refused.value.each
    if name is not None:
        assert found[f"{sheet}!{cell}"].facts["name"] == name


def test_every_fault_is_named_at_once() -> None:
    def change(book: Workbook) -> None:
        book["grade"]["B4"], book["grade"]["C5"] = "x", 1.5
        book["grade"]["F1"] = "profit_ppm"
        book["prices"].title = "price"

    with pytest.raises(WorkbookRefused) as refused:
        read_workbook(edited(PRICES, change))
    assert {type(one) for one in refused.value.each} == {
        SheetUnknown, SheetMissing, ColumnUnknown, ColumnMissing, CellNotWhole,
    }  # fmt: skip
    cells = [one.facts["cell"] for one in refused.value.each]
    assert cells == ["price", "prices", "grade!F1", "grade!1:1", "grade!B4", "grade!C5"]


def test_merged_cells_and_an_altered_source_are_refused() -> None:
    with pytest.raises(CellsMerged) as merged:
        read_workbook(edited(PRICES, lambda book: book["grade"].merge_cells("B3:B4")))
    assert merged.value.facts["cell"] == "grade!B3:B4"
    with pytest.raises(WorkbookTextAltered):
        read_workbook(edited(PRICES, put(SOURCE, "A1", "# another")))


def _zipped(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts.items():
            file.writestr(name, body)
    return made.getvalue()


def _with_part(name: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(write_workbook(text=text_of(PRICES), path=PRICES))) as file:
        parts = {one: file.read(one) for one in file.namelist()}
    parts[name] = change(parts[name])
    return _zipped(parts)


SHEET = "xl/worksheets/sheet3.xml"
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", WorkbookUnreadable),
        (b"PK not a zip", WorkbookUnreadable),
        (_zipped({"a.txt": b"x"}), WorkbookUnreadable),
        (_zipped({"xl/workbook.xml": b"\0" * 30_000_000}), WorkbookTooLarge),
        (_zipped({f"{n}": b"" for n in range(600)}), WorkbookTooLarge),
        (bytes(5_000_000), WorkbookTooLarge),
        (_with_part(SHEET, lambda one: one.replace(b'r="A3"', b'r="XFD1048576"', 1)), WorkbookTooLarge),
        (_with_part(SHEET, lambda one: one.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')), CellsMerged),
        (_with_part(SHEET, lambda one: ENTITY + one), WorkbookUnreadable),
        (_with_part(SHEET, lambda one: one[:200]), WorkbookUnreadable),
        (_with_part("xl/workbook.xml", lambda one: b"<x/>"), WorkbookUnreadable),
        (_with_part(SHEET, lambda one: one.replace(b'r="A3"', b'r="GA19000"', 1)), WorkbookTooLarge),
        (_with_part(SHEET, lambda one: one.replace(b'<row r="3"', b'<row r="x"', 1)), WorkbookUnreadable),
        (_with_part(SHEET, lambda one: b" " * 1000 + one.split(b"?>")[-1].replace(b'r="A3"', b'r="XFD1"', 1)), WorkbookTooLarge),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused_before_it_is_read(body: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        read_workbook(body)


def _renamed(change: Callable[[bytes], bytes]) -> bytes:
    """A sheet under a name that hides what it is, with the relation and the type that lead a reader to it."""
    with zipfile.ZipFile(io.BytesIO(write_workbook(text=text_of(PRICES), path=PRICES))) as file:
        parts = {one: file.read(one) for one in file.namelist()}
    parts["xl/worksheets/sheet3.png"] = change(parts.pop(SHEET))
    for one in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        parts[one] = parts[one].replace(b"sheet3.xml", b"sheet3.png")
    return _zipped(parts)


def test_a_part_is_examined_by_what_it_is_not_by_its_name() -> None:
    assert read_workbook(_renamed(lambda one: one)).text == text_of(PRICES)
    with pytest.raises(WorkbookTooLarge):
        read_workbook(_renamed(lambda one: one.replace(b'r="A3"', b'r="XFD1048576"', 1)))
    with pytest.raises(WorkbookUnreadable):
        read_workbook(_renamed(lambda one: one.decode().encode("utf-16")))


def test_a_workbook_of_somebody_else_is_no_policy() -> None:
    book, saved = Workbook(), io.BytesIO()
    book.save(saved)
    with pytest.raises(WorkbookUnreadable):
        read_workbook(saved.getvalue())


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "blamed", "name"),
    [
        ("grade", "F4", 180_000, "grade!A4", None),
        ("grade", "D5", 1_000, "grade!A5", "name"),
        ("prices", "B6", date(2027, 1, 1), "prices!B", None),
        ("grade", "D5", None, "grade!D5", "expected_loss_ppm"),
    ],
)
def test_what_the_compiler_refuses_is_found_in_the_workbook(
    sheet: str, cell: str, value: Any, blamed: str, name: str | None
) -> None:
    back = read_workbook(edited(PRICES, put(sheet, cell, value)))
    with pytest.raises(PolicyInvalid) as refused:
        parse_prices(back.text, file=PRICES)
    found, field = find_cell(back, str(refused.value))
    assert found.startswith(blamed), (found, field, str(refused.value))
    assert name is None or field == name


def test_what_a_cell_cannot_say_is_told() -> None:
    for text in (
        "x = 1.5\n",
        'x = ["a; b"]\n',
        "x = [[1], [2]]\n",
        f'x = "{"y" * 40_000}"\n',
        'x = "\\u0001"\n',
    ):
        with pytest.raises(TextHasNoSheets):
            write_workbook(text=text, path="prices/x.toml")
