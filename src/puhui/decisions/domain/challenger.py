"""A boosted challenger: the trees, what a column means to them, and a table from total to probability.

Everything after the comparison of a value with a threshold is an integer, so the same row gives the same parts per
million on every machine. A category never seen counts as the cohort's own (0), an absent value follows the trees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from puhui.decisions.domain.boosted import ABSENT, Trees, TreesInvalid, parse_trees
from puhui.decisions.domain.scorecard import FeatureValue, body_hash

FORMAT = "puhui-challenger-1"
PPM = 1_000_000
REASONS = 4
TOP = {
    "format", "name", "summary", "training", "trees", "features", "pd_table", "validation", "content_sha256",
}  # fmt: skip
FEATURE = {
    "name", "reason", "kind", "decimals", "monotone", "categories", "special", "missing", "best_nano",
}  # fmt: skip
T = TypeVar("T")


class ChallengerInvalid(ValueError):
    """The files are not a challenger that may score. Names the place; raised when files are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerFeature:
    """How one column becomes a number for the trees."""

    name: str  # column
    reason: str  # reason code when it raises the risk
    decimals: int  # numeric values are integers scaled by 10 ** decimals; 0 for categories
    categories: dict[str, int] | None  # weight of evidence by category, ppm; None for a number
    special: frozenset[int]  # values that count as absent
    best_nano: int  # its lowest share among the training rows, nano log-odds


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerScore:
    """A score with its explanation."""

    total_nano: int  # log-odds of bad, nano
    pd_ppm: int  # probability of default, parts per million
    shares_nano: tuple[int, ...]  # by feature; with the trees' base they add up to the total
    reasons: tuple[str, ...]  # at most four reason codes, the heaviest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """A parsed challenger."""

    name: str  # e.g. "challenger"
    sha256: str  # content hash of the JSON file, which holds the hash of the trees
    features: tuple[ChallengerFeature, ...]  # in the order of a row
    trees: Trees  # the ensemble
    lowest_nano: int  # total that the first entry of the table speaks of
    step_nano: int  # distance between entries
    pd_ppm: tuple[int, ...]  # probability of default by total, rising

    def row(self, values: Mapping[str, FeatureValue]) -> list[float]:
        """This function will return the trees' row for scaled values; a missing key counts as absent."""
        found: list[float] = []
        for feature in self.features:
            value = values.get(feature.name)
            if value is None:
                found.append(ABSENT)
            elif feature.categories is None:
                found.append(ABSENT if isinstance(value, str) or value in feature.special else value)
            else:
                found.append(feature.categories.get(str(value), 0))
        return found

    def pd_of(self, row: Sequence[float]) -> int:
        """This function will return the probability of default (ppm) of a row, by the fastest way."""
        return self.pd_of_total(self.trees.total_nano(row))

    def pd_of_total(self, total_nano: int) -> int:
        """This function will read the table, linear between entries, its ends beyond them."""
        place, rest = divmod(total_nano - self.lowest_nano, self.step_nano)
        table = self.pd_ppm
        if place < 0:
            return table[0]
        if place >= len(table) - 1:
            return table[-1]
        here = table[place]
        return here + (table[place + 1] - here) * rest // self.step_nano

    def evaluate(self, values: Mapping[str, FeatureValue]) -> ChallengerScore:
        """This function will return the score of scaled feature values with at most four reasons.

        Reasons rank like the scorecard's: what raises the risk above the cohort's first, then what is furthest from its
        best; a feature at its best is none.
        """
        row = self.row(values)
        shares = self.trees.contributions_nano(row)
        total = self.trees.base_nano + sum(shares)
        return ChallengerScore(
            total_nano=total,
            pd_ppm=self.pd_of_total(total),
            shares_nano=tuple(shares),
            reasons=self.reasons_of(shares),
        )

    def reasons_of(self, shares_nano: Sequence[int]) -> tuple[str, ...]:
        """This function will return at most four reason codes of the shares of a row."""
        ranked = sorted(
            (min(-share, 0), one.best_nano - share, place)
            for place, (share, one) in enumerate(zip(shares_nano, self.features, strict=True))
            if share > one.best_nano
        )
        return tuple(self.features[place].reason for _, _, place in ranked[:REASONS])


