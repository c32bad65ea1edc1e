"""`make bench`: measure, and write build/bench.json as a list of {name, value, unit, goal, met}.

Speed is a ratio against a named peer of the same run wherever there is one. An absolute line means little without the
machine, so `calibration_us`, a fixed integer loop, stands beside it. Names never change once published.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from puhui.lab.bench_api import PEERS, measure
from puhui.lab.bench_counterfactual import GOALS as COUNTERFACTUAL_GOALS
from puhui.lab.bench_features import GOALS as FEATURE_GOALS
from puhui.lab.bench_policy import GOALS as POLICY_GOALS
from puhui.lab.bench_scores import GOALS
from puhui.lab.conformance_loans.table import SPEED_MARKS, speed_table, write_table
from puhui.lab.postgres import temporary_postgres

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measured figure."""

    name: str  # stable name
    value: float  # the figure
    unit: str  # unit of the figure
    goal: float | None = None  # what it should reach, or None
    met: bool | None = None  # whether it does, or None without a goal


def at_most(name: str, value: float, unit: str, goal: float) -> Line:
    """This function will make a line whose goal is a maximum."""
    return Line(name=name, value=round(value, 3), unit=unit, goal=goal, met=value <= goal)


def at_least(name: str, value: float, unit: str, goal: float) -> Line:
    """This function will make a line whose goal is a minimum."""
    return Line(name=name, value=round(value, 3), unit=unit, goal=goal, met=value >= goal)


