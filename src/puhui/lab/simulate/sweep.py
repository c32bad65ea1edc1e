"""Whether what is said of relief hangs on one assumed figure: each is halved and raised by half, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from puhui.lab.simulate.report import CLAIMED, difference
from puhui.lab.simulate.run import Tables, run
from puhui.lab.worlds.values import Figure, World

FACTORS = (0.5, 1.5)
SKIPPED = ("loan",)  # another loan is another plan book; the loans of the files differ already
BASES = ("no_action", "extend_everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A difference that has the opposite sign, interval and all, when one figure is changed."""

    figure: Figure  # which
    value: float  # in place of the file's
    base: str  # against which arm
    measure: str  # of which outcome
    before: int  # sign with the file's figure
    after: int  # sign with the other one


def signs(world: World, tables: Tables, *, seed: int) -> dict[tuple[str, str], int]:
    """This function will return the sign of relief less each base in each claimed outcome."""
    found = run(world, tables, names=("extend_everyone", "relief"), cohorts_count=1, seed=seed, oracle=False)
    return {
        (base, one.title): difference(found, "relief", base, one).sign for base in BASES for one in CLAIMED
    }


def swept(world: World) -> list[tuple[Figure, float]]:
    """This function will list each figure with each other value that its bounds let it take."""
    found = []
    for figure in world.figures:
        if figure.table in SKIPPED or (figure.table, figure.key) == ("kind", "share") or not figure.value:
            continue
        for factor in FACTORS:
            value = min(max(figure.value * factor, figure.bounds[0]), figure.bounds[1])
            if value != figure.value:
                found.append((figure, value))
    return found


def sweep(
    world: World,
    tables: Tables,
    *,
    size: int,
    seed: int,
    part: int = 0,
    parts: int = 1,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> tuple[int, list[Flip], list[Flip]]:
    """This function will sweep one part of the figures: it returns how many runs were made, the sign flips, and the differences that an interval no longer
    keeps off zero (or newly does).
    """
    small = replace(world, size=size)
    before = signs(small, tables, seed=seed)
    flips: list[Flip] = []
    fades: list[Flip] = []
    todo = swept(world)[part::parts]
    for number, (figure, value) in enumerate(todo):
        progress(number, len(todo))
        after = signs(small.changed(figure, value), tables, seed=seed)
        for (base, measure), sign in before.items():
            now = after[base, measure]
            if now == sign:
                continue
            one = Flip(figure=figure, value=value, base=base, measure=measure, before=sign, after=now)
            (flips if now * sign < 0 else fades).append(one)
    return len(todo), flips, fades


def render_sweep(world: World, count: int, flips: list[Flip], fades: list[Flip], *, size: int) -> str:
    """This function will write what the sweep found as Markdown."""
    rows = [
        f"{count} runs of {size:,} households, each with one figure of {world.name} halved or raised by half: "
        f"{len(flips)} sign flips; in {len(fades)} comparisons an interval began or ceased to hold zero.", "",
    ]  # fmt: skip
    if flips:
        rows += [
            "| figure | from | to | outcome | against | sign was | sign is |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
    for one in flips:
        place = " ".join(part for part in (one.figure.table, one.figure.row, one.figure.key) if part)
        rows.append(
            f"| {place} | {one.figure.value:g} | {one.value:g} | {one.measure} | {one.base} | {one.before:+d} | {one.after:+d} |"
        )
    return "\n".join(rows).rstrip() + "\n"
