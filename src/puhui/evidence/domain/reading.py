"""From the words on a paper to the figures of a record: found by their labels, each with how sure we are. Pure.

A reader (a gateway) turns bytes into lines with their places; nothing here knows whether they came from a text layer or
from a picture. What is not found stays missing: nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import partial
from itertools import product
from typing import Any, Protocol

from puhui.evidence.domain.papers import PaperField, PaperForm, Papers

SURE = 900  # permille: a figure read less surely than this is looked at by a person
TITLE_ROWS = 6  # a title stands among the first rows
SHORTEST_ALIKE = 4  # a label of so many characters is also known with one of them misread
_Value = int | str | date
MONEY = re.compile(r"[¥]?(\d[\d,.]*)")
DAY = re.compile(r"(\d{4})[-年./](\d{1,2})[-月./](\d{1,2})")
MONTH_ROW = re.compile(r"(?:20\d\d)[-年./]?(?:0[1-9]|1[0-2])月?(?=\D)")
NUMBER = re.compile(r"\d{17}[\dX]")
SERIAL = re.compile(r"[A-Z0-9][A-Z0-9-]{7,39}")
NAME = re.compile(r"[\u3400-\u9fff·]{2,20}|[A-Za-z][A-Za-z'-]{1,39}")


class PaperRefused(Exception):
    """The bytes cannot be read as a paper; `reason` is a code that a person is told in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PaperReaderMissing(Exception):
    """What reads papers is not installed here (pip install 'puhui[documents]'): a person reads them."""


class PaperSignature(Enum):
    """What the signature of a paper says."""

    NONE = "none"  # there is none
    GOOD = "good"  # whole file, unchanged since, leads to a pinned root
    ALTERED = "altered"  # the file was changed or added to after signing, or the signature does not fit
    UNKNOWN = "unknown"  # in itself in order, but leads to no pinned root


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """Some words that stand together, with their place on the page in thousandths of its width and height."""

    text: str  # as read
    page: int  # from 0
    left: int  # left edge
    top: int  # upper edge
    width: int  # how wide
    height: int  # how high
    sure: int  # how sure the reading is, permille; 1000 for a text layer


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperContent:
    """What a reader found in a file."""

    sha256: str  # of the bytes
    pages: int  # how many
    lines: tuple[PaperLine, ...]  # words with their places
    by_sight: bool  # whether they were read from a picture
    signature: PaperSignature  # what the signature says
    signer: str  # organisation in the certificate, "" without
    marks: tuple[str, ...]  # signs of tampering in a picture, as codes; () for none
    view: bytes  # the first page drawn anew as JPEG, b"" where it was not asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A file that a customer gave, while it is kept."""

    proof_id: str  # proof that it is given for
    sha256: str  # of the file
    content: bytes  # the file, empty once it was read
    view: bytes  # a picture (JPEG) of its first page, made by us, while a person looks; else empty
    reading: dict[str, Any]  # what was read, with how sure, while a person looks; else empty
    received_at: datetime  # when


class PaperReader(Protocol):
    """Turns bytes into words."""

    def content(self, data: bytes, *, at: datetime) -> PaperContent:
        """Read a file, run nothing in it; `at` is now, UTC. Raises: PaperRefused, PaperReaderMissing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFigure:
    """One thing that was read."""

    text: str  # as it stands on the paper
    value: _Value  # what it means
    sure: int  # permille


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperReading:
    """Everything that was read of one paper, by name; what was not found is not there."""

    kind: str  # kind that the title names, "" where none is known
    figures: Mapping[
        str, PaperFigure
    ]  # "name", "number", "issued", "period", "serial" and the fields of the form
    rows: tuple[int, ...]  # amounts of the table, minor units
    rows_sure: int  # least sure of them, permille; 1000 for none


@dataclass(frozen=True, slots=True)
class _Row:
    text: str  # all words of one row, without spaces
    sure: int  # least sure of them


def read_paper(content: PaperContent, *, papers: Papers, kind: str) -> PaperReading:
    """This function will find the figures that a paper of `kind` shows; missing ones are left out."""
    rows = list(_rows(content.lines))
    form = papers.forms[kind]
    figures: dict[str, PaperFigure] = {}
    stops = _stops(papers, form)
    for name in papers.labels:
        if found := _find(rows, papers.labels[name], stops, partial(_shared, name)):
            figures[name] = found
    issued = figures.get("issued")
    for field in form.fields:
        found = _find(rows, field.labels, stops, partial(_value, field, papers))
        if found is not None and field.unit == "day":
            found = _days_before(found, issued)
        if found is not None:
            figures[field.name] = found
    amounts = [one for one in map(_amount, rows) if one is not None]
    return PaperReading(
        kind=_titled(rows, papers, kind),
        figures=figures,
        rows=tuple(value for value, _ in amounts),
        rows_sure=min((sure for _, sure in amounts), default=1000),
    )


def plain_text(text: str) -> str:
    """This function will return text without spaces, in one width of characters."""
    folded = unicodedata.normalize("NFKC", text).replace("，", ",").replace("。", ".")
    return re.sub(r"\s+", "", folded)


def _rows(lines: Iterable[PaperLine]) -> Iterator[_Row]:
    """Lines that stand beside each other are one row, read from left to right."""
    open_row: list[PaperLine] = []
    for line in sorted(lines, key=lambda one: (one.page, one.top + one.height // 2)):
        if open_row and not _beside(open_row[-1], line):
            yield _join(open_row)
            open_row = []
        open_row.append(line)
    if open_row:
        yield _join(open_row)


def _beside(one: PaperLine, other: PaperLine) -> bool:
    apart = abs((one.top + one.height // 2) - (other.top + other.height // 2))
    return one.page == other.page and apart * 2 < max(1, min(one.height, other.height))


def _join(cells: Sequence[PaperLine]) -> _Row:
    ordered = sorted(cells, key=lambda one: one.left)
    return _Row(plain_text(" ".join(one.text for one in ordered)), min(one.sure for one in ordered))


def _stops(papers: Papers, form: PaperForm) -> list[str]:
    every = [label for labels in papers.labels.values() for label in labels]
    every += [label for field in form.fields for label in field.labels]
    return [plain_text(one) for one in every]


def _find(
    rows: Sequence[_Row], labels: Sequence[str], stops: Sequence[str], take: Callable[[str], _Value | None]
) -> PaperFigure | None:
    """The first place where a label stands before something that makes sense; exact labels before misread ones."""
    ordered = sorted(map(plain_text, labels), key=len, reverse=True)
    for text, sure in _places(rows, ordered, stops):
        value = take(text)
        if value is not None:
            return PaperFigure(text=text[:60], value=value, sure=sure)
    return None


def _places(rows: Sequence[_Row], labels: Sequence[str], stops: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What stands after a label, wherever one is; below it, where nothing is beside it."""
    for alike, place, label in product((False, True), range(len(rows)), labels):
        for after in _after(rows[place].text, label, alike=alike):
            wrapped = not after and place + 1 < len(rows)
            yield _cut(rows[place + 1].text if wrapped else after, stops), rows[place].sure


