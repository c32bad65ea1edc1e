"""A scorecard compiled into one function: the same points, probability and reasons in about a microsecond.

`Scorecard.evaluate` keeps every contribution for the trace; where only the score and its reasons are wanted (a second
scan, a shadow, a simulation) this way answers. A property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from puhui.decisions.domain.remember import remember
from puhui.decisions.domain.scorecard import Feature, FeatureValue, Scorecard, points_of

MOST_REASONS = 4
QuickScore = Callable[[Mapping[str, FeatureValue]], tuple[int, int, tuple[str, ...]]]
Ranks = Mapping[tuple[int, int], int]  # by place of a feature and its points: as a reason, 0 weighs most


def compile_scorecard(card: Scorecard) -> QuickScore:
    """This function will return a function from scaled feature values to (points, pd_ppm, at most four reasons).

    What a feature says of a value is one number: its rank as a reason, and below it, in `shift` bits, its points above
    the feature's least. One sum then holds all points, and one sort puts the reasons in order.
    """
    ranks, codes = rank_reasons(card)
    least = [min(_reached(one)) for one in card.features]
    shift = sum(max(_reached(one)) - low for one, low in zip(card.features, least, strict=True)).bit_length()
    lowest = card.base_points + sum(least)
    none = len(codes) << shift
    space: dict[str, Any] = {
        "__builtins__": {"KeyError": KeyError, "TypeError": TypeError, "sum": sum},
        "evaluate": card.evaluate,
        "pds": [card.pd_of(lowest + one) for one in range(1 << shift)],
        "nothing": dict.fromkeys(one.name for one in card.features),
        "codes": {
            rank << shift | points - least[place]: codes[rank] for (place, points), rank in ranks.items()
        },
    }

    def entry_at(i: int) -> Callable[[int | None], int]:
        return lambda points: (
            (len(codes) if points is None else ranks.get((i, points), len(codes))) << shift
            | (points or 0) - least[i]
        )

    cells = [_cell(i, feature, entry_at(i), space) for i, feature in enumerate(card.features)]
    cells += [str(none)] * (MOST_REASONS - len(cells))
    lines = [
        "def score(values):",
        "    try:",
        f"        found = [{', '.join(cells)}]",
        "    except KeyError:",  # a key left out counts as absent
        "        return score({**nothing, **values})",
        "    except TypeError:",  # a text where a number belongs says nothing
        "        plain = evaluate(values)",
        "        return plain.points, plain.pd_ppm, plain.reasons",
        f"    place = sum(found) & {(1 << shift) - 1}",
        "    found.sort()",
        f"    if found[{MOST_REASONS - 1}] < {none}:",
        f"        reasons = {', '.join(f'codes[found[{one}]]' for one in range(MOST_REASONS))}",
        "    else:",
        f"        reasons = (*[codes[one] for one in found[:{MOST_REASONS}] if one < {none}],)",
        f"    return place + {lowest}, pds[place], reasons",
    ]
    exec(compile("\n".join([*lines, ""]), f"<{card.name}>", "exec"), space)
    found: QuickScore = space["score"]
    return found


def _reached(feature: Feature) -> set[int]:
    """All points that a value of a feature, or silence, can have."""
    return {
        0, feature.absent_points, *feature.points, *feature.categories.values(), *feature.special.values(),
    }  # fmt: skip


def rank_reasons(card: Scorecard) -> tuple[Ranks, tuple[str, ...]]:
    """This function will rank everything that may be a reason, and return ranks and the reason code of each rank.

    Most points below the cohort first, then most points lost; equal ones in reading order. What loses no points is no
    reason and has no rank. Ranks are small numbers next to each other, which Python sorts fastest.
    """
    order: list[tuple[int, int, int]] = []
    for place, feature in enumerate(card.features):
        every = _reached(feature)
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


def _cell(i: int, feature: Feature, entry: Callable[[int | None], int], space: dict[str, Any]) -> str:
    """The expression that looks one feature up: a number by comparisons, whose few instructions stay where a table of
    all its values would be fetched from afar whenever other work came between; a text or a special value by a table."""
    value = f"values[{feature.name!r}]"
    space[f"table{i}"] = remember(lambda seen: entry(points_of(feature, seen)))
    if not feature.cuts or feature.categories:
        return f"table{i}[{value}]"
    bins = _tree(feature.cuts, [entry(one) for one in feature.points])
    if feature.special:
        return f"table{i}[x] if (x := {value}) is None or x in {(*feature.special,)!r} else {bins}"
    return f"{entry(points_of(feature, None))} if (x := {value}) is None else {bins}"


def _tree(cuts: Sequence[int], entries: Sequence[int]) -> str:
    """The bin of `x` by halves, as `bisect_right(cuts, x)` finds it."""
    if not cuts:
        return str(entries[0])
    half = len(cuts) // 2
    low, high = _tree(cuts[:half], entries[: half + 1]), _tree(cuts[half + 1 :], entries[half + 1 :])
    return f"({low} if x < {cuts[half]} else {high})"
