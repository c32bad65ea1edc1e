"""How well a score separates: KS, AUC, Brier, calibration, with bootstrap intervals. All on rows unseen in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PPM = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95 % bootstrap interval, in parts per million."""

    value_ppm: int  # the figure
    low_ppm: int  # 2.5 % quantile over the resamples
    high_ppm: int  # 97.5 % quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Predictions sorted once, so that a resample is only a new set of weights."""

    order: Ints  # rows by rising prediction
    ends: Ints  # last index of each group of equal predictions
    pd: Floats  # predictions, in row order


def rank(pd: Floats) -> Ranked:
    """This function will sort predictions and mark groups of ties."""
    order = np.argsort(pd, kind="stable")
    last = np.append(np.diff(pd[order]) > 0, True)
    return Ranked(order=order.astype(np.int64), ends=np.flatnonzero(last).astype(np.int64), pd=pd)


def separation(ranked: Ranked, bad: Ints, weight: Floats) -> tuple[float, float]:
    """This function will return (KS, AUC) of weighted rows; ties count half. KS is a share, not a percentage."""
    wrong = np.cumsum((weight * bad)[ranked.order])[ranked.ends]
    right = np.cumsum((weight * (1 - bad))[ranked.order])[ranked.ends]
    share_bad, share_good = wrong / wrong[-1], right / right[-1]
    ks = float(np.max(np.abs(share_good - share_bad)))
    step_bad = np.diff(share_bad, prepend=0.0)
    before = share_good - np.diff(share_good, prepend=0.0) / 2
    return ks, float((step_bad * before).sum())


def brier(pd: Floats, bad: Ints, weight: Floats) -> float:
    """This function will return the weighted mean squared error of the predicted probability."""
    return float((weight * (pd - bad) ** 2).sum() / weight.sum())


def intervals(predictions: list[Floats], bad: Ints, *, resamples: int, seed: int) -> dict[str, Interval]:
    """This function will return KS, AUC and Brier, each the mean over the prediction sets, with bootstrap intervals.

    `predictions` are pooled out-of-fold predictions, one set per seed of the folds; rows are resampled jointly.
    """
    ranked = [rank(one) for one in predictions]
    point = _figures(ranked, bad, np.ones(len(bad)))
    source = np.random.Generator(np.random.PCG64(seed))
    drawn = np.array(
        [
            _figures(
                ranked,
                bad,
                np.bincount(source.integers(0, len(bad), len(bad)), minlength=len(bad)).astype(np.float64),
            )
            for _ in range(resamples)
        ]
    )
    low, high = np.quantile(drawn, 0.025, axis=0), np.quantile(drawn, 0.975, axis=0)
    return {
        name: Interval(value_ppm=ppm(point[i]), low_ppm=ppm(low[i]), high_ppm=ppm(high[i]))
        for i, name in enumerate(("ks", "auc", "brier"))
    }


def _figures(ranked: list[Ranked], bad: Ints, weight: Floats) -> tuple[float, float, float]:
    rows = [(*separation(one, bad, weight), brier(one.pd, bad, weight)) for one in ranked]
    ks, auc, error = np.mean(np.array(rows), axis=0).tolist()
    return ks, auc, error


def calibration(pd: Floats, bad: Ints, *, parts: int = 10) -> list[dict[str, int]]:
    """This function will compare predicted and observed shares over equal parts of the rows by rising prediction."""
    order = np.argsort(pd, kind="stable")
    return [
        {
            "rows": len(part),
            "predicted_ppm": ppm(float(pd[part].mean())),
            "observed_ppm": ppm(float(bad[part].mean())),
        }
        for part in np.array_split(order, parts)
    ]


def ppm(value: float) -> int:
    """This function will turn a share into parts per million, to the nearest."""
    return int(np.rint(value * PPM))
