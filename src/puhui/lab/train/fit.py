"""Fitting: select features by information value, weigh them by logistic regression, keep only sensible signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]

from puhui.lab.train.binning import Binning, Evidence, make_binning, weigh
from puhui.lab.train.table import Column, Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Specials = dict[str, tuple[int, ...]]

MIN_IV = 0.02  # a column that says less than this is left out
FOLDS = 5
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One feature of a fitted model."""

    column: str  # name
    binning: Binning  # its bins
    evidence: Evidence  # what they say
    weight: float  # logistic coefficient on the weight of evidence, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A fitted scorecard, before points."""

    intercept: float  # log odds of bad of a person about whom nothing is known
    features: tuple[Chosen, ...]  # in column order
    dropped: dict[str, str]  # column → why it is not in the model

    def predict(self, table: Table, rows: Ints) -> Floats:
        """This function will return the probability of bad of the given rows."""
        logit = np.full(len(rows), self.intercept)
        by_name = {one.name: one for one in table.columns}
        for one in self.features:
            logit += one.weight * _evidence_of(one.binning, one.evidence, by_name[one.column])[rows]
        return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)


def fit(table: Table, rows: Ints, specials: Specials) -> Model:
    """This function will fit a model on the given rows only (binning and selection included)."""
    bad = np.array(table.bad, dtype=np.int64)
    found: list[tuple[Column, Binning, Evidence]] = []
    dropped: dict[str, str] = {}
    for column in table.columns:
        binning = make_binning(column, bad, rows, specials.get(column.name, ()))
        evidence = weigh(binning.assign(column)[rows], bad[rows], binning.bins)
        if evidence.iv < MIN_IV or binning.bins < 2:
            dropped[column.name] = "says too little (information value below 0.02)"
        else:
            found.append((column, binning, evidence))
    if not found:
        return Model(intercept=_log_odds(bad[rows]), features=(), dropped=dropped)
    matrix = np.column_stack(
        [_evidence_of(binning, evidence, column)[rows] for column, binning, evidence in found]
    )
    kept, weights, intercept = _positive(matrix, bad[rows])
    for i, (column, _, _) in enumerate(found):
        if i not in kept:
            dropped[column.name] = "adds nothing beside the others (its weight would change sign)"
    features = tuple(
        Chosen(column=found[i][0].name, binning=found[i][1], evidence=found[i][2], weight=weights[k])
        for k, i in enumerate(kept)
    )
    return Model(intercept=intercept, features=features, dropped=dropped)


def _log_odds(bad: Ints) -> float:
    share = float(bad.mean())
    return float(np.log(share / (1 - share)))


def _evidence_of(binning: Binning, evidence: Evidence, column: Column) -> Floats:
    lookup = np.array([*evidence.woe, 0.0])  # MISSING is -1: the last entry, neutral
    return np.asarray(lookup[binning.assign(column)], dtype=np.float64)


def _positive(matrix: Floats, bad: Ints) -> tuple[list[int], list[float], float]:
    """Refits without the most negative weight until all weights agree with their own evidence."""
    kept = list(range(matrix.shape[1]))
    while True:
        model = LogisticRegression(C=1.0, max_iter=1000, tol=1e-9).fit(matrix[:, kept], bad)
        weights = [float(one) for one in model.coef_[0]]
        if min(weights) > 0 or len(kept) == 1:
            return kept, weights, float(model.intercept_[0])
        del kept[int(np.argmin(weights))]


def out_of_fold(table: Table, specials: Specials) -> list[Floats]:
    """This function will return pooled out-of-fold predictions, one set per seed: nobody is scored by a model that saw her."""
    bad = np.array(table.bad, dtype=np.int64)
    found: list[Floats] = []
    for seed in SEEDS:
        pooled = np.zeros(len(bad))
        for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(
            np.zeros(len(bad)), bad
        ):
            pooled[test] = fit(table, np.asarray(train, dtype=np.int64), specials).predict(
                table, np.asarray(test, dtype=np.int64)
            )
        found.append(pooled)
    return found
