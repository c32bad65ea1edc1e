"""The second half of a training run: the challenger, the tests of both models, their report and the seal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.decisions.domain.challenger import parse_challenger
from puhui.decisions.registry.signing import write_manifest
from puhui.lab.train.card import figure, percent
from puhui.lab.train.challenger import boosted_out_of_fold, calibrate, fit_boosted, probability
from puhui.lab.train.challenger_document import make_challenger_document
from puhui.lab.train.fit import SEEDS, Binner, Specials, fit
from puhui.lab.train.metrics import Interval, calibration, intervals
from puhui.lab.train.report import FORMAT, plain, render_report
from puhui.lab.train.table import Table
from puhui.lab.train.validate import fairness, split_by_time, stability

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TREES = "challenger.txt"
CHALLENGER = "challenger.json"
REPORT = "report"
PEERS = ("numpy", "scipy", "scikit-learn", "lightgbm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the second half needs of the first."""

    table: Table  # the training file
    specials: Specials  # special values by column
    binner: Binner  # how the scorecard's columns are binned
    binning: str  # its name
    silence: bool  # whether absent values have evidence of their own
    training: dict[str, Any]  # what the documents say of the training
    command: str  # the whole command
    name: str  # of the scorecard
    scorecard_sha256: str  # content hash
    scorecard_pd: list[Floats]  # out of fold, by seed
    scorecard_measures: dict[str, Interval]  # out of fold
    time: str | None  # column of moments
    groups: tuple[str, ...]  # columns of the fairness report
    resamples: int  # of each bootstrap


def add_challenger(request: Request, out: Path) -> tuple[list[Path], Interval, dict[str, str]]:
    """This function will train the challenger, test both models and write files. Returns (files, KS, summary)."""
    table = request.table
    bad = np.array(table.bad, dtype=np.int64)
    log_odds = boosted_out_of_fold(table, request.specials)
    honest = calibrate(log_odds, bad)
    pd = [probability(one, honest) for one in log_odds]
    measures = intervals(pd, bad, resamples=request.resamples, seed=SEEDS[0])
    model = fit_boosted(table, np.arange(len(bad), dtype=np.int64), request.specials)
    summary = _summary(measures["ks"], request.scorecard_measures["ks"])
    document = make_challenger_document(
        model,
        table,
        name="challenger" if request.name == "scorecard" else f"{request.name}-challenger",
        trees_file=TREES,
        training=request.training
        | {"method": "monotone boosted trees of depth 2, Platt calibration out of fold"},
        calibration=honest,
        measures=measures,
        summary=summary,
    )
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    parse_challenger(text, model.text, name=CHALLENGER)  # what we write, the product accepts
    both = {"scorecard": request.scorecard_pd, "challenger": pd}
    report = _report(
        request, document, both, {"scorecard": request.scorecard_measures, "challenger": measures}
    )
    texts = {
        TREES: model.text,
        CHALLENGER: text,
        f"{REPORT}.json": json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        f"{REPORT}.md": render_report(report),
    }
    for file, content in texts.items():
        (out / file).write_text(content, encoding="utf-8")
    return [out / file for file in texts], measures["ks"], summary


def seal(out: Path, *, name: str, files: list[Path], key: Path | None, challenger: bool) -> list[Path]:
    """This function will write the manifest over all files of the run, signed if there is a key."""
    roles = {"scorecard": f"{name}.json"}
    if challenger:
        roles |= {"challenger": CHALLENGER, "trees": TREES}
    return write_manifest(out, name=name, roles=roles, files=[one.name for one in files], key=key)


def _summary(challenger: Interval, scorecard: Interval) -> dict[str, str]:
    more = (
        challenger.value_ppm
        - scorecard.value_ppm
        + (500 if challenger.value_ppm >= scorecard.value_ppm else -500)
    ) / 1000
    tenths = int(more)
    zh = [
        percent(one).replace(" ", "")
        for one in (challenger.value_ppm, challenger.low_ppm, challenger.high_ppm)
    ]
    points = f"{'+' if tenths >= 0 else '-'}{abs(tenths) // 10}.{abs(tenths) % 10}"
    return {
        "en": f"Challenger: out-of-fold KS {figure(challenger)}, {points} points against the scorecard.",
        "zh": f"挑战者模型：折外 KS {zh[0]}（95% 区间 {zh[1]} 到 {zh[2]}），与评分卡相差 {points} 个百分点。",
    }


def _report(
    request: Request,
    document: dict[str, Any],
    both: dict[str, list[Floats]],
    measures: dict[str, dict[str, Interval]],
) -> dict[str, Any]:
    table = request.table
    bad = np.array(table.bad, dtype=np.int64)
    mean = {model: np.mean(np.array(one), axis=0) for model, one in both.items()}
    return {
        "format": FORMAT,
        "name": request.name,
        "training": request.training,
        "command": request.command,
        "binning": request.binning,
        "silence_priced": request.silence,
        "versions": {name: version(name) for name in PEERS},
        "models": {"scorecard": request.scorecard_sha256, "challenger": document["content_sha256"]},
        "out_of_fold": {
            model: {name: plain(one) for name, one in own.items()} for model, own in measures.items()
        },
        "calibration": {model: calibration(one, bad) for model, one in mean.items()},
        "out_of_time": _out_of_time(request) if request.time else None,
        "fairness": {
            column: {model: fairness(table.kept[column], one, bad) for model, one in mean.items()}
            for column in request.groups
        },
        "monotone": {one["name"]: one["monotone"] for one in document["features"] if one["kind"] == "number"},
        "excluded": table.excluded,
    }


def _out_of_time(request: Request) -> dict[str, Any]:
    """Both models trained on the early rows only, and measured on the late ones."""
    assert request.time is not None
    table, specials = request.table, request.specials
    periods = split_by_time(table.kept[request.time], request.time)
    bad = np.array(table.bad, dtype=np.int64)
    card = fit(table, periods.early, specials, binner=request.binner, silence=request.silence)
    trees = fit_boosted(table, periods.early, specials)
    matrix = trees.matrix(table)
    raw = trees.booster.predict(matrix, raw_score=True, num_threads=1)
    honest = calibrate([raw[periods.early]], bad[periods.early])
    pd = {
        "scorecard": card.predict(table, np.arange(len(bad), dtype=np.int64)),
        "challenger": probability(raw, honest),
    }
    late = periods.late
    return {
        "column": request.time,
        "first_late": periods.first_late,
        "early_rows": len(periods.early),
        "late_rows": len(late),
        "measures": {
            model: {
                name: plain(one)
                for name, one in intervals(
                    [own[late]], bad[late], resamples=request.resamples, seed=SEEDS[0]
                ).items()
            }
            for model, own in pd.items()
        },
        "psi": {
            model: plain(stability(own[periods.early], own[late], resamples=request.resamples, seed=SEEDS[0]))
            for model, own in pd.items()
        },
    }
