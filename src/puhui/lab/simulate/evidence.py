"""`make evidence`: every shipped world under every arm, off-policy estimates and the sweep, written as one page.

Run as `python -m puhui.lab.simulate.evidence`. Nothing on the page is typed by hand but the explanations around it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from puhui.lab.simulate.command import spent
from puhui.lab.simulate.offpolicy import estimate, gather, render_estimates, targets
from puhui.lab.simulate.report import TOLD, difference, render
from puhui.lab.simulate.run import ARMS, ORACLE, Result, Tables, newest_relief_policy, run
from puhui.lab.simulate.sweep import Flip, render_sweep, sweep
from puhui.lab.worlds.values import World, read_world

ROOT = Path(__file__).resolve().parents[4]
WORLDS = ("towns", "downturn", "newcomers", "zero-effect")
SEED = 20261122
PARTS = 8  # of the sweep
ABOUT = """# Evidence on relief

Written by `make evidence`; every figure below is printed by that command and none is typed. The households are
simulated: the figures show what the rules of relief do to households that behave as a world's file says, and nothing
about anybody who lives. Each figure of a world names its source or says "assumed" (`data/worlds/`), and most are assumed.

| word | meaning |
| --- | --- |
| household | one that missed the due date of day 0; all arms meet the same ones with the same luck |
| cured at 60 days | on day 60 nothing is late under the terms then in force, as the desk's own report counts it; a plan that asks for nothing yet counts, too |
| cured with an instalment paid | that, and an instalment was paid since day 0; whoever was granted months without instalments cannot meet it |
| re-default in 6 months | thirty days past due, or written off, on some day of days 61 to 243; of all households, cured or not |
| given up in the end | written off, or still open a year after the longest plan: what a deferral merely puts off ends here |
| months short | months of the first 243 days in which living took over 2 % more of a month's needs than there was |
| NPV | what the lender receives until a year after the longest plan, less messages, plans and complaints, discounted |
| interest and penalties | what the terms in force at the end ask of her since day 0 beyond principal, paid or not |
| plan months borne | calendar months after that of signing, until day 243, in which a plan asks for something and the true surplus bears it |
| months waited a plan | months by which the payments of a signed plan waited until day 243, for an income still to come or on her word; a month in which nothing falls due is no plan month |

| arm | what it does |
| --- | --- |
| no_action | nobody is written to, nothing is offered |
| reminders | messages on days 1, 8, 15 and 29 past due, as the product sends them |
| menu_by_lender_value | reminders; whoever asks sees the three plans of the greatest worth to the lender, by the relief solver's own valuation, whether she can bear them or not; nothing is held |
| extend_everyone | reminders; on day 3 everybody who is late is offered up to twelve instalments more, arrears spread |
| relief | reminders that lead to the button; on day 3 whoever is late is invited to state a budget; asking holds messages and penalties; the solver's cards, cheapest first; a mandate for who says that she forgot and whose month bears the loan |
| oracle | with hindsight, for each household the best of these and two further offers, among those that cost the lender nothing |

