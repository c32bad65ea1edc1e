"""A scorecard compiled into one function: the same points, probability and reasons in a few microseconds.

`Scorecard.evaluate` keeps every contribution for the trace; where only the score and its reasons are wanted (a second
scan, a shadow, a simulation) this way answers. A property test holds the two together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from puhui.decisions.domain.scorecard import Feature, FeatureValue, Scorecard

NONE = 1 << 62  # rank of a feature that is no reason
PLACES = 1 << 12  # room for the place of a feature in its rank
HALF = 1 << 20  # points and lost points are smaller than this
QuickScore = Callable[[Mapping[str, FeatureValue]], tuple[int, int, tuple[str, ...]]]


def compile_scorecard(card: Scorecard) -> QuickScore:
    """This function will return a function from scaled feature values to (points, pd_ppm, at most four reasons)."""
    space: dict[str, Any] = {
        "__builtins__": {},
        "find": bisect_right,
        "sorted": sorted,
        "type": type,
        "int": int,
        "table": card.pd_ppm,
        "reasons": [one.reason for one in card.features],
    }
    lines = ["    get = values.get"]
    for i, feature in enumerate(card.features):
        lines += _lines(i, feature, space)
    count = len(card.features)
    end = len(card.pd_ppm) - 1
    lines += [
        f"    total = {card.base_points} + {' + '.join(f'p{i}' for i in range(count))}",
        f"    ranked = sorted(({', '.join(f'k{i}' for i in range(count))},))[:4]",
        f"    place = total - {card.lowest_points}",
        f"    place = 0 if place < 0 else {end} if place > {end} else place",
        f"    if ranked[-1] == {NONE}:",
        f"        ranked = [one for one in ranked if one != {NONE}]",
        f"    return total, table[place], (*[reasons[one & {PLACES - 1}] for one in ranked],)",
    ]
    exec(compile("def score(values):\n" + "\n".join(lines) + "\n", f"<{card.name}>", "exec"), space)
    found: QuickScore = space["score"]
    return found


def rank_of(points: int, lost_points: int, place: int) -> int:
    """This function will return the rank of the feature at a place as a reason: the lowest weighs most, NONE is none."""
    assert abs(points) < HALF and lost_points < HALF and place < PLACES, "points out of range"
    rank = ((min(points, 0) + HALF) * 2 * HALF + (HALF - lost_points)) * PLACES + place
    return rank if lost_points > 0 else NONE


def _lines(i: int, feature: Feature, space: dict[str, Any]) -> list[str]:
    """The lines that set points `p` and rank `k` of one feature; absent or of another kind is (0, no reason)."""

    def entry(points: int) -> tuple[int, int]:
        return points, rank_of(points, feature.best_points - points, i)

    neutral = (0, NONE)
    absent = entry(feature.absent_points) if feature.absent_points else neutral
    if feature.categories:
        entries: dict[str | None, tuple[int, int]] = {
            text: entry(one) for text, one in feature.categories.items()
        }
        entries[None] = absent
        space[f"c{i}"] = entries.get
        space[f"n{i}"] = neutral
        return [f"    p{i}, k{i} = c{i}(get({feature.name!r}), n{i})"]
    space[f"cuts{i}"] = feature.cuts
    # The last two: -1 is absent; -2 is of another kind, neutral.
    space[f"bins{i}"] = [*[entry(one) for one in feature.points], neutral, absent]
    other = "(-1 if x is None else -2)" if feature.absent_points else "-1"
    if not feature.special:
        return [
            f"    x = get({feature.name!r})",
            f"    p{i}, k{i} = bins{i}[find(cuts{i}, x) if type(x) is int else {other}]",
        ]
    space[f"s{i}"] = {value: entry(points) for value, points in feature.special.items()}
    return [
        f"    x = get({feature.name!r})",
        f"    p{i}, k{i} = s{i}[x] if x in s{i} else bins{i}[find(cuts{i}, x) if type(x) is int else {other}]",
    ]