def _after(row: str, label: str, *, alike: bool) -> Iterator[str]:
    low, wanted = row.lower(), label.lower()
    if not alike:
        start = low.find(wanted)
        while start >= 0:
            yield row[start + len(wanted) :].lstrip(":.;|")
            start = low.find(wanted, start + 1)
        return
    if len(wanted) < SHORTEST_ALIKE:
        return
    for start in range(len(low) - len(wanted) + 1):
        window = low[start : start + len(wanted)]
        if sum(a != b for a, b in zip(window, wanted, strict=True)) == 1:
            yield row[start + len(wanted) :].lstrip(":.;|")


def _cut(text: str, stops: Sequence[str]) -> str:
    """The text up to the next label in the same row."""
    low = text.lower()
    ends = [place for one in stops if (place := low.find(one.lower())) > 0]
    return text[: min(ends)] if ends else text


def _shared(name: str, text: str) -> _Value | None:
    match name:
        case "name":
            found = NAME.match(text)
        case "number":
            found = NUMBER.match(text.upper())
        case "serial":
            found = SERIAL.match(text.upper())
        case _:
            return _day(text)
    return found.group() if found else None


def _value(field: PaperField, papers: Papers, text: str) -> int | date | None:
    match field.unit:
        case "yuan":
            found = MONEY.match(text)
            return _minor(found.group(1)) if found else None
        case "count":
            digits = re.match(r"\d{1,4}(?![\d.,])", text)
            return int(digits.group()) if digits else None
        case "day":
            return _day(text)
        case _:
            low = text.lower()
            if any(low.startswith(plain_text(one).lower()) for one in papers.no):
                return 0
            return 1 if any(low.startswith(plain_text(one).lower()) for one in papers.yes) else None


def _minor(text: str) -> int | None:
    """Fen of an amount with two decimals; a comma read as a point, or the other way round, does no harm."""
    found = re.fullmatch(r"(\d[\d,.]*)[.,](\d\d)", text.rstrip(".,"))
    return int(re.sub(r"[.,]", "", found.group(1)) + found.group(2)) if found else None


def _day(text: str) -> date | None:
    found = DAY.match(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _days_before(found: PaperFigure, issued: PaperFigure | None) -> PaperFigure | None:
    if issued is None or not isinstance(issued.value, date) or not isinstance(found.value, date):
        return None
    days = (issued.value - found.value).days
    return PaperFigure(text=found.text, value=days, sure=min(found.sure, issued.sure))


def _amount(row: _Row) -> tuple[int, int] | None:
    """The amount at the end of a row of the table, which begins with its month."""
    begun = MONTH_ROW.match(row.text)
    if begun is None:
        return None
    found = re.search(r"[¥]?((?:\d{1,3}[,.])*\d{1,9}[.,]\d\d)元?$", row.text[begun.end() :])
    minor = _minor(found.group(1)) if found else None
    return None if minor is None else (minor, row.sure)


def _titled(rows: Sequence[_Row], papers: Papers, kind: str) -> str:
    """The kind whose title stands highest; of two, the asked one."""
    order = [kind, *(one for one in papers.forms if one != kind)]
    titles = [(code, plain_text(title)) for code in order for title in papers.forms[code].titles]
    for alike, row, (code, title) in product((False, True), rows[:TITLE_ROWS], titles):
        if any(True for _ in _after(row.text, title, alike=alike)):
            return code
    return ""
