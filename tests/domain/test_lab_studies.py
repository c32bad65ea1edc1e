"""Studies beside a model: refused people whose outcomes are assumed, sources one by one, and what neither may pretend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from django.core.management import call_command

from puhui.lab.train.ablate import ablate, difference, read_sources, spread
from puhui.lab.train.fit import one_thread, out_of_fold
from puhui.lab.train.rejects import compare, infer, join, parcel, read_rejects
from puhui.lab.train.table import TrainingDataInvalid, read_table

SEED = 20261122
HEAD = "load,steady,noise,propensity,bad"


def world(rows: int, *, seed: int, hidden: float) -> tuple[list[str], list[str]]:
    """Accepted and refused rows of one town. The lender refused by load, and by something that no column holds.

    `hidden` is how much riskier the refused are than their columns say, in log odds; one in four of them was financed all
    the same, the rest have no outcome.
    """
    source = np.random.Generator(np.random.PCG64(seed))
    accepted, refused = [], []
    for _ in range(rows):
        load, steady, noise = (int(one) for one in source.integers(0, 100, 3))
        turned = load + source.normal(0, 20) > 70
        log_odds = -3.2 + 0.025 * load + 0.02 * (50 - steady) + (hidden if turned else 0.0)
        bad = int(source.random() < 1 / (1 + np.exp(-log_odds)))
        explored = source.random() < 0.25
        line = f"{load},{steady},{noise}"
        if turned:
            refused.append(f"{line},{0.25 if explored else ''},{bad if explored else ''}")
        else:
            accepted.append(f"{line},,{bad}")
    return accepted, refused


def write(folder: Path, accepted: list[str], refused: list[str]) -> tuple[Path, Path]:
    files = (folder / "accepted.csv", folder / "refused.csv")
    for path, rows in zip(files, (accepted, refused), strict=True):
        path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return files


def inferred(folder: Path, *, hidden: float) -> dict[str, Any]:
    accepted, refused = write(folder, *world(6000, seed=SEED, hidden=hidden))
    table = read_table(accepted, target="bad", exclude=["propensity"])
    rejects = read_rejects(refused, like=table, target="bad", propensity="propensity")
    with one_thread():
        known = out_of_fold(table, {}, seeds=(1,))
        return infer(table, rejects, {}, known=known, factors=(1.0, 2.0), resamples=200)


def test_explored_outcomes_tell_a_right_assumption_from_a_wrong_one(tmp_path: Path) -> None:
    """Where the columns say all, the known good and bad are enough; where they do not, nobody is told that they are."""
    said_all = inferred(tmp_path, hidden=0.0)
    assert said_all["known"]["on_explored"]["within"], (SEED, said_all["known"])
    assert said_all["inferred"][0]["on_explored"]["within"], (SEED, said_all["inferred"][0])
    hiding = inferred(tmp_path, hidden=0.9)
    known = hiding["known"]["on_explored"]
    assert not known["within"] and known["expected_ppm"] < known["came"]["low_ppm"], (SEED, known)
    expects = [one["expected_of_rejects_ppm"] for one in hiding["inferred"]]
    assert known["expected_ppm"] < expects[0] * 1.1 < expects[1], (SEED, expects)
    # Separation is measured on accepted rows; what was assumed of the refused can hardly move it.
    for one in hiding["inferred"]:
        assert (
            abs(one["on_accepted"]["auc"]["value_ppm"] - hiding["known"]["on_accepted"]["auc"]["value_ppm"])
            < 30_000
        )


def test_parcels_are_whole_bands_drawn_by_seed() -> None:
    source = np.random.Generator(np.random.PCG64(SEED))
    pd, other = source.random(2000) * 0.3, source.random(500) * 0.4
    bad = (source.random(2000) < pd).astype(np.int64)
    assumed, bands = parcel(pd, bad, other, factor=1.0, seed=1)
    again, _ = parcel(pd, bad, other, factor=1.0, seed=1)
    assert (assumed == again).all() and sum(one["rejects"] for one in bands) == 500
    wanted = sum(round(one["assumed_bad_ppm"] * one["rejects"] / 1_000_000) for one in bands)
    assert abs(int(assumed.sum()) - wanted) <= 1
    shares = [one["assumed_bad_ppm"] for one in bands]
    assert (
        all(one >= two["bad_ppm"] for one, two in zip(shares, bands, strict=True)) and shares[-1] > shares[0]
    )
    doubled, more = parcel(pd, bad, other, factor=2.0, seed=1)
    assert doubled.sum() > assumed.sum() and all(one["assumed_bad_ppm"] <= 1_000_000 for one in more)
    capped, _ = parcel(pd, bad, other, factor=100.0, seed=1)
    assert capped[other > 0.1].all()


def test_few_outcomes_are_not_compared(tmp_path: Path) -> None:
    accepted, refused = write(tmp_path, *world(1500, seed=SEED, hidden=0.0))
    table = read_table(accepted, target="bad", exclude=["propensity"])
    rejects = read_rejects(refused, like=table, target="bad")
    few = rejects.observed.copy()
    few[np.flatnonzero(few)[20:]] = False
    pd = np.full(len(few), 0.1)
    assert compare(pd, rejects, resamples=20) is not None
    object.__setattr__(rejects, "observed", few)
    assert compare(pd, rejects, resamples=20) is None
    both = join(table, np.arange(10), rejects.table, np.ones(len(few), dtype=np.int64))
    assert len(both.bad) == 10 + len(few) and both.bad[10:] == (1,) * len(few)
    assert both.columns[0].numbers[:10] == table.columns[0].numbers[:10]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("steady,noise,propensity,bad\n" + "1,2,,\n" * 60, "no column 'load'"),
        (f"{HEAD}\n" + "1,2,3,,\n" * 10, "at least 50"),
        (f"{HEAD}\n" + "x,2,3,,\n" * 60, "line 2 holds 'x', not a number"),
        (
            f"{HEAD}\n" + "1,2,3,0.5,maybe\n" * 30 + "1,2,3,0.5,no\n" * 30,
            "other values than the training file",
        ),
        (f"{HEAD}\n" + "1,2,3,0,1\n" * 60, "a propensity is above 0"),
        (f"{HEAD}\n" + "1,2,3,often,1\n" * 60, "line 2 of 'propensity' is 'often'"),
    ],
)
def test_a_bad_file_of_rejects_is_named(tmp_path: Path, text: str, says: str) -> None:
    accepted, refused = write(tmp_path, *world(1500, seed=SEED, hidden=0.0))
    refused.write_text(text, encoding="utf-8")
    table = read_table(accepted, target="bad", exclude=["propensity"])
    with pytest.raises(TrainingDataInvalid, match=says):
        read_rejects(refused, like=table, target="bad", propensity="propensity")


def test_a_source_that_says_nothing_loses_nothing_and_one_that_speaks_is_missed(tmp_path: Path) -> None:
    accepted, _ = write(tmp_path, *world(6000, seed=SEED, hidden=0.0))
    table = read_table(accepted, target="bad", exclude=["propensity"])
    sources = read_sources(["record=load", "wages=steady"], table)
    assert sources == {"record": ("load",), "wages": ("steady",), "other": ("noise",)}
    with one_thread():
        found = ablate(table, sources, {}, record="record", resamples=100)
    by_name = {one["source"]: one for one in found["sources"]}
    for name in ("record", "wages"):
        assert by_name[name]["loses"]["auc"]["low_ppm"] > 0, (SEED, by_name[name])
        assert by_name[name]["alone"]["auc"]["low_ppm"] > 500_000, (SEED, by_name[name])
    noise = by_name["other"]["loses"]["auc"]
    assert noise["low_ppm"] <= 0 <= noise["high_ppm"] or abs(noise["value_ppm"]) < 5_000, (SEED, noise)
    known = {one["source"]: one["narrows"] for one in found["record"]["known"]}
    assert set(known) == {"wages", "other", "all of them"} and found["record"]["rows_without"] == 0
    assert known["wages"]["low_ppm"] > known["other"]["high_ppm"] and known["wages"]["low_ppm"] > 50_000, (
        known
    )


def test_spread_and_difference_at_their_ends() -> None:
    source = np.random.Generator(np.random.PCG64(SEED))
    full, noise = source.random(4000), source.random(4000)
    rows = np.arange(4000)
    whole = spread(full, None, rows)
    assert whole == pytest.approx(0.95, abs=0.02)
    assert spread(full, full, rows) == pytest.approx(0.095, abs=0.01)
    assert spread(full, noise, rows) == pytest.approx(whole, abs=0.03)
    bad = (source.random(4000) < full).astype(np.int64)
    same = difference(full, full, bad, resamples=20)
    assert {one["value_ppm"] for one in same.values()} == {0} == {one["high_ppm"] for one in same.values()}
    assert difference(full, noise, bad, resamples=20)["auc"]["low_ppm"] > 250_000


@pytest.mark.parametrize(
    ("given", "record", "says"),
    [
        (["record"], None, "write source=column"),
        (["record=load", "record=steady"], None, "each source once"),
        (["record=age"], None, "column 'age' is not used"),
        (["record=propensity"], None, "left out by the command"),
        (["record=load", "wages=load"], None, "in another source"),
        (["every=load,steady,noise"], None, "name at least two"),
        (["record=load"], "bureau", "--record bureau: no such source"),
    ],
)
def test_sources_that_cannot_be_meant_are_named(
    tmp_path: Path, given: list[str], record: str | None, says: str
) -> None:
    accepted, _ = write(tmp_path, *world(800, seed=SEED, hidden=0.0))
    table = read_table(accepted, target="bad", exclude=["propensity"])
    with pytest.raises(TrainingDataInvalid, match=says):
        ablate(table, read_sources(given, table), {}, record=record or "record", resamples=5)


def test_the_command_writes_both_studies_into_the_card(tmp_path: Path, capsys: Any) -> None:
    accepted, refused = write(tmp_path, *world(2000, seed=SEED, hidden=0.5))
    words = ["--data", str(accepted), "--target", "bad", "--exclude", "propensity", "--binning", "isotonic"]
    words += ["--out", str(tmp_path / "out"), "--name", "made", "--no-challenger"]
    call_command("lab", "train", *words, "--rejects", str(refused), "--propensity", "propensity",
                 "--ablate", "record=load", "wages=steady")  # fmt: skip
    plain = tmp_path / "plain"
    words[words.index(str(tmp_path / "out"))] = str(plain)
    call_command("lab", "train", *words)
    card = json.loads((tmp_path / "out/made.card.json").read_text(encoding="utf-8"))
    assert card["reject_inference"]["method"] == "parcelling" and len(card["sources"]["sources"]) == 3
    text = (tmp_path / "out/made.card.md").read_text(encoding="utf-8")
    assert "## Reject inference" in text and "Honest limit" in text and "(sources.svg)" in text
    picture = ElementTree.parse(tmp_path / "out/sources.svg").getroot()
    assert len([one for one in picture.iter() if one.tag.endswith("rect")]) == 1 + 1 + 2 * 3
    made, alone = (
        json.loads((folder / "made.json").read_text(encoding="utf-8")) for folder in (tmp_path / "out", plain)
    )
    assert made["features"] == alone["features"] and made["base_points"] == alone["base_points"]
    assert "reject_inference" not in json.loads((plain / "made.card.json").read_text(encoding="utf-8"))
