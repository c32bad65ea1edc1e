"""Where the data bear it, the bins of all columns are fitted together instead of one column at a time.

Weight of evidence looks at one column alone. With enough bad rows per bin, the steps between bins are fitted jointly by
a logistic regression with a ridge. Which way a column points is learnt from the joint fit as well (a high bill may
look safe alone and be risky beside the limit); then every step keeps that direction, so the table stays monotone and
readable. Each column is centred on the rows that have a value: absent stays exactly 0.
Enough means ten bad rows a step: Peduzzi and others, Journal of Clinical Epidemiology 49 (1996), 1373-1379.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EVENTS_PER_STEP = 10  # bad rows that each step between bins needs
RIDGE = 10.0  # how strongly a step is held at 0
RIDGE_DIRECTION = 100.0  # the same while directions are learnt


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One column, binned, on the training rows."""

    place: Ints  # bin of each training row, -1 for absent
    bins: int  # how many; in order of value, or of rising risk for categories
    ordered: bool  # True: categories already in order of rising risk


def is_enough(parts: Sequence[Part], bad: Ints) -> bool:
    """This function will tell whether there are enough bad rows (and good ones) to fit every step."""
    steps = sum(one.bins - 1 for one in parts)
    return min(int(bad.sum()), int((1 - bad).sum())) >= EVENTS_PER_STEP * max(1, steps)


def refine(parts: Sequence[Part], bad: Ints) -> tuple[float, list[tuple[float, ...]]]:
    """This function will return the intercept and, by column, the log odds of each bin (positive = riskier)."""
    columns = [_Column(one) for one in parts]
    start = np.append(np.zeros(sum(one.bins - 1 for one in columns)), _log_odds(bad))
    free = _minimise(columns, bad, start, ridge=RIDGE_DIRECTION, signed=False)
    for one, steps in zip(columns, _split(columns, free), strict=True):
        one.sign = 1.0 if one.ordered or steps.sum() >= 0 else -1.0
    found = _minimise(columns, bad, start, ridge=RIDGE, signed=True)
    values = [
        tuple(one.lookup(steps)[:-1].tolist())
        for one, steps in zip(columns, _split(columns, found), strict=True)
    ]
    return float(found[-1]), values


def _log_odds(bad: Ints) -> float:
    share = float(bad.mean())
    return float(np.log(share / (1 - share)))


def _split(columns: list[_Column], steps: Floats) -> list[Floats]:
    return np.split(steps[:-1], np.cumsum([one.bins - 1 for one in columns])[:-1])


def _minimise(columns: list[_Column], bad: Ints, start: Floats, *, ridge: float, signed: bool) -> Floats:
    outcome = bad.astype(np.float64)

    def loss(steps: Floats) -> tuple[float, Floats]:
        logit = np.full(len(bad), steps[-1])
        for one, own in zip(columns, _split(columns, steps), strict=True):
            logit += one.lookup(own)[one.slot]
        error = np.logaddexp(0, logit).sum() - (outcome * logit).sum()
        rest = 1 / (1 + np.exp(-logit)) - outcome
        gradient = np.concatenate([*[one.slopes(rest) for one in columns], [rest.sum()]])
        gradient[:-1] += ridge * steps[:-1]
        return float(error + ridge / 2 * (steps[:-1] ** 2).sum()), gradient

    low = 0 if signed else None
    bounds = [(low, None)] * (len(start) - 1) + [(None, None)]
    options = {"maxiter": 300, "ftol": 1e-9}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x, dtype=np.float64)


class _Column:
    """The arithmetic of one column: steps between bins to log odds by bin, and back."""

    def __init__(self, part: Part) -> None:
        self.bins = part.bins
        self.ordered = part.ordered
        self.sign = 1.0
        count = np.bincount(part.place[part.place >= 0], minlength=self.bins).astype(np.float64)
        self.share = count / max(1.0, count.sum())
        self.slot = np.where(part.place >= 0, part.place, self.bins)

    def lookup(self, steps: Floats) -> Floats:
        """Log odds by bin, mean 0 over the rows that have a value; the last entry, for absent rows, is 0."""
        values = self.sign * np.concatenate([[0.0], np.cumsum(steps)])
        return np.append(values - (values * self.share).sum(), 0.0)

    def slopes(self, rest: Floats) -> Floats:
        """Gradient by step, from the residual of each row."""
        found = np.bincount(self.slot, rest, minlength=self.bins + 1)[:-1]
        centred = found - self.share * found.sum()
        return np.asarray(self.sign * np.cumsum(centred[::-1])[::-1][1:], dtype=np.float64)
