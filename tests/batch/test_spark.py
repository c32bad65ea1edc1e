"""The shard task on Spark: what can be told without a cluster, and the whole check where one can be started."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from puhui.batch.portfolio import shard_task, spark
from puhui.batch.portfolio.generate import AS_OF, Mix, generate
from puhui.batch.portfolio.shard_task import add_up, value_table
from puhui.batch.portfolio.value import value_portfolio, write_portfolio
from tests.batch.kit import ROOT, kernel


def test_the_task_alone_gives_the_portfolio_s_totals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function that Spark runs, and the schema that it is told, against our own run."""
    monkeypatch.setattr(shard_task, "_kernel", [kernel()])
    events, target = tmp_path / "events", tmp_path / "spark"
    tables = list(generate(Mix("demo", 200, 7), kernel()))
    write_portfolio(tables=tables, target=events, shards=3, made_of={}, as_of=None, say=print)
    here = value_portfolio(source=events, target=tmp_path / "here", as_of=AS_OF, threads=1, say=print)
    target.mkdir()
    run = spark.shard_task(str(target), AS_OF.isoformat())
    found = spark.sum_of([run(str(events / entry.name)) for entry in here.shards])
    assert found == here.totals == add_up([value_table(one, AS_OF) for one in tables])
    told = [column.split()[0] for column in spark.figures_schema().split(", ")]
    assert told == value_table(tables[0], AS_OF).column_names


@pytest.mark.release
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="needs Java 17 and the extra `spark`: apt-get install openjdk-17-jre-headless, pip install 'puhui[spark]'",
)
def test_spark_agrees_also_after_a_kill() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "puhui.lab.spark_check", "--loans", "20000", "--times", "8"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("totals identical") == 4 and done.stdout.count("SIGKILL") == 2
