"""The challenger: monotone boosted trees beside the scorecard, as LightGBM text.

Small steps, two questions a tree: enough for the pairs of columns that matter together, and still tables that plain
Python adds up (`decisions.domain.boosted`). Numbers keep the direction that isotonic regression finds in the training
rows; categories become their weight of evidence, so a text never seen is the cohort's own, 0. An absent number goes
where the trees learnt that absent rows go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]

from puhui.lab.train.binning import SMOOTHING, make_binning
from puhui.lab.train.fit import FOLDS, SEEDS, Specials
from puhui.lab.train.table import Column, Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 400
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "max_depth": 2,
    "num_leaves": 4,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "max_bin": 63,
    "monotone_constraints_method": "intermediate",
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
LEAST_LEAF = 10  # rows
LEAF_SHARE = 100  # a leaf holds at least one row in so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How one column becomes a number for the trees."""

    column: str  # name
    kind: str  # "number" or "category"
    monotone: int  # 1: the risk rises with the number, -1: it falls
    weights: dict[str, int]  # weight of evidence by category, ppm
    special: tuple[int, ...]  # values read as absent

    def encode(self, column: Column) -> Floats:
        """This function will return one number a row, NaN for absent."""
        if self.kind == "category":
            values = [np.nan if one is None else self.weights.get(one, 0) for one in column.texts]
        else:
            values = [np.nan if one is None or one in self.special else one for one in column.numbers]
        return np.array(values, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosted:
    """A fitted challenger, before calibration."""

    encodings: tuple[Encoding, ...]  # in column order
    text: str  # LightGBM text model
    booster: Any  # the same, to predict with

    def matrix(self, table: Table) -> Floats:
        """This function will return the rows of a table as the trees see them."""
        by_name = {one.name: one for one in table.columns}
        return np.column_stack([one.encode(by_name[one.column]) for one in self.encodings])


def fit_boosted(table: Table, rows: Ints, specials: Specials) -> Boosted:
    """This function will fit on the given rows only (encodings and directions included)."""
    import lightgbm

    bad = np.array(table.bad, dtype=np.int64)
    encodings = tuple(_encoding(one, bad, rows, specials.get(one.name, ())) for one in table.columns)
    by_name = {one.name: one for one in table.columns}
    matrix = np.column_stack([one.encode(by_name[one.column])[rows] for one in encodings])
    parameters = PARAMETERS | {
        "monotone_constraints": [one.monotone for one in encodings],
        "min_data_in_leaf": max(LEAST_LEAF, len(rows) // LEAF_SHARE),
    }
    names = [f"c{i}" for i in range(len(encodings))]  # LightGBM refuses many characters in names
    data = lightgbm.Dataset(matrix, bad[rows], feature_name=names)
    booster = lightgbm.train(parameters, data, ROUNDS)
    return Boosted(encodings=encodings, text=booster.model_to_string(), booster=booster)


def _encoding(column: Column, bad: Ints, rows: Ints, special: tuple[int, ...]) -> Encoding:
    if column.kind == "number":
        direction = make_binning(column, bad, rows, special).direction
        return Encoding(
            column=column.name,
            kind="number",
            monotone=1 if direction == "higher_is_riskier" else -1,
            weights={},
            special=special,
        )
    base = float(bad[rows].mean())
    count: dict[str, list[int]] = {}
    for row in rows.tolist():
        if (text := column.texts[row]) is not None:
            seen = count.setdefault(text, [0, 0])
            seen[0] += 1
            seen[1] += int(bad[row])
    weights = {}
    for text, (every, wrong) in sorted(count.items()):
        share = (wrong + SMOOTHING * base) / (every + SMOOTHING)
        weights[text] = int(np.rint(1e6 * (np.log(share / (1 - share)) - np.log(base / (1 - base)))))
    return Encoding(column=column.name, kind="category", monotone=1, weights=weights, special=())


def boosted_out_of_fold(table: Table, specials: Specials, *, seeds: tuple[int, ...] = SEEDS) -> list[Floats]:
    """This function will return pooled out-of-fold log odds, one set per seed, on the folds of the scorecard."""
    bad = np.array(table.bad, dtype=np.int64)
    found: list[Floats] = []
    for seed in seeds:
        pooled = np.zeros(len(bad))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(np.zeros(len(bad)), bad)
        for train, test in folds:
            model = fit_boosted(table, np.asarray(train, dtype=np.int64), specials)
            pooled[test] = model.booster.predict(model.matrix(table)[test], raw_score=True, num_threads=1)
        found.append(pooled)
    return found


def calibrate(log_odds: list[Floats], bad: Ints) -> tuple[float, float]:
    """This function will return (slope, intercept) that make out-of-fold log odds honest (Platt 1999)."""
    every = np.concatenate(log_odds)[:, None]
    model = LogisticRegression(C=1e6, tol=1e-9).fit(every, np.tile(bad, len(log_odds)))
    slope = float(model.coef_[0][0])
    if slope <= 0:  # the trees know nothing: everybody has the cohort's share
        share = float(bad.mean())
        return 0.0, float(np.log(share / (1 - share)))
    return slope, float(model.intercept_[0])


def probability(log_odds: Floats, calibration: tuple[float, float]) -> Floats:
    """This function will turn log odds into calibrated probabilities."""
    return np.asarray(1 / (1 + np.exp(-(calibration[0] * log_odds + calibration[1]))), dtype=np.float64)
