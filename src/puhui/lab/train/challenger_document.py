"""The challenger as a file: what its columns mean, its calibration as a table, and the hash of its trees."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from puhui.decisions.domain.boosted import parse_trees
from puhui.decisions.domain.boosted_text import NANO
from puhui.decisions.domain.challenger import FORMAT
from puhui.decisions.domain.scorecard import body_hash
from puhui.lab.train.challenger import Boosted, probability
from puhui.lab.train.metrics import Interval, ppm
from puhui.lab.train.table import Column, Table
from puhui.lab.train.vector import VectorTrees

REACH = 12  # log odds that the table speaks of, each way
STEPS = 20  # entries per unit of log odds


def make_challenger_document(
    model: Boosted,
    table: Table,
    *,
    name: str,
    trees_file: str,
    training: dict[str, Any],
    calibration: tuple[float, float],
    measures: dict[str, Interval],
    summary: dict[str, str],
) -> dict[str, Any]:
    """This function will return the challenger's document of a model fitted on all rows of `table`."""
    trees = parse_trees(model.text, name=trees_file)
    vector = VectorTrees(trees)
    best = vector.shares(vector.cells(model.matrix(table))).min(axis=0).tolist()
    by_name = {one.name: one for one in table.columns}
    bad = np.array(table.bad, dtype=np.int64)
    features = []
    for one, low in zip(model.encodings, best, strict=True):
        column = by_name[one.column]
        absent = _absent(column)
        features.append(
            {
                "name": one.column,
                "reason": f"SCORE_{one.column.upper()}",
                "kind": one.kind,
                "decimals": column.decimals,
                "monotone": one.monotone,
                "categories": one.weights,
                "special": list(one.special),
                "missing": {"rows": int(absent.sum()), "bad": int(bad[absent].sum())},
                "best_nano": int(low),
            }
        )
    grid = np.arange(-REACH * STEPS, REACH * STEPS + 1) / STEPS
    document = {
        "format": FORMAT,
        "name": name,
        "summary": summary,
        "training": training,
        "trees": {
            "file": trees_file,
            "sha256": hashlib.sha256(model.text.encode()).hexdigest(),
            "count": len(trees.trees),
        },
        "features": features,
        "pd_table": {
            "lowest_nano": -REACH * NANO,
            "step_nano": NANO // STEPS,
            "pd_ppm": [min(max(ppm(float(one)), 1), 999_999) for one in probability(grid, calibration)],
        },
        "validation": {
            measure: {"value_ppm": one.value_ppm, "low_ppm": one.low_ppm, "high_ppm": one.high_ppm}
            for measure, one in measures.items()
        },
    }
    document["content_sha256"] = body_hash(document)
    return document


def _absent(column: Column) -> Any:
    cells = column.numbers if column.kind == "number" else column.texts
    return np.array([one is None for one in cells])
