"""Scores of one person against their peers: same rows, same process, one thread, in turns.

Run by `.venv-bench/bin/python`, which has the peers (extra `bench`); what we serve with needs none of them. Inputs are
made from a seed. Every peer first has to agree with us, so nobody wins by another answer:
optbinning's scorecard is turned into our document bin by bin, ONNX computes the same points, LightGBM reads our text.
"""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from puhui.decisions.domain.boosted import parse_trees
from puhui.decisions.domain.boosted_text import NANO
from puhui.decisions.domain.quick import QuickScore, compile_scorecard
from puhui.decisions.domain.scorecard import Feature, Scorecard

SEED = 20261122
ROWS = 6000  # of training
COLUMNS = 12
SCALE = 600, 40  # points of the cohort, points that double the odds
ASKED = 200  # rows asked one by one
ROUNDS = 25
GOALS = {"scorecard_vs_optbinning": 1500.0, "scorecard_vs_onnx": 1.0, "gbm_vs_lightgbm": 2.5}
TOLERANCE = 1e-6  # log odds: our leaves are rounded to nano


def main() -> None:
    """This function will print {name: {"ratio", "ours_us", "peer_us"}} as one line of JSON."""
    rows, bad = make_rows(SEED, ROWS)
    found = score_lines(rows, bad) | tree_lines(rows, bad)
    print(json.dumps(found))


def make_rows(seed: int, count: int) -> tuple[list[list[int]], list[int]]:
    """This function will return invented rows of whole numbers, COLUMNS each, and whether they went bad."""
    source = random.Random(seed)
    rows = [[source.randrange(0, 1000) for _ in range(COLUMNS)] for _ in range(count)]
    bad = [
        int(
            source.random() < 0.05 + sum(row[:6]) / 6000 * 0.5 + (0.1 if row[6] > 700 and row[7] < 300 else 0)
        )
        for row in rows
    ]
    return rows, bad


