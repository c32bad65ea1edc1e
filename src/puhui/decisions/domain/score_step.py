"""The step of a decision that scores, compiled for one policy and one scorecard: points, reasons and a line per feature.

`Scorecard.evaluate` says the same in the plain way and is asked where a decline needs every contribution; a property
test holds the two together. What a feature says of a value is the same for everybody, its line of the trace included:
lines are never changed, so decisions share them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from puhui.core.trace import Outcome, TraceStep, make_step
from puhui.decisions.domain.quick import Ranks, rank_reasons, write_reasons
from puhui.decisions.domain.remember import remember
from puhui.decisions.domain.scorecard import Feature, FeatureValue, Scorecard, points_of
from puhui.decisions.domain.tables import Value

# From variables to (points, steps of the features, features absent, at most four reasons).
ScoreStep = Callable[[Mapping[str, Value]], tuple[int, tuple[TraceStep, ...], int, tuple[str, ...]]]
Entry = tuple[int, int, TraceStep, int]  # points, rank as a reason, line of the trace, 1 if absent


def compile_score_step(card: Scorecard, *, facts: Mapping[str, str], version: str) -> ScoreStep:
    """This function will return the way to score; `facts` names the fact of each feature, an integer or absent, and
    `version` the scorecard in the trace.
    """
    ranks, codes = rank_reasons(card)
    space: dict[str, Any] = {"__builtins__": {"sorted": sorted}, "codes": codes}
    lines = ["def score(v):"]
    for i, feature in enumerate(card.features):
        space[f"table{i}"] = remember(_entries(i, feature, ranks, len(codes), version))
        lines.append(f"    p{i}, k{i}, s{i}, a{i} = table{i}[v[{facts[feature.name]!r}]]")
    every = range(len(card.features))
    lines += [
        *write_reasons(len(card.features), len(codes)),
        f"    total = {card.base_points}{''.join(f' + p{i}' for i in every)}",
        f"    return total, ({''.join(f's{i}, ' for i in every)}), {' + '.join(f'a{i}' for i in every)}, reasons",
    ]
    exec(compile("\n".join([*lines, ""]), f"<score {card.name}>", "exec"), space)
    score: ScoreStep = space["score"]
    return score


def _entries(
    place: int, feature: Feature, ranks: Ranks, none: int, version: str
) -> Callable[[FeatureValue], Entry]:
    """What the feature at a place says of a value; `none` is the rank of no reason."""

    def find(value: FeatureValue) -> Entry:
        points = points_of(feature, value)
        lost = 0 if points is None else feature.best_points - points
        points, rank = points or 0, none if points is None else ranks.get((place, points), none)
        because = {"value": value, "lost_points": lost, "reason": feature.reason}
        outcome = Outcome.NOT_TRIGGERED if value is None else Outcome.PASSED
        step = make_step(feature.name, f"{points:+d}", because, version, outcome)
        return points, rank, step, int(value is None)

    return find
