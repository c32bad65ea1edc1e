"""Our documents' HTML, read strictly into blocks: headings, paragraphs, lists, tables and the framed answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

SKIPPED = {"style", "head"}
PARAGRAPHS = {"h1": "h1", "h2": "h2", "p": "p", "li": "li", "td": "cell", "th": "cell"}
STRUCTURE = {
    "html",
    "body",
    "ul",
    "table",
    "thead",
    "tbody",
    "tr",
    "div",
    "strong",
    "small",
    "br",
    "meta",
    "title",
}
LEFT = {"words": 4, "figures": 2, "pairs": 1}  # class of a table → columns that begin at the left


class PaperInvalid(ValueError):
    """A document uses a tag that paper does not know, or has no title; the message names it. A bug or a bad file."""


@dataclass(slots=True, kw_only=True)
class Document:
    """A document ready to be set."""

    language: str = ""  # of its <html lang>
    title: str = ""  # of its <title>
    blocks: list[dict[str, Any]] = field(default_factory=list)  # in order; each has a kind


def read_document(html: str) -> Document:
    """This function will read a whole document of ours. Raises: PaperInvalid."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if not reader.document.title or not reader.document.language:
        raise PaperInvalid("a document has a <title> and an <html lang>")
    return reader.document


class _Reader(HTMLParser):
    """Walks the tags once."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()
        self.places = [self.document.blocks]  # where the next block goes
        self.runs: list[dict[str, Any]] | None = None  # of the open paragraph, item or cell
        self.kind = ""  # of it
        self.marks: list[str] = []  # open strong and small
        self.skip = 0  # depth inside what is not set
        self.titled = False  # whether the title is open
        self.table: dict[str, Any] = {}  # open table
        self.items: list[Any] = []  # of the open list

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.document.language = given.get("lang", "")
        elif tag == "title":
            self.titled = True
        elif tag in SKIPPED:
            self.skip += 1
        elif tag == "br" and self.runs is not None:
            self.runs.append({"line": True})
        elif tag in ("strong", "small"):
            self.marks.append(tag)
        elif tag in PARAGRAPHS:
            self.runs, self.kind = [], PARAGRAPHS[tag]
            if tag == "p" and given.get("class") == "quiet":
                self.kind = "quiet"
        elif tag == "table":
            self._begin_table(given.get("class", ""))
        elif tag == "tr":
            self.table["rows"].append([])
        elif tag == "ul":
            self.items = []
        elif tag == "div":
            block: dict[str, Any] = {"kind": "answer", "blocks": []}
            self.places[-1].append(block)
            self.places.append(block["blocks"])
        elif tag not in STRUCTURE:
            raise PaperInvalid(f"<{tag}> is not a tag of our documents")

    def _begin_table(self, shape: str) -> None:
        if shape not in LEFT:
            raise PaperInvalid(f"a table has one of the classes {', '.join(LEFT)}")
        self.table = {"kind": "table", "left": LEFT[shape], "head": [], "rows": [], "shape": shape}

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self.titled = False
        elif tag in SKIPPED:
            self.skip -= 1
        elif tag in ("strong", "small"):
            self.marks.remove(tag)
        elif tag in PARAGRAPHS:
            self._end_paragraph()
        elif tag == "thead":
            [self.table["head"]] = self.table["rows"]
            self.table["rows"] = []
        elif tag == "table":
            count = len(self.table["head"] or self.table["rows"][0])
            self.table["widths"] = _widths(self.table.pop("shape"), count)
            self.places[-1].append(self.table)
        elif tag == "ul":
            self.places[-1].append({"kind": "list", "items": self.items})
        elif tag == "div":
            self.places.pop()

    def _end_paragraph(self) -> None:
        runs = _tidy(self.runs or [])
        self.runs = None
        if self.kind == "li":
            self.items.append(runs)
        elif self.kind == "cell":
            self.table["rows"][-1].append(runs)
        else:
            self.places[-1].append({"kind": self.kind, "runs": runs})

    def handle_data(self, data: str) -> None:
        if self.titled:
            self.document.title += data
        elif self.runs is not None:
            self.runs.append({"text": re.sub(r"\s+", " ", data), **dict.fromkeys(self.marks, True)})
        elif not self.skip and data.strip():
            raise PaperInvalid(f"words outside of every block: {data.strip()[:40]!r}")


def _tidy(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs without the spaces at both ends and around line breaks, as a browser sets them."""
    for index, run in enumerate(runs):
        if "text" not in run:
            continue
        if index == 0 or "line" in runs[index - 1]:
            run["text"] = run["text"].lstrip(" ")
        if index == len(runs) - 1 or "line" in runs[index + 1]:
            run["text"] = run["text"].rstrip(" ")
    return [run for run in runs if run.get("line") or run["text"]]


def _widths(shape: str, count: int) -> list[str]:
    """How wide the columns are: shares of the line, or "auto"."""
    if shape == "figures":
        return ["auto", "1.4", *["1"] * (count - 2)]
    if shape == "pairs":
        return ["1.6", *["1"] * (count - 1)]
    return [*["1"] * (count - 1), "auto"]