def alternate(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """This function will return the least seconds of both, taken in turns: other work on the machine only ever adds."""
    took: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for work, times in zip((ours, peer), took, strict=True):
                start = time.perf_counter()
                work()
                times.append(time.perf_counter() - start)
    finally:
        gc.enable()
    return min(took[0]), min(took[1])


def figure(ours: float, peer: float, ours_count: int, peer_count: int) -> dict[str, float]:
    """This function will return microseconds a row of both and their ratio."""
    own, other = ours / ours_count * 1e6, peer / peer_count * 1e6
    return {"ratio": other / own, "ours_us": own, "peer_us": other}


# --- scorecard ------------------------------------------------------------------------------------------------------


def score_lines(rows: list[list[int]], bad: list[int]) -> dict[str, dict[str, float]]:
    """This function will time a scorecard with four reasons against optbinning, and without any against ONNX runtime."""
    import numpy
    import pandas
    from optbinning import BinningProcess
    from optbinning import Scorecard as Peer
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    names = [f"x{i}" for i in range(COLUMNS)]
    frame = pandas.DataFrame(rows, columns=names, dtype=float)
    peer = Peer(
        binning_process=BinningProcess(names),
        estimator=LogisticRegression(max_iter=1000),
        scaling_method="pdo_odds",
        scaling_method_params={"pdo": SCALE[1], "odds": 18, "scorecard_points": SCALE[0]},
        rounding=True,
    ).fit(frame, numpy.array(bad))
    card = same_card(peer, names)
    quick = compile_scorecard(card)
    asked = [dict(zip(names, row, strict=True)) for row in rows[:ASKED]]
    frames = [frame.iloc[i : i + 1] for i in range(ASKED)]
    ours = [quick(one)[0] for one in asked]
    theirs = [int(one) for one in numpy.rint(peer.score(frame.iloc[:ASKED]))]
    if wrong := [i for i in range(ASKED) if ours[i] != theirs[i]]:
        raise RuntimeError(f"row {wrong[0]}: {ours[wrong[0]]} points, optbinning {theirs[wrong[0]]}")
    few = 4  # a row of optbinning costs milliseconds
    times = alternate(lambda: run_all(quick, asked), lambda: [peer.score(one) for one in frames[:few]])
    return {
        "scorecard_vs_optbinning": figure(*times, ASKED, few),
        "scorecard_vs_onnx": onnx_line(card, quick, asked, rows[:ASKED]),
    }


def run_all(quick: QuickScore, asked: Sequence[dict[str, Any]]) -> None:
    """This function will score each row by itself."""
    for one in asked:
        quick(one)


def same_card(peer: Any, names: list[str]) -> Scorecard:
    """This function will turn optbinning's fitted table into our scorecard: the same cuts, the same points."""
    table = peer.table()
    features = []
    for name in names:
        own = table[table["Variable"] == name]
        splits = list(peer.binning_process_.get_binned_variable(name).splits)
        points = [round(one) for one in own["Points"].tolist()[: len(splits) + 1]]
        cuts = tuple(-(-one // 1) for one in splits)  # x < 12.5 is x < 13 for whole numbers
        features.append(
            Feature(
                name=name,
                reason=f"SCORE_{name.upper()}",
                decimals=0,
                cuts=tuple(int(one) for one in cuts),
                points=tuple(points),
                categories={},
                special={},
                best_points=max(points),
            )
        )
    low = sum(min(one.points) for one in features)
    high = sum(max(one.points) for one in features)
    pd = [1 / (1 + 18 * 2 ** ((points - SCALE[0]) / SCALE[1])) for points in range(low, high + 1)]
    return Scorecard(
        name="bench",
        sha256="",
        base_points=0,
        features=tuple(features),
        lowest_points=low,
        pd_ppm=tuple(round(one * 1_000_000) for one in pd),
    )


def onnx_line(
    card: Scorecard, quick: QuickScore, asked: list[dict[str, Any]], rows: list[list[int]]
) -> dict[str, float]:
    """This function will time ONNX runtime, one thread, on a graph of the same points (comparisons times steps)."""
    import numpy
    import onnx
    import onnxruntime

    session = onnx_session(card, onnx, onnxruntime, numpy)
    inputs = [{"x": numpy.array([row], dtype=numpy.float32)} for row in rows]
    theirs = [int(session.run(None, one)[0][0, 0]) for one in inputs]
    ours = [quick(one)[0] for one in asked]
    if ours != theirs:
        raise RuntimeError("ONNX computes other points")
    times = alternate(lambda: run_all(quick, asked), lambda: [session.run(None, one) for one in inputs])
    return figure(*times, len(asked), len(inputs))


def onnx_session(card: Scorecard, onnx: Any, onnxruntime: Any, numpy: Any) -> Any:
    """This function will build points = first bins + steps · (x ≥ cut): three operators, the leanest graph we found."""
    place = [i for i, one in enumerate(card.features) for _ in one.cuts]
    cuts = [cut for one in card.features for cut in one.cuts]
    steps = [
        after - before
        for one in card.features
        for before, after in zip(one.points, one.points[1:], strict=False)
    ]
    helper, kinds = onnx.helper, onnx.TensorProto

    def constant(name: str, values: Any) -> Any:
        return onnx.numpy_helper.from_array(numpy.array(values), name)

    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["x", "place"], ["wide"], axis=1),
            helper.make_node("GreaterOrEqual", ["wide", "cuts"], ["above"]),
            helper.make_node("Cast", ["above"], ["one"], to=kinds.FLOAT),
            helper.make_node("Gemm", ["one", "steps", "first"], ["points"]),
        ],
        "scorecard",
        [helper.make_tensor_value_info("x", kinds.FLOAT, [1, len(card.features)])],
        [helper.make_tensor_value_info("points", kinds.FLOAT, [1, 1])],
        [
            constant("place", numpy.array(place, dtype=numpy.int64)),
            constant("cuts", numpy.array([cuts], dtype=numpy.float32)),
            constant("steps", numpy.array(steps, dtype=numpy.float32)[:, None]),
            constant(
                "first", numpy.array([[sum(one.points[0] for one in card.features)]], dtype=numpy.float32)
            ),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


# --- trees ----------------------------------------------------------------------------------------------------------


def tree_lines(rows: list[list[int]], bad: list[int]) -> dict[str, dict[str, float]]:
    """This function will time one row of the challenger's kind of trees against LightGBM's own `predict`."""
    import lightgbm
    import numpy

    matrix = numpy.array(rows, dtype=numpy.float64)
    parameters = {
        "objective": "binary", "learning_rate": 0.05, "max_depth": 2, "num_leaves": 4, "num_threads": 1,
        "monotone_constraints": [1] * COLUMNS, "verbosity": -1, "seed": 1,
    }  # fmt: skip
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, numpy.array(bad)), 400)
    text = booster.model_to_string()
    booster = lightgbm.Booster(model_str=text)
    trees = parse_trees(text, name="bench")
    total = trees.total_nano
    asked = edge_rows(rows[:ASKED], trees.cuts)
    theirs = booster.predict(numpy.array(asked), raw_score=True, num_threads=1)
    leaves = booster.predict(numpy.array(asked), pred_leaf=True, num_threads=1)
    flips = sum(
        exit_leaf(tree, row) != int(leaf)
        for row, own in zip(asked, leaves, strict=True)
        for tree, leaf in zip(trees.trees, own, strict=True)
    )
    worst = max(abs(total(row) / NANO - float(one)) for row, one in zip(asked, theirs, strict=True))
    if flips or worst > TOLERANCE:
        raise RuntimeError(f"{flips} leaves differ from LightGBM's, log odds by up to {worst}")
    single = [numpy.array([row]) for row in asked]

    def ours() -> None:
        for row in asked:
            total(row)

    times = alternate(ours, lambda: [booster.predict(one, raw_score=True, num_threads=1) for one in single])
    return {"gbm_vs_lightgbm": figure(*times, len(asked), len(single)) | {"leaf_flips": float(flips)}}


def edge_rows(rows: list[list[int]], cuts: Sequence[list[float]]) -> list[list[float]]:
    """This function will put every third value exactly on a threshold, and leave every eleventh out."""
    source = random.Random(SEED)
    return [
        [
            float("nan")
            if (i + j) % 11 == 0
            else source.choice(cuts[j])
            if (i + j) % 3 == 0 and cuts[j]
            else float(value)
            for j, value in enumerate(row)
        ]
        for i, row in enumerate(rows)
    ]


def exit_leaf(tree: Any, row: list[float]) -> int:
    """This function will walk one tree the plain way and return the number of its leaf."""
    node = 0 if tree.features else -1
    while node >= 0:
        x = row[tree.features[node]]
        left = x <= tree.thresholds[node] if x == x else tree.absent_left[node]
        node = tree.left[node] if left else tree.right[node]
    return ~node


if __name__ == "__main__":
    main()