def calibration() -> list[Line]:
    """This function will time a fixed integer loop, the unit in which machines can be compared, and say how many processors
    there are and how many processes wanted one in the last minute.
    """

    def loop() -> int:
        x = 1
        for i in range(20_000):
            x = (x * 1_103_515_245 + i) & 0x7FFFFFFF
        return x

    took = []
    for _ in range(31):
        start = time.perf_counter()
        loop()
        took.append(time.perf_counter() - start)
    return [
        Line(name="calibration_us", value=round(statistics.median(took) * 1e6, 1), unit="us"),
        Line(name="cores", value=os.cpu_count() or 1, unit="processors"),
        Line(name="load_1m", value=round(os.getloadavg()[0], 2), unit="processes"),
    ]


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def _served(folder: Path, port: int) -> Iterator[float]:
    """Run `make run` in `folder` and yield the seconds until it says ready; end it afterwards."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PUHUI_")} | {
        "PIP_NO_CACHE_DIR": "1"
    }
    environment.pop("PYTHONPATH", None)
    start = time.perf_counter()
    log = (folder / "run.log").open("ab")
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=folder,
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        while True:
            if process.poll() is not None:
                raise RuntimeError(
                    f"make run ended: {(folder / 'run.log').read_text(encoding='utf-8')[-2000:]}"
                )
            if time.perf_counter() - start > 900:
                raise RuntimeError("make run was not ready within 900 s")
            if _ready(port):
                yield time.perf_counter() - start
                return
            time.sleep(0.1)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
        log.close()


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return health.get("demo") == "ready" and str(health.get("worker", "")).startswith("ok")


def first_and_second_run() -> list[Line]:
    """This function will clone the last commit into an empty folder and time `make run` there, twice."""
    folder = Path(tempfile.mkdtemp(prefix="puhui-first-run-"))
    try:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "puhui")], check=True)
        with _served(folder / "puhui", _free_port()) as first:
            pass
        with _served(folder / "puhui", _free_port()) as second:
            pass
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [at_most("first_run_s", first, "s", 240), at_most("second_run_s", second, "s", 20)]


def journey_lines() -> list[Line]:
    """This function will time whole journeys on a private database of each kind, in a process of its own."""
    figures = _journeys({})
    with temporary_postgres(durable=True) as url:
        on_postgres = _journeys({"PUHUI_DATABASE_URL": url})
    return [
        at_most("decision_p50_us", figures["decision_p50_us"], "us", 100),
        at_most("decision_p99_us", figures["decision_p99_us"], "us", 1000),
        at_most("decision_from_db_p99_ms_postgres", on_postgres["decision_from_db_p99_ms"], "ms", 20),
        Line(name="journey_apply_to_signed_ms", value=figures["journey_apply_to_signed_ms"], unit="ms"),
        at_most("decision_from_db_p99_ms", figures["decision_from_db_p99_ms"], "ms", 20),
    ]


def _journeys(settings: dict[str, str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="puhui-bench-") as var:
        done = subprocess.run(
            [sys.executable, "-m", "puhui.lab.bench_journeys"],
            env=os.environ | {"PUHUI_VAR": var, "PUHUI_LOG_LEVEL": "ERROR"} | settings,
            check=True,
            capture_output=True,
            text=True,
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def api_lines() -> list[Line]:
    """This function will count applications a second through the partner API, beside FastAPI and SQLAlchemy."""
    lines = []
    for database in ("postgres", "sqlite"):
        found, name = measure(database), f"api_applications_per_s_{database}"
        lines.append(at_least(name, found.ratio, "x", 1.5))
        lines.append(Line(name=f"{name}_ours", value=round(found.ours, 1), unit="1/s"))
        lines.append(Line(name=f"{name}_fastapi", value=round(found.peer, 1), unit="1/s"))
    return lines


def score_lines() -> list[Line]:
    """This function will time scores of one person against their peers, where `.venv-bench` has these."""
    return _beside_peers("puhui.lab.bench_scores", GOALS)


def policy_lines() -> list[Line]:
    """This function will time the tables of the credit policy against ZEN, one by one and over columns."""
    return _beside_peers("puhui.lab.bench_policy", POLICY_GOALS)


def feature_lines() -> list[Line]:
    """This function will time point-in-time features of one customer against DuckDB and SQLite."""
    return _beside_peers("puhui.lab.bench_features", FEATURE_GOALS)


def counterfactual_lines() -> list[Line]:
    """This function will time which proof would lower a price against DiCE, on the same model."""
    return _beside_peers("puhui.lab.bench_counterfactual", COUNTERFACTUAL_GOALS)


def _beside_peers(module: str, goals: dict[str, float]) -> list[Line]:
    if not PEERS.exists():
        raise RuntimeError("no .venv-bench with the peers; `make bench` makes it from locks/bench.txt")
    done = subprocess.run(
        [str(PEERS), "-m", module],
        env=os.environ
        | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        Line(
            name=name,
            value=round(found[name]["ratio"], 2),
            unit="x",
            goal=goal,
            met=found[name]["ratio"] >= goal,
        )
        for name, goal in goals.items()
    ]


def _figures_of(*command: str) -> dict[str, float]:
    """Run a module of the lab in a process of its own and return the figures on its last line."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def loan_lines() -> list[Line]:
    """This function will measure the loan kernel, in a process of its own."""
    found = _figures_of("puhui.lab.bench_loans")
    return [
        at_least("kernel_vs_python", found["kernel_vs_python"], "x", 50),
        at_least("kernel_loans_per_s", found["kernel_loans_per_s"], "loans/s", 1_000_000),
        at_least("kernel_changes_loans_per_s", found["kernel_changes_loans_per_s"], "loans/s", 300_000),
        at_least("threads_2_vs_1", found["threads_2_vs_1"], "x", 1.8),
        at_most("ns_per_event_700_vs_8", found["ns_per_event_700_vs_8"], "x", 1.2),
        at_most("cold_compile_s", found["cold_compile_s"], "s", 30),
    ]


def book_lines() -> list[Line]:
    """This function will measure the whole book beside a run that mutates it in PostgreSQL, and the memory of a run."""
    found = _figures_of("puhui.lab.bench_book")
    return [
        at_least("book_vs_mutating_cpu", found["book_vs_mutating_cpu"], "x", 100),
        at_least("mutating_loans_per_s", found["mutating_loans_per_s"], "loans/s", 2_500),
        Line(name="book_us_per_loan", value=round(found["book_us_per_loan"], 2), unit="us"),
        at_most("memory_10m_vs_1m", found["memory_10m_vs_1m"], "x", 1.2),
        Line(name="memory_1m_mib", value=round(found["memory_1m_mib"], 1), unit="MiB"),
    ]