def parse_challenger(text: str, trees_text: str, *, name: str) -> Challenger:
    """This function will read a challenger's JSON and its LightGBM text strictly. `name` names the JSON in errors.

    Raises: ChallengerInvalid for an unknown or missing field, a wrong type or hash, trees about other columns, or a
    table that falls.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ChallengerInvalid(f"{name}: line {error.lineno}: not JSON ({error.msg})") from None
    _keys(document, TOP, name)
    if document["format"] != FORMAT:
        raise ChallengerInvalid(f"{name}: format {document['format']!r}, expected {FORMAT!r}")
    _check_hashes(document, trees_text, name)
    try:
        trees = parse_trees(trees_text, name=_typed(document["trees"]["file"], str, f"{name}: trees.file"))
    except TreesInvalid as error:
        raise ChallengerInvalid(str(error)) from None
    rows = _typed(document["features"], list, f"{name}: features")
    features = tuple(_feature(row, f"{name}: features[{i}]") for i, row in enumerate(rows))
    monotone = tuple(row["monotone"] for row in rows)
    if len(features) != len(trees.features) or monotone != trees.monotone:
        raise ChallengerInvalid(f"{name}: features do not match those of the trees")
    table = document["pd_table"]
    _keys(table, {"lowest_nano", "step_nano", "pd_ppm"}, f"{name}: pd_table")
    found = Challenger(
        name=_typed(document["name"], str, f"{name}: name"),
        sha256=document["content_sha256"],
        features=features,
        trees=trees,
        lowest_nano=_typed(table["lowest_nano"], int, f"{name}: pd_table.lowest_nano"),
        step_nano=_typed(table["step_nano"], int, f"{name}: pd_table.step_nano"),
        pd_ppm=tuple(_typed(one, int, f"{name}: pd_table.pd_ppm") for one in table["pd_ppm"]),
    )
    rising = all(a <= b for a, b in pairwise(found.pd_ppm))
    if (
        found.step_nano < 1
        or len(found.pd_ppm) < 2
        or not rising
        or not 0 < found.pd_ppm[0] <= found.pd_ppm[-1] < PPM
    ):
        raise ChallengerInvalid(
            f"{name}: pd_table must rise with the total and stay between 0 and 1 (exclusive)"
        )
    return found


def _check_hashes(document: dict[str, Any], trees_text: str, name: str) -> None:
    try:
        digest = body_hash(document)
    except TypeError as error:
        raise ChallengerInvalid(f"{name}: {error}") from None
    if document["content_sha256"] != digest:
        raise ChallengerInvalid(f"{name}: content_sha256 does not match the content (expected {digest})")
    _keys(document["trees"], {"file", "sha256", "count"}, f"{name}: trees")
    found = hashlib.sha256(trees_text.encode()).hexdigest()
    if document["trees"]["sha256"] != found:
        raise ChallengerInvalid(
            f"{name}: trees.sha256 does not match {document['trees']['file']} (expected {found})"
        )


def _feature(row: Any, where: str) -> ChallengerFeature:
    _keys(row, FEATURE, where)
    if row["kind"] not in {"number", "category"}:
        raise ChallengerInvalid(f"{where}: kind {row['kind']!r}, expected 'number' or 'category'")
    categories = _typed(row["categories"], dict, f"{where}.categories")
    for text, weight in categories.items():
        _typed(weight, int, f"{where}.categories[{text!r}]")
    return ChallengerFeature(
        name=_typed(row["name"], str, f"{where}.name"),
        reason=_typed(row["reason"], str, f"{where}.reason"),
        decimals=_typed(row["decimals"], int, f"{where}.decimals"),
        categories=categories if row["kind"] == "category" else None,
        special=frozenset(_typed(one, int, f"{where}.special") for one in row["special"]),
        best_nano=_typed(row["best_nano"], int, f"{where}.best_nano"),
    )


def _keys(value: Any, expected: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise ChallengerInvalid(f"{where}: expected an object")
    if unknown := sorted(set(value) - expected):
        raise ChallengerInvalid(f"{where}: unknown field {unknown[0]!r}")
    if missing := sorted(expected - set(value)):
        raise ChallengerInvalid(f"{where}: missing field {missing[0]!r}")


def _typed(value: Any, kind: type[T], where: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ChallengerInvalid(f"{where}: expected {kind.__name__}, found {type(value).__name__}")
    return value
