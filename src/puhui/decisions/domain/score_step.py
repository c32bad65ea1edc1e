"""The step of a decision that scores, compiled for one policy and one scorecard: points, reasons and a line per feature.

`Scorecard.evaluate` says the same in the plain way and is asked where a decline needs every contribution; a property
test holds the two together. What a bin always says is made when the texts are bound; what is left are her values.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from puhui.core.trace import Outcome, TraceStep, make_step
from puhui.decisions.domain.quick import NONE, PLACES, rank_of
from puhui.decisions.domain.scorecard import Feature, Scorecard
from puhui.decisions.domain.tables import Value

# From variables to (points, steps of the features, features absent, at most four reasons).
ScoreStep = Callable[[Mapping[str, Value]], tuple[int, tuple[TraceStep, ...], int, tuple[str, ...]]]
Entry = tuple[int, int, str, int]  # points, points lost, points as a trace writes them, rank


def compile_score_step(card: Scorecard, *, facts: Mapping[str, str], version: str) -> ScoreStep:
    """This function will return the way to score; `facts` names the fact of each feature, an integer or absent, and
    `version` the scorecard in the trace.
    """
    space: dict[str, Any] = {
        "__builtins__": {"sorted": sorted, "len": len},
        "find": bisect_right,
        "make": make_step,
        "version": version,
        "reasons": [one.reason for one in card.features],
    }
    lines = ["def score(v):", "    absent = 0"]
    for i, feature in enumerate(card.features):
        lines += _lines(i, feature, facts[feature.name], version, space)
    every = range(len(card.features))
    lines += [
        f"    ranked = sorted(({''.join(f'k{i}, ' for i in every)}))[:4]",
        f"    if ranked[-1] == {NONE}:",
        f"        ranked = [one for one in ranked if one != {NONE}]",
        f"    total = {card.base_points}{''.join(f' + p{i}' for i in every)}",
        f"    steps = ({''.join(f's{i}, ' for i in every)})",
        f"    return total, steps, absent, (*[reasons[one & {PLACES - 1}] for one in ranked],)",
    ]
    exec(compile("\n".join([*lines, ""]), f"<score {card.name}>", "exec"), space)
    score: ScoreStep = space["score"]
    return score


def _lines(i: int, feature: Feature, fact: str, version: str, space: dict[str, Any]) -> list[str]:
    """The lines that set points `p`, rank `k` and trace step `s` of one feature."""

    def entry(points: int | None) -> Entry:
        if points is None:
            return 0, 0, "+0", NONE
        lost = feature.best_points - points
        return points, lost, f"{points:+d}", rank_of(points, lost, i)

    points, lost, shown, rank = absent = entry(feature.absent_points or None)
    because = {"value": None, "lost_points": lost, "reason": feature.reason}
    space[f"a{i}"] = points, rank, make_step(feature.name, shown, because, version, Outcome.NOT_TRIGGERED)
    space[f"cuts{i}"] = feature.cuts
    space[f"bins{i}"] = [entry(one) for one in feature.points] or [absent]
    found = f"bins{i}[find(cuts{i}, x)]"
    if feature.categories:  # an integer is of another kind than its categories, neutral
        space[f"bins{i}"], found = [entry(None)], f"bins{i}[0]"
    elif feature.special:
        space[f"special{i}"] = {value: entry(one) for value, one in feature.special.items()}
        found = f"special{i}[x] if x in special{i} else {found}"
    return [
        f"    x = v[{fact!r}]",
        "    if x is None:",
        f"        p{i}, k{i}, s{i} = a{i}",
        "        absent += 1",
        "    else:",
        f"        p{i}, l, t, k{i} = {found}",
        f"        s{i} = make({feature.name!r}, t, {{'value': x, 'lost_points': l, 'reason': {feature.reason!r}}}, version)",
    ]
