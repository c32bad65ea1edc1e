"""Scorecards: a reviewable table of points per bin, evaluated in integers.

A scorecard is a JSON file that a person can read line by line: features, bins, points, how many people stood in each
bin. Points are centred on the cohort: a feature that is absent, special without evidence, or a category never seen
scores 0, exactly as if the scorecard had no such feature (guarantee G2: silence is not priced). Higher is safer. The
probability of default is read from a table by total points, so no float takes part in a decision.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from puhui.core.canonical import content_hash
from puhui.core.fields import draft_of

FORMAT = "puhui-scorecard-1"
PPM = 1_000_000

FeatureValue = int | str | None
T = TypeVar("T")


class ScorecardInvalid(ValueError):
    """The file is not a scorecard that may decide. Names the place; raised when a file is read, never for a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One row of the scorecard: how one feature's value becomes points."""

    name: str  # name in the feature table of the credit policy
    reason: str  # reason code when this feature costs points
    decimals: int  # numeric values are integers scaled by 10 ** decimals; 0 for categories
    cuts: tuple[int, ...]  # ascending; bin i holds cuts[i-1] <= value < cuts[i]; empty for categories
    points: tuple[int, ...]  # points of each bin, one more than cuts; empty for categories
    categories: dict[str, int]  # points by category; empty for numeric features
    special: dict[int, int]  # points by special value, tested before the bins
    best_points: int  # highest points that any value can reach
    absent_points: int = 0  # points of an absent value; not 0 only where silence may be priced


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one feature added to a score."""

    name: str  # feature
    reason: str  # its reason code
    value: FeatureValue  # scaled value as seen, None when absent
    points: int  # points added, 0 when absent (neutral) unless silence is priced
    lost_points: int  # distance to the best that this feature can score, 0 when neutral


_Draft = draft_of(Contribution)


def make_contribution(
    name: str, reason: str, value: FeatureValue, points: int, lost_points: int
) -> Contribution:
    """This function will make a Contribution in a third of the time of its constructor: a score has one a feature."""
    made = _Draft()
    made.name = name
    made.reason = reason
    made.value = value
    made.points = points
    made.lost_points = lost_points
    made.__class__ = Contribution
    done: Contribution = made
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score with its explanation."""

    points: int  # total, higher is safer
    pd_ppm: int  # probability of default, parts per million
    contributions: tuple[Contribution, ...]  # one per feature, in the scorecard's order
    reasons: tuple[str, ...]  # at most four reason codes, the heaviest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A parsed scorecard."""

    name: str  # e.g. "scorecard-2026-11-01"
    sha256: str  # content hash, the identity that decisions store
    base_points: int  # points of a person about whom nothing is known
    features: tuple[Feature, ...]  # in reading order
    lowest_points: int  # total that the first entry of the table speaks of
    pd_ppm: tuple[int, ...]  # probability of default by total points, falling

    def pd_of(self, points: int) -> int:
        """This function will return the probability of default (ppm) of a total; totals off the table take its ends."""
        index = points - self.lowest_points
        return self.pd_ppm[min(max(index, 0), len(self.pd_ppm) - 1)]

    def evaluate(self, values: Mapping[str, FeatureValue]) -> Score:
        """This function will return the score of scaled feature values; a missing key counts as absent."""
        total = self.base_points
        contributions: list[Contribution] = []
        ranked: list[tuple[int, int, int]] = []  # points below the cohort, points lost, place: heaviest first
        for place, feature in enumerate(self.features):
            value = values.get(feature.name)
            points = points_of(feature, value)
            if points is None:
                contributions.append(make_contribution(feature.name, feature.reason, value, 0, 0))
                continue
            lost = feature.best_points - points
            contributions.append(make_contribution(feature.name, feature.reason, value, points, lost))
            total += points
            if lost > 0:
                ranked.append((points if points < 0 else 0, -lost, place))
        ranked.sort()
        return Score(
            points=total,
            pd_ppm=self.pd_of(total),
            contributions=tuple(contributions),
            reasons=tuple([contributions[place].reason for _, _, place in ranked[:4]]),
        )


