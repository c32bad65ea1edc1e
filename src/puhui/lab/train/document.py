"""The fitted model as a scorecard file: integer points, the evidence behind each bin, and its own content hash."""

from __future__ import annotations

from typing import Any

import numpy as np

from puhui.decisions.domain.scorecard import FORMAT, body_hash
from puhui.lab.train.fit import Chosen, Model
from puhui.lab.train.metrics import ppm
from puhui.lab.train.table import Column, Table

ANCHOR_POINTS = 600  # points at the anchor odds
ANCHOR_ODDS = 18  # good : bad
POINTS_TO_DOUBLE = 40  # points that double the odds of being good
FACTOR = POINTS_TO_DOUBLE / np.log(2)


def make_document(
    model: Model, table: Table, *, name: str, training: dict[str, Any], summary: dict[str, str]
) -> dict[str, Any]:
    """This function will return the scorecard document of a model fitted on all rows of `table`."""
    by_name = {one.name: one for one in table.columns}
    features = [_feature(one, by_name[one.column], table) for one in model.features]
    base = int(np.rint(ANCHOR_POINTS + FACTOR * (-model.intercept - np.log(ANCHOR_ODDS))))
    lows = sum(min(0, *_all_points(row)) for row in features)
    highs = sum(max(0, *_all_points(row)) for row in features)
    document = {
        "format": FORMAT,
        "name": name,
        "summary": summary,
        "training": training,
        "scale": {
            "anchor_points": ANCHOR_POINTS,
            "anchor_odds_good_to_bad": ANCHOR_ODDS,
            "points_to_double_odds": POINTS_TO_DOUBLE,
        },
        "base_points": base,
        "features": features,
        "pd_table": {
            "lowest_points": base + lows,
            "pd_ppm": [_pd_ppm(points) for points in range(base + lows, base + highs + 1)],
        },
    }
    document["content_sha256"] = body_hash(document)
    return document


def _all_points(row: dict[str, Any]) -> list[int]:
    return [one["points"] for one in (*row["bins"], *row["special"], row["missing"])]


def _pd_ppm(points: int) -> int:
    log_odds_good = (points - ANCHOR_POINTS) / FACTOR + np.log(ANCHOR_ODDS)
    return min(max(ppm(float(1 / (1 + np.exp(log_odds_good)))), 1), 999_999)


def _feature(one: Chosen, column: Column, table: Table) -> dict[str, Any]:
    bad = np.array(table.bad, dtype=np.int64)
    cells = column.texts if column.kind == "category" else column.numbers
    absent = np.array([seen is None for seen in cells])
    specials = []
    for value in one.binning.special:
        rows = np.array([seen == value for seen in column.numbers])
        specials.append(
            {
                "value": value,
                "rows": int(rows.sum()),
                "bad": int(bad[rows].sum()),
                "points": _extra(one, value),
            }
        )
    return {
        "name": one.column,
        "reason": f"SCORE_{one.column.upper()}",
        "kind": one.binning.kind,
        "decimals": column.decimals,
        "direction": one.binning.direction,
        "iv_ppm": ppm(one.evidence.iv),
        "weight_ppm": ppm(one.weight),
        "bins": [_bin(one, i) for i in range(one.binning.bins)],
        "special": specials,
        "missing": {"rows": int(absent.sum()), "bad": int(bad[absent].sum()), "points": _extra(one, None)},
    }


def _extra(one: Chosen, value: int | None) -> int:
    """Points of an absent or special value: 0 unless it speaks."""
    if value not in one.binning.extras:
        return 0
    return int(np.rint(-FACTOR * one.extras[one.binning.extras.index(value)]))


def _bin(one: Chosen, i: int) -> dict[str, Any]:
    woe = one.evidence.woe[i]
    shared: dict[str, Any] = {
        "rows": one.evidence.rows[i],
        "bad": one.evidence.bad[i],
        "woe_ppm": ppm(woe),
        "points": int(np.rint(-FACTOR * one.values[i])),
    }
    if one.binning.kind == "category":
        return {"categories": list(one.binning.groups[i]), **shared}
    return {"below": one.binning.cuts[i] if i < len(one.binning.cuts) else None, **shared}
