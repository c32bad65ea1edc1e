"""Documents on paper: a PDF of one of our own HTML documents, the same bytes for the same text.

The text stands in the HTML alone (contracts, letters); this sets it, so page and paper cannot say different things. The PDF is
tagged (PDF/UA-1: headings, lists and tables a screen reader can walk), holds its font, and copies out as it reads in
Chinese and English. No clock, no host and no font of the machine enters it, so its SHA-256 names it.
"""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

from puhui.runtime.paper.blocks import PaperInvalid, read_document

__all__ = ["PDF", "PaperInvalid", "make_pdf", "text_of"]

PDF = "application/pdf"
FOLDER = Path(__file__).parent
FONT = FOLDER / "NotoSansCJKsc-Subset.otf"
REGIONS = {"zh": "CN", "en": "GB"}


def make_pdf(*, html: str, author: str) -> bytes:
    """This function will return `html`, a document of ours, as PDF; the language is that of its <html lang>.

    A character that the font lacks is written as its code point, U+20BB7, so that nothing is lost silently. Raises: PaperInvalid
    for a tag that our documents do not use.
    """
    import typst  # only who asks for paper loads it

    document = read_document(html)
    short = "zh" if document.language.startswith("zh") else "en"
    plain = {
        "title": document.title,
        "author": author,
        "lang": short,
        "region": REGIONS[short],
        "blocks": document.blocks,
    }
    made: object = typst.compile(  # type: ignore[misc]  # its stubs leave the type of the input open
        (FOLDER / "layout.typ").read_bytes(),
        root=str(FOLDER),
        font_paths=[str(FOLDER)],
        ignore_system_fonts=True,
        sys_inputs={"blocks": json.dumps(_covered(plain), ensure_ascii=False)},
        pdf_standards=["ua-1"],
    )
    assert isinstance(made, bytes)
    return made


def text_of(html: str) -> str:
    """This function will return the words of a document of ours, block by block, as they stand on paper."""
    return "\n".join(_words(read_document(html).blocks))


def _words(blocks: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        for runs in (block.get("runs"), *block.get("items", ()), *block.get("head", ())):
            if runs:
                found.append("".join(run.get("text", " ") for run in runs))
        for row in block.get("rows", ()):
            found.append(" ".join("".join(run["text"] for run in cell) for cell in row))
        found += _words(block.get("blocks", []))
    return found


def _covered(value: Any) -> Any:
    """`value` with every character that the font lacks written as its code point."""
    if isinstance(value, str):
        known = coverage()
        if all(ord(one) in known for one in value):
            return value
        return "".join(one if ord(one) in known else f"U+{ord(one):04X}" for one in value)
    if isinstance(value, list):
        return [_covered(one) for one in value]
    if isinstance(value, dict):
        return {name: _covered(one) for name, one in value.items()}
    return value


@cache
def coverage() -> frozenset[int]:
    """This function will return the code points that the font draws: its cmap table, format 12 (OpenType, cmap)."""
    data = FONT.read_bytes()
    tables = {
        data[at : at + 4]: struct.unpack(">I", data[at + 8 : at + 12])[0]
        for at in range(12, 12 + 16 * struct.unpack(">H", data[4:6])[0], 16)
    }
    start = tables[b"cmap"]
    for number in range(struct.unpack(">H", data[start + 2 : start + 4])[0]):
        (offset,) = struct.unpack(">I", data[start + 8 + 8 * number : start + 12 + 8 * number])
        at = start + offset
        if struct.unpack(">H", data[at : at + 2])[0] == 12:
            (groups,) = struct.unpack(">I", data[at + 12 : at + 16])
            spans = (struct.unpack(">II", data[at + 16 + 12 * g : at + 24 + 12 * g]) for g in range(groups))
            return frozenset(code for first, last in spans for code in range(first, last + 1))
    raise AssertionError("the font has a cmap of format 12")
