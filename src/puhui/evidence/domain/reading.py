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
UNIT = re.compile(r"(?:\((?:人民币)?[元月个份]+\)|\((?:yuan|cny|months)\))?[:.;|]*", re.I)  # beside a label
CURRENCY = r"(?:人民[币幣]|RMB|CNY|¥)?:?"
MONEY = re.compile(CURRENCY + r"(\d[\d,.]*)(?![\d万萬])", re.I)
WHOLE_YUAN = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,9}")
COUNT = re.compile(r"共?(\d{1,4})(?![\d.,/年-])")
DAY = re.compile(r"(\d{4})[-年./](\d{1,2})[-月./](\d{1,2})(?!\d)|(\d{4})(\d{2})(\d{2})(?!\d)")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WRITTEN_DAY = re.compile(r"(?:(\d{1,2})([a-z]{3,9})|([a-z]{3,9})(\d{1,2})),?(\d{4})(?!\d)", re.I)
MONTH_ROW = re.compile(r"(?:20\d\d)[-年./]?(?:0[1-9]|1[0-2])(?!月?[-./]?\d{1,2}(?:日|\D))月?(?=\D)")
MONTH_CELL = re.compile(r"20\d\d[-年./]?(?:0?[1-9]|1[0-2])月?")
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
class _Cell:
    text: str  # without spaces
    left: int  # edge
    right: int  # edge
    sure: int  # of its reading


@dataclass(frozen=True, slots=True)
class _Row:
    text: str  # all words of one row, without spaces
    sure: int  # least sure of them
    cells: tuple[_Cell, ...]  # its words, from left to right


@dataclass(frozen=True, slots=True)
class _Words:
    same: Mapping[int, str]  # characters of another script by ours
    stops: tuple[str, ...]  # every label, folded

    def fold(self, text: str) -> str:
        """Small letters and our script, character by character, so that places stay the same."""
        low = text.lower()
        return (low if len(low) == len(text) else text).translate(self.same)

    def is_part(self, low: str, label: str, start: int) -> bool:
        """Whether the label that stands at `start` is a part of a longer one: 户名 in 客户名称."""
        return any(
            start >= one.index(label) and low.startswith(one, start - one.index(label))
            for one in self.stops
            if label in one and one != label
        )


