"""Monotone binning: quantile bins pooled by isotonic regression, then merged until each says something.

Pool-adjacent-violators on bin shares: Barlow, Bartholomew, Bremner and Brunk, Statistical Inference under Order
Restrictions (1972). Weight of evidence is smoothed towards the cohort, so a thin bin speaks softly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

from puhui.lab.train.table import Column

PRE_BINS = 20  # quantiles before pooling
MIN_SHARE = 0.05  # of all rows in a bin
MIN_BAD = 5  # bad rows in a bin
SMOOTHING = 20.0  # rows of the cohort's own rate added to each bin
MISSING = (
    -1
)  # bin number of what is neutral: absent and special values, unless they speak, and unseen categories
EXTRA_ROWS, EXTRA_EACH = (
    50,
    5,
)  # rows, and good and bad ones among them, from which a special or absent value speaks

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binning:
    """How one column's values fall into bins."""

    column: str  # name
    kind: str  # "number" or "category"
    cuts: tuple[int, ...]  # numbers: bin i holds cuts[i-1] <= value < cuts[i]
    groups: tuple[tuple[str, ...], ...]  # categories of each bin
    special: tuple[int, ...]  # special values, neutral, outside the bins
    direction: str  # "higher_is_riskier", "higher_is_safer" or "category"
    extras: tuple[int | None, ...] = ()  # special values (None: absent) that have points of their own

    @property
    def bins(self) -> int:
        """Number of bins."""
        return len(self.groups) if self.kind == "category" else len(self.cuts) + 1

    def assign(self, column: Column) -> Ints:
        """This function will return the bin number of each row, MISSING for absent, special and unknown ones; extra i
        is bin -2 - i, so that a list of [*bins, *reversed extras, neutral] can be looked up with it."""
        found = self._assign(column)
        cells = column.texts if self.kind == "category" else column.numbers
        for i, extra in enumerate(self.extras):
            found[np.array([one == extra for one in cells])] = -2 - i
        return found

    def _assign(self, column: Column) -> Ints:
        if self.kind == "category":
            places = {one: i for i, group in enumerate(self.groups) for one in group}
            return np.array(
                [MISSING if text is None else places.get(text, MISSING) for text in column.texts],
                dtype=np.int64,
            )
        absent = np.array([one is None or one in self.special for one in column.numbers])
        values = np.array([0 if one is None else one for one in column.numbers], dtype=np.int64)
        found = np.searchsorted(np.array(self.cuts, dtype=np.int64), values, side="right").astype(np.int64)
        found[absent] = MISSING
        return found


def make_binning(column: Column, bad: Ints, rows: Ints, special: tuple[int, ...]) -> Binning:
    """This function will bin a column on the given rows only, so that validation rows stay unseen."""
    if column.kind == "category":
        return _bin_categories(column, bad, rows)
    kept = [i for i in rows.tolist() if column.numbers[i] is not None and column.numbers[i] not in special]
    values = np.array([column.numbers[i] for i in kept], dtype=np.int64)
    outcome = bad[kept]
    if len(values) == 0:
        return _numbers(column, (), special, rising=True)
    quantiles = np.quantile(values, np.linspace(0, 1, PRE_BINS + 1)[1:-1], method="lower")
    cuts = np.unique(quantiles.astype(np.int64)) + 1  # value < cut
    place = np.searchsorted(cuts, values, side="right")
    count = np.bincount(place, minlength=len(cuts) + 1)
    wrong = _counts(place, outcome, len(cuts) + 1)
    used = np.flatnonzero(count)
    share = wrong[used] / count[used]
    rising, fitted = _isotonic(share, count[used])
    groups: list[list[int]] = []
    last = np.nan
    for i, value in zip(used.tolist(), fitted.tolist(), strict=True):
        if abs(value - last) < 1e-12:
            groups[-1][1] = i
        else:
            groups.append([i, i])
        last = value
    merged = _merge(groups, count, wrong, len(rows))
    return _numbers(column, tuple(int(cuts[one[1]]) for one in merged[:-1]), special, rising=rising)


def add_extras(binning: Binning, column: Column, bad: Ints, rows: Ints) -> Binning:
    """This function will let absent and special values speak, each where enough of the given rows have it."""
    cells = column.texts if column.kind == "category" else column.numbers
    extras = []
    for extra in (None, *binning.special):
        outcome = bad[[i for i in rows.tolist() if cells[i] == extra]]
        if len(outcome) >= EXTRA_ROWS and min(outcome.sum(), len(outcome) - outcome.sum()) >= EXTRA_EACH:
            extras.append(extra)
    return replace(binning, extras=tuple(extras))


def make_fine_binning(column: Column, rows: Ints, special: tuple[int, ...]) -> Binning:
    """This function will bin a numeric column by quantiles only, for a fit that learns the direction itself."""
    kept = [i for i in rows.tolist() if column.numbers[i] is not None and column.numbers[i] not in special]
    values = np.array([column.numbers[i] for i in kept], dtype=np.int64)
    if len(values) == 0:
        return _numbers(column, (), special, rising=True)
    quantiles = np.quantile(values, np.linspace(0, 1, PRE_BINS + 1)[1:-1], method="lower")
    cuts = np.unique(quantiles.astype(np.int64)) + 1
    return _numbers(column, tuple(int(one) for one in cuts if one <= values.max()), special, rising=True)


def merge_bins(binning: Binning, joins: tuple[bool, ...], *, rising: bool) -> Binning:
    """This function will drop the borders that separate nothing: `joins[i]` puts bins i and i + 1 together."""
    if binning.kind == "number":
        cuts = tuple(cut for cut, join in zip(binning.cuts, joins, strict=True) if not join)
        return replace(binning, cuts=cuts, direction="higher_is_riskier" if rising else "higher_is_safer")
    groups = [list(binning.groups[0])]
    for group, join in zip(binning.groups[1:], joins, strict=True):
        if join:
            groups[-1] += group
        else:
            groups.append(list(group))
    return replace(binning, groups=tuple(tuple(one) for one in groups))