def relief_lines() -> list[Line]:
    """This function will measure relief: from a stated budget to the cards, and what working a loan's plans out takes."""
    found = _figures_of("puhui.lab.bench_relief")
    return [
        at_most("relief_options_p99_ms", found["relief_options_p99_ms"], "ms", 100),
        Line(name="relief_options_p50_ms", value=round(found["relief_options_p50_ms"], 1), unit="ms"),
        Line(name="relief_plans_ahead_ms", value=round(found["relief_plans_ahead_ms"]), unit="ms"),
        Line(name="relief_plans", value=found["relief_plans"], unit="plans"),
    ]


def spark_lines() -> list[Line]:
    """This function will measure the shard tasks on Spark beside the same ones here."""
    found = _figures_of("puhui.lab.spark_check", "--speed")
    return [
        at_most("spark_vs_embedded_cpu", found["spark_vs_embedded_cpu"], "x", 2),
        Line(name="spark_us_per_loan", value=round(found["spark_us_per_loan"], 2), unit="us"),
    ]


def page_lines() -> list[Line]:
    """This function will measure the page of a loan with a long history beside one with a short history."""
    with tempfile.TemporaryDirectory(prefix="puhui-bench-") as var:
        environment = os.environ | {"PUHUI_VAR": var, "PUHUI_LOG_LEVEL": "ERROR"}
        done = subprocess.run(
            [sys.executable, "-m", "puhui.lab.bench_page"],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        at_most("loan_page_700_vs_8", found["loan_page_700_vs_8"], "x", 2),
        Line(name="loan_page_8_ms", value=round(found["loan_page_8_ms"], 1), unit="ms"),
        Line(name="loan_page_700_first_ms", value=round(found["loan_page_700_first_ms"], 1), unit="ms"),
    ]


def open_hand_lines() -> list[Line]:
    """This function will time the worth of every proof and the best quote for one person."""
    from puhui.lab.bench_open_hand import GOAL_MS, measure_quotes

    middle, p99 = measure_quotes()
    return [
        Line(name="quote_all_proofs_p50_ms", value=round(middle, 2), unit="ms"),
        at_most("quote_all_proofs_p99_ms", p99, "ms", GOAL_MS),
    ]


GROUPS: dict[str, Callable[[], list[Line]]] = {
    "calibration": calibration,
    "journeys": journey_lines,
    "loans": loan_lines,
    "book": book_lines,
    "relief": relief_lines,
    "spark": spark_lines,
    "page": page_lines,
    "runs": first_and_second_run,
    "api": api_lines,
    "scores": score_lines,
    "policy": policy_lines,
    "features": feature_lines,
    "open_hand": open_hand_lines,
    "counterfactual": counterfactual_lines,
}


def main() -> int:
    """This function will run the named groups (all by default), print their lines and write build/bench.json.

    A group that cannot be measured is named, and the others are measured all the same; the answer is 1 then, else 0.
    """
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="which groups to measure (all)")
    parser.add_argument(
        "--keep", action="store_true", help="keep the lines of an earlier run that this one does not measure"
    )
    parser.add_argument("--table", type=Path, help="a page whose table of speed is written anew")
    parsed = parser.parse_args()
    chosen = parsed.groups or list(GROUPS)
    lines: list[Line] = []
    failed: list[str] = []
    out = ROOT / "build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    earlier = (
        [Line(**one) for one in json.loads(out.read_text(encoding="utf-8"))]
        if parsed.keep and out.is_file()
        else []
    )
    for name in chosen:
        print(f"measuring {name} …", flush=True)
        try:
            found = GROUPS[name]()
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            print(f"  {name} could not be measured: {error}", file=sys.stderr, flush=True)
            failed.append(name)
            continue
        for line in found:
            goal = "" if line.goal is None else f"  goal {line.goal:g}  {'met' if line.met else 'NOT MET'}"
            print(f"  {line.name:32} {line.value:>12,.1f} {line.unit}{goal}", flush=True)
        names = {line.name for line in found}
        earlier = [line for line in earlier if line.name not in names]
        lines += found
        out.write_text(
            json.dumps([asdict(line) for line in (*earlier, *lines)], indent=1) + "\n", encoding="utf-8"
        )
    if parsed.table:
        measured = [asdict(line) for line in (*earlier, *lines)]
        text = speed_table(measured=measured, on_date=datetime.now(UTC).date())
        write_table(page=parsed.table, text=text, marks=SPEED_MARKS)
    print(f"written to {out.relative_to(ROOT)}" + (f"; not measured: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
