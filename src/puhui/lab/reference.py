"""The reference recipe, what anybody does in an hour: quantile bins + logistic regression, and LightGBM's defaults.

`puhui lab ks` measures our two models and these two on the same folds of the same columns, and both of ours on a label
that was shuffled: those must lie where chance lies, or the recipe itself tells them the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]

from puhui.lab.train.challenger import boosted_out_of_fold
from puhui.lab.train.fit import FOLDS, SEEDS, one_thread, out_of_fold
from puhui.lab.train.metrics import Interval, intervals, ppm, rank, separation
from puhui.lab.train.table import Column, Table, read_table, with_outcome

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 10  # quantiles of a number
PERMUTATIONS = 400  # of the chance band
CHANCE = 0.99  # quantile that ends the band; below it knows nothing
SLACK_PPM = 5_000  # by which ours may be below the reference: half a point of KS
RESAMPLES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One of our models beside its reference."""

    name: str  # "scorecard" or "challenger"
    ours: Interval  # out-of-fold KS, mean over the seeds, with its interval
    reference: Interval  # the same of the reference recipe
    shuffled_ppm: int  # KS of ours on shuffled labels
    chance_ppm: int  # end of the permutation band: KS that a score without knowledge hardly exceeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Both models on one file."""

    file: str  # name
    rows: int  # in it
    bad: int  # of them bad
    seeds: tuple[int, ...]  # of the folds
    ceiling_ppm: int | None  # KS that nobody reaches honestly
    pairs: tuple[Pair, ...]  # scorecard, challenger

    def failures(self) -> list[str]:
        """This function will say which of the three comparisons fail: reference, chance, ceiling."""
        found = []
        for one in self.pairs:
            if one.ours.value_ppm < one.reference.value_ppm - SLACK_PPM:
                found.append(
                    f"{one.name}: KS {_percent(one.ours.value_ppm)} is below the reference's"
                    f" {_percent(one.reference.value_ppm)} by more than {_percent(SLACK_PPM)}"
                )
            if one.shuffled_ppm > one.chance_ppm:
                found.append(
                    f"{one.name}: KS {_percent(one.shuffled_ppm)} on shuffled labels is above the permutation band, which"
                    f" ends at {_percent(one.chance_ppm)}: validation rows leak into training"
                )
            if self.ceiling_ppm is not None and one.ours.low_ppm > self.ceiling_ppm:
                found.append(
                    f"{one.name}: KS {_percent(one.ours.low_ppm)} to {_percent(one.ours.high_ppm)} lies above the ceiling"
                    f" {_percent(self.ceiling_ppm)}: a column knows the outcome"
                )
        return found


def measure(
    *,
    data: Path,
    target: str,
    exclude: Sequence[str] = (),
    bad_value: str | None = None,
    ceiling: float | None = None,
    seeds: tuple[int, ...] = SEEDS,
    shuffled: bool = True,
) -> Measured:
    """This function will measure our recipe and the reference on a file: KS out of fold, pooled, mean over `seeds`.

    `ceiling` is a percentage. Raises: TrainingDataInvalid for a file that cannot be used.
    """
    table = read_table(data, target=target, exclude=list(exclude), bad_value=bad_value)
    bad = np.array(table.bad, dtype=np.int64)
    recipes: list[tuple[str, Callable[..., list[Floats]], Callable[..., list[Floats]]]] = [
        ("scorecard", out_of_fold, logistic_out_of_fold),
        ("challenger", boosted_out_of_fold, defaults_out_of_fold),
    ]
    with one_thread():
        pairs = tuple(
            Pair(
                name=name,
                ours=_ks(ours(table, {}, seeds=seeds), bad),
                reference=_ks(reference(table, seeds=seeds), bad),
                **_chance(table, ours, seeds[0], shuffled=shuffled),
            )
            for name, ours, reference in recipes
        )
    return Measured(
        file=data.name,
        rows=len(bad),
        bad=int(bad.sum()),
        seeds=seeds,
        ceiling_ppm=None if ceiling is None else round(ceiling * 10_000),
        pairs=pairs,
    )


def render(found: Measured) -> str:
    """This function will write the figures as a Markdown table, as in `docs/reference/decisions.md`."""
    ceiling = "" if found.ceiling_ppm is None else f"; ceiling {_percent(found.ceiling_ppm)}"
    return "\n".join(
        [
            f"{found.file}: {found.rows} rows, {found.bad} bad; KS out of fold, pooled, mean of seeds"
            f" {', '.join(map(str, found.seeds))}{ceiling}",
            "",
            "| model | KS | 95 % interval | reference | shuffled label | permutation band |",
            "| --- | --- | --- | --- | --- | --- |",
            *[
                f"| {one.name} | {_percent(one.ours.value_ppm)} | {_percent(one.ours.low_ppm)} to {_percent(one.ours.high_ppm)}"
                f" | {_percent(one.reference.value_ppm)} | {_percent(one.shuffled_ppm)}"
                f" | up to {_percent(one.chance_ppm)} |"
                for one in found.pairs
            ],
        ]
    )


