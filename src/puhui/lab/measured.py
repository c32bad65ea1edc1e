"""`docs/reference/decisions.md`: what was measured of scores and decisions, written from what the commands printed.

`python -m puhui.lab.measured FILE…` reads outputs of `puhui lab ks` and of `make bench` (build/bench.json) and writes the
page; no figure of it is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "decisions.md"
HEAD = re.compile(r"(\S+): (\d+) rows, (\d+) bad; KS out of fold, .*?(?:; ceiling ([\d.]+) %)?")
ROW = re.compile(r"\| (scorecard|challenger) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (?:up to )?(.+?) \|")
# name of the file → what it is, and the level that the interval of scorecard and challenger is to reach
SETS = {
    "dev.csv.gz": ("Taiwan credit cards (UCI 350)", 41, 43),
    "credit_data.csv": ("Spain, instalment credit", 50, 54),
    "germancredit.csv": ("German credit", 45, 45),
}
LINES = {
    "policy_vs_zen": "the policy's tables with trace, against ZEN's `evaluate` without; no answer differs",
    "replay_vs_zen_batch": "the same over columns with reasons, a million requests, against ZEN's `evaluate_batch`",
    "scorecard_vs_optbinning": "one row with four reasons, against optbinning's `score`",
    "scorecard_vs_onnx": "the same, against ONNX runtime without reasons",
    "gbm_vs_lightgbm": "one row, 400 trees, against LightGBM's `predict`; no leaf differs",
    "features_vs_duckdb": "five point-in-time features of one customer, against a DuckDB prepared statement",
    "features_vs_sqlite": "the same, against SQLite in memory with an index",
    "decision_p50_us": "a whole decision in process, half are faster",
    "decision_p99_us": "the same, 99 of 100 are faster",
    "decision_from_db_p99_ms": "a whole decision with everything read from SQLite",
    "decision_from_db_p99_ms_postgres": "the same from PostgreSQL",
    "calibration_us": "a fixed loop of whole numbers, to compare machines by",
    "cores": "processors of the machine",
    "load_1m": "processes that wanted one in the minute before; an idle machine has none",
}
ABOUT = """# Scores and decisions, measured

<!-- Written by `python -m puhui.lab.measured` from what the commands below printed. Do not edit this page. -->

## KS, out of fold

Five folds, pooled, mean of seeds 1 to 5; everything that learns, learns inside each fold. Columns that name age, sex, marital status or
nationality are never used, by either side. The reference recipe ships in `src/puhui/lab/reference.py`: ten quantile bins + logistic regression
for the scorecard, LightGBM's defaults for the challenger, on the same folds. Intervals (95 %) resample the rows.

```
puhui lab ks --data FILE --target COL --ceiling PERCENT
```

| file | model | KS | 95 % interval | reference | shuffled label | chance ends at | level to reach | ceiling |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
BETWEEN = """
A level is reached if the interval reaches it. `make release-check` runs all three files with `PUHUI_SCORING_DATA` set.

## Speed

```
make bench ARGS="calibration journeys scores policy features"
```

| line | what | goal | measured | |
| --- | --- | --- | --- | --- |
"""
FOOT = """
Each peer answers the same rows first; the run stops if an answer differs. Ratios of the least times of several turns, one thread, the same run.
A line that a run left out keeps its figure of the run before. Absolute lines hold on an idle machine; `calibration_us` and `load_1m` say how busy it was.
"""


class MeasuredUnreadable(ValueError):
    """A file is neither an output of `puhui lab ks` nor of `make bench`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSet:
    """One file of loans as `puhui lab ks` printed it."""

    file: str  # name
    rows: str  # in it
    ceiling: str  # KS that nobody reaches honestly, "" where none was given
    models: tuple[tuple[str, ...], ...]  # model, KS, interval, reference, shuffled, end of chance


def read_set(text: str) -> MeasuredSet:
    """This function will read what `puhui lab ks` printed. Raises: MeasuredUnreadable."""
    head, models = HEAD.search(text), tuple(ROW.findall(text))
    if head is None or [one[0] for one in models] != ["scorecard", "challenger"]:
        raise MeasuredUnreadable("not an output of `puhui lab ks`")
    ceiling = re.search(r"; ceiling ([\d.]+) %", text)
    return MeasuredSet(
        file=head[1], rows=f"{int(head[2]):,}", ceiling=ceiling[1] if ceiling else "", models=models
    )


def write_page(sets: Sequence[MeasuredSet], lines: Sequence[dict[str, object]], *, before: str = "") -> str:
    """This function will write the page; `lines` are those of build/bench.json.

    A file of loans or a line that was not measured now keeps its rows of the page `before`.
    """
    body = ABOUT
    given = {one.file: one for one in sets}
    for name in [*SETS, *(name for name in given if name not in SETS)]:
        body += _rows(given[name]) if name in given else _kept(before, SETS[name][0])
    body += BETWEEN
    found = {str(line["name"]): line for line in lines}
    for name, what in LINES.items():
        if name in found:
            body += f"| `{name}` | {what} | {_cells(found[name])} |\n"
        else:
            body += _kept_line(before, name, what)
    return body + FOOT


def _rows(one: MeasuredSet) -> str:
    title, *levels = SETS.get(one.file, (one.file, "", ""))
    found = ""
    for place, (model, ks, interval, reference, shuffled, chance) in enumerate(one.models):
        name = f"{title}, {one.rows} rows" if place == 0 else ""
        cells = [name, model, ks, interval, reference, shuffled, chance, levels[place], one.ceiling]
        found += f"| {' | '.join(map(str, cells))} |\n"
    return found


def _kept(before: str, title: str) -> str:
    """The two rows of a file as they stood."""
    rows = before.splitlines()
    at = next((place for place, row in enumerate(rows) if row.startswith(f"| {title}, ")), None)
    if at is None:
        return f"| {title} | not measured in this run | | | | | | | |\n"
    return "".join(f"{row}\n" for row in rows[at : at + 2])


def _kept_line(before: str, name: str, what: str) -> str:
    """The row of a line as it stood."""
    row = next((one for one in before.splitlines() if one.startswith(f"| `{name}` |")), "")
    return f"{row}\n" if row else f"| `{name}` | {what} | | not measured in this run | |\n"


def _cells(line: dict[str, object]) -> str:
    unit = "×" if line["unit"] == "x" else str(line["unit"])
    goal = "" if line["goal"] is None else f"{_figure(line['goal'])} {unit}"
    met = {True: "met", False: "not met"}.get(bool(line["met"]), "") if line["met"] is not None else ""
    return f"{goal} | {_figure(line['value'])} {unit} | {met}"


def _figure(value: object) -> str:
    number = float(str(value))
    return f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:,.2f}"


def main() -> None:
    """This function will write the page from the files named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m puhui.lab.measured")
    parser.add_argument("files", nargs="+", type=Path, help="outputs of `puhui lab ks`, and build/bench.json")
    sets: list[MeasuredSet] = []
    lines: list[dict[str, object]] = []
    for path in parser.parse_args().files:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            lines += json.loads(text)
        else:
            sets.append(read_set(text))
    page = write_page(sets, lines, before=PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(page, encoding="utf-8")
    print(f"puhui: wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
