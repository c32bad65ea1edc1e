"""Reading a training file: typed columns or a clear error with column and line, never a wrong number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from pathlib import Path

from puhui.lab.train.files import MISSING_WORDS, TrainingDataInvalid, read_cells

__all__ = ["Column", "Table", "TrainingDataInvalid", "read_table", "with_outcome"]

# Never used, whatever the command says: by word in the column's name.
PROTECTED = {
    "age", "birth", "birthday", "sex", "gender", "marital", "marriage", "married", "race", "ethnicity", "ethnic",
    "religion", "pregnant", "disability", "personal_status", "nationality", "foreign_worker",
}  # fmt: skip
# A price holds another lender's opinion of the person, so a score with it learns that opinion, not the person.
PRICE = {"int_rate", "interest_rate", "rate", "apr", "grade", "sub_grade"}
# A region would price neighbours for each other.
REGION = {"addr_state", "state", "zip", "zip_code", "postcode", "region", "province", "city"}
# A column with such a word and another value in every row names the row, it does not describe it.
IDENTIFIER = {"id", "row", "rownames", "index", "uuid", "key", "unnamed", ""}
MANY_TEXTS = 50  # rows from which a text may be said to hardly repeat
MAX_DECIMALS = 6
LARGEST = 1 << 53  # scaled values beyond it are not exact in every evaluator
BAD_WORDS = {"1", "1.0", "bad", "yes", "y", "true", "t", "default", "defaulted"}
GOOD_WORDS = {"0", "0.0", "good", "no", "n", "false", "f", "paid"}


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
    kept: dict[str, tuple[str, ...]]  # columns asked for by name that are no features (time, groups), as text


def read_table(
    path: Path, *, target: str, exclude: list[str], keep: tuple[str, ...] = (), bad_value: str | None = None
) -> Table:
    """This function will read a file (`.csv`, `.csv.gz`, `.parquet`) with a header into typed columns.

    `keep` names columns that are read but not used as features; `bad_value` says which value of the target is bad.

    Raises: TrainingDataInvalid for a file without rows, a missing or one-valued target, a repeated header, a ragged
    line, an infinity, or a column that mixes numbers and text.
    """
    cells = read_cells(path)
    for wanted in (target, *exclude, *keep):
        if wanted not in cells.header:
            raise TrainingDataInvalid(
                f"{path.name}: no column {wanted!r}; there are {', '.join(cells.header)}"
            )
    by_name = dict(zip(cells.header, cells.columns, strict=True))
    bad, bad_value = _target(by_name[target], target, bad_value)
    columns: list[Column] = []
    excluded: dict[str, str] = {}
    for name in cells.header:
        if name == target:
            continue
        if why := _why_excluded(name, exclude, keep):
            excluded[name] = why
            continue
        if len({cell for cell in by_name[name] if cell not in MISSING_WORDS}) < 2:
            excluded[name] = "empty or always the same"
            continue
        column = _column(name, by_name[name])
        if why := _why_useless(column):
            excluded[name] = why
        else:
            columns.append(column)
    if not columns:
        raise TrainingDataInvalid(f"{path.name}: no usable column is left")
    return Table(
        sha256=cells.sha256,
        columns=tuple(columns),
        excluded=excluded,
        bad=bad,
        bad_value=bad_value,
        kept={name: tuple(by_name[name]) for name in keep},
    )


def with_outcome(table: Table, bad: Sequence[int]) -> Table:
    """This function will return the same rows with other outcomes, e.g. shuffled ones."""
    return replace(table, bad=tuple(bad))


def _target(cells: list[str], target: str, bad_value: str | None) -> tuple[tuple[int, ...], str]:
    if "" in cells:
        raise TrainingDataInvalid(
            f"column {target!r}: line {cells.index('') + 2} is empty; a training row needs an outcome"
        )
    values = sorted(set(cells))
    if len(values) != 2:
        raise TrainingDataInvalid(
            f"column {target!r}: expected two values, found {len(values)}: {values[:5]}"
        )
    if bad_value is not None:
        if bad_value not in values:
            raise TrainingDataInvalid(f"column {target!r}: --bad {bad_value!r} is none of {values}")
        return tuple(1 if cell == bad_value else 0 for cell in cells), bad_value
    bad = [one for one in values if one.lower() in BAD_WORDS]
    good = [one for one in values if one.lower() in GOOD_WORDS]
    if len(bad) != 1 or len(good) != 1:
        raise TrainingDataInvalid(
            f"column {target!r}: cannot tell good from bad in {values}; use 0/1 or good/bad, or say --bad VALUE"
        )
    return tuple(1 if cell == bad[0] else 0 for cell in cells), bad[0]


def _plain(name: str) -> str:
    return re.sub(r"[.\s-]+", "_", name.strip().lower())


def _why_excluded(name: str, exclude: list[str], keep: tuple[str, ...]) -> str:
    plain = _plain(name)
    words = {plain, *re.split(r"[^a-z]+", plain)}
    if words & PROTECTED:
        return "protected characteristic, never used"
    if plain in PRICE:
        return "price: another lender's opinion of the person"
    if plain in REGION:
        return "region, never scored"
    if name in keep:
        return "named as time or group, not scored"
    return "left out by the command" if name in exclude else ""


def _why_useless(column: Column) -> str:
    """An identifier would be learnt by heart; a text that hardly repeats says nothing about the next person."""
    cells = column.numbers or column.texts
    filled = [one for one in cells if one is not None]
    distinct = len(set(filled))
    plain = _plain(column.name)
    words = {plain, *re.split(r"[^a-z]+", plain)} - ({""} if plain else set())
    if distinct == len(cells) and words & IDENTIFIER:
        return "identifier: every row has another value"
    if column.kind == "category" and distinct * 2 > len(filled) > MANY_TEXTS:
        return "text that hardly ever repeats"
    return ""


def _column(name: str, cells: list[str]) -> Column:
    parsed = [_number(name, line, cell) for line, cell in enumerate(cells, start=2)]
    texts = [
        line
        for line, (cell, one) in enumerate(zip(cells, parsed, strict=True), start=2)
        if cell not in MISSING_WORDS and one is None
    ]
    filled = sum(1 for cell in cells if cell not in MISSING_WORDS)
    if not texts:
        decimals = max(_decimals(one) for one in parsed if one is not None)
        scaled = tuple(None if one is None else _scaled(one, decimals) for one in parsed)
        for line, value in enumerate(scaled, start=2):
            if value is not None and abs(value) > LARGEST:
                raise TrainingDataInvalid(
                    f"column {name!r}: line {line} holds {cells[line - 2]!r}, which has too many digits;"
                    " divide the column or --exclude it"
                )
        return Column(name=name, kind="number", decimals=decimals, numbers=scaled, texts=())
    if len(texts) * 2 < filled:
        raise TrainingDataInvalid(
            f"column {name!r} mixes numbers and text: line {texts[0]} holds {cells[texts[0] - 2]!r}; clean it or --exclude it"
        )
    return Column(
        name=name,
        kind="category",
        decimals=0,
        numbers=(),
        texts=tuple(None if cell in MISSING_WORDS else cell for cell in cells),
    )


def _number(name: str, line: int, cell: str) -> Decimal | None:
    if cell in MISSING_WORDS:
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


def scaled_cell(column: Column, cell: str, *, file: str, line: int) -> int | None:
    """This function will read a cell of another file as a value of a numeric column. Raises: TrainingDataInvalid."""
    value = _number(column.name, line, cell)
    if value is None or abs(_scaled(value, column.decimals)) > LARGEST:
        raise TrainingDataInvalid(f"{file}: column {column.name!r}: line {line} holds {cell!r}, not a number")
    return _scaled(value, column.decimals)


def _scaled(value: Decimal, decimals: int) -> int:
    return int(value.scaleb(decimals).to_integral_value(ROUND_FLOOR))


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return min(max(0, -exponent), MAX_DECIMALS)
