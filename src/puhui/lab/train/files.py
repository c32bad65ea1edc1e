"""Reading a table file as text cells, so that CSV and Parquet of the same data train the same model."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What stands for "no value" in any column, beside the empty cell. "none" is not here: it is often an answer.
MISSING_WORDS = ("", "NA", "N/A", "NaN", "nan", "-nan", "null", "NULL", "<NA>")
MOST_CELLS = 60_000_000  # a cell takes about 200 bytes while it is read, so a run stays below 16 GiB


class TrainingDataInvalid(ValueError):
    """The training file cannot be used; the message names column, line and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A file as text."""

    sha256: str  # of the file's bytes as stored
    header: list[str]  # column names
    columns: list[list[str]]  # stripped cells by column, "" for no value


def is_parquet(path: Path) -> bool:
    """This function will tell a Parquet file by its name."""
    return path.suffix.lower() in {".parquet", ".pq"}


def read_cells(path: Path) -> Cells:
    """This function will read `.csv`, `.csv.gz` or `.parquet` into text cells.

    Raises: TrainingDataInvalid for a file too large to hold, a file without rows, a repeated header, a ragged line, text that is not UTF-8, or a
    nested Parquet column.
    """
    _check_size(path)
    raw = path.read_bytes()
    header, columns = _parquet(path) if is_parquet(path) else _csv(path, raw)
    if len(set(header)) != len(header):
        twice = next(one for one in header if header.count(one) > 1)
        raise TrainingDataInvalid(f"{path.name}: column {twice!r} occurs twice in the header")
    if not columns or not columns[0]:
        raise TrainingDataInvalid(f"{path.name}: no rows")
    return Cells(sha256=hashlib.sha256(raw).hexdigest(), header=header, columns=columns)


def _check_size(path: Path) -> None:
    """Training holds its file in memory: one that does not fit is refused before it is read."""
    rows, columns = _parquet_size(path) if is_parquet(path) else _csv_size(path)
    if rows * columns > MOST_CELLS:
        raise TrainingDataInvalid(
            f"{path.name}: about {rows} rows of {columns} columns are more than training holds in memory; take a random"
            f" sample of {MOST_CELLS // columns} rows (scoring has no such limit)"
        )


def _csv_size(path: Path) -> tuple[int, int]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
            columns = raw.readline().count(b",") + 1
            return sum(block.count(b"\n") for block in iter(lambda: raw.read(1 << 20), b"")), columns
    except (gzip.BadGzipFile, EOFError):
        return 0, 1  # told by the reading itself


def _parquet_size(path: Path) -> tuple[int, int]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        return 0, 1  # told by the reading itself
    try:
        about = pyarrow.parquet.read_metadata(path)
    except (pyarrow.ArrowException, OSError):
        return 0, 1
    return about.num_rows, about.num_columns


def _csv(path: Path, raw: bytes) -> tuple[list[str], list[list[str]]]:
    try:
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise TrainingDataInvalid(f"{path.name}: not a UTF-8 CSV file ({error}); save it as UTF-8") from None
    rows = list(csv.reader(io.StringIO(text)))
    if len(rows) < 2:
        raise TrainingDataInvalid(f"{path.name}: no rows")
    header = rows[0]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise TrainingDataInvalid(
                f"{path.name}: line {number} has {len(row)} values, the header has {len(header)}"
            )
    return header, [[cell.strip() for cell in column] for column in zip(*rows[1:], strict=True)]


def _parquet(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise TrainingDataInvalid(
            f"{path.name}: reading Parquet needs pyarrow; pip install 'puhui[train]'"
        ) from None
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise TrainingDataInvalid(f"{path.name}: not a Parquet file ({error})") from None
    return list(table.column_names), [
        _texts(path, name, column) for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def _texts(path: Path, name: str, column: Any) -> list[str]:
    import pyarrow

    if pyarrow.types.is_nested(column.type) or pyarrow.types.is_binary(column.type):
        raise TrainingDataInvalid(
            f"{path.name}: column {name!r} has type {column.type}; a column holds one number or one text a row"
        )
    if pyarrow.types.is_float32(column.type) or pyarrow.types.is_float16(column.type):
        column = column.cast("string").cast("float64")  # the shortest digits, not the nearest double's
    return [as_text(one) for one in column.to_pylist()]


def as_text(value: Any) -> str:
    """This function will write one value of a Parquet column as its cell in a CSV file."""
    if value is None or value != value:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
