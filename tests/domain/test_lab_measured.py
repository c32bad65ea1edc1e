"""The page of measured figures is what the commands printed."""

from __future__ import annotations

import pytest

from puhui.lab.measured import LINES, PAGE, SETS, MeasuredUnreadable, read_set, write_page
from puhui.lab.reference import Measured, Pair, render
from puhui.lab.train.metrics import Interval

KS = Interval(value_ppm=459_000, low_ppm=412_000, high_ppm=518_000)


def printed() -> str:
    pairs = tuple(
        Pair(name=name, ours=KS, reference=KS, shuffled_ppm=57_000, chance_ppm=103_000)
        for name in ("scorecard", "challenger")
    )
    return render(
        Measured(file="germancredit.csv", rows=1000, bad=300, seeds=(1, 2), ceiling_ppm=500_000, pairs=pairs)
    )


def test_what_the_command_prints_stands_on_the_page() -> None:
    line = {"name": "policy_vs_zen", "value": 1.5, "unit": "x", "goal": 8.0, "met": False}
    page = write_page([read_set(printed())], [line])
    row = "| German credit, 1,000 rows | scorecard | 45.9 % | 41.2 % to 51.8 % | 45.9 % | 5.7 % | 10.3 % | 45 | 50.0 |"
    assert row in page.splitlines()
    assert "| 8 × | 1.50 × | not met |" in page
    assert page.count("not measured in this run") == len(LINES) - 1 + len(SETS) - 1


def test_a_file_not_measured_now_keeps_its_rows() -> None:
    before = write_page([read_set(printed())], [])
    assert write_page([], [], before=before) == before
    assert "| German credit | not measured in this run |" in write_page([], [])


def test_a_line_not_measured_now_keeps_its_row() -> None:
    line = {"name": "policy_vs_zen", "value": 9.5, "unit": "x", "goal": 8.0, "met": True}
    before = write_page([], [line])
    after = write_page([], [line | {"name": "decision_p50_us", "unit": "us"}], before=before)
    assert "| 8 × | 9.50 × | met |" in after and "| 8 us | 9.50 us | met |" in after


def test_another_file_is_refused() -> None:
    with pytest.raises(MeasuredUnreadable):
        read_set("nothing of the kind")


def test_the_page_that_ships_was_written_so() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "Written by `python -m puhui.lab.measured`" in text
    assert all(f"| `{name}` |" in text for name in LINES)
