"""Reject inference: what the people who were refused might have done, said beside the model that knows only the accepted.

Parcelling (N. Siddiqi, Credit Risk Scorecards, 2006, chapter on reject inference): the model of the known good and bad
scores the rejects; each band of its score is expected to go bad as often as the accepted of that band, times a factor for
what the score does not see; so many rejects of the band, drawn by seed, count as bad and the others as good; then
everybody is fitted together. D. J. Hand and W. E. Henley (1993) show the limit of every such method: outcomes that nobody
saw are assumed, not learnt. So this module gives figures to read beside the model, never the model that decides, and where
some rejects were financed all the same (an exploration budget) it compares what each model expected of them with what came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]

from puhui.lab.train.binning import make_binning
from puhui.lab.train.files import MISSING_WORDS, Cells, read_cells
from puhui.lab.train.fit import FOLDS, SEEDS, Binner, Specials, fit
from puhui.lab.train.metrics import Interval, intervals, ppm
from puhui.lab.train.report import plain
from puhui.lab.train.table import Column, Table, TrainingDataInvalid, require, scaled_cell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BANDS = 10  # of the accepted by rising expected risk
FACTORS = (1.0, 1.5, 2.0)  # how often rejects go bad, against accepted of the same band
LEAST_REJECTS = 50
LEAST_OBSERVED = 30  # explored rejects with an outcome, below which nothing is compared
METHOD = "parcelling"
SOURCES = (
    "N. Siddiqi, Credit Risk Scorecards, Wiley 2006, reject inference by parcelling",
    "D. J. Hand, W. E. Henley, Can reject inference ever work?, IMA Journal of Management Mathematics 5 (1993), 45-55",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejects:
    """A file of people who were refused, with the columns of the training file."""

    table: Table  # columns as in the training file; outcomes are 0 where unknown
    observed: NDArray[np.bool_]  # who was financed all the same and has an outcome
    weight: Floats  # 1 / propensity of being financed, 1 where the file names none
    sha256: str  # of the file


def read_rejects(path: Path, *, like: Table, target: str, propensity: str | None = None) -> Rejects:
    """This function will read refused applications, with the columns that the training file uses.

    The target's column may be absent, or empty where nobody knows; `propensity` names a column with the probability with
    which a row was chosen to be financed, in (0, 1]. Raises: TrainingDataInvalid.
    """
    cells = read_cells(path)
    by_name = dict(zip(cells.header, cells.columns, strict=True))
    if missing := [one.name for one in like.columns if one.name not in by_name]:
        raise TrainingDataInvalid(
            f"{path.name}: no column {missing[0]!r}, which the training file has; add it",
            f"{path.name}：缺少训练文件中的列 {missing[0]!r}；请补上",
        )
    rows = len(cells.columns[0])
    if rows < LEAST_REJECTS:
        raise TrainingDataInvalid(
            f"{path.name}: {rows} rejects; at least {LEAST_REJECTS} are needed",
            f"{path.name}：被拒申请 {rows} 行；至少需要 {LEAST_REJECTS} 行",
        )
    columns = tuple(_like(one, by_name[one.name], path) for one in like.columns)
    outcome = by_name.get(target, [""] * rows)
    observed = np.array([one not in MISSING_WORDS for one in outcome])
    known = {one for one in outcome if one not in MISSING_WORDS}
    if len(known) > 2 or (len(known) == 2 and like.bad_value not in known):
        raise TrainingDataInvalid(
            f"{path.name}: column {target!r} has other values than the training file; write them the same way",
            f"{path.name}：列 {target!r} 的取值与训练文件不同；请统一写法",
        )
    bad = tuple(int(one == like.bad_value) for one in outcome)
    weight = _weights(cells, propensity, observed, path)
    table = replace(like, columns=columns, bad=bad, sha256=cells.sha256, kept={})
    return Rejects(table=table, observed=observed, weight=weight, sha256=cells.sha256)


def _like(column: Column, cells: list[str], path: Path) -> Column:
    """The same column of another file: same type, same decimals."""
    if column.kind == "category":
        return replace(column, texts=tuple(None if one in MISSING_WORDS else one for one in cells))
    numbers = tuple(
        None if one in MISSING_WORDS else scaled_cell(column, one, file=path.name, line=line)
        for line, one in enumerate(cells, start=2)
    )
    return replace(column, numbers=numbers)


def _weights(cells: Cells, name: str | None, observed: NDArray[np.bool_], path: Path) -> Floats:
    if name is None:
        return np.ones(len(observed))
    require(path, cells.header, name)
    found = np.ones(len(observed))
    for row, one in enumerate(cells.columns[cells.header.index(name)]):
        if observed[row]:
            try:
                share = float(one)
            except ValueError:
                share = 0.0
            if not 0 < share <= 1:
                raise TrainingDataInvalid(
                    f"{path.name}: line {row + 2} of {name!r} is {one!r}; a propensity is above 0 and at most 1",
                    f"{path.name}：{name!r} 第 {row + 2} 行为 {one!r}；概率应大于 0 且不超过 1",
                )
            found[row] = 1 / share
    return found


def join(accepted: Table, rows: Ints, rejects: Table, bad: Ints) -> Table:
    """This function will return accepted rows and all rejects as one table; `bad` is what is assumed of the rejects."""
    columns = tuple(
        replace(
            mine,
            numbers=tuple(mine.numbers[i] for i in rows) + other.numbers if mine.kind == "number" else (),
            texts=tuple(mine.texts[i] for i in rows) + other.texts if mine.kind == "category" else (),
        )
        for mine, other in zip(accepted.columns, rejects.columns, strict=True)
    )
    outcomes = (*(accepted.bad[i] for i in rows), *bad.tolist())
    return replace(accepted, columns=columns, bad=outcomes, kept={})


def parcel(
    accepted_pd: Floats, bad: Ints, rejects_pd: Floats, *, factor: float, seed: int
) -> tuple[Ints, list[dict[str, int]]]:
    """This function will return what is assumed of each reject (1 = bad) and, band by band, from what it follows.

    Bands are tenths of the accepted by `accepted_pd`; rejects beyond the last accepted are in the last band, whose rate is
    then the model's own expectation where that is higher.
    """
    cuts = np.unique(np.quantile(accepted_pd, np.linspace(0, 1, BANDS + 1)[1:-1]))
    places = [np.searchsorted(cuts, one, side="right") for one in (accepted_pd, rejects_pd)]
    source = np.random.Generator(np.random.PCG64(seed))
    assumed = np.zeros(len(rejects_pd), dtype=np.int64)
    bands = []
    for band in range(len(cuts) + 1):
        inside, out = bad[places[0] == band], np.flatnonzero(places[1] == band)
        seen = float(inside.mean()) if len(inside) else 0.0
        expected = float(rejects_pd[out].mean()) if len(out) else 0.0
        rate = min(1.0, factor * max(seen, expected))
        count = int(np.rint(rate * len(out)))
        assumed[source.permutation(out)[:count]] = 1
        bands.append(
            {"accepted": len(inside), "bad_ppm": ppm(seen), "rejects": len(out), "assumed_bad_ppm": ppm(rate)}
        )
    return assumed, bands


def infer(
    table: Table,
    rejects: Rejects,
    specials: Specials,
    *,
    known: list[Floats],
    binner: Binner = make_binning,
    silence: bool = True,
    factors: Sequence[float] = FACTORS,
    resamples: int,
) -> dict[str, Any]:
    """This function will return what reject inference says beside the model of the known good and bad, as plain JSON.

    `known` are that model's out-of-fold predictions, one set a seed. Separation is measured on accepted rows alone, out of
    fold: inside each fold the rejects are parcelled by a model that saw only the fold's own rows.
    """
    bad = np.array(table.bad, dtype=np.int64)
    every = np.arange(len(bad), dtype=np.int64)
    whole = np.arange(len(rejects.observed), dtype=np.int64)
    base = fit(table, every, specials, binner=binner, silence=silence)
    own_pd, rejects_pd = base.predict(table, every), base.predict(rejects.table, whole)
    found = []
    for factor in factors:
        assumed, bands = parcel(own_pd, bad, rejects_pd, factor=factor, seed=SEEDS[0])
        both = join(table, every, rejects.table, assumed)
        model = fit(both, np.arange(len(both.bad), dtype=np.int64), specials, binner=binner, silence=silence)
        pooled = _augmented(table, rejects.table, specials, factor, binner, silence)
        pd = model.predict(rejects.table, whole)
        found.append(
            {
                "factor_ppm": ppm(factor),
                "bands": bands,
                "assumed_bad_ppm": ppm(float(assumed.mean())),
                "expected_of_rejects_ppm": ppm(float(pd.mean())),
                "on_accepted": _plain(intervals([pooled], bad, resamples=resamples, seed=SEEDS[0])),
                "on_explored": compare(pd, rejects, resamples=resamples),
            }
        )
    return {
        "method": METHOD,
        "sources": list(SOURCES),
        "accepted": len(bad),
        "accepted_bad_ppm": ppm(float(bad.mean())),
        "rejects": len(whole),
        "rejects_sha256": rejects.sha256,
        "observed": int(rejects.observed.sum()),
        "known": {
            "expected_of_rejects_ppm": ppm(float(rejects_pd.mean())),
            "on_accepted": _plain(intervals(known[:1], bad, resamples=resamples, seed=SEEDS[0])),
            "on_explored": compare(rejects_pd, rejects, resamples=resamples),
        },
        "inferred": found,
    }


def _augmented(
    table: Table, rejects: Table, specials: Specials, factor: float, binner: Binner, silence: bool
) -> Floats:
    """Out-of-fold predictions of the accepted by models that also saw parcelled rejects; folds of the first seed."""
    bad = np.array(table.bad, dtype=np.int64)
    pooled = np.zeros(len(bad))
    whole = np.arange(len(rejects.bad), dtype=np.int64)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEEDS[0])
    for train, test in folds.split(np.zeros(len(bad)), bad):
        rows, held = np.asarray(train, dtype=np.int64), np.asarray(test, dtype=np.int64)
        base = fit(table, rows, specials, binner=binner, silence=silence)
        assumed, _bands = parcel(
            base.predict(table, rows), bad[rows], base.predict(rejects, whole), factor=factor, seed=SEEDS[0]
        )
        both = join(table, rows, rejects, assumed)
        model = fit(both, np.arange(len(both.bad), dtype=np.int64), specials, binner=binner, silence=silence)
        pooled[held] = model.predict(table, held)
    return pooled


def compare(pd: Floats, rejects: Rejects, *, resamples: int) -> dict[str, Any] | None:
    """This function will compare what was expected of explored rejects with what came, weighted by 1 / propensity.

    Returns None below LEAST_OBSERVED outcomes: a comparison of a few would only look like one.
    """
    rows = np.flatnonzero(rejects.observed)
    if len(rows) < LEAST_OBSERVED:
        return None
    bad = np.array(rejects.table.bad, dtype=np.float64)[rows]
    weight, expected = rejects.weight[rows], pd[rows]
    source = np.random.Generator(np.random.PCG64(SEEDS[0]))
    drawn = []
    for _ in range(resamples):
        again = source.integers(0, len(rows), len(rows))
        drawn.append(float(np.average(bad[again], weights=weight[again])))
    low, high = np.quantile(drawn, [0.025, 0.975])
    came = float(np.average(bad, weights=weight))
    said = float(np.average(expected, weights=weight))
    return {
        "rows": len(rows),
        "expected_ppm": ppm(said),
        "came": {"value_ppm": ppm(came), "low_ppm": ppm(float(low)), "high_ppm": ppm(float(high))},
        "within": bool(low <= said <= high),
    }


def _plain(measures: dict[str, Interval]) -> dict[str, Any]:
    return {name: plain(one) for name, one in measures.items()}