def points_of(feature: Feature, value: FeatureValue) -> int | None:
    """This function will return the points of a scaled value, None where it says nothing: absent or of another kind."""
    if value is None:
        return feature.absent_points or None
    if isinstance(value, str):
        return feature.categories.get(value)
    if feature.categories:
        return None
    if value in feature.special:
        return feature.special[value]
    return feature.points[bisect_right(feature.cuts, value)]


def body_hash(document: Mapping[str, Any]) -> str:
    """This function will return the content hash of a scorecard document, over everything but the hash itself."""
    return content_hash({key: value for key, value in document.items() if key != "content_sha256"})


TOP = {
    "format", "name", "summary", "training", "scale", "base_points", "features", "pd_table", "content_sha256",
}  # fmt: skip
FEATURE = {
    "name",
    "reason",
    "kind",
    "decimals",
    "direction",
    "iv_ppm",
    "weight_ppm",
    "bins",
    "special",
    "missing",
}
NUMBER_BIN = {"below", "rows", "bad", "woe_ppm", "points"}
CATEGORY_BIN = {"categories", "rows", "bad", "woe_ppm", "points"}


def parse_scorecard(text: str, *, name: str, silence_priced: bool = False) -> Scorecard:
    """This function will read a scorecard file strictly. `name` names the file in errors.

    A scorecard that decides leaves silence at 0; only an analyst's tool may read one that prices it (`silence_priced`).

    Raises: ScorecardInvalid for an unknown or missing field, a wrong type, bins out of order, a table that does not
    fall with points or does not cover every total, a neutral value that is not 0, or a content hash that differs.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScorecardInvalid(f"{name}: line {error.lineno}: not JSON ({error.msg})") from None
    _keys(document, TOP, f"{name}")
    if document["format"] != FORMAT:
        raise ScorecardInvalid(f"{name}: format {document['format']!r}, expected {FORMAT!r}")
    try:
        digest = body_hash(document)
    except TypeError as error:
        raise ScorecardInvalid(f"{name}: {error}") from None
    if document["content_sha256"] != digest:
        raise ScorecardInvalid(f"{name}: content_sha256 does not match the content (expected {digest})")
    if not isinstance(document["features"], list) or not document["features"]:
        raise ScorecardInvalid(f"{name}: features must be a list with at least one entry")
    features = tuple(
        _feature(row, f"{name}: features[{i}]", silence_priced=silence_priced)
        for i, row in enumerate(document["features"])
    )
    if len({one.name for one in features}) != len(features):
        raise ScorecardInvalid(f"{name}: a feature name occurs twice")
    table = document["pd_table"]
    _keys(table, {"lowest_points", "pd_ppm"}, f"{name}: pd_table")
    card = Scorecard(
        name=_typed(document["name"], str, f"{name}: name"),
        sha256=digest,
        base_points=_typed(document["base_points"], int, f"{name}: base_points"),
        features=features,
        lowest_points=_typed(table["lowest_points"], int, f"{name}: pd_table.lowest_points"),
        pd_ppm=tuple(_typed(one, int, f"{name}: pd_table.pd_ppm") for one in table["pd_ppm"]),
    )
    _check_table(card, name)
    return card


def _check_table(card: Scorecard, name: str) -> None:
    falling = all(a >= b for a, b in pairwise(card.pd_ppm))
    if not card.pd_ppm or not falling or not all(0 < one < PPM for one in card.pd_ppm):
        raise ScorecardInvalid(
            f"{name}: pd_table must fall as points rise and stay between 0 and 1 (exclusive)"
        )
    lowest = card.base_points + sum(min(0, *_all_points(one)) for one in card.features)
    highest = card.base_points + sum(max(0, *_all_points(one)) for one in card.features)
    if card.lowest_points > lowest or card.lowest_points + len(card.pd_ppm) - 1 < highest:
        raise ScorecardInvalid(f"{name}: pd_table does not cover every total from {lowest} to {highest}")


def _all_points(feature: Feature) -> list[int]:
    return [
        *feature.points, *feature.categories.values(), *feature.special.values(), feature.absent_points,
    ]  # fmt: skip


def _feature(row: Any, where: str, *, silence_priced: bool) -> Feature:
    _keys(row, FEATURE, where)
    kind = row["kind"]
    if kind not in {"number", "category"}:
        raise ScorecardInvalid(f"{where}: kind {kind!r}, expected 'number' or 'category'")
    _keys(row["missing"], {"rows", "bad", "points"}, f"{where}.missing")
    absent = _typed(row["missing"]["points"], int, f"{where}.missing.points")
    if absent != 0 and not silence_priced:
        raise ScorecardInvalid(
            f"{where}.missing: absent is neutral, points must be 0 (G2); train with --missing neutral"
        )
    if not row["bins"]:
        raise ScorecardInvalid(f"{where}.bins: at least one bin")
    for i, one in enumerate(row["bins"]):
        _keys(one, NUMBER_BIN if kind == "number" else CATEGORY_BIN, f"{where}.bins[{i}]")
        _typed(one["points"], int, f"{where}.bins[{i}].points")
    special: dict[int, int] = {}
    for i, one in enumerate(row["special"]):
        _keys(one, {"value", "rows", "bad", "points"}, f"{where}.special[{i}]")
        special[_typed(one["value"], int, f"{where}.special[{i}].value")] = _typed(one["points"], int, where)
    cuts, points = _number_bins(row["bins"], where) if kind == "number" else ((), ())
    categories = _category_bins(row["bins"], where) if kind == "category" else {}
    return Feature(
        name=_typed(row["name"], str, f"{where}.name"),
        reason=_typed(row["reason"], str, f"{where}.reason"),
        decimals=_typed(row["decimals"], int, f"{where}.decimals"),
        cuts=cuts,
        points=points,
        categories=categories,
        special=special,
        best_points=max([*points, *categories.values(), *special.values()]),
        absent_points=absent,
    )


def _number_bins(bins: list[dict[str, Any]], where: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    cuts = [_typed(one["below"], int, f"{where}.bins[{i}].below") for i, one in enumerate(bins[:-1])]
    if bins[-1]["below"] is not None:
        raise ScorecardInvalid(f"{where}.bins: the last bin is open, its 'below' must be null (gap above it)")
    if any(a >= b for a, b in pairwise(cuts)):
        raise ScorecardInvalid(f"{where}.bins: 'below' must rise from bin to bin (overlap)")
    points = tuple(one["points"] for one in bins)
    if sorted(points) not in (list(points), list(reversed(points))):
        raise ScorecardInvalid(f"{where}.bins: points must be monotone over the bins")
    return tuple(cuts), points


def _category_bins(bins: list[dict[str, Any]], where: str) -> dict[str, int]:
    points: dict[str, int] = {}
    for i, one in enumerate(bins):
        for category in one["categories"]:
            if _typed(category, str, f"{where}.bins[{i}].categories") in points:
                raise ScorecardInvalid(
                    f"{where}.bins[{i}]: category {category!r} stands in two bins (overlap)"
                )
            points[category] = one["points"]
    return points


def _keys(value: Any, expected: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise ScorecardInvalid(f"{where}: expected an object")
    if unknown := sorted(set(value) - expected):
        raise ScorecardInvalid(f"{where}: unknown field {unknown[0]!r}")
    if missing := sorted(expected - set(value)):
        raise ScorecardInvalid(f"{where}: missing field {missing[0]!r}")


def _typed(value: Any, kind: type[T], where: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ScorecardInvalid(f"{where}: expected {kind.__name__}, found {type(value).__name__}")
    return value
