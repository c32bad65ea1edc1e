"""One training run, from a file of past loans to a scorecard, its card and its identity."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np

from puhui.decisions.domain.scorecard import parse_scorecard
from puhui.lab.train.ablate import ablate, read_sources
from puhui.lab.train.binning import make_binning
from puhui.lab.train.card import make_card, make_summary, render_card
from puhui.lab.train.document import make_document
from puhui.lab.train.fit import FOLDS, SEEDS, Binner, Floats, Model, Specials, fit, one_thread, out_of_fold
from puhui.lab.train.leakage import CEILING_KS, check_columns, check_model
from puhui.lab.train.metrics import Interval, calibration, intervals, ppm, rank, separation
from puhui.lab.train.optimal import OptimalBinner, find_interpreter
from puhui.lab.train.pair import Request, add_challenger, seal
from puhui.lab.train.rejects import infer, read_rejects
from puhui.lab.train.studies import Studies
from puhui.lab.train.table import LARGEST, Column, Table, TrainingDataInvalid, read_table
from puhui.lab.train.validate import check_periods, split_by_time

RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a run wrote."""

    files: tuple[Path, ...]  # scorecard and its card, challenger, report, manifest, signature
    sha256: str  # content hash of the scorecard
    ks: Interval  # of the scorecard, out of fold
    challenger_ks: Interval | None  # of the challenger, out of fold; None if none was trained
    summary: dict[str, str]  # what came out, by language


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run may be told beside the file and its target."""

    exclude: tuple[str, ...] = ()  # columns to leave out
    special: Mapping[str, list[str]] = field(
        default_factory=dict
    )  # values that mean something else, by column
    notes: Path | None = None  # sentences for the card
    holdout: Path | None = None  # rows never used in training
    time: str | None = None  # column of moments, for the out-of-time test
    groups: tuple[str, ...] = ()  # columns of the fairness report
    bad_value: str | None = None  # the target's value that means bad
    key: Path | None = None  # to sign with
    missing: str = (
        "scored"  # "scored": absent and special values have evidence; "neutral": 0 points, as G2 asks
    )
    binning: str = "auto"  # "optbinning", "isotonic", or the first that is there
    challenger: bool = True  # whether to train one
    trust: tuple[str, ...] = ()  # columns that the leakage guard lets pass
    ceiling: float = CEILING_KS * 100  # out-of-fold KS in % that nobody reaches honestly
    resamples: int = RESAMPLES  # of each bootstrap
    rejects: Path | None = None  # refused applications, for reject inference beside the model
    propensity: str | None = None  # their column with the probability of having been financed all the same
    sources: tuple[str, ...] = ()  # "name=column,column": study each source
    record: str | None = None  # the source that people without a credit record lack; None = the first


def train(*, data: Path, target: str, out: Path, name: str, options: Options) -> Trained:
    """This function will train on `data` and write to `out`: `name`.json with its card, and unless told otherwise the
    challenger, the report on both, and in any case the manifest.

    Raises: TrainingDataInvalid for a file that cannot be used.
    """
    interpreter = _interpreter(options.binning)
    with one_thread(), OptimalBinner(interpreter) if interpreter else nullcontext(make_binning) as binner:
        return _train(data, target, out, name, options, binner, "optbinning" if interpreter else "isotonic")


def _interpreter(binning: str) -> str | None:
    if binning == "isotonic":
        return None
    found = find_interpreter()
    if found is None and binning == "optbinning":
        raise TrainingDataInvalid(
            "--binning optbinning: no interpreter here can import optbinning; run `make bench` once,"
            " or name one in PUHUI_TRAIN_PYTHON",
            "--binning optbinning：没有装有 optbinning 的解释器；请先运行 `make bench`，或在 PUHUI_TRAIN_PYTHON 中指明",
        )
    return found


def _train(
    data: Path, target: str, out: Path, name: str, options: Options, binner: Binner, binning: str
) -> Trained:
    table, specials = _read(data, target, options)
    silence = options.missing == "scored"
    bad = np.array(table.bad, dtype=np.int64)
    every = np.arange(len(bad), dtype=np.int64)
    model = fit(table, every, specials, binner=binner, silence=silence)
    ordered = not model.is_ordered  # a scorecard must be: fit it so, and measure what is fitted
    if ordered:
        model = fit(table, every, specials, binner=binner, silence=silence, ordered=True)
    predictions = out_of_fold(table, specials, binner=binner, silence=silence, ordered=ordered)
    measures = intervals(predictions, bad, resamples=options.resamples, seed=SEEDS[0])
    check_model("scorecard", measures["ks"].low_ppm, round(options.ceiling * 10_000))
    if not model.features:
        raise TrainingDataInvalid(
            f"{data.name}: no column says anything about {target!r}; add columns that were known before the outcome",
            f"{data.name}：没有任何列与 {target!r} 有关；请补充事先可知的列",
        )
    training = _training(data, target, name, options, table, model, binning)
    summary = make_summary(measures["ks"], len(bad), int(bad.sum()))
    document = make_document(model, table, name=name, training=training, summary=summary)
    studies = _studies(options, table, target, predictions, specials, binner)
    card = make_card(
        document,
        measures=measures,
        calibration=calibration(np.mean(np.array(predictions), axis=0), bad),
        dropped=model.dropped,
        notes=_notes(options.notes),
        holdout=_holdout(model, options.holdout, target, list(options.exclude), table),
    )
    written = _write(out, name, document, card | studies.card, measures, studies, silence_priced=silence)
    if not options.challenger:
        sealed = seal(out, name=name, files=list(written.files), key=options.key, challenger=False)
        return replace(written, files=(*written.files, *sealed))
    request = Request(
        table=table,
        specials=specials,
        binner=binner,
        silence=silence,
        binning=binning,
        training=training,
        command=training["command"],
        name=name,
        scorecard_sha256=written.sha256,
        scorecard_pd=predictions,
        scorecard_measures=measures,
        time=options.time,
        groups=options.groups,
        resamples=options.resamples,
    )
    return _with_challenger(request, out, written, options.key)


def _studies(
    options: Options, table: Table, target: str, known: list[Floats], specials: Specials, binner: Binner
) -> Studies:
    """What was asked for beside the model; nothing of it touches the scorecard."""
    silence, found = options.missing == "scored", Studies()
    if options.rejects is not None:
        refused = read_rejects(options.rejects, like=table, target=target, propensity=options.propensity)
        inferred = infer(
            table, refused, specials, known=known, binner=binner, silence=silence, resamples=options.resamples
        )
        found = replace(found, rejects=inferred)
    if options.sources:
        sources = read_sources(options.sources, table)
        studied = ablate(
            table,
            sources,
            specials,
            record=options.record or next(iter(sources)),
            binner=binner,
            silence=silence,
            resamples=options.resamples,
        )
        found = replace(found, sources=studied)
    return found


def _read(data: Path, target: str, options: Options) -> tuple[Table, Specials]:
    """The file, and whether it can be used: enough rows of each kind, and no column that knows the outcome."""
    keep = tuple(dict.fromkeys([*([options.time] if options.time else []), *options.groups]))
    table = read_table(
        data, target=target, exclude=list(options.exclude), keep=keep, bad_value=options.bad_value
    )
    specials = _specials(table, options.special)
    bad = sum(table.bad)
    if min(bad, len(table.bad) - bad) < 10 * FOLDS:
        raise TrainingDataInvalid(
            f"{data.name}: {bad} bad rows of {len(table.bad)}; at least {10 * FOLDS} of each kind are needed, add rows",
            f"{data.name}：{len(table.bad)} 行中 {bad} 行为坏；好坏至少各需 {10 * FOLDS} 行，请补充数据",
        )
    if options.time is not None:
        periods = split_by_time(table.kept[options.time], options.time)
        check_periods(periods, np.array(table.bad, dtype=np.int64), options.time)
    check_columns(table, options.trust)
    return table, specials


def _training(
    data: Path, target: str, name: str, options: Options, table: Table, model: Model, binning: str
) -> dict[str, Any]:
    return {
        "file": data.name,
        "file_sha256": table.sha256,
        "target": target,
        "bad_value": table.bad_value,
        "rows": len(table.bad),
        "bad": sum(table.bad),
        "excluded": table.excluded,
        "method": _method(model, binning),
        "folds": FOLDS,
        "seeds": list(SEEDS),
        "resamples": options.resamples,
        "command": _command(data, target, name, options, binning),
    }


def _with_challenger(request: Request, out: Path, written: Trained, key: Path | None) -> Trained:
    more, ks, about = add_challenger(request, out)
    files = [*written.files, *more]
    sealed = seal(out, name=request.name, files=files, key=key, challenger=True)
    return Trained(
        files=(*files, *sealed),
        sha256=written.sha256,
        ks=written.ks,
        challenger_ks=ks,
        summary={language: f"{text} {about[language]}" for language, text in written.summary.items()},
    )


def _method(model: Model, binning: str) -> str:
    if model.refined:
        return "monotone bins fitted together by ridge and lasso, directions learnt"
    return f"{binning} monotone bins, weight of evidence, logistic regression"


def _write(
    out: Path,
    name: str,
    document: dict[str, Any],
    card: dict[str, Any],
    measures: dict[str, Interval],
    studies: Studies,
    *,
    silence_priced: bool,
) -> Trained:
    texts = {
        f"{name}.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        f"{name}.card.json": json.dumps(card, indent=1, ensure_ascii=False) + "\n",
        f"{name}.card.md": render_card(card, document, measures, more=studies.lines),
        **studies.files,
    }
    parse_scorecard(texts[f"{name}.json"], name=f"{name}.json", silence_priced=silence_priced)
    out.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (out / file).write_text(text, encoding="utf-8")
    return Trained(
        files=tuple(out / file for file in texts),
        sha256=document["content_sha256"],
        ks=measures["ks"],
        challenger_ks=None,
        summary=document["summary"],
    )


def _specials(table: Table, special: Mapping[str, list[str]]) -> Specials:
    by_name = {one.name: one for one in table.columns}
    found: Specials = {}
    for column, values in special.items():
        if column not in by_name or by_name[column].kind != "number":
            raise TrainingDataInvalid(
                f"--special {column}: not a numeric column that is used; name one, or leave it out",
                f"--special {column}：不是使用中的数字列；请另选，或不写",
            )
        found[column] = tuple(_scaled(by_name[column], value) for value in values)
    return found


def _scaled(column: Column, text: str) -> int:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or abs(value) > LARGEST:
        raise TrainingDataInvalid(
            f"--special {column.name}={text}: not a number; write it as it stands in the file",
            f"--special {column.name}={text}：不是数字；请按文件中的写法填写",
        )
    scaled = value.scaleb(column.decimals)
    if scaled != scaled.to_integral_value():
        raise TrainingDataInvalid(
            f"--special {column.name}={text}: the column has {column.decimals} digits after the point; write no more",
            f"--special {column.name}={text}：该列小数位数为 {column.decimals}；请勿多写",
        )
    return int(scaled)


def _notes(path: Path | None) -> dict[str, list[str]]:
    if path is None:
        return {"en": [], "zh": []}
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    if set(found) != {"en", "zh"} or not all(
        isinstance(one, str) for lines in found.values() for one in lines
    ):
        raise TrainingDataInvalid(
            f"{path.name}: expected lists of sentences named 'en' and 'zh'",
            f"{path.name}：应有名为 'en' 和 'zh' 的句子列表",
        )
    return {"en": found["en"], "zh": found["zh"]}


def _holdout(
    model: Model, path: Path | None, target: str, exclude: list[str], trained: Table
) -> dict[str, Any] | None:
    """Scores rows that took no part in training. Columns must have the same type and decimals."""
    if path is None:
        return None
    table = read_table(path, target=target, exclude=exclude)
    kinds = {one.name: (one.kind, one.decimals) for one in trained.columns}
    for one in table.columns:
        if one.name in kinds and kinds[one.name] != (one.kind, one.decimals):
            raise TrainingDataInvalid(
                f"{path.name}: column {one.name!r} has another type than in the training file; write it the same way",
                f"{path.name}：列 {one.name!r} 的类型与训练文件不同；请用同样的写法",
            )
    bad = np.array(table.bad, dtype=np.int64)
    ks, auc = separation(
        rank(model.predict(table, np.arange(len(bad), dtype=np.int64))), bad, np.ones(len(bad))
    )
    return {
        "file": path.name,
        "rows": len(bad),
        "bad": int(bad.sum()),
        "ks_ppm": ppm(ks),
        "auc_ppm": ppm(auc),
    }


def _command(data: Path, target: str, name: str, options: Options, binning: str) -> str:
    """The command that gives the same scorecard again; what does not touch its bytes (key, challenger) is not in it."""
    words = ["puhui lab train", f"--data {data.name}", f"--target {target}", f"--name {name}"]
    words += [f"--bad {options.bad_value}"] if options.bad_value else []
    words += [f"--time {options.time}"] if options.time else []
    words += [f"--group {' '.join(options.groups)}"] if options.groups else []
    words += [f"--exclude {' '.join(options.exclude)}"] if options.exclude else []
    words += [f"--special {column}={','.join(values)}" for column, values in options.special.items()]
    words += ["--missing neutral"] if options.missing == "neutral" else []
    words += [f"--trust {' '.join(options.trust)}"] if options.trust else []
    words += [f"--notes {options.notes.name}"] if options.notes else []
    words += [f"--holdout {options.holdout.name}"] if options.holdout else []
    words += [f"--rejects {options.rejects.name}"] if options.rejects else []
    words += [f"--propensity {options.propensity}"] if options.propensity else []
    words += [f"--ablate {' '.join(options.sources)}"] if options.sources else []
    words += [f"--record {options.record}"] if options.record else []
    words += [f"--binning {binning}"] if binning != "isotonic" else []
    return " ".join(words)
