"""The table that any world prints: arms, differences against every base, the frontier, and what is not better."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from puhui.lab.simulate.run import ORACLE, Result
from puhui.lab.simulate.statistics import Difference, paired


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One outcome as it is printed."""

    key: str  # of the outcomes
    title: str  # column head
    scale: float  # from the outcome's unit to the printed one
    digits: int  # after the point
    better: int  # 1 = more is better, -1 = less is better


MEASURES = (
    Measure(key="cured", title="cured at 60 days, %", scale=100, digits=2, better=1),
    Measure(key="redefault", title="re-default in 6 months, %", scale=100, digits=2, better=-1),
    Measure(key="months_short", title="months short", scale=1, digits=3, better=-1),
    Measure(key="npv", title="NPV, yuan", scale=0.01, digits=1, better=1),
    Measure(key="complaints", title="complaints per 1,000", scale=1000, digits=1, better=-1),
    Measure(key="paying", title="cured with an instalment paid, %", scale=100, digits=2, better=1),
    Measure(key="lost", title="given up in the end, %", scale=100, digits=2, better=-1),
    Measure(key="cost", title="interest and penalties, yuan", scale=0.01, digits=1, better=-1),
    Measure(key="unmet", title="unmet needs, yuan", scale=0.01, digits=1, better=-1),
    Measure(key="asked", title="asked, %", scale=100, digits=1, better=0),
    Measure(key="signed", title="signed a plan, %", scale=100, digits=1, better=0),
)
CLAIMED = MEASURES[:4]  # what the claim of relief is about
TOLD = (*CLAIMED, *MEASURES[4:8])  # what the overview tells of


def level(result: Result, arm: str, measure: Measure) -> float:
    """This function will return the mean of an outcome in an arm, in the printed unit."""
    return float(result.arms[arm][measure.key].mean()) * measure.scale


def difference(result: Result, arm: str, base: str, measure: Measure) -> Difference:
    """This function will return arm less base in the printed unit, with its interval."""
    found = paired(result.arms[arm][measure.key], result.arms[base][measure.key], seed=result.seed)
    return Difference(
        mean=found.mean * measure.scale, low=found.low * measure.scale, high=found.high * measure.scale
    )


def borne_share(result: Result, arm: str) -> float | None:
    """This function will return in which share of months of signed plans the true surplus bore the instalment."""
    months = float(result.arms[arm]["plan_months"].sum())
    return float(result.arms[arm]["borne"].sum()) / months if months else None


def waited_months(result: Result, arm: str) -> float | None:
    """This function will return by how many months the payments of a signed plan waited on the mean, until day 243."""
    plans = float(result.arms[arm]["signed"].sum())
    return float(result.arms[arm]["waited"].sum()) / plans if plans else None


def is_on_frontier(result: Result, arm: str) -> bool:
    """This function will tell whether no other arm is at least as good in money, hardship and complaints and better in one."""
    keys = (("npv", 1), ("months_short", -1), ("complaints", -1))
    mine = [sign * float(result.arms[arm][key].mean()) for key, sign in keys]
    for other in result.arms:
        if other in (arm, ORACLE):
            continue
        theirs = [sign * float(result.arms[other][key].mean()) for key, sign in keys]
        if all(b >= a for a, b in zip(mine, theirs, strict=True)) and theirs != mine:
            return False
    return True


