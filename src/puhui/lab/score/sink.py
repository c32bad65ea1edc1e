"""Writing scores as they come, to a file that appears whole or not at all."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow
import pyarrow.csv
import pyarrow.parquet

from puhui.lab.score.errors import ScoringDataInvalid
from puhui.lab.train.files import is_parquet


class Sink:
    """A table being written, `.csv` or `.parquet` by name; kept only if the `with` block ends well."""

    def __init__(self, path: Path) -> None:
        """This function will check the name. Raises: ScoringDataInvalid for another one."""
        if not is_parquet(path) and path.suffix.lower() != ".csv":
            raise ScoringDataInvalid(
                f"--out {path}: the name ends in .csv or .parquet",
                f"--out {path}：文件名须以 .csv 或 .parquet 结尾",
            )
        if path.is_dir() or not path.parent.is_dir():
            raise ScoringDataInvalid(
                f"--out {path}: not a file in a folder that exists", f"--out {path}：不是已有文件夹中的文件"
            )
        self.path = path
        self.part = path.with_name(f".{path.name}.part")
        self.writer: Any = None

    def __enter__(self) -> Sink:
        return self

    def write(self, batch: Any) -> None:
        """This function will append a record batch."""
        if self.writer is None:
            self.writer = self._open(batch.schema)
        self.writer.write_batch(batch)

    def _open(self, schema: Any) -> Any:
        if is_parquet(self.path):
            return pyarrow.parquet.ParquetWriter(self.part, schema, compression="snappy")
        options = pyarrow.csv.WriteOptions(quoting_header="none")  # our own names, without a comma
        return pyarrow.csv.CSVWriter(str(self.part), schema, write_options=options)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.writer is not None:
            self.writer.close()
        if kind is None and self.writer is not None:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)