def _counts(place: NDArray[Any], bad: Ints, bins: int) -> Floats:
    return np.asarray(np.bincount(place, bad, minlength=bins), dtype=np.float64)


def _numbers(column: Column, cuts: tuple[int, ...], special: tuple[int, ...], *, rising: bool) -> Binning:
    direction = "higher_is_riskier" if rising else "higher_is_safer"
    return Binning(
        column=column.name, kind="number", cuts=cuts, groups=(), special=special, direction=direction
    )


def _isotonic(share: Floats, weight: Ints) -> tuple[bool, Floats]:
    place = np.arange(len(share))
    fits = [
        (up, IsotonicRegression(increasing=up).fit(place, share, sample_weight=weight).predict(place))
        for up in (True, False)
    ]
    errors = [float((((fit - share) ** 2) * weight).sum()) for _, fit in fits]
    return fits[0] if errors[0] <= errors[1] else fits[1]


def _merge(groups: list[list[int]], count: NDArray[Any], wrong: Floats, total: int) -> list[list[int]]:
    """Merges the smallest bin that is too small into the neighbour with the nearer share, until none is."""
    groups = [list(one) for one in groups]
    while len(groups) > 1:
        size = [int(count[a : b + 1].sum()) for a, b in groups]
        bad = [float(wrong[a : b + 1].sum()) for a, b in groups]
        small = [i for i in range(len(groups)) if size[i] < MIN_SHARE * total or bad[i] < MIN_BAD]
        if not small:
            break
        i = min(small, key=lambda one: (size[one], one))
        near = [j for j in (i - 1, i + 1) if 0 <= j < len(groups)]
        j = min(near, key=lambda one: (abs(bad[one] / size[one] - bad[i] / size[i]), one))
        low, high = min(i, j), max(i, j)
        groups[low : high + 1] = [[groups[low][0], groups[high][1]]]
    return groups


def _bin_categories(column: Column, bad: Ints, rows: Ints) -> Binning:
    """Categories by share of bad, pooled until each bin is large enough; rare ones join their nearest neighbour."""
    kept = [i for i in rows.tolist() if column.texts[i] is not None]
    names = sorted({column.texts[i] or "" for i in kept})
    place = {name: i for i, name in enumerate(names)}
    index = np.array([place[column.texts[i] or ""] for i in kept], dtype=np.int64)
    count = np.bincount(index, minlength=len(names))
    wrong = _counts(index, bad[kept], len(names))
    base = wrong.sum() / max(1, count.sum())
    smooth = (wrong + SMOOTHING * base) / (count + SMOOTHING)
    order = sorted(range(len(names)), key=lambda i: (smooth[i], names[i]))
    merged = _merge([[i, i] for i in range(len(order))], count[order], wrong[order], len(rows))
    groups = tuple(tuple(names[order[i]] for i in range(a, b + 1)) for a, b in merged)
    return Binning(
        column=column.name, kind="category", cuts=(), groups=groups, special=(), direction="category"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the bins of one column say."""

    rows: tuple[int, ...]  # per bin
    bad: tuple[int, ...]  # per bin
    woe: tuple[float, ...]  # log odds of bad against the cohort, smoothed; 0 for MISSING by definition
    iv: float  # information value over the bins, extras not counted
    extras: tuple[float, ...] = ()  # log odds of bad of each extra, like woe


def weigh(place: Ints, bad: Ints, bins: int, extras: int = 0) -> Evidence:
    """This function will return the weight of evidence of each bin (positive = riskier than the cohort)."""
    seen = place >= 0
    count = np.bincount(place[seen], minlength=bins)
    wrong = np.bincount(place[seen], bad[seen], minlength=bins)
    woe = _log_odds(wrong, count, float(bad.mean()))
    other = [place == -2 - i for i in range(extras)]
    own = _log_odds(
        np.array([bad[one].sum() for one in other]), np.array([one.sum() for one in other]), float(bad.mean())
    )
    right = count - wrong
    all_bad, all_good = max(1.0, wrong.sum()), max(1.0, right.sum())
    shares = ((wrong + 0.5) / all_bad, (right + 0.5) / all_good)
    iv = float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
    return Evidence(
        rows=tuple(int(one) for one in count),
        bad=tuple(int(one) for one in wrong),
        woe=tuple(woe.tolist()),
        iv=iv,
        extras=tuple(own.tolist()),
    )


def in_order(evidence: Evidence, binning: Binning) -> Evidence:
    """This function will keep the weight of evidence of a number monotone: smoothing draws thin bins further towards the
    cohort than thick ones, which may turn two neighbours round; they then share their mean."""
    if binning.direction == "category":
        return evidence
    sign = 1 if binning.direction == "higher_is_riskier" else -1
    woe = np.array(evidence.woe) * sign
    if (np.diff(woe) >= 0).all():
        return evidence
    pooled = IsotonicRegression().fit_transform(
        np.arange(len(woe)), woe, sample_weight=np.maximum(1, evidence.rows)
    )
    return replace(evidence, woe=tuple((sign * pooled).tolist()))


def _log_odds(wrong: NDArray[Any], count: NDArray[Any], base: float) -> Floats:
    """Of each bin against the cohort's, smoothed towards it."""
    share = (wrong + SMOOTHING * base) / (count + SMOOTHING)
    return np.asarray(np.log(share / (1 - share)) - np.log(base / (1 - base)), dtype=np.float64)