def read_paper(content: PaperContent, *, papers: Papers, kind: str) -> PaperReading:
    """This function will find the figures that a paper of `kind` shows; missing ones are left out."""
    rows = list(_rows(content.lines))
    form = papers.forms[kind]
    figures: dict[str, PaperFigure] = {}
    words = _words(papers, form)
    for name in papers.labels:
        if found := _find(rows, papers.labels[name], words, partial(_shared, name)):
            figures[name] = found
    issued = figures.get("issued")
    for field in form.fields:
        found = _find(rows, field.labels, words, partial(_value, field, papers, words, content.by_sight))
        if found is not None and field.unit == "day":
            found = _days_before(found, issued)
        if found is not None:
            figures[field.name] = found
    amounts = [one for one in map(_amount, rows) if one is not None]
    return PaperReading(
        kind=_titled(rows, papers, kind, words),
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
    return _Row(
        plain_text(" ".join(one.text for one in ordered)),
        min(one.sure for one in ordered),
        tuple(_Cell(plain_text(one.text), one.left, one.left + one.width, one.sure) for one in ordered),
    )


def _words(papers: Papers, form: PaperForm) -> _Words:
    every = [label for labels in papers.labels.values() for label in labels]
    every += [label for field in form.fields for label in field.labels]
    return _Words(str.maketrans(dict(papers.same)), tuple(plain_text(one).lower() for one in every))


def _find(
    rows: Sequence[_Row], labels: Sequence[str], words: _Words, take: Callable[[str], _Value | None]
) -> PaperFigure | None:
    """The first place where a label stands before something that makes sense: exact labels before misread ones, and the
    labels in the order of the form, because the first ones say best what is meant.
    """
    for text, sure in _places(rows, [plain_text(one) for one in labels], words):
        value = take(text)
        if value is not None:
            return PaperFigure(text=text[:60], value=value, sure=sure)
    return None


def _places(rows: Sequence[_Row], labels: Sequence[str], words: _Words) -> Iterator[tuple[str, int]]:
    """What stands after a label, wherever one is; below it, where nothing or another label is beside it."""
    for alike, label, place in product((False, True), labels, range(len(rows))):
        row = rows[place]
        below = rows[place + 1] if place + 1 < len(rows) else None
        for after in _after(row.text, label, words, alike=alike):
            beside = _cut(after, words)
            if beside:
                yield beside, row.sure
            elif below and (cell := _under(row, below, label, words)):
                yield _cut(cell.text, words), min(row.sure, cell.sure)
            elif below and not after:
                yield _cut(below.text, words), row.sure


def _under(row: _Row, below: _Row, label: str, words: _Words) -> _Cell | None:
    """The cell that stands most nearly under the one that holds a label alone."""
    for cell in row.cells:
        if UNIT.sub("", words.fold(cell.text).removeprefix(label.lower()), count=1):
            continue
        shared = [(min(cell.right, one.right) - max(cell.left, one.left), one) for one in below.cells]
        overlap, nearest = max(shared, key=lambda one: one[0])
        return nearest if overlap > 0 else None
    return None


def _after(row: str, label: str, words: _Words, *, alike: bool) -> Iterator[str]:
    low, wanted = words.fold(row), label.lower()
    if not alike:
        start = low.find(wanted)
        while start >= 0:
            if not words.is_part(low, wanted, start):
                yield UNIT.sub("", row[start + len(wanted) :], count=1)
            start = low.find(wanted, start + 1)
        return
    if len(wanted) < SHORTEST_ALIKE:
        return
    for start in range(len(low) - len(wanted) + 1):
        window = low[start : start + len(wanted)]
        if sum(a != b for a, b in zip(window, wanted, strict=True)) == 1:
            yield UNIT.sub("", row[start + len(wanted) :], count=1)


def _cut(text: str, words: _Words) -> str:
    """The text up to the next label in the same row."""
    low = words.fold(text)
    ends = [place for one in words.stops if (place := low.find(one)) >= 0]
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


def _value(field: PaperField, papers: Papers, words: _Words, by_sight: bool, text: str) -> int | date | None:
    match field.unit:
        case "yuan":
            found = MONEY.match(text)
            return _minor(found.group(1), by_sight=by_sight) if found else None
        case "count":
            digits = COUNT.match(text)
            return int(digits.group(1)) if digits else None
        case "day":
            return _day(text)
        case _:
            low = words.fold(text)
            if any(low.startswith(plain_text(one).lower()) for one in papers.no):
                return 0
            return 1 if any(low.startswith(plain_text(one).lower()) for one in papers.yes) else None


def _minor(text: str, *, by_sight: bool = True) -> int | None:
    """Fen of an amount with two decimals; a comma read as a point, or the other way round, does no harm.

    Whole yuan are taken from a text layer alone: in a picture the point before the decimals may have been overlooked.
    """
    bare = text.rstrip(".,")
    if not by_sight and WHOLE_YUAN.fullmatch(bare):
        return int(bare.replace(",", "")) * 100
    found = re.fullmatch(r"(\d[\d,.]*)[.,](\d\d)", bare)
    return int(re.sub(r"[.,]", "", found.group(1)) + found.group(2)) if found else None


def _day(text: str) -> date | None:
    try:
        if found := DAY.match(text):
            return date(*(int(one) for one in found.groups() if one))
        if written := WRITTEN_DAY.match(text):
            day, month, name, other, year = written.groups()
            return date(int(year), MONTHS.index((month or name)[:3].lower()) + 1, int(day or other))
    except ValueError:
        return None
    return None


def _days_before(found: PaperFigure, issued: PaperFigure | None) -> PaperFigure | None:
    if issued is None or not isinstance(issued.value, date) or not isinstance(found.value, date):
        return None
    days = (issued.value - found.value).days
    return PaperFigure(text=found.text, value=days, sure=min(found.sure, issued.sure))


def _amount(row: _Row) -> tuple[int, int] | None:
    """The amount at the end of a row of the table, which begins with its month."""
    rest = "".join(one.text for one in row.cells[1:])
    if not rest or not MONTH_CELL.fullmatch(row.cells[0].text):
        begun = MONTH_ROW.match(row.text)
        if begun is None:
            return None
        rest = row.text[begun.end() :]
    found = re.search(r"[¥]?((?:\d{1,3}[,.])*\d{1,9}[.,]\d\d)元?$", rest)
    minor = _minor(found.group(1)) if found else None
    return None if minor is None else (minor, row.sure)


def _titled(rows: Sequence[_Row], papers: Papers, kind: str, words: _Words) -> str:
    """The kind whose title stands highest; of two, the asked one."""
    order = [kind, *(one for one in papers.forms if one != kind)]
    titles = [(code, plain_text(title)) for code in order for title in papers.forms[code].titles]
    for alike, row, (code, title) in product((False, True), rows[:TITLE_ROWS], titles):
        if any(True for _ in _after(row.text, title, words, alike=alike)):
            return code
    return ""
