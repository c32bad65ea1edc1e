"""What each source of facts is worth to a score: without it, with it alone, and to somebody who has no credit record.

Columns are grouped by where they come from (a bureau, a payslip, a tax record). The scorecard's recipe is run without each
group and with each alone, out of fold, and the difference to all columns has a paired bootstrap interval: rows are drawn
once for both. For somebody without a record the question is another one: within what range would her probability of default
be found if her record were there? Among people who have one, that range is the spread of the whole model's prediction
around people to whom the remaining sources give the same score; a source that narrows it says what the record would have
said. People without a record may differ from those with one, so this is a measure of the sources, not of her.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.lab.train.binning import make_binning
from puhui.lab.train.fit import SEEDS, Binner, Specials, out_of_fold
from puhui.lab.train.metrics import intervals, ppm, rank, separation
from puhui.lab.train.report import plain
from puhui.lab.train.table import Table, TrainingDataInvalid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REST = "other"  # columns that no source names
PARTS = 10  # of the remaining score, within which the spread is measured
WITHIN = (0.025, 0.975)  # quantiles that bound a spread


def read_sources(given: Sequence[str], table: Table) -> dict[str, tuple[str, ...]]:
    """This function will read `name=column,column` into columns by source; unnamed ones become the source `other`.

    Raises: TrainingDataInvalid for a column that is not used, one in two sources, or a single source.
    """
    names = [one.name for one in table.columns]
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        source, equals, columns = text.partition("=")
        wanted = tuple(one.strip() for one in columns.split(",") if one.strip())
        if not equals or not source or not wanted or source in found:
            raise TrainingDataInvalid(
                f"--ablate {text}: write source=column,column, each source once",
                f"--ablate {text}：请写 来源=列,列，每个来源只写一次",
            )
        for one in wanted:
            if one not in names:
                why = table.excluded.get(one, f"there are {', '.join(names)}")
                raise TrainingDataInvalid(
                    f"--ablate {source}: column {one!r} is not used ({why}); leave it out",
                    f"--ablate {source}：列 {one!r} 未被使用（{why}）；请去掉",
                )
            if any(one in other for other in found.values()):
                raise TrainingDataInvalid(
                    f"--ablate {source}: column {one!r} is in another source; name it once",
                    f"--ablate {source}：列 {one!r} 已属于其他来源；请只写一次",
                )
        found[source] = wanted
    rest = tuple(one for one in names if not any(one in columns for columns in found.values()))
    if rest:
        found[REST] = (*found.get(REST, ()), *rest)
    if len(found) < 2:
        raise TrainingDataInvalid(
            "--ablate: one source holds every column; name at least two",
            "--ablate：一个来源包含了所有列；请至少写两个来源",
        )
    return found


def ablate(
    table: Table,
    sources: Mapping[str, tuple[str, ...]],
    specials: Specials,
    *,
    record: str,
    binner: Binner = make_binning,
    silence: bool = True,
    resamples: int,
) -> dict[str, Any]:
    """This function will return KS and AUC without and with each source, and what each tells of a missing record.

    `record` names the source that people without a credit record lack. Raises: TrainingDataInvalid when it is none.
    """
    if record not in sources:
        raise TrainingDataInvalid(
            f"--record {record}: no such source; there are {', '.join(sources)}",
            f"--record {record}：没有这个来源；现有 {', '.join(sources)}",
        )
    bad = np.array(table.bad, dtype=np.int64)

    def predict(columns: Sequence[str]) -> Floats:
        part = replace(table, columns=tuple(one for one in table.columns if one.name in columns))
        kept = {name: values for name, values in specials.items() if name in columns}
        return out_of_fold(part, kept, binner=binner, seeds=SEEDS[:1], silence=silence)[0]

    every = [one for columns in sources.values() for one in columns]
    full = predict(every)
    alone = {name: predict(columns) for name, columns in sources.items()}
    without = {
        name: predict([one for one in every if one not in columns]) for name, columns in sources.items()
    }
    measured = {"seed": SEEDS[0], "resamples": resamples}
    return {
        **measured,
        "all": _measures(full, bad, resamples),
        "sources": [
            {
                "source": name,
                "columns": list(columns),
                "alone": _measures(alone[name], bad, resamples),
                "without": _measures(without[name], bad, resamples),
                "loses": difference(full, without[name], bad, resamples=resamples),
            }
            for name, columns in sources.items()
        ],
        "record": _record(table, sources, record, full, alone, without[record], resamples),
    }


def _measures(pd: Floats, bad: Ints, resamples: int) -> dict[str, Any]:
    found = intervals([pd], bad, resamples=resamples, seed=SEEDS[0])
    return {name: plain(found[name]) for name in ("ks", "auc")}


def difference(full: Floats, less: Floats, bad: Ints, *, resamples: int) -> dict[str, Any]:
    """This function will return how much KS and AUC fall from one prediction to another, rows drawn once for both."""
    ranked = [rank(full), rank(less)]

    def falls(weight: Floats) -> tuple[float, float]:
        (ks, auc), (ks_less, auc_less) = (separation(one, bad, weight) for one in ranked)
        return ks - ks_less, auc - auc_less

    source = np.random.Generator(np.random.PCG64(SEEDS[0]))
    size = len(bad)
    drawn = np.array(
        [
            falls(np.bincount(source.integers(0, size, size), minlength=size).astype(np.float64))
            for _ in range(resamples)
        ]
    )
    return _named(falls(np.ones(size)), drawn, ("ks", "auc"))


def _named(point: Sequence[float], drawn: Floats, names: Sequence[str]) -> dict[str, Any]:
    low, high = np.quantile(drawn, WITHIN[0], axis=0), np.quantile(drawn, WITHIN[1], axis=0)
    return {
        name: {"value_ppm": ppm(point[i]), "low_ppm": ppm(low[i]), "high_ppm": ppm(high[i])}
        for i, name in enumerate(names)
    }


def spread(full: Floats, known: Floats | None, rows: Ints) -> float:
    """This function will return the mean width of the range that holds 95 % of `full` among people alike in `known`.

    With None nobody is told apart: the width over everybody.
    """
    if known is None:
        low, high = np.quantile(full[rows], WITHIN)
        return float(high - low)
    order = rows[np.argsort(known[rows], kind="stable")]
    widths = [
        float(np.subtract(*np.quantile(full[part], WITHIN[::-1]))) for part in np.array_split(order, PARTS)
    ]
    return float(np.mean(widths))


def _record(
    table: Table,
    sources: Mapping[str, tuple[str, ...]],
    record: str,
    full: Floats,
    alone: Mapping[str, Floats],
    rest: Floats,
    resamples: int,
) -> dict[str, Any]:
    """How far each source narrows the range of her probability of default when the record is not there."""
    cells = [
        one.numbers if one.kind == "number" else one.texts
        for one in table.columns
        if one.name in sources[record]
    ]
    thin = np.array([all(one[row] is None for one in cells) for row in range(len(table.bad))])
    rows = np.flatnonzero(~thin).astype(np.int64)
    known: dict[str, Floats] = {name: pd for name, pd in alone.items() if name != record}
    if len(known) > 1:
        known["all of them"] = rest

    def widths(drawn: Ints) -> list[float]:
        return [spread(full, None, drawn), *(spread(full, one, drawn) for one in known.values())]

    point = widths(rows)
    source = np.random.Generator(np.random.PCG64(SEEDS[0]))
    again = np.array([widths(rows[source.integers(0, len(rows), len(rows))]) for _ in range(resamples)])
    narrowed = 1 - again[:, 1:] / again[:, :1]
    low, high = np.quantile(narrowed, WITHIN[0], axis=0), np.quantile(narrowed, WITHIN[1], axis=0)
    wide = _named(point, again, ["nothing", *known])
    return {
        "source": record,
        "rows_with": len(rows),
        "rows_without": int(thin.sum()),
        "width_knowing_nothing": wide["nothing"],
        "known": [
            {
                "source": name,
                "width": wide[name],
                "narrows": {
                    "value_ppm": ppm(1 - point[i + 1] / point[0]),
                    "low_ppm": ppm(low[i]),
                    "high_ppm": ppm(high[i]),
                },
            }
            for i, name in enumerate(known)
        ],
    }