def render(result: Result) -> str:
    """This function will write the report of a run as Markdown."""
    world, arms = result.world, list(result.arms)
    count = len(result.arms[arms[0]]["npv"])
    rows = [
        f"### {world.name}: {world.about}", "",
        f"{count:,} households that missed a due date, {result.cohorts} cohorts of {world.size:,}, seed {result.seed}; "
        f"figures of {world.dated.isoformat()}; forms: "
        + ", ".join(f"{slot} {name}" for slot, name in world.form_names.items()) + ".", "",
        "| arm | " + " | ".join(one.title for one in MEASURES) + " | plan months borne, % | months waited a plan | on the frontier |",
        "| --- |" + " --- |" * (len(MEASURES) + 3),
    ]  # fmt: skip
    for arm in arms:
        cells = [f"{level(result, arm, one):,.{one.digits}f}" for one in MEASURES]
        borne, waited = borne_share(result, arm), waited_months(result, arm)
        edge = "–" if arm == ORACLE else "yes" if is_on_frontier(result, arm) else "no"
        rows.append(
            f"| {arm} | "
            + " | ".join(cells)
            + f" | {'–' if borne is None else f'{borne * 100:.1f}'}"
            + f" | {'–' if waited is None else f'{waited:.2f}'} | {edge} |"
        )
    for arm in [one for one in arms if one not in ("no_action", ORACLE)][-1:]:
        rows += ["", *compare(result, arm)]
    return "\n".join(rows) + "\n"


def compare(result: Result, arm: str) -> list[str]:
    """This function will write an arm's paired differences against every other arm, and what of the claim fails."""
    bases = [one for one in result.arms if one != arm]
    rows = [
        f"{arm} less …, with paired 95 % intervals:", "",
        "| base | " + " | ".join(one.title for one in TOLD) + " |", "| --- |" + " --- |" * len(TOLD),
    ]  # fmt: skip
    fails: list[str] = []
    for base in bases:
        cells = []
        for one in TOLD:
            found = difference(result, arm, base, one)
            cells.append(_cell(found, one))
            wins = found.sign * one.better > 0
            if one in CLAIMED[:3] and base != ORACLE and not wins:
                fails.append(
                    f"{one.title} against {base}: {'worse' if found.sign else 'no difference shown'}"
                )
            if one.key == "npv" and base == "no_action" and found.sign < 0:
                fails.append("NPV is below no action")
        rows.append(f"| {base} | " + " | ".join(cells) + " |")
    if result.cut is not None:
        cells = [_cell(difference(result.cut, arm, "no_action", one), one) for one in TOLD]
        rows.append(f"| no_action, every effect cut | {' | '.join(cells)} |")
    if result.world.zero_effect:
        return [*rows, "", f"Zero-effect world: {_gains(result, arm)}."]
    said = "holds against every arm" if not fails else "does not hold: " + "; ".join(fails)
    rows += ["", f"The claim (cure up, re-default down, months short down, NPV not below no action) {said}."]
    if result.cut is not None:
        count = len(result.cut.arms[arm]["npv"])
        rows += [
            "",
            f"With every effect cut ({count:,} households of the first cohort): {_gains(result.cut, arm)}.",
        ]
    return rows


def _cell(found: Difference, one: Measure) -> str:
    return f"{found.mean:+.{one.digits}f} ({found.low:+.{one.digits}f} to {found.high:+.{one.digits}f})"


def _gains(result: Result, arm: str) -> str:
    """What to say of a world in which nothing can be gained."""
    gains = [
        f"{one.title} against {base}" for base in result.arms if base not in (arm, ORACLE) for one in CLAIMED
        if difference(result, arm, base, one).sign * one.better > 0
    ]  # fmt: skip
    return "no gain, as it must be" if not gains else f"GAINS where there can be none: {'; '.join(gains)}"


def summary(result: Result) -> Mapping[str, object]:
    """This function will return levels and differences against no action as plain values."""
    cut = {} if result.cut is None else {"effects_cut": summary(result.cut)}
    return {
        "world": result.world.name, "seed": result.seed, "cohorts": result.cohorts, "size": result.world.size, **cut,
        "arms": {
            arm: {
                one.key: {
                    "level": level(result, arm, one),
                    "less_no_action": asdict(difference(result, arm, "no_action", one)),
                }
                for one in MEASURES
            }
            for arm in result.arms
        },
    }  # fmt: skip


def write(result: Result, folder: Path) -> None:
    """This function will write report.md and summary.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(render(result), encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(summary(result), indent=1) + "\n", encoding="utf-8")
