"""One training run, from a file of past loans to a scorecard, its card and its identity."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from puhui.decisions.domain.scorecard import parse_scorecard
from puhui.lab.train.card import make_card, make_summary, render_card
from puhui.lab.train.document import make_document
from puhui.lab.train.fit import FOLDS, SEEDS, Model, Specials, fit, out_of_fold
from puhui.lab.train.metrics import Interval, calibration, intervals, ppm, rank, separation
from puhui.lab.train.table import Column, Table, TrainingDataInvalid, read_table

RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a run wrote."""

    files: tuple[Path, ...]  # scorecard, card as JSON, card as Markdown
    sha256: str  # content hash of the scorecard
    ks: Interval  # out of fold
    summary: dict[str, str]  # one sentence a language


def train(
    *,
    data: Path,
    target: str,
    out: Path,
    name: str,
    exclude: list[str],
    special: dict[str, list[str]],
    notes: Path | None,
    holdout: Path | None,
    resamples: int = RESAMPLES,
) -> Trained:
    """This function will train a scorecard on `data` and write `name`.json, `name`.card.json and `name`.card.md to `out`.

    Raises: TrainingDataInvalid for a file that cannot be used.
    """
    table = read_table(data, target=target, exclude=exclude)
    specials = _specials(table, special)
    bad = np.array(table.bad, dtype=np.int64)
    if min(int(bad.sum()), int((1 - bad).sum())) < 10 * FOLDS:
        raise TrainingDataInvalid(
            f"{data.name}: {int(bad.sum())} bad rows of {len(bad)}; at least {10 * FOLDS} of each kind"
        )
    predictions = out_of_fold(table, specials)
    measures = intervals(predictions, bad, resamples=resamples, seed=SEEDS[0])
    model = fit(table, np.arange(len(bad), dtype=np.int64), specials)
    if not model.features:
        raise TrainingDataInvalid(f"{data.name}: no column says anything about {target!r}")
    training = {
        "file": data.name,
        "file_sha256": table.sha256,
        "target": target,
        "bad_value": table.bad_value,
        "rows": len(bad),
        "bad": int(bad.sum()),
        "excluded": table.excluded,
        "method": "isotonic monotone bins, weight of evidence, logistic regression",
        "folds": FOLDS,
        "seeds": list(SEEDS),
        "resamples": resamples,
        "command": _command(data, target, name, exclude, special, notes, holdout),
    }
    summary = make_summary(measures["ks"], len(bad), int(bad.sum()))
    document = make_document(model, table, name=name, training=training, summary=summary)
    card = make_card(
        document,
        measures=measures,
        calibration=calibration(np.mean(np.array(predictions), axis=0), bad),
        dropped=model.dropped,
        notes=_notes(notes),
        holdout=_holdout(model, holdout, target, exclude, table),
    )
    return _write(out, name, document, card, measures)


def _write(
    out: Path, name: str, document: dict[str, Any], card: dict[str, Any], measures: dict[str, Interval]
) -> Trained:
    texts = {
        f"{name}.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        f"{name}.card.json": json.dumps(card, indent=1, ensure_ascii=False) + "\n",
        f"{name}.card.md": render_card(card, document, measures),
    }
    parse_scorecard(texts[f"{name}.json"], name=f"{name}.json")  # what we write, the product accepts
    out.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (out / file).write_text(text, encoding="utf-8")
    return Trained(
        files=tuple(out / file for file in texts),
        sha256=document["content_sha256"],
        ks=measures["ks"],
        summary=document["summary"],
    )


def _specials(table: Table, special: dict[str, list[str]]) -> Specials:
    by_name = {one.name: one for one in table.columns}
    found: Specials = {}
    for column, values in special.items():
        if column not in by_name or by_name[column].kind != "number":
            raise TrainingDataInvalid(f"--special {column}: not a numeric column that is used")
        found[column] = tuple(_scaled(by_name[column], value) for value in values)
    return found


def _scaled(column: Column, text: str) -> int:
    whole, _, part = text.partition(".")
    try:
        return int(whole + part.ljust(column.decimals, "0")[: column.decimals])
    except ValueError:
        raise TrainingDataInvalid(f"--special {column.name}={text}: not a number") from None


def _notes(path: Path | None) -> dict[str, list[str]]:
    if path is None:
        return {"en": [], "zh": []}
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    if set(found) != {"en", "zh"} or not all(
        isinstance(one, str) for lines in found.values() for one in lines
    ):
        raise TrainingDataInvalid(f"{path.name}: expected lists of sentences named 'en' and 'zh'")
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
                f"{path.name}: column {one.name!r} has another type than in the training file"
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


def _command(
    data: Path,
    target: str,
    name: str,
    exclude: list[str],
    special: dict[str, list[str]],
    notes: Path | None,
    holdout: Path | None,
) -> str:
    words = ["puhui lab train", f"--data {data.name}", f"--target {target}", f"--name {name}"]
    words += [f"--exclude {' '.join(exclude)}"] if exclude else []
    words += [f"--special {column}={','.join(values)}" for column, values in special.items()]
    words += [f"--notes {notes.name}"] if notes else []
    words += [f"--holdout {holdout.name}"] if holdout else []
    return " ".join(words)
