"""Reading a table file as text cells, so that CSV and Parquet of the same data train the same model."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What stands for "no value" in any column, beside the empty cell. "none" is not here: it is often an answer.
MISSING_WORDS = ("", "NA", "N/A", "NaN", "nan", "-nan", "null", "NULL", "<NA>")
MOST_CELLS = 60_000_000  # a cell takes about 200 bytes while it is read, so a run stays below 16 GiB


class TrainingDataInvalid(ValueError):
    """The training file cannot be used; the message names column, line and remedy, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        """This function will join both languages, as the command prints them."""
        super().__init__(f"{english} / {chinese}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A file as text."""

    sha256: str  # of the file's bytes as stored
    header: list[str]  # column names
    columns: list[list[str]]  # stripped cells by column, "" for no value


def separator_of(header: Sequence[str]) -> str:
    """This function will return what a file that should have commas seems to be separated by, "" if by nothing else."""
    return next((one for one in ";\t|" if len(header) == 1 and one in header[0]), "")


def is_parquet(path: Path) -> bool:
    """This function will tell a Parquet file by its name."""
    return path.suffix.lower() in {".parquet", ".pq"}


def read_cells(path: Path, *, unread: Sequence[str] = ()) -> Cells:
    """This function will read `.csv`, `.csv.gz` or `.parquet` into text cells; of columns `unread` Parquet may hold anything.

    Raises: TrainingDataInvalid for a file too large to hold, a file without rows, a repeated header, a ragged line, text that is not UTF-8, or a
    nested Parquet column.
    """
    _check_size(path)
    raw = path.read_bytes()
    header, columns = _parquet(path, unread) if is_parquet(path) else _csv(path, raw)
    if not columns or not columns[0]:
        raise TrainingDataInvalid(f"{path.name}: no rows", f"{path.name}：没有数据行")
    return Cells(sha256=hashlib.sha256(raw).hexdigest(), header=header, columns=columns)


def _check_size(path: Path) -> None:
    """Training holds its file in memory: one that does not fit is refused before it is read."""
    rows, columns = _parquet_size(path) if is_parquet(path) else _csv_size(path)
    if rows * columns > MOST_CELLS:
        raise TrainingDataInvalid(
            f"{path.name}: about {rows} rows of {columns} columns are more than training holds in memory; take a random"
            f" sample of {MOST_CELLS // columns} rows (scoring has no such limit)",
            f"{path.name}：约 {rows} 行 {columns} 列，超出训练可用的内存；请随机抽取 {MOST_CELLS // columns} 行（打分不受此限）",
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
        raise TrainingDataInvalid(
            f"{path.name}: not a UTF-8 CSV file ({error}); save it as UTF-8",
            f"{path.name}：不是 UTF-8 编码的 CSV 文件；请另存为 UTF-8（GBK、GB18030 文件同样需要转换）",
        ) from None
    rows = _rows(path, text)
    if len(rows) < 2:
        raise TrainingDataInvalid(f"{path.name}: no rows", f"{path.name}：没有数据行")
    header = rows[0]
    _refuse_twice(path, header)
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            raise TrainingDataInvalid(
                f"{path.name}: line {number} is blank; remove it",
                f"{path.name}：第 {number} 行为空行；请删除",
            )
        if len(row) != len(header):
            raise TrainingDataInvalid(
                f"{path.name}: line {number} has {len(row)} values, the header has {len(header)}; complete the line, or"
                " put a value that holds a comma in quotes",
                f"{path.name}：第 {number} 行有 {len(row)} 个值，表头有 {len(header)} 个；请补全该行，含逗号的值请加引号",
            )
    return header, [[cell.strip() for cell in column] for column in zip(*rows[1:], strict=True)]


def _rows(path: Path, text: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        found.extend(csv.reader(io.StringIO(text, newline="")))  # a line may end by CR, LF or both
    except csv.Error as error:
        line = len(found) + 1
        raise TrainingDataInvalid(
            f"{path.name}: line {line} cannot be read as CSV ({error}); is a quotation mark left open there?",
            f"{path.name}：第 {line} 行无法按 CSV 读取；请检查该行引号是否成对",
        ) from None
    return found


def _refuse_twice(path: Path, header: list[str]) -> None:
    if twice := [one for one in header if header.count(one) > 1]:
        raise TrainingDataInvalid(
            f"{path.name}: column {twice[0]!r} occurs twice in the header; give every column a name of its own",
            f"{path.name}：表头中列 {twice[0]!r} 出现两次；请为每列取不同的名称",
        )


def _parquet(path: Path, unread: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise TrainingDataInvalid(
            f"{path.name}: reading Parquet needs pyarrow; pip install 'puhui[train]'",
            f"{path.name}：读取 Parquet 需要 pyarrow；请执行 pip install 'puhui[train]'",
        ) from None
    try:
        _refuse_twice(path, list(pyarrow.parquet.read_schema(path).names))
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise TrainingDataInvalid(
            f"{path.name}: not a Parquet file ({error})", f"{path.name}：不是 Parquet 文件；请重新导出"
        ) from None
    return list(table.column_names), [
        [""] * table.num_rows if name in unread else _texts(path, name, column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def _texts(path: Path, name: str, column: Any) -> list[str]:
    import pyarrow

    types = pyarrow.types
    if any(bad(column.type) for bad in (types.is_nested, types.is_binary, types.is_duration, types.is_time)):
        raise TrainingDataInvalid(
            f"{path.name}: column {name!r} has type {column.type}; a column holds one number or one text a row: convert"
            f" it, or --exclude {name}",
            f"{path.name}：列 {name!r} 的类型是 {column.type}；每行应为一个数字或一段文字：请转换，或用 --exclude {name}",
        )
    if types.is_float32(column.type) or types.is_float16(column.type):
        column = column.cast("string").cast("float64")  # the shortest digits, not the nearest double's
    return as_texts(column)


def as_texts(column: Any) -> list[str]:
    """This function will write the values of an Arrow column as their cells in a CSV file, moments to the microsecond."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", tz=column.type.tz), safe=False)
    return [as_text(one) for one in column.to_pylist()]


def as_text(value: Any) -> str:
    """This function will write one value of a Parquet column as its cell in a CSV file."""
    if value is None or value != value:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
