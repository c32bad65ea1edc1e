"""The shard task on Spark: the same function that threads call, shard by shard, and as `mapInArrow` over tables that are
in Spark already. This module is the only one that knows Spark; the shard task does not.

A worker that dies loses its task, which is a few shards, and nothing else: a shard is written under another name and
renamed, so the task that Spark starts again leaves the same file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipimport import zipimporter

import pyarrow as pa

from puhui.batch.portfolio.columns import SCHEMA, SEMANTICS
from puhui.batch.portfolio.compiled import cache_folder
from puhui.batch.portfolio.shard_task import COUNTS, FIGURES, add_up, value_shard, value_table
from puhui.batch.portfolio.shards import check_shard, read_manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TASKS_A_CORE = (
    8  # so many that all cores end together, so few that Spark's own work for a task does not count
)
ARROW_OF = {"int8": "tinyint", "int32": "int", "int64": "bigint"}


def open_session(*, master: str, name: str) -> SparkSession:
    """This function will open a Spark session without web pages, its batches as large as the kernel likes them.

    Raises: ModuleNotFoundError without the extra `spark`.
    """
    from pyspark.sql import SparkSession

    session: SparkSession = (
        SparkSession.builder.master(master)
        .appName(name)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "50000")
        .config("spark.task.maxFailures", "4")
        .config("spark.executorEnv.PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        .config("spark.executorEnv.PUHUI_KERNEL_CACHE", str(cache_folder()))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    return session


def value_on_spark(*, session: SparkSession, source: Path, target: Path, as_of: date) -> dict[str, int]:
    """This function will value the portfolio of events `source` on `as_of`, one Spark task for a few shards, into files of the
    same names in the folder `target`, and return the totals over all of them.

    Raises: PortfolioMissing, ShardDamaged, SemanticsUnknown; Spark's own error where a task failed four times.
    """
    events = read_manifest(source)
    target.mkdir(parents=True, exist_ok=True)
    shards = [str(check_shard(source, entry)) for entry in events.shards]
    task = shard_task(str(target), as_of.isoformat())
    context = session.sparkContext
    tasks = max(1, min(len(shards), TASKS_A_CORE * context.defaultParallelism))
    return sum_of(context.parallelize(shards, tasks).map(task).collect())


def shard_task(target: str, as_of: str) -> Callable[[str], dict[str, int]]:
    """This function will make the function that a task runs: a shard's path in, its totals out."""

    def run(path: str) -> dict[str, int]:
        forget_archives()
        return value_shard(path, str(Path(target) / Path(path).name), as_of)

    return run


def forget_archives() -> None:
    """This function will let a worker forget the importers of archives on its path; one that is needed is made again.

    Before each task Spark's worker lets every importer look again, and that of an archive then reads the whole list of
    what is in it (CPython 3.10 and later): with Spark's own archive four times the work of a shard.
    """
    for path, importer in list(sys.path_importer_cache.items()):
        if isinstance(importer, zipimporter):
            del sys.path_importer_cache[path]


def sum_of(found: Sequence[dict[str, int]]) -> dict[str, int]:
    """This function will add up the totals of shards, name by name."""
    return {name: sum(one[name] for one in found) for name in (found[0] if found else {})}


def figures_schema() -> str:
    """This function will write the schema of the figures as Spark reads it."""
    columns = [f"{name} {ARROW_OF[COUNTS.get(name, 'int64')]}" for name in FIGURES]
    return ", ".join(["loan_id string", *columns])


def value_frame(*, frame: DataFrame, terms: str, as_of: date) -> DataFrame:
    """This function will value a table of loans that Spark holds, with the columns of `columns.SCHEMA`; `terms` is the
    terms table that its lines name, as JSON (`columns.TermsTable.text`). One row of figures a loan.
    """
    metadata = {"puhui.semantics": str(SEMANTICS), "puhui.terms": terms}

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        forget_archives()
        for batch in batches:
            if batch.num_rows == 0:
                continue
            table = pa.Table.from_batches([batch]).select(SCHEMA.names).cast(SCHEMA)
            found = value_table(table.replace_schema_metadata(metadata), as_of)
            yield from found.replace_schema_metadata(None).to_batches()

    return frame.mapInArrow(run, figures_schema())


def totals_of(frame: Any) -> dict[str, int]:
    """This function will return the totals of a table of figures that Spark holds, as `shard_task.add_up` does."""
    return add_up([frame.toArrow()])
