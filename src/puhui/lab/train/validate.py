"""What a reviewer asks beside KS: does it hold later in time, has the population moved, is it fair between groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.lab.train.files import MISSING_WORDS
from puhui.lab.train.metrics import Interval, ppm, rank, separation
from puhui.lab.train.table import TrainingDataInvalid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LATE_SHARE = 0.2  # of the rows, the latest, in the out-of-time test
LEAST_KIND = 10  # good and bad rows of each period
PARTS = 10  # of the score, for PSI
FLOOR = 0.0005  # least share of a part, so that an empty part stays finite
APPROVED = 0.8  # share of everybody who is approved in the fairness report: those with the lowest pd
FLAG, TARGET = 0.80, 0.90  # approval of a group against the best group's: four-fifths rule; own target
LEAST_GROUP = 30  # rows
BANDS = 4  # of a numeric group column
MANY = 8  # distinct numbers before bands are made


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Rows before and after a moment."""

    early: Ints  # rows
    late: Ints  # rows, all later than every early one
    first_late: str  # the moment, as it stands in the file


def split_by_time(cells: tuple[str, ...], column: str) -> Periods:
    """This function will hold the latest fifth of the rows back; equal moments stay together.

    Raises: TrainingDataInvalid if a moment is missing, is neither a number nor an ISO date or instant, or all are equal.
    """
    moments = [_moment(cell, column, line) for line, cell in enumerate(cells, start=2)]
    if len({kind for kind, _ in moments}) > 1:
        raise TrainingDataInvalid(
            f"--time {column}: numbers, dates, and instants with a zone are mixed; write one of them throughout",
            f"--time {column}：混用了数字、日期和带时区的时刻；请统一写法",
        )
    values = np.array([value for _, value in moments])
    border = np.sort(values)[int(len(values) * (1 - LATE_SHARE))]
    if border == values.min():
        border = min((one for one in values if one > border), default=border)
    late = values >= border
    if late.all() or not late.any():
        raise TrainingDataInvalid(
            f"--time {column}: all rows have the same moment; nothing is later. Name another column",
            f"--time {column}：所有行时间相同，没有更晚的数据；请另选一列",
        )
    return Periods(
        early=np.flatnonzero(~late).astype(np.int64),
        late=np.flatnonzero(late).astype(np.int64),
        first_late=cells[int(np.flatnonzero(values == border)[0])],
    )


def _moment(cell: str, column: str, line: int) -> tuple[str, float]:
    if cell in MISSING_WORDS:
        raise TrainingDataInvalid(
            f"--time {column}: line {line} is empty; every row needs its moment",
            f"--time {column}：第 {line} 行为空；每行都要有时间",
        )
    number: float | None
    try:
        number = float(cell)
    except ValueError:
        number = None
    try:
        if number is not None and isfinite(number):
            return "number", number
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise TrainingDataInvalid(
            f"--time {column}: line {line} holds {cell!r}; write an ISO date (2026-11-30) or a number",
            f"--time {column}：第 {line} 行为 {cell!r}；请写 ISO 日期（2026-11-30）或数字",
        ) from None
    if moment.tzinfo is None:
        return "date", moment.replace(tzinfo=UTC).timestamp()
    return "instant", moment.timestamp()


def check_periods(periods: Periods, bad: Ints, column: str) -> None:
    """This function will refuse periods that cannot be compared. Raises: TrainingDataInvalid."""
    for rows, name, name_zh in ((periods.early, "earlier", "较早"), (periods.late, "latest", "最晚")):
        wrong = int(bad[rows].sum())
        if min(wrong, len(rows) - wrong) < LEAST_KIND:
            raise TrainingDataInvalid(
                f"--time {column}: of the {len(rows)} {name} rows {wrong} are bad; the test needs at least {LEAST_KIND} of"
                " each kind. Leave out rows whose outcome cannot be known yet, or --time",
                f"--time {column}：{name_zh}的 {len(rows)} 行中有 {wrong} 行为坏；检验至少需要好坏各 {LEAST_KIND} 行。"
                "请去掉结果尚不可知的行，或不用 --time",
            )


def stability(expected: Floats, actual: Floats, *, resamples: int, seed: int) -> Interval:
    """This function will return the population stability index of a score, in ppm, with its bootstrap interval.

    Parts are tenths of `expected`. Below 0.1 is read as stable, above 0.25 as moved (Siddiqi 2006).
    """
    cuts = np.unique(np.quantile(expected, np.linspace(0, 1, PARTS + 1)[1:-1]))
    places = [np.searchsorted(cuts, one, side="right") for one in (expected, actual)]
    counts = [np.bincount(one, minlength=len(cuts) + 1) for one in places]
    point = _psi(counts[0], counts[1])
    source = np.random.Generator(np.random.PCG64(seed))
    drawn = [
        _psi(*[source.multinomial(one.sum(), one / one.sum()) for one in counts]) for _ in range(resamples)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value_ppm=ppm(point), low_ppm=ppm(float(low)), high_ppm=ppm(float(high)))


def _psi(expected: Ints, actual: Ints) -> float:
    shares = [np.maximum(one / one.sum(), FLOOR) for one in (expected, actual)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def fairness(cells: tuple[str, ...], pd: Floats, bad: Ints) -> list[dict[str, Any]]:
    """This function will compare groups: how many would be approved, and whether the score means the same for each.

    Approved are the 80 % with the lowest pd. A group's ratio is its approval against the best group's.
    """
    cut = np.quantile(pd, APPROVED)
    names = _groups(cells)
    rows = []
    for name in sorted(set(names)):
        inside = np.array([one == name for one in names])
        rows.append(_group(name, pd[inside], bad[inside], pd[inside] <= cut))
    best = max((one["approved_ppm"] for one in rows if one["rows"] >= LEAST_GROUP), default=0)
    for one in rows:
        if one["rows"] >= LEAST_GROUP and best:
            ratio = one["approved_ppm"] / best
            one["ratio_ppm"] = ppm(ratio)
            one["verdict"] = "flag" if ratio < FLAG else "below target" if ratio < TARGET else "ok"
    return rows


def _group(name: str, pd: Floats, bad: Ints, approved: NDArray[np.bool_]) -> dict[str, Any]:
    both = 0 < bad.sum() < len(bad)
    ks, auc = separation(rank(pd), bad, np.ones(len(bad))) if both else (0.0, 0.0)
    return {
        "group": name,
        "rows": len(bad),
        "bad_ppm": ppm(float(bad.mean())),
        "predicted_ppm": ppm(float(pd.mean())),
        "approved_ppm": ppm(float(approved.mean())),
        "ks_ppm": ppm(ks),
        "auc_ppm": ppm(auc),
        "ratio_ppm": None,
        "verdict": "too few rows",
    }


def _groups(cells: tuple[str, ...]) -> list[str]:
    """Names of groups; a number with many values becomes quarters."""
    filled = [one for one in cells if one not in MISSING_WORDS]
    try:
        numbers = [float(one) for one in filled]
    except ValueError:
        numbers = []
    if len(set(numbers)) <= MANY:
        return ["(absent)" if one in MISSING_WORDS else one for one in cells]
    cuts = np.unique(np.quantile(numbers, np.linspace(0, 1, BANDS + 1)[1:-1], method="lower"))
    edges = [f"{one:g}" for one in cuts]
    names = [
        f"up to {edges[0]}",
        *[f"over {a} to {b}" for a, b in pairwise(edges)],
        f"over {edges[-1]}",
    ]
    return [
        "(absent)" if one in MISSING_WORDS else names[int(np.searchsorted(cuts, float(one), side="left"))]
        for one in cells
    ]
