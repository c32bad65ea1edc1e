"""Figures of a score at work, against worked examples, and the property that makes them mergeable."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from puhui.decisions.domain.monitoring import (
    calibrate,
    group_outcomes,
    merge,
    separation_ppm,
    stability_ppm,
    vintage_separations,
)

histograms = st.dictionaries(st.integers(-3, 12), st.integers(0, 500), min_size=1)


def test_the_stability_index_is_that_of_the_definition() -> None:
    base, now = {0: 500, 1: 300, 2: 200}, {0: 300, 1: 300, 2: 400}
    shares = [
        ((b + 0.5) / 1001.5, (n + 0.5) / 1001.5) for b, n in zip(base.values(), now.values(), strict=True)
    ]
    expected = sum((n - b) * math.log(n / b) for b, n in shares)
    assert stability_ppm(base, now) == math.floor(expected * 1_000_000 + 0.5) > 200_000
    assert (
        stability_ppm(base, base) == 0 and stability_ppm(base, {}) is None and stability_ppm({}, now) is None
    )
    assert (stability_ppm({0: 1000}, {1: 1000}) or 0) > 1_000_000, "an empty bin is large, not infinite"


@given(histograms, histograms)
def test_counts_of_two_shards_are_those_of_both(one: dict[int, int], other: dict[int, int]) -> None:
    both = merge(one, other)
    assert all(both.get(place, 0) == one.get(place, 0) + other.get(place, 0) for place in {*one, *other})
    assert merge(other, one) == both
    index = stability_ppm(one, other)
    assert index is None or (index >= 0 and abs(index - (stability_ppm(other, one) or 0)) <= 1)


@given(st.lists(st.tuples(st.integers(300, 800), st.booleans()), min_size=1, max_size=80))
def test_the_separation_is_the_largest_distance_of_the_two_curves(people: list[tuple[int, bool]]) -> None:
    good = [points for points, bad in people if not bad]
    bad = [points for points, went in people if went]
    found = separation_ppm({p: good.count(p) for p in good}, {p: bad.count(p) for p in bad})
    if not good or not bad:
        assert found is None
        return
    distances = [
        abs(sum(p <= cut for p in good) / len(good) - sum(p <= cut for p in bad) / len(bad))
        for cut in {*good, *bad}
    ]
    assert found is not None and abs(found - max(distances) * 1_000_000) < 1


def test_a_calibrated_score_holds_and_a_bold_one_does_not() -> None:
    luck = random.Random(20261122)
    said = [luck.randint(10_000, 300_000) for _ in range(4_000)]
    true = [(pd, luck.random() < pd / 1_000_000) for pd in said]
    honest = calibrate(true)
    assert len(honest) == 5 and sum(one.loans for one in honest) == 4_000
    assert sum(one.holds for one in honest) >= 4
    assert not any(one.holds for one in calibrate([(pd // 3, bad) for pd, bad in true]))
    assert calibrate([]) == ()


def test_quarters_with_too_few_bad_loans_have_no_separation() -> None:
    many = [((2026, 1), 700 + i, False) for i in range(20)] + [((2026, 1), 600 + i, True) for i in range(5)]
    few = [((2026, 2), 700, False), ((2026, 2), 600, True)]
    first, second = vintage_separations([*few, *many])
    assert (first.quarter, first.loans, first.bad, first.ks_ppm) == (1, 25, 5, 1_000_000)
    assert (second.quarter, second.bad, second.ks_ppm) == (2, 1, None)


def test_groups_are_measured_against_the_best_large_one() -> None:
    rows = [("a", i < 80, 100_000) for i in range(100)] + [("b", i < 60, 120_000) for i in range(100)]
    rows += [("c", i < 73, 110_000) for i in range(100)] + [("tiny", True, 90_000)] * 5
    found = {one.group: one for one in group_outcomes(rows)}
    assert (found["a"].ratio_ppm, found["b"].ratio_ppm, found["c"].ratio_ppm) == (1_000_000, 750_000, 912_500)
    assert found["b"].is_flagged and not found["b"].meets_target and not found["c"].is_flagged
    assert found["c"].meets_target and found["tiny"].ratio_ppm is None and not found["tiny"].is_flagged
    assert (found["b"].rate_ppm, found["b"].approved) == (120_000, 60)
