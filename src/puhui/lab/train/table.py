"""Reading a training file: typed columns or a clear error with column and line, never a wrong number."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

# Never used, whatever the command says: by word in the column's name.
PROTECTED = {
    "age", "birth", "birthday", "sex", "gender", "marital", "marriage", "married", "race", "ethnicity", "ethnic",
    "religion", "pregnant", "disability", "personal_status", "nationality",
}  # fmt: skip
# A price holds another lender's opinion of the person, so a score with it learns that opinion, not the person.
PRICE = {"int_rate", "interest_rate", "rate", "apr", "grade", "sub_grade"}
# A region would price neighbours for each other.
REGION = {"addr_state", "state", "zip", "zip_code", "postcode", "region", "province", "city"}
MAX_DECIMALS = 6
BAD_WORDS = {"1", "bad", "yes", "true", "default"}
GOOD_WORDS = {"0", "good", "no", "false", "paid"}


class TrainingDataInvalid(ValueError):
    """The training file cannot be used; the message names column, line and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the file."""

    name: str  # header
    kind: str  # "number" or "category"
    decimals: int  # digits after the point over the whole column, 0 for categories
    numbers: tuple[int | None, ...]  # scaled by 10 ** decimals; empty for categories
    texts: tuple[str | None, ...]  # empty for numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A training file, read."""

    sha256: str  # of the file's bytes as stored
    columns: tuple[Column, ...]  # usable features, in file order
    excluded: dict[str, str]  # column → why it is not used
    bad: tuple[int, ...]  # 1 = went bad, 0 = did not
    bad_value: str  # the target's value that means bad


def read_table(path: Path, *, target: str, exclude: list[str]) -> Table:
    """This function will read a CSV file (`.csv` or `.csv.gz`) with a header into typed columns.

    Raises: TrainingDataInvalid for a file without rows, a missing or one-valued target, a repeated header, a ragged
    line, an infinity, or a column that mixes numbers and text.
    """
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    if len(lines) < 2:
        raise TrainingDataInvalid(f"{path.name}: no rows")
    header, rows = lines[0], lines[1:]
    _check_shape(path.name, header, rows, target, exclude)
    bad, bad_value = _target([row[header.index(target)] for row in rows], target)
    columns: list[Column] = []
    excluded: dict[str, str] = {}
    for index, name in enumerate(header):
        if name == target:
            continue
        if why := _why_excluded(name, exclude):
            excluded[name] = why
            continue
        cells = [row[index].strip() for row in rows]
        if len({cell for cell in cells if cell}) < 2:
            excluded[name] = "empty or always the same"
            continue
        columns.append(_column(name, cells))
    if not columns:
        raise TrainingDataInvalid(f"{path.name}: no usable column is left")
    return Table(
        sha256=hashlib.sha256(raw).hexdigest(),
        columns=tuple(columns),
        excluded=excluded,
        bad=bad,
        bad_value=bad_value,
    )


def _check_shape(
    name: str, header: list[str], rows: list[list[str]], target: str, exclude: list[str]
) -> None:
    if len(set(header)) != len(header):
        twice = next(one for one in header if header.count(one) > 1)
        raise TrainingDataInvalid(f"{name}: column {twice!r} occurs twice in the header")
    for wanted in (target, *exclude):
        if wanted not in header:
            raise TrainingDataInvalid(f"{name}: no column {wanted!r}; there are {', '.join(header)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise TrainingDataInvalid(
                f"{name}: line {number} has {len(row)} values, the header has {len(header)}"
            )


def _target(cells: list[str], target: str) -> tuple[tuple[int, ...], str]:
    values = sorted({cell.strip() for cell in cells})
    if len(values) != 2:
        raise TrainingDataInvalid(
            f"column {target!r}: expected two values, found {len(values)}: {values[:5]}"
        )
    bad = [one for one in values if one.lower() in BAD_WORDS]
    good = [one for one in values if one.lower() in GOOD_WORDS]
    if len(bad) != 1 or len(good) != 1:
        raise TrainingDataInvalid(
            f"column {target!r}: cannot tell good from bad in {values}; use 0/1 or good/bad"
        )
    return tuple(1 if cell.strip() == bad[0] else 0 for cell in cells), bad[0]


def _why_excluded(name: str, exclude: list[str]) -> str:
    plain = name.strip().lower().replace(".", "_")
    words = {plain, *re.split(r"[^a-z]+", plain)}
    if words & PROTECTED:
        return "protected characteristic, never used"
    if plain in PRICE:
        return "price: another lender's opinion of the person"
    if plain in REGION:
        return "region, never scored"
    return "left out by the command" if name in exclude else ""


def _column(name: str, cells: list[str]) -> Column:
    parsed = [_number(name, line, cell) for line, cell in enumerate(cells, start=2)]
    texts = [
        line
        for line, (cell, one) in enumerate(zip(cells, parsed, strict=True), start=2)
        if cell and one is None
    ]
    filled = sum(1 for cell in cells if cell)
    if not texts:
        decimals = max(_decimals(one) for one in parsed if one is not None)
        scaled = tuple(None if one is None else int(one.scaleb(decimals)) for one in parsed)
        return Column(name=name, kind="number", decimals=decimals, numbers=scaled, texts=())
    if len(texts) * 2 < filled:
        raise TrainingDataInvalid(
            f"column {name!r} mixes numbers and text: line {texts[0]} holds {cells[texts[0] - 2]!r}; clean it or --exclude it"
        )
    return Column(
        name=name, kind="category", decimals=0, numbers=(), texts=tuple(cell or None for cell in cells)
    )


def _number(name: str, line: int, cell: str) -> Decimal | None:
    if not cell:
        return None
    try:
        value = Decimal(cell)
    except InvalidOperation:
        return None
    if not value.is_finite():
        if cell.lower() in {"nan", "-nan"}:
            return None
        raise TrainingDataInvalid(
            f"column {name!r}: line {line} holds {cell!r}, which is not a finite number"
        )
    return value


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return min(max(0, -exponent), MAX_DECIMALS)