The relief arm asks the real solver: what a household declares is rounded to hundredths of an instalment, to its own
disadvantage, and the answer for the rounded household is shown. The menu by lender value knows her to the nearest fifth of
an instalment. The waiver pool is taken as empty.
"""


def commit_of() -> str:
    """This function will return the commit that is checked out, with a plus where files differ from it."""
    found = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode:
        return "unknown (no repository)"
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "src", "data", "policies"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() + ("+" if changed.stdout.strip() else "")


def say(line: str) -> None:
    """This function will tell progress."""
    print(line, file=sys.stderr, flush=True)


def verdicts(results: Sequence[Result]) -> str:
    """This function will say in one table where relief is better, worse, or no different."""
    word = {1: "better", 0: "no difference", -1: "worse"}
    rows = [
        "| world | against | " + " | ".join(one.title for one in TOLD) + " |",
        "| --- |" + " --- |" * (len(TOLD) + 1),
    ]
    for result in results:
        for base in (one for one in result.arms if one not in ("relief", ORACLE)):
            cells = [word[difference(result, "relief", base, one).sign * one.better] for one in TOLD]
            rows.append(f"| {result.world.name} | {base} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSize:
    """How large a run of the evidence is to be."""

    cohorts: int  # of each world
    size: int  # households of a cohort
    sweep_size: int  # households of each run of the sweep, 0 = no sweep
    seed: int  # of all chance
    workers: int  # processes
    today: date  # of the page


_shared: dict[str, Tables] = {}  # made before the workers are forked, so that they share the plan books


def _read(name: str, size: int) -> World:
    return replace(read_world(ROOT / "data" / "worlds" / f"{name}.toml"), size=size)


def _run_world(name: str, asked: EvidenceSize) -> Result:
    return run(
        _read(name, asked.size), _shared["tables"], names=ARMS, cohorts_count=asked.cohorts, seed=asked.seed,
        progress=lambda done, whole, arm: say(f"{name}: cohort {done + 1} of {whole}: {arm}"),
    )  # fmt: skip


def _estimate(name: str, asked: EvidenceSize) -> str:
    world = _read(name, asked.size)
    log = gather(world, _shared["tables"], outcome="redefault", cohorts_count=asked.cohorts, seed=asked.seed)
    found = [estimate(log, target=target, choice=choice) for target, choice in targets(log)]
    say("off-policy estimates are there")
    return render_estimates(found, scale=100, digits=2)


def _sweep(name: str, asked: EvidenceSize, part: int) -> tuple[int, list[Flip], list[Flip]]:
    return sweep(
        _read(name, asked.size), _shared["tables"], size=asked.sweep_size, seed=asked.seed, part=part, parts=PARTS,
        progress=lambda done, whole: say(f"sweep, part {part + 1} of {PARTS}: {done + 1} of {whole}"),
    )  # fmt: skip


def make(asked: EvidenceSize, *, out: Path, policies: Path) -> str:
    """This function will run everything and write relief.md below `out`, telling progress on stderr."""
    tables = _shared["tables"] = Tables(policy=newest_relief_policy(policies / "relief"))
    for name in WORLDS:
        say(f"{name}: working out plans")
        tables.of(_read(name, asked.size))
    parts = PARTS if asked.sweep_size else 0
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("fork")) as pool:
        runs = [pool.submit(_run_world, name, asked) for name in WORLDS]
        learned = pool.submit(_estimate, WORLDS[0], asked)
        swept = [pool.submit(_sweep, WORLDS[0], asked, part) for part in range(parts)]
        results = [one.result() for one in runs]
        pieces = _pages(results, learned.result(), asked, tables)
        _write(pieces, out)  # so that a sweep that is stopped takes nothing with it
        found = [one.result() for one in swept]
    if found:
        flips, fades = [one for part in found for one in part[1]], [one for part in found for one in part[2]]
        count = sum(part[0] for part in found)
        told = render_sweep(results[0].world, count, flips, fades, size=asked.sweep_size)
        pieces += ["## Half as much, half as much again\n", told]
    text = _write(pieces, out)
    say(spent())
    return text


def _pages(results: Sequence[Result], estimates: str, asked: EvidenceSize, tables: Tables) -> list[str]:
    """The page but for the sweep, piece by piece."""
    return [
        ABOUT,
        f"Commit {commit_of()}, {asked.today.isoformat()}, seed {asked.seed}, relief policy {tables.policy.version}, "
        f"{asked.cohorts * asked.size:,} households a world.\n",
        "## Where relief is better\n", verdicts(results),
        "## Worlds\n", *(render(one) for one in results),
        "## Learning from a randomised log\n",
        f"World {WORLDS[0]}: each household is treated by one of four policies with a stored propensity; re-default in % as "
        "estimated from that log, beside what running the policy on everybody gives.\n",
        estimates,
    ]  # fmt: skip


def _write(pieces: Sequence[str], out: Path) -> str:
    text = "\n".join(pieces)
    out.mkdir(parents=True, exist_ok=True)
    (out / "relief.md").write_text(text, encoding="utf-8")
    return text


def main() -> None:
    """This function will run the evidence and print it."""
    parser = argparse.ArgumentParser(prog="python -m puhui.lab.simulate.evidence")
    parser.add_argument("--cohorts", type=int, default=4)
    parser.add_argument("--size", type=int, default=5_000)
    parser.add_argument("--sweep-size", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "evidence")
    parser.add_argument("--policies", type=Path, default=ROOT / "policies")
    chosen = parser.parse_args()
    asked = EvidenceSize(
        cohorts=chosen.cohorts, size=chosen.size, sweep_size=chosen.sweep_size, seed=chosen.seed,
        workers=chosen.workers, today=date.today(),
    )  # fmt: skip
    print(make(asked, out=chosen.out, policies=chosen.policies))


if __name__ == "__main__":
    main()
