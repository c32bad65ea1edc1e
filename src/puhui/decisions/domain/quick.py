"""A scorecard compiled into one function: the same points, probability and reasons in about a microsecond.

`Scorecard.evaluate` keeps every contribution for the trace; where only the score and its reasons are wanted (a second
scan, a shadow, a simulation) this way answers. A property test holds the two together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from puhui.decisions.domain.remember import is_narrow, remember
from puhui.decisions.domain.scorecard import Feature, FeatureValue, Scorecard, points_of

MOST_REASONS = 4
QuickScore = Callable[[Mapping[str, FeatureValue]], tuple[int, int, tuple[str, ...]]]
Ranks = Mapping[tuple[int, int], int]  # by place of a feature and its points: as a reason, 0 weighs most


def compile_scorecard(card: Scorecard) -> QuickScore:
    """This function will return a function from scaled feature values to (points, pd_ppm, at most four reasons)."""
    ranks, codes = rank_reasons(card)
    space: dict[str, Any] = {
        "__builtins__": {"KeyError": KeyError, "sorted": sorted, "type": type, "int": int},
        "find": bisect_right,
        "pds": card.pd_ppm,
        "nothing": dict.fromkeys(one.name for one in card.features),
        "codes": codes,
    }
    end = len(card.pd_ppm) - 1
    lines = ["def score(values):", "    try:"]
    for i, feature in enumerate(card.features):
        lines += [f"        {line}" for line in _lines(i, feature, ranks, len(codes), space)]
    lines += [
        "    except KeyError:",  # a key left out counts as absent
        "        return score({**nothing, **values})",
        *write_reasons(len(card.features), len(codes)),
        f"    total = {card.base_points}{''.join(f' + p{i}' for i in range(len(card.features)))}",
        f"    place = total - {card.lowest_points}",
        f"    return total, pds[0 if place < 0 else {end} if place > {end} else place], reasons",
    ]
    exec(compile("\n".join([*lines, ""]), f"<{card.name}>", "exec"), space)
    found: QuickScore = space["score"]
    return found


def rank_reasons(card: Scorecard) -> tuple[Ranks, tuple[str, ...]]:
    """This function will rank everything that may be a reason, and return ranks and the reason code of each rank.

    Most points below the cohort first, then most points lost; equal ones in reading order. What loses no points is no
    reason and has no rank. Ranks are small numbers next to each other, which Python sorts fastest.
    """
    order: list[tuple[int, int, int]] = []
    for place, feature in enumerate(card.features):
        every = {
            *feature.points,
            *feature.categories.values(),
            *feature.special.values(),
            feature.absent_points,
        }
        order += [
            (points, feature.best_points - points, place) for points in every if points < feature.best_points
        ]
    order.sort(key=lambda one: (min(one[0], 0), -one[1], one[2]))
    ranks = {(place, points): rank for rank, (points, _lost, place) in enumerate(order)}
    return ranks, tuple(card.features[place].reason for _points, _lost, place in order)


def write_reasons(features: int, none: int) -> list[str]:
    """This function will write the lines that turn ranks `k0`, `k1`, … into `reasons`; `none` is the rank of no reason."""
    ranks = [f"k{i}" for i in range(features)] + [str(none)] * (MOST_REASONS - features)
    return [
        f"    a, b, c, d = ranked = sorted(({', '.join(ranks)}))[:{MOST_REASONS}]",
        f"    if d < {none}:",
        "        reasons = codes[a], codes[b], codes[c], codes[d]",
        "    else:",
        f"        reasons = (*[codes[one] for one in ranked if one < {none}],)",
    ]


def _lines(i: int, feature: Feature, ranks: Ranks, none: int, space: dict[str, Any]) -> list[str]:
    """The lines that set points `p` and rank `k` of one feature."""

    def entry(points: int | None) -> tuple[int, int]:
        return (0, none) if points is None else (points, ranks.get((i, points), none))

    def entry_of(value: FeatureValue) -> tuple[int, int]:
        return entry(points_of(feature, value))

    space[f"table{i}"] = table = remember(entry_of)
    if is_narrow(feature):
        for value in range(feature.cuts[0] - 1, feature.cuts[-1] + 1) if feature.cuts else ():
            table[value]  # asked once, so that scores of the first customers are as quick
        return [f"p{i}, k{i} = table{i}[values[{feature.name!r}]]"]
    space[f"cuts{i}"], space[f"bins{i}"] = feature.cuts, [entry(one) for one in feature.points]
    special = f" and x not in {(*feature.special,)!r}" if feature.special else ""
    return [
        f"x = values[{feature.name!r}]",
        f"p{i}, k{i} = bins{i}[find(cuts{i}, x)] if type(x) is int{special} else table{i}[x]",
    ]
