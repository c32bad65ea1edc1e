"""The scorecard: integers only, absent is neutral, and a file that cannot be meant is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from puhui.decisions.domain.scorecard import ScorecardInvalid, body_hash, parse_scorecard
from tests.decisions_kit import MODEL_TEXT, scorecard

Document = dict[str, Any]
VALUES = {
    "inq_last_6mths": 2, "revol_util": 742, "open_il_12m": 2, "open_il_24m": 3, "all_util": 79, "inq_fi": 1,
}  # fmt: skip


def test_a_score_adds_up() -> None:
    score = scorecard().evaluate(VALUES)
    assert score.points == scorecard().base_points + sum(one.points for one in score.contributions)
    assert {one.name: one.points for one in score.contributions} == {
        "inq_last_6mths": -28, "revol_util": -2, "open_il_12m": -37, "open_il_24m": -1, "all_util": -8, "inq_fi": 3,
    }  # fmt: skip
    assert score.pd_ppm == scorecard().pd_of(score.points)
    assert score.reasons == (
        "SCORE_OPEN_IL_12M",
        "SCORE_INQ_LAST_6MTHS",
        "SCORE_ALL_UTIL",
        "SCORE_REVOL_UTIL",
    )


@pytest.mark.parametrize("dropped", sorted(VALUES))
def test_absent_is_exactly_neutral(dropped: str) -> None:
    """G2: without a feature the score is what it would be on a scorecard that has no such feature."""
    full = scorecard().evaluate(VALUES)
    without = scorecard().evaluate({name: value for name, value in VALUES.items() if name != dropped})
    gone = next(one for one in without.contributions if one.name == dropped)
    assert (gone.points, gone.lost_points) == (0, 0)
    rest = sum(one.points for one in full.contributions if one.name != dropped)
    assert without.points == scorecard().base_points + rest
    assert gone.reason not in without.reasons


def test_nothing_known_is_the_cohort() -> None:
    """Somebody about whom nothing is known stands where all applicants of the training half stand: 5.01 % bad."""
    nobody = scorecard().evaluate({})
    assert nobody.points == scorecard().base_points and nobody.reasons == ()
    assert abs(nobody.pd_ppm - 50_112) < 2_000


def test_bins_are_half_open() -> None:
    card = scorecard()
    points = [card.evaluate({"revol_util": value}).contributions[1].points for value in (480, 481, 752, 753)]
    assert points == [7, -2, -2, -11]


def test_a_value_of_another_kind_is_absent() -> None:
    assert scorecard().evaluate({"revol_util": "full"}).points == scorecard().base_points


def spoiled(change: Callable[[Document], None], *, sign: bool = True) -> str:
    document: Document = json.loads(MODEL_TEXT)
    change(document)
    if sign:
        document["content_sha256"] = body_hash(document)
    return json.dumps(document)


def put(path: str, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *way, last = [int(one) if one.isdigit() else one for one in path.split("/")]
        place: Any = document
        for step in way:
            place = place[step]
        place[last] = value

    return change


def drop(path: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *way, last = [int(one) if one.isdigit() else one for one in path.split("/")]
        place: Any = document
        for step in way:
            place = place[step]
        del place[last]

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put("extra", 1), "unknown field 'extra'"),
        (drop("base_points"), "missing field 'base_points'"),
        (put("format", "puhui-scorecard-0"), "format"),
        (put("base_points", "602"), "base_points: expected int, found str"),
        (put("base_points", True), "base_points: expected int, found bool"),
        (put("features", []), "at least one"),
        (put("features/0/kind", "guess"), "features[0]: kind"),
        (put("features/0/missing/points", 5), "points must be 0 (G2)"),
        (put("features/0/bins/0/below", 9), "features[0].bins: 'below' must rise"),
        (put("features/0/bins/2/below", 9), "last bin is open"),
        (put("features/0/bins/1/points", 99), "features[0].bins: points must be monotone"),
        (put("features/0/bins/1/label", "x"), "features[0].bins[1]: unknown field 'label'"),
        (put("features/1/name", "inq_last_6mths"), "occurs twice"),
        (put("pd_table/pd_ppm/3", 999_999), "must fall"),
        (put("pd_table/lowest_points", 900), "does not cover every total"),
    ],
)
def test_a_spoiled_file_is_refused(change: Callable[[Document], None], says: str) -> None:
    with pytest.raises(ScorecardInvalid) as caught:
        parse_scorecard(spoiled(change), name="spoiled.json")
    assert str(caught.value).startswith("spoiled.json") and says in str(caught.value)


def test_a_changed_file_without_its_hash_is_refused() -> None:
    with pytest.raises(ScorecardInvalid, match="content_sha256 does not match"):
        parse_scorecard(spoiled(put("base_points", 700), sign=False), name="spoiled.json")
    with pytest.raises(ScorecardInvalid, match="float has no canonical form"):
        parse_scorecard(spoiled(put("base_points", 602.0), sign=False), name="spoiled.json")
    with pytest.raises(ScorecardInvalid, match="line 1: not JSON"):
        parse_scorecard("{", name="spoiled.json")


def test_categories_and_special_values() -> None:
    def change(document: Document) -> None:
        shared = {"rows": 9, "bad": 1, "woe_ppm": 0}
        document["features"][0]["special"] = [{"value": 98, "rows": 5, "bad": 1, "points": 0}]
        document["features"][1] |= {
            "kind": "category",
            "bins": [
                {"categories": ["a", "b"], "points": 7, **shared},
                {"categories": ["c"], "points": -11, **shared},
            ],
        }

    card = parse_scorecard(spoiled(change), name="made.json")
    points = [
        card.evaluate({"revol_util": value}).contributions[1].points for value in ("a", "c", "never seen", 5)
    ]
    assert points == [7, -11, 0, 0]
    assert [card.evaluate({"inq_last_6mths": value}).contributions[0].points for value in (98, 97)] == [
        0,
        -28,
    ]

    def twice(document: Document) -> None:
        change(document)
        document["features"][1]["bins"][1]["categories"] = ["c", "a"]

    with pytest.raises(ScorecardInvalid, match="stands in two bins"):
        parse_scorecard(spoiled(twice), name="made.json")
