"""Reading a file to score in chunks: `.csv`, `.csv.gz` or `.parquet`, only the columns that the model asks for."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute as compute
import pyarrow.csv
import pyarrow.parquet

from puhui.lab.score.errors import ScoringDataInvalid
from puhui.lab.train.files import is_parquet, separator_of

BLOCK = 1 << 23  # bytes of a CSV chunk
ROWS = 1 << 16  # rows of a Parquet chunk


class Source:
    """A file to score; one pass over it, whatever its size."""

    def __init__(self, path: Path) -> None:
        """This function will read the names of the columns. Raises: ScoringDataInvalid for a file that is no table."""
        self.path = path
        self.parquet = is_parquet(path)
        self.word = "row" if self.parquet else "line"
        self.first = 1 if self.parquet else 2  # number of the first row, as a person would look it up
        self.names = self._parquet_names() if self.parquet else self._csv_names()
        twice = [one for one in self.names if self.names.count(one) > 1]
        if twice:
            raise ScoringDataInvalid(
                f"{path.name}: column {twice[0]!r} occurs twice in the header; give every column a name of its own",
                f"{path.name}：表头中列 {twice[0]!r} 出现两次；请为每列取不同的名称",
            )

    def require(self, wanted: list[str]) -> None:
        """This function will refuse a file without a column that the model asks for, with the nearest name."""
        lacking = [one for one in wanted if one not in self.names]
        if not lacking:
            return
        spare = [one for one in self.names if one not in wanted]
        by_lower = {one.lower(): one for one in spare}
        near = get_close_matches(lacking[0].lower(), list(by_lower), n=1)
        if separator := separator_of(self.names):
            hint = f"; the values seem to be separated by {separator!r}, save the file with commas"
            hint_zh = f"；数值似乎以 {separator!r} 分隔，请另存为逗号分隔"
        else:
            hint = f"; was it renamed to {by_lower[near[0]]!r}?" if near else ""
            hint_zh = f"；是否改名为 {by_lower[near[0]]!r}？" if near else ""
        more_zh = f"（另缺 {len(lacking) - 1} 列：{', '.join(lacking[1:6])}）" if len(lacking) > 1 else ""
        more = f" (and {len(lacking) - 1} more: {', '.join(lacking[1:6])})" if len(lacking) > 1 else ""
        raise ScoringDataInvalid(
            f"{self.path.name}: no column {lacking[0]!r}, which the model was trained with{more}{hint};"
            f" there are {', '.join(self.names)}",
            f"{self.path.name}：缺少训练时使用的列 {lacking[0]!r}{more_zh}{hint_zh}；现有 {', '.join(self.names)}",
        )

    def chunks(self, wanted: list[str]) -> Iterator[Any]:
        """This function will yield record batches of the wanted columns, in the order of the file."""
        try:
            yield from self._parquet_chunks(wanted) if self.parquet else self._csv_chunks(wanted)
        except (pyarrow.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
            text = str(error).split("\n")[0]
            raise ScoringDataInvalid(
                f"{self.path.name}: cannot be read as a table ({text})",
                f"{self.path.name}：无法按表格读取（{text}）；请检查引号、列数和 UTF-8 编码",
            ) from None

    def _csv_names(self) -> list[str]:
        try:
            with gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb") as raw:
                header = next(csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")), [])
        except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, csv.Error) as error:
            raise ScoringDataInvalid(
                f"{self.path.name}: not a UTF-8 CSV file ({error}); save it as UTF-8",
                f"{self.path.name}：不是 UTF-8 编码的 CSV 文件；请另存为 UTF-8（GBK、GB18030 文件同样需要转换）",
            ) from None
        if not header:
            raise ScoringDataInvalid(
                f"{self.path.name}: no header; the first line names the columns",
                f"{self.path.name}：没有表头；第一行应为列名",
            )
        return header

    def _csv_chunks(self, wanted: list[str]) -> Iterator[Any]:
        stream = pyarrow.input_stream(
            str(self.path), compression="gzip" if self.path.suffix == ".gz" else None
        )
        with (
            stream,
            pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(block_size=BLOCK, use_threads=False),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={one: pyarrow.string() for one in self.names},
                    strings_can_be_null=False,
                ),
            ) as reader,
        ):
            first = self.first
            for batch in reader:
                self._refuse_blank(batch, wanted, first)
                first += batch.num_rows
                yield batch.select(wanted)

    def _refuse_blank(self, batch: Any, wanted: list[str], first: int) -> None:
        """A blank line reads as a row of empty cells; scored, it would be a person about whom nothing is known."""
        if len(self.names) == 1:
            return  # an empty cell of the only column is a blank line
        blank = np.ones(batch.num_rows, dtype=np.bool_)
        for name in (*wanted, *self.names):
            blank &= compute.equal(batch.column(name), "").to_numpy(zero_copy_only=False)
            if not blank.any():
                return
        raise ScoringDataInvalid(
            f"{self.path.name}: line {first + int(np.flatnonzero(blank)[0])} is blank; remove it",
            f"{self.path.name}：第 {first + int(np.flatnonzero(blank)[0])} 行为空行；请删除",
        )

    def _parquet_names(self) -> list[str]:
        try:
            self.file = pyarrow.parquet.ParquetFile(self.path)
        except (pyarrow.ArrowException, OSError) as error:
            raise ScoringDataInvalid(
                f"{self.path.name}: not a Parquet file ({error})",
                f"{self.path.name}：不是 Parquet 文件；请重新导出",
            ) from None
        return list(self.file.schema_arrow.names)

    def _parquet_chunks(self, wanted: list[str]) -> Iterator[Any]:
        yield from self.file.iter_batches(batch_size=ROWS, columns=wanted, use_threads=False)
