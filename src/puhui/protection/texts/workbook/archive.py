"""What an .xlsx file from anybody must keep before its reader sees it: few parts, small when unpacked, a plain grid.

A kilobyte can unpack to gigabytes, a single cell can claim the last row of sixteen thousand columns, and one merged range
can be a billion cells. All of it is found by reading the parts as a stream, with bounds.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from typing import ClassVar
from xml.etree import ElementTree

from puhui.core.refusals import Refusal

MOST_BYTES = 4_000_000  # of a file
MOST_UNPACKED = 20_000_000  # bytes of all its parts together
MOST_PARTS = 500
MOST_ROWS, MOST_COLUMNS = 20_000, 200
MOST_CELLS = 1_000_000  # of all grids together, gaps included
_REF = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class WorkbookUnreadable(Refusal):
    """No workbook that this house wrote and a spreadsheet saved."""

    field = "file"


class WorkbookTooLarge(Refusal):
    """More than any policy needs, or far more once unpacked."""

    field = "file"
    status: ClassVar[int] = 413


class CellsMerged(Refusal):
    """Cells were merged, so that a row does not say everything by itself."""

    field = "file"


def examine(body: bytes) -> None:
    """This function will refuse a file that is not a plain, small workbook.

    Raises: WorkbookUnreadable, WorkbookTooLarge, CellsMerged.
    """
    if len(body) > MOST_BYTES:
        raise WorkbookTooLarge(most=MOST_BYTES // 1_000_000)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            _examine_parts(parts)
    except (
        zipfile.BadZipFile,
        ElementTree.ParseError,
        KeyError,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        zlib.error,
    ):
        raise WorkbookUnreadable(why="xlsx") from None


def _examine_parts(parts: zipfile.ZipFile) -> None:
    listed = parts.infolist()
    if len(listed) > MOST_PARTS or sum(one.file_size for one in listed) > MOST_UNPACKED:
        raise WorkbookTooLarge(most=MOST_BYTES // 1_000_000)
    if any(one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for one in listed):
        raise WorkbookUnreadable(why="xlsx")
    names, cells = _sheet_names(parts), 0
    for one in listed:
        # A part never unpacks to more than it declares: the reader stops there. Its name says nothing about what it is.
        body = parts.read(one)
        if _is_xml(body):
            cells += _examine_part(body, names.get(one.filename, ""))
        if cells > MOST_CELLS:
            raise WorkbookTooLarge(most=MOST_BYTES // 1_000_000)


def _sheet_names(parts: zipfile.ZipFile) -> dict[str, str]:
    """Names of the sheets, by part."""
    related = {
        one.get("Id", ""): posixpath.normpath(posixpath.join("xl", one.get("Target", "").lstrip("/")))
        for one in ElementTree.fromstring(_plain(parts.read("xl/_rels/workbook.xml.rels")))
    }
    named = {
        related.get(one.get(_RELATION, ""), ""): one.get("name", "")
        for one in ElementTree.fromstring(_plain(parts.read("xl/workbook.xml"))).iter()
        if one.tag.endswith("}sheet")
    }
    return named | {
        path.removeprefix("xl/"): name for path, name in named.items() if path.startswith("xl/xl/")
    }


def _is_xml(body: bytes) -> bool:
    """Whether a reader could take a part for XML. Raises: WorkbookUnreadable for XML in two-byte signs, which hides words."""
    begins = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:2]
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"} or begins in {b"<\0", b"\0<"}:
        raise WorkbookUnreadable(why="xlsx")
    return begins[:1] == b"<"


def _plain(body: bytes) -> bytes:
    """A part that declares no entities. Raises: WorkbookUnreadable."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise WorkbookUnreadable(why="entities")
    return body


def _examine_part(body: bytes, sheet: str) -> int:
    """Cells that a reader will make of a part: it fills every gap up to the last one."""
    rows = columns = 0
    for _event, one in ElementTree.iterparse(io.BytesIO(_plain(body)), events=("end",)):
        kind = one.tag.rpartition("}")[2]
        if kind == "mergeCell":
            raise CellsMerged(cell=f"{sheet}!{one.get('ref', '')[:20]}")
        if kind == "row":
            rows, columns = max(rows + 1, int(one.get("r", "0"))), max(columns, len(one))
            one.clear()
        elif kind == "c" and one.get("r") is not None:
            match = _REF.fullmatch(one.get("r", ""))
            if match is None:
                raise WorkbookUnreadable(why="xlsx")
            rows, columns = max(rows, int(match[2])), max(columns, _column(match[1]))
        if rows > MOST_ROWS or columns > MOST_COLUMNS:
            raise WorkbookTooLarge(most=MOST_BYTES // 1_000_000)
    return rows * columns


def _column(letters: str) -> int:
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number
