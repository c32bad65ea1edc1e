"""Fitting: select features by information value, weigh them by logistic regression, keep only sensible signs.

With enough bad rows the bins are then fitted together (`refine`); with few, the weight of evidence stands as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits

from puhui.lab.train.binning import (
    Binning,
    Evidence,
    add_extras,
    in_order,
    make_binning,
    make_fine_binning,
    merge_bins,
    weigh,
)
from puhui.lab.train.refine import Part, deviances, is_enough, refine
from puhui.lab.train.table import Column, Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Specials = dict[str, tuple[int, ...]]
Binner = Callable[[Column, Ints, Ints, tuple[int, ...]], Binning]

TOO_LITTLE = "says too little (information value below 0.02)"
FLAT = 0.01  # log odds; neighbouring bins nearer than this are one
LEAST_DEVIANCE = (
    4.0  # that a column must explain beside the others: about chance's 5 % (chi-square, one degree)
)
MIN_IV = 0.02  # a column that says less than this is left out
FOLDS = 5
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One feature of a fitted model."""

    column: str  # name
    binning: Binning  # its bins
    evidence: Evidence  # what they say
    weight: float  # logistic coefficient on the weight of evidence; 0 if only the joint fit uses it
    values: tuple[float, ...]  # log odds of bad that each bin adds
    extras: tuple[float, ...]  # the same of each extra of the binning


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A fitted scorecard, before points."""

    intercept: float  # log odds of bad of a person about whom nothing is known
    features: tuple[Chosen, ...]  # in column order
    dropped: dict[str, str]  # column → why it is not in the model
    refined: bool  # whether the bins were fitted together

    @property
    def is_ordered(self) -> bool:
        """Whether the log odds of every number rise or fall throughout."""
        numbers = [one.values for one in self.features if one.binning.kind == "number"]
        return all(list(one) in (sorted(one), sorted(one, reverse=True)) for one in numbers)

    def predict(self, table: Table, rows: Ints) -> Floats:
        """This function will return the probability of bad of the given rows."""
        logit = np.full(len(rows), self.intercept)
        by_name = {one.name: one for one in table.columns}
        for one in self.features:
            lookup = np.array([*one.values, *reversed(one.extras), 0.0])  # MISSING is -1: the last entry
            logit += lookup[one.binning.assign(by_name[one.column])[rows]]
        return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)


Found = tuple[Column, Binning, Evidence]


def fit(
    table: Table,
    rows: Ints,
    specials: Specials,
    *,
    binner: Binner = make_binning,
    silence: bool = True,
    ordered: bool = False,
) -> Model:
    """This function will fit a model on the given rows only (binning and selection included). With `silence`, absent
    and special values have evidence of their own where enough rows have them; without, they are neutral. With `ordered`,
    thin bins whose smoothed evidence turns neighbours round share it."""
    bad = np.array(table.bad, dtype=np.int64)
    every: list[Found] = []
    for column in table.columns:
        binning = binner(column, bad, rows, specials.get(column.name, ()))
        if silence:
            binning = add_extras(binning, column, bad, rows)
        evidence = weigh(binning.assign(column)[rows], bad[rows], binning.bins, len(binning.extras))
        every.append((column, binning, in_order(evidence, binning) if ordered else evidence))
    found = [one for one in every if one[2].iv >= MIN_IV and one[1].bins >= 2]
    dropped = {one[0].name: TOO_LITTLE for one in every if one not in found}
    if not found:
        return Model(intercept=_log_odds(bad[rows]), features=(), dropped=dropped, refined=False)
    if refined := _refined(table, every, rows, specials, bad):
        return refined
    matrix = np.column_stack(
        [_evidence_of(binning, evidence, column)[rows] for column, binning, evidence in found]
    )
    kept, weights, intercept = _positive(matrix, bad[rows])
    by_name = {found[i][0].name: weights[k] for k, i in enumerate(kept)}
    for column, _, _ in found:
        if column.name not in by_name:
            dropped[column.name] = "adds nothing beside the others (its weight would change sign)"
    features = tuple(
        Chosen(
            column=column.name,
            binning=binning,
            evidence=evidence,
            weight=by_name[column.name],
            values=tuple(by_name[column.name] * one for one in evidence.woe),
            extras=tuple(by_name[column.name] * one for one in evidence.extras),
        )
        for column, binning, evidence in found
        if column.name in by_name
    )
    return Model(intercept=intercept, features=features, dropped=dropped, refined=False)


def _refined(table: Table, every: list[Found], rows: Ints, specials: Specials, bad: Ints) -> Model | None:
    """The joint fit, or None where there are too few bad rows for it."""
    used: list[tuple[Column, Binning]] = []
    for column, binning, _ in every:
        if column.kind == "number":
            fine = make_fine_binning(column, rows, specials.get(column.name, ()))
            binning = replace(fine, extras=binning.extras)
        if binning.bins >= 2:
            used.append((column, binning))
    parts = [
        Part(
            place=binning.assign(column)[rows],
            bins=binning.bins,
            ordered=column.kind == "category",
            extras=len(binning.extras),
        )
        for column, binning in used
    ]
    if not is_enough(parts, bad[rows]):
        return None
    intercept, values = refine(parts, bad[rows])
    features = []
    dropped = {one[0].name: "adds too little beside the others" for one in every}
    worth = deviances(parts, values, intercept, bad[rows])
    for (column, binning), part, own, gain in zip(used, parts, values, worth, strict=True):
        if gain >= LEAST_DEVIANCE:
            features.append(_chosen(column, binning, part, own, rows, bad))
            del dropped[column.name]
    return Model(intercept=intercept, features=tuple(features), dropped=dropped, refined=True)


def _chosen(
    column: Column, fine: Binning, part: Part, own: tuple[float, ...], rows: Ints, bad: Ints
) -> Chosen:
    """Bins whose log odds hardly differ become one, at their mean."""
    own, extras = own[: part.bins], tuple(reversed(own[part.bins :]))
    joins, first = [], own[0]
    for value in own[1:]:
        joins.append(abs(value - first) < FLAT)
        first = first if joins[-1] else value
    binning = merge_bins(fine, tuple(joins), rising=own[-1] >= own[0])
    group = np.cumsum([0, *[not one for one in joins]])
    count = np.bincount(part.place[part.place >= 0], minlength=len(own))
    mean = np.bincount(group, count * np.array(own)) / np.maximum(1, np.bincount(group, count))
    return Chosen(
        column=column.name,
        binning=binning,
        evidence=weigh(binning.assign(column)[rows], bad[rows], binning.bins, len(extras)),
        weight=0.0,
        values=tuple(mean.tolist()),
        extras=extras,
    )


def one_thread() -> AbstractContextManager[object]:
    """This function will hold linear algebra to one thread: sums in one order on every machine, and on small matrices
    much faster than threads that wait for each other."""
    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits


def _log_odds(bad: Ints) -> float:
    share = float(bad.mean())
    return float(np.log(share / (1 - share)))


def _evidence_of(binning: Binning, evidence: Evidence, column: Column) -> Floats:
    lookup = np.array([*evidence.woe, *reversed(evidence.extras), 0.0])  # MISSING is -1: the last entry
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


def out_of_fold(
    table: Table,
    specials: Specials,
    *,
    binner: Binner = make_binning,
    seeds: tuple[int, ...] = SEEDS,
    silence: bool = True,
    ordered: bool = False,
) -> list[Floats]:
    """This function will return pooled out-of-fold predictions, one set per seed: nobody is scored by a model that saw her."""
    bad = np.array(table.bad, dtype=np.int64)
    found: list[Floats] = []
    for seed in seeds:
        pooled = np.zeros(len(bad))
        for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(
            np.zeros(len(bad)), bad
        ):
            rows = np.asarray(train, dtype=np.int64)
            model = fit(table, rows, specials, binner=binner, silence=silence, ordered=ordered)
            pooled[test] = model.predict(table, np.asarray(test, dtype=np.int64))
        found.append(pooled)
    return found