def logistic_out_of_fold(table: Table, *, seeds: tuple[int, ...] = SEEDS) -> list[Floats]:
    """This function will return the reference scorecard's pooled probabilities: a dummy a bin, logistic regression."""

    def predict(train: Ints, test: Ints, bad: Ints) -> Floats:
        blocks = [_dummies(one, train) for one in table.columns]
        matrix = np.column_stack(blocks)
        model = LogisticRegression(max_iter=1000).fit(matrix[train], bad[train])
        return np.asarray(model.predict_proba(matrix[test])[:, 1], dtype=np.float64)

    return _pooled(table, predict, seeds)


def defaults_out_of_fold(table: Table, *, seeds: tuple[int, ...] = SEEDS) -> list[Floats]:
    """This function will return pooled probabilities of LightGBM with its defaults (100 trees, 31 leaves, rate 0.1)."""
    import lightgbm

    matrix = np.column_stack([_plain(one) for one in table.columns])
    texts = [i for i, one in enumerate(table.columns) if one.kind == "category"]

    def predict(train: Ints, test: Ints, bad: Ints) -> Floats:
        data = lightgbm.Dataset(matrix[train], bad[train], categorical_feature=texts)
        still: dict[str, Any] = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1}
        booster = lightgbm.train(still | {"deterministic": True}, data)
        return np.asarray(booster.predict(matrix[test], num_threads=1), dtype=np.float64)

    return _pooled(table, predict, seeds)


def _pooled(
    table: Table, predict: Callable[[Ints, Ints, Ints], Floats], seeds: tuple[int, ...]
) -> list[Floats]:
    bad = np.array(table.bad, dtype=np.int64)
    found = []
    for seed in seeds:
        pooled = np.zeros(len(bad))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(np.zeros(len(bad)), bad)
        for train, test in folds:
            pooled[test] = predict(train.astype(np.int64), test.astype(np.int64), bad)
        found.append(pooled)
    return found


def _dummies(column: Column, train: Ints) -> Floats:
    """One column of zeros and ones per quantile bin or category of the training rows, absent being one of its own."""
    values = _plain(column)
    if column.kind == "number":
        seen = values[train][~np.isnan(values[train])]
        cuts = np.unique(np.quantile(seen, np.linspace(0, 1, BINS + 1)[1:-1])) if len(seen) else np.array([])
        place = np.searchsorted(cuts, values, side="right")
        place[np.isnan(values)] = len(cuts) + 1
        width = len(cuts) + 2
    else:
        place = np.where(np.isnan(values), 0, values + 1).astype(np.int64)
        width = int(place.max()) + 1
    return np.asarray(np.eye(width)[place], dtype=np.float64)


def _plain(column: Column) -> Floats:
    if column.kind == "number":
        return np.array([np.nan if one is None else one for one in column.numbers], dtype=np.float64)
    names = {text: i for i, text in enumerate(sorted({one for one in column.texts if one is not None}))}
    return np.array([np.nan if one is None else names[one] for one in column.texts], dtype=np.float64)


def _ks(predictions: list[Floats], bad: Ints) -> Interval:
    return intervals(predictions, bad, resamples=RESAMPLES, seed=SEEDS[0])["ks"]


def _chance(table: Table, ours: Callable[..., list[Floats]], seed: int, *, shuffled: bool) -> dict[str, int]:
    """KS of ours on a shuffled label, and the end of the band of that score's KS over permutations of the label."""
    if not shuffled:
        return {"shuffled_ppm": 0, "chance_ppm": 0}
    source = np.random.Generator(np.random.PCG64(seed))
    bad = source.permutation(np.array(table.bad, dtype=np.int64))
    [score] = ours(with_outcome(table, bad.tolist()), {}, seeds=(seed,))
    ranked, ones = rank(score), np.ones(len(bad))
    drawn = [separation(ranked, source.permutation(bad), ones)[0] for _ in range(PERMUTATIONS)]
    return {
        "shuffled_ppm": ppm(separation(ranked, bad, ones)[0]),
        "chance_ppm": ppm(float(np.quantile(drawn, CHANCE))),
    }


def _percent(value_ppm: int) -> str:
    return f"{value_ppm / 10_000:.1f} %"
