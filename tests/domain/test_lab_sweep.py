"""The sweep changes one figure at a time and says what it turned; the evidence page tells every arm's verdict."""

from __future__ import annotations

from dataclasses import replace

from puhui.lab.simulate.evidence import commit_of, verdicts
from puhui.lab.simulate.report import CLAIMED, compare, is_on_frontier, render
from puhui.lab.simulate.run import ARMS, Result, run
from puhui.lab.simulate.sweep import Flip, render_sweep, sweep, swept
from puhui.lab.worlds.values import Figure
from tests.worlds_kit import SEED, tables, world


def figure(key: str) -> Figure:
    """A figure of the world of towns."""
    return next(one for one in world("towns").figures if one.key == key)


def test_each_figure_is_halved_and_raised_within_its_bounds() -> None:
    todo = swept(world("towns"))
    assert len(todo) > 100
    for one, value in todo:
        assert one.bounds[0] <= value <= one.bounds[1] and value != one.value
        assert value in (one.value / 2, one.value * 1.5, one.bounds[1])
    assert {one.table for one, _ in todo} >= {"household", "kind", "reach", "asking", "cost"}


def test_a_changed_world_differs_in_that_figure_alone() -> None:
    base = world("towns")
    for one, value in swept(base)[::7]:
        other = base.changed(one, value)
        if one.table == "kind":
            rows = [(a, b) for a, b in zip(base.kinds, other.kinds, strict=True) if a != b]
            assert len(rows) == 1 and rows[0][1] == {**rows[0][0], one.key: value}
        elif one.table == "reach":
            assert sum(a != b for a, b in zip(base.reach, other.reach, strict=True)) == 1
        else:
            assert other.given == {**base.given, one.table: {**base.given[one.table], one.key: value}}
        assert replace(other, given=base.given, kinds=base.kinds, reach=base.reach) == base


def test_the_sweep_counts_its_runs_and_prints_what_flips() -> None:
    few = replace(world("towns"), figures=(figure("takes"), figure("money_year")))
    count, flips, fades = sweep(few, tables(), size=150, seed=SEED)
    half = sweep(few, tables(), size=150, seed=SEED, part=1, parts=2)
    assert count == len(swept(few)) and half[0] == len(swept(few)[1::2])
    assert set(map(str, half[1])) <= set(map(str, flips)) and set(map(str, half[2])) <= set(map(str, fades))
    made = Flip(figure=figure("takes"), value=0.4, base="no_action", measure="NPV, yuan", before=1, after=-1)
    said = render_sweep(few, count, [made], [], size=150)
    assert (
        "1 sign flips" in said and "| takes | " not in said and "takes | 0." in said and "| +1 | -1 |" in said
    )


def made_up(**months: float) -> Result:
    """A run in which arms differ in months short alone."""
    found = run(world("towns"), tables(), names=ARMS, cohorts_count=1, seed=SEED)
    base = found.arms["no_action"]
    arms = {
        name: {**base, "months_short": base["months_short"] + months.get(name, 0.0)} for name in found.arms
    }
    return replace(found, arms=arms)


def test_the_verdict_says_better_worse_and_no_difference() -> None:
    found = made_up(relief=-0.5, extend_everyone=-1.0)
    told = {line.split(" | ")[1]: line.split(" | ")[2:6] for line in verdicts([found]).splitlines()[2:]}
    assert told["no_action"][2] == "better" and told["extend_everyone"][2] == "worse"
    assert told["no_action"][0] == told["no_action"][3] == "no difference"
    said = "\n".join(compare(found, "relief"))
    assert "does not hold" in said and "months short against extend_everyone: worse" in said
    assert is_on_frontier(found, "extend_everyone") and not is_on_frontier(found, "relief")
    assert all(one.title in render(found) for one in CLAIMED)
    assert commit_of()
