"""The generator of multi-lender and over-indebted customers: curves that a file decides, and a control that catches nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from puhui.decisions.domain.second_scan import ScanPolicy, compile_scan_policy
from puhui.lab.multilender.command import newest_scan_policy, scan_lenders
from puhui.lab.multilender.run import CurvePoint, run_curve
from puhui.lab.multilender.world import read_lender_world
from puhui.lab.worlds.reader import WorldInvalid

ROOT = Path(__file__).parents[2]
CITY = ROOT / "data" / "multi-lender" / "city.toml"
SEED = 20261122


def scan_policy() -> ScanPolicy:
    path = newest_scan_policy(ROOT / "policies")
    return compile_scan_policy(path.read_text(encoding="utf-8"), file=path.name)


def smaller(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A world that nobody has seen: the city's text with other figures."""
    text = CITY.read_text(encoding="utf-8")
    for old, new in [
        *changes,
        ("steps = { is = 11", "steps = { is = 3"),
        ("size = { is = 4000", "size = { is = 1500"),
    ]:
        assert old in text, old
        text = text.replace(old, new)
    made = tmp_path / "unseen.toml"
    made.write_text(text, encoding="utf-8")
    return made


def shares(point: CurvePoint) -> dict[str, float]:
    return {one.group: one.share for one in point.groups}


def test_the_planted_are_caught_less_as_it_gets_harder_and_the_honest_pay_little(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    points = run_curve(read_lender_world(smaller(tmp_path)), scan_policy(), seed=SEED)
    easy, middle, hard = (shares(one) for one in points)
    for kind in ("multi_lender", "over_indebted"):
        assert easy[kind] > 0.9 and easy[kind] > middle[kind] > hard[kind]
    assert all(one["honest"] < 0.05 for one in (easy, middle, hard))
    low, high = points[0].groups[0].interval
    assert low < easy["multi_lender"] <= high and high - low < 0.15
    assert points == run_curve(read_lender_world(smaller(tmp_path)), scan_policy(), seed=SEED)
    assert points != run_curve(read_lender_world(smaller(tmp_path)), scan_policy(), seed=SEED + 1)


def test_customers_planted_with_the_habits_of_the_others_are_caught_like_the_others(tmp_path: Path) -> None:
    """The control: nothing but what the sources say can give somebody away."""
    text = CITY.read_text(encoding="utf-8")
    same = "".join(
        f'{name} = {{ is = {value}, source = "assumed" }}\n'
        for name, value in (
            ("open_lenders", 1.6),
            ("new_lenders_30d", 0.25),
            ("requests_7d", 0.7),
            ("burden", 0.22),
        )
    )
    head = text[: text.index("[[planted]]")]
    world = tmp_path / "control.toml"
    world.write_text(
        head.replace("steps = { is = 11", "steps = { is = 2")
        + '[[planted]]\nname = "nobody"\nshare = { is = 0.4, source = "assumed" }\n'
        + same
        + 'like_others = { is = 1, source = "assumed" }\n',
        encoding="utf-8",
    )
    for point in run_curve(read_lender_world(world), scan_policy(), seed=SEED):
        planted, honest = point.groups
        assert planted.interval[0] <= honest.interval[1] and honest.interval[0] <= planted.interval[1]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_world_may_hold_the_honest_alone_or_none_of_them(tmp_path: Path, share: float) -> None:
    text = smaller(tmp_path).read_text(encoding="utf-8")
    path = tmp_path / "edge.toml"
    if share:
        path.write_text(text.replace("share = { is = 0.05", "share = { is = 0.5"), encoding="utf-8")
    else:
        path.write_text(text[: text.index("[[planted]]")], encoding="utf-8")
    said: list[str] = []
    points = scan_lenders(
        world=path, policy=newest_scan_policy(ROOT / "policies"), seed=SEED, out=tmp_path, say=said.append
    )
    counts = {one.group: one.customers for one in points[0].groups}
    assert counts["honest"] == (0 if share else 1500) and sum(counts.values()) == 1500
    assert ("– (nobody)" in said[-1]) == bool(share)
    assert ("caught: multi_lender" in said[-1]) == bool(share)


def test_the_files_say_what_the_curve_says(tmp_path: Path) -> None:
    world, policy = (
        smaller(tmp_path, ('name = "city"', 'name = "unseen"')),
        newest_scan_policy(ROOT / "policies"),
    )
    points = scan_lenders(world=world, policy=policy, seed=SEED, out=tmp_path / "out")
    with (tmp_path / "out" / "curve.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 3 * 3
    for row, (point, one) in zip(rows, [(p, g) for p in points for g in p.groups], strict=True):
        assert (row["group"], int(row["customers"]), int(row["held"])) == (one.group, one.customers, one.held)
        assert float(row["share"]) == pytest.approx(one.share, abs=1e-6)
        assert float(row["difficulty"]) == pytest.approx(point.difficulty, abs=1e-4)
    assert "unseen" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert sum(one.customers for one in points[0].groups) == 1500


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{ is = 0.95, source = "assumed" }', "0.95", "burden: has no source"),
        ("like_others", "like_other", "like_others: is missing"),
        (
            "coverage_hard = { is = 0.35",
            "coverage_hard = { is = 0.99",
            "coverage_hard: is above coverage_easy",
        ),
        ('name = "over_indebted"', 'name = "multi_lender"', "'multi_lender' is taken; give each kind a name"),
        ("share = { is = 0.05", "share = { is = 0.6", "are 1.2 of all customers; make it 1"),
        ("[honest]", "[honset]", "[honest] is missing"),
    ],
)
def test_a_world_that_cannot_be_meant_is_refused_with_its_remedy(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(WorldInvalid) as found:
        read_lender_world(smaller(tmp_path, (old, new)))
    assert said in str(found.value)
    assert "unseen.toml" in str(found.value)
